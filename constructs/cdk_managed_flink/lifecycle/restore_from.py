"""RestoreFrom: the state that the new version starts from."""

import re
from dataclasses import dataclass
from typing import Self

from constructs import Construct

from cdk_managed_flink.application import context_flag
from cdk_managed_flink.application.errors import invalid
from cdk_managed_flink.application.snapshot_mode import SnapshotMode
from cdk_managed_flink.application.tokens import is_token
from cdk_managed_flink.handlers.managed_flink_lifecycle.contract import Restore, RestoreType

ALLOW_EMPTY_START = "cdk-managed-flink:allowEmptyStart"
# SnapshotName and SnapshotV2Name of the service's API.
_NAME = re.compile(r"[a-zA-Z0-9_.-]{1,256}")
_ARN = re.compile(r"arn:[a-z-]+:kinesisanalytics:[a-z0-9-]+:\d{12}:snapshot/[a-zA-Z0-9_.-]{1,100}")


@dataclass(frozen=True, kw_only=True)
class RestoreFrom:
    """A choice for **one** deploy: left in the code, it has no effect on the next one.

    Use ``latest()``, ``snapshot(...)`` or ``empty()``. Removing the choice again has no effect
    either.

    Attributes:
        type: The kind of choice.
        chosen: Name or ARN of the chosen snapshot, or empty.

    Raises:
        ValueError: A name or an ARN that no snapshot can have.
    """

    type: RestoreType = RestoreType.LATEST
    chosen: str = ""

    def __post_init__(self) -> None:
        if self.type is not RestoreType.SNAPSHOT or _legal(self.chosen):
            return
        raise invalid(
            "RestoreFrom",
            "snapshot",
            self.chosen,
            "1 to 256 of the characters a-z A-Z 0-9 _ . -, or the ARN of an enhanced snapshot, "
            "arn:<partition>:kinesisanalytics:<region>:<account>:snapshot/<name>",
            "Use a name that `aws kinesisanalyticsv2 list-application-snapshots` lists; only "
            "enhanced snapshots have an ARN.",
        )

    @classmethod
    def latest(cls) -> Self:
        """Where the old version stopped: the default."""
        return cls()

    @classmethod
    def snapshot(cls, name_or_arn: str) -> Self:
        """Exactly this snapshot, which must be READY.

        The running version is stopped with a snapshot first, so that it can be restored.

        Args:
            name_or_arn: A name of the application's own list. With enhanced snapshots also the ARN
                of any snapshot of the account and Region.

        Raises:
            ValueError: No snapshot can have this name.
        """
        return cls(type=RestoreType.SNAPSHOT, chosen=name_or_arn)

    @classmethod
    def empty(cls) -> Self:
        """No state at all: the job reads from the start position of its sources.

        Also needs the context flag ``cdk-managed-flink:allowEmptyStart=true``.
        """
        return cls(type=RestoreType.EMPTY)

    @property
    def is_arn(self) -> bool:
        """Whether an ARN was chosen, as far as that is known at synth."""
        return self.chosen.startswith("arn:")

    def check(self, scope: Construct, mode: SnapshotMode) -> None:
        """Check that this application can be started from it.

        Raises:
            ValueError: An ARN for legacy snapshots, which have none, or an empty start without
                the flag.
        """
        if self.is_arn and mode is SnapshotMode.APPLICATION_SNAPSHOTS_LEGACY:
            raise invalid(
                scope,
                "restore_from",
                self.chosen,
                f"the name of a snapshot, since snapshot_mode is {mode}",
                "Only enhanced snapshots have an ARN: use the name after its last /.",
            )
        if self.type is RestoreType.EMPTY and not context_flag.is_set(scope, ALLOW_EMPTY_START):
            raise invalid(
                scope,
                "restore_from",
                "RestoreFrom.empty()",
                f"an empty start only with the context flag {ALLOW_EMPTY_START}=true as well",
                f"All state is lost: deploy with -c {ALLOW_EMPTY_START}=true if that is intended.",
            )

    def message(self) -> Restore:
        """The choice as the functions read it."""
        return Restore(type=self.type, snapshot=self.chosen)


def _legal(chosen: str) -> bool:
    if not chosen.startswith("arn:"):
        return is_token(chosen) or bool(_NAME.fullmatch(chosen))
    if not is_token(chosen):
        return bool(_ARN.fullmatch(chosen))
    resource = chosen.rpartition(":")[2]
    return resource.startswith("snapshot/") or resource.startswith("${Token")
