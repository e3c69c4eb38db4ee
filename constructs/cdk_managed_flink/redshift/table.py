"""RedshiftTable: where rows arrive in a warehouse."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from cdk_managed_flink.application.errors import invalid
from cdk_managed_flink.redshift.columns import check_columns, described
from cdk_managed_flink.redshift.identifiers import check_identifier, quoted
from cdk_managed_flink.redshift.sql_objects import SqlObject

# Derived names, such as a materialized view's, are made of it, with a word and a version.
_LONGEST = 60
_LONGEST_BASE = 112


@dataclass(frozen=True, kw_only=True)
class RedshiftTable:
    """A table, or the view that stands for one.

    Attributes:
        where: Class of the sink, for its errors.
        name: Name of the table, or ``schema.table``. Default schema: ``public``.
        columns: Each with its type; empty for a table that exists.
        sort_key: Columns that rows are sorted by. Default: Redshift chooses.
        distribution_key: The column by whose value rows are spread. Default: Redshift chooses.
        readers: Database roles that may read it.

    Raises:
        ValueError: A name that Redshift folds or cuts, a type that it does not have, a key that
            is no column, or one text in place of several.
    """

    where: str
    name: str
    columns: Mapping[str, str] = field(default_factory=dict)
    sort_key: Sequence[str] = ()
    distribution_key: str | None = None
    readers: Sequence[str] = ()

    def __post_init__(self) -> None:
        self._check_kinds()
        for part in self._parts:
            check_identifier(self.where, "table", part, longest=_LONGEST)
        if len(self.base) > _LONGEST_BASE:
            raise invalid(
                self.where,
                "table",
                self.name,
                f"schema and table of up to {_LONGEST_BASE - 1} characters together",
                "Redshift would cut the names that are made of both: choose a shorter one.",
            )
        if self.columns:
            check_columns(self.where, self.columns)
        for reader in self.readers:
            check_identifier(self.where, "readers", reader)
        keys = [("sort_key", key) for key in self.sort_key]
        if self.distribution_key is not None:
            keys.append(("distribution_key", self.distribution_key))
        for prop, key in keys:
            if key not in self.columns:
                raise invalid(
                    self.where,
                    prop,
                    key,
                    f"a column of the new table: {', '.join(self.columns) or 'there is none'}",
                    "Name one of columns=, or leave it out: Redshift chooses by itself then.",
                )

    @property
    def schema(self) -> str:
        """The schema that it is in."""
        return self._parts[0]

    @property
    def own_name(self) -> str:
        """Its name within the schema."""
        return self._parts[1]

    @property
    def base(self) -> str:
        """What names outside of the schema are made of."""
        return f"{self.schema}_{self.own_name}"

    @property
    def quoted(self) -> str:
        """Schema and name as a statement has them."""
        return f"{quoted(self.schema)}.{quoted(self.own_name)}"

    def in_schema(self) -> list[SqlObject]:
        """The schema, where it is not the one that every database has.

        It is never dropped: others may keep their tables in it.
        """
        if self.schema == "public":
            return []
        create = f"CREATE SCHEMA IF NOT EXISTS {quoted(self.schema)}"
        return [SqlObject(id="Schema", create=[create])]

    def objects(self, *, keep: bool) -> list[SqlObject]:
        """Schema and table; of a table that exists, what its readers need.

        Args:
            keep: Whether its rows outlive the sink.
        """
        if self.columns:
            return [*self.in_schema(), self.make(keep=keep)]
        if not self.readers:
            return []
        return [SqlObject(id="Readers", create=self.grants(), revoke=self._revocations())]

    def make(self, *, keep: bool) -> SqlObject:
        """The table itself: columns are added to it; another change is refused, or loses the rows.

        The keys count for a new table only.

        Args:
            keep: Whether its rows outlive the sink.
        """
        attributes = ""
        if self.distribution_key is not None:
            attributes += f" DISTSTYLE KEY DISTKEY ({quoted(self.distribution_key)})"
        if self.sort_key:
            attributes += f" SORTKEY ({', '.join(map(quoted, self.sort_key))})"
        return SqlObject(
            id="Table",
            table={"Schema": self.schema, "Name": self.own_name},
            columns=described(self.columns),
            attributes=attributes,
            create=self.grants(),
            revoke=self._revocations(),
            drop=f"DROP TABLE IF EXISTS {self.quoted}",
            keep=keep,
        )

    def grants(self) -> list[str]:
        """What the readers need; whatever is dropped and made again needs them anew."""
        if not self.readers:
            return []
        roles = ", ".join(f"ROLE {quoted(reader)}" for reader in self.readers)
        return [
            f"GRANT USAGE ON SCHEMA {quoted(self.schema)} TO {roles}",
            f"GRANT SELECT ON {self.quoted} TO {roles}",
        ]

    def _revocations(self) -> list[str]:
        # The schema stays open to them: another table of theirs may be in it.
        return [
            f"REVOKE SELECT ON {self.quoted} FROM ROLE {quoted(reader)}" for reader in self.readers
        ]

    def _check_kinds(self) -> None:
        if not isinstance(self.columns, Mapping):
            raise invalid(
                self.where,
                "columns",
                self.columns,
                "names, each with its type",
                'Use columns={"sensor": "VARCHAR(64)", "value": "DOUBLE PRECISION"}.',
            )
        for prop in ("readers", "sort_key"):
            given = getattr(self, prop)
            if isinstance(given, str):
                raise invalid(self.where, prop, given, "several names", f'Use {prop}=["{given}"].')

    @property
    def _parts(self) -> tuple[str, str]:
        schema, dot, name = self.name.rpartition(".")
        return (schema if dot else "public", name)
