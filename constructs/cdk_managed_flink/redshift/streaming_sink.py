"""RedshiftStreamingSink: the warehouse reads a stream or a topic itself."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from aws_cdk import aws_iam as iam
from aws_cdk import aws_kinesis as kinesis
from constructs import Construct

from cdk_managed_flink.application.arns import differ
from cdk_managed_flink.application.base import ApplicationBase
from cdk_managed_flink.application.binding import Binding, Sink, Watch, WatchKind
from cdk_managed_flink.application.connector import Connector
from cdk_managed_flink.application.errors import invalid
from cdk_managed_flink.application.network import Network
from cdk_managed_flink.application.place import place_of
from cdk_managed_flink.application.runtime import Runtime
from cdk_managed_flink.application.tokens import is_token
from cdk_managed_flink.formats.formats import format_of
from cdk_managed_flink.kafka.sink import MskSink
from cdk_managed_flink.kafka.topic import Topic
from cdk_managed_flink.kinesis.sink import KinesisSink
from cdk_managed_flink.redshift import streaming
from cdk_managed_flink.redshift.naming import known_name, lower_case_name
from cdk_managed_flink.redshift.reading import (
    grant_stream,
    grant_topic,
    open_brokers,
    reads_without_role,
)
from cdk_managed_flink.redshift.sink import RedshiftSink
from cdk_managed_flink.redshift.sql_objects import make_objects
from cdk_managed_flink.redshift.warehouse import RedshiftWarehouse

_WHERE = "RedshiftStreamingSink"
_LONGEST_STREAM = 128


@dataclass(frozen=True, kw_only=True, eq=False)
class RedshiftStreamingSink(RedshiftSink):
    """Rows through a Kinesis stream or an MSK topic that the warehouse reads itself: seconds.

    Attributes:
        table: Name of a view; the rows are in a materialized view behind it.
        columns: See `RedshiftSink`; required. Changing them changes only the view; no row is lost.
        through: ``KinesisSink(...)`` or ``MskSink(...)``, in JSON. Default: a new Kinesis stream.
        removal_policy: Removal policy of the rows.

    Raises:
        ValueError: No columns, or a stream that Redshift does not read.
    """

    through: Sink[Any] | None = None

    def __post_init__(self) -> None:
        self.redshift_table()
        if not self.columns:
            raise invalid(
                _WHERE,
                "columns",
                dict(self.columns),
                "the columns of the view",
                'Use columns={"sensor": "VARCHAR(64)", "value": "DOUBLE PRECISION"}.',
            )
        through = self._through()
        if not isinstance(through, Sink):
            raise _no_stream(type(through).__name__)
        upsert = getattr(through, "upsert", False)
        format_ = format_of(getattr(through, "format", "json")).name
        if format_ != "json" or upsert:
            raise invalid(
                _WHERE,
                "through",
                f"{type(through).__name__} {'with upsert' if upsert else f'in {format_}'}",
                "rows in JSON, each a record of its own",
                'Leave format="json" and upsert=False: Redshift takes columns out of JSON. '
                "Files are loaded by RedshiftCopySink.",
            )
        if isinstance(through, MskSink):
            reads_without_role(through.cluster.authentication(through.authentication).mode)
            _check_case(_topic(through))

    def connectors(self, runtime: Runtime) -> Sequence[Connector]:
        return self._through().connectors(runtime)

    def network(self) -> Network | None:
        return self._through().network()

    def bind(
        self, scope: Construct, application: ApplicationBase, name: str
    ) -> Binding[RedshiftWarehouse]:
        """Bind the stream or topic, let the warehouse read it, make the views."""
        through = self.handed_on(self._through())
        bound = through.bind(scope, application, name)
        if not isinstance(through, MskSink) and not hasattr(bound.resource, "stream_arn"):
            raise _no_stream(f"{type(through).__name__}(...)")
        own = Construct(scope, f"{self.resource_id or name}Redshift")
        if isinstance(through, MskSink):
            role, source, name_of_source = self._from_topic(own, through)
            record, watches = streaming.KAFKA_RECORD, list[Watch]()
        else:
            stream: kinesis.IStream = bound.resource
            child = scope.node.try_find_child(through.resource_id or name)
            new = child is not None and child.node.path == stream.node.path
            _check_place(own, stream)
            _name(stream, new=new)
            role, source = self._from_stream(own, through, stream)
            name_of_source = stream.stream_name
            record, watches = streaming.KINESIS_RECORD, [_delay(stream)] if new else []
        objects = streaming.streaming_objects(
            self.claimed_table(own),
            source=source,
            stream=name_of_source,
            record=record,
            keep=self.keeps(own, application),
        )
        make_objects(self.warehouse, own, "Sql", objects, after=[] if role is None else [role])
        return replace(
            bound,
            resource=self.warehouse,
            watches=[*bound.watches, *watches],
            columns=self.read_columns(),
        )

    def _through(self) -> Sink[Any]:
        return self.through or KinesisSink(removal_policy=self.removal_policy)

    def _from_stream(
        self, own: Construct, through: Sink[Any], stream: kinesis.IStream
    ) -> tuple[iam.IRole, str]:
        self.warehouse.warn_if_vpc_routed("kinesis-streams")
        role = self.warehouse.load_role(own, "Role")
        key = stream.encryption_key or getattr(through, "encryption_key", None)
        grant_stream(stream, self.warehouse, role, key=key)
        return role, streaming.kinesis_schema(role.role_arn)

    def _from_topic(self, own: Construct, through: MskSink) -> tuple[iam.IRole | None, str, str]:
        cluster, topic = through.cluster, _topic(through)
        mode = cluster.authentication(through.authentication).mode
        open_brokers(cluster, self.warehouse, mode)
        role: iam.IRole | None = None
        if not reads_without_role(mode):
            role = self.warehouse.load_role(own, "Role")
            grant_topic(cluster, self.warehouse, role, topic=topic)
        source = streaming.kafka_schema(
            cluster.bootstrap_servers(mode), role_arn=None if role is None else role.role_arn
        )
        return role, source, topic


def _topic(through: MskSink) -> str:
    return through.topic.name if isinstance(through.topic, Topic) else through.topic


def _no_stream(received: str) -> ValueError:
    return invalid(
        _WHERE,
        "through",
        received,
        "KinesisSink(...), MskSink(...), or a sink of your own that writes a Kinesis stream",
        "Redshift reads nothing else as it comes: leave it out for a new stream.",
    )


def _check_place(own: Construct, stream: kinesis.IStream) -> None:
    here, there = place_of(own).stack, stream.env
    if differ(here.region, there.region) or differ(here.account, there.account):
        raise invalid(
            _WHERE,
            "through",
            stream.stream_arn,
            "a stream of the warehouse's account and Region",
            "Redshift gets only its name, and looks for it there.",
        )


def _name(stream: kinesis.IStream, *, new: bool) -> None:
    """Give a new stream a name in lower case: one that CloudFormation makes would not be found.

    "Kinesis stream names are case sensitive", and Redshift folds what a statement names, unless
    the whole database is set to be case sensitive.
    """
    resource = stream.node.default_child
    if not isinstance(resource, kinesis.CfnStream):
        _check_case(stream.stream_name)
    elif new:
        resource.name = lower_case_name(resource, longest=_LONGEST_STREAM)
    elif _is_unnamed(resource):
        raise invalid(
            _WHERE,
            "through",
            f"{stream.node.path}, whose name CloudFormation makes",
            "a stream with a name in lower case",
            "Redshift folds names to lower case and would not find it: give it a stream_name, or "
            "leave through out for a new stream.",
        )
    else:
        _check_case(known_name(stream, stream.stream_name, "name"))


def _is_unnamed(resource: kinesis.CfnStream) -> bool:
    # The L2 hands a token to its L1 that stands for nothing.
    return place_of(resource).stack.resolve(resource.name) is None


def _check_case(name: str | None) -> None:
    if name is not None and not is_token(name) and name != name.lower():
        raise invalid(
            _WHERE,
            "through",
            name,
            "a stream or topic with a name in lower case",
            "Redshift folds names to lower case and would not find it.",
        )


def _delay(stream: kinesis.IStream) -> Watch:
    return Watch(
        id="WarehouseDelay",
        kind=WatchKind.DELAY,
        namespace="AWS/Kinesis",
        metric_name="GetRecords.IteratorAgeMilliseconds",
        dimensions={"StreamName": stream.stream_name},
        statistic="Maximum",
        meaning="The warehouse falls behind the stream: look at SYS_STREAM_SCAN_STATES and at its "
        "capacity.",
    )
