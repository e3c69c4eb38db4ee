"""What a CloudFormation type's properties do here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

DESCRIBED = "kept and described, without an effect on data: "
ENCRYPTED = DESCRIBED + "nothing is encrypted on this machine"


@dataclass(frozen=True)
class TypeProperties:
    """`known` and the first parts of `without_effect` are all a resource may have."""

    known: frozenset[str]
    without_effect: Mapping[str, str] = field(default_factory=dict)
    """Dotted path to the reason; also of a property that is known otherwise. `*` is every item."""

    @property
    def accepted(self) -> frozenset[str]:
        """Top-level properties that are not refused."""
        return self.known | {path.split(".")[0] for path in self.without_effect}


def properties(known: str, **without_effect: str) -> TypeProperties:
    """Names between spaces; in the name of one without an effect `__` stands for a dot."""
    return TypeProperties(
        frozenset(known.split()),
        {path.replace("__", "."): reason for path, reason in without_effect.items()},
    )
