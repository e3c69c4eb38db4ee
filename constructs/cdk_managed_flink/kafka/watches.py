"""What CloudWatch reports about a cluster's topics, in the namespace AWS/Kafka."""

from cdk_managed_flink.application.binding import Watch, WatchKind
from cdk_managed_flink.application.tokens import is_token
from cdk_managed_flink.kafka.cluster import KafkaCluster

_NAMESPACE = "AWS/Kafka"


def lag(cluster: KafkaCluster, group: str, topics: list[str]) -> list[Watch]:
    """How far the group is behind each topic; nothing where it is not MSK of this account.

    The service estimates it from the offsets that the job keeps at each checkpoint, so it is never
    less than the checkpoints' interval, and absent with checkpointing off.
    """
    name = _name(cluster)
    if name is None:
        return []
    return [
        Watch(
            id="TimeLag" if len(topics) == 1 else f"TimeLag-{_known(topic, number)}",
            kind=WatchKind.LAG,
            namespace=_NAMESPACE,
            metric_name="EstimatedMaxTimeLag",
            dimensions={"Cluster Name": name, "Consumer Group": group, "Topic": topic},
            statistic="Maximum",
            in_seconds=True,
            meaning="The job falls behind the topic: look at CPU, back pressure and the sinks.",
        )
        for number, topic in enumerate(topics, start=1)
    ]


def _name(cluster: KafkaCluster) -> str | None:
    """What the metrics call it; ``None`` where there are none, or none here."""
    return None if cluster.elsewhere else cluster.cluster_name


def _known(topic: str, number: int) -> str:
    """The topic's name, or its number where the name is not known at synth."""
    return str(number) if is_token(topic) else topic


def offline(cluster: KafkaCluster) -> list[Watch]:
    """Partitions without a leader, which nobody can write to; MSK Serverless shows none."""
    name = _name(cluster)
    if name is None or cluster.serverless:
        return []
    return [
        Watch(
            id="OfflinePartitions",
            kind=WatchKind.ERRORS,
            namespace=_NAMESPACE,
            metric_name="OfflinePartitionsCount",
            dimensions={"Cluster Name": name},
            statistic="Maximum",
            meaning="Partitions have no leader and take no records: see the cluster's health.",
        )
    ]


def volume_metrics(cluster: KafkaCluster, topic: str) -> list[Watch]:
    """What is written to a topic: by broker, or by topic where MSK Serverless has no brokers."""
    name = _name(cluster)
    if name is None:
        return []
    found = {"Cluster Name": name, "Topic": topic}
    brokers = (
        [("", found)]
        if cluster.serverless
        else [
            (str(number), {**found, "Broker ID": str(number)})
            for number in range(1, (cluster.broker_count or 0) + 1)
        ]
    )
    return [
        Watch(
            id=f"BytesIn{broker}",
            kind=WatchKind.DEAD_LETTERS,
            namespace=_NAMESPACE,
            metric_name="BytesInPerSec",
            dimensions=dimensions,
            statistic="Maximum",
            meaning=f"Records arrive in the topic {topic}.",
        )
        for broker, dimensions in brokers
    ]
