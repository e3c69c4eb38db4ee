"""What CloudWatch reports about a stream.

At the stream, because how the service maps the connector's own lag metric to dimensions changed
with the connector and is not documented.
"""

from aws_cdk import aws_kinesis as kinesis

from cdk_managed_flink.application.binding import Watch, WatchKind
from cdk_managed_flink.kinesis.stream import stream_name

_NAMESPACE = "AWS/Kinesis"
_BEHIND = "The job falls behind the stream: look at CPU, back pressure and the sinks."


def polling(stream: kinesis.IStream) -> list[Watch]:
    """How far readers that poll are behind, and whether they are throttled."""
    return [
        _watch(
            "IteratorAge",
            WatchKind.LAG,
            "GetRecords.IteratorAgeMilliseconds",
            stream,
            statistic="Maximum",
            meaning=_BEHIND,
        ),
        _watch(
            "ReadThrottles",
            WatchKind.THROTTLES,
            "ReadProvisionedThroughputExceeded",
            stream,
            meaning="Reads of the stream are throttled: too many readers poll the same shards.",
        ),
    ]


def fan_out(stream: kinesis.IStream, consumer: kinesis.StreamConsumer) -> list[Watch]:
    """How far the consumer is behind, and whether its subscriptions are refused."""
    return [
        _watch(
            "MillisBehindLatest",
            WatchKind.LAG,
            "SubscribeToShardEvent.MillisBehindLatest",
            stream,
            consumer,
            statistic="Maximum",
            meaning=_BEHIND,
        ),
        _watch(
            "SubscriptionThrottles",
            WatchKind.THROTTLES,
            "SubscribeToShard.RateExceeded",
            stream,
            consumer,
            meaning="Subscriptions are refused: something else reads with this consumer, or the "
            "job restarts over and over.",
        ),
    ]


def writing(stream: kinesis.IStream) -> list[Watch]:
    """Whether writes are throttled, or fail in the service."""
    return [
        _watch(
            "WriteThrottles",
            WatchKind.THROTTLES,
            "WriteProvisionedThroughputExceeded",
            stream,
            meaning="Writes are throttled: too few shards, or one partition key takes most rows.",
        ),
        _watch(
            "FailedRecords",
            WatchKind.ERRORS,
            "PutRecords.FailedRecords",
            stream,
            meaning="Kinesis fails to store records, which the job sends again: see the service's "
            "health.",
        ),
    ]


def volume_metrics(stream: kinesis.IStream) -> list[Watch]:
    """What is written to the stream, whoever writes it."""
    return [
        _watch(
            "Arrivals",
            WatchKind.DEAD_LETTERS,
            "IncomingRecords",
            stream,
            meaning="Records arrive in the stream.",
        )
    ]


def _watch(
    id_: str,
    kind: WatchKind,
    metric: str,
    stream: kinesis.IStream,
    consumer: kinesis.StreamConsumer | None = None,
    *,
    statistic: str = "Sum",
    meaning: str,
) -> Watch:
    dimensions = {"StreamName": stream_name(stream)}
    if consumer is not None:
        dimensions["ConsumerName"] = consumer.stream_consumer_name
    return Watch(
        id=id_,
        kind=kind,
        namespace=_NAMESPACE,
        metric_name=metric,
        dimensions=dimensions,
        statistic=statistic,
        meaning=meaning,
    )
