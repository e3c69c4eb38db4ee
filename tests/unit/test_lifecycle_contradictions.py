"""What a lifecycle refuses because two of its properties exclude each other, and warns of."""

from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk.assertions import Annotations, Match, Template
from configurations import Build, app

from cdk_managed_flink import (
    DesiredState,
    FlinkApplication,
    FlinkCode,
    FlinkLifecycle,
    HealthGate,
    RestoreFrom,
    UpdateStrategy,
)
from cdk_managed_flink.lifecycle.restore_from import ALLOW_EMPTY_START

pytestmark = pytest.mark.slow


IN_PLACE, FORCE_STOP = UpdateStrategy.IN_PLACE, UpdateStrategy.FORCE_STOP
STOPPED = DesiredState.STOPPED
ZERO = cdk.Duration.seconds(0)
NAMED, EMPTY = RestoreFrom.snapshot("a"), RestoreFrom.empty()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            {"update_strategy": IN_PLACE, "restore_from": NAMED},
            r"restore_from is \"RestoreFrom\.snapshot\('a'\)\"; allowed: RestoreFrom\.latest\(\) "
            r"with update_strategy IN_PLACE\. The service restarts the job from its own stop: use",
        ),
        (
            {"update_strategy": IN_PLACE, "restore_from": EMPTY},
            r"restore_from is 'RestoreFrom\.empty\(\)'; allowed: RestoreFrom\.latest\(\) with upda",
        ),
        (
            {"update_strategy": IN_PLACE, "desired_state": STOPPED},
            r"desired_state is 'STOPPED'; allowed: RUNNING or ALWAYS_RUNNING with update_strategy "
            r"IN_PLACE\. An update in place keeps the job running: use STOP_WITH_SNAPSHOT",
        ),
        (
            {"update_strategy": IN_PLACE, "bounded": True},
            r"bounded is True; allowed: False with update_strategy IN_PLACE\. A job that ends by",
        ),
        (
            {"desired_state": STOPPED, "restore_from": NAMED},
            r"restore_from is .*; allowed: RestoreFrom\.latest\(\) with desired_state STOPPED\. "
            r"Nothing is started: choose what to start from in the deploy that starts it",
        ),
        (
            {"desired_state": STOPPED, "restore_from": EMPTY},
            r"restore_from is 'RestoreFrom\.empty\(\)'; allowed: .* with desired_state STOPPED",
        ),
        (
            {"update_strategy": FORCE_STOP, "max_state_loss": ZERO},
            r"max_state_loss is '0 seconds'; allowed: more than zero with update_strategy "
            r"FORCE_STOP\. A forced stop takes no snapshot, so the newest one is always",
        ),
        (
            {"bounded": True, "health_gate": HealthGate(min_records=1)},
            r"health_gate is 'HealthGate\(min_records=1\)'; allowed: min_records 0 for a bounded "
            r"job\. The job may end before the service has counted a record",
        ),
    ],
)
def test_fails_when_two_exclude_each_other(
    build: Build, arguments: dict[str, Any], said: str
) -> None:
    with pytest.raises(ValueError, match=rf"^Stack/Clicks/Lifecycle: {said}"):
        build(flags={ALLOW_EMPTY_START: "true"}, **arguments)


@pytest.mark.parametrize(
    "arguments",
    [
        {"update_strategy": IN_PLACE, "desired_state": DesiredState.ALWAYS_RUNNING},
        {"update_strategy": FORCE_STOP},
        {"update_strategy": FORCE_STOP, "max_state_loss": ZERO, "restore_from": NAMED},
        {"max_state_loss": ZERO},
        {"bounded": True},
        {"bounded": True, "desired_state": STOPPED},
        {"desired_state": STOPPED, "restore_from": RestoreFrom.latest()},
    ],
)
def test_these_go_together(build: Build, arguments: dict[str, Any]) -> None:
    build(**arguments)


