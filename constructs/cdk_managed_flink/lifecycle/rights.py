"""What the lifecycle's role may do: once for the stack, and for each application."""

from collections.abc import Mapping

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns

from cdk_managed_flink.application.acknowledge import acknowledge_wildcard
from cdk_managed_flink.application.application import FlinkApplication
from cdk_managed_flink.application.data_key_grants import grant_key_through
from cdk_managed_flink.application.metrics import RECONCILER_NAMESPACE
from cdk_managed_flink.application.role import SERVICE_PRINCIPAL
from cdk_managed_flink.application.snapshot_mode import SnapshotMode
from cdk_managed_flink.lifecycle.restore_from import RestoreFrom

Conditions = Mapping[str, Mapping[str, str]]
# An enhanced snapshot's name starts with the application's, which the handlers cut at 50 characters
# from 60 on, so that their label has room in the 100 of the service.
_LONGEST_PREFIX = 60
_CUT_PREFIX = 50


def allow_stack(role: iam.Role) -> None:
    """Read how the own stack's operation stands; read and write metrics."""
    own_stack = ["cloudformation:DescribeStackEvents", "cloudformation:DescribeStacks"]
    own_metrics = {"StringEquals": {"cloudwatch:namespace": RECONCILER_NAMESPACE}}
    for statement in (
        iam.PolicyStatement(actions=own_stack, resources=[Stack.of(role).stack_id]),
        iam.PolicyStatement(actions=["cloudwatch:GetMetricData"], resources=["*"]),
        iam.PolicyStatement(
            actions=["cloudwatch:PutMetricData"], resources=["*"], conditions=own_metrics
        ),
    ):
        role.add_to_policy(statement)
    acknowledge_wildcard(
        role,
        "*",
        "cloudwatch:GetMetricData and PutMetricData take no resource; what is written is held to "
        f"the namespace {RECONCILER_NAMESPACE}.",
    )


def allow_application(
    policy: iam.ManagedPolicy,
    *,
    application: FlinkApplication,
    restore: RestoreFrom,
    topic: sns.ITopic | None,
) -> None:
    """Operate exactly this application, read what shows its health, tell whom it concerns."""
    _allow(
        policy,
        [
            # An application on its way to enhanced snapshots still has those of its own.
            "kinesisanalytics:CreateApplicationSnapshot",
            "kinesisanalytics:DeleteApplicationSnapshot",
            "kinesisanalytics:DescribeApplication",
            "kinesisanalytics:DescribeApplicationOperation",
            "kinesisanalytics:ListApplicationOperations",
            "kinesisanalytics:ListApplicationSnapshots",
            "kinesisanalytics:StartApplication",
            "kinesisanalytics:StopApplication",
            "kinesisanalytics:UpdateApplication",
        ],
        application.application_arn,
    )
    # An imported application is updated to the template's role before it is started.
    to_service = {"StringEquals": {"iam:PassedToService": SERVICE_PRINCIPAL}}
    _allow(policy, ["iam:PassRole"], application.role.role_arn, to_service)
    _allow(policy, ["logs:FilterLogEvents"], application.log_group.log_group_arn)
    if application.snapshot_mode is SnapshotMode.ENHANCED_SNAPSHOTS:
        _allow_enhanced(policy, application, restore)
    if topic is not None:
        _allow(policy, ["sns:Publish"], topic.topic_arn)
        if topic.master_key is not None:
            use = ["kms:Decrypt", "kms:GenerateDataKey"]
            grant_key_through(topic.master_key, policy, service="sns", actions=use)


def _allow_enhanced(
    policy: iam.ManagedPolicy, application: FlinkApplication, restore: RestoreFrom
) -> None:
    # The second is no call: it lets the service take the snapshot that goes with a stop.
    taking = ["kinesisanalytics:CreateSnapshot", "kinesisanalytics:CreateSystemSnapshot"]
    _allow(policy, taking, application.application_arn)
    # Snapshots are the account's: names are all that tells this application's from another's.
    name = application.application_name
    prefix = name if len(name) < _LONGEST_PREFIX else name[:_CUT_PREFIX]
    own = _snapshot_arn(policy, f"{prefix}-*")
    _allow(policy, ["kinesisanalytics:DeleteSnapshot"], own)
    acknowledge_wildcard(policy, own, "The names of this application's snapshots start so.")
    _allow(policy, ["kinesisanalytics:ListSnapshots"], "*")
    acknowledge_wildcard(policy, "*", "kinesisanalytics:ListSnapshots takes no resource.")
    if restore.chosen:
        chosen = restore.chosen if restore.is_arn else _snapshot_arn(policy, restore.chosen)
        _allow(policy, ["kinesisanalytics:DescribeSnapshot"], chosen)


def _snapshot_arn(policy: iam.ManagedPolicy, name: str) -> str:
    return Stack.of(policy).format_arn(
        service="kinesisanalytics", resource="snapshot", resource_name=name
    )


def _allow(
    policy: iam.ManagedPolicy,
    actions: list[str],
    resource: str,
    conditions: Conditions | None = None,
) -> None:
    policy.add_statements(
        iam.PolicyStatement(actions=actions, resources=[resource], conditions=conditions)
    )
