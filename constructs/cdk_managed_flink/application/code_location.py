"""What an application has to know of its code, whoever packaged it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from constructs import Construct

from cdk_managed_flink.application.binding import Columns, TableRules
from cdk_managed_flink.application.connector import Connector
from cdk_managed_flink.application.runtime import Runtime


@dataclass(frozen=True, kw_only=True)
class CodeLocation:
    """Where the packaged code lies, and the run options it is started with.

    Attributes:
        bucket_arn: ARN of the bucket that holds the object.
        file_key: Key of the object.
        object_version: Version of the object. ``None`` is right only for a key that changes with
            its content: the service never reloads an object of the same key and version.
        run_options: The property group ``kinesis.analytics.flink.run.options``, empty for a jar.
        resolves_secrets: Whether values ``secret:<arn>[:key]`` reach the job read. Default on, as
            for a job in Java that reads them by itself.
    """

    bucket_arn: str
    file_key: str
    object_version: str | None = None
    run_options: Mapping[str, str] = field(default_factory=dict)
    resolves_secrets: bool = True


class Code(Protocol):
    """Packages a job: what ``FlinkCode.from_*`` returns, or a kind of your own."""

    def bind(
        self, scope: Construct, *, runtime: Runtime, connectors: Sequence[Connector]
    ) -> CodeLocation:
        """Package the job with these connectors, and return where the package lies.

        Packages only where the stack is to be bundled; what it returns is the same without.

        Args:
            scope: The application.
            runtime: The application's runtime.
            connectors: What the sources and sinks need in the job's jar.

        Raises:
            ValueError: The connectors don't fit each other or the runtime.
            PackagingError: The tool that packages is missing, or failed.
        """
        ...

    def validate(
        self, *, sources: Collection[str], sinks: Collection[str], groups: Collection[str]
    ) -> list[str]:
        """The errors of the job's text, given the names that are bound.

        Called at synth, so that groups which were added late count.

        Args:
            sources: Names of the sources.
            sinks: Names of the sinks.
            groups: Ids of all property groups, those of sources and sinks included or not.
        """
        ...


@runtime_checkable
class ReadableCode(Protocol):
    """Code whose tables can be read at synth, such as SQL."""

    def column_problems(self, name: str, wanted: Columns) -> list[str]:
        """Columns that are read behind the tables bound to a name and that they lack."""
        ...

    def rule_problems(self, name: str, rules: TableRules) -> list[str]:
        """Rules of the connector that the tables bound to a name break."""
        ...
