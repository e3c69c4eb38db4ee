"""By hand: the rules that wake what looks after the application."""

from aws_cdk import CustomResource, Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns

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
    tend: lambda_.Function,
    prove: CustomResource,
) -> list[events.CfnRule]:
    """Add one rule for the time and one for the end of each operation on the stack."""
    told = {
        "ApplicationName": name,
        "StackId": stack.stack_id,
        "DesiredState": "RUNNING",
        "Bounded": "false",
        "SnapshotEverySeconds": "3600",
        "SnapshotKeep": "24",
        "SnapshotMaxAgeSeconds": "604800",
        "Pinned": [],
        "TopicArn": "" if topic is None else topic.topic_arn,
        "PeriodSeconds": "300",
        "MetricNamespace": "ManagedFlink",
    }
    function_arn = tend.function_arn

    def target(trigger: str) -> dict[str, str]:
        event = stack.to_json_string({"Trigger": trigger, **told})
        return {"arn": function_arn, "id": "Tend", "input": event}

    pattern = {
        "source": ["aws.cloudformation"],
        "detail-type": ["CloudFormation Stack Status Change"],
        "detail": {"stack-id": [stack.stack_id], "status-details": {"status": list(ENDED)}},
    }
    rules = [
        events.CfnRule(
            stack, "Schedule", schedule_expression="rate(5 minutes)", targets=[target("schedule")]
        ),
        events.CfnRule(stack, "StackStatus", event_pattern=pattern, targets=[target("stack")]),
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
