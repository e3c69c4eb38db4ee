"""By hand: the custom resources that stop, start and prove the application, and the reconciler."""

import hashlib
import json
from pathlib import Path
from typing import Any

from aws_cdk import CustomResource, Duration, RemovalPolicy, Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kinesisanalyticsv2 as kda
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sns as sns
from aws_cdk import aws_stepfunctions as stepfunctions
from aws_cdk import custom_resources as cr

from benchmarks.plain_keys import ARN_CONTEXT, decrypt_grants
from benchmarks.plain_rules import add_rules
from cdk_managed_flink.handlers.managed_flink_lifecycle.contract import (
    LATEST,
    ChangeKey,
    Definition,
    DesiredState,
    Gate,
    Metrics,
    PrepareRequest,
    ProveRequest,
    RequestProperties,
    ResourceType,
    Store,
    UpdateStrategy,
)

Statement = tuple[list[str], str, dict[str, dict[str, str]] | None]
HANDLERS = Path(__file__).parents[1] / "constructs" / "cdk_managed_flink" / "handlers"


def add_lifecycle(
    stack: Stack,
    *,
    name: str,
    arn: str,
    application: kda.CfnApplication,
    logging: kda.CfnApplicationCloudWatchLoggingOption,
    role: iam.Role,
    state_key: kms.Key,
    log_group: logs.LogGroup,
    log_stream: logs.LogStream,
    configuration: dict[str, Any],
    topic: sns.Topic | None,
    stores: dict[str, Store],
) -> tuple[CustomResource, list[events.CfnRule]]:
    """Add both custom resources and the rules; return Prove and the rules."""
    provider_role, service_token, reconcile = _provider(stack)
    rights = iam.ManagedPolicy(stack, "LifecycleRights", roles=[provider_role])
    for actions, resource, conditions in (
        *_operating(stack, arn, state_key, log_group),
        *_further(role, topic),
    ):
        rights.add_statements(
            iam.PolicyStatement(actions=actions, resources=[resource], conditions=conditions)
        )
    text = json.dumps(stack.resolve(configuration), sort_keys=True)
    common = RequestProperties(
        application_name=name,
        application=ChangeKey(
            digest=hashlib.sha256(text.encode()).hexdigest(),
            inputs=[role.role_arn, state_key.key_arn, log_stream.log_stream_name],
        ),
        deadline_seconds="3000",
        strategy=UpdateStrategy.STOP_WITH_SNAPSHOT,
        desired_state=DesiredState.RUNNING,
        restore=LATEST,
        bounded="false",
        max_state_loss_seconds="900",
    )
    location = configuration["applicationCodeConfiguration"]["codeContent"]["s3ContentLocation"]
    prepare = CustomResource(
        stack,
        "Prepare",
        resource_type=ResourceType.PREPARE.value,
        service_token=service_token,
        service_timeout=Duration.minutes(60),
        properties=PrepareRequest(
            **vars(common),
            stores=stores,
            replace_stores=[],
            readers={"events": "FlinkKinesisConsumer"},
            replace_positions=[],
        ).to_dict(),
    )
    prove = CustomResource(
        stack,
        "Prove",
        resource_type=ResourceType.PROVE.value,
        service_token=service_token,
        service_timeout=Duration.minutes(60),
        properties=ProveRequest(
            **vars(common),
            prepared=prepare.get_att_string("Snapshot"),
            run=prepare.get_att_string("Run"),
            log_group_name=log_group.log_group_name,
            log_stream_name=log_stream.log_stream_name,
            gate=Gate(
                window_seconds="300",
                period_seconds="60",
                max_restarts="2",
                min_records="0",
                deadline_seconds="1200",
            ),
            metrics=Metrics(
                namespace="AWS/KinesisAnalytics",
                uptime="uptime",
                restarts="fullRestarts",
                failed_checkpoints="numberOfFailedCheckpoints",
                records_in="numRecordsIn",
            ),
            allow_non_restored_state="false",
            definition=Definition(
                role=role.role_arn,
                bucket_arn=location["bucketArn"],
                file_key=location["fileKey"],
                object_version="",
                runtime="FLINK-1_20",
            ),
            metric_namespace="ManagedFlink",
        ).to_dict(),
    )
    prepare.node.add_dependency(rights)
    application.node.add_dependency(prepare)
    logging.node.add_dependency(prepare)
    policy = role.node.find_child("DefaultPolicy")
    policy.node.add_dependency(prepare)
    prove.node.add_dependency(application, logging, role)
    where = (log_group.log_group_name, log_stream.log_stream_name)
    return prove, add_rules(
        stack, name=name, topic=topic, where=where, reconcile=reconcile, prove=prove
    )


