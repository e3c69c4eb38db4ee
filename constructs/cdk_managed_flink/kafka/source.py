"""MskSource: topics of a Kafka cluster as a table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from aws_cdk import RemovalPolicy
from constructs import Construct

from cdk_managed_flink.application.base import ApplicationBase
from cdk_managed_flink.application.binding import Binding, Source
from cdk_managed_flink.application.connector import Connector
from cdk_managed_flink.application.errors import cannot_combine, invalid
from cdk_managed_flink.application.network import Network
from cdk_managed_flink.application.runtime import Runtime
from cdk_managed_flink.application.tokens import is_token
from cdk_managed_flink.connectors.options import checked_options
from cdk_managed_flink.formats.formats import Format, Side, check_records, format_of
from cdk_managed_flink.kafka import watches
from cdk_managed_flink.kafka.access import grant_read, reach
from cdk_managed_flink.kafka.authentication import KafkaAuthentication, KafkaMode
from cdk_managed_flink.kafka.cluster import KafkaCluster
from cdk_managed_flink.kafka.connectors import kafka_connectors
from cdk_managed_flink.kafka.consumer_groups import claim_group
from cdk_managed_flink.kafka.topic import KafkaTopic, Topic, check_topic_name
from cdk_managed_flink.kafka.values import check_list


@dataclass(frozen=True)
class KafkaStart:
    """Where a job without state begins to read; a restored one goes on where it was."""

    options: Mapping[str, str]

    @classmethod
    def earliest(cls) -> "KafkaStart":
        """The oldest records that the topics still have."""
        return cls({"scan.startup.mode": "earliest-offset"})

    @classmethod
    def latest(cls) -> "KafkaStart":
        """Only records that come after the start."""
        return cls({"scan.startup.mode": "latest-offset"})

    @classmethod
    def at(cls, timestamp: datetime) -> "KafkaStart":
        """Records from this time on, by the records' own timestamps.

        Raises:
            ValueError: The time has no time zone.
        """
        if timestamp.tzinfo is None:
            raise invalid(
                "KafkaStart",
                "timestamp",
                timestamp.isoformat(),
                "a time with its time zone",
                "Use datetime(..., tzinfo=timezone.utc).",
            )
        milliseconds = str(round(timestamp.timestamp() * 1000))
        return cls(
            {"scan.startup.mode": "timestamp", "scan.startup.timestamp-millis": milliseconds}
        )

    @classmethod
    def group_offsets(cls, *, reset: str | None = None) -> "KafkaStart":
        """Where the consumer group was, such as that of a consumer that this job replaces.

        Args:
            reset: ``earliest`` or ``latest`` for partitions in which the group has not been.
                Default: the job fails there.

        Raises:
            ValueError: Another word.
        """
        if reset not in (None, "earliest", "latest"):
            raise invalid(
                "KafkaStart",
                "reset",
                reset,
                "earliest or latest",
                "Remove it for the job to fail where the group has no offset.",
            )
        return cls(
            {
                "scan.startup.mode": "group-offsets",
                **({"properties.auto.offset.reset": reset} if reset else {}),
            }
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class MskSource(Source[KafkaCluster]):
    """Topics that the job reads, of MSK or of a Kafka elsewhere.

    Records of transactions that were aborted, or are not committed yet, are not read.

    Attributes:
        cluster: ``MskCluster``, ``MskServerlessCluster``, an existing one by
            ``MskCluster.from_cluster_arn``, or ``SelfManagedKafkaCluster``.
        topic: One or several: a ``Topic`` is made in the stack, a name is that of an existing one.
        group_id: The consumer group, up to 249 ASCII characters without ``:``. Default: of the
            application's name and the table's, so that no other application has it.
        shared_group: Whether it is meant that another application uses the same group. Default no.
        authentication: One that the cluster has. Default: the cluster's first.
        start: Where a job without state begins. Default the oldest records.
        format: Flink's format of the records. Default ``json``; ``raw`` hands the job the bytes,
            which a dead-letter path needs.
        key_fields: Columns that come from the records' keys. Default: keys are not read.
        key_format: Flink's format of the keys. Default: as ``format``.
        table_options: Further connector options; they win over the defaults.
        resource_id: Keeps topic and consumer group when the table is renamed. Default: its name.
        removal_policy: Removal policy of topics that are made. Default: the application's.

    Raises:
        ValueError: No topic, one twice, a name that Kafka refuses, or settings of a new topic
            with existing ones.
    """

    cluster: KafkaCluster
    topic: Topic | str | Sequence[Topic | str]
    group_id: str | None = None
    shared_group: bool = False
    authentication: KafkaAuthentication | None = None
    start: KafkaStart = field(default_factory=KafkaStart.earliest)
    format: str | Format = "json"
    key_fields: Sequence[str] = ()
    key_format: str | Format | None = None
    table_options: Mapping[str, str] = field(default_factory=dict)
    resource_id: str | None = None
    removal_policy: RemovalPolicy | None = None

    def __post_init__(self) -> None:
        check_list("MskSource", "key_fields", self.key_fields)
        check_records("MskSource", self.format, self.key_format or self.format)
        if not self._topics:
            raise invalid("MskSource", "topic", "none", "one or several", 'Use topic="payments".')
        names = [topic if isinstance(topic, str) else topic.name for topic in self._topics]
        for name in names:
            check_topic_name("MskSource", name)
            if names.count(name) > 1:
                raise invalid(
                    "MskSource", "topic", names, "each topic once", f"List {name!r} once."
                )
        if not isinstance(self.start, KafkaStart):
            raise invalid(
                "MskSource",
                "start",
                self.start,
                "a KafkaStart",
                "Call it: start=KafkaStart.latest().",
            )
        if self.removal_policy is not None and not any(
            isinstance(topic, Topic) for topic in self._topics
        ):
            raise cannot_combine(
                "MskSource",
                "removal_policy",
                self.removal_policy,
                "the names of existing topics",
                "An existing topic is never changed: remove it, or pass a Topic(...).",
            )
        group = self.group_id
        # CloudWatch drops the lag of groups with other names ("Monitor consumer lags").
        if (
            group is not None
            and not is_token(group)
            and (not group.isascii() or ":" in group or not 1 <= len(group) <= 249)
        ):
            raise invalid(
                "MskSource",
                "group_id",
                group,
                "1 to 249 ASCII characters without :",
                "With others CloudWatch shows no lag of the group.",
            )

    def connectors(self, runtime: Runtime) -> Sequence[Connector]:
        return kafka_connectors(
            runtime,
            self.cluster,
            self.authentication,
            self._formats,
        )

    def network(self) -> Network | None:
        return self.cluster.network()

    def bind(
        self, scope: Construct, application: ApplicationBase, name: str
    ) -> Binding[KafkaCluster]:
        """Make the topics, open the way, and grant reading them in the one consumer group."""
        cluster = self.cluster
        group = self.group_id or f"{application.application_name}-{self.resource_id or name}"
        claim_group(
            cluster.identity, group, application=application, table=name, shared=self.shared_group
        )
        made = self._make(scope, application, name)
        topics = [topic if isinstance(topic, str) else topic.name for topic in self._topics]
        access = reach(cluster, application, self.authentication)
        if access.mode is KafkaMode.IAM:
            grant_read(cluster, application, topics=topics, group=group)
        value, *keys = self._formats
        for format_ in self._formats:
            format_.grant(application, Side.READ)
        options = {
            "connector": "kafka",
            "topic": ";".join(topics),
            **access.options,
            "properties.group.id": group,
            "properties.isolation.level": "read_committed",
            **self.start.options,
            **value.options(),
            **(keys[0].options("key.") if keys else {}),
            **({"key.fields": ";".join(self.key_fields)} if keys else {}),
        }
        return Binding(
            properties=checked_options(
                "MskSource",
                options,
                self.table_options,
                runtime=application.runtime,
                kind="source",
                fields={
                    "topic": "Use topic= instead.",
                    "topic-pattern": "Use topic= with a list of several.",
                    "properties.group.id": "Use group_id= instead.",
                    "format": "Use format= instead.",
                    "value.format": "Use format= instead.",
                    "key.format": "Use key_format= instead.",
                    "key.fields": "Use key_fields= instead.",
                },
            ),
            resource=cluster,
            watches=watches.lag(cluster, group, topics),
            service_endpoints=[
                *access.service_endpoints,
                *(call for found in self._formats for call in found.service_endpoints),
            ],
            prerequisites=[*access.prerequisites, *made],
        )

    @property
    def _topics(self) -> list[Topic | str]:
        return [self.topic] if isinstance(self.topic, Topic | str) else list(self.topic)

    @property
    def _formats(self) -> list[Format]:
        """Of the values, then of the keys if they are read."""
        value = format_of(self.format)
        keys = [format_of(self.key_format or self.format)] if self.key_fields else []
        return [value, *keys]

    def _make(self, scope: Construct, application: ApplicationBase, name: str) -> list[KafkaTopic]:
        id_ = self.resource_id or name
        wanted = [topic for topic in self._topics if isinstance(topic, Topic)]
        removal = self.removal_policy or application.removal_policy
        if len(self._topics) == 1:
            places = [(topic, scope, id_) for topic in wanted]
        else:
            place = Construct(scope, id_) if wanted else scope
            places = [
                (topic, place, f"Topic{number}" if is_token(topic.name) else topic.name)
                for number, topic in enumerate(wanted, start=1)
            ]
        return [
            self.cluster.add_topic(topic, removal_policy=removal, scope=place, id=id_)
            for topic, place, id_ in places
        ]
