"""FormatConversion: rows as Parquet or ORC, by the schema of a table in the Glue Data Catalog."""

from dataclasses import dataclass
from enum import StrEnum

from aws_cdk import aws_iam as iam
from aws_cdk import aws_kinesisfirehose as firehose

from cdk_managed_flink.application.errors import invalid
from cdk_managed_flink.application.place import place_of
from cdk_managed_flink.application.tokens import is_token
from cdk_managed_flink.firehose.delivery_stream import DeliveryStream

_L1 = firehose.CfnDeliveryStream


class ColumnarFormat(StrEnum):
    """What Firehose can convert JSON to."""

    PARQUET = "PARQUET"
    ORC = "ORC"


# The service's own names, with its default first.
_COMPRESSIONS = {
    ColumnarFormat.PARQUET: ("SNAPPY", "GZIP", "UNCOMPRESSED"),
    ColumnarFormat.ORC: ("SNAPPY", "ZLIB", "NONE"),
}


@dataclass(frozen=True, kw_only=True)
class FormatConversion:
    """Rows as Parquet or ORC. What does not fit the table goes to the error prefix.

    The records have to be JSON. Column names are lower case in the catalog; JSON keys are made so
    before they are compared.

    Attributes:
        database: Database of the Glue Data Catalog, in the stack's account and Region.
        table: Its columns are the schema; partition columns are not among them.
        to: Default Parquet.
        compression: Default ``SNAPPY``.

    Raises:
        ValueError: A compression that the format does not have.
    """

    database: str
    table: str
    to: ColumnarFormat = ColumnarFormat.PARQUET
    compression: str = "SNAPPY"

    def __post_init__(self) -> None:
        known = _COMPRESSIONS[self.to]
        if not is_token(self.compression) and self.compression not in known:
            raise invalid(
                "FormatConversion",
                "compression",
                self.compression,
                f"{', '.join(known)} with {self.to}",
                "These are the service's own names.",
            )

    def configure(
        self, stream: DeliveryStream
    ) -> firehose.CfnDeliveryStream.DataFormatConversionConfigurationProperty:
        """The L1's configuration; grants the role to read the schema, as Firehose's guide lists."""
        stack = place_of(stream).stack
        iam.Grant.add_to_principal(
            grantee=stream.role,
            actions=["glue:GetTable", "glue:GetTableVersion", "glue:GetTableVersions"],
            # A table is authorized together with what it is in.
            resource_arns=[
                stack.format_arn(service="glue", resource="catalog"),
                stack.format_arn(service="glue", resource="database", resource_name=self.database),
                stack.format_arn(
                    service="glue", resource="table", resource_name=f"{self.database}/{self.table}"
                ),
            ],
        )
        return _L1.DataFormatConversionConfigurationProperty(
            enabled=True,
            input_format_configuration=_L1.InputFormatConfigurationProperty(
                deserializer=_L1.DeserializerProperty(
                    open_x_json_ser_de=_L1.OpenXJsonSerDeProperty(case_insensitive=True)
                )
            ),
            output_format_configuration=_L1.OutputFormatConfigurationProperty(
                serializer=self._serializer()
            ),
            schema_configuration=_L1.SchemaConfigurationProperty(
                catalog_id=stack.account,
                database_name=self.database,
                table_name=self.table,
                region=stack.region,
                role_arn=stream.role.role_arn,
                version_id="LATEST",
            ),
        )

    def _serializer(self) -> firehose.CfnDeliveryStream.SerializerProperty:
        if self.to is ColumnarFormat.PARQUET:
            parquet = _L1.ParquetSerDeProperty(compression=self.compression)
            return _L1.SerializerProperty(parquet_ser_de=parquet)
        return _L1.SerializerProperty(orc_ser_de=_L1.OrcSerDeProperty(compression=self.compression))
