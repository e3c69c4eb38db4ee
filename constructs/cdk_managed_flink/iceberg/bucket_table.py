"""An Iceberg table in a table bucket of S3, made by CloudFormation."""

from aws_cdk import aws_s3tables as s3tables
from constructs import Construct

from cdk_managed_flink.iceberg.definition import FIRST_PARTITION, IcebergTable

_L1 = s3tables.CfnTable


def bucket_table(
    scope: Construct,
    table: IcebergTable,
    *,
    bucket_arn: str,
    namespace: str,
    name: str,
    upsert: bool,
) -> s3tables.CfnTable:
    """Make the table.

    Args:
        scope: Where; the id ``Table`` is taken in it.
        table: Columns, partitions and key.
        bucket_arn: ARN of the table bucket.
        namespace: In it.
        name: Name of the table.
        upsert: Whether a row replaces the one with its key.
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
    schema = _L1.IcebergSchemaV2Property(
        schema_v2_field_type="struct",
        schema_v2_field_list=[
            _L1.SchemaV2FieldProperty(
                id=table.ids[column], name=column, type=type_, required=column in table.key
            )
            for column, type_ in table.columns.items()
        ],
        identifier_field_ids=[table.ids[column] for column in table.key] or None,
    )
    return _L1(
        scope,
        "Table",
        table_bucket_arn=bucket_arn,
        namespace=namespace,
        table_name=name,
        open_table_format="ICEBERG",
        iceberg_metadata=_L1.IcebergMetadataProperty(
            iceberg_schema_v2=schema,
            iceberg_partition_spec=(
                _L1.IcebergPartitionSpecProperty(fields=fields) if fields else None
            ),
            table_properties={"write.upsert.enabled": "true"} if upsert else None,
        ),
    )
