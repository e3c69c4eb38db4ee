"""MskSink: a topic of a Kafka cluster as a table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from aws_cdk import Duration, RemovalPolicy, Token
from aws_cdk import aws_kinesisanalyticsv2 as kda
from constructs import Construct

from cdk_managed_flink.application.base import ApplicationBase
from cdk_managed_flink.application.binding import Binding, Sink
from cdk_managed_flink.application.connector import Connector
from cdk_managed_flink.application.errors import cannot_combine, invalid
from cdk_managed_flink.application.network import Network
from cdk_managed_flink.application.runtime import Runtime
from cdk_managed_flink.application.tokens import is_token
from cdk_managed_flink.connectors.options import checked_options
from cdk_managed_flink.formats.formats import Format, Side, check_records, format_of
from cdk_managed_flink.kafka import watches
from cdk_managed_flink.kafka.access import grant_write, reach
from cdk_managed_flink.kafka.authentication import KafkaAuthentication, KafkaMode
from cdk_managed_flink.kafka.cluster import KafkaCluster
from cdk_managed_flink.kafka.connectors import kafka_connectors
from cdk_managed_flink.kafka.topic import Topic, check_topic_name
from cdk_managed_flink.kafka.values import check_list

_DEFAULT_TIMEOUT = Duration.minutes(15)


@dataclass(frozen=True, kw_only=True, eq=False)
class MskSink(Sink[KafkaCluster]):
    """A topic that the job writes, of MSK or of a Kafka elsewhere.

    Each row is in the topic exactly once for readers with ``isolation.level=read_committed``: rows
    become visible with the checkpoint that they belong to, so its interval is their delay. Readers
    without that setting see rows earlier, and some twice.

    Attributes:
        cluster: ``MskCluster``, ``MskServerlessCluster``, an existing one by
            ``MskCluster.from_cluster_arn``, or ``SelfManagedKafkaCluster``.
        topic: A ``Topic`` is made in the stack, a name is that of an existing one.
        exactly_once: Default on, by Kafka's transactions. Off, rows are visible at once, and may be
            there twice after a restart; no rights on transactions are granted then.
        transaction_timeout: How long a transaction may stay open. Default 15 minutes, the longest
            that brokers allow by default: a job that is away for longer between a checkpoint and
            its commit loses the rows of that checkpoint.
        authentication: One that the cluster has. Default: the cluster's first.
        format: Flink's format of the records. Default ``json``.
        key_fields: Columns that make the record's key; records of one key stay in order, in one
            partition. Default: no key.
        key_format: Flink's format of the keys. Default: as ``format``.
        upsert: Whether a row replaces the one with its key and a deletion is a record without a
            value: the connector ``upsert-kafka``, for results that change. The key is the
            ``PRIMARY KEY ... NOT ENFORCED`` of the table's DDL. Default off.
        table_options: Further connector options, such as ``sink.partitioner``; they win over the
            defaults.
        resource_id: Keeps topic and transactions when the table is renamed. Default: its name.
        removal_policy: Removal policy of a topic that is made. Default: the application's.

    Raises:
        ValueError: A name that Kafka refuses, key fields with ``upsert``, a timeout without
            transactions or, in ``bind``, one that the cluster refuses or no checkpoint keeps; or a
            removal policy for an existing topic.
    """

    cluster: KafkaCluster
    topic: Topic | str
    exactly_once: bool = True
    transaction_timeout: Duration = field(default=_DEFAULT_TIMEOUT)
    authentication: KafkaAuthentication | None = None
    format: str | Format = "json"
    key_fields: Sequence[str] = ()
    key_format: str | Format | None = None
    upsert: bool = False
    table_options: Mapping[str, str] = field(default_factory=dict)
    resource_id: str | None = None
    removal_policy: RemovalPolicy | None = None

    def __post_init__(self) -> None:
        check_list("MskSink", "key_fields", self.key_fields)
        check_records("MskSink", self.format, self.key_format or self.format)
        if isinstance(self.topic, str):
            check_topic_name("MskSink", self.topic)
            if self.removal_policy is not None:
                raise cannot_combine(
                    "MskSink",
                    "removal_policy",
                    self.removal_policy,
                    "the name of an existing topic",
                    "An existing topic is never changed: remove it, or pass a Topic(...).",
                )
        if self.upsert and self.key_fields:
            raise cannot_combine(
                "MskSink",
                "key_fields",
                list(self.key_fields),
                "upsert=True",
                "The key is the PRIMARY KEY of the table's DDL.",
            )
        if not self.exactly_once and self.transaction_timeout is not _DEFAULT_TIMEOUT:
            raise cannot_combine(
                "MskSink",
                "transaction_timeout",
                self.transaction_timeout,
                "exactly_once=False",
                "There are no transactions then: leave it out.",
            )

    def connectors(self, runtime: Runtime) -> Sequence[Connector]:
        return kafka_connectors(runtime, self.cluster, self.authentication, self._formats)

    def network(self) -> Network | None:
        return self.cluster.network()

    def bind(
        self, scope: Construct, application: ApplicationBase, name: str
    ) -> Binding[KafkaCluster]:
        """Make the topic, open the way, and grant writing it in transactions of its own."""
        cluster = self.cluster
        id_ = self.resource_id or name
        made = (
            [
                cluster.add_topic(
                    self.topic,
                    removal_policy=self.removal_policy or application.removal_policy,
                    scope=scope,
                    id=id_,
                )
            ]
            if isinstance(self.topic, Topic)
            else []
        )
        topic = self.topic.name if isinstance(self.topic, Topic) else self.topic
        prefix = f"{application.application_name}-{id_}"
        if self.exactly_once:
            self._check_timeout(application)
        access = reach(cluster, application, self.authentication)
        if access.mode is KafkaMode.IAM:
            grant_write(
                cluster,
                application,
                topic=topic,
                transactional_id_prefix=prefix if self.exactly_once else None,
            )
        for format_ in self._formats:
            format_.grant(application, Side.WRITE)
        options = {
            "connector": "upsert-kafka" if self.upsert else "kafka",
            "topic": topic,
            **access.options,
            **self._delivery(prefix),
            **self._format_options(),
        }
        return Binding(
            properties=checked_options(
                "MskSink",
                options,
                self.table_options,
                runtime=application.runtime,
                kind="sink",
                fields={
                    "topic": "Use topic= instead.",
                    "format": "Use format= instead.",
                    "value.format": "Use format= instead.",
                    "key.format": "Use key_format= instead.",
                    "key.fields": "Use key_fields= instead.",
                    "sink.delivery-guarantee": "Use exactly_once= instead.",
                    "sink.transactional-id-prefix": "It is the application's and the table's "
                    "name; resource_id= keeps it when the table is renamed.",
                    "properties.transaction.timeout.ms": "Use transaction_timeout= instead.",
                },
            ),
            resource=cluster,
            watches=watches.offline(cluster),
            volume_metrics=watches.volume_metrics(cluster, topic),
            service_endpoints=[
                *access.service_endpoints,
                *(call for found in self._formats for call in found.service_endpoints),
            ],
            prerequisites=[*access.prerequisites, *made],
        )

    @property
    def _formats(self) -> list[Format]:
        """Of the values, then of the keys if they are written."""
        value = format_of(self.format)
        keyed = self.upsert or self.key_fields
        return [value, *([format_of(self.key_format or self.format)] if keyed else [])]

    def _format_options(self) -> dict[str, str]:
        value, *keys = self._formats
        if not keys:
            return dict(value.options())
        if self.upsert:
            return {**keys[0].options("key."), **value.options("value.")}
        return {
            **value.options(),
            **keys[0].options("key."),
            "key.fields": ";".join(self.key_fields),
        }

    def _delivery(self, prefix: str) -> dict[str, str]:
        if not self.exactly_once:
            return {"sink.delivery-guarantee": "at-least-once"}
        # Said always: the connector's own default is an hour, which brokers refuse.
        milliseconds = self.transaction_timeout.to_milliseconds()
        return {
            "sink.delivery-guarantee": "exactly-once",
            "sink.transactional-id-prefix": prefix,
            "properties.transaction.timeout.ms": (
                Token.as_string(milliseconds) if is_token(milliseconds) else str(int(milliseconds))
            ),
        }

    def _check_timeout(self, application: ApplicationBase) -> None:
        if self.transaction_timeout.is_unresolved():
            return
        milliseconds = self.transaction_timeout.to_milliseconds()
        longest = self.cluster.longest_transaction
        if not is_token(longest) and milliseconds > longest:
            raise invalid(
                application,
                "transaction_timeout",
                self.transaction_timeout,
                f"at most {longest:,.0f} ms, as the brokers are set",
                self.cluster.raise_transaction,
            )
        checkpoints = _checkpoints(application)
        if checkpoints is None:
            return
        if checkpoints.checkpointing_enabled is False:
            raise invalid(
                application,
                "exactly_once",
                "transactions without checkpoints",
                "checkpointing, which commits them",
                "Remove Checkpointing(enabled=False), or use exactly_once=False.",
            )
        interval = checkpoints.checkpoint_interval
        if interval is None or is_token(interval) or interval < milliseconds:
            return
        raise invalid(
            application,
            "transaction_timeout",
            self.transaction_timeout,
            f"longer than the checkpoints' interval of {int(interval):,} ms",
            "A transaction stays open from one checkpoint to the next: with a shorter timeout none "
            "is ever committed.",
        )


def _checkpoints(
    application: ApplicationBase,
) -> kda.CfnApplication.CheckpointConfigurationProperty | None:
    """What the application was given; ``None`` where somebody has overridden it by a token."""
    flink = getattr(
        application.resource.application_configuration, "flink_application_configuration", None
    )
    found = getattr(flink, "checkpoint_configuration", None)
    properties = kda.CfnApplication.CheckpointConfigurationProperty
    return found if isinstance(found, properties) else None
