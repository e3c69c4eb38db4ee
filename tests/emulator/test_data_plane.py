"""One application's life on a real Flink: what a job can do wrong, and what is left then."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime

import pytest
from botocore.exceptions import ClientError

from tests.emulator.cloud import Cloud, arn
from tests.emulator.flink_job import Job

pytestmark = [pytest.mark.emulator, pytest.mark.flink]


@pytest.fixture(scope="module")
def job(cloud: Cloud) -> Job:
    return Job(cloud)


def test_a_stop_leaves_a_snapshot_and_a_start_goes_on_from_it(job: Job) -> None:
    assert job.start("none") == "RUNNING"
    deadline = time.monotonic() + 30
    while not job.rows() and time.monotonic() < deadline:
        time.sleep(0.5)
    assert job.stop() == "READY"
    [(name, status)] = job.snapshots()
    assert (name.startswith("STOP-"), status) == (True, "READY")
    before = job.rows()[-1]
    assert job.start("none", snapshot=name) == "RUNNING"
    assert job.restored_from() == name
    deadline = time.monotonic() + 30
    while job.rows()[-1] <= before and time.monotonic() < deadline:
        time.sleep(0.5)
    rows = job.rows()
    assert rows == list(range(1, rows[-1] + 1)), "each number once, none missing"
    assert job.metric("uptime")[-1] > 0
    assert job.metric("numRecordsIn")[-1] > 0
    assert job.metric("KPUs") == [2.0] * len(job.metric("KPUs"))
    assert job.stop(force=True) == "READY"
    assert [s for _, s in job.snapshots()] == ["READY"], "a forced stop takes no snapshot"


def test_flink_2_goes_on_from_its_snapshot_and_has_the_metrics_of_its_runtime(
    cloud: Cloud,
) -> None:
    job = Job(cloud, "FLINK-2_2")
    assert job.start("none") == "RUNNING"
    job.until_rows(1)
    assert job.stop() == "READY"
    [(name, _)] = job.snapshots()
    before = job.rows()[-1]
    assert job.start("none", snapshot=name) == "RUNNING"
    rows = job.until_rows(before + 1)
    assert rows == list(range(1, rows[-1] + 1)), "each number once, none missing"
    assert job.metric("runningTime")[-1] > 0
    assert job.metric("numRestarts")[-1] == 0
    assert job.metric("fullRestarts") == []
    killed = datetime.now(UTC)
    job.kill("TaskManager")
    job.until_rows(rows[-1] + 60)
    job.until_value("numRestarts", killed, lambda restarts: restarts > 0)
    assert job.stop(force=True) == "READY"


def test_processes_that_die_are_replaced_and_no_record_is_lost(job: Job) -> None:
    job.forget_rows()
    started = datetime.now(UTC)
    assert job.start("none") == "RUNNING"
    for process in ("JobManager", "TaskManager"):
        before = job.until_rows(1)[-1]
        time.sleep(2)  # So that an uptime below the present one shows a restart.
        killed = datetime.now(UTC)
        up = job.series("uptime", started)[-1]
        job.kill(process)
        rows = job.until_rows(before + 60)
        assert rows == list(range(1, rows[-1] + 1)), "each number once, none missing"
        if process == "JobManager":
            assert min(job.series("uptime", killed)) < up
            assert "Restoring job" in json.dumps(job.logged('"Restoring job"'))
        else:
            job.until_value("fullRestarts", killed, lambda restarts: restarts > 0)
    assert job.cloud.operations(job.name)[0] == ("StartApplication", "SUCCESSFUL")
    assert job.stop(force=True) == "READY"


def test_a_job_that_fails_again_and_again_runs_on_and_cannot_be_stopped_gracefully(
    job: Job,
) -> None:
    assert job.start("record") == "RUNNING"
    events = job.logged('"to FAILED" "by zero"')
    assert "/ by zero" in json.dumps(events)
    assert {e["applicationARN"] for e in events} == {arn(job.name)}
    assert job.stop() == "RUNNING"
    assert job.snapshots()[-1][1] == "FAILED"
    assert "Failed to take snapshot STOP-" in job.cloud.last_failure(job.name)
    assert job.stop(force=True) == "READY"


def test_a_role_that_lacks_a_permission_is_refused_by_the_sink(job: Job) -> None:
    assert job.start("role") == "RUNNING"
    refused = job.logged('"is not authorized to perform: s3:PutObject"')
    assert f"assumed-role/{job.name}" in json.dumps(refused)
    job.stop(force=True)


def test_a_role_that_may_not_read_the_code_fails_the_start(job: Job) -> None:
    job.allow("s3:GetObjectVersion")
    try:
        assert job.start("none") == "READY"
        assert "it does not allow s3:GetObject on" in job.cloud.last_failure(job.name)
    finally:
        job.allow("s3:GetObject")


def test_a_main_that_fails_leaves_the_application_ready(job: Job) -> None:
    assert job.start("main") == "READY"
    assert job.cloud.operations(job.name)[0] == ("StartApplication", "FAILED")
    assert job.cloud.last_failure(job.name) == "ValueError: main gives up"


def test_a_job_that_cannot_take_a_snapshots_state_leaves_the_application_ready(job: Job) -> None:
    name = next(name for name, status in job.snapshots() if status == "READY")
    assert job.start("shape", snapshot=name) == "READY"
    assert job.cloud.operations(job.name)[0] == ("StartApplication", "FAILED")
    assert "allowNonRestoredState" in job.cloud.last_failure(job.name)


def test_a_bounded_job_leaves_the_application_ready(job: Job) -> None:
    before = len(job.cloud.operations(job.name))
    job.start("end")
    assert job.until("READY") == "READY"
    operations = job.cloud.operations(job.name)
    assert operations[0] == ("StartApplication", "SUCCESSFUL")
    assert len(operations) == before + 2, "an update and a start, and nothing for the end"


def test_fails_when_another_applications_snapshot_is_to_be_restored(job: Job) -> None:
    other = Job(job.cloud)
    restore = {
        "ApplicationRestoreType": "RESTORE_FROM_CUSTOM_SNAPSHOT",
        "SnapshotName": job.snapshots()[0][0],
    }
    with pytest.raises(ClientError, match="does not exist"):
        other.flink.start_application(
            ApplicationName=other.name,
            RunConfiguration={"ApplicationRestoreConfiguration": restore},
        )
