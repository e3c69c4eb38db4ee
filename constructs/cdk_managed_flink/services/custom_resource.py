"""What CloudFormation has no resource for: one provider a stack, one policy a resource."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from aws_cdk import CustomResource, Duration, RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_stepfunctions as stepfunctions
from aws_cdk import custom_resources as cr
from constructs import Construct

from cdk_managed_flink.application.acknowledge import acknowledge_provider

# Contract: the logical ids of the functions follow from this id, and CloudFormation refuses a
# custom resource whose ServiceToken changes.
_ID = "ManagedFlinkResources"
_HANDLERS = Path(__file__).parent.parent / "handlers"
_POLL_INTERVAL = Duration.seconds(5)
_DEADLINE = Duration.minutes(25)
_CLOUDFORMATION_DEADLINE = Duration.minutes(30)


class ManagedFlinkResource(Construct):
    """One thing that a handler in ``managed_flink_resources`` makes, keeps and deletes.

    Args:
        kind: Name of the handler's module in CamelCase, such as ``BootstrapBrokers``.
        properties: What the handler gets. No secrets: the framework logs them.
        statements: What the functions may do for this resource. They stay until its delete.

    Attributes:
        resource: The custom resource; its attributes are what the handler answered.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        kind: str,
        properties: Mapping[str, Any],
        statements: Sequence[iam.PolicyStatement],
    ) -> None:
        super().__init__(scope, id)
        provider = _Provider.of(self)
        # A policy of its own: statements in the role's would be gone before the delete of a
        # resource that is taken out of a stack.
        rights = iam.Policy(self, "Rights", roles=[provider.role], statements=list(statements))
        self.resource = CustomResource(
            self,
            "Resource",
            resource_type=f"Custom::Flink{kind}",
            service_token=provider.service_token,
            service_timeout=_CLOUDFORMATION_DEADLINE,
            properties={"Kind": kind, **properties},
        )
        self.resource.node.add_dependency(rights)

    def attribute(self, name: str) -> str:
        """An attribute that the handler answered, known in the deploy."""
        return self.resource.get_att_string(name)


class _Provider(Construct):
    """Two functions and the framework's waiter, with a role that each resource adds to."""

    @staticmethod
    def of(scope: Construct) -> "_Provider":
        stack = Stack.of(scope)
        found = stack.node.try_find_child(_ID)
        if found is None:
            return _Provider(stack, _ID)
        assert isinstance(found, _Provider)
        return found

    def __init__(self, scope: Construct, id: str) -> None:
        super().__init__(scope, id)
        log_group = logs.LogGroup(
            self,
            "LogGroup",
            retention=logs.RetentionDays.THREE_MONTHS,
            removal_policy=RemovalPolicy.DESTROY,
        )
        self.role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
            description="Makes what CloudFormation has no resource for",
        )
        log_group.grant_write(self.role)
        code = lambda_.Code.from_asset(
            str(_HANDLERS), exclude=["managed_flink_lifecycle", "**/__pycache__", "**/*.pyc"]
        )

        def function(id: str, handler: str) -> lambda_.Function:
            return lambda_.Function(
                self,
                id,
                runtime=lambda_.Runtime.PYTHON_3_14,
                architecture=lambda_.Architecture.ARM_64,
                handler=f"managed_flink_resources.entry.{handler}",
                code=code,
                role=self.role,
                log_group=log_group,
                timeout=Duration.minutes(2),
                memory_size=256,
            )

        functions = [function("OnEvent", "on_event"), function("IsComplete", "is_complete")]
        provider = cr.Provider(
            self,
            "Provider",
            on_event_handler=functions[0],
            is_complete_handler=functions[1],
            disable_waiter_state_machine_logging=False,
            query_interval=_POLL_INTERVAL,
            total_timeout=_DEADLINE,
            log_group=log_group,
            waiter_state_machine_log_options=cr.LogOptions(
                destination=log_group,
                level=stepfunctions.LogLevel.ALL,
                include_execution_data=False,
            ),
        )
        self.service_token = provider.service_token
        acknowledge_provider(provider, functions)
