"""The messages between the constructs and the lifecycle's functions: every key and value once.

The constructs write them into the template, CloudFormation and EventBridge deliver them, the
functions read them. The key of a field is its name in CamelCase: ``max_state_loss_seconds`` is
``MaxStateLossSeconds``. Every value is text, because CloudFormation turns numbers and booleans
into text; at synth a value may be a CDK token.

A missing key is an error, never a default. The exception is `EarlierProperties`. A release that
adds a key must still accept messages without it: the functions are updated before the rules, and
before a pipeline is deleted, so they get what the release before wrote.

Standard library only, with `message`: the constructs import this module at synth.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple, Self, TypeAlias

from .message import ContractError as ContractError
from .message import Message
from .message import key_of as key_of
from .message import to_text as to_text

# What CDK resolves only when it writes the template.
Unresolved: TypeAlias = Any


class UpdateStrategy(StrEnum):
    """How a running application gets from one version to the next.

    Attributes:
        STOP_WITH_SNAPSHOT: Stopped with a snapshot, updated, started from that snapshot by name.
            The default: nothing is processed after the restore point, and every start option is
            explicit. A job that cannot be stopped this way continues from its newest snapshot if
            that is younger than ``max_state_loss``; otherwise the deploy fails and nothing is lost.
        FORCE_STOP: Stopped at once, without a snapshot, and started from the newest existing one
            if it is younger than ``max_state_loss``. For a job that can no longer take snapshots:
            what came after the restore point is processed again.
        IN_PLACE: A snapshot, then CloudFormation updates the running application, and the service
            itself stops and restarts it. A shorter gap with fewer guarantees: what is processed
            between that snapshot and the service's own stop is not in the restore point, you
            cannot choose what to start from, and a job that the service cannot stop fails the
            deploy.
    """

    STOP_WITH_SNAPSHOT = "STOP_WITH_SNAPSHOT"
    FORCE_STOP = "FORCE_STOP"
    IN_PLACE = "IN_PLACE"


class DesiredState(StrEnum):
    """The state to which a deploy, and the reconciler between deploys, brings the application.

    Attributes:
        RUNNING: It runs; an application that somebody stopped by hand stays stopped across
            deploys. The default: whoever stopped it had a reason that the template does not know.
        ALWAYS_RUNNING: A deploy that changes the application also starts one stopped by hand.
        STOPPED: It is stopped with a snapshot and stays stopped; a stopped application costs only
            the storage of its snapshots. Setting RUNNING again starts it from there.
    """

    RUNNING = "RUNNING"
    ALWAYS_RUNNING = "ALWAYS_RUNNING"
    STOPPED = "STOPPED"


class RestoreType(StrEnum):
    """What to start from: where the old version stopped, a given snapshot, or no state."""

    LATEST = "LATEST"
    SNAPSHOT = "SNAPSHOT"
    EMPTY = "EMPTY"


class ResourceType(StrEnum):
    """The two custom resources of a pipeline."""

    PREPARE = "Custom::FlinkPrepare"
    PROVE = "Custom::FlinkProve"


class Trigger(StrEnum):
    """What invokes the reconciler: its schedule, or the end of an operation on the stack."""

    SCHEDULE = "schedule"
    STACK = "stack"


class Store(NamedTuple):
    """What holds the data of one table: its type in CloudFormation, and its physical id."""

    kind: str
    physical_id: str


def stores_of(written: Mapping[str, Sequence[str]]) -> dict[str, Store]:
    """The stores by the names of their tables."""
    return {name: Store(*store) for name, store in written.items()}


@dataclass(frozen=True, kw_only=True)
class ChangeKey(Message):
    """Changes exactly when the application changes: a hash of its text, and its references."""

    digest: str
    inputs: Sequence[Any]


@dataclass(frozen=True, kw_only=True)
class Restore(Message):
    """What the next start restores; ``snapshot`` is a name or an ARN, or empty."""

    type: RestoreType = field(metadata={"read": RestoreType})
    snapshot: str


LATEST = Restore(type=RestoreType.LATEST, snapshot="")


@dataclass(frozen=True, kw_only=True)
class Gate(Message):
    """The health gate."""

    window_seconds: str
    period_seconds: str
    max_restarts: str
    min_records: str
    deadline_seconds: str


@dataclass(frozen=True, kw_only=True)
class Metrics(Message):
    """The names of the metrics that the health gate reads; they depend on the Flink version."""

    namespace: str
    uptime: str
    restarts: str
    failed_checkpoints: str
    records_in: str


@dataclass(frozen=True, kw_only=True)
class Definition(Message):
    """The role, code, runtime and property groups that an imported application is updated to.

    Attributes:
        property_groups: As the service's API has them. None where they refer to a parameter with
            NoEcho, since CDK's provider framework logs these properties.
    """

    role: str
    bucket_arn: str
    file_key: str
    object_version: str
    runtime: str
    property_groups: Sequence[Mapping[str, Any]] | None = None


@dataclass(frozen=True, kw_only=True)
class RequestProperties(Message):
    """The properties that Prepare and Prove share."""

    application_name: str
    application: ChangeKey | Unresolved = field(metadata={"read": ChangeKey.of})
    deadline_seconds: str
    strategy: UpdateStrategy = field(metadata={"read": UpdateStrategy})
    desired_state: DesiredState = field(metadata={"read": DesiredState})
    restore: Restore = field(metadata={"read": Restore.of})
    bounded: str
    max_state_loss_seconds: str


@dataclass(frozen=True, kw_only=True)
class PrepareRequest(RequestProperties):
    """The properties of Prepare.

    Attributes:
        stores: What holds the data of each table, by the table's name.
        replace_stores: Tables that may get a new, empty store in this deploy.
        readers: What keeps the read position of a source, by the table's name.
        replace_positions: Sources whose read position may be given up in this deploy.
    """

    stores: Mapping[str, Store] = field(metadata={"read": stores_of})
    replace_stores: Sequence[str]
    readers: Mapping[str, str]
    replace_positions: Sequence[str]


@dataclass(frozen=True, kw_only=True)
class ProveRequest(RequestProperties):
    """The properties of Prove.

    Attributes:
        prepared: The snapshot that Prepare named.
        run: Whether to start the application, as Prepare answered.
        metric_namespace: Namespace of the library's own metrics.
    """

    prepared: str
    run: str
    log_group_name: str
    log_stream_name: str
    gate: Gate = field(metadata={"read": Gate.of})
    metrics: Metrics = field(metadata={"read": Metrics.of})
    allow_non_restored_state: str
    definition: Definition | Unresolved = field(metadata={"read": Definition.of})
    metric_namespace: str


@dataclass(frozen=True, kw_only=True)
class PrepareAnswer(Message):
    """The attributes of Prepare: the snapshot to restore, and whether Prove is to start it."""

    snapshot: str
    application_version_id: str
    run: str


@dataclass(frozen=True, kw_only=True)
class ProveAnswer(Message):
    """The attributes of Prove: the snapshot that was restored, and what the gate saw."""

    restored_from: str
    application_version_id: str
    evidence: str


@dataclass(frozen=True, kw_only=True)
class ReconcileEvent(Message):
    """The input of the reconciler's rules: the constants of one pipeline, and the trigger.

    Attributes:
        snapshot_every_seconds: How old the newest snapshot may get; zero switches the schedule off.
        snapshot_keep: How many of the library's own snapshots are kept at most.
        snapshot_max_age_seconds: How old they may get.
        pinned: Names or ARNs of snapshots that are never deleted.
        period_seconds: How often the schedule invokes the reconciler.
    """

    trigger: Trigger = field(metadata={"read": Trigger})
    application_name: str
    stack_id: str
    desired_state: DesiredState = field(metadata={"read": DesiredState})
    bounded: str
    snapshot_every_seconds: str
    snapshot_keep: str
    snapshot_max_age_seconds: str
    pinned: Sequence[str]
    topic_arn: str
    period_seconds: str
    metric_namespace: str
    log_group_name: str
    log_stream_name: str


@dataclass(frozen=True, kw_only=True)
class EarlierProperties:
    """What is needed of `OldResourceProperties`, which an earlier release may have written.

    What that release did not write is empty; its restore is `LATEST`.
    """

    application_name: str
    application: Mapping[str, Any]
    desired_state: str
    restore: Restore
    stores: Mapping[str, Store]
    readers: Mapping[str, str]

    @classmethod
    def of(cls, written: Mapping[str, Any]) -> Self:
        """Reads what there is."""
        restore = {**LATEST.to_dict(), **written.get(key_of("restore"), {})}
        return cls(
            application_name=written.get(key_of("application_name"), ""),
            application=written.get(key_of("application"), {}),
            desired_state=written.get(key_of("desired_state"), ""),
            restore=Restore.of(restore),
            stores=stores_of(written.get(key_of("stores"), {})),
            readers=written.get(key_of("readers"), {}),
        )
