"""Reconciler: the rules that invoke the reconciler between deploys and after a failed one."""

from dataclasses import replace

from aws_cdk import Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_lambda as lambda_
from constructs import Construct, IDependable

from cdk_managed_flink.application import durations
from cdk_managed_flink.application.place import place_of
from cdk_managed_flink.handlers.managed_flink_lifecycle.contract import ReconcileEvent, Trigger

DEFAULT_RECONCILE_INTERVAL = durations.minutes(5)
# Nothing is in progress on the stack. A deleted stack has nothing to reconcile.
_TERMINAL = (
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


class Reconciler(Construct):
    """Two rules: one for the end of each operation on its own stack, one on a schedule.

    CloudFormation's rollback calls a custom resource again only if the update had reached it, so
    a deploy that failed elsewhere may leave an application stopped. The rules are created last, so
    a delete removes them first: nothing restarts what a delete has stopped. When a deploy is rolled
    back, the rules of the deploy before are still in place.

    Args:
        function: The reconciler's function.
        event: Its input, the same each time except for the trigger.
        interval: How often the schedule invokes it.
        after: Must exist before the rules.

    Attributes:
        schedule: The rule with the schedule.
        stack_status: The rule for the stack's status.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        function: lambda_.IFunction,
        event: ReconcileEvent,
        interval: Duration,
        after: IDependable,
    ) -> None:
        super().__init__(scope, id)
        place = place_of(scope)
        minutes = int(durations.literal(interval) // durations.MINUTE)
        unit = "minute" if minutes == 1 else "minutes"
        function_arn = function.function_arn

        def target(trigger: Trigger) -> dict[str, str]:
            message = place.stack.to_json_string(replace(event, trigger=trigger).to_dict())
            return {"arn": function_arn, "id": "Tend", "input": message}

        self.schedule = events.CfnRule(
            self,
            "Schedule",
            description=f"Looks after {event.application_name}",
            schedule_expression=f"rate({minutes} {unit})",
            targets=[target(Trigger.SCHEDULE)],
        )
        self.stack_status = events.CfnRule(
            self,
            "StackStatus",
            description=f"Looks after {event.application_name} when a deploy has ended",
            event_pattern={
                "source": ["aws.cloudformation"],
                "detail-type": ["CloudFormation Stack Status Change"],
                "detail": {
                    "stack-id": [place.stack_id],
                    "status-details": {"status": list(_TERMINAL)},
                },
            },
            targets=[target(Trigger.STACK)],
        )
        for name, rule in (("Schedule", self.schedule), ("StackStatus", self.stack_status)):
            rule.node.add_dependency(after)
            lambda_.CfnPermission(
                self,
                f"{name}Permission",
                action="lambda:InvokeFunction",
                function_name=function_arn,
                principal="events.amazonaws.com",
                source_arn=rule.attr_arn,
            )
