"""What a warehouse needs to read a stream or a topic by itself."""

from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_kms as kms

from cdk_managed_flink.application.acknowledge import acknowledge_wildcard
from cdk_managed_flink.application.data_key_grants import grant_key_through
from cdk_managed_flink.application.errors import invalid
from cdk_managed_flink.application.place import place_of
from cdk_managed_flink.application.tokens import is_token
from cdk_managed_flink.kafka.authentication import KafkaMode
from cdk_managed_flink.kafka.cluster import KafkaCluster
from cdk_managed_flink.redshift.warehouse import RedshiftWarehouse

_WITHOUT_USER = (KafkaMode.TLS, KafkaMode.PLAINTEXT)


def grant_stream(
    stream: kinesis.IStream, warehouse: RedshiftWarehouse, role: iam.IRole, *, key: kms.IKey | None
) -> None:
    """What "Getting started with streaming ingestion from Kinesis" lists, on this stream."""
    grantee = warehouse.grantee(role)
    iam.Grant.add_to_principal(
        grantee=grantee,
        actions=[
            "kinesis:DescribeStream",
            "kinesis:DescribeStreamSummary",
            "kinesis:GetRecords",
            "kinesis:GetShardIterator",
            "kinesis:ListShards",
        ],
        resource_arns=[stream.stream_arn],
    )
    # It resolves the schema's streams by their names, and the action takes no resource.
    iam.Grant.add_to_principal(
        grantee=grantee, actions=["kinesis:ListStreams"], resource_arns=["*"]
    )
    acknowledge_wildcard(role, "*", "IAM knows no resource for ListStreams, which Redshift calls.")
    if key is not None:
        grant_key_through(
            key,
            grantee,
            service="kinesis",
            actions=["kms:Decrypt"],
            context={"aws:kinesis:arn": stream.stream_arn},
        )


def reads_without_role(mode: KafkaMode) -> bool:
    """Whether the cluster lets Redshift read without saying who it is.

    Raises:
        ValueError: Redshift cannot authenticate so, or its settings are not known here.
    """
    if mode in _WITHOUT_USER:
        return True
    if mode is not KafkaMode.IAM:
        raise invalid(
            "RedshiftStreamingSink",
            "through",
            f"a cluster with {mode}",
            "IAM, or no authentication",
            "Redshift has no SCRAM, and its mTLS with a certificate of its own is not set up here: "
            "switch IAM on in the cluster and pass MskSink(authentication=...).",
        )
    return False


def grant_topic(
    cluster: KafkaCluster, warehouse: RedshiftWarehouse, role: iam.IRole, *, topic: str
) -> None:
    """What "Getting started with streaming ingestion from Apache Kafka" lists, on this topic."""
    groups = _groups(cluster)
    for actions, arn in (
        (["kafka-cluster:Connect"], cluster.cluster_arn or ""),
        (
            ["kafka-cluster:DescribeTopic", "kafka-cluster:ReadData"],
            cluster.resource_arn("topic", topic),
        ),
        (["kafka-cluster:AlterGroup", "kafka-cluster:DescribeGroup"], groups),
    ):
        iam.Grant.add_to_principal(
            grantee=warehouse.grantee(role), actions=actions, resource_arns=[arn]
        )
    acknowledge_wildcard(role, groups, "Redshift names its consumer groups itself.")


def _groups(cluster: KafkaCluster) -> str:
    """All consumer groups of the cluster, in the guide's own form where its ARN is not known."""
    if not is_token(cluster.cluster_arn):
        return cluster.resource_arn("group", "*")
    return place_of(cluster).stack.format_arn(
        service="kafka", resource="group", resource_name=f"{cluster.cluster_name}/*"
    )


def open_brokers(cluster: KafkaCluster, warehouse: RedshiftWarehouse, mode: KafkaMode) -> None:
    """Let the warehouse reach the brokers.

    Raises:
        ValueError: Its traffic does not go through its VPC.
    """
    if not warehouse.enhanced_vpc_routing:
        raise invalid(
            "RedshiftStreamingSink",
            "warehouse",
            f"{warehouse.node.path}, which has no enhanced VPC routing",
            "a warehouse with it",
            "The brokers are in a VPC: use a warehouse that is not publicly accessible, or use "
            "enhanced_vpc_routing=True where it is imported with it.",
        )
    warehouse.warn_without_groups(
        "the brokers are not opened for it: their group has to let it in."
    )
    for port in cluster.ports(mode):
        cluster.connections.allow_from(
            warehouse, ec2.Port.tcp(port), f"Kafka ({mode.lower()}) of Redshift"
        )
