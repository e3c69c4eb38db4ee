"""HttpDestination: a delivery stream that delivers to an HTTP endpoint."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from aws_cdk import Duration
from aws_cdk import aws_kinesisfirehose as firehose
from aws_cdk import aws_secretsmanager as secretsmanager

from cdk_managed_flink.application.binding import Watch, WatchKind
from cdk_managed_flink.application.errors import invalid
from cdk_managed_flink.application.tokens import is_token
from cdk_managed_flink.firehose.buffering import Buffering, check_whole
from cdk_managed_flink.firehose.delivery_stream import DeliveryStream, Destination
from cdk_managed_flink.firehose.secret import use_secret
from cdk_managed_flink.firehose.storage import NEW_BUCKET, DeliveryBucket
from cdk_managed_flink.firehose.watching import firehose_watch

_L1 = firehose.CfnDeliveryStream
_MOST_MIB = 64
_MOST_ATTRIBUTES = 50
HTTP_BUFFERING = Buffering(interval=Duration.seconds(60))
RETRY_FOR = Duration.seconds(300)


@dataclass(frozen=True, kw_only=True, eq=False)
class HttpDestination(Destination):
    """Requests to an HTTPS endpoint on the internet; Firehose reaches none in a VPC.

    A request is a JSON document with the records in base64, as "HTTP endpoint delivery request and
    response specifications" says, and the endpoint has to answer as it says.

    Attributes:
        url: URL of the endpoint, beginning with ``https://``.
        access_key: A secret whose value is the JSON object ``{"api_key": "..."}``; Firehose sends
            the key in the header ``X-Amz-Firehose-Access-Key``. Default: none is sent.
        name: Shown in the console. Default: none.
        common_attributes: Sent with each request; no secrets, as the template shows them.
        compress: Whether requests are compressed by gzip. Default yes.
        buffering: Up to 64 MiB. Default 60 seconds or 5 MiB.
        retry_for: How long a request is tried again, up to 2 hours. Default 300 seconds.
        failed: The bucket for what is not delivered by then. Default: a new one.

    Raises:
        ValueError: What the service refuses.
    """

    url: str
    access_key: secretsmanager.ISecret | None = None
    name: str | None = None
    common_attributes: Mapping[str, str] = field(default_factory=dict)
    compress: bool = True
    buffering: Buffering = HTTP_BUFFERING
    retry_for: Duration = field(default=RETRY_FOR)
    failed: DeliveryBucket = NEW_BUCKET

    metrics = "DeliveryToHttpEndpoint"

    def __post_init__(self) -> None:
        if not is_token(self.url) and not self.url.startswith("https://"):
            raise invalid(
                "HttpDestination",
                "url",
                self.url,
                "a URL that begins with https://",
                "Firehose delivers by HTTPS only.",
            )
        if len(self.common_attributes) > _MOST_ATTRIBUTES:
            raise invalid(
                "HttpDestination",
                "common_attributes",
                f"{len(self.common_attributes)} attributes",
                f"at most {_MOST_ATTRIBUTES}",
                "Put further values into the rows.",
            )
        self.buffering.check("HttpDestination.buffering", most_mib=_MOST_MIB)
        check_retry("HttpDestination", self.retry_for)

    def configure(self, stream: DeliveryStream) -> Mapping[str, Any]:
        """Grant the access key and the bucket of failures."""
        attributes = [
            _L1.HttpEndpointCommonAttributeProperty(attribute_name=name, attribute_value=value)
            for name, value in self.common_attributes.items()
        ]
        return {
            "http_endpoint_destination_configuration": (
                _L1.HttpEndpointDestinationConfigurationProperty(
                    endpoint_configuration=_L1.HttpEndpointConfigurationProperty(
                        url=self.url, name=self.name
                    ),
                    role_arn=stream.role.role_arn,
                    secrets_manager_configuration=(
                        None if self.access_key is None else use_secret(stream, self.access_key)
                    ),
                    request_configuration=_L1.HttpEndpointRequestConfigurationProperty(
                        content_encoding="GZIP" if self.compress else "NONE",
                        common_attributes=attributes or None,
                    ),
                    buffering_hints=_L1.BufferingHintsProperty(**self.buffering.hints()),
                    retry_options=_L1.RetryOptionsProperty(
                        duration_in_seconds=self.retry_for.to_seconds()
                    ),
                    s3_backup_mode="FailedDataOnly",
                    s3_configuration=stream.failures(self.failed),
                    cloud_watch_logging_options=stream.logging("Delivery"),
                )
            )
        }

    def watches(self, stream: DeliveryStream) -> Sequence[Watch]:
        """Records that the endpoint did not take in time."""
        return [
            firehose_watch(
                stream.delivery_stream_name,
                "FailedRecords",
                WatchKind.ERRORS,
                "DeliveryToS3.Records",
                "The endpoint refuses rows: they are in the bucket of failures.",
            )
        ]


def check_retry(where: str, retry_for: Duration) -> None:
    """Refuse a time that the service does not retry for.

    Raises:
        ValueError: Longer than two hours, or not in whole seconds.
    """
    check_whole(where, "retry_for", retry_for, unit="seconds")
    if not retry_for.is_unresolved() and retry_for.to_seconds(integral=False) > 7200:
        raise invalid(
            where,
            "retry_for",
            retry_for,
            "0 to 7200 seconds",
            "What is not delivered by then is kept in the bucket of failures.",
        )
