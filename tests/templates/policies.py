"""How the tests read policies: what is allowed to whom, on what, and when."""

import re
from typing import Any

from configurations import of_type

PSEUDO = {
    "AWS::Partition": "aws",
    "AWS::Region": "eu-west-1",
    "AWS::AccountId": "123456789012",
    "AWS::URLSuffix": "amazonaws.com",
    "AWS::StackName": "Stack",
}

# An action, a resource, and the conditions as ``operator key=value``.
Right = tuple[str, str, frozenset[str]]


def text(value: Any) -> str:  # noqa: ANN401
    """A resolved value as text; a reference to a resource becomes ``<LogicalId>``."""
    if isinstance(value, str):
        return value
    (function, argument), *_ = value.items()
    if function == "Ref":
        return PSEUDO.get(argument, f"<{argument}>")
    if function == "Fn::GetAtt":
        return f"<{argument[0]}>"
    if function == "Fn::Join":
        return str(argument[0]).join(text(part) for part in argument[1])
    if function == "Fn::Sub":
        return re.sub(r"\$\{([A-Za-z:]+)\}", lambda m: PSEUDO.get(m[1], m[1]), argument)
    return f"<{argument}>"


def listed(value: Any) -> list[Any]:  # noqa: ANN401
    return value if isinstance(value, list) else [value]


INLINE, MANAGED = "AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"


def documents(template: dict[str, Any], role: str, type_: str) -> list[dict[str, Any]]:
    """Documents of the policies of one type of the role whose logical id starts so."""
    return [
        policy["Properties"]["PolicyDocument"]
        for policy in of_type(template, type_).values()
        if any(text(r).startswith(f"<{role}") for r in policy["Properties"]["Roles"])
    ]


def statements(template: dict[str, Any], role: str) -> list[dict[str, Any]]:
    """Statements of all policies of the role whose logical id starts so."""
    return [
        statement
        for type_ in (INLINE, MANAGED)
        for document in documents(template, role, type_)
        for statement in document["Statement"]
    ]


def conditions(statement: dict[str, Any]) -> frozenset[str]:
    return frozenset(
        f"{operator} {key}={text(value)}"
        for operator, values in statement.get("Condition", {}).items()
        for key, value in values.items()
    )


def granted(found: list[dict[str, Any]]) -> set[Right]:
    """Each right by itself, however CDK has merged the statements."""
    assert all(statement["Effect"] == "Allow" for statement in found)
    return {
        (action, text(resource), conditions(statement))
        for statement in found
        for action in listed(statement["Action"])
        for resource in listed(statement["Resource"])
    }


def rights(template: dict[str, Any], role: str) -> dict[str, set[str]]:
    """Resources by action."""
    found: dict[str, set[str]] = {}
    for action, resource, _ in granted(statements(template, role)):
        found.setdefault(action, set()).add(resource)
    return found


def to_services(policy: dict[str, Any]) -> dict[str, set[Right]]:
    """What a resource policy allows to each service."""
    found: dict[str, set[Right]] = {}
    for statement in policy["Statement"]:
        principal = statement["Principal"]
        for service in listed(principal.get("Service", [])) if isinstance(principal, dict) else []:
            found.setdefault(text(service), set()).update(granted([statement]))
    return found


def arns(value: Any) -> list[str]:  # noqa: ANN401
    """Every ARN in a template, as text."""
    if isinstance(value, str):
        return [value] if value.startswith("arn:") else []
    if isinstance(value, list):
        return [arn for item in value for arn in arns(item)]
    if not isinstance(value, dict):
        return []
    if set(value) <= {"Fn::Join", "Fn::Sub"} and value:
        shown = text(value)
        return [shown] if shown.startswith("arn:") else []
    return [arn for item in value.values() for arn in arns(item)]
