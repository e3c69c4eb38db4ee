"""A SQL script, read: what it lacks, and what it says that is hardly meant."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property

from cdk_managed_flink.application.binding import Columns, TableRules
from cdk_managed_flink.code.sql.columns import column_problems
from cdk_managed_flink.code.sql.rules import rule_problems
from cdk_managed_flink.code.sql.usage import SqlUsage
from cdk_managed_flink.job.lexing import SqlError, TokenKind
from cdk_managed_flink.job.settings import why_unwise, why_without_effect
from cdk_managed_flink.job.statements import Statement, StatementKind, statements

_LOOKS_LIKE_PLACEHOLDER = re.compile(r"(?<!\$)\$\{[\w.-]+\}")


@dataclass(frozen=True)
class SqlScript:
    """The script of one job.

    Attributes:
        file: Its path, as the user wrote it.
        content: Its bytes, UTF-8.
    """

    file: str
    content: bytes

    @cached_property
    def statements(self) -> list[Statement]:
        """The script's statements.

        Raises:
            ValueError: It cannot be read; names file, line and column.
        """
        try:
            return statements(self.content.decode("utf-8-sig"))
        except SqlError as error:
            raise ValueError(error.within(self.file)) from None
        except UnicodeDecodeError as error:
            raise ValueError(f"{self.file}: is not UTF-8: {error.reason}") from None

    def check(self) -> None:
        """Refuse a script that can be no job.

        Raises:
            ValueError: It cannot be read, makes a setting that the service ignores, or inserts
                nothing.
        """
        problems = [
            f"{self.file}:{setting.line}: SET '{setting.target}' has no effect on the service: "
            f"{why}."
            for setting in self._settings
            if (why := why_without_effect(setting.target))
        ]
        if all(statement.kind is not StatementKind.INSERT for statement in self.statements):
            problems.append(
                f"{self.file}: there is no INSERT in it, so there is nothing to run: "
                "INSERT INTO a table that is created WITH the options of a sink."
            )
        if problems:
            raise ValueError("\n".join(problems))

    @property
    def warnings(self) -> list[str]:
        """What works, and is hardly meant."""
        return [
            *(
                f"{self.file}:{setting.line}: SET '{setting.target}': {why}."
                for setting in self._settings
                if (why := why_unwise(setting.target))
            ),
            *(
                f"{self.file}:{token.line}:{token.column}: {token.text} is a string, in which "
                "placeholders are left alone: Flink gets it as it is written. Use the whole option "
                "list, ${name}, outside of quotes."
                for table in self.statements
                if table.kind is StatementKind.CREATE_TABLE
                for token in table.tokens
                if token.kind is TokenKind.STRING and _LOOKS_LIKE_PLACEHOLDER.search(token.text)
            ),
        ]

    def usage_problems(
        self, *, sources: Collection[str], sinks: Collection[str], groups: Collection[str]
    ) -> list[str]:
        """Names that stand for nothing, sinks that are not written, sources that are not read."""
        return self._usage.problems(sources=sources, sinks=sinks, groups=groups)

    def unknown(self, known: Collection[str]) -> list[str]:
        """Names that stand for nothing."""
        return self._usage.unknown(known)

    def column_problems(self, name: str, wanted: Columns) -> list[str]:
        """Columns that are read behind a sink and that its tables lack."""
        return column_problems(self.file, self.statements, name, wanted)

    def rule_problems(self, name: str, rules: TableRules) -> list[str]:
        """Rules of the connector that the tables bound to a name break."""
        return rule_problems(self.file, self.statements, name, rules)

    @property
    def _settings(self) -> list[Statement]:
        return [s for s in self.statements if s.kind is StatementKind.SET]

    @property
    def _usage(self) -> SqlUsage:
        return SqlUsage(self.file, self.statements)
