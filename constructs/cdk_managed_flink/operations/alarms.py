"""Alarms of an application and of what is bound to it, and one composite alarm that pages."""

from collections.abc import Sequence

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_sns as sns
from constructs import Construct

from cdk_managed_flink.application.binding import Watch
from cdk_managed_flink.application.durations import SECOND, whole
from cdk_managed_flink.application.metrics import ApplicationMetrics
from cdk_managed_flink.application.snapshot_mode import SnapshotMode
from cdk_managed_flink.lifecycle.lifecycle import FlinkLifecycle
from cdk_managed_flink.operations.thresholds import AlarmThresholds, Threshold


class FlinkAlarms(Construct):
    """The alarms of one pipeline. A stopped application reports nothing, which is no alarm.

    With a lifecycle there are two more, on what its reconciler reports: that the application needs
    a person, and that its newest snapshot is too old. Both page: only the composite alarm notifies,
    and the age of the newest snapshot is what a failure would lose.

    Attributes:
        alarms: The single alarms, by what they watch.
        composite: Goes off when any of them does; it alone notifies, so one fault pages once.
            ``None`` if all alarms are switched off.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        application: ApplicationMetrics,
        watches: Sequence[tuple[str, Watch]] = (),
        lifecycle: FlinkLifecycle | None = None,
        thresholds: AlarmThresholds | None = None,
        topic: sns.ITopic | None = None,
    ) -> None:
        super().__init__(scope, id)
        self._thresholds = thresholds or AlarmThresholds()
        self.alarms: dict[str, cloudwatch.Alarm] = {}
        self._application(application)
        for name, watch in watches:
            self._watch(name, watch)
        if lifecycle is not None:
            self._lifecycle(application, lifecycle)
        self.composite: cloudwatch.CompositeAlarm | None = None
        if self.alarms:
            self.composite = cloudwatch.CompositeAlarm(
                self,
                "Composite",
                alarm_rule=cloudwatch.AlarmRule.any_of(*self.alarms.values()),
                alarm_description=f"{application.application_name}: any of its alarms",
            )
            # The L2 names it by its path alone, so a second stack of that path in the account
            # would take the name: let CloudFormation make one.
            resource = self.composite.node.default_child
            assert isinstance(resource, cloudwatch.CfnCompositeAlarm)
            resource.add_property_deletion_override("AlarmName")
            if topic is not None:
                tell = actions.SnsAction(topic)
                self.composite.add_alarm_action(tell)
                self.composite.add_ok_action(tell)

    def _application(self, application: ApplicationMetrics) -> None:
        limits = self._thresholds
        period = limits.period
        self._counter(
            "Restarts",
            application.metric_restarts(period=period),
            limits.restarts,
            "The job restarted: the log group has the exception.",
        )
        self._counter(
            "FailedCheckpoints",
            application.metric_failed_checkpoints(period=period),
            limits.failed_checkpoints,
            "A checkpoint failed: nothing new is committed until one succeeds.",
        )
        self._alarm(
            "Cpu",
            application.metric_cpu_utilization(period=period),
            limits.cpu,
            "CPU is short: raise the parallelism.",
        )
        self._alarm(
            "Heap",
            application.metric_heap_utilization(period=period),
            limits.heap,
            "Heap is short: lower parallelism_per_kpu, or look for growing state.",
        )
        self._alarm(
            "Memory",
            application.metric_memory_utilization(period=period),
            limits.memory,
            "A container is about to be killed for its memory: lower parallelism_per_kpu.",
        )

    def _lifecycle(self, application: ApplicationMetrics, lifecycle: FlinkLifecycle) -> None:
        limits = self._thresholds
        period = lifecycle.reconcile_interval
        name = application.application_name
        why = f"aws logs tail {lifecycle.log_group.log_group_name} --since 1h"
        self._alarm(
            "Stuck",
            application.metric_stuck(period=period),
            limits.stuck,
            f"{name} is not as it should be, and only a person can mend it. Why, and what to do: "
            f"{why}",
        )
        every = lifecycle.snapshots.every
        if every is None or limits.snapshot_age is None:
            return
        enhanced = lifecycle.application.snapshot_mode is SnapshotMode.ENHANCED_SNAPSHOTS
        take = "create-snapshot" if enhanced else "create-application-snapshot"
        alarm = self._alarm(
            "SnapshotAge",
            application.metric_newest_snapshot_age(period=period),
            limits.snapshot_age.threshold(every),
            f"{name} has no fresh snapshot, or its reconciler is silent: a failure would lose all "
            f"since the newest. Take one: aws kinesisanalyticsv2 {take} --application-name {name} "
            f"--snapshot-name by-hand-1. Why none was taken: {why}",
            missing=cloudwatch.TreatMissingData.BREACHING,
        )
        # Made when there is something to report, so that a first deploy is no alarm.
        if alarm is not None:
            alarm.node.add_dependency(lifecycle.reconciler)

    def _watch(self, name: str, watch: Watch) -> None:
        metric = cloudwatch.Metric(
            namespace=watch.namespace,
            metric_name=watch.metric_name,
            dimensions_map=dict(watch.dimensions),
            statistic=watch.statistic,
            period=self._thresholds.period,
        )
        self._alarm(f"{name}-{watch.id}", metric, self._thresholds.for_watch(watch), watch.meaning)

    def _counter(
        self,
        id: str,
        metric: cloudwatch.Metric,
        threshold: Threshold | None,
        meaning: str,
    ) -> None:
        # The counters only grow, and start again with each start of the job: what counts is the
        # increase. RATE is per second.
        seconds = int(whole(self._thresholds.period, SECOND))
        increase = cloudwatch.MathExpression(
            expression=f"RATE(counter) * {seconds}",
            using_metrics={"counter": metric},
            period=self._thresholds.period,
            label=id,
        )
        self._alarm(id, increase, threshold, meaning)

    def _alarm(
        self,
        id: str,
        metric: cloudwatch.IMetric,
        threshold: Threshold | None,
        meaning: str,
        missing: cloudwatch.TreatMissingData = cloudwatch.TreatMissingData.NOT_BREACHING,
    ) -> cloudwatch.Alarm | None:
        if threshold is None:
            return None
        alarm = cloudwatch.Alarm(
            self,
            id,
            metric=metric,
            threshold=threshold.value,
            evaluation_periods=threshold.periods,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
            treat_missing_data=missing,
            alarm_description=meaning,
        )
        self.alarms[id] = alarm
        return alarm
