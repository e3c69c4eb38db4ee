"""UpdateStrategy.IN_PLACE: a snapshot of the running job, as the point to come back to."""

from __future__ import annotations

from ..aws.calls import ServiceError
from ..contract import PrepareAnswer
from ..message import to_text
from ..rules import restore
from ..values.application import RUNNING, Application
from ..values.outcome import Complete, DeployFailedError, NotYet, Outcome
from ..values.snapshot import BEFORE, FAILED, READY, Snapshot
from . import messages
from .context import Context
from .deploy_stop import young_enough


def poll(context: Context, application: Application) -> Outcome:
    """One step; CloudFormation then updates the application while it runs."""
    if application.status != RUNNING:
        context.log.step("wait", status=application.status)
        return NotYet(f"its status to leave {application.status}")
    snapshots = context.service.snapshots.list()
    label = f"{BEFORE}-{context.request.digest}"
    of_this = [s for s in snapshots if s.label == label or s.label.startswith(f"{label}-")]
    taken = restore.since(of_this, context.request.since)
    ready = next((s for s in taken if s.status == READY), None)
    if ready is None and not taken:
        if restore.creating(snapshots):
            return NotYet("another snapshot of it to become READY")
        if of_this:
            label = f"{label}-{len(of_this) + 1}"
        name = context.service.snapshots.name_of(label)
        try:
            context.drive().snapshots.create(name)
        except ServiceError as refused:
            if not refused.unsavable:
                raise
            return _instead_of_before(context, application, snapshots, refused.detail)
        context.log.step("snapshot before the update in place", snapshot=name)
        return NotYet(f"snapshot {name} to become READY")
    if ready is None:
        if any(s.status != FAILED for s in taken):
            return NotYet(f"snapshot {taken[0].name} to become READY")
        return _instead_of_before(context, application, snapshots, "its snapshot failed")
    context.log.step("runs on until CloudFormation updates it", restore=ready.name)
    return _runs_on(application, ready)


def _instead_of_before(
    context: Context, application: Application, snapshots: list[Snapshot], why: str
) -> Outcome:
    older = young_enough(context, snapshots, context.now)
    if older is None:
        raise DeployFailedError(
            messages.state_at_risk(context, application, snapshots, why, context.now, None)
        )
    context.log.step("runs on until CloudFormation updates it", restore=older.name, why=why)
    return _runs_on(application, older)


def _runs_on(application: Application, snapshot: Snapshot) -> Complete:
    answer = PrepareAnswer(
        snapshot=snapshot.name,
        application_version_id=str(application.version),
        run=to_text(True),
    )
    return Complete(answer.to_dict())
