"""What a job's package has to contain to use a cluster."""

from collections.abc import Sequence

from cdk_managed_flink.application.connector import Connector
from cdk_managed_flink.application.runtime import Runtime
from cdk_managed_flink.application.secret_value import FlinkSecret
from cdk_managed_flink.connectors.connectors import connector_for, secret_reader
from cdk_managed_flink.formats.formats import Format
from cdk_managed_flink.kafka.authentication import KafkaAuthentication, KafkaMode
from cdk_managed_flink.kafka.cluster import KafkaCluster


def kafka_connectors(
    runtime: Runtime,
    cluster: KafkaCluster,
    asked: KafkaAuthentication | None,
    formats: Sequence[Format],
) -> list[Connector]:
    """The connector, the login by IAM or what reads the login from a secret, and the formats."""
    authentication = cluster.authentication(asked)
    iam = [connector_for("msk-iam", runtime)] if authentication.mode is KafkaMode.IAM else []
    secret = secret_reader(runtime) if reads_secret(cluster, authentication) else []
    artifacts = [found for format_ in formats for found in format_.artifacts(runtime)]
    return [connector_for("kafka", runtime), *iam, *secret, *artifacts]


def reads_secret(cluster: KafkaCluster, authentication: KafkaAuthentication) -> bool:
    """Whether an option of the table is kept in a secret."""
    return authentication.secret is not None or isinstance(
        cluster.certificate_authority, FlinkSecret
    )
