"""What the model shows, does by itself and fails at: each test names its source.

`API:X` is the documentation string of X in the service's own model, `DOC:x` the page x of the
developer guide (docs.aws.amazon.com/managed-flink/latest/java/x.html).
"""

from __future__ import annotations

from datetime import timedelta

import pytest
from botocore.exceptions import ReadTimeoutError

from tests.lifecycle.application import Application, Configuration
from tests.lifecycle.faults import CHANGES, Fault, HandlerDiedError, Outage, Planned
from tests.lifecycle.jobs import (
    CRASH_LOOPS,
    DIES,
    FINISHES,
    HANGS,
    HAS_NO_METRICS,
    HEALTHY,
    Job,
)
from tests.lifecycle.model_calls import (
    NAME,
    READY,
    RUNNING,
    last_operation,
    listed,
    refused,
    start,
    stop,
)
from tests.lifecycle.quirks import Quirks
from tests.lifecycle.statuses import Status
from tests.lifecycle.world import World

# -- what the service does by itself ------------------------------------------------------------


def test_autoscaling_restarts_the_job_with_its_state(world: World, running: Application) -> None:
    """DOC:how-scaling-auto, DOC:how-snapshots."""
    world.state.autoscale(running)
    assert running.status is Status.AUTOSCALING
    world.clock.advance(120)
    first, second = running.runs
    assert running.status is RUNNING
    assert second.restored == first.state(world.now)


def test_maintenance_is_an_operation_of_its_own(world: World, running: Application) -> None:
    """DOC:maintenance: seen as operation ApplicationMaintenance."""
    world.state.maintain(running)
    world.clock.advance(120)
    assert (running.status, last_operation(world)["Operation"]) == (
        RUNNING,
        "ApplicationMaintenance",
    )


def test_a_bounded_job_ends_in_ready_without_an_operation(world: World, made: Application) -> None:
    """DOC:how-running-apps: a batch job that finishes puts the application back to READY."""
    world.state.jobs["a"] = FINISHES
    start(world)
    world.clock.advance(600)
    assert (made.status, last_operation(world)["Operation"]) == (READY, "StartApplication")


@pytest.mark.parametrize("job", [CRASH_LOOPS, DIES, HANGS, HAS_NO_METRICS])
def test_running_is_not_processing(world: World, made: Application, job: Job) -> None:
    """DOC:troubleshooting-symptoms: a job that fails for ever still shows RUNNING."""
    world.state.jobs["a"] = job
    start(world)
    world.clock.advance(1200)
    assert made.status is RUNNING


# -- metrics and logs ---------------------------------------------------------------------------


def metric(world: World, name: str, minutes: int = 10, stat: str = "Maximum") -> list[float]:
    result = world.clients().cloudwatch.get_metric_data(
        StartTime=world.now - timedelta(minutes=minutes),
        EndTime=world.now,
        ScanBy="TimestampAscending",
        MetricDataQueries=[
            {
                "Id": "m",
                "MetricStat": {
                    "Metric": {
                        "Namespace": "AWS/KinesisAnalytics",
                        "MetricName": name,
                        "Dimensions": [{"Name": "Application", "Value": NAME}],
                    },
                    "Period": 60,
                    "Stat": stat,
                },
            }
        ],
    )["MetricDataResults"][0]
    values: list[float] = result["Values"]
    return values


def test_uptime_rises_and_restarts_count(world: World, running: Application) -> None:
    """DOC:metrics-dimensions: uptime, fullRestarts (before Flink 2.2)."""
    uptime = metric(world, "uptime", 8)
    assert uptime == sorted(uptime)
    assert len(uptime) >= 7
    assert set(metric(world, "fullRestarts")) == {0.0}
    world.state.change_job(running, CRASH_LOOPS)
    world.clock.advance(300)
    assert metric(world, "fullRestarts")[-1] >= 7
    assert metric(world, "uptime", 3)[-1] < 60_000


def test_a_gap_has_no_points(world: World, running: Application) -> None:
    """CloudWatch answers no point where nothing was reported."""
    world.state.jobs["a"] = HAS_NO_METRICS
    stop(world)
    start(world)
    world.clock.advance(900)
    assert metric(world, "uptime") == []


def test_flink_2_spells_its_metrics_anew(world: World) -> None:
    """DOC:metrics-dimensions: numRestarts and runningTime from 2.2 on."""
    world.create(NAME, Configuration("a", runtime="FLINK-2_2"), HEALTHY)
    start(world)
    world.clock.advance(300)
    assert metric(world, "uptime") == []
    assert metric(world, "runningTime")
    assert metric(world, "numRestarts")


def test_failures_are_in_the_log(world: World, running: Application) -> None:
    """DOC:cloudwatch-logs-reading: JSON lines; Flink logs failures at INFO."""
    world.state.change_job(running, CRASH_LOOPS)
    world.clock.advance(60)
    found = world.clients().logs.filter_log_events(
        logGroupName="/aws/kinesis-analytics/sensors",
        logStreamNames=["kinesis-analytics-log-stream"],
        startTime=int((world.now - timedelta(minutes=5)).timestamp() * 1000),
        filterPattern='"switched from RUNNING to FAILED"',
    )["events"]
    assert found
    assert "no such column" in found[0]["message"]


# -- faults -------------------------------------------------------------------------------------


def test_a_lost_reply_was_carried_out(world: World, made: Application) -> None:
    """A timeout says nothing about what became of the call."""
    world.faults.set(Planned(Fault.REPLY_LOST, "StartApplication"))
    flink = world.clients().flink
    with pytest.raises(ReadTimeoutError):
        flink.start_application(ApplicationName=NAME)
    assert made.status is Status.STARTING


def test_a_dead_handler_sees_nothing(world: World, made: Application) -> None:
    world.faults.set(Planned(Fault.DIED_AFTER, CHANGES), Planned(Fault.DIED_BEFORE, CHANGES, 1))
    flink = world.clients().flink
    with pytest.raises(HandlerDiedError):
        flink.start_application(ApplicationName=NAME)
    world.clock.advance(60)
    with pytest.raises(HandlerDiedError):
        flink.stop_application(ApplicationName=NAME)
    assert made.status is RUNNING
    assert world.faults.injected == {Fault.DIED_AFTER: 1, Fault.DIED_BEFORE: 1}


def test_a_refusal_is_only_injected_where_it_is_declared(world: World, made: Application) -> None:
    """API: DescribeApplication declares no ResourceInUseException."""
    world.faults.set(Planned(Fault.IN_USE, times=2))
    flink = world.clients().flink
    flink.describe_application(ApplicationName=NAME)
    assert refused(flink.start_application, ApplicationName=NAME) == "ResourceInUseException"


def test_an_outage_lasts_its_time_and_spares_the_user(world: World, made: Application) -> None:
    end = world.now + timedelta(seconds=60)
    world.faults.set(outages=(Outage(world.now, end, Fault.DENIED),))
    flink = world.clients().flink
    assert refused(flink.describe_application, ApplicationName=NAME) == "AccessDeniedException"
    world.user.describe_application(ApplicationName=NAME)
    world.clock.advance(61)
    flink.describe_application(ApplicationName=NAME)


def test_a_list_may_lag(running: Application) -> None:
    """Lists of AWS are eventually consistent."""
    world = World(Quirks(list_lag=10))
    world.create(NAME, Configuration("a"), HEALTHY)
    start(world)
    world.user.create_application_snapshot(ApplicationName=NAME, SnapshotName="mine")
    assert listed(world) == []
    world.clock.advance(10)
    assert len(listed(world)) == 1
