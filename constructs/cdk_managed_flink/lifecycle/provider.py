"""The functions of the lifecycle: one set for each stack, its findings acknowledged once."""

from pathlib import Path

from aws_cdk import Duration, RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_stepfunctions as stepfunctions
from aws_cdk import custom_resources as cr
from constructs import Construct

from cdk_managed_flink.application.acknowledge import acknowledge_provider
from cdk_managed_flink.application.errors import invalid
from cdk_managed_flink.lifecycle.health_gate import PROVIDER_DEADLINE
from cdk_managed_flink.lifecycle.rights import allow_stack

# Contract: the logical ids of the functions below follow from these ids, and CloudFormation
# refuses a custom resource whose ServiceToken changes.
_ID = "ManagedFlinkLifecycle"
_HANDLERS = Path(__file__).parent.parent / "handlers"
DEFAULT_POLL_INTERVAL = Duration.seconds(10)
# IAM's quota "Managed policies per role", by default. Each pipeline has one policy of its own.
_MOST_PIPELINES = 10


class LifecycleProvider(Construct):
    """Three functions, the framework's waiter, and one role that is granted each application.

    Attributes:
        role: Role of the functions, with what concerns the whole stack.
        service_token: For the custom resources.
        tend: The reconciler's function.
        log_group: Where all of them say what they did, and why.
    """

    @staticmethod
    def of(scope: Construct, *, poll_interval: Duration) -> "LifecycleProvider":
        """The stack's provider, made when first asked for.

        Raises:
            ValueError: Another pipeline of the stack asked for another interval, or it is shorter
                than a second or not known at synth.
        """
        if poll_interval.is_unresolved() or poll_interval.to_milliseconds() < 1000:
            raise invalid(
                scope,
                "poll_interval",
                poll_interval,
                "a literal of 1 second or more",
                "How often is asked is fixed at synth, in the state machine that waits: use "
                "Duration.seconds(10).",
            )
        stack = Stack.of(scope)
        found = stack.node.try_find_child(_ID)
        if found is None:
            return LifecycleProvider(stack, _ID, poll_interval=poll_interval)
        assert isinstance(found, LifecycleProvider)
        if found.poll_interval.to_seconds() != poll_interval.to_seconds():
            raise invalid(
                scope,
                "poll_interval",
                poll_interval,
                f"{found.poll_interval.to_human_string()}, as the stack's other pipelines have it",
                "A stack has one provider: give all its pipelines the same interval.",
            )
        return found

    def __init__(self, scope: Construct, id: str, *, poll_interval: Duration) -> None:
        super().__init__(scope, id)
        self.poll_interval = poll_interval
        self._pipelines = 0
        self.log_group = log_group = logs.LogGroup(
            self,
            "LogGroup",
            retention=logs.RetentionDays.THREE_MONTHS,
            removal_policy=RemovalPolicy.DESTROY,
        )
        self.role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
            description="Stops, starts, proves and tends the Flink applications of this stack",
        )
        log_group.grant_write(self.role)
        allow_stack(self.role)
        code = lambda_.Code.from_asset(
            str(_HANDLERS), exclude=["managed_flink_resources", "**/__pycache__", "**/*.pyc"]
        )

        def function(id: str, handler: str) -> lambda_.Function:
            return lambda_.Function(
                self,
                id,
                runtime=lambda_.Runtime.PYTHON_3_14,
                architecture=lambda_.Architecture.ARM_64,
                handler=f"managed_flink_lifecycle.entry.{handler}",
                code=code,
                role=self.role,
                log_group=log_group,
                timeout=Duration.minutes(2),
                memory_size=256,
            )

        on_event = function("OnEvent", "on_event")
        is_complete = function("IsComplete", "is_complete")
        self.tend = function("Tend", "reconcile")
        self._provider = cr.Provider(
            self,
            "Provider",
            on_event_handler=on_event,
            is_complete_handler=is_complete,
            disable_waiter_state_machine_logging=False,
            query_interval=poll_interval,
            total_timeout=PROVIDER_DEADLINE,
            log_group=log_group,
            waiter_state_machine_log_options=cr.LogOptions(
                destination=log_group,
                level=stepfunctions.LogLevel.ALL,
                include_execution_data=False,
            ),
        )
        self.service_token = self._provider.service_token
        acknowledge_provider(self._provider, [on_event, is_complete])

    def attach_policy(self, scope: Construct, id: str) -> iam.ManagedPolicy:
        """Give the role another policy, for what concerns one pipeline's application.

        A policy of its own: statements in the role's would be gone before a pipeline that is taken
        out of a stack, while others stay, has been stopped. Managed: the inline policies of a role
        share 10,240 characters, which are three pipelines'; each managed one may have 6,144.

        Raises:
            ValueError: The role has as many as IAM attaches.
        """
        if self._pipelines == _MOST_PIPELINES:
            raise invalid(
                scope,
                "number of the stack's pipelines",
                self._pipelines + 1,
                f"at most {_MOST_PIPELINES}, since IAM attaches no more managed policies to a role",
                "All pipelines of a stack share one role: put this one in another stack.",
            )
        self._pipelines += 1
        return iam.ManagedPolicy(scope, id, roles=[self.role])
