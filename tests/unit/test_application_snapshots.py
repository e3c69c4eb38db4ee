"""SnapshotMode: what the template says of it, and where it is refused."""

from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from configurations import Build, only, template_of

from cdk_managed_flink import FlinkApplication, FlinkCode, Runtime, SnapshotMode

LEGACY, ENHANCED = SnapshotMode.APPLICATION_SNAPSHOTS_LEGACY, SnapshotMode.ENHANCED_SNAPSHOTS


def snapshots(template: dict[str, Any]) -> Any:  # noqa: ANN401
    application = only(template, "AWS::KinesisAnalyticsV2::Application")["Properties"]
    return application["ApplicationConfiguration"]["ApplicationSnapshotConfiguration"]


def test_the_template_says_nothing_of_a_mode_that_nobody_asked_for(build: Build) -> None:
    for pipeline in (build(), build(snapshot_mode=LEGACY)):
        assert snapshots(template_of(cdk.Stack.of(pipeline))) == {"SnapshotsEnabled": True}


@pytest.mark.parametrize("runtime", [Runtime.FLINK_1_20, Runtime.FLINK_2_2])
def test_enhanced_snapshots_are_in_the_template(build: Build, runtime: Runtime) -> None:
    template = template_of(cdk.Stack.of(build(snapshot_mode=ENHANCED, runtime=runtime)))
    assert snapshots(template) == {"SnapshotsEnabled": True, "SnapshotMode": "ENHANCED_SNAPSHOTS"}


@pytest.mark.parametrize("runtime", [Runtime.FLINK_1_18, Runtime.FLINK_1_19])
def test_fails_when_the_runtime_has_no_enhanced_snapshots(
    stack: cdk.Stack, job: Path, runtime: Runtime
) -> None:
    with pytest.raises(
        ValueError,
        match=rf"^Stack/App: snapshot_mode is 'ENHANCED_SNAPSHOTS with {runtime.name}'; allowed: "
        r"APPLICATION_SNAPSHOTS_LEGACY, or a runtime from FLINK-1_20 on\. Use Runtime\.FLINK_1_20",
    ):
        FlinkApplication(
            stack, "App", code=FlinkCode.from_sql(job), runtime=runtime, snapshot_mode=ENHANCED
        )
