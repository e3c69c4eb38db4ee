"""Combinations that a line of the connector is known to do wrong without a word: warnings."""

from collections.abc import Mapping

from aws_cdk import Annotations

from cdk_managed_flink.application.base import ApplicationBase
from cdk_managed_flink.application.registry import Registry
from cdk_managed_flink.application.tokens import is_token
from cdk_managed_flink.kinesis.connector_actions import is_legacy, major

_FAN_OUT = "reads by fan-out"
_WRITES = "writes"
_USES = Registry[str, bool]()


def reads_by_fan_out(application: ApplicationBase, name: str) -> None:
    """Warn of a line whose fan-out loses its subscriptions.

    FLINK-39540 (subscriptions that end with a shard or time out) and FLINK-39660 (events that block
    the client's threads) were mended in 6.0.1 and not in 5.1.0.
    """
    if major(application.runtime) == 5:
        Annotations.of(application).add_warning_v2(
            "cdk-managed-flink:fan-out",
            f"{name}: the Kinesis connector 5.1.0 lacks two fixes of fan-out that 6.0.1 has: after "
            "a reshard or a timeout a subscription may not come back. Poll, or use "
            "Runtime.FLINK_2_2.",
        )
    _note(application, _FAN_OUT)


def writes(application: ApplicationBase) -> None:
    """Warn where fan-out and the sink wait for each other."""
    _note(application, _WRITES)


def loses_aggregates(application: ApplicationBase, name: str, options: Mapping[str, str]) -> None:
    """Warn where records of the Kinesis Producer Library would vanish.

    From 5.0 on the source doesn't take aggregated records apart: a format sees one unreadable
    record, and with ``ignore-parse-errors`` all that are in it are gone.
    """
    if is_legacy(application.runtime):
        return
    for option, value in options.items():
        if (
            option.endswith("ignore-parse-errors")
            and not is_token(value)
            and value.strip().lower() == "true"
        ):
            Annotations.of(application).add_warning_v2(
                "cdk-managed-flink:aggregated-records",
                f"{name}: with {option} records that a producer has aggregated (Kinesis Producer "
                "Library) vanish without a word: this connector doesn't take them apart. Have "
                "the producers switch aggregation off, or leave the option out.",
            )


def _note(application: ApplicationBase, use: str) -> None:
    uses = _USES.of(application)
    if use not in uses:
        uses[use] = True
        if uses.keys() == {_FAN_OUT, _WRITES} and major(application.runtime) == 5:
            Annotations.of(application).add_warning_v2(
                "cdk-managed-flink:fan-out-and-sink",
                "a source that reads by fan-out and a KinesisSink in one job may wait for each "
                "other under back pressure with the Kinesis connector 5.1.0 (FLINK-34071), and "
                "then only a forced stop ends the job: poll, or use Runtime.FLINK_2_2.",
            )
