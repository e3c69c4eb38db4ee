"""FlinkLifecycle: Prepare before the application's update, Prove after it."""

from collections.abc import Sequence

from aws_cdk import CustomResource, Duration, Stack
from aws_cdk import aws_iam as iam
from constructs import Construct

from cdk_managed_flink.application import state_key
from cdk_managed_flink.application.acknowledge import acknowledge_wildcard
from cdk_managed_flink.application.application import FlinkApplication
from cdk_managed_flink.application.metrics import NAMESPACE
from cdk_managed_flink.application.tracked import change_key
from cdk_managed_flink.lifecycle.health_gate import (
    CLOUDFORMATION_DEADLINE,
    HANDLER_DEADLINE,
    HealthGate,
    seconds,
)
from cdk_managed_flink.lifecycle.provider import DEFAULT_POLL_INTERVAL, LifecycleProvider

DEFAULT_MAX_STATE_LOSS = Duration.minutes(15)


class FlinkLifecycle(Construct):
    """Stops the application for a deploy that changes it, starts it, and proves it healthy.

    Both resources are keyed on the same change key, so a deploy that leaves the application as it
    is runs neither. The order: what the application refers to, Prepare, the role's policies, the
    application and its logging option, Prove.

    Args:
        application: The application, with all that is bound to it.
        health_gate: What a new version has to show. Default ``HealthGate()``.
        max_state_loss: If a job cannot be stopped with a snapshot, how old the newest snapshot may
            be for the deploy to go on from it. Default 15 minutes; older fails the deploy.
        allow_non_restored_state: Whether state that the new version has no operator for may be
            dropped. Default off.
        key_operators: Further principals that start, stop or update an application whose state
            has a customer managed key.
        poll_interval: How often progress is looked at; one for all pipelines of a stack. Default
            10 seconds.

    Attributes:
        prepare: The custom resource ``Custom::FlinkPrepare``.
        prove: The custom resource ``Custom::FlinkProve``.
        restored_from: Name of the snapshot that the running version was started from.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        application: FlinkApplication,
        health_gate: HealthGate | None = None,
        max_state_loss: Duration = DEFAULT_MAX_STATE_LOSS,
        allow_non_restored_state: bool = False,
        key_operators: Sequence[iam.IGrantable] = (),
        poll_interval: Duration = DEFAULT_POLL_INTERVAL,
    ) -> None:
        super().__init__(scope, id)
        gate = health_gate or HealthGate()
        provider = LifecycleProvider.of(self, poll_interval=poll_interval)
        self._grant(provider.role, application)
        if application.encryption_key is not None:
            for operator in (provider.role, *key_operators):
                state_key.grant_operate(
                    application.encryption_key,
                    operator,
                    scope=self,
                    name=application.application_name,
                )
        key = change_key(
            application.resource,
            also=lambda: application.logging_option.cloud_watch_logging_option,
        )
        common = {
            "ApplicationName": application.application_name,
            "Application": key,
            "DeadlineSeconds": seconds(HANDLER_DEADLINE),
        }
        self.prepare = CustomResource(
            self,
            "Prepare",
            resource_type="Custom::FlinkPrepare",
            service_token=provider.service_token,
            service_timeout=CLOUDFORMATION_DEADLINE,
            properties={**common, "MaxStateLossSeconds": seconds(max_state_loss)},
        )
        names = application.runtime.metric_names
        self.prove = CustomResource(
            self,
            "Prove",
            resource_type="Custom::FlinkProve",
            service_token=provider.service_token,
            service_timeout=CLOUDFORMATION_DEADLINE,
            properties={
                **common,
                "Prepared": self.prepare.get_att_string("Snapshot"),
                "LogGroupName": application.log_group.log_group_name,
                "LogStreamName": application.log_stream.log_stream_name,
                "Gate": gate.properties(),
                "Metrics": {
                    "Namespace": NAMESPACE,
                    "Uptime": names.uptime,
                    "Restarts": names.restarts,
                    "FailedCheckpoints": "numberOfFailedCheckpoints",
                    "RecordsIn": "numRecordsIn",
                },
                "AllowNonRestoredState": str(allow_non_restored_state).lower(),
            },
        )
        self.restored_from = self.prove.get_att_string("RestoredFrom")
        application.resource.node.add_dependency(self.prepare)
        application.logging_option.node.add_dependency(self.prepare)
        for policy in application.role.node.find_all():
            # The running job keeps its rights until it has been stopped.
            if isinstance(policy, iam.Policy) and Stack.of(policy) is Stack.of(self):
                policy.node.add_dependency(self.prepare)
        self.prove.node.add_dependency(application.resource, application.logging_option)
        self.prove.node.add_dependency(application.role)

    def _grant(self, role: iam.Role, application: FlinkApplication) -> None:
        stack = Stack.of(self)
        for actions, resource in (
            (
                [
                    "kinesisanalytics:CreateApplicationSnapshot",
                    "kinesisanalytics:DescribeApplication",
                    "kinesisanalytics:DescribeApplicationOperation",
                    "kinesisanalytics:ListApplicationOperations",
                    "kinesisanalytics:ListApplicationSnapshots",
                    "kinesisanalytics:StartApplication",
                    "kinesisanalytics:StopApplication",
                ],
                application.application_arn,
            ),
            (["logs:FilterLogEvents"], application.log_group.log_group_arn),
            (
                ["cloudformation:DescribeStackEvents", "cloudformation:DescribeStacks"],
                stack.stack_id,
            ),
            # GetMetricData takes no resource.
            (["cloudwatch:GetMetricData"], "*"),
        ):
            role.add_to_policy(iam.PolicyStatement(actions=actions, resources=[resource]))
        acknowledge_wildcard(
            role, "*", "cloudwatch:GetMetricData takes no resource; it reads and changes nothing."
        )
