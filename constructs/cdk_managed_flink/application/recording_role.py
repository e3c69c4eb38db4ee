"""An execution role that was passed in: what it is granted, and what it lacks if it is not ours."""

import json
from typing import Any

import jsii
from aws_cdk import Annotations, Aspects, IAspect
from aws_cdk import aws_iam as iam
from constructs import Construct, IConstruct, IValidation

from cdk_managed_flink.application.errors import invalid
from cdk_managed_flink.application.place import place_of
from cdk_managed_flink.application.role import SERVICE_PRINCIPAL


def with_local_policy(application: Construct, role: iam.IRole) -> iam.IRole:
    """A role of another stack, with the policy of its grants in the application's own.

    Where it lies, the policy would refer to what the application's stack makes, which refers to
    the role.

    Raises:
        ValueError: At synth: the service may not assume the role.
    """
    if not isinstance(role, iam.Role):
        return role
    application.node.add_validation(_Trust(application, role))
    if place_of(role).stack is place_of(application).stack:
        return role
    return iam.Role.from_role_arn(application, "HandedRole", role.role_arn)


@jsii.implements(IValidation)
class _Trust:
    def __init__(self, application: Construct, role: iam.Role) -> None:
        self._application = application
        self._role = role

    def validate(self) -> list[str]:
        policy = self._role.assume_role_policy
        trusted = place_of(self._role).stack.resolve(policy.to_json() if policy else None)
        if SERVICE_PRINCIPAL in json.dumps(trusted):
            return []
        problem = invalid(
            self._application,
            "role",
            self._role,
            f"a role that {SERVICE_PRINCIPAL} may assume",
            f'Make it with assumed_by=iam.ServicePrincipal("{SERVICE_PRINCIPAL}").',
        )
        return [str(problem)]


@jsii.implements(iam.IPrincipal)
class RecordingRole:
    """A role as the principal of grants, which are noted.

    CDK says of a role that was imported with ``mutable=False`` that a grant succeeded, and adds it
    nowhere: the application would then fail with AccessDenied, at start or on the first record.
    """

    def __init__(self, role: iam.IRole) -> None:
        self._role = role
        self._principal = role.grant_principal
        self.statements: list[iam.PolicyStatement] = []

    @property
    def grant_principal(self) -> iam.IPrincipal:
        """Itself."""
        return self

    @property
    def assume_role_action(self) -> str:
        """The role's own."""
        return self._principal.assume_role_action

    @property
    def policy_fragment(self) -> iam.PrincipalPolicyFragment:
        """The role's own."""
        return self._principal.policy_fragment

    @property
    def principal_account(self) -> str | None:
        """The role's own."""
        return self._principal.principal_account

    def add_to_policy(self, statement: iam.PolicyStatement) -> bool:
        """Add a statement; CDK's older form of the same."""
        return bool(self.add_to_principal_policy(statement).statement_added)

    def add_to_principal_policy(
        self, statement: iam.PolicyStatement
    ) -> iam.AddToPrincipalPolicyResult:
        """Note a statement, and add it to the role."""
        self.statements.append(statement)
        return self._principal.add_to_principal_policy(statement)

    def watch(self, application: IConstruct) -> None:
        """Warn at synth which rights a role needs that could not be added to it."""
        Aspects.of(application).add(_Lacking(self._role, self, application))


@jsii.implements(IAspect)
class _Lacking:
    def __init__(self, role: iam.IRole, handed: RecordingRole, application: IConstruct) -> None:
        self._role = role
        self._handed = handed
        self._application = application

    def visit(self, node: IConstruct) -> None:
        if node is not self._application or _has_policy(self._role):
            return
        stack = place_of(node).stack
        needed = [stack.resolve(found.to_statement_json()) for found in self._handed.statements]
        Annotations.of(node).add_warning_v2(
            "cdk-managed-flink:role",
            f"role {self._role.node.path} cannot be changed here, so nothing was granted to it. "
            f"It has to allow: {json.dumps(_shown(needed))}",
        )


def _has_policy(role: iam.IRole) -> bool:
    return any(isinstance(child, iam.Policy) for child in role.node.find_all())


def _shown(value: Any) -> Any:  # noqa: ANN401
    """References as a person reads them: ``<LogicalId.Arn>``."""
    if isinstance(value, list):
        return [_shown(item) for item in value]
    if not isinstance(value, dict):
        return value
    if set(value) == {"Fn::Join"}:
        separator, parts = value["Fn::Join"]
        return str(separator).join(str(_shown(part)) for part in parts)
    if set(value) == {"Ref"}:
        return f"<{value['Ref']}>"
    if set(value) == {"Fn::GetAtt"}:
        return f"<{'.'.join(value['Fn::GetAtt'])}>"
    return {key: _shown(item) for key, item in value.items()}
