"""An Iceberg table of the Glue Data Catalog, made by CloudFormation with its first metadata."""

from collections.abc import Mapping

from aws_cdk import aws_glue as glue
from constructs import Construct

from cdk_managed_flink.application.place import place_of
from cdk_managed_flink.iceberg.definition import FIRST_PARTITION, IcebergTable

_L1 = glue.CfnTable


def glue_table(
    scope: Construct,
    table: IcebergTable,
    *,
    database: str,
    name: str,
    location: str,
    properties: Mapping[str, str],
) -> glue.CfnTable:
    """Make the table.

    Args:
        scope: Where; the id ``Table`` is taken in it.
        table: Columns, partitions and key.
        database: Its name.
        name: Name of the table.
        location: The table's own folder, without a slash at its end.
        properties: Iceberg's table properties.
    """
    fields = [
        _L1.IcebergPartitionFieldProperty(
            name=part.name,
            transform=part.transform,
            source_id=table.ids[part.column],
            field_id=number,
        )
        for number, part in enumerate(table.fields, start=FIRST_PARTITION)
    ]
    schema = _L1.IcebergSchemaProperty(
        type="struct",
        schema_id=0,
        fields=[
            _L1.IcebergStructFieldProperty(
                id=table.ids[column], name=column, type=type_, required=column in table.key
            )
            for column, type_ in table.columns.items()
        ],
        identifier_field_ids=[table.ids[column] for column in table.key] or None,
    )
    return _L1(
        scope,
        "Table",
        catalog_id=place_of(scope).account,
        database_name=database,
        name=name,
        open_table_format_input=_L1.OpenTableFormatInputProperty(
            iceberg_input=_L1.IcebergInputProperty(
                metadata_operation="CREATE",
                version="2",
                iceberg_table_input=_L1.IcebergTableInputProperty(
                    location=location,
                    schema=schema,
                    partition_spec=(
                        _L1.IcebergPartitionSpecProperty(fields=fields, spec_id=0)
                        if fields
                        else None
                    ),
                    properties=properties,
                ),
            )
        ),
    )
