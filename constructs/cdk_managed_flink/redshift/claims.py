"""Names in a warehouse: what one sink makes and drops is no other one's."""

from aws_cdk import Stage
from constructs import Construct

from cdk_managed_flink.application.errors import invalid
from cdk_managed_flink.application.registry import Registry
from cdk_managed_flink.redshift.table import RedshiftTable
from cdk_managed_flink.redshift.warehouse import RedshiftWarehouse

# Of each stage: by warehouse and name. Two objects may stand for one imported warehouse.
_CLAIMS = Registry[tuple[str, ...], tuple[str, str]]()


def claim(warehouse: RedshiftWarehouse, table: RedshiftTable, sink: Construct) -> None:
    """Take a table, and the names that are made of its name, for the sink that makes them.

    Raises:
        ValueError: Another sink makes them.
    """
    claims = _CLAIMS.of(Stage.of(warehouse) or warehouse.node.root)
    mine = (f"{table.schema}.{table.own_name}", sink.node.path)
    name, path = claims.setdefault((*warehouse.place(), table.base), mine)
    if path != sink.node.path:
        raise invalid(
            sink,
            "table",
            table.name,
            f"a table of its own; {path} makes {name} there",
            "Each would alter, replace or drop what belongs to the other: give it another name, or "
            "remove columns= from a sink that loads into an existing table.",
        )
