"""Detects a deploy that would lose the read position of a source."""

from __future__ import annotations

from ..values.request import Request

_FLAG = "cdk-managed-flink:replacePositions"


def lost(request: Request) -> str:
    """Why the deploy must not go on; empty when each source goes on where it was, or may not.

    Another class of the same connector does not read the old one's state.
    https://nightlies.apache.org/flink/flink-docs-stable/docs/connectors/datastream/kinesis/
    """
    before, after = request.old.readers, request.prepare.readers
    may = set(request.prepare.replace_positions)
    for name, reader in after.items():
        if name in before and before[name] != reader and name not in may:
            return (
                f"Application {request.application} was not stopped: source {name} would be read "
                f"by {reader} instead of {before[name]}, which does not restore its read position: "
                "a start at LATEST leaves a gap, one at TRIM_HORIZON reads everything again. Take "
                "the change of runtime or connector line back; or stop the job, set the source's "
                "start to the time of that stop, start=KinesisStart.at(...), and deploy with "
                f"allow_non_restored_state=True and -c {_FLAG}={name}."
            )
    return ""
