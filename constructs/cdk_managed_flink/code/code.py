"""FlinkCode: the job that an application runs."""

from abc import ABC, abstractmethod
from collections.abc import Collection, Sequence
from pathlib import Path

from constructs import Construct

from cdk_managed_flink.application.code_location import CodeLocation
from cdk_managed_flink.application.connector import Connector
from cdk_managed_flink.application.runtime import Runtime


class FlinkCode(ABC):
    """A job, and how it becomes an application's code.

    Make one with a ``from_*`` method. Nothing is packaged before it is bound to an application.
    """

    @staticmethod
    def from_sql(path: str | Path) -> "FlinkCode":
        """A folder with a Flink SQL script, ``job.sql``.

        In the script ``${name}`` stands for the whole option list of a source, a sink or a property
        group, ``${name.key}`` for one value of it, and ``$${`` for ``${``. Strings and comments are
        left alone. All INSERTs run as one job.

        Args:
            path: The folder. A relative one is taken from the working directory. Of its files only
                ``*.sql`` are packaged.

        Raises:
            ValueError: There is no such folder or no ``job.sql`` in it; or the script cannot be
                read, holds a statement that is no part of a job, makes a setting that the service
                ignores, or inserts nothing.
        """
        from cdk_managed_flink.code.sql_code import SqlCode

        return SqlCode(path)

    @abstractmethod
    def bind(
        self, scope: Construct, *, runtime: Runtime, connectors: Sequence[Connector]
    ) -> CodeLocation:
        """Package the job with these connectors, and say where the package lies.

        Packages only where the stack is to be bundled; what it says is the same without.

        Args:
            scope: The application.
            runtime: The application's runtime.
            connectors: What the sources and sinks need in the job's jar.

        Raises:
            ValueError: The connectors don't fit each other or the runtime.
            PackagingError: The tool that packages is missing, or failed.
        """

    @abstractmethod
    def validate(
        self, *, sources: Collection[str], sinks: Collection[str], groups: Collection[str]
    ) -> list[str]:
        """What the job's text and the bound names have against each other.

        Called at synth, so that groups which were added late count.

        Args:
            sources: Names of the sources.
            sinks: Names of the sinks.
            groups: Ids of all property groups, those of sources and sinks included or not.
        """
