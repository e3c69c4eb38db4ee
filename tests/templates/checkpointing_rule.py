"""A rule of our own: cdk-nag's KDA3 looks only at the deprecated L1, not at the one in use."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import jsii


@jsii.implements(cdk.IPolicyValidationPlugin)
class CheckpointingRule:
    """Applications have checkpointing on, and say so where the service does not ignore it."""

    NAME = "ManagedFlink"
    RULE = "ManagedFlink-Checkpointing"

    @property
    def name(self) -> str:
        return self.NAME

    @property
    def rule_ids(self) -> list[str]:
        return [self.RULE]

    @property
    def version(self) -> str:
        return "1"

    def validate(self, context: cdk.IPolicyValidationContext) -> cdk.PolicyValidationPluginReport:
        violating = [
            cdk.PolicyViolatingResource(
                resource_logical_id=logical_id,
                template_path=path,
                locations=[f"Resources/{logical_id}"],
            )
            for path in context.template_paths
            for logical_id in without_checkpoints(json.loads(Path(path).read_text("utf-8")))
        ]
        violations = [
            cdk.PolicyViolation(
                rule_name=self.RULE,
                description="Without checkpoints a failure loses all state.",
                fix="CheckpointConfiguration: ConfigurationType CUSTOM, CheckpointingEnabled true",
                severity="error",
                violating_resources=violating,
            )
        ]
        return cdk.PolicyValidationPluginReport(
            success=not violating, violations=violations if violating else []
        )


def without_checkpoints(template: dict[str, Any]) -> Iterator[str]:
    """Logical ids of applications whose checkpointing is off, or not said explicitly."""
    for logical_id, resource in template.get("Resources", {}).items():
        if resource["Type"] != "AWS::KinesisAnalyticsV2::Application":
            continue
        configuration = resource["Properties"].get("ApplicationConfiguration", {})
        flink = configuration.get("FlinkApplicationConfiguration", {})
        checkpoints = flink.get("CheckpointConfiguration", {})
        # Members are ignored by the service unless the type is CUSTOM.
        custom = checkpoints.get("ConfigurationType") == "CUSTOM"
        if not (custom and checkpoints.get("CheckpointingEnabled") is True):
            yield logical_id
