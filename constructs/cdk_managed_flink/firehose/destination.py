"""What a delivery stream has to know of its destination, and the processors that they share."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from aws_cdk import aws_kinesisfirehose as firehose

from cdk_managed_flink.application.binding import Watch

if TYPE_CHECKING:
    from cdk_managed_flink.firehose.delivery_stream import DeliveryStream

_L1 = firehose.CfnDeliveryStream


class Destination(ABC):
    """Where a delivery stream delivers: a value that is checked at once, and configures itself.

    Attributes:
        metrics: What the names of the destination's metrics begin with, such as ``DeliveryToS3``.
    """

    metrics: str

    @abstractmethod
    def configure(self, stream: "DeliveryStream") -> Mapping[str, Any]:
        """Make or take what is delivered to, grant the stream's role, answer the L1's argument."""

    def watches(self, stream: "DeliveryStream") -> Sequence[Watch]:
        """What is to be watched beside the metrics that every delivery stream has."""
        return ()


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
