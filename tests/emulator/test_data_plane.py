"""One application's life on a real Flink: what a job can do wrong, and what is left then."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from botocore.exceptions import ClientError

from tests.emulator.cloud import Cloud, arn
from tests.emulator.flink_job import Job

pytestmark = [pytest.mark.emulator, pytest.mark.flink]


@pytest.fixture(scope="module")
def shared(cloud: Cloud) -> Iterator[Job]:
    job = Job(cloud)
    yield job
    job.delete()


@pytest.fixture
def job(shared: Job) -> Job:
    """The application of all tests here: READY, whatever the one before left."""
    shared.reset()
    return shared


def goes_on_from_its_snapshot(job: Job) -> None:
    """Stop, start from the snapshot of that stop: each number is there once."""
    assert job.start("none") == "RUNNING"
    job.until_rows(1)
    saved, processes = job.snapshots(), job.processes("TaskManager")
    assert job.stop() == "READY"
    [(name, status)] = [found for found in job.snapshots() if found not in saved]
    assert (name.startswith("STOP-"), status) == (True, "READY")
    before = job.rows()[-1]
    assert job.start("none", snapshot=name) == "RUNNING"
    assert job.restored_from() == name
    assert job.processes("TaskManager") == processes, "they are handed on"
    rows = job.until_rows(before + 1)
    assert rows == list(range(1, rows[-1] + 1)), "each number once, none missing"


def test_a_stop_leaves_a_snapshot_and_a_start_goes_on_from_it(job: Job) -> None:
    began = datetime.now(UTC)
    submitted = '"Job has been submitted with JobID"'
    goes_on_from_its_snapshot(job)
    job.until_value("uptime", began, lambda uptime: uptime > 0)
    job.until_value("numRecordsIn", began, lambda records: records > 0)
    assert set(job.series("KPUs", began)) == {2.0}
    said = [event["applicationVersionId"] for event in job.logged(submitted)]
    assert len(said) == len(set(said)) == 2, "each start's lines once, as lines of its version"
    saved = job.snapshots()
    assert job.stop(force=True) == "READY"
    assert job.snapshots() == saved, "a forced stop takes no snapshot"


@pytest.mark.long
def test_flink_2_goes_on_from_its_snapshot_and_has_the_metrics_of_its_runtime(
    cloud: Cloud,
) -> None:
    job, began = Job(cloud, "FLINK-2_2"), datetime.now(UTC)
    goes_on_from_its_snapshot(job)
    job.until_value("runningTime", began, lambda running: running > 0)
    job.until_value("numRestarts", began, lambda restarts: restarts == 0)
    assert job.series("fullRestarts", began) == []
    killed = datetime.now(UTC)
    job.kill("TaskManager")
    job.until_value("numRestarts", killed, lambda restarts: restarts > 0)
    job.until_rows(job.rows()[-1] + 60)
    job.delete()


@pytest.mark.parametrize(
    "process", ["JobManager", pytest.param("TaskManager", marks=pytest.mark.long)]
)
def test_a_process_that_dies_is_replaced_and_no_record_is_lost(job: Job, process: str) -> None:
    began = datetime.now(UTC)
    assert job.start("none") == "RUNNING"
    before = job.until_rows(1)[-1]
    up = job.until_value("uptime", began, lambda uptime: uptime > 2000)
    killed = datetime.now(UTC)
    job.kill(process)
    if process == "JobManager":
        job.until_value("uptime", killed, lambda uptime: uptime < up)
        assert job.logged('"Restoring job"')
    else:
        job.until_value("fullRestarts", killed, lambda restarts: restarts > 0)
    rows = job.until_rows(before + 60)
    assert rows == list(range(1, rows[-1] + 1)), "each number once, none missing"
    assert job.cloud.operations(job.name)[0] == ("StartApplication", "SUCCESSFUL")


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


@pytest.mark.long
def test_a_role_that_lacks_a_permission_is_refused_by_the_sink(job: Job) -> None:
    assert job.start("role") == "RUNNING"
    refused = job.logged('"is not authorized to perform: s3:PutObject"')
    assert f"assumed-role/{job.name}" in json.dumps(refused)


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
    assert "Could not execute application" in job.cloud.last_failure(job.name)
    driver = [e for e in job.logged('"main gives up"') if e["logger"].endswith("PythonDriver")]
    assert "ValueError: main gives up" in {event["message"] for event in driver}


def test_a_job_that_cannot_take_a_snapshots_state_leaves_the_application_ready(job: Job) -> None:
    assert job.start("shape", snapshot=job.snapshot()) == "READY"
    assert job.cloud.operations(job.name)[0] == ("StartApplication", "FAILED")
    assert "Could not execute application" in job.cloud.last_failure(job.name)
    assert job.logged('"allowNonRestoredState"')


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
        "SnapshotName": job.snapshot(),
    }
    with pytest.raises(ClientError, match="does not exist"):
        other.flink.start_application(
            ApplicationName=other.name,
            RunConfiguration={"ApplicationRestoreConfiguration": restore},
        )
