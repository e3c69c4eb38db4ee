"""A rule of our own: cdk-nag's KDA3 looks only at the deprecated L1, not at the one in use."""

from collections.abc import Iterator
from typing import Any


def without_checkpoints(template: dict[str, Any]) -> Iterator[str]:
    """Logical ids of applications whose checkpointing is off, or not said explicitly."""
    for logical_id, resource in template["Resources"].items():
        if resource["Type"] != "AWS::KinesisAnalyticsV2::Application":
            continue
        flink = resource["Properties"]["ApplicationConfiguration"]["FlinkApplicationConfiguration"]
        checkpoints = flink.get("CheckpointConfiguration", {})
        # Members are ignored by the service unless the type is CUSTOM.
        custom = checkpoints.get("ConfigurationType") == "CUSTOM"
        if not (custom and checkpoints.get("CheckpointingEnabled") is True):
            yield logical_id
