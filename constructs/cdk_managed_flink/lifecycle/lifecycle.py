"""FlinkLifecycle: Prepare before the application's update, Prove after it, and the reconciler."""

from collections.abc import Sequence

import jsii
from aws_cdk import CustomResource, Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from constructs import Construct, IValidation

from cdk_managed_flink.application import durations
from cdk_managed_flink.application.acknowledge import acknowledge_wildcards
from cdk_managed_flink.application.answers import (
    log_group_name,
    log_stream_name,
    topic_arn,
)
from cdk_managed_flink.application.application import FlinkApplication
from cdk_managed_flink.application.errors import invalid
from cdk_managed_flink.application.metrics import NAMESPACE, RECONCILER_NAMESPACE
from cdk_managed_flink.application.place import place_of, share_place
from cdk_managed_flink.handlers.managed_flink_lifecycle.contract import (
    Metrics,
    PrepareRequest,
    ProveRequest,
    ReconcileEvent,
    RequestProperties,
    ResourceType,
    Trigger,
    key_of,
    stores_of,
    to_text,
)
from cdk_managed_flink.lifecycle import contradictions
from cdk_managed_flink.lifecycle.definition import ApplicationDefinition
from cdk_managed_flink.lifecycle.desired_state import DesiredState
from cdk_managed_flink.lifecycle.health_gate import (
    CLOUDFORMATION_MINUTES,
    HANDLER_MINUTES,
    HealthGate,
    number,
    seconds,
)
from cdk_managed_flink.lifecycle.provider import DEFAULT_POLL_INTERVAL, LifecycleProvider
from cdk_managed_flink.lifecycle.reconciler import DEFAULT_RECONCILE_INTERVAL, Reconciler
from cdk_managed_flink.lifecycle.restore_from import RestoreFrom
from cdk_managed_flink.lifecycle.rights import ApplicationRights, let_operate
from cdk_managed_flink.lifecycle.snapshot_schedule import SnapshotSchedule
from cdk_managed_flink.lifecycle.stores import keep_up_to_date, may_begin_anew, replaceable
from cdk_managed_flink.lifecycle.update_strategy import UpdateStrategy

DEFAULT_MAX_STATE_LOSS = durations.minutes(15)


