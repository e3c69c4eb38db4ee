"""What of a delivery stream is worth an alarm.

Source: "Monitor Amazon Data Firehose using CloudWatch metrics" and "Implement best practices with
CloudWatch Alarms", developer guide.
"""

from cdk_managed_flink.application.binding import Watch, WatchKind


def firehose_watch(
    stream_name: str,
    id: str,
    kind: WatchKind,
    metric: str,
    meaning: str,
    *,
    in_seconds: bool = False,
) -> Watch:
    """A metric of a delivery stream: delays and lags by their maximum, counts by their sum."""
    return Watch(
        id=id,
        kind=kind,
        namespace="AWS/Firehose",
        metric_name=metric,
        dimensions={"DeliveryStreamName": stream_name},
        statistic="Maximum" if kind in (WatchKind.DELAY, WatchKind.LAG) else "Sum",
        meaning=meaning,
        in_seconds=in_seconds,
    )


def freshness(stream_name: str, destination: str) -> Watch:
    """How old the oldest record is that has not been delivered.

    Args:
        stream_name: Name of the delivery stream.
        destination: What the names of the destination's metrics begin with.
    """
    return firehose_watch(
        stream_name,
        "DataFreshness",
        WatchKind.DELAY,
        f"{destination}.DataFreshness",
        "Rows wait too long in the delivery stream: its log says what the destination refuses.",
        in_seconds=True,
    )


def put_watches(stream_name: str) -> list[Watch]:
    """What a delivery stream has that records are put into."""
    return [
        firehose_watch(
            stream_name,
            "ThrottledRecords",
            WatchKind.THROTTLES,
            "ThrottledRecords",
            "Puts are throttled: have the delivery stream's quota raised.",
        )
    ]


def source_watches(stream_name: str) -> list[Watch]:
    """What a delivery stream has that reads a Kinesis stream."""
    return [
        firehose_watch(
            stream_name,
            "SourceLag",
            WatchKind.LAG,
            "KinesisMillisBehindLatest",
            "The delivery stream falls behind its Kinesis stream: look at its destination.",
        ),
        firehose_watch(
            stream_name,
            "SourceThrottles",
            WatchKind.THROTTLES,
            "ThrottledGetRecords",
            "Too many readers poll the same shards of the Kinesis stream.",
        ),
    ]


def volume_metrics(stream_name: str) -> Watch:
    """How many records were put."""
    return firehose_watch(
        stream_name,
        "IncomingRecords",
        WatchKind.DEAD_LETTERS,
        "IncomingRecords",
        "Records that the job has put.",
    )
