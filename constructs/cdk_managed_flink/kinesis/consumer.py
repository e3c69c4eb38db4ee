"""A registered consumer: a reader with a throughput of its own, by enhanced fan-out."""

import hashlib

from aws_cdk import aws_iam as iam
from aws_cdk import aws_kinesis as kinesis
from constructs import Construct

from cdk_managed_flink.application.base import ApplicationBase
from cdk_managed_flink.application.tokens import is_token
from cdk_managed_flink.kinesis.connector_actions import is_legacy, reads

_LONGEST = 128


def add_consumer(
    scope: Construct, id_: str, application: ApplicationBase, stream: kinesis.IStream
) -> kinesis.StreamConsumer:
    """The application's own consumer of a stream, and the rights to read by it.

    It belongs to the stack. One that the job registers is gone after a stop, and with it, on the
    connector of Flink 1.20, the place where the job had read to.
    """
    consumer = kinesis.StreamConsumer(
        scope,
        id_,
        stream=stream,
        # The connector looks for it by this name; the service allows no two of one name.
        stream_consumer_name=_name(f"{application.application_name}-{id_}"),
    )
    iam.Grant.add_to_principal(
        grantee=application.grant_principal,
        actions=list(reads(application.runtime, fan_out=True).consumer),
        resource_arns=[consumer.stream_consumer_arn],
    )
    return consumer


def consumer_options(
    application: ApplicationBase, stream: kinesis.IStream, consumer: kinesis.StreamConsumer
) -> dict[str, str]:
    """The options that make the connector read by a consumer that it neither makes nor deletes."""
    if is_legacy(application.runtime):
        return {
            "scan.stream.recordpublisher": "EFO",
            "scan.stream.efo.registration": "NONE",
            _consumer_arn(stream): consumer.stream_consumer_arn,
        }
    return {
        "source.reader.type": "EFO",
        "source.efo.lifecycle": "SELF_MANAGED",
        "source.efo.consumer.name": consumer.stream_consumer_name,
    }


def _consumer_arn(stream: kinesis.IStream) -> str:
    """The option's name ends with the stream's; one that the deploy gives is added by the job."""
    option = "scan.stream.efo.consumerarn"
    name = stream.stream_name
    return option if is_token(name) else f"{option}.{name}"


def _name(whole: str) -> str:
    if len(whole) <= _LONGEST:
        return whole
    digest = hashlib.sha256(whole.encode()).hexdigest()[:8]
    return f"{whole[: _LONGEST - 9]}-{digest}"
