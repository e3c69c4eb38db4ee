"""What an operation that fails leaves behind: the job, the snapshot, the reason."""

from __future__ import annotations

import pytest

from tests.emulator.cloud import Cloud
from tests.emulator.idle_application import IdleApplication

pytestmark = pytest.mark.emulator

REASON = "the checkpoint expired before completing"


@pytest.fixture(params=["APPLICATION_SNAPSHOTS_LEGACY", "ENHANCED_SNAPSHOTS"])
def application(idle_cloud: Cloud, request: pytest.FixtureRequest) -> IdleApplication:
    """One whose snapshots fail, running."""
    made = IdleApplication(idle_cloud, request.param)
    made.update(snapshot="fails")
    assert made.start() == "RUNNING"
    return made


def failed_snapshots(application: IdleApplication) -> list[str]:
    flink, name = application.flink, application.name
    legacy = flink.list_application_snapshots(ApplicationName=name)["SnapshotSummaries"]
    account = flink.list_snapshots(SourceApplicationName=name)["SnapshotInfoList"]
    return [s["SnapshotStatus"] for s in (*legacy, *account)]


def test_a_stop_that_cannot_save_the_job_leaves_it_running(application: IdleApplication) -> None:
    assert application.stop() == "RUNNING"
    assert application.cloud.operations(application.name)[0] == ("StopApplication", "FAILED")
    assert REASON in application.cloud.last_failure(application.name)
    assert failed_snapshots(application) == ["FAILED"]
    assert len(application.starts()) == 1


def test_an_update_that_cannot_save_the_job_leaves_the_old_version_running(
    application: IdleApplication,
) -> None:
    assert application.update() == "RUNNING"
    assert application.cloud.operations(application.name)[0] == ("UpdateApplication", "FAILED")
    assert failed_snapshots(application) == ["FAILED"]
    described = application.detail()["ApplicationConfigurationDescription"]
    [group] = described["EnvironmentPropertyDescriptions"]["PropertyGroupDescriptions"]
    assert group["PropertyMap"]["snapshot"] == "fails"
    assert len(application.starts()) == 1


def test_what_failed_is_not_started_from(application: IdleApplication) -> None:
    application.stop()
    application.stop(force=True)
    application.update()
    application.start()
    assert application.starts()[-1]["savepoint"] is None


def test_a_start_that_fails_leaves_the_application_ready(idle_cloud: Cloud) -> None:
    application = IdleApplication(idle_cloud)
    application.update(start="fails")
    assert application.start() == "READY"
    assert application.cloud.operations(application.name)[0] == ("StartApplication", "FAILED")
    assert application.cloud.last_failure(application.name) == "the job fails"


def test_a_forced_stop_cancels_what_is_in_progress(idle_cloud: Cloud) -> None:
    application = IdleApplication(idle_cloud)
    application.update(start="hangs")
    application.flink.start_application(ApplicationName=application.name)
    assert application.stop(force=True) == "READY"
    assert application.cloud.operations(application.name)[:2] == [
        ("StopApplication", "SUCCESSFUL"),
        ("StartApplication", "CANCELLED"),
    ]
