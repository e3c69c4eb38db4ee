"""How a person learns what the reconciler found: two metrics, and a message when it is news."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ..aws import metrics
from ..aws.calls import Client, ServiceError, TransientError, call
from ..aws.step_log import StepLog
from ..contract import ReconcileEvent
from ..message import seconds

_MAX_MESSAGE = 4000
# How many looks back a look is looked for: one may have been lost.
_LOOKS = 2


@dataclass(frozen=True)
class Found:
    """What one look came to.

    Attributes:
        decision: A few words, for the log.
        stuck: What a person has to know and do; empty when nothing.
        age: Seconds since the newest snapshot of the line; None leaves the metric out.
    """

    decision: str
    stuck: str = ""
    age: float | None = None


def tell(
    found: Found,
    event: ReconcileEvent,
    *,
    cloudwatch: Client,
    sns: Client,
    log: StepLog,
    now: datetime,
) -> None:
    """Logs, measures, and sends a message unless the look before found it stuck as well."""
    log.step(found.decision, stuck=found.stuck, snapshot_age=found.age)
    if found.stuck and event.topic_arn and not _was_stuck(event, cloudwatch, log, now):
        _send(found, event, sns, log)
    metrics.publish(
        cloudwatch,
        log,
        namespace=event.metric_namespace,
        application=event.application_name,
        at=now,
        stuck=bool(found.stuck),
        age=found.age,
    )


def _was_stuck(event: ReconcileEvent, cloudwatch: Client, log: StepLog, now: datetime) -> bool:
    """What the last look said; where that can't be read, it is news."""
    try:
        values = metrics.values(
            cloudwatch,
            namespace=event.metric_namespace,
            application=event.application_name,
            name=metrics.STUCK,
            since=now - _LOOKS * seconds(event.period_seconds),
            now=now,
        )
    except (TransientError, ServiceError) as refused:
        log.step("can't read what the last look found", refused=str(refused))
        return False
    return bool(values) and values[-1] > 0


def _send(found: Found, event: ReconcileEvent, sns: Client, log: StepLog) -> None:
    try:
        call(
            sns,
            "publish",
            TopicArn=event.topic_arn,
            Subject=f"Flink application {event.application_name} needs a person"[:100],
            Message=found.stuck[:_MAX_MESSAGE],
        )
    except (TransientError, ServiceError) as refused:
        log.step("not told", refused=str(refused))
