"""What each release line of the Kinesis connector calls: the rights come from here, not from CDK.

From the connectors' own sources. 4.3: ``KinesisProxy`` (``DescribeStream`` to learn the ARN that
``ListShards`` goes by) and ``FanOutRecordPublisher``, which with ``efo.registration=NONE`` only
subscribes. 5.1 and 6.0: ``KinesisStreamProxy``, ``KinesisAsyncStreamProxy`` and
``StreamConsumerRegistrar``, which looks for the consumer once. All: ``PutRecords`` alone in
``KinesisStreamsSinkWriter``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cdk_managed_flink.application.runtime import Runtime
from cdk_managed_flink.connectors.connectors import connector_for


@dataclass(frozen=True)
class Calls:
    """Actions on the stream, and on the consumer of one that reads by fan-out."""

    stream: Sequence[str]
    consumer: Sequence[str] = ()


_POLLED = ("kinesis:GetShardIterator", "kinesis:GetRecords")
_READS: Mapping[tuple[bool, bool], Calls] = {
    # (a line before 5.0, by fan-out)
    (True, False): Calls(("kinesis:DescribeStream", "kinesis:ListShards", *_POLLED)),
    (True, True): Calls(
        ("kinesis:DescribeStream", "kinesis:ListShards"), ("kinesis:SubscribeToShard",)
    ),
    (False, False): Calls(("kinesis:DescribeStreamSummary", "kinesis:ListShards", *_POLLED)),
    (False, True): Calls(
        ("kinesis:DescribeStreamSummary", "kinesis:ListShards"),
        ("kinesis:DescribeStreamConsumer", "kinesis:SubscribeToShard"),
    ),
}
WRITES: Sequence[str] = ("kinesis:PutRecords",)


def major(runtime: Runtime) -> int:
    """The major version of the runtime's Kinesis connector."""
    return int(connector_for("kinesis", runtime).version.split(".")[0])


def is_legacy(runtime: Runtime) -> bool:
    """Whether the connector is of the lines before 5.0: a stream by its name, other options."""
    return major(runtime) < 5


def reader(runtime: Runtime) -> str:
    """The class that keeps the read position in the job's state."""
    return "FlinkKinesisConsumer" if is_legacy(runtime) else "KinesisStreamsSource"


def reads(runtime: Runtime, *, fan_out: bool) -> Calls:
    """What the source of the runtime's connector calls."""
    return _READS[is_legacy(runtime), fan_out]
