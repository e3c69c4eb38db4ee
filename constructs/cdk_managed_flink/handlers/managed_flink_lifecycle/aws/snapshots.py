"""The application's snapshots, in whichever of the service's two modes it keeps them.

A legacy snapshot belongs to its application. An enhanced one belongs to the account: its name is
taken account-wide, it outlives the application and starts any other one, by its ARN.
"""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any

from ..values.snapshot import Snapshot
from .calls import Client, NotFoundError, Value, call

LEGACY, ENHANCED = "APPLICATION_SNAPSHOTS_LEGACY", "ENHANCED_SNAPSHOTS"
_PAGE = 50
_ENHANCED_NAME_LENGTH = 100
# Room for a label after the application's name: the longest is `scheduled-` and a time.
_LABEL_LENGTH = 40


class Snapshots(ABC):
    """What both modes can do."""

    def __init__(self, client: Client, application: str) -> None:
        self._client = client
        self._application = application

    @abstractmethod
    def list(self) -> list[Snapshot]:
        """The application's snapshots, newest first."""

    @abstractmethod
    def name_of(self, label: str) -> str:
        """The name that a snapshot with this label has."""

    @abstractmethod
    def create(self, name: str) -> None:
        """Begins a snapshot of the running job."""

    def delete(self, snapshot: Snapshot) -> None:
        """Deletes exactly this snapshot; one that is gone already is fine."""
        try:
            self._delete(
                # The creation time tells it from a later one of the same name.
                SnapshotName=snapshot.name,
                SnapshotCreationTimestamp=snapshot.created,
            )
        except NotFoundError:
            return

    @abstractmethod
    def _delete(self, **which: Value) -> None:
        """The call itself."""

    def find(self, name_or_arn: str) -> Snapshot | None:
        """The snapshot that a person named; None when this application can't restore it."""
        return next((s for s in self.list() if name_or_arn in (s.name, s.arn)), None)

    def _pages(self, method: str, member: str, **filters: str) -> Iterator[dict[str, Any]]:
        token: dict[str, str] = {}
        while True:
            page = call(self._client, method, Limit=_PAGE, **filters, **token)
            yield from page.get(member) or []
            if not page.get("NextToken"):
                return
            token = {"NextToken": page["NextToken"]}


class LegacySnapshots(Snapshots):
    """APPLICATION_SNAPSHOTS_LEGACY, the service's default."""

    def list(self) -> list[Snapshot]:
        """The application's snapshots, newest first."""
        entries = self._pages(
            "list_application_snapshots", "SnapshotSummaries", ApplicationName=self._application
        )
        return _newest_first(
            Snapshot(
                name=entry["SnapshotName"],
                label=entry["SnapshotName"],
                status=entry["SnapshotStatus"],
                created=entry["SnapshotCreationTimestamp"],
            )
            for entry in entries
            if "SnapshotCreationTimestamp" in entry
        )

    def name_of(self, label: str) -> str:
        """The label itself: names are the application's own."""
        return label

    def create(self, name: str) -> None:
        """Begins a snapshot of the running job."""
        call(
            self._client,
            "create_application_snapshot",
            ApplicationName=self._application,
            SnapshotName=name,
        )

    def _delete(self, **which: Value) -> None:
        call(
            self._client,
            "delete_application_snapshot",
            ApplicationName=self._application,
            **which,
        )


class EnhancedSnapshots(Snapshots):
    """ENHANCED_SNAPSHOTS, from runtime 1.20 on."""

    def list(self) -> list[Snapshot]:
        """The snapshots taken of an application of this name, newest first."""
        entries = self._pages(
            "list_snapshots", "SnapshotInfoList", SourceApplicationName=self._application
        )
        return _newest_first(self._snapshot(entry) for entry in entries)

    def name_of(self, label: str) -> str:
        """The label behind the application's name, since names are the account's."""
        return self._prefix + label

    def create(self, name: str) -> None:
        """Begins a snapshot of the running job."""
        call(
            self._client,
            "create_snapshot",
            ApplicationName=self._application,
            SnapshotName=name,
        )

    def _delete(self, **which: Value) -> None:
        call(self._client, "delete_snapshot", **which)

    def find(self, name_or_arn: str) -> Snapshot | None:
        """Any snapshot of the account and Region, whichever application it was taken of."""
        name = name_or_arn.rpartition("/")[2]
        try:
            found = call(self._client, "describe_snapshot", SnapshotName=name)
        except NotFoundError:
            return None
        snapshot = self._snapshot(found["SnapshotInfoDetails"])
        return snapshot if name_or_arn in (snapshot.name, snapshot.arn) else None

    @property
    def _prefix(self) -> str:
        room = _ENHANCED_NAME_LENGTH - _LABEL_LENGTH
        if len(self._application) < room:
            return f"{self._application}-"
        digest = hashlib.sha256(self._application.encode()).hexdigest()[:8]
        return f"{self._application[: room - len(digest) - 2]}-{digest}-"

    def _snapshot(self, entry: dict[str, Any]) -> Snapshot:
        name = entry["SnapshotName"]
        own = name.startswith(self._prefix)
        return Snapshot(
            name=name,
            label=name.removeprefix(self._prefix) if own else "",
            status=entry["SnapshotStatus"],
            created=entry["SnapshotCreationTimestamp"],
            arn=entry["SnapshotArn"],
        )


def _newest_first(snapshots: Iterator[Snapshot]) -> list[Snapshot]:
    return sorted(snapshots, key=lambda snapshot: snapshot.created, reverse=True)
