"""Topics: what they are called, and how they are made."""

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass, field

from aws_cdk import Duration, Fn, RemovalPolicy, Token
from aws_cdk import aws_msk as msk
from constructs import Construct

from cdk_managed_flink.application.errors import invalid
from cdk_managed_flink.application.place import place_of
from cdk_managed_flink.application.removal import effective_removal
from cdk_managed_flink.application.tokens import is_token
from cdk_managed_flink.kafka.values import check_settings

_NAME = re.compile(r"[a-zA-Z0-9._-]{1,249}")


@dataclass(frozen=True, eq=False)
class Topic:
    """A topic that the stack makes; name an existing one by its name alone.

    Attributes:
        name: Up to 249 letters, digits and ``. _ -``.
        partitions: Default 6, which 1, 2, 3 and 6 tasks share evenly. More tasks than partitions
            idle. It can be raised later, never lowered, and a key then moves to another partition.
        replication_factor: Copies of each record. Default: one in each zone of the cluster. A
            change replaces the topic.
        retention: How long records stay. Default: the cluster's, which is 7 days.
        compacted: Whether the newest record of each key stays for ever, and older ones go.
        configs: Further settings of the topic, such as ``{"max.message.bytes": "2097152"}``; they
            win over those above.

    Raises:
        ValueError: A name that Kafka refuses, a number below 1, or a setting that is no text.
    """

    name: str
    _: KW_ONLY
    partitions: int = 6
    replication_factor: int | None = None
    retention: Duration | None = None
    compacted: bool = False
    configs: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check_topic_name("Topic", self.name)
        check_settings("Topic", "configs", self.configs)
        for name in ("partitions", "replication_factor"):
            number = getattr(self, name)
            if number is not None and not is_token(number) and number < 1:
                raise invalid("Topic", name, number, "1 or more", "Remove it for the default.")

    def settings(self) -> dict[str, str]:
        """The settings of Kafka that differ from the cluster's."""
        settings = {}
        if self.retention is not None:
            milliseconds = self.retention.to_milliseconds()
            settings["retention.ms"] = (
                Token.as_string(milliseconds) if is_token(milliseconds) else str(int(milliseconds))
            )
        if self.compacted:
            settings["cleanup.policy"] = "compact"
        return {**settings, **self.configs}


class KafkaTopic(Construct):
    """A topic that CloudFormation makes in an MSK cluster (Kafka 3.6 or later, not serverless).

    Attributes:
        topic: What was asked for.
        resource: The L1.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        cluster_arn: str,
        topic: Topic,
        replication_factor: int,
        removal_policy: RemovalPolicy,
    ) -> None:
        super().__init__(scope, id)
        self.topic = topic
        settings = topic.settings()
        self.resource = msk.CfnTopic(
            self,
            "Resource",
            cluster_arn=cluster_arn,
            topic_name=topic.name,
            partition_count=topic.partitions,
            replication_factor=topic.replication_factor or replication_factor,
            configs=self._encoded(settings) if settings else None,
        )
        self.resource.apply_removal_policy(effective_removal(self, removal_policy))

    def _encoded(self, settings: Mapping[str, str]) -> str:
        """Settings as the service takes them: a JSON object in Base64."""
        if any(is_token(value) for value in settings.values()):
            return Fn.base64(place_of(self).stack.to_json_string(dict(settings)))
        return base64.b64encode(json.dumps(settings, sort_keys=True).encode()).decode()


def check_topic_name(where: Construct | str, name: str) -> None:
    """Refuse a name that Kafka refuses.

    Raises:
        ValueError: The name is not legal.
    """
    if not is_token(name) and (not _NAME.fullmatch(name) or name in (".", "..")):
        raise invalid(
            where,
            "topic",
            name,
            "1 to 249 of the characters a-z A-Z 0-9 . _ -, but neither . nor ..",
            "Kafka refuses any other name: replace what is not allowed, such as spaces, by '-'.",
        )
