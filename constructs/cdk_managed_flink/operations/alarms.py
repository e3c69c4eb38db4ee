"""Alarms of an application and of what is bound to it, and one composite alarm that pages."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from aws_cdk import Duration, Token
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_sns as sns
from constructs import Construct

from cdk_managed_flink.application.binding import Watch, WatchKind
from cdk_managed_flink.application.errors import invalid
from cdk_managed_flink.application.metrics import ApplicationMetrics


@dataclass(frozen=True, kw_only=True)
class Threshold:
    """When an alarm goes off: greater than ``value`` for ``periods`` periods in a row.

    Raises:
        ValueError: A negative value, or no period.
    """

    value: float
    periods: int = 3

    def __post_init__(self) -> None:
        for name, least in (("value", 0), ("periods", 1)):
            number = getattr(self, name)
            if not Token.is_unresolved(number) and number < least:
                raise invalid(
                    "Threshold",
                    name,
                    number,
                    f"{least} or more",
                    "Switch an alarm off with None in AlarmThresholds.",
                )


@dataclass(frozen=True, kw_only=True)
class AlarmThresholds:
    """Thresholds of all alarms; ``None`` switches one off.

    CPU, heap and checkpoints follow the service's own list of recommended alarms ("Use CloudWatch
    Alarms with Managed Service for Apache Flink").

    Attributes:
        restarts: Restarts of the job in a period. Default: any, at once.
        failed_checkpoints: Failed checkpoints in a period. Default: any, at once.
        cpu: Percent. Default 80 for three periods: above it a backlog is worked off too slowly.
        heap: Percent. Default 90 for three periods: above it garbage collection takes over.
        memory: Percent of the containers' memory. Default 85 for three periods: the best sign
            that a container is about to be killed.
        lag: Milliseconds behind a source. Default 60,000 for three periods.
        throttles: Throttled requests in a period. Default: any in three periods in a row; a
            single one is retried and harmless.
        errors: Errors of a sink in a period. Default: any in three periods in a row.
        period: Length of a period. Default one minute, in which the service reports.
    """

    restarts: Threshold | None = field(default_factory=lambda: Threshold(value=0, periods=1))
    failed_checkpoints: Threshold | None = field(
        default_factory=lambda: Threshold(value=0, periods=1)
    )
    cpu: Threshold | None = field(default_factory=lambda: Threshold(value=80))
    heap: Threshold | None = field(default_factory=lambda: Threshold(value=90))
    memory: Threshold | None = field(default_factory=lambda: Threshold(value=85))
    lag: Threshold | None = field(default_factory=lambda: Threshold(value=60_000))
    throttles: Threshold | None = field(default_factory=lambda: Threshold(value=0))
    errors: Threshold | None = field(default_factory=lambda: Threshold(value=0))
    period: Duration = field(default_factory=lambda: Duration.minutes(1))

    def for_watch(self, watch: Watch) -> Threshold | None:
        """The threshold for what a binding wants watched."""
        return {
            WatchKind.LAG: self.lag,
            WatchKind.THROTTLES: self.throttles,
            WatchKind.ERRORS: self.errors,
        }[watch.kind]


class FlinkAlarms(Construct):
    """The alarms of one pipeline. A stopped application reports nothing, which is no alarm.

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
        thresholds: AlarmThresholds | None = None,
        topic: sns.ITopic | None = None,
    ) -> None:
        super().__init__(scope, id)
        self._thresholds = thresholds or AlarmThresholds()
        self.alarms: dict[str, cloudwatch.Alarm] = {}
        self._application(application)
        for name, watch in watches:
            self._watch(name, watch)
        self.composite: cloudwatch.CompositeAlarm | None = None
        if self.alarms:
            self.composite = cloudwatch.CompositeAlarm(
                self,
                "Composite",
                alarm_rule=cloudwatch.AlarmRule.any_of(
                    *(
                        cloudwatch.AlarmRule.from_alarm(alarm, cloudwatch.AlarmState.ALARM)
                        for alarm in self.alarms.values()
                    )
                ),
                alarm_description=f"{application.application_name}: any of its alarms",
            )
            # The L2 names it by its path alone, so a second stack of that path in the account
            # would take the name: let CloudFormation make one.
            resource = self.composite.node.default_child
            assert isinstance(resource, cloudwatch.CfnCompositeAlarm)
            resource.add_property_deletion_override("AlarmName")
            if topic is not None:
                self.composite.add_alarm_action(actions.SnsAction(topic))
                self.composite.add_ok_action(actions.SnsAction(topic))

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
        seconds = int(self._thresholds.period.to_seconds())
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
    ) -> None:
        if threshold is None:
            return
        self.alarms[id] = cloudwatch.Alarm(
            self,
            id,
            metric=metric,
            threshold=threshold.value,
            evaluation_periods=threshold.periods,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
            alarm_description=meaning,
        )
