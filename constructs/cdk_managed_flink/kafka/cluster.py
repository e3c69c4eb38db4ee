"""KafkaCluster: what every cluster has, whoever made it."""

from collections.abc import Sequence

import jsii
from aws_cdk import Duration, Fn, RemovalPolicy
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from constructs import Construct, IConstruct

from cdk_managed_flink.application.acknowledge import acknowledge_wildcard
from cdk_managed_flink.application.errors import invalid
from cdk_managed_flink.application.network import Network
from cdk_managed_flink.application.place import place_of
from cdk_managed_flink.application.secret_value import FlinkSecret
from cdk_managed_flink.application.tokens import is_token
from cdk_managed_flink.functions.custom_resource import ManagedFlinkResource
from cdk_managed_flink.kafka.authentication import KafkaAuthentication, KafkaMode
from cdk_managed_flink.kafka.cluster_topics import ClusterTopics
from cdk_managed_flink.kafka.topic import KafkaTopic, Topic

_WITH_SECRET = (KafkaMode.SCRAM, KafkaMode.PLAIN, KafkaMode.MTLS)
_OF_MSK = (None, "AWS_MSK_IAM", "SCRAM-SHA-512")  # mechanisms of SASL

DEFAULT_TRANSACTION = Duration.minutes(15)  # Kafka's own

Authentications = KafkaAuthentication | Sequence[KafkaAuthentication]


