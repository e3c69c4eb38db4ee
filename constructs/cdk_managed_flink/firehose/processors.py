"""Processors of a delivery stream that several destinations share."""

from collections.abc import Mapping, Sequence

from aws_cdk import aws_kinesisfirehose as firehose

_L1 = firehose.CfnDeliveryStream


def processing(
    processors: Sequence[firehose.CfnDeliveryStream.ProcessorProperty],
) -> firehose.CfnDeliveryStream.ProcessingConfigurationProperty | None:
    """The processors as a destination's ``ProcessingConfiguration``; ``None`` without any."""
    if not processors:
        return None
    return _L1.ProcessingConfigurationProperty(enabled=True, processors=list(processors))


def new_line() -> firehose.CfnDeliveryStream.ProcessorProperty:
    """Ends each record with a line feed: Flink's JSON and CSV rows come without one."""
    return _L1.ProcessorProperty(
        type="AppendDelimiterToRecord",
        parameters=[
            # The two characters \ and n, which the service reads as one line feed.
            _L1.ProcessorParameterProperty(parameter_name="Delimiter", parameter_value="\\n")
        ],
    )


def metadata_extraction(keys: Mapping[str, str]) -> firehose.CfnDeliveryStream.ProcessorProperty:
    """Reads partition keys out of JSON records, each by its JQ expression."""
    query = ",".join(f"{name}:{expression}" for name, expression in keys.items())
    return _L1.ProcessorProperty(
        type="MetadataExtraction",
        parameters=[
            _L1.ProcessorParameterProperty(
                parameter_name="MetadataExtractionQuery", parameter_value=f"{{{query}}}"
            ),
            _L1.ProcessorParameterProperty(
                parameter_name="JsonParsingEngine", parameter_value="JQ-1.6"
            ),
        ],
    )
