"""SelfManagedKafkaCluster: brokers that are not MSK's."""

from collections.abc import Sequence

from aws_cdk import Duration
from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from cdk_managed_flink.application.errors import invalid
from cdk_managed_flink.application.network import Network
from cdk_managed_flink.application.secret_value import FlinkSecret
from cdk_managed_flink.application.tokens import is_token
from cdk_managed_flink.kafka.authentication import KafkaAuthentication, KafkaMode
from cdk_managed_flink.kafka.cluster import DEFAULT_TRANSACTION, KafkaCluster
from cdk_managed_flink.kafka.values import check_brokers


class SelfManagedKafkaCluster(KafkaCluster):
    """A cluster that is not MSK's: on EC2 or ECS, in a data centre, of another provider.

    Args:
        scope: The construct's scope.
        id: The construct's id.
        bootstrap_servers: ``host:port``, with commas between several.
        authentication: The one that these brokers accept; not IAM, which only MSK has.
        network: Where the application has to be to reach it. Default: anywhere.
        security_groups: The brokers' groups; the first lets the application in.
        certificate_authority: The certificate, PEM, of the authority that signed those of the
            brokers, up to 2,048 characters; a longer one as ``FlinkSecret.of(secret)``.
            Default: public authorities.
        longest_transaction: Its brokers' ``transaction.max.timeout.ms``. Default 15 minutes,
            Kafka's own.

    Raises:
        ValueError: Malformed brokers, or IAM.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        bootstrap_servers: str,
        *,
        authentication: KafkaAuthentication,
        network: Network | None = None,
        security_groups: Sequence[ec2.ISecurityGroup] = (),
        certificate_authority: str | FlinkSecret | None = None,
        longest_transaction: Duration = DEFAULT_TRANSACTION,
    ) -> None:
        vpc = None if network is None else network.vpc
        super().__init__(scope, id, vpc=vpc, authentication=authentication)
        check_brokers(self, bootstrap_servers)
        if authentication.mode is KafkaMode.IAM:
            raise invalid(
                self,
                "authentication",
                "IAM",
                "SCRAM, PLAIN, MTLS, TLS or PLAINTEXT",
                "Rights on MSK name the cluster: use MskCluster.from_cluster_arn(..., "
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
        return self._network

    def ports(self, mode: KafkaMode) -> Sequence[int]:
        """Those in the brokers' addresses, where they are known."""
        if is_token(self._servers):
            return [mode.port]
        return sorted({int(broker.rsplit(":", 1)[1]) for broker in self._servers.split(",")})
