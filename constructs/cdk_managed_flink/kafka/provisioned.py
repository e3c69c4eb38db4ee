"""MskCluster: a provisioned cluster of Amazon MSK."""

import re
from collections.abc import Mapping
from dataclasses import replace

from aws_cdk import Annotations, RemovalPolicy
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_msk as msk
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct, IConstruct

from cdk_managed_flink.application.errors import invalid
from cdk_managed_flink.application.log_group import application_log_group
from cdk_managed_flink.application.removal import effective_removal
from cdk_managed_flink.application.tokens import is_token
from cdk_managed_flink.kafka.authentication import KafkaAuthentication, KafkaMode
from cdk_managed_flink.kafka.brokers import KafkaMonitoring, Placement, brokers, brokers_group
from cdk_managed_flink.kafka.cluster import Authentications, KafkaCluster
from cdk_managed_flink.kafka.existing import ExistingMskCluster
from cdk_managed_flink.kafka.names import cluster_name as name_of
from cdk_managed_flink.kafka.storage import BrokerStorage, disks, grow
from cdk_managed_flink.kafka.users import ScramUsers
from cdk_managed_flink.kafka.values import check_settings

_VERSION = re.compile(r"(\d+)\.(\d+)\.(?:\d+|x)(?:\.kraft)?")
_INSTANCE = re.compile(r"kafka\.[a-z0-9]+\.[a-z0-9]+")
_LONGEST_TRANSACTION = "transaction.max.timeout.ms"
_DEFAULT_USER = "flink"


