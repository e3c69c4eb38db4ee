"""Prepare: stop the application before CloudFormation updates it, and name what to restore."""

from __future__ import annotations

from ..aws.calls import ServiceError
from ..contract import DesiredState, PrepareAnswer, RestoreType, UpdateStrategy
from ..message import to_text
from ..rules import restore
from ..rules.reason import duration, sentence
from ..values.application import RUNNING, Application
from ..values.outcome import Complete, DeployFailedError, NotYet, Outcome
from ..values.request import CLOCK_TOLERANCE
from ..values.snapshot import Snapshot
from . import history, in_place, messages, positions, rollback, stores
from .context import Context
from .deploy_stop import stops_of, young_enough
from .prepare_decision import SWITCHED_OFF, Decision, Seen, Step, decide, decide_by_line


def poll(context: Context) -> Outcome:
    """One step."""
    request = context.request
    if request.is_delete:
        return Complete()
    application = context.service.describe()
    if not context.rolling_back:
        _check_request(context, application)
    if application is None:
        context.log.step("nothing to stop: there is no such application")
        run = not request.should_be_stopped
        return Complete(_data(None, version="", run=run))
    if not context.changed:
        newest = context.newest(context.service.snapshots.list())
        return Complete(_data(newest, version=str(application.version), run=True))
    if context.rolling_back:
        return rollback.prepare(context, application)
    if request.in_place and not application.stopped:
        return in_place.poll(context, application)
    return _forward(context, application)


def at_deadline(context: Context, waiting: NotYet) -> Outcome:
    """The answer when the deadline has passed."""
    request = context.request
    if context.rolling_back:
        context.log.step("gave up waiting; a rollback goes on", waiting_for=waiting.waiting_for)
        return Complete(_data(None, version="", run=True))
    raise DeployFailedError(
        f"Application {request.application} could not be stopped for the update: waited "
        f"{duration(request.elapsed(context.now))} for {sentence(waiting.waiting_for)} "
        "See its operations (aws kinesisanalyticsv2 list-application-operations "
        f"--application-name {request.application}) and deploy again."
    )


def _check_request(context: Context, application: Application | None) -> None:
    """Before anything is stopped: what is asked for can be done, and is asked of the right one."""
    request = context.request
    if request.renamed_from:
        raise DeployFailedError(messages.renamed(request.renamed_from, request.application))
    if why := stores.replaced(request) or positions.lost(request):
        raise DeployFailedError(why)
    runs = application is not None and not application.stopped
    if application and runs and request.is_create and _is_foreign(context, application):
        raise DeployFailedError(messages.taken(application))
    asked = request.restore_asked
    if asked.type is not RestoreType.SNAPSHOT:
        return
    service = context.service
    found = None
    if application is not None or asked.snapshot.startswith("arn:"):
        found = service.find_snapshot(asked.snapshot)
    if found is None or not found.ready:
        known = service.snapshots.list() if application is not None else []
        raise DeployFailedError(messages.not_restorable(context, asked.snapshot, found, known))


def _is_foreign(context: Context, application: Application) -> bool:
    """Whether somebody else runs it: this request is the first that the stack makes for it.

    What CloudFormation is about to import is no resource of the stack yet, and counts as foreign
    while it runs.
    """
    return context.stack.is_new() or not context.stack.owns(application.name)


def _forward(context: Context, application: Application) -> Outcome:
    """Looks, decides, acts; looks further only where a decision needs it."""
    seen = observe(context, application)
    decision = decide(context.request, seen)
    if decision.step is Step.LOOK_AT_LINE:
        decision = decide_by_line(context.request, seen, context.newest(seen.snapshots))
    return act(context, seen, decision)


def observe(context: Context, application: Application) -> Seen:
    """The operations, and the snapshots where the application is stopped."""
    snapshots = context.service.snapshots.list() if application.stopped else []
    operations = context.service.operations()
    stops = stops_of(context.request, operations)
    return Seen(application, operations, stops, snapshots, context.now)


