"""How much an application gets and what it keeps: plain values, checked where they are made."""

import math
from dataclasses import dataclass, field
from enum import StrEnum

from aws_cdk import Duration

from cdk_managed_flink.application import durations
from cdk_managed_flink.application.errors import invalid
from cdk_managed_flink.application.tokens import is_token

MAX_PARALLELISM_PER_KPU = 8
DEFAULT_KPU_QUOTA = 64


class LogLevel(StrEnum):
    """Lowest level of Flink's log that reaches CloudWatch Logs."""

    DEBUG = "DEBUG"
    INFO = "INFO"
    WARN = "WARN"
    ERROR = "ERROR"


class MetricsLevel(StrEnum):
    """Finest level of metrics; each contains the ones before it, and costs more."""

    APPLICATION = "APPLICATION"
    TASK = "TASK"
    OPERATOR = "OPERATOR"
    PARALLELISM = "PARALLELISM"


@dataclass(frozen=True, kw_only=True)
class Parallelism:
    """How many parallel tasks run, and on how many Kinesis Processing Units (KPUs).

    The application is billed for ``ceil(parallelism / parallelism_per_kpu)`` KPUs and one more for
    orchestration.

    Attributes:
        parallelism: Parallel instances of each operator. Default 1: the smallest bill.
        parallelism_per_kpu: Parallel tasks on one KPU (1 vCPU, 4 GiB), 1 to 8. Default 1, which
            AWS recommends for stateful jobs; 2 to 4 suits jobs that wait for input and output.
        autoscaling: Lets the service double and halve the KPUs by CPU. Default off: it has no
            upper bound but the quota, and each step restarts the job.
        kpu_quota: The account's quota of KPUs for one application. Default 64, the service's own
            (Service Quotas L-3A88E041); raise it here after AWS has raised it there.

    Raises:
        ValueError: A number is out of range, or more KPUs are needed than the quota has.
    """

    parallelism: int = 1
    parallelism_per_kpu: int = 1
    autoscaling: bool = False
    kpu_quota: int = DEFAULT_KPU_QUOTA

    def __post_init__(self) -> None:
        per_kpu, quota = self.parallelism_per_kpu, self.kpu_quota
        if not is_token(per_kpu) and not 1 <= per_kpu <= MAX_PARALLELISM_PER_KPU:
            raise invalid(
                "Parallelism",
                "parallelism_per_kpu",
                per_kpu,
                f"1 to {MAX_PARALLELISM_PER_KPU}",
                "Choose 1 for stateful jobs, 2 to 4 for jobs that wait for input and output.",
            )
        if any(is_token(number) for number in (self.parallelism, per_kpu, quota)):
            return
        most = quota * per_kpu
        if not 1 <= self.parallelism <= most:
            raise invalid(
                "Parallelism",
                "parallelism",
                self.parallelism,
                f"1 to {most} ({quota} KPUs with {per_kpu} on each)",
                "Lower it, raise parallelism_per_kpu, or have AWS raise the quota L-3A88E041 and "
                "set kpu_quota to the new value.",
            )

    @property
    def kpus(self) -> int:
        """KPUs that are billed while the application runs, orchestration included."""
        return math.ceil(self.parallelism / self.parallelism_per_kpu) + 1


@dataclass(frozen=True, kw_only=True)
class Checkpointing:
    """How often Flink records its state; what exactly-once sinks commit follows this rhythm.

    Attributes:
        enabled: Default on. Without it a failure loses all state, and file sinks never commit.
        interval: Time from the start of one checkpoint to the next, at least one millisecond.
            Default 60 s, the service's own.
        min_pause: Least time between the end of one and the start of the next. Default 5 s, the
            service's own: a slow checkpoint then leaves time for processing.

    Raises:
        ValueError: The interval is zero.
    """

    enabled: bool = True
    interval: Duration = field(default_factory=lambda: durations.seconds(60))
    min_pause: Duration = field(default_factory=lambda: durations.seconds(5))

    def __post_init__(self) -> None:
        length = durations.milliseconds(self.interval)
        if length is not None and length < 1:
            raise invalid(
                "Checkpointing",
                "interval",
                self.interval,
                "at least 1 millisecond",
                "Use Duration.seconds(60), or enabled=False for a job that may lose its state.",
            )


@dataclass(frozen=True, kw_only=True)
class Monitoring:
    """What the application reports.

    Attributes:
        log_level: Default INFO, because Flink reports task failures at INFO: above it, the reason
            of a failed deploy is not in the log.
        metrics_level: Default APPLICATION, which is free of charge and all that the alarms need;
            the finer ones cost about $0.30 for each metric and month.
    """

    log_level: LogLevel = LogLevel.INFO
    metrics_level: MetricsLevel = MetricsLevel.APPLICATION
