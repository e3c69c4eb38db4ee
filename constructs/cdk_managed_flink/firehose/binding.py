"""How a delivery stream joins an application, whatever it delivers to."""

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from aws_cdk import aws_iam as iam
from aws_cdk import aws_kinesisfirehose as firehose

from cdk_managed_flink.application.arns import differ
from cdk_managed_flink.application.base import ApplicationBase
from cdk_managed_flink.application.binding import Binding
from cdk_managed_flink.application.connector import Connector
from cdk_managed_flink.application.errors import invalid
from cdk_managed_flink.application.place import place_of
from cdk_managed_flink.application.runtime import Runtime
from cdk_managed_flink.connectors.connectors import connector_for
from cdk_managed_flink.connectors.options import checked_options
from cdk_managed_flink.firehose.delivery_stream import DeliveryStream
from cdk_managed_flink.firehose.watching import put_watches, volume_metrics
from cdk_managed_flink.formats.confluent import check_subject
from cdk_managed_flink.formats.formats import Format, Side, format_of

# Formats whose rows are text without an end of their own.
_TEXT = frozenset({"json", "csv", "debezium-json", "canal-json", "maxwell-json", "ogg-json"})


def ends_lines(format: str) -> bool:
    """Whether a row in this format is text that needs a line feed to separate it from the next."""
    return format in _TEXT


def firehose_connectors(format: str | Format, runtime: Runtime) -> Sequence[Connector]:
    """What the job's package needs to put records of a format."""
    return [connector_for("firehose", runtime), *format_of(format).artifacts(runtime)]


# What has ``delivery_stream_arn`` and ``delivery_stream_name``: a new stream, or an existing one.
AnyDeliveryStream: TypeAlias = DeliveryStream | firehose.IDeliveryStream


def bind_delivery_stream(
    stream: AnyDeliveryStream,
    application: ApplicationBase,
    *,
    format: str | Format,
    table_options: Mapping[str, str],
) -> Binding[AnyDeliveryStream]:
    """Let the job put records, and nothing else, into the stream.

    The metrics of a stream in another Region are there: nothing watches it here.

    Args:
        stream: A stream of this library, or an existing one.
        application: Whose role gets the right.
        format: Flink's format of the records.
        table_options: Further connector options; they win over the defaults.

    Raises:
        ValueError: A stream of another account.
    """
    name = stream.delivery_stream_name
    new = stream if isinstance(stream, DeliveryStream) else None
    here = place_of(application).stack
    region = here.region if new is not None else _region(stream, here.account)
    watched = not differ(here.region, region)
    format_ = format_of(format)
    format_.grant(application, Side.WRITE)
    iam.Grant.add_to_principal(
        grantee=application.grant_principal,
        # The only call of the connector.
        actions=["firehose:PutRecordBatch"],
        resource_arns=[stream.delivery_stream_arn],
    )
    options = {
        "connector": "firehose",
        "delivery-stream": name,
        "aws.region": region,
        **format_.options(),
    }
    properties = checked_options(
        "FirehoseSink",
        options,
        table_options,
        runtime=application.runtime,
        kind="sink",
        fields={
            "delivery-stream": "Pass another stream.",
            "format": "The sink's own field sets it, where there is a choice.",
        },
    )
    check_subject("FirehoseSink", properties)
    return Binding(
        properties=properties,
        resource=stream,
        watches=new.watches() if new is not None else put_watches(name) if watched else [],
        service_endpoints=["kinesis-firehose", *format_.service_endpoints],
        volume_metrics=[volume_metrics(name)] if watched else [],
        prerequisites=() if new is None else new.prerequisites,
    )


def _region(stream: AnyDeliveryStream, account: str) -> str:
    """Where an existing stream is: its ARN says it, and the environment of an import does not."""
    home, parts = place_of(stream).stack, stream.delivery_stream_arn.split(":")
    region, owner = parts[3:5] if len(parts) > 5 else (home.region, home.account)
    if differ(account, owner):
        raise invalid(
            "FirehoseSink",
            "delivery_stream",
            stream.delivery_stream_arn,
            "a stream of the application's own account",
            "The connector is given a stream's name, which means its own account's.",
        )
    return region
