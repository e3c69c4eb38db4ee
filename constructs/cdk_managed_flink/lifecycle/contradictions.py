"""Properties of a lifecycle that cannot be combined: an error at synth."""

from aws_cdk import Annotations, Duration
from constructs import Construct

from cdk_managed_flink.application import durations
from cdk_managed_flink.application.durations import MINUTE
from cdk_managed_flink.application.errors import invalid
from cdk_managed_flink.application.tokens import is_token
from cdk_managed_flink.handlers.managed_flink_lifecycle.contract import RestoreType
from cdk_managed_flink.lifecycle.desired_state import DesiredState
from cdk_managed_flink.lifecycle.health_gate import HealthGate
from cdk_managed_flink.lifecycle.restore_from import RestoreFrom
from cdk_managed_flink.lifecycle.snapshot_schedule import SnapshotSchedule
from cdk_managed_flink.lifecycle.update_strategy import UpdateStrategy


def refuse(
    scope: Construct,
    *,
    strategy: UpdateStrategy,
    restore: RestoreFrom,
    state: DesiredState,
    bounded: bool,
    gate: HealthGate,
    max_state_loss: Duration,
) -> None:
    """Check that the properties can be combined.

    Raises:
        ValueError: Two properties cannot be combined.
    """
    chosen = restore.type is not RestoreType.LATEST
    if strategy is UpdateStrategy.IN_PLACE:
        _refuse_in_place(scope, chosen=chosen, restore=restore, state=state, bounded=bounded)
    if state is DesiredState.STOPPED and chosen:
        raise invalid(
            scope,
            "restore_from",
            _shown(restore),
            "RestoreFrom.latest() with desired_state STOPPED",
            "Nothing is started: choose what to start from in the deploy that starts it.",
        )
    if strategy is UpdateStrategy.FORCE_STOP and not chosen and _is_zero(max_state_loss):
        raise invalid(
            scope,
            "max_state_loss",
            max_state_loss,
            "more than zero with update_strategy FORCE_STOP",
            "A forced stop takes no snapshot, so the newest one is always older than that: allow "
            "some loss, or choose a snapshot with restore_from=RestoreFrom.snapshot(...).",
        )
    counts = not is_token(gate.min_records) and gate.min_records > 0
    if bounded and counts:
        raise invalid(
            scope,
            "health_gate",
            f"HealthGate(min_records={gate.min_records})",
            "min_records 0 for a bounded job",
            "The job may end before the service has counted a record; remove min_records.",
        )


def refuse_schedule(scope: Construct, snapshots: SnapshotSchedule, interval: Duration) -> None:
    """Check that the reconciler runs often enough for the snapshot schedule.

    Raises:
        ValueError: EventBridge allows no such interval, or it is longer than the schedule's.
    """
    length = durations.milliseconds(interval)
    legal = length is not None and length % MINUTE == 0 and MINUTE <= length <= 60 * MINUTE
    if length is None or not legal:
        raise invalid(
            scope,
            "reconcile_interval",
            interval,
            "a literal of 1 to 60 whole minutes",
            "An application that a rolled-back deploy left stopped waits this long: use "
            "Duration.minutes(5).",
        )
    every = snapshots.every
    if every is not None and durations.literal(every) < length:
        raise invalid(
            scope,
            "reconcile_interval",
            interval,
            f"snapshots.every ({every.to_human_string()}) at most",
            "The reconciler takes the snapshots: lower its interval, or raise every.",
        )


def warn_in_place(scope: Construct) -> None:
    """Warn of the guarantees that an update in place does not give."""
    Annotations.of(scope).add_warning_v2(
        "cdk-managed-flink:updateInPlace",
        "update_strategy IN_PLACE cannot promise what STOP_WITH_SNAPSHOT does: records that are "
        "processed between the deploy's snapshot and the service's own stop are not in the restore "
        "point and come twice after a rollback, there is no choice of what to start from, and a "
        "job that the service cannot stop leaves the deploy failing.",
    )


def _refuse_in_place(
    scope: Construct, *, chosen: bool, restore: RestoreFrom, state: DesiredState, bounded: bool
) -> None:
    if chosen:
        raise invalid(
            scope,
            "restore_from",
            _shown(restore),
            "RestoreFrom.latest() with update_strategy IN_PLACE",
            "The service restarts the job from its own stop: use STOP_WITH_SNAPSHOT for this "
            "deploy.",
        )
    if state is DesiredState.STOPPED:
        raise invalid(
            scope,
            "desired_state",
            state.value,
            "RUNNING or ALWAYS_RUNNING with update_strategy IN_PLACE",
            "An update in place keeps the job running: use STOP_WITH_SNAPSHOT to stop it.",
        )
    if bounded:
        raise invalid(
            scope,
            "bounded",
            bounded,
            "False with update_strategy IN_PLACE",
            "A job that ends by itself may not be there to be restarted: use STOP_WITH_SNAPSHOT.",
        )


def _shown(restore: RestoreFrom) -> str:
    argument = repr(restore.chosen) if restore.chosen else ""
    return f"RestoreFrom.{restore.type.lower()}({argument})"


def _is_zero(duration: Duration) -> bool:
    return durations.milliseconds(duration) == 0