def act(context: Context, seen: Seen, decision: Decision) -> Outcome:
    """Carries the decision out.

    Raises:
        DeployFailedError: The state could be lost.
    """
    application, latest = seen.application, next(iter(seen.stops), None)
    match decision.step:
        case Step.STOP | Step.STOP_UNSAVED:
            if decision.step is Step.STOP_UNSAVED:
                _check_unsaved_stop(context, application)
            return _stop_gracefully(context, seen)
        case Step.FORCE:
            return _without_graceful_stop(context, seen, decision.why)
        case Step.FORCE_AFTER_FAILURE if latest is not None:
            why = context.service.operation_failure(latest) or f"operation {latest.status}"
            return _without_graceful_stop(context, seen, why)
        case Step.RESTORE:
            return _stopped(context, application, decision.snapshot)
        case Step.AT_RISK:
            began = seen.stops[-1].started
            raise DeployFailedError(
                messages.state_at_risk(
                    context, application, seen.snapshots, decision.why, began, latest
                )
            )
        case Step.WOULD_BE_EMPTY:
            raise DeployFailedError(messages.would_be_empty(context, application, seen.operations))
        case _:
            context.log.step(decision.step, waiting_for=decision.why, status=application.status)
            return NotYet(decision.why)


def _stop_gracefully(context: Context, seen: Seen) -> Outcome:
    try:
        operation = context.drive().stop(force=False)
    except ServiceError as error:
        if not error.unsavable:
            raise
        return _without_graceful_stop(context, seen, error.detail)
    context.log.step("stop gracefully", operation=operation)
    return NotYet(f"the graceful stop (operation {operation})")


def _check_unsaved_stop(context: Context, application: Application) -> None:
    """A stop that takes no snapshot needs one that is young enough, before it is made."""
    snapshots = context.service.snapshots.list()
    if (
        context.request.restore_asked.type is RestoreType.LATEST
        and young_enough(context, snapshots, context.now) is None
    ):
        raise DeployFailedError(
            messages.state_at_risk(context, application, snapshots, SWITCHED_OFF, context.now, None)
        )


def _without_graceful_stop(context: Context, seen: Seen, why: str) -> Outcome:
    """The job's state is not saved by its stop: forced only where little enough is lost."""
    application, stops = seen.application, seen.stops
    snapshots = context.service.snapshots.list()
    began = stops[-1].started if stops else context.now
    if restore.creating(restore.since(snapshots, began - CLOCK_TOLERANCE)) and (
        application.status == RUNNING
    ):
        return NotYet("the snapshot of the failed stop to become READY or FAILED")
    given_up = (
        context.request.asked.strategy is UpdateStrategy.FORCE_STOP
        and context.request.restore_asked.type is not RestoreType.LATEST
    )
    if not given_up and young_enough(context, snapshots, began) is None:
        raise DeployFailedError(
            messages.state_at_risk(
                context, application, snapshots, why, began, next(iter(stops), None)
            )
        )
    operation = context.drive().stop(force=True)
    context.log.step("force-stop", why=why, operation=operation)
    return NotYet(f"the forced stop (operation {operation})")


def _stopped(context: Context, application: Application, snapshot: Snapshot | None) -> Complete:
    run = _is_to_run(context)
    data = _data(snapshot, version=str(application.version), run=run)
    context.log.step("stopped: this is what to restore", status=application.status, **data)
    return Complete(data)


def _is_to_run(context: Context) -> bool:
    """Whether Prove is to start it: one that a person stopped stays so unless they say so."""
    request = context.request
    if request.should_be_stopped:
        return False
    if request.is_create or request.asked.desired_state is DesiredState.ALWAYS_RUNNING:
        return True
    if (
        stops_of(request, context.service.operations())
        or request.takes_stop_back
        or request.restore_asked.type is not RestoreType.LATEST
    ):
        return True
    return (
        history.stopped_by_hand(
            context.service.operations(), context.stack, context.request.application
        )
        is None
    )


def _data(snapshot: Snapshot | None, *, version: str, run: bool) -> dict[str, str]:
    return PrepareAnswer(
        snapshot=snapshot.name if snapshot else "",
        application_version_id=version,
        run=to_text(run),
    ).to_dict()
