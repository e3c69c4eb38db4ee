"""How a source or a sink joins an application: the one form that all of them have."""

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from constructs import Construct, IConstruct

from cdk_managed_flink.application.base import ApplicationBase
from cdk_managed_flink.application.connector import Connector
from cdk_managed_flink.application.errors import invalid
from cdk_managed_flink.application.network import Network
from cdk_managed_flink.application.properties import PropertyValue
from cdk_managed_flink.application.runtime import Runtime

R_co = TypeVar("R_co", covariant=True)

# A table's name is a construct's id and a property group's id as well: an SQL identifier is all.
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,49}")


class WatchKind(StrEnum):
    """What a watched metric measures; it decides the alarm's thresholds.

    ``LAG`` is how far the job is behind a source, ``DELAY`` how long a row waits behind a sink.
    """

    LAG = "LAG"
    THROTTLES = "THROTTLES"
    ERRORS = "ERRORS"
    DEAD_LETTERS = "DEAD_LETTERS"
    DELAY = "DELAY"


@dataclass(frozen=True, kw_only=True)
class Watch:
    """A metric of a bound resource that is worth an alarm, as a plain value.

    Attributes:
        id: What is watched, such as ``IteratorAge``; becomes part of the alarm's construct id.
        in_seconds: Whether a lag or a delay is reported in seconds. Default: in milliseconds.
        meaning: What it means when the metric is high, and where to look.
    """

    id: str
    kind: WatchKind
    namespace: str
    metric_name: str
    dimensions: Mapping[str, str]
    statistic: str
    meaning: str
    in_seconds: bool = False


@dataclass(frozen=True, kw_only=True)
class Columns:
    """Columns that are read from the rows which a sink writes.

    Attributes:
        names: As the job's table has to spell them.
        reader: What reads them, for the error.
        without_partitions: Whether what PARTITIONED BY names is no part of the rows.
        in_order: Whether the rows have exactly these columns, in this order.
    """

    names: Sequence[str]
    reader: str
    without_partitions: bool = False
    in_order: bool = False


@dataclass(frozen=True, kw_only=True)
class TableRules:
    """What the connector behind a table asks of its DDL, where Flink itself raises no error.

    Attributes:
        keys: Columns that PARTITIONED BY has to name, all of them and no other, in any order.
            Default: whatever it names will do.
        partitions: Columns that PARTITIONED BY has to name, in this order; where it is empty, that
            must not be there. Default: whatever it names will do.
        primary_key: Columns that PRIMARY KEY has to name, in any order; where it is empty, any that
            has what PARTITIONED BY names in it. Default: it may be missing.
        no_partitions: Why PARTITIONED BY must not be there. Default: it may.
        no_metadata: Why columns of the connector's METADATA must not be there. Default: they may.
        no_rows: Why columns of the type ROW must not be there. Default: they may.
    """

    keys: Sequence[str] = ()
    partitions: Sequence[str] | None = None
    primary_key: Sequence[str] | None = None
    no_partitions: str | None = None
    no_metadata: str | None = None
    no_rows: str | None = None


@dataclass(frozen=True, kw_only=True)
class Binding(Generic[R_co]):
    """The result of binding a source or sink.

    Attributes:
        properties: The property group: the table's whole connector option list. Secrets that its
            values refer to are granted to the application.
        resource: The stream, bucket or table, created or existing.
        watches: Metrics that are worth an alarm.
        service_endpoints: VPC endpoint names of the AWS services that the job calls, such as
            ``kinesis-streams``: an application in a VPC has to reach them.
        volume_metrics: Metrics that count written records, for an alarm on the first dead letter.
        prerequisites: Constructs that must exist before the job starts but that no property
            references, such as a topic or an access policy.
        columns: Columns that are read behind a sink; a job whose text can be read is held against
            them.
        rules: What the table's DDL has to keep; a job whose text can be read is held to it.
        store: Type and ``Ref`` of what was made to hold the table's data. Default: those of the
            construct that was made under the table's name, if there is one.
        reader: The connector's class that keeps the read position in the job's state, where
            another class of the same connector does not restore it. Default: none to compare.
    """

    properties: Mapping[str, PropertyValue]
    resource: R_co
    watches: Sequence[Watch] = ()
    service_endpoints: Sequence[str] = ()
    volume_metrics: Sequence[Watch] = ()
    prerequisites: Sequence[IConstruct] = ()
    columns: Columns | None = None
    rules: TableRules | None = None
    store: tuple[str, str] | None = None
    reader: str | None = None


class Bindable(ABC, Generic[R_co]):
    """A source or a sink: says which connectors the job needs, then binds itself.

    Attributes:
        resource_id: Keeps the construct's id when the table is renamed; default is the name.
    """

    kind: str
    resource_id: str | None = None

    @abstractmethod
    def connectors(self, runtime: Runtime) -> Sequence[Connector]:
        """Connectors that the job's package has to contain for this runtime."""

    def network(self) -> Network | None:
        """The network that the application has to be in; ``None`` where it makes no difference."""
        return None

    @abstractmethod
    def bind(self, scope: Construct, application: ApplicationBase, name: str) -> Binding[R_co]:
        """Create or use the resource, and grant the role what the connector calls."""


class Source(Bindable[R_co]):
    """Where a job reads from."""

    kind = "source"


class Sink(Bindable[R_co]):
    """Where a job writes to."""

    kind = "sink"

    def counted(self) -> "Sink[R_co]":
        """The same sink with ``volume_metrics``, where they cost extra and are off by default."""
        return self


def check_name(owner: Construct, kind: str, name: str) -> None:
    """Refuse a name that cannot be a table's, a construct's and a property group's at once.

    Raises:
        ValueError: The name is not legal.
    """
    if not _NAME.fullmatch(name):
        raise invalid(
            owner,
            f"name of a {kind}",
            name,
            "a letter, then up to 49 letters, digits and _",
            "It is the table's name in SQL and a construct's id: choose one that is legal as both.",
        )
