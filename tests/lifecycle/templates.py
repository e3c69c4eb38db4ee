"""A pipeline as its template says: what the functions are told of it, by their contract."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cdk_managed_flink.handlers.managed_flink_lifecycle.contract import (
    ChangeKey,
    Definition,
    DesiredState,
    Gate,
    Metrics,
    PrepareRequest,
    ProveRequest,
    ReconcileEvent,
    RequestProperties,
    Restore,
    RestoreType,
    Store,
    Trigger,
    UpdateStrategy,
    to_text,
)
from tests.lifecycle.application import Configuration, groups_of
from tests.lifecycle.observability import NAMESPACE, OWN_NAMESPACE, STREAM
from tests.lifecycle.snapshots import LEGACY

WITH_SNAPSHOT, FORCE_STOP, IN_PLACE = UpdateStrategy
RUNNING, ALWAYS_RUNNING, STOPPED = DesiredState
NEWEST, NAMED, EMPTY = RestoreType
GATE = Gate(
    window_seconds="180",
    period_seconds="60",
    max_restarts="2",
    min_records="0",
    deadline_seconds="1200",
)
DEADLINE_SECONDS = 3000
MAX_STATE_LOSS = 900  # the default, which users have
STREAM_STORE, TABLE_STORE = "AWS::Kinesis::Stream", "AWS::DynamoDB::GlobalTable"
TABLE = "pages"
STORES = {"clicks": Store(STREAM_STORE, "clicks-1"), TABLE: Store(TABLE_STORE, "pages-1")}
TOPIC = "arn:aws:sns:us-east-1:111111111111:alerts"


def restoring(type_: RestoreType = NEWEST, snapshot: str = "") -> Restore:
    return Restore(type=type_, snapshot=snapshot)


@dataclass(frozen=True)
class Schedule:
    """What the reconciler is told of snapshots."""

    every_seconds: int = 3600
    keep: int = 24
    max_age_seconds: int = 7 * 86400
    pinned: tuple[str, ...] = ()
    period_seconds: int = 300


@dataclass(frozen=True)
class Template:
    code: str
    application: str = "sensors"
    strategy: UpdateStrategy = WITH_SNAPSHOT
    desired: DesiredState = RUNNING
    restore: Restore = field(default_factory=restoring)
    bounded: bool = False
    max_state_loss: int = MAX_STATE_LOSS
    allow_non_restored: bool = False
    mode: str = LEGACY
    runtime: str = "FLINK-1_20"
    snapshots_enabled: bool = True
    rollback_enabled: bool = False
    gate: Gate = GATE
    schedule: Schedule = field(default_factory=Schedule)
    stores: Mapping[str, Store] = field(default_factory=lambda: STORES)
    replace_stores: tuple[str, ...] = ()
    replace_positions: tuple[str, ...] = ()

    @property
    def reader(self) -> str:
        """Of its Kinesis source, which Flink 2 reads with another class."""
        return "KinesisStreamsSource" if self.runtime > "FLINK-2" else "FlinkKinesisConsumer"

    @property
    def configuration(self) -> Configuration:
        return Configuration(
            key=self.code,
            mode=self.mode,
            runtime=self.runtime,
            snapshots_enabled=self.snapshots_enabled,
            rollback_enabled=self.rollback_enabled,
        )

    @property
    def digest(self) -> str:
        return hashlib.sha256(repr(self.configuration).encode()).hexdigest()

    @property
    def _common(self) -> RequestProperties:
        return RequestProperties(
            application_name=self.application,
            application=ChangeKey(digest=self.digest, inputs=["code"]),
            deadline_seconds=to_text(DEADLINE_SECONDS),
            strategy=self.strategy,
            desired_state=self.desired,
            restore=self.restore,
            bounded=to_text(self.bounded),
            max_state_loss_seconds=to_text(self.max_state_loss),
        )

    def prepare(self) -> dict[str, Any]:
        return PrepareRequest(
            **vars(self._common),
            stores=self.stores,
            replace_stores=self.replace_stores,
            readers={"clicks": self.reader},
            replace_positions=self.replace_positions,
        ).to_dict()

    def prove(self, prepared: Mapping[str, str]) -> dict[str, Any]:
        two = self.runtime > "FLINK-2"
        held = self.configuration
        return ProveRequest(
            **vars(self._common),
            prepared=prepared["Snapshot"],
            run=prepared["Run"],
            log_group_name=f"/aws/kinesis-analytics/{self.application}",
            log_stream_name=STREAM,
            gate=self.gate,
            metrics=Metrics(
                namespace=NAMESPACE,
                uptime="runningTime" if two else "uptime",
                restarts="numRestarts" if two else "fullRestarts",
                failed_checkpoints="numberOfFailedCheckpoints",
                records_in="numRecordsIn",
            ),
            allow_non_restored_state=to_text(self.allow_non_restored),
            definition=Definition(
                role=held.role,
                bucket_arn=held.bucket,
                file_key=held.key,
                object_version=held.object_version,
                runtime=held.runtime,
                property_groups=groups_of(held.groups),
            ),
            metric_namespace=OWN_NAMESPACE,
        ).to_dict()

    def reconcile(self, stack_id: str, trigger: Trigger) -> dict[str, Any]:
        return ReconcileEvent(
            trigger=trigger,
            application_name=self.application,
            stack_id=stack_id,
            desired_state=self.desired,
            bounded=to_text(self.bounded),
            snapshot_every_seconds=to_text(self.schedule.every_seconds),
            snapshot_keep=to_text(self.schedule.keep),
            snapshot_max_age_seconds=to_text(self.schedule.max_age_seconds),
            pinned=self.schedule.pinned,
            topic_arn=TOPIC,
            period_seconds=to_text(self.schedule.period_seconds),
            metric_namespace=OWN_NAMESPACE,
            log_group_name=f"/aws/kinesis-analytics/{self.application}",
            log_stream_name=STREAM,
        ).to_dict()
