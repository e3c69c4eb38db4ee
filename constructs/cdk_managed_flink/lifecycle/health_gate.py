"""HealthGate: the conditions under which a deploy accepts a new version."""

from dataclasses import dataclass, field
from typing import Self

from aws_cdk import Duration, Token

from cdk_managed_flink.application import durations
from cdk_managed_flink.application.errors import invalid
from cdk_managed_flink.application.tokens import is_token
from cdk_managed_flink.handlers.managed_flink_lifecycle.contract import Gate, to_text

# The functions' deadline is shorter than the provider's, which is shorter than CloudFormation's
# hour: each of them can still report what it waited for.
HANDLER_MINUTES = 50
PROVIDER_MINUTES = 55
CLOUDFORMATION_MINUTES = 60


@dataclass(frozen=True, kw_only=True)
class HealthGate:
    """RUNNING does not mean processing: a job that restarts forever is RUNNING too.

    A version is healthy when its up-time has risen over ``window`` without a restart and a
    snapshot of it succeeds, which takes a barrier through every operator.

    Attributes:
        window: How long it has to run without a restart. Default 3 minutes: three datapoints, as
            the service reports each minute. Zero only waits for RUNNING.
        period: Length of a datapoint. Default 1 minute.
        max_restarts: Restarts that are tolerated; one more rejects the version at once. Default 2:
            a transient fault of a source or sink, but not a record that fails every time.
        min_records: Records that must have been read. Default 0: a source may have no traffic.
        timeout: How long after its start a version that is neither healthy nor failing is
            rejected. Default 20 minutes.

    Raises:
        ValueError: Negative numbers, or a window that does not fit into the timeout, or that into
            the deploy's own deadline of 50 minutes.
    """

    window: Duration = field(default_factory=lambda: durations.minutes(3))
    period: Duration = field(default_factory=lambda: durations.minutes(1))
    max_restarts: int = 2
    min_records: int = 0
    timeout: Duration = field(default_factory=lambda: durations.minutes(20))

    def __post_init__(self) -> None:
        for name in ("max_restarts", "min_records"):
            value = getattr(self, name)
            if not is_token(value) and value < 0:
                raise invalid("HealthGate", name, value, "0 or more", "Use 0 for none.")
        timeout = durations.milliseconds(self.timeout)
        if timeout is None:
            return
        if timeout >= HANDLER_MINUTES * durations.MINUTE:
            raise invalid(
                "HealthGate",
                "timeout",
                self.timeout,
                f"less than {HANDLER_MINUTES} minutes",
                "A deploy step ends after that; choose a shorter time.",
            )
        window = durations.milliseconds(self.window)
        if window is not None and window >= timeout:
            raise invalid(
                "HealthGate",
                "window",
                self.window,
                f"less than timeout ({self.timeout.to_human_string()})",
                "Shorten the window, or raise the timeout.",
            )

    @classmethod
    def none(cls) -> Self:
        """No gate: a deploy is good once the service says RUNNING.

        Given up is the proof: a job that fails on its first record passes, and nothing rolls back.
        """
        return cls(window=durations.seconds(0))

    def message(self) -> Gate:
        """The gate as the functions read it."""
        return Gate(
            window_seconds=seconds(self.window),
            period_seconds=seconds(self.period),
            max_restarts=number(self.max_restarts),
            min_records=number(self.min_records),
            deadline_seconds=seconds(self.timeout),
        )


def seconds(duration: Duration) -> str:
    """A duration as the functions read it; a token stays one."""
    return number(durations.whole(duration, durations.SECOND))


def number(value: float) -> str:
    """A number as the functions read it; a token stays one."""
    return Token.as_string(value) if is_token(value) else to_text(value)
