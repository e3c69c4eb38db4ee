"""IAM's limits on the one role that all pipelines of a stack share."""

import json
import re
from typing import Any

import aws_cdk as cdk
import pytest
from configurations import Build, app, template_of
from policies import INLINE, MANAGED, documents, text

from cdk_managed_flink import Notifications, RestoreFrom, SnapshotMode

pytestmark = pytest.mark.slow

ROLE = "ManagedFlinkLifecycleRole"
PIPELINES = 6
# No ARN of a key, role, stack or topic is longer, nor a log group's whose name CloudFormation made.
LONGEST_ARN = "r" * 310
# IAM's quotas, without white space.
INLINE_OF_A_ROLE, MANAGED_POLICY = 10_240, 6_144


def characters(document: dict[str, Any]) -> int:
    """As IAM counts them, were each reference to a resource as long as can be."""

    def filled(value: Any) -> Any:  # noqa: ANN401
        if isinstance(value, list):
            return [filled(item) for item in value]
        if not isinstance(value, dict):
            return value
        if any(name == "Ref" or name.startswith("Fn::") for name in value):
            return re.sub(r"<[^>]+>", LONGEST_ARN, text(value))
        return {name: filled(inner) for name, inner in value.items()}

    return len(json.dumps(filled(document), separators=(",", ":")))


@pytest.fixture(scope="module")
def six_pipelines(build: Build) -> dict[str, Any]:
    """Each with all that adds to its policy, and names as long as the service takes them."""
    stack = cdk.Stack(app(), "Stack")
    for number in range(PIPELINES):
        build(
            scope=stack,
            id_=f"Clicks{number}",
            application_name=f"{number}".ljust(128, "x"),
            snapshot_mode=SnapshotMode.ENHANCED_SNAPSHOTS,
            restore_from=RestoreFrom.snapshot("p" * 100),
            notifications=Notifications(),
        )
    return template_of(stack)


@pytest.mark.slow
def test_inline_policies_of_the_role_fit_however_many_pipelines(
    six_pipelines: dict[str, Any], minimal: dict[str, Any]
) -> None:
    inline = documents(six_pipelines, ROLE, INLINE)
    assert 0 < sum(map(characters, inline)) < INLINE_OF_A_ROLE
    assert inline == documents(minimal, ROLE, INLINE)


def test_each_pipelines_managed_policy_fits(six_pipelines: dict[str, Any]) -> None:
    managed = documents(six_pipelines, ROLE, MANAGED)
    assert len(managed) == PIPELINES
    for document in managed:
        assert 0 < characters(document) < MANAGED_POLICY


def test_what_concerns_the_whole_stack_is_allowed_once(six_pipelines: dict[str, Any]) -> None:
    found = json.dumps([documents(six_pipelines, ROLE, type_) for type_ in (INLINE, MANAGED)])
    for action in (
        "cloudformation:DescribeStackEvents",
        "cloudformation:DescribeStacks",
        "cloudformation:ListStackResources",
        "cloudwatch:GetMetricData",
        "cloudwatch:PutMetricData",
    ):
        assert found.count(f'"{action}"') == 1, action
