"""IndexClaims: which sink writes which indexes of a domain."""

from fnmatch import fnmatchcase

from aws_cdk import Duration
from constructs import Construct

from cdk_managed_flink.application.errors import invalid


class IndexClaims:
    """Patterns of indexes, each with its writers: rights and retention hold for a whole pattern."""

    def __init__(self) -> None:
        self._claims: list[tuple[Construct, str, Duration | None]] = []

    def add(self, owner: Construct, pattern: str, retention: Duration | None) -> None:
        """Take a pattern for a sink; several sinks may write the same indexes.

        Raises:
            ValueError: It has indexes in common with another pattern, or a second retention.
        """
        for other, taken, kept in self._claims:
            if pattern == taken:
                if retention is not None and kept is not None:
                    raise invalid(
                        owner,
                        "retention",
                        retention,
                        f"none, as {other.node.path} says {kept.to_human_string()} for {taken}",
                        "An index has one retention: leave it out in one of both.",
                    )
            elif fnmatchcase(pattern, taken) or fnmatchcase(taken, pattern):
                raise invalid(
                    owner,
                    "index",
                    pattern,
                    f"indexes that are not of {taken}, which {other.node.path} writes",
                    "Rights and retention of a sink hold for all indexes of its pattern: choose a "
                    "name that the other does not begin with.",
                )
        self._claims.append((owner, pattern, retention))
