"""The stack of the README, deployed to one machine: the three acts, and what its role may do."""

import time
from pathlib import Path
from shutil import copytree

import pytest

from jobs.sensors import versions
from jobs.sensors.events import batches
from jobs.sensors.scenario import SCENARIO
from managed_flink_local import environment as environments
from managed_flink_local import processes, toolchain
from managed_flink_local.deployment import DeployFailedError
from managed_flink_local.environment import Environment
from managed_flink_local.sender import channel
from tests.local.background import Background
from tests.local.privileges import Privileges, Statement, listed
from tests.local.story import Story
from tests.waiting import until

pytestmark = pytest.mark.local

JOB = SCENARIO.job
# What nothing on this machine can notice; a statement that is neither here nor noticed is surplus.
NOT_NOTICED_HERE = {
    "kms": "no service of the emulator asks for a key",
    "logs:DescribeLogGroups": "the service looks for the group before it writes; the emulator "
    "knows it",
    "logs:DescribeLogStreams": "the same for the stream",
    "s3:GetBucketLocation s3:ListBucket": "without ListBucket S3 answers 403 instead of 404 for an "
    "object that is not there, which a restored sink looks for; the emulator answers 404",
}


def feed_the_first_stream(environment: Environment) -> bool:
    """Put records as soon as the deploy has made the stream; returns whether it has."""
    kinesis = environment.client("kinesis")
    records = [record.entry for record in batches()["first"][:50]]
    for name in kinesis.list_streams()["StreamNames"]:
        kinesis.put_records(StreamName=name, Records=records)
        return True
    return False


@pytest.mark.long
def test_first_deploy_that_is_sick_fails_and_leaves_nothing_in_the_way(
    story: Story, tmp_path: Path
) -> None:
    rollout = story.begun_anew()
    jobs = copytree(toolchain.ROOT / "jobs", tmp_path / "jobs")
    script = jobs / JOB / "job.sql"
    script.write_text(versions.sick(script.read_text(encoding="utf-8")), encoding="utf-8")
    with (
        Background(lambda: feed_the_first_stream(rollout.environment)),
        pytest.raises(DeployFailedError) as failure,
    ):
        rollout.deploy("a sick first version", jobs)
    assert SCENARIO.sick_exception in failure.value.reason
    service = rollout.environment.client("kinesisanalyticsv2")
    assert service.list_applications()["ApplicationSummaries"] == []
    assert story.first_deploy().good


def test_act_1_first_deploy_gives_every_expected_row(story: Story) -> None:
    act = story.first_deploy()
    assert {comparison.sink for comparison in act.comparisons} == {"lake", "readings", "rejected"}
    assert all(comparison.equal and comparison.expected for comparison in act.comparisons)


def test_act_2_new_version_goes_on_from_its_state(story: Story) -> None:
    act = story.new_version()
    assert all(comparison.equal for comparison in act.comparisons)
    assert act.snapshot
    assert act.gap is not None
    assert act.gap.seconds > 0


def test_act_3_sick_version_is_refused_and_the_old_one_runs_again(story: Story) -> None:
    act = story.sick_version()
    assert all(comparison.equal for comparison in act.comparisons)
    assert SCENARIO.sick_exception in act.error
    assert act.stack_status == "UPDATE_ROLLBACK_COMPLETE"
    assert act.snapshot


def test_a_deploy_that_leaves_the_application_alone_does_not_restart_it(story: Story) -> None:
    story.new_version()
    before = story.pipeline.described()
    # The app's own jobs are version 1; what runs is version 2, so it is deployed as it is.
    story.rollout.deploy("the same version again", story.environment.state / "jobs-sensors-2")
    after = story.pipeline.described()
    assert after["ApplicationVersionId"] == before["ApplicationVersionId"]
    assert after["ApplicationStatus"] == "RUNNING"


def test_a_snapshot_can_be_restored_after_the_job_has_gone_on_from_it(story: Story) -> None:
    """A rollback does that. A format that keeps files open over checkpoints would fail here."""
    pipeline = story.spoil()
    service = story.environment.client("kinesisanalyticsv2")
    kinesis = story.environment.client("kinesis")
    name = pipeline.application

    def send_dead_letters() -> None:
        records = [{"Data": b"no JSON", "PartitionKey": "seattle"}] * 5
        kinesis.put_records(StreamName=pipeline.stream("events"), Records=records)

    def ready_snapshots() -> int:
        listed = service.list_application_snapshots(ApplicationName=name)["SnapshotSummaries"]
        return sum(snapshot["SnapshotStatus"] == "READY" for snapshot in listed)

    def files() -> int:
        bucket, prefix = pipeline.prefix("rejected")
        listed = story.environment.client("s3").list_objects_v2(Bucket=bucket, Prefix=prefix)
        return int(listed["KeyCount"])

    with Background(send_dead_letters, again=0.2):
        before = files()
        until(files, lambda now: now > before)
        saved = ready_snapshots()
        service.create_application_snapshot(ApplicationName=name, SnapshotName="in-the-middle")
        until(ready_snapshots, lambda now: now > saved)
    before = files()
    until(files, lambda now: now > before)  # a checkpoint after the snapshot finishes its files
    service.stop_application(ApplicationName=name, Force=True)
    until(pipeline.status, lambda status: status == "READY")
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
    until(pipeline.status, lambda status: status == "RUNNING")
    before = files()
    send_dead_letters()
    until(files, lambda now: now > before)
    group, _ = pipeline.log_group()
    found = story.environment.client("logs").filter_log_events(
        logGroupName=group, startTime=started, filterPattern='"to FAILED"'
    )
    assert [event["message"][:2000] for event in found["events"]] == []


def reason(statement: Statement) -> str:
    """Why taking this one away shows nothing on this machine; empty if it has to show."""
    actions = sorted(listed(statement["Action"]))
    if all(action.startswith("kms:") for action in actions):
        return NOT_NOTICED_HERE["kms"]
    return NOT_NOTICED_HERE.get(" ".join(actions), "")


def test_every_statement_of_the_role_is_needed(story: Story) -> None:
    """The emulator enforces IAM for S3, DynamoDB, Kinesis and logs."""
    pipeline = story.spoil()
    source, events = channel(pipeline, SCENARIO.source), iter(SCENARIO.stream(40_000))
    privileges = Privileges(pipeline, lambda: source.put([next(events) for _ in range(200)]))
    needed = [statement for statement in privileges.statements if not reason(statement)]
    actions = {action for statement in needed for action in listed(statement["Action"])}
    assert {"kinesis:GetRecords", "s3:PutObject", "dynamodb:BatchWriteItem"} < actions
    assert privileges.not_noticed(needed) == []
    assert privileges.again() == "RUNNING"


def test_destroy_stops_with_a_snapshot_and_keeps_the_application(story: Story) -> None:
    service = story.environment.client("kinesisanalyticsv2")
    name = story.spoil().application
    before = service.list_application_snapshots(ApplicationName=name)["SnapshotSummaries"]
    story.rollout.destroy()
    kept = service.describe_application(ApplicationName=name)["ApplicationDetail"]
    snapshots = service.list_application_snapshots(ApplicationName=name)["SnapshotSummaries"]
    assert kept["ApplicationStatus"] == "READY"
    assert len(snapshots) == len(before) + 1
    assert snapshots[-1]["SnapshotStatus"] == "READY"
    state = story.environment.state
    environments.stop(state)
    until(lambda: processes.marked(str(state)), lambda left: left == [], still=10)
    story.end()
