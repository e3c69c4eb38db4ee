"""The topics that a stack makes in one cluster: each once."""

from aws_cdk import Annotations, RemovalPolicy
from constructs import Construct

from cdk_managed_flink.application.errors import invalid
from cdk_managed_flink.kafka.topic import KafkaTopic, Topic


class ClusterTopics:
    """See ``KafkaCluster.add_topic``."""

    def __init__(self, cluster: Construct) -> None:
        self._cluster = cluster
        self._made: dict[str, KafkaTopic] = {}

    def add(
        self,
        topic: Topic,
        *,
        cluster_arn: str,
        replication_factor: int,
        removal_policy: RemovalPolicy,
        scope: Construct | None,
        id: str | None,
    ) -> KafkaTopic:
        """Make it, or give the one that was made of this very object.

        Raises:
            ValueError: The cluster has one of that name.
        """
        made = self._made.get(topic.name)
        if made is not None and made.topic is not topic:
            raise invalid(
                self._cluster,
                "topic",
                topic.name,
                f"a topic that is made once; {made.node.path} makes it",
                "Use the same Topic object in both, or the plain name in the second.",
            )
        if made is None:
            made = KafkaTopic(
                scope or self._place(),
                id or topic.name,
                cluster_arn=cluster_arn,
                topic=topic,
                replication_factor=replication_factor,
                removal_policy=removal_policy,
            )
            self._warn_of_collision(made)
            self._made[topic.name] = made
        return made

    def _place(self) -> Construct:
        found = self._cluster.node.try_find_child("Topics")
        return found if isinstance(found, Construct) else Construct(self._cluster, "Topics")

    def _warn_of_collision(self, made: KafkaTopic) -> None:
        """Kafka's metrics write ``.`` as ``_``, so it refuses names that differ in these alone."""
        name = made.topic.name
        for other in self._made:
            if other.replace(".", "_") == name.replace(".", "_"):
                Annotations.of(made).add_warning_v2(
                    "cdk-managed-flink:topic-names",
                    f"Topics {other!r} and {name!r} differ in '.' and '_' alone: Kafka refuses "
                    "the second. Use one of the two characters, not both.",
                )
