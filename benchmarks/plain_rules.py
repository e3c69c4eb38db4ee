"""By hand: the rules that invoke the reconciler."""

from aws_cdk import CustomResource, Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns

from cdk_managed_flink.handlers.managed_flink_lifecycle.contract import (
    DesiredState,
    ReconcileEvent,
    Trigger,
)

ENDED = (
    "CREATE_COMPLETE",
    "CREATE_FAILED",
    "IMPORT_COMPLETE",
    "IMPORT_ROLLBACK_COMPLETE",
    "IMPORT_ROLLBACK_FAILED",
    "ROLLBACK_COMPLETE",
    "ROLLBACK_FAILED",
    "UPDATE_COMPLETE",
    "UPDATE_FAILED",
    "UPDATE_ROLLBACK_COMPLETE",
    "UPDATE_ROLLBACK_FAILED",
)


def add_rules(
    stack: Stack,
    *,
    name: str,
    topic: sns.Topic | None,
    where: tuple[str, str],
    reconcile: lambda_.Function,
    prove: CustomResource,
) -> list[events.CfnRule]:
    """Add one rule for the time and one for the end of each operation on the stack."""
    function_arn = reconcile.function_arn

    def target(trigger: Trigger) -> dict[str, str]:
        event = ReconcileEvent(
            trigger=trigger,
            application_name=name,
            stack_id=stack.stack_id,
            desired_state=DesiredState.RUNNING,
            bounded="false",
            snapshot_every_seconds="3600",
            snapshot_keep="24",
            snapshot_max_age_seconds="604800",
            pinned=[],
            topic_arn="" if topic is None else topic.topic_arn,
            period_seconds="300",
            metric_namespace="ManagedFlink",
            log_group_name=where[0],
            log_stream_name=where[1],
        )
        message = stack.to_json_string(event.to_dict())
        return {"arn": function_arn, "id": "Tend", "input": message}

    pattern = {
        "source": ["aws.cloudformation"],
        "detail-type": ["CloudFormation Stack Status Change"],
        "detail": {"stack-id": [stack.stack_id], "status-details": {"status": list(ENDED)}},
    }
    rules = [
        events.CfnRule(
            stack,
            "Schedule",
            schedule_expression="rate(5 minutes)",
            targets=[target(Trigger.SCHEDULE)],
        ),
        events.CfnRule(
            stack, "StackStatus", event_pattern=pattern, targets=[target(Trigger.STACK)]
        ),
    ]
    for rule in rules:
        rule.node.add_dependency(prove)
        lambda_.CfnPermission(
            stack,
            f"{rule.node.id}Permission",
            action="lambda:InvokeFunction",
            function_name=function_arn,
            principal="events.amazonaws.com",
            source_arn=rule.attr_arn,
        )
    return rules
