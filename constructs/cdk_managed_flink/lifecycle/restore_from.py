"""RestoreFrom: which state the new version starts from."""

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
    """A choice for **one** deploy: left in the code, it does nothing the next time.

    Use ``latest()``, ``snapshot(...)`` or ``empty()``. Taking the choice out again changes
    nothing either.

    Attributes:
        type: What kind of choice it is.
        chosen: Name or ARN of the snapshot; empty unless one was chosen.

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
            "Name it as `aws kinesisanalyticsv2 list-application-snapshots` does; a snapshot that "
            "belongs to its application has no ARN.",
        )

    @classmethod
    def latest(cls) -> Self:
        """Where the old version stopped: the default."""
        return cls()

    @classmethod
    def snapshot(cls, name_or_arn: str) -> Self:
        """Exactly this snapshot, which has to be READY.

        The running version is stopped with a snapshot first, so that the way back is open.

        Args:
            name_or_arn: A name of the application's own list. With enhanced snapshots also the ARN
                of any snapshot of the account and Region.

        Raises:
            ValueError: No snapshot can be called so.
        """
        return cls(type=RestoreType.SNAPSHOT, chosen=name_or_arn)

    @classmethod
    def empty(cls) -> Self:
        """No state at all: the job reads from where its sources are told to start.

        Takes the context flag ``cdk-managed-flink:allowEmptyStart=true`` as well.
        """
        return cls(type=RestoreType.EMPTY)

    @property
    def is_arn(self) -> bool:
        """Whether an ARN was chosen, as far as that is known at synth."""
        return self.chosen.startswith("arn:")

    def check(self, scope: Construct, mode: SnapshotMode) -> None:
        """Refuse what this application cannot be started from.

        Raises:
            ValueError: An ARN where snapshots have none, or an empty start without the flag.
        """
        if self.is_arn and mode is SnapshotMode.APPLICATION_SNAPSHOTS_LEGACY:
            raise invalid(
                scope,
                "restore_from",
                self.chosen,
                f"the name of a snapshot, since snapshot_mode is {mode}",
                "Only enhanced snapshots have an ARN: give the name that is behind its last /.",
            )
        if self.type is RestoreType.EMPTY and not context_flag.is_set(scope, ALLOW_EMPTY_START):
            raise invalid(
                scope,
                "restore_from",
                "RestoreFrom.empty()",
                f"an empty start only with the context flag {ALLOW_EMPTY_START}=true as well",
                f"All state is given up: deploy with -c {ALLOW_EMPTY_START}=true if that is meant.",
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
