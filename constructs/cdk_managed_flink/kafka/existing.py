"""Clusters that exist elsewhere: nothing about them is changed but whom their group lets in."""

import re
from collections.abc import Sequence

from aws_cdk import Annotations, Duration, Fn
from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from cdk_managed_flink.application.arns import differ
from cdk_managed_flink.application.errors import invalid
from cdk_managed_flink.application.network import Network
from cdk_managed_flink.application.place import place_of
from cdk_managed_flink.application.secret_value import FlinkSecret
from cdk_managed_flink.application.tokens import is_token
from cdk_managed_flink.kafka.authentication import KafkaAuthentication, KafkaMode
from cdk_managed_flink.kafka.cluster import Authentications, KafkaCluster

_ARN = re.compile(r"arn:[^:]+:kafka:[^:]+:[^:]+:cluster/[^/]+/[^/]+")
_BROKERS = re.compile(r"[^\s:,]+:\d+(,[^\s:,]+:\d+)*")
# Of serverless clusters the id ends so.
_SERVERLESS_ARN = re.compile(r".*-s\d+")


class ExistingMskCluster(KafkaCluster):
    """An MSK cluster by its ARN: see ``KafkaCluster.from_cluster_arn``."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        cluster_arn: str,
        vpc: ec2.IVpc | None,
        security_groups: Sequence[ec2.ISecurityGroup],
        authentication: Authentications | None,
        bootstrap_servers: str | None,
        serverless: bool,
        zones: int,
        broker_count: int | None,
        longest_transaction: Duration,
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
                "MSK is reached inside of its VPC alone: hand in ec2.Vpc.from_lookup(...).",
            )
        self.serverless = serverless or (literal and bool(_SERVERLESS_ARN.fullmatch(cluster_arn)))
        self.check_msk()
        if bootstrap_servers is not None:
            _check_brokers(self, bootstrap_servers)
            if len(self.authentications) > 1:
                raise invalid(
                    self,
                    "bootstrap_servers",
                    f"given beside {len(self.authentications)} authentications",
                    "brokers of one authentication, since each has its own",
                    "Leave it out to have each looked up, or list one authentication.",
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
                "Its brokers are looked up in the stack's own Region: say "
                'bootstrap_servers="host:port,...".',
            )
        if self.elsewhere:
            Annotations.of(self).add_info(
                f"{cluster_arn} is of another account or Region, where its metrics are: nothing "
                "watches here how far a job is behind its topics."
            )


class OtherCluster(KafkaCluster):
    """A self-managed cluster by its brokers: see ``KafkaCluster.from_bootstrap_servers``."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        bootstrap_servers: str,
        authentication: KafkaAuthentication,
        network: Network | None,
        security_groups: Sequence[ec2.ISecurityGroup],
        certificate_authority: str | FlinkSecret | None,
        longest_transaction: Duration,
    ) -> None:
        vpc = None if network is None else network.vpc
        super().__init__(scope, id, vpc=vpc, authentication=authentication)
        _check_brokers(self, bootstrap_servers)
        if authentication.mode is KafkaMode.IAM:
            raise invalid(
                self,
                "authentication",
                "IAM",
                "SCRAM, PLAIN, MTLS, TLS or PLAINTEXT",
                "Rights on MSK name the cluster: use KafkaCluster.from_cluster_arn(..., "
                "bootstrap_servers=...).",
            )
        self.certificate_authority = certificate_authority
        self.longest_transaction = longest_transaction.to_milliseconds()
        self._servers = bootstrap_servers
        self._network = network
        self._brokers[authentication.mode] = bootstrap_servers
        self._connections = ec2.Connections(security_groups=list(security_groups))

    @property
    def identity(self) -> str:
        """The brokers, in any order."""
        return ",".join(sorted(self._servers.split(",")))

    def network(self) -> Network | None:
        """What was handed in."""
        return self._network

    def ports(self, mode: KafkaMode) -> Sequence[int]:
        """Those in the brokers' addresses, where they are known."""
        if is_token(self._servers):
            return [mode.port]
        return sorted({int(broker.rsplit(":", 1)[1]) for broker in self._servers.split(",")})


def _check_brokers(cluster: KafkaCluster, servers: str) -> None:
    if not is_token(servers) and not _BROKERS.fullmatch(servers):
        raise invalid(
            cluster,
            "bootstrap_servers",
            servers,
            "host:port, with commas between several",
            "Write them as Kafka's clients take them, without spaces.",
        )
