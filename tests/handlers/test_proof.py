from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from cdk_managed_flink.handlers.managed_flink_lifecycle.rules.proof import Proof, proof_of
from cdk_managed_flink.handlers.managed_flink_lifecycle.values.snapshot import Snapshot

SINCE = datetime(2026, 1, 1, tzinfo=UTC)


def taken(name: str, status: str, *, minutes: int = 5) -> Snapshot:
    return Snapshot(name, status, SINCE + timedelta(minutes=minutes), label=name)


@pytest.mark.parametrize(
    ("snapshots", "proof"),
    [
        ([], Proof("proved-abc-v3", "")),
        ([taken("proved-abc-v3", "CREATING")], Proof("proved-abc-v3", "CREATING")),
        ([taken("proved-abc-v3", "READY")], Proof("proved-abc-v3", "READY")),
        ([taken("proved-abc-v3", "FAILED")], Proof("proved-abc-v3-2", "")),
        # An earlier run of the same version proves nothing of this one.
        ([taken("proved-abc-v3", "READY", minutes=-60)], Proof("proved-abc-v3-2", "")),
        (
            [
                taken("proved-abc-v3", "READY", minutes=-60),
                taken("proved-abc-v3-2", "FAILED"),
                taken("proved-abc-v3-3", "READY"),
            ],
            Proof("proved-abc-v3-3", "READY"),
        ),
        (
            [
                taken("proved-abc-v3", "FAILED"),
                taken("proved-abc-v3-2", "FAILED"),
                taken("proved-abc-v3-3", "FAILED"),
            ],
            Proof("proved-abc-v3-3", "FAILED"),
        ),
        ([taken("proved-abc-v30", "READY"), taken("stop-1", "READY")], Proof("proved-abc-v3", "")),
    ],
)
def test_proof_is_found_by_name_and_time(snapshots: list[Snapshot], proof: Proof) -> None:
    assert proof_of(snapshots, "abc", 3, SINCE) == proof
