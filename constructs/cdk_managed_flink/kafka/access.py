"""What a job needs of a cluster besides the topic: a network path, an identity, rights."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from aws_cdk import Annotations
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import IConstruct

from cdk_managed_flink.application.acknowledge import acknowledge_wildcard
from cdk_managed_flink.application.base import ApplicationBase
from cdk_managed_flink.application.errors import invalid
from cdk_managed_flink.application.network import allow_ingress
from cdk_managed_flink.application.place import place_of
from cdk_managed_flink.application.secret_grants import grant_secret
from cdk_managed_flink.application.secret_value import SECRETS_ENDPOINT, FlinkSecret
from cdk_managed_flink.kafka.authentication import KafkaAuthentication, KafkaMode
from cdk_managed_flink.kafka.cluster import KafkaCluster
from cdk_managed_flink.kafka.connectors import reads_secret
from cdk_managed_flink.kafka.serverless import MskServerlessCluster


@dataclass(frozen=True, kw_only=True)
class Access:
    """An application's way to a cluster.

    Attributes:
        options: Connector options: brokers, protocol, login.
        mode: How the application authenticates.
        service_endpoints: AWS services that the job calls on the way.
        prerequisites: What has to be there before the job starts.
    """

    options: dict[str, str]
    mode: KafkaMode
    service_endpoints: Sequence[str] = ()
    prerequisites: Sequence[IConstruct] = field(default_factory=list)


def reach(
    cluster: KafkaCluster, application: ApplicationBase, asked: KafkaAuthentication | None
) -> Access:
    """Open the way from the application to the cluster, and give it the secret that it logs in by.

    Raises:
        ValueError: The application is not in the cluster's VPC, or the cluster has no such mode.
    """
    authentication = cluster.authentication(asked)
    mode = authentication.mode
    if (
        isinstance(cluster, MskServerlessCluster)
        and place_of(cluster).stack is place_of(application).stack
    ):
        _warn_of_topics(cluster, application)
    prerequisites = _open(cluster, application, mode)
    if authentication.secret is not None:
        _grant_secret(application, authentication.secret, on_msk=cluster.cluster_arn is not None)
        prerequisites.extend(cluster.before_login(authentication))
    trusted = cluster.certificate_authority
    if isinstance(trusted, FlinkSecret):
        grant_secret(trusted.secret, application)
    return Access(
        options={
            "properties.bootstrap.servers": cluster.bootstrap_servers(mode),
            **authentication.options(),
            **_trust(trusted),
        },
        mode=mode,
        service_endpoints=[SECRETS_ENDPOINT] if reads_secret(cluster, authentication) else [],
        prerequisites=prerequisites,
    )


def grant_read(
    cluster: KafkaCluster,
    application: ApplicationBase,
    *,
    topics: Sequence[str],
    group: str,
) -> None:
    """Rights of a reader: exactly these topics, exactly this group.

    Reading looks topics and offsets up (DescribeTopic), fetches (ReadData), and keeps its offsets
    in the group (DescribeGroup, AlterGroup).
    """
    _grant(application, ["kafka-cluster:Connect"], [_arn(cluster)])
    _grant(
        application,
        ["kafka-cluster:DescribeTopic", "kafka-cluster:ReadData"],
        [cluster.resource_arn("topic", topic) for topic in topics],
    )
    _grant(
        application,
        ["kafka-cluster:AlterGroup", "kafka-cluster:DescribeGroup"],
        [cluster.resource_arn("group", group)],
    )


def grant_write(
    cluster: KafkaCluster,
    application: ApplicationBase,
    *,
    topic: str,
    transactional_id_prefix: str | None,
) -> None:
    """Rights of a writer: exactly this topic, and the transactions that it names.

    Kafka's producer is idempotent by default, in a transaction always: WriteDataIdempotently.
    """
    _grant(
        application,
        ["kafka-cluster:Connect", "kafka-cluster:WriteDataIdempotently"],
        [_arn(cluster)],
    )
    _grant(
        application,
        ["kafka-cluster:DescribeTopic", "kafka-cluster:WriteData"],
        [cluster.resource_arn("topic", topic)],
    )
    if transactional_id_prefix is None:
        return
    # The connector appends the number of the task and that of the transaction.
    transactions = cluster.resource_arn("transactional-id", f"{transactional_id_prefix}-*")
    _grant(
        application,
        ["kafka-cluster:AlterTransactionalId", "kafka-cluster:DescribeTransactionalId"],
        [transactions],
    )
    acknowledge_wildcard(
        application.role,
        transactions,
        "The sink numbers its transactions below its own prefix.",
    )


def _trust(authority: str | FlinkSecret | None) -> dict[str, str]:
    if authority is None:
        return {}
    text = authority.reference if isinstance(authority, FlinkSecret) else authority
    return {
        "properties.ssl.truststore.type": "PEM",
        "properties.ssl.truststore.certificates": text,
    }


def _arn(cluster: KafkaCluster) -> str:
    assert cluster.cluster_arn is not None  # only MSK authenticates by IAM
    return cluster.cluster_arn


def _grant(application: ApplicationBase, actions: list[str], arns: list[str]) -> None:
    iam.Grant.add_to_principal(
        grantee=application.grant_principal, actions=actions, resource_arns=arns
    )


def _open(cluster: KafkaCluster, application: ApplicationBase, mode: KafkaMode) -> list[IConstruct]:
    """One rule a port, on the brokers' first group; what holds the rules is handed back."""
    if cluster.vpc is None:
        return []
    here = application.network
    connections = application.connections  # refuses an application that is in no VPC
    assert here is not None
    if here.vpc.vpc_id != cluster.vpc.vpc_id:
        raise invalid(
            application,
            "network",
            f"{here.vpc.node.path}, while {cluster.node.path} is in {cluster.vpc.node.path}",
            "the cluster's VPC",
            "Use network=Network(vpc=...) with the cluster's, or import the cluster with the VPC "
            "that it is reached from.",
        )
    groups = cluster.connections.security_groups
    ports = cluster.ports(mode)
    if not groups:
        shown = " and ".join(str(port) for port in ports)
        Annotations.of(application).add_info(
            f"{cluster.node.path} was imported without its security groups: they have to let "
            f"{application.node.path} in at port {shown}."
        )
        return []
    for port in ports:
        for own in connections.security_groups:
            allow_ingress(groups[0], own, ec2.Port.tcp(port), f"Kafka ({mode.lower()}) of Flink")
    # The rule is a child of either group, by the stacks that they are in.
    return [groups[0], *connections.security_groups]


def _warn_of_topics(cluster: KafkaCluster, application: ApplicationBase) -> None:
    Annotations.of(application).add_warning_v2(
        "cdk-managed-flink:serverless-topic",
        f"{cluster.node.path} is made by this stack and its topics are not, so the job's first "
        "start fails: deploy with desired_state=DesiredState.STOPPED, make the topics with Kafka's "
        "own tools, then deploy with RUNNING, and acknowledge this.",
    )


def _grant_secret(
    application: ApplicationBase, secret: secretsmanager.ISecret, *, on_msk: bool
) -> None:
    grant_secret(secret, application)
    if on_msk and secret.encryption_key is None:
        Annotations.of(application).add_info(
            f"{secret.node.path}: MSK takes only secrets with a customer managed key: import it "
            "with Secret.from_secret_attributes(encryption_key=...), or the role cannot decrypt."
        )
