"""A pipeline that is destroyed and comes back goes on where it stopped."""

from __future__ import annotations

import pytest

from tests.local.lifecycle.probe import versions
from tests.local.lifecycle.probe.stack import Kept
from tests.local.lifecycle.stage import Stage

pytestmark = pytest.mark.local


def test_destroyed_pipeline_comes_back_with_its_state(stage: Stage) -> None:
    stage.kept = what_is_kept(stage)
    with stage.sender:
        assert stage.formation.delete() == ""
        assert stage.pipeline.status() == "READY"
        version = stage.version(versions.healthy)
        back = stage.formation.bring_back(version.assembly)
    assert back.status == "CREATE_COMPLETE", back.reason
    stage.current = version
    assert stage.pipeline.status() == "RUNNING"
    assert stage.counted().right, stage.counts
    assert stage.counts.by_version[version.label] > 0


def what_is_kept(stage: Stage) -> Kept:
    ids = stage.formation.physical_ids()
    here = f"{stage.environment.region}:{stage.environment.account}"
    return Kept(
        stream=f"arn:aws:kinesis:{here}:stream/{ids['ProbeSourcesevents']}",
        bucket=f"arn:aws:s3:::{ids['ProbeSinksseen']}",
        table=f"arn:aws:dynamodb:{here}:table/{ids['ProbeSinkscounts']}",
        data_key=f"arn:aws:kms:{here}:key/{ids['ProbeDataKey']}",
        state_key=f"arn:aws:kms:{here}:key/{ids['ProbeStateKey']}",
    )
