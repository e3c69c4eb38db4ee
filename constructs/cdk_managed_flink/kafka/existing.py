"""MSK clusters that exist: only the rules of their security group are changed."""

import re
from collections.abc import Sequence

from aws_cdk import Annotations, Duration, Fn
from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from cdk_managed_flink.application.arns import differ
from cdk_managed_flink.application.errors import invalid
from cdk_managed_flink.application.place import place_of
from cdk_managed_flink.application.tokens import is_token
from cdk_managed_flink.kafka.cluster import DEFAULT_TRANSACTION, Authentications, KafkaCluster
from cdk_managed_flink.kafka.values import check_brokers

_ARN = re.compile(r"arn:[^:]+:kafka:[^:]+:[^:]+:cluster/[^/]+/[^/]+")
# Of serverless clusters the id ends so.
_SERVERLESS_ARN = re.compile(r".*-s\d+")


class ExistingMskCluster(KafkaCluster):
    """An existing MSK cluster, provisioned or serverless; its settings are never changed.

    Args:
        scope: Where the lookup of its brokers goes.
        id: The construct's id.
        cluster_arn: Its ARN. One that is not known at synth is of this account and Region.
        vpc: Its VPC.
        security_groups: Its groups: the first lets the application in, unless it was imported
            with ``mutable=False``. Without any, somebody else has to.
        authentication: What it has on, the one to be used first. Default IAM.
        bootstrap_servers: Its brokers for the one authentication. Default: looked up in each
            deploy that makes or changes the lookup.
        serverless: Whether it is MSK Serverless; also inferred from the ARN.
        zones: In how many zones it has brokers. Default 3.
        broker_count: How many brokers it has, for an alarm on what reaches a topic.
        longest_transaction: Its brokers' ``transaction.max.timeout.ms``. Default 15 minutes,
            Kafka's own.

    Raises:
        ValueError: No VPC, no ARN of a cluster, an authentication that MSK does not have,
            brokers given for several, or a cluster of another Region without its brokers.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        cluster_arn: str,
        *,
        vpc: ec2.IVpc,
        security_groups: Sequence[ec2.ISecurityGroup],
        authentication: Authentications | None = None,
        bootstrap_servers: str | None = None,
        serverless: bool = False,
        zones: int = 3,
        broker_count: int | None = None,
        longest_transaction: Duration = DEFAULT_TRANSACTION,
    ) -> None:
        super().__init__(scope, id, vpc=vpc, authentication=authentication)
        literal = not is_token(cluster_arn)
        if literal and not _ARN.fullmatch(cluster_arn):
            raise invalid(
                self,
                "cluster_arn",
                cluster_arn,
                "arn:aws:kafka:<region>:<account>:cluster/<name>/<id>",
                "Copy it from the cluster's page, or from list-clusters-v2.",
            )
        if vpc is None:
            raise invalid(
                self,
                "vpc",
                None,
                "the VPC of the cluster",
                "MSK is reached inside of its VPC alone: pass ec2.Vpc.from_lookup(...).",
            )
        self.serverless = serverless or (literal and bool(_SERVERLESS_ARN.fullmatch(cluster_arn)))
        self.check_msk()
        if bootstrap_servers is not None:
            check_brokers(self, bootstrap_servers)
            if len(self.authentications) > 1:
                raise invalid(
                    self,
                    "bootstrap_servers",
                    f"given for {len(self.authentications)} authentications",
                    "brokers of one authentication, since each has its own",
                    "Remove it to have each looked up, or list one authentication.",
                )
            self._brokers[next(iter(self.authentications))] = bootstrap_servers
        if literal:
            self._place(cluster_arn)
        self.cluster_arn = cluster_arn
        self.longest_transaction = longest_transaction.to_milliseconds()
        self.cluster_name = (
            cluster_arn.split("/")[1] if literal else Fn.select(1, Fn.split("/", cluster_arn))
        )
        self.zones = zones
        self.broker_count = broker_count
        self._connections = ec2.Connections(security_groups=list(security_groups))

    def _place(self, cluster_arn: str) -> None:
        """Whether it is of another Region or account, where both are known."""
        stack = place_of(self).stack
        _, _, _, region, account, _ = cluster_arn.split(":", 5)
        abroad = differ(stack.region, region)
        self.elsewhere = abroad or differ(stack.account, account)
        if abroad and not self._brokers:
            raise invalid(
                self,
                "cluster_arn",
                cluster_arn,
                f"a cluster of the stack's Region, {stack.region}, or bootstrap_servers=",
                "Its brokers are looked up in the stack's own Region: use "
                'bootstrap_servers="host:port,...".',
            )
        if self.elsewhere:
            Annotations.of(self).add_info(
                f"{cluster_arn} is of another account or Region, where its metrics are: nothing "
                "watches here how far a job is behind its topics."
            )
