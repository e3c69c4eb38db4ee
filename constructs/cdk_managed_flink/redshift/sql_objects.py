"""What SQL makes in a warehouse: kept as one custom resource, statement by statement."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from constructs import Construct, IConstruct

from cdk_managed_flink.application.errors import invalid
from cdk_managed_flink.functions.custom_resource import ManagedFlinkResource

if TYPE_CHECKING:
    from cdk_managed_flink.redshift.warehouse import RedshiftWarehouse

    pass

# The Data API takes 100 KB a statement; an update carries the old ones too, and the provider
# framework's waiter takes 256 KB.
_MOST_CHARACTERS = 100_000


@dataclass(frozen=True, kw_only=True)
class SqlObject:
    """One object of a database, as the handler makes, changes and drops it.

    ``$(Id)`` in a text stands for a version of the object with that id: 8 digits that follow from
    what makes it. An object that has its own version in its name is replaced by making the new one
    next to the old one.

    Attributes:
        id: Names it among the objects of one sink.
        create: Statements that make it; several are one transaction. They are run again only when
            they change. Of a table: what follows CREATE TABLE.
        table: Schema and name, if it is a table, whose columns may grow.
        columns: Columns of the table: ``Name``, ``Type`` and, where the catalog tells it, ``Is``.
        attributes: What follows the columns in CREATE TABLE.
        revoke: Statements that take back what ``create`` grants, each run once it is no longer
            here.
        exists: A query that gives a row if it is there, where ``create`` has no IF NOT EXISTS.
        again: A statement in place of ``create`` when it is there already.
        drop: A statement that drops it. Default: nothing is dropped.
        keep: Whether it outlives the sink, and a change that replaces it.
        retire: A statement in place of ``drop`` for what is kept.
    """

    id: str
    create: Sequence[str] = ()
    table: Mapping[str, str] | None = None
    columns: Sequence[Mapping[str, str]] = ()
    attributes: str = ""
    revoke: Sequence[str] = ()
    exists: str | None = None
    again: str | None = None
    drop: str | None = None
    keep: bool = False
    retire: str | None = None

    def properties(self) -> dict[str, Any]:
        """As the handler reads it; CloudFormation would make text of a boolean."""
        found = {
            "Id": self.id,
            "Create": list(self.create),
            "Table": self.table,
            "Columns": [dict(column) for column in self.columns],
            "Attributes": self.attributes,
            "Revoke": list(self.revoke),
            "Exists": self.exists,
            "Again": self.again,
            "Drop": self.drop,
            "Keep": "true" if self.keep else None,
            "Retire": self.retire,
        }
        return {name: value for name, value in found.items() if value}


def make_objects(
    warehouse: "RedshiftWarehouse",
    scope: Construct,
    id: str,
    objects: Sequence[SqlObject],
    *,
    after: Sequence[IConstruct] = (),
) -> ManagedFlinkResource:
    """Make objects in their order with the Data API; they are dropped in the opposite one.

    Args:
        warehouse: Where.
        scope: The construct's scope.
        id: The construct's id.
        objects: What.
        after: What has to be there before, with its rights.

    Raises:
        ValueError: The statements are too long.
    """
    size = sum(len(part) for one in objects for part in _texts(one))
    if size > _MOST_CHARACTERS:
        raise invalid(
            scope,
            "columns",
            f"{size:,} characters of SQL",
            f"at most {_MOST_CHARACTERS:,}",
            "The Data API takes no more: make the table yourself and leave columns out, or use "
            "fewer columns.",
        )
    made = ManagedFlinkResource(
        scope,
        id,
        kind="RedshiftSql",
        properties={
            "Warehouse": warehouse.connection(),
            "Objects": [one.properties() for one in objects],
        },
        statements=warehouse.sql_rights(),
    )
    warehouse.acknowledge_sql_rights(made)
    made.resource.node.add_dependency(*warehouse.before_sql(), *after)
    return made


def _texts(one: SqlObject) -> list[str]:
    columns = [text for column in one.columns for text in column.values()]
    parts = [one.attributes, one.exists, one.again, one.drop, one.retire]
    return [*one.create, *one.revoke, *columns, *(part for part in parts if part)]
