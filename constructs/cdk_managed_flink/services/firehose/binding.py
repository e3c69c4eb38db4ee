"""How a delivery stream joins an application, whatever it delivers to."""

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kinesisfirehose as firehose

from cdk_managed_flink.application.application import FlinkApplication
from cdk_managed_flink.application.binding import Binding
from cdk_managed_flink.application.connector import Connector
from cdk_managed_flink.application.runtime import Runtime
from cdk_managed_flink.code.connectors import connector_for, format_artifacts
from cdk_managed_flink.code.options import checked_options
from cdk_managed_flink.services.firehose.delivery_stream import DeliveryStream
from cdk_managed_flink.services.firehose.watching import arrivals, put_watches

# Formats whose rows are text without an end of their own.
_TEXT = frozenset({"json", "csv", "debezium-json", "canal-json", "maxwell-json", "ogg-json"})


def ends_lines(format: str) -> bool:
    """Whether a row in this format is text that needs a line feed to be told from the next."""
    return format in _TEXT


def firehose_connectors(format: str, runtime: Runtime) -> Sequence[Connector]:
    """What the job's package needs to put records of a format."""
    return [connector_for("firehose", runtime), *format_artifacts(format, runtime)]


# What has ``delivery_stream_arn`` and ``delivery_stream_name``: a new stream, or an existing one.
AnyDeliveryStream: TypeAlias = DeliveryStream | firehose.IDeliveryStream


def bind_delivery_stream(
    stream: AnyDeliveryStream,
    application: FlinkApplication,
    *,
    format: str,
    table_options: Mapping[str, str],
) -> Binding[AnyDeliveryStream]:
    """Let the job put records, and nothing else, into the stream.

    Args:
        stream: A stream of this library, or an existing one.
        application: Whose role gets the right.
        format: Flink's format of the records.
        table_options: Further connector options; they win over the defaults.
    """
    name = stream.delivery_stream_name
    new = stream if isinstance(stream, DeliveryStream) else None
    iam.Grant.add_to_principal(
        grantee=application,
        # The only call of the connector.
        actions=["firehose:PutRecordBatch"],
        resource_arns=[stream.delivery_stream_arn],
    )
    options = {
        "connector": "firehose",
        "delivery-stream": name,
        "aws.region": Stack.of(application).region,
        "format": format,
    }
    return Binding(
        properties=checked_options(
            "FirehoseSink",
            options,
            table_options,
            runtime=application.runtime,
            kind="sink",
            fields={
                "delivery-stream": "Hand in another stream.",
                "format": "The sink's own field says it, where there is a choice.",
            },
        ),
        resource=stream,
        watches=put_watches(name) if new is None else new.watches(),
        calls=["kinesis-firehose"],
        arrivals=[arrivals(name)],
        needs=() if new is None else new.needs,
    )
