"""FlinkPipeline: sources, a job and sinks, as one construct."""

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from aws_cdk import CfnOutput, Duration, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from constructs import Construct

from cdk_managed_flink.application.application import FlinkApplication
from cdk_managed_flink.application.binding import Bindable, Binding, Sink, Source, Watch
from cdk_managed_flink.application.code_location import Code
from cdk_managed_flink.application.endpoints import ensure_endpoints
from cdk_managed_flink.application.errors import invalid
from cdk_managed_flink.application.network import Network, merged
from cdk_managed_flink.application.place import share_place
from cdk_managed_flink.application.properties import PropertyValue
from cdk_managed_flink.application.removal import effective_removal
from cdk_managed_flink.application.runtime import Runtime
from cdk_managed_flink.application.settings import Checkpointing, Monitoring, Parallelism
from cdk_managed_flink.application.snapshot_mode import SnapshotMode
from cdk_managed_flink.lifecycle.desired_state import DesiredState
from cdk_managed_flink.lifecycle.health_gate import HealthGate
from cdk_managed_flink.lifecycle.lifecycle import DEFAULT_MAX_STATE_LOSS, FlinkLifecycle
from cdk_managed_flink.lifecycle.provider import DEFAULT_POLL_INTERVAL
from cdk_managed_flink.lifecycle.reconciler import DEFAULT_RECONCILE_INTERVAL
from cdk_managed_flink.lifecycle.restore_from import RestoreFrom
from cdk_managed_flink.lifecycle.snapshot_schedule import SnapshotSchedule
from cdk_managed_flink.lifecycle.update_strategy import UpdateStrategy
from cdk_managed_flink.operations.alarms import FlinkAlarms
from cdk_managed_flink.operations.notifications import Notifications, NotificationTopic
from cdk_managed_flink.operations.thresholds import AlarmThresholds
from cdk_managed_flink.security.keys import data_key as make_data_key
from cdk_managed_flink.security.keys import state_key as make_state_key

R = TypeVar("R")