@jsii.implements(ec2.IConnectable)
class KafkaCluster(Construct):
    """A Kafka cluster: ``MskCluster``, ``MskServerlessCluster`` or ``SelfManagedKafkaCluster``.

    Attributes:
        vpc: Where its brokers are; ``None`` where a self-managed one is reached otherwise.
        authentications: By mode, the default first.
        cluster_arn: ``None`` where it is not MSK.
        cluster_name: As CloudWatch names it; ``None`` where it is not MSK.
        serverless: Whether it is MSK Serverless.
        zones: In how many zones it has brokers: the copies of a new topic.
        broker_count: How many brokers it has; ``None`` where that is not known.
        elsewhere: Whether it is of another account or Region, whose metrics are not here.
        longest_transaction: In milliseconds; the broker refuses a producer that asks for more.
        raise_transaction: How that is raised.
        certificate_authority: Whom the job trusts besides the public authorities.
    """

    cluster_arn: str | None = None
    cluster_name: str | None = None
    serverless = False
    zones = 3
    broker_count: int | None = None
    elsewhere = False
    longest_transaction: float = 900_000
    raise_transaction = (
        "If the brokers' transaction.max.timeout.ms is longer, import the cluster with "
        "longest_transaction=."
    )
    certificate_authority: str | FlinkSecret | None = None

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        vpc: ec2.IVpc | None,
        authentication: Authentications | None,
    ) -> None:
        super().__init__(scope, id)
        self.vpc = vpc
        self.authentications = self._by_mode(
            KafkaAuthentication.iam() if authentication is None else authentication
        )
        self._connections = ec2.Connections()
        self._brokers: dict[KafkaMode, str] = {}
        self._topics = ClusterTopics(self)

    @property
    def connections(self) -> ec2.Connections:
        """For rules between the cluster and its clients."""
        return self._connections

    @property
    def identity(self) -> str:
        """What two objects for one cluster have in common."""
        return self.cluster_arn or self.node.path

    def network(self) -> Network | None:
        """Where an application has to be that reaches it."""
        return None if self.vpc is None else Network(vpc=self.vpc)

    def authentication(self, asked: KafkaAuthentication | None) -> KafkaAuthentication:
        """The way that was asked for, if the cluster has it; else its first.

        Raises:
            ValueError: The cluster does not have it, or there is no secret for it.
        """
        found = asked or next(iter(self.authentications.values()))
        if found.mode not in self.authentications:
            raise invalid(
                self,
                "authentication",
                found.mode.value,
                " or ".join(self.authentications),
                "Use one that the cluster has on, or switch this one on in the cluster.",
            )
        if found.secret is None:
            found = self.authentications[found.mode]
        if found.secret is None and found.mode in _WITH_SECRET:
            raise invalid(
                self,
                "authentication",
                f"{found.mode} without a secret",
                "a secret in AWS Secrets Manager",
                f"Use KafkaAuthentication.{found.mode.lower()}(secret).",
            )
        return found

    def before_login(self, authentication: KafkaAuthentication) -> Sequence[IConstruct]:
        """What has to be there before anybody can log in so."""
        return []

    def ports(self, mode: KafkaMode) -> Sequence[int]:
        """The ports on which clients of this mode arrive."""
        return [mode.port]

    def bootstrap_servers(self, mode: KafkaMode) -> str:
        """The brokers' addresses for exactly this mode, looked up in the deploy, once."""
        if mode not in self._brokers:
            assert self.cluster_arn is not None  # others know their brokers
            lookup = ManagedFlinkResource(
                self,
                f"BootstrapBrokers{mode.title()}",
                kind="BootstrapBrokers",
                properties={"ClusterArn": self.cluster_arn, "Authentication": mode.value},
                statements=[
                    iam.PolicyStatement(actions=["kafka:GetBootstrapBrokers"], resources=["*"])
                ],
            )
            acknowledge_wildcard(lookup, "*", "IAM knows no resource for GetBootstrapBrokers.")
            self._brokers[mode] = lookup.attribute("Brokers")
        return self._brokers[mode]

    def resource_arn(self, kind: str, name: str) -> str:
        """ARN of a ``topic``, a ``group`` or a ``transactional-id`` of the cluster.

        Raises:
            ValueError: It is not MSK.
        """
        arn = self.cluster_arn
        if arn is None:
            raise invalid(
                self,
                f"ARN of a {kind}",
                name,
                "an MSK cluster",
                "Rights on a self-managed Kafka are its own access control lists.",
            )
        if not is_token(arn):
            return f"{arn.replace(':cluster/', f':{kind}/', 1)}/{name}"
        return place_of(self).stack.format_arn(
            service="kafka",
            resource=kind,
            resource_name=f"{self.cluster_name}/{Fn.select(2, Fn.split('/', arn))}/{name}",
        )

    def add_topic(
        self,
        topic: Topic,
        *,
        removal_policy: RemovalPolicy = RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
        scope: Construct | None = None,
        id: str | None = None,
    ) -> KafkaTopic:
        """Make a topic, or give the one that was made of this very object.

        Args:
            topic: What to make.
            removal_policy: Default: kept with its records.
            scope: Where the construct goes. Default: below the cluster.
            id: The construct's id. Default: the topic's name.

        Raises:
            ValueError: The service has no way to make it, or the cluster has one of that name.
        """
        arn, reason = self.cluster_arn, self._no_new_topics()
        if arn is None or reason is not None:
            raise invalid(
                self,
                "topic",
                f"Topic({topic.name!r})",
                f"the name of an existing topic: {reason}",
                f"Create it with Kafka's own tools, then use topic={topic.name!r}.",
            )
        return self._topics.add(
            topic,
            cluster_arn=arn,
            replication_factor=self.zones,
            removal_policy=removal_policy,
            scope=scope,
            id=id,
        )

    def _no_new_topics(self) -> str | None:
        if self.serverless:
            return "the service's API creates topics in provisioned MSK clusters only"
        if self.elsewhere:
            return "CloudFormation creates topics in its own account and Region only"
        return (
            "CloudFormation reaches the brokers of MSK only" if self.cluster_arn is None else None
        )

    def _by_mode(self, given: Authentications) -> dict[KafkaMode, KafkaAuthentication]:
        listed = [given] if isinstance(given, KafkaAuthentication) else list(given)
        found = {authentication.mode: authentication for authentication in listed}
        if not listed or len(found) < len(listed):
            raise invalid(
                self,
                "authentication",
                [authentication.mode.value for authentication in listed],
                "one or several, each mode once",
                "List each way to authenticate once, the default first.",
            )
        return found

    def check_msk(self) -> None:
        """Refuse what MSK, or MSK Serverless, does not have.

        Raises:
            ValueError: SASL/PLAIN or SCRAM-SHA-256, or serverless and more than IAM.
        """
        others = [mode.value for mode in self.authentications if mode is not KafkaMode.IAM]
        if self.serverless and others:
            raise invalid(
                self,
                "authentication",
                ", ".join(others),
                "IAM, the only way to authenticate to MSK Serverless",
                "Use KafkaAuthentication.iam(), or a provisioned MskCluster.",
            )
        for found in self.authentications.values():
            if found.mechanism not in _OF_MSK:
                raise invalid(
                    self,
                    "authentication",
                    found.mechanism,
                    "IAM, SCRAM-SHA-512, MTLS or none",
                    "MSK has no other: use KafkaAuthentication.scram().",
                )