class FlinkLifecycle(Construct):
    """Stops the application for a deploy that changes it, starts it, and proves it healthy.

    Both custom resources have the same change key, so a deploy that does not change the application
    does not touch it. The order: the resources that the application refers to, Prepare, the role's
    policies, the application and its logging option, Prove, the reconciler's rules.

    Args:
        application: The application, with its sources and sinks.
        update_strategy: What becomes of the running state. Default ``STOP_WITH_SNAPSHOT``.
        restore_from: Which state the new version starts from, for one deploy. Default
            ``RestoreFrom.latest()``: where the old version stopped.
        desired_state: Whether it is running after a deploy. Default ``RUNNING``.
        bounded: Whether the job ends by itself. Its end then counts as healthy, and it is not
            started again. Default off.
        health_gate: When a new version is accepted. Default ``HealthGate()``.
        max_state_loss: If a job cannot be stopped with a snapshot, how old its newest snapshot may
            be for the deploy to continue from it. Default 15 minutes; the deploy fails if it is
            older.
        allow_non_restored_state: Whether state that the new version has no operator for may be
            dropped. Default off.
        snapshots: Snapshots between deploys. Default ``SnapshotSchedule()``: hourly, for a day.
        key_operators: Further principals that start, stop or update an application whose state
            has a customer managed key.
        poll_interval: How often a deploy polls; the same for all pipelines of a stack. Default 10
            seconds.
        reconcile_interval: How often the reconciler runs between deploys, 1 to 60 whole minutes.
            Default 5 minutes, the longest that an application waits which a failed deploy left
            stopped.
        topic: Where the reconciler publishes that the application needs a person. Default: only the
            metric says so.

    Attributes:
        prepare: The custom resource ``Custom::FlinkPrepare``.
        prove: The custom resource ``Custom::FlinkProve``.
        reconciler: The rules that invoke the reconciler between deploys.
        log_group: The log of the functions: each decision and its reason.
        restored_from: Name of the snapshot that the running version was started from.
        evidence: One sentence: what the gate observed, or why the application was left stopped.

    Raises:
        ValueError: Properties that cannot be combined, an empty start without its flag, or more
            pipelines than a stack may have.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        application: FlinkApplication,
        update_strategy: UpdateStrategy = UpdateStrategy.STOP_WITH_SNAPSHOT,
        restore_from: RestoreFrom | None = None,
        desired_state: DesiredState = DesiredState.RUNNING,
        bounded: bool = False,
        health_gate: HealthGate | None = None,
        max_state_loss: Duration = DEFAULT_MAX_STATE_LOSS,
        allow_non_restored_state: bool = False,
        snapshots: SnapshotSchedule | None = None,
        key_operators: Sequence[iam.IGrantable] = (),
        poll_interval: Duration = DEFAULT_POLL_INTERVAL,
        reconcile_interval: Duration = DEFAULT_RECONCILE_INTERVAL,
        topic: sns.ITopic | None = None,
    ) -> None:
        super().__init__(scope, id)
        share_place(scope, self)
        self.application = application
        self.snapshots = snapshots or SnapshotSchedule()
        self.reconcile_interval = reconcile_interval
        gate = health_gate or HealthGate()
        restore = restore_from or RestoreFrom.latest()
        restore.check(self, application.snapshot_mode)
        contradictions.refuse(
            self,
            strategy=update_strategy,
            restore=restore,
            state=desired_state,
            bounded=bounded,
            gate=gate,
            max_state_loss=max_state_loss,
        )
        contradictions.refuse_schedule(self, self.snapshots, reconcile_interval)
        if update_strategy is UpdateStrategy.IN_PLACE:
            contradictions.warn_in_place(self)
        provider = LifecycleProvider.of(self, poll_interval=poll_interval)
        self.log_group = provider.log_group
        needed = ApplicationRights(application=application, restore=restore, topic=topic)
        rights = provider.attach_policy(self, "Rights", needed.document())
        if needed.wildcards:
            acknowledge_wildcards(rights, *needed.wildcards)
        for operator in key_operators:
            let_operate(operator, application)
        defined = ApplicationDefinition(application)
        if update_strategy is not UpdateStrategy.FORCE_STOP:
            self.node.add_validation(_SnapshotsOn(defined))
        common = RequestProperties(
            application_name=application.application_name,
            application=defined.change_key(),
            deadline_seconds=to_text(60 * HANDLER_MINUTES),
            strategy=update_strategy,
            desired_state=desired_state,
            restore=restore.message(),
            bounded=to_text(bounded),
            max_state_loss_seconds=seconds(max_state_loss),
        )
        self.prepare = self._resource(
            "Prepare",
            ResourceType.PREPARE,
            provider,
            PrepareRequest(
                **vars(common),
                stores=stores_of(application.stores),
                replace_stores=replaceable(application),
                readers=application.readers,
                replace_positions=may_begin_anew(application),
            ),
        )
        keep_up_to_date(self.prepare, application)
        names = application.runtime.metric_names
        self.prove = self._resource(
            "Prove",
            ResourceType.PROVE,
            provider,
            ProveRequest(
                **vars(common),
                prepared=self.prepare.get_att_string(key_of("snapshot")),
                run=self.prepare.get_att_string(key_of("run")),
                log_group_name=log_group_name(application.log_group),
                log_stream_name=log_stream_name(application.log_stream),
                gate=gate.message(),
                metrics=Metrics(
                    namespace=NAMESPACE,
                    uptime=names.uptime,
                    restarts=names.restarts,
                    failed_checkpoints="numberOfFailedCheckpoints",
                    records_in="numRecordsIn",
                ),
                allow_non_restored_state=to_text(allow_non_restored_state),
                definition=defined.job(),
                metric_namespace=RECONCILER_NAMESPACE,
            ),
        )
        # The permissions exist before the first request and until after the last one.
        self.prepare.node.add_dependency(rights)
        self.restored_from = self.prove.get_att_string(key_of("restored_from"))
        self.evidence = self.prove.get_att_string(key_of("evidence"))
        if application.prerequisites:
            self.prepare.node.add_dependency(*application.prerequisites)
        application.resource.node.add_dependency(self.prepare)
        application.logging_option.node.add_dependency(self.prepare)
        for policy in application.role.node.find_all():
            # The running job keeps its rights until it has been stopped.
            if isinstance(policy, iam.Policy) and place_of(policy).stack is place_of(self).stack:
                policy.node.add_dependency(self.prepare)
        self.prove.node.add_dependency(
            application.resource, application.logging_option, application.role
        )
        every = self.snapshots.every
        self.reconciler = Reconciler(
            self,
            "Reconciler",
            function=provider.reconcile,
            event=ReconcileEvent(
                trigger=Trigger.SCHEDULE,
                application_name=application.application_name,
                stack_id=place_of(self).stack_id,
                desired_state=desired_state,
                bounded=to_text(bounded),
                snapshot_every_seconds="0" if every is None else seconds(every),
                snapshot_keep=number(self.snapshots.keep),
                snapshot_max_age_seconds=seconds(self.snapshots.max_age),
                pinned=[restore.chosen] if restore.chosen else [],
                topic_arn="" if topic is None else topic_arn(topic),
                period_seconds=seconds(reconcile_interval),
                metric_namespace=RECONCILER_NAMESPACE,
                log_group_name=log_group_name(application.log_group),
                log_stream_name=log_stream_name(application.log_stream),
            ),
            interval=reconcile_interval,
            after=self.prove,
        )

    def _resource(
        self, id: str, type: ResourceType, provider: LifecycleProvider, message: RequestProperties
    ) -> CustomResource:
        return CustomResource(
            self,
            id,
            resource_type=type.value,
            service_token=provider.service_token,
            service_timeout=durations.minutes(CLOUDFORMATION_MINUTES),
            properties=message.to_dict(),
        )


@jsii.implements(IValidation)
class _SnapshotsOn:
    """At synth, since an override may come after the constructor."""

    def __init__(self, defined: ApplicationDefinition) -> None:
        self._defined = defined

    def validate(self) -> list[str]:
        configuration = self._defined.effective().get("ApplicationConfiguration", {})
        snapshots = configuration.get("ApplicationSnapshotConfiguration", {})
        if snapshots.get("SnapshotsEnabled") is not False:
            return []
        refused = invalid(
            "FlinkLifecycle",
            "ApplicationSnapshotConfiguration.SnapshotsEnabled",
            False,
            "true, or update_strategy FORCE_STOP",
            "Without snapshots a stop loses the state: leave them on, or use FORCE_STOP.",
        )
        return [str(refused)]
