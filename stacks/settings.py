"""What differs from one environment to the next, as typed values."""

from dataclasses import dataclass, field
from typing import TypedDict

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_logs as logs

from cdk_managed_flink import (
    AlarmThresholds,
    Checkpointing,
    HealthGate,
    Notifications,
    Parallelism,
)


class PipelineSettings(TypedDict, total=False):
    """The arguments of a pipeline that an environment decides."""

    parallelism: Parallelism
    checkpointing: Checkpointing
    health_gate: HealthGate
    alarms: AlarmThresholds
    notifications: Notifications
    log_retention: logs.RetentionDays
    poll_interval: Duration
    reconcile_interval: Duration
    removal_policy: RemovalPolicy


@dataclass(frozen=True, kw_only=True)
class Settings:
    """One environment.

    Attributes:
        name: Part of the stacks' names.
        stream_retention: How long streams keep records, so how long a job may be down.
        pipeline: What is handed to each pipeline as it is.
    """

    name: str
    stream_retention: Duration
    pipeline: PipelineSettings = field(default_factory=lambda: PipelineSettings())


def _local() -> Settings:
    """One machine: everything that waits waits shorter."""
    return Settings(
        name="local",
        stream_retention=Duration.hours(24),
        pipeline={
            "checkpointing": Checkpointing(
                interval=Duration.seconds(2), min_pause=Duration.millis(500)
            ),
            "health_gate": HealthGate(
                window=Duration.seconds(4), period=Duration.seconds(2), timeout=Duration.minutes(3)
            ),
            "notifications": Notifications(emails=("data-team@example.com",)),
            "log_retention": logs.RetentionDays.ONE_DAY,
            "poll_interval": Duration.seconds(1),
            "reconcile_interval": Duration.minutes(1),
        },
    )


def _dev() -> Settings:
    """One task, short retention; all of it may go with the stack if the context flag says so."""
    return Settings(
        name="dev",
        stream_retention=Duration.hours(24),
        pipeline={
            "notifications": Notifications(),
            "log_retention": logs.RetentionDays.ONE_WEEK,
            "removal_policy": RemovalPolicy.DESTROY,
        },
    )


def _staging() -> Settings:
    """As production, at half the size."""
    return Settings(
        name="staging",
        stream_retention=Duration.hours(48),
        pipeline={
            "parallelism": Parallelism(parallelism=2),
            "notifications": Notifications(emails=("data-team@example.com",)),
            "log_retention": logs.RetentionDays.ONE_MONTH,
        },
    )


def _prod() -> Settings:
    """A week of records in the stream, a longer look at each new version, someone on call."""
    return Settings(
        name="prod",
        stream_retention=Duration.days(7),
        pipeline={
            "parallelism": Parallelism(parallelism=4),
            "health_gate": HealthGate(window=Duration.minutes(5)),
            "notifications": Notifications(emails=("data-team@example.com", "on-call@example.com")),
            "log_retention": logs.RetentionDays.ONE_YEAR,
        },
    )


_ENVIRONMENTS = {"local": _local, "dev": _dev, "staging": _staging, "prod": _prod}


def settings_for(name: str | None) -> Settings:
    """The settings of an environment.

    Raises:
        ValueError: No or an unknown name.
    """
    if name not in _ENVIRONMENTS:
        known = ", ".join(_ENVIRONMENTS)
        raise ValueError(
            f"context env is {name!r}; allowed: {known}. Choose one: cdk deploy -c env=dev"
        )
    return _ENVIRONMENTS[name]()
