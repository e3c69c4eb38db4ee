"""Streaming ingestion: a materialized view over a stream, and a view with columns over that.

The materialized view keeps each record as it came, with the time of its arrival. Columns are
taken out of it by a plain view, so that another column, or another type, loses nothing.
Source: "Streaming ingestion to a materialized view", developer guide.
"""

from cdk_managed_flink.application.errors import invalid
from cdk_managed_flink.redshift.columns import normal
from cdk_managed_flink.redshift.identifiers import quoted, text
from cdk_managed_flink.redshift.sql_objects import SqlObject
from cdk_managed_flink.redshift.table import RedshiftTable

ARRIVED_AT = "_arrived_at"


def kinesis_schema(role_arn: str) -> str:
    """What an external schema says of Kinesis."""
    return f"FROM KINESIS IAM_ROLE {text(role_arn)}"


def kafka_schema(bootstrap_servers: str, *, role_arn: str | None) -> str:
    """What an external schema says of MSK; without a role nobody is authenticated."""
    brokers = f"URI {text(bootstrap_servers)}"
    if role_arn is None:
        return f"FROM KAFKA AUTHENTICATION NONE {brokers}"
    return f"FROM KAFKA IAM_ROLE {text(role_arn)} AUTHENTICATION IAM {brokers}"


KINESIS_RECORD = ("kinesis_data", "approximate_arrival_timestamp", "shard_id, sequence_number")
KAFKA_RECORD = ("kafka_value", "kafka_timestamp", "kafka_partition, kafka_offset")


def streaming_objects(
    table: RedshiftTable, *, source: str, stream: str, record: tuple[str, str, str], keep: bool
) -> list[SqlObject]:
    """External schema, materialized view and view, in the order in which they are made.

    Args:
        table: What the view is called, and its columns.
        source: What the external schema says: ``kinesis_schema`` or ``kafka_schema``.
        stream: Name of the stream or topic.
        record: Names of the record, of its time, and of what tells it from others.
        keep: Whether the rows outlive the sink.

    Raises:
        ValueError: A column has the name of the time of arrival.
    """
    if ARRIVED_AT in table.columns:
        raise invalid(
            table.where,
            "columns",
            ARRIVED_AT,
            "any other name",
            "The view has that column itself: when the record reached the stream.",
        )
    external = quoted(f"flink_{table.base}_$(Stream)")
    rows_name = f"{table.own_name}_rows_$(Rows)"
    rows = f"{quoted(table.schema)}.{quoted(rows_name)}"
    data, arrival, place = record
    columns = ", ".join(
        f"r.payload.{quoted(name)}::{normal(type_)} AS {quoted(name)}"
        for name, type_ in table.columns.items()
    )
    return [
        *table.in_schema(),
        SqlObject(
            id="Stream",
            create=[f"CREATE EXTERNAL SCHEMA IF NOT EXISTS {external} {source}"],
            drop=f"DROP SCHEMA IF EXISTS {external}",
            keep=keep,
        ),
        SqlObject(
            id="Rows",
            create=[
                f"CREATE MATERIALIZED VIEW {rows} AUTO REFRESH YES AS "
                f"SELECT {arrival} AS arrived_at, {place}, refresh_time, "
                f"CASE WHEN CAN_JSON_PARSE({data}) THEN JSON_PARSE({data}) END AS payload, "
                f"CASE WHEN NOT CAN_JSON_PARSE({data}) THEN {data} END AS unparsed "
                f"FROM {external}.{quoted(stream)}"
            ],
            exists=f"SELECT 1 FROM svv_mv_info WHERE TRIM(schema_name) = {text(table.schema)} "
            f"AND TRIM(name) = {text(rows_name)}",
            again=f"ALTER MATERIALIZED VIEW {rows} AUTO REFRESH YES",
            drop=f"DROP MATERIALIZED VIEW {rows}",
            keep=keep,
            # It would read on, and be paid for, as long as there is the stream.
            retire=f"ALTER MATERIALIZED VIEW {rows} AUTO REFRESH NO",
        ),
        SqlObject(
            id="View",
            create=[
                f"DROP VIEW IF EXISTS {table.quoted}",
                f"CREATE VIEW {table.quoted} AS SELECT {columns}, "
                f"r.arrived_at AS {quoted(ARRIVED_AT)} FROM {rows} AS r "
                # Not bound, it does not hold the materialized view that is replaced.
                "WHERE r.payload IS NOT NULL WITH NO SCHEMA BINDING",
                *table.grants(),
            ],
            drop=f"DROP VIEW IF EXISTS {table.quoted}",
            keep=keep,
        ),
    ]
