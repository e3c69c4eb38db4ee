"""Formats: how rows are written into records and files."""

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from cdk_managed_flink.application.base import ApplicationBase
from cdk_managed_flink.application.connector import Connector
from cdk_managed_flink.application.errors import invalid
from cdk_managed_flink.application.runtime import Runtime
from cdk_managed_flink.application.tokens import is_token
from cdk_managed_flink.connectors.connectors import format_artifacts

_NAME = re.compile(r"[a-z][a-z0-9-]*")
_OF_FILES = frozenset({"json-lines", "orc", "parquet"})


class Side(StrEnum):
    """What a table does with its format; rights in a registry go by it."""

    READ = "READ"
    WRITE = "WRITE"


class Format(ABC):
    """A format that takes more than its name. ``format="json"`` says the plain ones.

    Attributes:
        name: The value of ``'format' = '…'``.
        service_endpoints: VPC endpoint names of the AWS services that the format calls.
    """

    name: str
    service_endpoints: Sequence[str] = ()

    @abstractmethod
    def options(self, prefix: str = "") -> Mapping[str, str]:
        """The table's options for it, ``format`` itself included.

        Args:
            prefix: ``key.`` or ``value.`` where a connector has formats for both.
        """

    @abstractmethod
    def artifacts(self, runtime: Runtime) -> Sequence[Connector]:
        """What the job's package has to contain for it."""

    def grant(self, application: ApplicationBase, side: Side) -> None:
        """Give the application what the format itself calls; nothing for most.

        Raises:
            ValueError: The application's job cannot use the format.
        """
        return


@dataclass(frozen=True)
class PlainFormat(Format):
    """A format that its name says all about, such as ``json``.

    Raises:
        ValueError: No name of a format.
    """

    name: str

    def __post_init__(self) -> None:
        if not is_token(self.name) and not _NAME.fullmatch(self.name):
            raise invalid(
                "Format",
                "format",
                self.name,
                "the name of a format, such as json or parquet",
                "Options of a format go into table_options.",
            )

    def options(self, prefix: str = "") -> Mapping[str, str]:
        """The name alone."""
        return {f"{prefix}format": self.name}

    def artifacts(self, runtime: Runtime) -> Sequence[Connector]:
        return format_artifacts(self.name, runtime)


def format_of(value: str | Format) -> Format:
    """The format that a source or a sink was given, by name or as it is.

    Raises:
        ValueError: It is neither.
    """
    if not isinstance(value, str | Format):
        raise invalid("Format", "format", value, "a name or a Format", "Remove it for the default.")
    return PlainFormat(value) if isinstance(value, str) else value


def check_records(where: str, *formats: str | Format, mend: str = "") -> None:
    """Refuse formats whose unit is a whole file, for what carries one row in each record.

    Args:
        where: The source or sink.
        formats: Those that it was given.
        mend: What to do other than choose another format.

    Raises:
        ValueError: A format is of files, or is none.
    """
    for format_ in map(format_of, formats):
        if format_.name in _OF_FILES:
            raise invalid(
                where,
                "format",
                format_.name,
                "a format of single records, such as json or avro",
                f"Each record is a row. {mend}".strip(),
            )
