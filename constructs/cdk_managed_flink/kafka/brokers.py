"""The brokers of a provisioned cluster: where they are, whom they let in, how they are set."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from aws_cdk import RemovalPolicy
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_msk as msk
from constructs import Construct

from cdk_managed_flink.application.errors import invalid
from cdk_managed_flink.application.network import Network, group_of
from cdk_managed_flink.kafka.authentication import KafkaAuthentication, KafkaMode

_MOST_ZONES = 3


class KafkaMonitoring(StrEnum):
    """How finely MSK reports to CloudWatch; each level has the metrics of those before it."""

    DEFAULT = "DEFAULT"
    PER_BROKER = "PER_BROKER"
    PER_TOPIC_PER_BROKER = "PER_TOPIC_PER_BROKER"
    PER_TOPIC_PER_PARTITION = "PER_TOPIC_PER_PARTITION"


@dataclass(frozen=True)
class Placement:
    """A subnet in each of 2 or 3 zones."""

    subnet_ids: list[str]

    @classmethod
    def of(
        cls, owner: Construct, vpc: ec2.IVpc, selection: ec2.SubnetSelection | None
    ) -> "Placement":
        """The first subnet of each zone.

        Raises:
            ValueError: They are in a single zone.
        """
        by_zone: dict[str, str] = {}
        for subnet in Network(vpc=vpc, subnets=selection).selected(owner).subnets:
            by_zone.setdefault(subnet.availability_zone, subnet.subnet_id)
        if len(by_zone) < 2:
            raise invalid(
                owner,
                "subnets",
                f"subnets of {len(by_zone)} zone",
                "subnets in 2 or 3 zones",
                "MSK spreads its brokers over zones: give the VPC max_azs=3.",
            )
        return cls(list(by_zone.values())[:_MOST_ZONES])


def client_authentication(
    owner: Construct, authentications: Mapping[KafkaMode, KafkaAuthentication]
) -> msk.CfnCluster.ClientAuthenticationProperty:
    """The listeners of a provisioned cluster.

    Raises:
        ValueError: Client certificates that nobody signs.
    """
    mtls = authentications.get(KafkaMode.MTLS)
    if mtls is not None and not mtls.certificate_authorities:
        raise invalid(
            owner,
            "authentication",
            "MTLS without an authority",
            "the ARNs of private authorities whose certificates the brokers accept",
            "Use KafkaAuthentication.mtls(secret, certificate_authorities=[...]).",
        )
    cluster = msk.CfnCluster
    open_ = KafkaMode.TLS in authentications or KafkaMode.PLAINTEXT in authentications
    return cluster.ClientAuthenticationProperty(
        sasl=cluster.SaslProperty(
            iam=cluster.IamProperty(enabled=KafkaMode.IAM in authentications),
            scram=cluster.ScramProperty(enabled=KafkaMode.SCRAM in authentications),
        ),
        tls=cluster.TlsProperty(
            enabled=mtls is not None,
            certificate_authority_arn_list=(
                list(mtls.certificate_authorities) if mtls is not None else None
            ),
        ),
        unauthenticated=cluster.UnauthenticatedProperty(enabled=open_),
    )


def brokers(
    scope: Construct,
    *,
    name: str,
    kafka_version: str,
    broker_count: int,
    nodes: msk.CfnCluster.BrokerNodeGroupInfoProperty,
    authentications: Mapping[KafkaMode, KafkaAuthentication],
    settings: Mapping[str, str],
    key: kms.IKey,
    log_group: logs.ILogGroup,
    monitoring: KafkaMonitoring,
    removal: RemovalPolicy,
) -> msk.CfnCluster:
    """The L1 and its configuration; both names are physical ones, because MSK has no other.

    A configuration can't be deleted while a cluster has it, so it stays as long.
    """
    configuration = msk.CfnConfiguration(
        scope,
        "Configuration",
        name=name,
        # Plain text, whatever the reference says of Base64: the resource encodes it itself.
        server_properties="\n".join(f"{key}={value}" for key, value in sorted(settings.items())),
    )
    configuration.apply_removal_policy(removal)
    cluster = msk.CfnCluster
    made = msk.CfnCluster(
        scope,
        "Resource",
        cluster_name=name,
        kafka_version=kafka_version,
        number_of_broker_nodes=broker_count,
        broker_node_group_info=nodes,
        client_authentication=client_authentication(scope, authentications),
        configuration_info=cluster.ConfigurationInfoProperty(
            arn=configuration.attr_arn, revision=configuration.attr_latest_revision_revision
        ),
        encryption_info=cluster.EncryptionInfoProperty(
            encryption_at_rest=cluster.EncryptionAtRestProperty(data_volume_kms_key_id=key.key_arn),
            encryption_in_transit=cluster.EncryptionInTransitProperty(
                client_broker=(
                    "TLS_PLAINTEXT" if KafkaMode.PLAINTEXT in authentications else "TLS"
                ),
                in_cluster=True,
            ),
        ),
        enhanced_monitoring=monitoring.value,
        logging_info=cluster.LoggingInfoProperty(
            broker_logs=cluster.BrokerLogsProperty(
                cloud_watch_logs=cluster.CloudWatchLogsProperty(
                    enabled=True, log_group=log_group.log_group_name
                )
            )
        ),
    )
    made.apply_removal_policy(removal)
    return made


def brokers_group(scope: Construct, vpc: ec2.IVpc, removal: RemovalPolicy) -> ec2.SecurityGroup:
    """A group that lets nobody in; the cluster's interfaces have it, so it stays as long."""
    return group_of(scope, vpc, description=f"MSK cluster {scope.node.path}", removal=removal)