def test_tokens_pass(build: Build) -> None:
    stack = cdk.Stack(app(), "Stack")
    number: Any = cdk.CfnParameter(stack, "Number", type="Number").value_as_number
    build(
        scope=stack,
        update_strategy=FORCE_STOP,
        max_state_loss=cdk.Duration.seconds(number),
        bounded=True,
        health_gate=HealthGate(min_records=number),
    )


def test_fails_when_the_allowed_loss_is_negative() -> None:
    with pytest.raises(RuntimeError, match="Duration amounts cannot be negative"):
        cdk.Duration.minutes(-1)


def said_at_synth(stack: cdk.Stack) -> str:
    owner = stack.node.root
    assert isinstance(owner, cdk.App)
    with pytest.raises(RuntimeError) as error:
        owner.synth()
    return str(error.value)


SNAPSHOTS_OFF = (
    r"FlinkLifecycle: ApplicationSnapshotConfiguration.SnapshotsEnabled is False; allowed: true, "
    r"or update_strategy FORCE_STOP. Without snapshots a stop loses the state"
)


@pytest.mark.parametrize("strategy", [UpdateStrategy.STOP_WITH_SNAPSHOT, IN_PLACE])
@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("ApplicationConfiguration.ApplicationSnapshotConfiguration.SnapshotsEnabled", False),
        (
            "ApplicationConfiguration.ApplicationSnapshotConfiguration",
            {"SnapshotsEnabled": False},
        ),
    ],
)
def test_fails_when_snapshots_are_switched_off_later(
    build: Build,
    strategy: UpdateStrategy,
    path: str,
    value: Any,  # noqa: ANN401
) -> None:
    pipeline = build(update_strategy=strategy)
    pipeline.application.resource.add_property_override(path, value)
    said = said_at_synth(cdk.Stack.of(pipeline))
    assert f"[Stack/Clicks/Lifecycle] {SNAPSHOTS_OFF}" in said


def test_fails_when_an_application_without_snapshots_is_handed_in(
    stack: cdk.Stack, job: Path
) -> None:
    application = FlinkApplication(stack, "App", code=FlinkCode.from_sql(job), snapshots=False)
    FlinkLifecycle(stack, "Lifecycle", application=application)
    assert SNAPSHOTS_OFF in said_at_synth(stack)


def test_snapshots_may_be_off_where_the_job_is_stopped_by_force(build: Build) -> None:
    pipeline = build(update_strategy=FORCE_STOP)
    pipeline.application.resource.add_property_override(
        "ApplicationConfiguration.ApplicationSnapshotConfiguration.SnapshotsEnabled", False
    )
    Template.from_stack(cdk.Stack.of(pipeline))


WARNING = Match.string_like_regexp(
    "IN_PLACE cannot promise .*: records that are processed between .* not in the restore point "
    ".* no choice of what to start from, and a job that the service cannot stop leaves the deploy "
    "failing"
)


def test_warns_of_what_an_update_in_place_cannot_promise(build: Build) -> None:
    stack = cdk.Stack.of(build(update_strategy=IN_PLACE))
    Annotations.from_stack(stack).has_warning("/Stack/Clicks/Lifecycle", WARNING)


@pytest.mark.parametrize("strategy", [UpdateStrategy.STOP_WITH_SNAPSHOT, FORCE_STOP])
def test_does_not_warn_otherwise(build: Build, strategy: UpdateStrategy) -> None:
    stack = cdk.Stack.of(build(update_strategy=strategy))
    Annotations.from_stack(stack).has_no_warning("*", WARNING)


def test_the_warning_can_be_acknowledged(build: Build) -> None:
    pipeline = build(update_strategy=IN_PLACE)
    cdk.Annotations.of(pipeline).acknowledge_warning("cdk-managed-flink:updateInPlace", "Known.")
    Annotations.from_stack(cdk.Stack.of(pipeline)).has_no_warning("*", WARNING)
