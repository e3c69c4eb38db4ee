"""The application's metrics in CloudWatch, spelled as its runtime spells them.

Source: "Metrics and dimensions in Managed Service for Apache Flink", developer guide.
"""

from typing import Any

from aws_cdk import aws_cloudwatch as cloudwatch

from cdk_managed_flink.application.runtime import Runtime

NAMESPACE = "AWS/KinesisAnalytics"
# What the reconciler of a FlinkLifecycle publishes itself.
RECONCILER_NAMESPACE = "ManagedFlink"


class ApplicationMetrics:
    """Mixin of an application, made or imported, that knows its name and its runtime."""

    application_name: str
    runtime: Runtime

    def metric(self, metric_name: str, **options: Any) -> cloudwatch.Metric:  # noqa: ANN401
        """Any metric of the application by its name; the default is its maximum by the minute."""
        return self._metric(NAMESPACE, metric_name, **options)

    def metric_restarts(self, **options: Any) -> cloudwatch.Metric:  # noqa: ANN401
        """Restarts of the job since it was submitted; cumulative."""
        return self.metric(self.runtime.metric_names.restarts, **options)

    def metric_uptime(self, **options: Any) -> cloudwatch.Metric:  # noqa: ANN401
        """Milliseconds for which the job has been running without a failure."""
        return self.metric(self.runtime.metric_names.uptime, **options)

    def metric_failed_checkpoints(self, **options: Any) -> cloudwatch.Metric:  # noqa: ANN401
        """Checkpoints that failed since the job was submitted; cumulative."""
        return self.metric("numberOfFailedCheckpoints", **options)

    def metric_cpu_utilization(self, **options: Any) -> cloudwatch.Metric:  # noqa: ANN401
        """Percent of CPU used in the containers of the task managers."""
        return self.metric("containerCPUUtilization", **options)

    def metric_heap_utilization(self, **options: Any) -> cloudwatch.Metric:  # noqa: ANN401
        """Percent of the task managers' heap that is used."""
        return self.metric("heapMemoryUtilization", **options)

    def metric_memory_utilization(self, **options: Any) -> cloudwatch.Metric:  # noqa: ANN401
        """Percent of the containers' memory that is used."""
        return self.metric("containerMemoryUtilization", **options)

    def metric_records_in(self, **options: Any) -> cloudwatch.Metric:  # noqa: ANN401
        """Records received since the job was submitted; cumulative."""
        return self.metric("numRecordsIn", **options)

    def metric_newest_snapshot_age(self, **options: Any) -> cloudwatch.Metric:  # noqa: ANN401
        """Seconds since the newest snapshot, 0 while stopped; the reconciler publishes it."""
        return self._metric(RECONCILER_NAMESPACE, "newestSnapshotAge", **options)

    def metric_stuck(self, **options: Any) -> cloudwatch.Metric:  # noqa: ANN401
        """1 while the application needs a person, else 0; the reconciler publishes it."""
        return self._metric(RECONCILER_NAMESPACE, "stuck", **options)

    def _metric(
        self,
        namespace: str,
        name: str,
        **options: Any,  # noqa: ANN401
    ) -> cloudwatch.Metric:
        return cloudwatch.Metric(
            namespace=namespace,
            metric_name=name,
            dimensions_map={"Application": self.application_name},
            **{"statistic": "Maximum", **options},
        )