class MskCluster(KafkaCluster):
    """A cluster with brokers of its own, closed to whoever is not let in.

    Records are encrypted at rest with a customer managed key, and on every way by TLS. Topics are
    made by the stack, never by a misspelt name: ``auto.create.topics.enable`` is off.

    Args:
        vpc: Where the brokers are.
        subnets: One in each of 2 or 3 zones. Default: of the private subnets, else of the isolated
            ones, the first in each of up to 3 zones.
        kafka_version: Default ``3.9.x.kraft``: its line is the broker that this library's tests
            run, and from 3.8 on transactions work under IAM to the end. No ZooKeeper.
        instance_type: Instance type of the brokers. Default ``kafka.m7g.large``, the smallest for
            production; ``kafka.t3.small`` is for trials.
        brokers_per_zone: Default 1.
        authentication: One or several, the default one first. Default IAM. ``scram()`` without a
            secret makes the user ``flink``.
        storage: Storage of each broker. Default ``BrokerStorage()``.
        encryption_key: Customer managed key of the disks, the log and the users' secrets. Default:
            a new one.
        configuration: Kafka's settings of the brokers; they win over the library's own.
        monitoring: Default ``DEFAULT``: it is free, and all that is watched here is in it. Each
            higher level costs as custom metrics do, for every broker, topic or partition.
        log_retention: Retention of the brokers' log. Default 3 months.
        security_group: Default: a new one that nobody may come in by, but for those that are bound.
        cluster_name: A literal. Default: derived from the stack's name and the construct's path.
            It is a physical name, because MSK has no other; a change replaces the cluster.
        removal_policy: Default ``RETAIN_ON_UPDATE_OR_DELETE``: the cluster holds the topics, and
            keeps its configuration, security group and users.

    Attributes:
        resource: The L1, a ``msk.CfnCluster``.
        encryption_key: The key.
        log_group: The brokers' log.

    Raises:
        ValueError: What MSK would refuse of it.
    """

    raise_transaction = (
        'Raise it in MskCluster(configuration={"transaction.max.timeout.ms": "..."}).'
    )

    from_cluster_arn = staticmethod(ExistingMskCluster)

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        vpc: ec2.IVpc,
        subnets: ec2.SubnetSelection | None = None,
        kafka_version: str = "3.9.x.kraft",
        instance_type: str = "kafka.m7g.large",
        brokers_per_zone: int = 1,
        authentication: Authentications | None = None,
        storage: BrokerStorage | None = None,
        encryption_key: kms.IKey | None = None,
        configuration: Mapping[str, str] | None = None,
        monitoring: KafkaMonitoring = KafkaMonitoring.DEFAULT,
        log_retention: logs.RetentionDays = logs.RetentionDays.THREE_MONTHS,
        security_group: ec2.ISecurityGroup | None = None,
        cluster_name: str | None = None,
        removal_policy: RemovalPolicy = RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    ) -> None:
        super().__init__(scope, id, vpc=vpc, authentication=authentication)
        self.check_msk()
        _check(self, kafka_version, instance_type, brokers_per_zone)
        removal = effective_removal(self, removal_policy)
        storage = storage or BrokerStorage()
        placement = Placement.of(self, vpc, subnets)
        self.cluster_name: str = name_of(self, cluster_name)
        self.zones = len(placement.subnet_ids)
        self.broker_count = self.zones * brokers_per_zone
        self.encryption_key: kms.IKey = encryption_key or kms.Key(
            self,
            "Key",
            description=f"MSK cluster {self.node.path}",
            enable_key_rotation=True,
            removal_policy=removal,
        )
        self.log_group = application_log_group(
            self, "LogGroup", key=self.encryption_key, retention=log_retention, removal=removal
        )
        group = security_group or brokers_group(self, vpc, removal)
        self._connections = ec2.Connections(security_groups=[group])
        check_settings(self, "configuration", configuration or {})
        settings = {**_settings(self.zones), **(configuration or {})}
        longest = settings.get(_LONGEST_TRANSACTION, "")
        if longest.isdigit():
            self.longest_transaction = int(longest)
        self.resource = brokers(
            self,
            name=self.cluster_name,
            kafka_version=kafka_version,
            broker_count=self.broker_count,
            nodes=msk.CfnCluster.BrokerNodeGroupInfoProperty(
                client_subnets=placement.subnet_ids,
                instance_type=instance_type,
                security_groups=[group.security_group_id],
                storage_info=disks(storage),
            ),
            authentications=self.authentications,
            settings=settings,
            key=self.encryption_key,
            log_group=self.log_group,
            monitoring=monitoring,
            removal=removal,
        )
        self.cluster_arn: str = self.resource.attr_arn
        grow(self, self.resource, storage)
        self._users = self._scram_users(removal)
        self._warn()

    def add_user(self, name: str) -> secretsmanager.ISecret:
        """A user for another client, with a password that nobody has seen.

        Kafka lets every user do everything until access control lists restrict it, and those are
        made with Kafka's own tools.

        Raises:
            ValueError: An illegal name, or SCRAM is not on.
        """
        if self._users is None:
            raise invalid(
                self,
                "authentication",
                ", ".join(self.authentications),
                "SCRAM among them",
                "Use authentication=[..., KafkaAuthentication.scram()].",
            )
        return self._users.add(name)

    def before_login(self, authentication: KafkaAuthentication) -> list[IConstruct]:
        """With SCRAM the association of the users' secrets, this one among them."""
        if self._users is None or authentication.mode is not KafkaMode.SCRAM:
            return []
        if authentication.secret is not None:
            self._users.join([authentication.secret.secret_arn])
        return [self._users.association]

    def _scram_users(self, removal: RemovalPolicy) -> ScramUsers | None:
        scram = self.authentications.get(KafkaMode.SCRAM)
        if scram is None:
            return None
        users = ScramUsers(
            self,
            "Users",
            cluster_arn=self.cluster_arn,
            cluster_name=self.cluster_name,
            key=self.encryption_key,
            removal=removal,
        )
        if scram.secret is not None:
            users.join([scram.secret.secret_arn])
        else:
            made = replace(scram, secret=users.add(_DEFAULT_USER))
            self.authentications[KafkaMode.SCRAM] = made
        return users

    def _warn(self) -> None:
        if KafkaMode.PLAINTEXT in self.authentications:
            Annotations.of(self).add_warning_v2(
                "cdk-managed-flink:kafka-plaintext",
                "KafkaAuthentication.none(encrypted=False): whoever reaches the brokers reads and "
                "writes every topic, and records cross the network in plain text.",
            )


def _settings(zones: int) -> dict[str, str]:
    return {
        # A misspelt topic is an error, not a new topic.
        "auto.create.topics.enable": "false",
        "default.replication.factor": str(zones),
        # One broker may be away, as it is whenever MSK maintains it.
        "min.insync.replicas": str(zones - 1),
        # MSK's default would rather lose records than wait for the broker that has them.
        "unclean.leader.election.enable": "false",
    }


def _check(owner: Construct, version: str, instance_type: str, brokers_per_zone: int) -> None:
    if not is_token(version):
        found = _VERSION.fullmatch(version)
        if found is None or (int(found[1]), int(found[2])) < (3, 6):
            raise invalid(
                owner,
                "kafka_version",
                version,
                "3.6.0 or later, such as 3.9.x.kraft",
                "Earlier ones have come to their end, and their topics cannot be made by the "
                "service.",
            )
    if not is_token(instance_type) and not _INSTANCE.fullmatch(instance_type):
        raise invalid(
            owner,
            "instance_type",
            instance_type,
            "a standard broker's, such as kafka.m7g.large",
            "Make a cluster of Express brokers elsewhere, and take it with "
            "MskCluster.from_cluster_arn(...).",
        )
    if is_token(brokers_per_zone) or brokers_per_zone < 1:
        raise invalid(
            owner,
            "brokers_per_zone",
            "a token" if is_token(brokers_per_zone) else brokers_per_zone,
            "a literal of 1 or more",
            "Remove it for one.",
        )
