"""How much and how long a delivery stream gathers before it delivers."""

from dataclasses import dataclass, field

from aws_cdk import Duration

from cdk_managed_flink.application.errors import invalid
from cdk_managed_flink.application.tokens import is_token

_SECONDS = {"seconds": 1, "days": 86_400}


def check_whole(where: str, prop: str, duration: Duration, *, unit: str) -> None:
    """Refuse a duration that the service has no number for.

    Raises:
        ValueError: It is not a whole number of the unit, ``seconds`` or ``days``.
    """
    if not duration.is_unresolved() and duration.to_seconds(integral=False) % _SECONDS[unit]:
        raise invalid(
            where, prop, duration, f"whole {unit}", f"The service counts it in {unit}: round it."
        )


@dataclass(frozen=True, kw_only=True)
class Buffering:
    """A delivery happens with whichever comes first. Source: "Understand buffering hints".

    Attributes:
        interval: 0 to 900 whole seconds. Default 300, the service's own.
        size_mib: 1 to 128 MiB; some destinations take less. Default 5, the service's own. The
            service gathers more where it falls behind.

    Raises:
        ValueError: Out of the range of any destination.
    """

    interval: Duration = field(default_factory=lambda: Duration.seconds(300))
    size_mib: int = 5

    def __post_init__(self) -> None:
        self.check("Buffering")

    def check(
        self,
        where: str,
        *,
        least_seconds: int = 0,
        least_mib: int = 1,
        most_mib: int = 128,
        reason: str = "The service takes no other value.",
    ) -> None:
        """Refuse what a destination does not take.

        Raises:
            ValueError: Out of range.
        """
        interval, size = self.interval, self.size_mib
        check_whole(where, "interval", interval, unit="seconds")
        if (
            not interval.is_unresolved()
            and not least_seconds <= interval.to_seconds(integral=False) <= 900
        ):
            raise invalid(where, "interval", interval, f"{least_seconds} to 900 seconds", reason)
        if not is_token(size) and not least_mib <= size <= most_mib:
            raise invalid(where, "size_mib", size, f"{least_mib} to {most_mib} MiB", reason)

    def hints(self) -> dict[str, float]:
        """The arguments of the L1's ``BufferingHintsProperty``, whatever its destination."""
        return {"interval_in_seconds": self.interval.to_seconds(), "size_in_m_bs": self.size_mib}
