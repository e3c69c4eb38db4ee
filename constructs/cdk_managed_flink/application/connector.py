"""A connector as a source or sink names it."""

from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Connector:
    """Maven coordinates of a connector that the job needs in its one jar."""

    group: str
    artifact: str
    version: str

    def __str__(self) -> str:
        return f"{self.group}:{self.artifact}:{self.version}"
