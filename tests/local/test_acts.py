"""The stack of the README, deployed to one machine: a sick first deploy, then the three acts."""

import threading
import time
from pathlib import Path
from shutil import copytree

import pytest

from jobs.sensors import versions
from jobs.sensors.events import batches
from jobs.sensors.scenario import SCENARIO
from managed_flink_local import environment as environments
from managed_flink_local import processes, toolchain
from managed_flink_local.acts import Act, Performance
from managed_flink_local.deployment import DeployFailedError
from managed_flink_local.environment import Environment
from managed_flink_local.rollout import Rollout

pytestmark = pytest.mark.local


def shown(act: Act) -> str:
    return "\n".join([*map(str, act.comparisons), *act.problems])


def feed_the_first_stream(environment: Environment, stop: threading.Event) -> None:
    """Put records as soon as the deploy has made the stream."""
    kinesis = environment.client("kinesis")
    records = [record.entry for record in batches()["first"][:50]]
    while not stop.wait(0.2):
        for name in kinesis.list_streams()["StreamNames"]:
            kinesis.put_records(StreamName=name, Records=records)
            return


def test_first_deploy_that_is_sick_fails_and_leaves_nothing_in_the_way(
    rollout: Rollout, running_environment: Environment, tmp_path: Path
) -> None:
    jobs = copytree(toolchain.ROOT / "jobs", tmp_path / "jobs")
    script = jobs / "sensors" / "job.sql"
    script.write_text(versions.sick(script.read_text(encoding="utf-8")), encoding="utf-8")
    stop = threading.Event()
    feeder = threading.Thread(target=feed_the_first_stream, args=(running_environment, stop))
    feeder.start()
    try:
        with pytest.raises(DeployFailedError) as failure:
            rollout.deploy("a sick first version", jobs)
    finally:
        stop.set()
        feeder.join()
    assert SCENARIO.sick_exception in failure.value.reason
    service = running_environment.client("kinesisanalyticsv2")
    assert service.list_applications()["ApplicationSummaries"] == []


def test_act_1_first_deploy_gives_every_expected_row(performance: Performance) -> None:
    act = performance.first_deploy()
    assert act.good, shown(act)
    assert {comparison.sink for comparison in act.comparisons} == {"lake", "readings", "rejected"}
    assert all(comparison.expected for comparison in act.comparisons)


def test_act_2_new_version_goes_on_from_its_state(performance: Performance) -> None:
    act = performance.new_version()
    assert act.good, shown(act)
    assert act.snapshot
    assert act.gap is not None
    assert act.gap.seconds > 0


def test_act_3_sick_version_is_refused_and_the_old_one_runs_again(
    performance: Performance,
) -> None:
    act = performance.sick_version()
    assert act.good, shown(act)
    assert SCENARIO.sick_exception in act.error
    assert act.stack_status == "UPDATE_ROLLBACK_COMPLETE"
    assert act.snapshot


def test_a_deploy_that_leaves_the_application_alone_does_not_restart_it(
    performance: Performance, rollout: Rollout
) -> None:
    assert performance.pipeline is not None
    before = performance.pipeline.described()
    # The app's own jobs are version 1; what runs is version 2, so it is deployed as it is.
    rollout.deploy("the same version again", rollout.environment.state / "jobs-sensors-2")
    after = performance.pipeline.described()
    assert after["ApplicationVersionId"] == before["ApplicationVersionId"]
    assert after["ApplicationStatus"] == "RUNNING"


def test_a_snapshot_can_be_restored_after_the_job_has_gone_on_from_it(
    performance: Performance, rollout: Rollout
) -> None:
    """A rollback does that. A format that keeps files open over checkpoints would fail here."""
    pipeline = performance.pipeline
    assert pipeline is not None
    service = rollout.environment.client("kinesisanalyticsv2")
    kinesis = rollout.environment.client("kinesis")
    logs = rollout.environment.client("logs")
    name = pipeline.application

    def send_dead_letters() -> None:
        for _ in range(10):
            records = [{"Data": b"no JSON", "PartitionKey": "seattle"}] * 5
            kinesis.put_records(StreamName=pipeline.stream("events"), Records=records)
            time.sleep(0.2)

    def wait_for(status: str) -> None:
        deadline = time.monotonic() + 60
        while pipeline.status() != status:
            assert time.monotonic() < deadline, f"{name} is {pipeline.status()}, not {status}"
            time.sleep(0.2)

    sender = threading.Thread(target=send_dead_letters)
    sender.start()
    time.sleep(1)
    service.create_application_snapshot(ApplicationName=name, SnapshotName="in-the-middle")
    sender.join()
    time.sleep(6)  # three checkpoints, each of which finishes files
    service.stop_application(ApplicationName=name, Force=True)
    wait_for("READY")
    started = int(time.time() * 1000)
    service.start_application(
        ApplicationName=name,
        RunConfiguration={
            "ApplicationRestoreConfiguration": {
                "ApplicationRestoreType": "RESTORE_FROM_CUSTOM_SNAPSHOT",
                "SnapshotName": "in-the-middle",
            }
        },
    )
    wait_for("RUNNING")
    time.sleep(8)
    group, _ = pipeline.log_group()
    found = logs.filter_log_events(
        logGroupName=group, startTime=started, filterPattern='"to FAILED"'
    )
    assert [event["message"][:2000] for event in found["events"]] == []


def test_destroy_stops_with_a_snapshot_and_keeps_the_application(
    performance: Performance, rollout: Rollout
) -> None:
    assert performance.pipeline is not None
    service = rollout.environment.client("kinesisanalyticsv2")
    name = performance.pipeline.application
    before = len(service.list_application_snapshots(ApplicationName=name)["SnapshotSummaries"])
    rollout.destroy()
    kept = service.describe_application(ApplicationName=name)["ApplicationDetail"]
    snapshots = service.list_application_snapshots(ApplicationName=name)["SnapshotSummaries"]
    assert kept["ApplicationStatus"] == "READY"
    assert len(snapshots) == before + 1
    assert snapshots[-1]["SnapshotStatus"] == "READY"


def test_nothing_is_left_running(running_environment: Environment) -> None:
    environments.stop(running_environment.state)
    time.sleep(0.2)
    assert processes.marked(str(running_environment.state)) == []
