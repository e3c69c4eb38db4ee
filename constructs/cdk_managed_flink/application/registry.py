"""What constructs have to know of each other, kept on the construct that they share."""

from typing import Generic, TypeVar

from constructs import IConstruct

K = TypeVar("K")
V = TypeVar("V")
_KEPT = "_managed_flink_registry"


class Registry(Generic[K, V]):
    """Entries of one kind, such as the consumer groups of an app.

    They lie on their owner, an app, a stage or an application, so that they go when it goes and
    two apps in one process have nothing in common.
    """

    def of(self, owner: IConstruct) -> dict[K, V]:
        """The entries of this owner, by reference."""
        kept: dict[Registry[K, V], dict[K, V]] = owner.__dict__.setdefault(_KEPT, {})
        return kept.setdefault(self, {})
