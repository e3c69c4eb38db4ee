"""The functions of the lifecycle: one set for each stack."""

from aws_cdk import Duration
from aws_cdk import aws_iam as iam
from constructs import Construct

from cdk_managed_flink.application import durations
from cdk_managed_flink.application.errors import invalid
from cdk_managed_flink.application.place import place_of, share_place
from cdk_managed_flink.functions.handler_functions import HandlerFunctions
from cdk_managed_flink.lifecycle.health_gate import PROVIDER_MINUTES
from cdk_managed_flink.lifecycle.rights import allow_stack

# Contract: the logical ids of the functions below follow from these ids, and CloudFormation
# refuses a custom resource whose ServiceToken changes.
_ID = "ManagedFlinkLifecycle"
DEFAULT_POLL_INTERVAL = durations.seconds(10)
# IAM's quota "Managed policies per role", by default. Each pipeline has one policy of its own.
_MOST_PIPELINES = 10


class LifecycleProvider(Construct):
    """Three functions, the provider framework's waiter, and one role for all applications.

    Attributes:
        role: Role of the functions, with the permissions that concern the whole stack.
        service_token: For the custom resources.
        reconcile: The reconciler's function.
        log_group: The log of all of them: each decision and its reason.
    """

    @staticmethod
    def of(scope: Construct, *, poll_interval: Duration) -> "LifecycleProvider":
        """The stack's provider, created on first use.

        Raises:
            ValueError: Another pipeline of the stack asked for another interval, or it is shorter
                than a second or not known at synth.
        """
        length = durations.milliseconds(poll_interval)
        if length is None or length < durations.SECOND:
            raise invalid(
                scope,
                "poll_interval",
                poll_interval,
                "a literal of 1 second or more",
                "The interval is fixed at synth, in the state machine that polls: use "
                "Duration.seconds(10).",
            )
        stack = place_of(scope).stack
        found = stack.node.try_find_child(_ID)
        if found is None:
            return LifecycleProvider(stack, _ID, poll_interval=poll_interval)
        assert isinstance(found, LifecycleProvider)
        if durations.literal(found.poll_interval) != length:
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
        share_place(scope, self)
        self.poll_interval = poll_interval
        self._pipelines = 0
        functions = HandlerFunctions(
            self,
            package="managed_flink_lifecycle",
            description="Stops, starts, proves and tends the Flink applications of this stack",
        )
        self.log_group, self.role = functions.log_group, functions.role
        allow_stack(self.role, place_of(self))
        on_event = functions.function("OnEvent", "on_event")
        is_complete = functions.function("IsComplete", "is_complete")
        self.reconcile = functions.function("Tend", "reconcile")
        self.service_token = functions.service_token(
            on_event,
            is_complete,
            poll_interval=poll_interval,
            deadline=durations.minutes(PROVIDER_MINUTES),
        )

    def attach_policy(
        self, scope: Construct, id: str, document: iam.PolicyDocument
    ) -> iam.ManagedPolicy:
        """Add a managed policy with the permissions for one pipeline's application.

        A policy of its own: when a pipeline is removed from a stack that keeps others, statements
        in the role's policy would be gone before the pipeline has been stopped. Managed: a role's
        inline policies share 10,240 characters, enough for three pipelines; each managed policy may
        have 6,144.

        Raises:
            ValueError: The role has as many managed policies as IAM allows.
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
        return iam.ManagedPolicy(scope, id, document=document, roles=[self.role])
