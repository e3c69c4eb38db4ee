"""Publishes what the reconciler found: two metrics, and a message when something is new."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ..aws import metrics
from ..aws.calls import Client, ServiceError, TransientError, call
from ..aws.step_log import StepLog
from ..contract import ReconcileEvent
from ..message import seconds

_MAX_MESSAGE = 4000
# How many periods back the last run is searched for: one datapoint may have been lost.
_LOOKS = 2


@dataclass(frozen=True)
class Found:
    """The result of one run.

    Attributes:
        decision: In a few words, for the log.
        stuck: What a person must know and do, or empty.
        age: Seconds since the newest snapshot of the running line; None publishes no metric.
    """

    decision: str
    stuck: str = ""
    age: float | None = None


def publish(
    found: Found,
    event: ReconcileEvent,
    *,
    cloudwatch: Client,
    sns: Client,
    log: StepLog,
    now: datetime,
) -> None:
    """Logs, publishes the metrics, and sends a message unless the last run found it stuck too."""
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
    """Whether the last run found it stuck; no, where the metric cannot be read."""
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
        log.step("cannot read what the last run found", refused=str(refused))
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
        log.step("message not sent", refused=str(refused))
