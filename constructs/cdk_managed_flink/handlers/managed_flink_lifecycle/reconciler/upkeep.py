"""The snapshots of a running application between deploys: taken when due, deleted when spare."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from ..aws.calls import ServiceError, TransientError
from ..aws.service import FlinkService
from ..aws.stack import OwnStack
from ..aws.step_log import StepLog
from ..contract import ReconcileEvent
from ..message import seconds
from ..rules import restore, retention
from ..steps import lineage
from ..values.application import START, SUCCESSFUL, Application, Operation
from ..values.snapshot import SCHEDULED, Snapshot

# How many runs in a row may be refused a snapshot before a person is needed.
_PATIENCE = 2


@dataclass(frozen=True)
class Kept:
    """What was done, and the age of the newest snapshot.

    Attributes:
        refused: Why no snapshot can be taken, once that has lasted for a while; else empty.
    """

    done: str
    age: float | None
    refused: str = ""


def snapshot_age(
    newest: Snapshot | None, operations: Sequence[Operation], now: datetime
) -> float | None:
    """Seconds since the newest snapshot of the line, or since the start where there is none yet."""
    if newest is not None:
        return (now - newest.created).total_seconds()
    starts = (o for o in operations if o.kind == START and o.status == SUCCESSFUL)
    first = next(starts, None)
    return (now - first.started).total_seconds() if first else None


def keep(
    event: ReconcileEvent,
    service: FlinkService,
    stack: OwnStack,
    log: StepLog,
    *,
    application: Application,
    now: datetime,
) -> Kept:
    """One step: takes a snapshot that is due, and deletes what is spare."""
    snapshots, operations = service.snapshots.list(), service.operations()
    newest = lineage.newest(snapshots, operations, stack, application.name)
    age = snapshot_age(newest, operations, now)
    every = seconds(event.snapshot_every_seconds)
    if every <= timedelta(0):
        return Kept("runs", age)
    if restore.creating(snapshots):
        return Kept("a snapshot is being taken", age)
    deleted = _prune(event, service, log, application, snapshots, now)
    # A start by hand would restore the newest, even one that is not of the running version's line.
    astray = newest != restore.newest_ready(snapshots)
    if age is not None and age < every.total_seconds() and not astray:
        return Kept("pruned" if deleted else "nothing is due", age)
    port = service.snapshots
    try:
        port.create(port.name_of(f"{SCHEDULED}-{now:%Y%m%dT%H%M%SZ}"))
    except ServiceError as refused:
        overdue = timedelta(seconds=age or 0) - every
        if overdue <= _PATIENCE * seconds(event.period_seconds):  # another may be under way
            return Kept(f"no snapshot this time: {refused.detail}", age)
        return Kept("no snapshot", age, refused.detail)
    return Kept("snapshot", age)


def _prune(
    event: ReconcileEvent,
    service: FlinkService,
    log: StepLog,
    application: Application,
    snapshots: Sequence[Snapshot],
    now: datetime,
) -> int:
    spare = retention.spare(
        snapshots,
        now=now,
        keep=int(event.snapshot_keep),
        max_age=seconds(event.snapshot_max_age_seconds),
        pinned={*event.pinned, application.restored_from},
    )
    deleted = 0
    for snapshot in spare:
        try:
            service.snapshots.delete(snapshot)
        except (TransientError, ServiceError) as refused:  # it stays in the list: next time
            log.step("not deleted", snapshot=snapshot.name, refused=str(refused))
            continue
        deleted += 1
        log.step("deleted", snapshot=snapshot.name)
    return deleted
