"""What a SQL job does with the names that are bound to it."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from cdk_managed_flink.code.sql.names import listed, stands_for_nothing
from cdk_managed_flink.job.statements import Statement, StatementKind


@dataclass(frozen=True)
class SqlUsage:
    """Which bound names the statements of a script read and write.

    A table is bound to every name whose placeholder stands in its CREATE. Tables are told from
    columns only by name, so a column that is called like a table can hide that nobody reads it.

    Attributes:
        file: The script's path, as the user wrote it.
        statements: The script.
    """

    file: str
    statements: Sequence[Statement]

    def problems(
        self, *, sources: Collection[str], sinks: Collection[str], groups: Collection[str]
    ) -> list[str]:
        """Everything that the script and the bound names have against each other."""
        return [
            *self.unknown({*groups, *sources, *sinks}),
            *(
                f"{self.file}: sink '{name}' is bound and no statement writes it; "
                f"written are: {listed(self.written & set(sinks))}. "
                f"CREATE a table WITH (${{{name}}}) and INSERT INTO it, or remove the sink."
                for name in sorted(set(sinks) - self.written)
            ),
            *(
                f"{self.file}: source '{name}' is bound and no INSERT reads it; "
                f"read are: {listed(self.read & set(sources))}. "
                f"CREATE a table WITH (${{{name}}}) and SELECT from it, or remove the source."
                for name in sorted(set(sources) - self.read)
            ),
        ]

    def unknown(self, known: Collection[str]) -> list[str]:
        """Names that stand for nothing."""
        return [
            stands_for_nothing(
                f"{self.file}:{asked.line}:{asked.column}: {asked}", asked.name, known
            )
            for statement in self.statements
            for asked in statement.placeholders
            if asked.name not in known
        ]

    @cached_property
    def written(self) -> frozenset[str]:
        """Names whose tables an INSERT writes."""
        return self._bound(s.target for s in self._of(StatementKind.INSERT)) | self._anyhow

    @cached_property
    def read(self) -> frozenset[str]:
        """Names whose tables an INSERT reads, through views too."""
        views = {view.target: view.names for view in self._of(StatementKind.CREATE_VIEW)}
        reached: set[str] = set()
        found = {name for insert in self._of(StatementKind.INSERT) for name in _read_by(insert)}
        while found:
            reached |= found
            found = {name for view in found for name in views.get(view, ())} - reached
        return self._bound(reached) | self._anyhow

    @cached_property
    def _anyhow(self) -> frozenset[str]:
        """Names in other definitions, such as a catalog's: what they serve can't be told here."""
        return frozenset(
            asked.name
            for statement in self._of(StatementKind.DEFINITION)
            for asked in statement.placeholders
        )

    @cached_property
    def _tables(self) -> Mapping[str, frozenset[str]]:
        """The names bound to each table; a table made LIKE another has those of the other too."""
        tables: dict[str, frozenset[str]] = {}
        for table in self._of(StatementKind.CREATE_TABLE):
            own = {asked.name for asked in table.placeholders}
            if "LIKE" in (name.upper() for name in table.names):
                own.update(*(tables.get(name, ()) for name in table.names))
            tables[table.target] = frozenset(own)
        return tables

    def _of(self, kind: StatementKind) -> Iterable[Statement]:
        return (statement for statement in self.statements if statement.kind is kind)

    def _bound(self, tables: Iterable[str]) -> frozenset[str]:
        return frozenset(name for table in tables for name in self._tables.get(table, ()))


def _read_by(insert: Statement) -> frozenset[str]:
    """The identifiers of an INSERT; its target only if it is named again."""
    times = sum(token.name == insert.target for token in insert.tokens)
    return insert.names if times > 1 else insert.names - {insert.target}