class FlinkPipeline(Construct):
    """A Flink job with its sources and sinks: started, proved healthy, alarmed and encrypted.

    Args:
        code: The job, such as ``FlinkCode.from_sql("jobs/clickstream")``.
        sources: What it reads, by the name of the table.
        sinks: What it writes, by the name of the table.
        runtime: Default ``Runtime.FLINK_1_20``.
        application_name: Default: derived from the stack's name and the construct's path.
        role: An existing execution role. Default: one that only this application can assume.
        parallelism: Default one task on one KPU.
        checkpointing: Default every 60 seconds.
        monitoring: Default INFO and APPLICATION.
        property_groups: Further values for the job, ``${group.key}`` in SQL.
        state_key: Customer managed key for state and log. Default: a new one, from runtime 1.20
            on.
        data_key: Customer managed key for what sources and sinks make. Default: a new one.
        network: The VPC. Default: that of the clusters, warehouses and domains that are bound, or
            none.
        update_strategy: What becomes of the running state in a deploy. Default
            ``STOP_WITH_SNAPSHOT``.
        restore_from: Which state the new version starts from, for one deploy. Default
            ``RestoreFrom.latest()``.
        desired_state: Whether it is to run. Default ``RUNNING``; one that a person stopped stays
            stopped.
        bounded: Whether the job ends by itself. Default off.
        health_gate: What a new version has to show. Default ``HealthGate()``.
        max_state_loss: How old a snapshot may be to deploy from when the job cannot be stopped
            with a new one. Default 15 minutes.
        allow_non_restored_state: Whether state without an operator may be dropped. Default off.
        snapshot_mode: Whose the snapshots are. Default ``APPLICATION_SNAPSHOTS_LEGACY``.
        snapshots: Snapshots between deploys. Default ``SnapshotSchedule()``: hourly, for a day.
        key_operators: Further principals that operate the application with its key.
        alarms: Thresholds. Default ``AlarmThresholds()``.
        notifications: Whom alarms and the reconciler reach. Default: nobody; the alarms are there.
        log_retention: Default 3 months.
        poll_interval: How often a deploy looks at progress. Default 10 seconds.
        reconcile_interval: How often the reconciler looks between deploys. Default 5 minutes.
        removal_policy: For the application and all that holds data. Default
            ``RETAIN_ON_UPDATE_OR_DELETE``; ``DESTROY`` takes a context flag as well.

    Attributes:
        application: The ``FlinkApplication``.
        lifecycle: Prepare, Prove and the reconciler.
        alarms: The alarms, and the composite one.
        topic: The topic that alarms go to, or ``None``.

    Raises:
        ValueError: No source and sink at all, or what the parts refuse.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        code: Code,
        sources: Mapping[str, Source[Any]],
        sinks: Mapping[str, Sink[Any]],
        runtime: Runtime = Runtime.FLINK_1_20,
        application_name: str | None = None,
        role: iam.IRole | None = None,
        parallelism: Parallelism | None = None,
        checkpointing: Checkpointing | None = None,
        monitoring: Monitoring | None = None,
        property_groups: Mapping[str, Mapping[str, PropertyValue]] | None = None,
        state_key: kms.IKey | None = None,
        data_key: kms.IKey | None = None,
        network: Network | None = None,
        update_strategy: UpdateStrategy = UpdateStrategy.STOP_WITH_SNAPSHOT,
        restore_from: RestoreFrom | None = None,
        desired_state: DesiredState = DesiredState.RUNNING,
        bounded: bool = False,
        health_gate: HealthGate | None = None,
        max_state_loss: Duration = DEFAULT_MAX_STATE_LOSS,
        allow_non_restored_state: bool = False,
        snapshot_mode: SnapshotMode = SnapshotMode.APPLICATION_SNAPSHOTS_LEGACY,
        snapshots: SnapshotSchedule | None = None,
        key_operators: tuple[iam.IGrantable, ...] = (),
        alarms: AlarmThresholds | None = None,
        notifications: Notifications | None = None,
        log_retention: logs.RetentionDays = logs.RetentionDays.THREE_MONTHS,
        poll_interval: Duration = DEFAULT_POLL_INTERVAL,
        reconcile_interval: Duration = DEFAULT_RECONCILE_INTERVAL,
        removal_policy: RemovalPolicy = RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    ) -> None:
        super().__init__(scope, id)
        share_place(scope, self)
        if not sources and not sinks:
            raise invalid(
                self,
                "sources and sinks",
                "none",
                "at least one",
                "Bind what the job reads and writes; a job without either is a FlinkApplication.",
            )
        if state_key is not None and not runtime.supports_customer_managed_key:
            raise invalid(
                self,
                "state_key",
                f"a customer managed key with {runtime.name}",
                "no key, or a runtime from FLINK-1_20 on",
                "Use Runtime.FLINK_1_20, or leave the key out.",
            )
        removal = effective_removal(self, removal_policy)
        if state_key is None and runtime.supports_customer_managed_key:
            state_key = make_state_key(self, "StateKey", removal=removal)
        _check_kinds(self, "sources", sources, Source)
        _check_kinds(self, "sinks", sinks, Sink)
        bindables: list[tuple[str, Bindable[Any]]] = [*sources.items(), *sinks.items()]
        asked = [(name, bindable.network()) for name, bindable in bindables]
        self.application = FlinkApplication(
            self,
            "Application",
            code=code,
            runtime=runtime,
            connectors=[c for _, bindable in bindables for c in bindable.connectors(runtime)],
            application_name=application_name,
            role=role,
            parallelism=parallelism,
            checkpointing=checkpointing,
            monitoring=monitoring,
            snapshot_mode=snapshot_mode,
            property_groups=property_groups,
            encryption_key=state_key,
            data_key=data_key or make_data_key(self, "DataKey", removal=removal),
            network=merged(
                self,
                [(name, found) for name, found in [("the pipeline", network), *asked] if found],
            ),
            log_retention=log_retention,
            removal_policy=removal,
        )
        places = {"source": Construct(self, "Sources"), "sink": Construct(self, "Sinks")}
        for place in places.values():
            share_place(self, place)
        self._bindings = [
            (bindable, name, self.application.bind(places[bindable.kind], name, bindable))
            for name, bindable in bindables
        ]
        ensure_endpoints(self.application)
        self.topic = (
            NotificationTopic(self, "Notifications", notifications=notifications).topic
            if notifications is not None
            else None
        )
        self.lifecycle = FlinkLifecycle(
            self,
            "Lifecycle",
            application=self.application,
            update_strategy=update_strategy,
            restore_from=restore_from,
            desired_state=desired_state,
            bounded=bounded,
            health_gate=health_gate,
            max_state_loss=max_state_loss,
            allow_non_restored_state=allow_non_restored_state,
            snapshots=snapshots,
            key_operators=key_operators,
            poll_interval=poll_interval,
            reconcile_interval=reconcile_interval,
            topic=self.topic,
        )
        self.alarms = FlinkAlarms(
            self,
            "Alarms",
            application=self.application,
            watches=self._watches(),
            lifecycle=self.lifecycle,
            thresholds=alarms,
            topic=self.topic,
        )
        CfnOutput(self, "ApplicationName", value=self.application.application_name)
        CfnOutput(self, "RestoredFrom", value=self.lifecycle.restored_from)
        CfnOutput(self, "Evidence", value=self.lifecycle.evidence)

    def binding(self, bindable: Bindable[R]) -> Binding[R]:
        """What came of binding this source or sink: its stream, bucket or table, typed.

        Raises:
            ValueError: It is not bound to this pipeline.
        """
        for bound, _, binding in self._bindings:
            if bound is bindable:
                return cast("Binding[R]", binding)
        raise invalid(
            self,
            "bindable",
            bindable,
            "a source or sink of this pipeline: " + ", ".join(n for _, n, _ in self._bindings),
            "Pass the object that was given to sources= or sinks=.",
        )

    def add_property_group(self, group_id: str, properties: Mapping[str, PropertyValue]) -> None:
        """Add what the job reads under ``group_id``; ``${group_id.key}`` in SQL.

        Raises:
            ValueError: As ``FlinkApplication.add_property_group``.
        """
        called = set(self.application.service_endpoints)
        self.application.add_property_group(group_id, properties)
        if self.application.service_endpoints != called:
            ensure_endpoints(self.application)

    def _watches(self) -> list[tuple[str, Watch]]:
        return [(name, watch) for _, name, binding in self._bindings for watch in binding.watches]


def _check_kinds(owner: Construct, field: str, bindables: Mapping[str, object], kind: type) -> None:
    for name, bindable in bindables.items():
        if not isinstance(bindable, kind):
            raise invalid(
                owner,
                f"{field}[{name!r}]",
                bindable,
                f"a {kind.__name__}, such as Kinesis{kind.__name__}()",
                "What a job reads is a source, what it writes a sink, each an object of its own.",
            )
