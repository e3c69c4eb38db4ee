"""MskServerlessCluster: MSK without brokers to choose, by IAM alone."""

from aws_cdk import RemovalPolicy
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_msk as msk
from constructs import Construct

from cdk_managed_flink.application.removal import effective_removal
from cdk_managed_flink.kafka.brokers import Placement, brokers_group
from cdk_managed_flink.kafka.cluster import Authentications, KafkaCluster
from cdk_managed_flink.kafka.names import cluster_name as name_of


class MskServerlessCluster(KafkaCluster):
    """A serverless cluster. It is encrypted with a key of AWS's own, and has no broker log.

    The service has no way to make its topics but Kafka's own protocol, so they are named here, and
    made with Kafka's own tools.

    Args:
        vpc: Where its clients are.
        subnets: As of ``MskCluster``.
        authentication: IAM, which is all that it has.
        security_group: Default: a new one that nobody may come in by, but for those that are bound.
        cluster_name: A literal. Default: derived from the stack's name and the construct's path.
            It is a physical name, because MSK has no other; a change replaces the cluster.
        removal_policy: Default ``RETAIN_ON_UPDATE_OR_DELETE``: the cluster holds the topics, and
            keeps its security group.

    Attributes:
        resource: The L1, a ``msk.CfnServerlessCluster``.

    Raises:
        ValueError: Another authentication, or subnets in a single zone.
    """

    serverless = True
    raise_transaction = "MSK Serverless allows no longer one."

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        vpc: ec2.IVpc,
        subnets: ec2.SubnetSelection | None = None,
        authentication: Authentications | None = None,
        security_group: ec2.ISecurityGroup | None = None,
        cluster_name: str | None = None,
        removal_policy: RemovalPolicy = RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    ) -> None:
        super().__init__(scope, id, vpc=vpc, authentication=authentication)
        self.check_msk()
        placement = Placement.of(self, vpc, subnets)
        removal = effective_removal(self, removal_policy)
        group = security_group or brokers_group(self, vpc, removal)
        self._connections = ec2.Connections(security_groups=[group])
        self.cluster_name: str = name_of(self, cluster_name)
        cluster = msk.CfnServerlessCluster
        self.resource = msk.CfnServerlessCluster(
            self,
            "Resource",
            cluster_name=self.cluster_name,
            client_authentication=cluster.ClientAuthenticationProperty(
                sasl=cluster.SaslProperty(iam=cluster.IamProperty(enabled=True))
            ),
            vpc_configs=[
                cluster.VpcConfigProperty(
                    subnet_ids=placement.subnet_ids, security_groups=[group.security_group_id]
                )
            ],
        )
        self.resource.apply_removal_policy(removal)
        self.cluster_arn: str = self.resource.attr_arn
