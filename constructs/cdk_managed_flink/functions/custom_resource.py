"""What CloudFormation has no resource for: one provider a stack, one policy a resource."""

from collections.abc import Mapping, Sequence
from typing import Any

from aws_cdk import CustomResource
from aws_cdk import aws_iam as iam
from constructs import Construct

from cdk_managed_flink.application import durations
from cdk_managed_flink.application.place import place_of
from cdk_managed_flink.functions.handler_functions import HandlerFunctions

# Contract: the logical ids of the functions follow from this id, and CloudFormation refuses a
# custom resource whose ServiceToken changes.
_ID = "ManagedFlinkResources"
_POLL_INTERVAL = durations.seconds(5)
_DEADLINE = durations.minutes(25)
_CLOUDFORMATION_DEADLINE = durations.minutes(30)


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
        stack = place_of(scope).stack
        found = stack.node.try_find_child(_ID)
        if found is None:
            return _Provider(stack, _ID)
        assert isinstance(found, _Provider)
        return found

    def __init__(self, scope: Construct, id: str) -> None:
        super().__init__(scope, id)
        functions = HandlerFunctions(
            self,
            package="managed_flink_resources",
            description="Makes what CloudFormation has no resource for",
        )
        self.role = functions.role
        self.service_token = functions.service_token(
            functions.function("OnEvent", "on_event"),
            functions.function("IsComplete", "is_complete"),
            poll_interval=_POLL_INTERVAL,
            deadline=_DEADLINE,
        )
