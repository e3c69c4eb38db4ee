"""State that does not fit is told from any other failure."""

from __future__ import annotations

import pytest

from cdk_managed_flink.handlers.managed_flink_lifecycle.steps import incompatibility

OPERATOR_GONE = (
    "java.lang.IllegalStateException: Failed to rollback to checkpoint/savepoint "
    "s3://b/savepoint-1. Cannot map checkpoint/savepoint state for operator "
    "90bea66de1c231edf33913ecd54406c1 to the new program, because the operator is not available "
    "in the new program. If you want to allow to skip this, you can set the "
    "--allowNonRestoredState option on the CLI."
)
OTHER_TYPE = (
    "org.apache.flink.util.StateMigrationException: The new state serializer "
    "(org.apache.flink.table.runtime.typeutils.RowDataSerializer@1) must not be incompatible with "
    "the old state serializer"
)


def test_operator_gone_offers_to_drop_its_state_or_to_start_empty() -> None:
    """Names the incompatibility and the two ways out."""
    words = incompatibility.ways_out(OPERATOR_GONE)
    assert "allow_non_restored_state=True" in words
    assert "RestoreFrom.empty()" in words


def test_other_type_does_not_offer_what_would_not_help() -> None:
    words = incompatibility.ways_out(OTHER_TYPE)
    assert "allow_non_restored_state" not in words
    assert "RestoreFrom.empty()" in words


@pytest.mark.parametrize(
    "cause", ["", "java.lang.NumberFormatException: For input string: x", "no such column"]
)
def test_other_failures_are_not_about_state(cause: str) -> None:
    assert incompatibility.ways_out(cause) == ""