def _provider(stack: Stack) -> tuple[iam.Role, str, lambda_.Function]:
    log_group = logs.LogGroup(
        stack,
        "LifecycleLog",
        retention=logs.RetentionDays.THREE_MONTHS,
        removal_policy=RemovalPolicy.DESTROY,
    )
    role = iam.Role(
        stack,
        "LifecycleRole",
        assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
        description="Starts and stops the Flink application",
    )
    log_group.grant_write(role)
    own_stack = [
        "cloudformation:DescribeStackEvents",
        "cloudformation:DescribeStacks",
        "cloudformation:ListStackResources",
    ]
    own_metrics = {"StringEquals": {"cloudwatch:namespace": "ManagedFlink"}}
    for statement in (
        iam.PolicyStatement(actions=own_stack, resources=[stack.stack_id]),
        iam.PolicyStatement(actions=["cloudwatch:GetMetricData"], resources=["*"]),
        iam.PolicyStatement(
            actions=["cloudwatch:PutMetricData"], resources=["*"], conditions=own_metrics
        ),
    ):
        role.add_to_policy(statement)
    code = lambda_.Code.from_asset(str(HANDLERS), exclude=["**/__pycache__", "**/*.pyc"])
    on_event, is_complete, reconcile = (
        lambda_.Function(
            stack,
            id,
            runtime=lambda_.Runtime.PYTHON_3_14,
            architecture=lambda_.Architecture.ARM_64,
            handler=f"managed_flink_lifecycle.entry.{handler}",
            code=code,
            role=role,
            log_group=log_group,
            timeout=Duration.minutes(2),
            memory_size=256,
        )
        for id, handler in (
            ("OnEvent", "on_event"),
            ("IsComplete", "is_complete"),
            ("Tend", "reconcile"),
        )
    )
    provider = cr.Provider(
        stack,
        "Provider",
        on_event_handler=on_event,
        is_complete_handler=is_complete,
        disable_waiter_state_machine_logging=False,
        query_interval=Duration.seconds(10),
        total_timeout=Duration.minutes(55),
        log_group=log_group,
        waiter_state_machine_log_options=cr.LogOptions(
            destination=log_group,
            level=stepfunctions.LogLevel.ALL,
            include_execution_data=False,
        ),
    )
    return role, provider.service_token, reconcile


def _operating(
    stack: Stack, arn: str, state_key: kms.Key, log_group: logs.LogGroup
) -> list[Statement]:
    key_arn = state_key.key_arn
    via = {"kms:ViaService": f"kinesisanalytics.{stack.region}.amazonaws.com"}
    context = {**via, ARN_CONTEXT: arn}
    return [
        (
            [
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
            arn,
            None,
        ),
        (["logs:FilterLogEvents"], log_group.log_group_arn, None),
        (["kms:DescribeKey"], key_arn, {"StringEquals": via}),
        (
            ["kms:Decrypt", "kms:GenerateDataKey", "kms:GenerateDataKeyWithoutPlaintext"],
            key_arn,
            {"StringEquals": context},
        ),
        (["kms:CreateGrant"], key_arn, decrypt_grants(context)),
    ]


def _further(execution_role: iam.Role, topic: sns.Topic | None) -> list[Statement]:
    passed = {"StringEquals": {"iam:PassedToService": "kinesisanalytics.amazonaws.com"}}
    passing: Statement = (["iam:PassRole"], execution_role.role_arn, passed)
    if topic is None:
        return [passing]
    key = topic.master_key
    assert key is not None
    via = {"StringEquals": {"kms:ViaService": f"sns.{topic.stack.region}.amazonaws.com"}}
    return [
        passing,
        (["sns:Publish"], topic.topic_arn, None),
        (["kms:Decrypt", "kms:GenerateDataKey"], key.key_arn, via),
    ]
