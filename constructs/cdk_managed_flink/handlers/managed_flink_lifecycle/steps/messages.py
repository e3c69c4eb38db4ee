"""Error texts for decisions that only a person can make: the library never discards state."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from ..contract import RestoreType
from ..rules.reason import CAUSE_BYTES, duration, one_line, sentence, shorten
from ..values.application import IN_PROGRESS, SUCCESSFUL, Application, Operation
from ..values.snapshot import Snapshot
from .context import Context

_MAX_LISTED = 5
EMPTY_START = (
    "restore_from=RestoreFrom.empty() together with the context key "
    "cdk-managed-flink:allowEmptyStart=true"
)


def state_at_risk(
    context: Context,
    application: Application,
    snapshots: Sequence[Snapshot],
    why: str,
    began: datetime,
    operation: Operation | None,
) -> str:
    """The running state can't be saved, and what there is is too old."""
    name = application.name
    newest = context.newest(snapshots)
    if newest:
        age = (began - newest.created).total_seconds()
        bound = duration(context.request.max_state_loss.total_seconds())
        have = (
            f"The newest READY snapshot, {newest.name}, is {duration(age)} old, older than "
            f"max_state_loss ({bound})."
        )
        choose = (
            "raise max_state_loss above that age to force-stop the application and go on "
            "from that snapshot (what came after it is read again from the sources, as far back "
            "as they keep it)"
        )
    else:
        have = "It has no READY snapshot."
        choose = f"give its state up by update_strategy=UpdateStrategy.FORCE_STOP and {EMPTY_START}"
    left = "is stopped" if application.stopped else f"was left {application.status}"
    return (
        f"Application {name}, version {application.version}, could not be stopped with its state: "
        f"{sentence(shorten(one_line(why), CAUSE_BYTES))} {have} It {left}{named(operation)}. "
        f"Choose: {choose}; or repair the running job so that a snapshot succeeds (aws "
        f"kinesisanalyticsv2 create-application-snapshot --application-name {name} "
        "--snapshot-name …). Then deploy again."
    )


def would_be_empty(
    context: Context, application: Application, operations: Sequence[Operation]
) -> str:
    """It ran before and nothing is left to restore."""
    turn = next(iter(operations), None)
    if context.request.asked.restore.type is not RestoreType.LATEST:
        return (
            f"Application {application.name} could only start empty. Its restore_from is the same "
            "as in the deploy before, and so used up: deploy the present version once without it "
            "(nothing is touched), then set it again."
        )
    return (
        f"Application {application.name}, version {application.version}, is "
        f"{application.status}{named(turn)}, ran before, and has no READY snapshot: it could only "
        f"start empty. Choose: {EMPTY_START}; or restore_from=RestoreFrom.snapshot(…) with a "
        "snapshot of another application (enhanced snapshots only). Then deploy again."
    )


def renamed(old: str, new: str) -> str:
    """application_name was changed: the state stays with the old one."""
    return (
        f"application_name was changed from {old} to {new}. That would be another application, "
        f"which starts without the state of {old}, while nothing would stop that one. Nothing was "
        f"touched: name it {old} again, or make {new} a pipeline of its own, under another "
        "construct id, and take the old one out."
    )


def taken(application: Application) -> str:
    """A pipeline is added whose application somebody else runs."""
    name = application.name
    return (
        f"application_name {name}: an application of this name is {application.status}, and it is "
        "no resource of this stack. Nothing was touched: choose another application_name; or, to "
        "take it over, "
        f"stop it (aws kinesisanalyticsv2 stop-application --application-name {name}) and deploy "
        "with --import-existing-resources."
    )


def not_restorable(
    context: Context, asked: str, found: Snapshot | None, known: Sequence[Snapshot]
) -> str:
    """restore_from names what this application can't be started from."""
    application = context.request.application
    why = f"is {found.status}" if found else "does not exist, or belongs to another application"
    ready = [s.name for s in known if s.ready]
    listed = ", ".join(ready[:_MAX_LISTED]) if ready else "none"
    more = f" and {len(ready) - _MAX_LISTED} older ones" if len(ready) > _MAX_LISTED else ""
    return (
        f"restore_from: snapshot {asked} {why}. Application {application} can be started from its "
        f"READY snapshots: {listed}{more}. Name one of them, or leave restore_from out."
    )


def named(operation: Operation | None) -> str:
    """The operation's id, as a remark."""
    if operation is None:
        return ""
    status = "" if operation.status in (IN_PROGRESS, SUCCESSFUL) else f", {operation.status}"
    return f" (operation {operation.id}{status})"
