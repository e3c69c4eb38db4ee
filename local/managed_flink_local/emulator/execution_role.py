"""The application's own role: who may assume it, and a session of it for the job."""

from __future__ import annotations

import json
import secrets
from typing import Any

from managed_flink_local.emulator import ministack_internals as ministack

SERVICE = "kinesisanalytics.amazonaws.com"


class RoleRefusedError(Exception):
    """The service cannot assume the role; the message is the service's own sort."""


def _trusts_service(document: Any) -> bool:  # noqa: ANN401 - a policy document
    statements = document.get("Statement", [])
    for statement in [statements] if isinstance(statements, dict) else statements:
        principal = statement.get("Principal")
        services = principal.get("Service", []) if isinstance(principal, dict) else []
        if SERVICE in ([services] if isinstance(services, str) else services):
            return True
    return False


def check(role_arn: str, application_arn: str) -> dict[str, Any]:
    """See that the service may assume the role for this application; returns the role's record.

    Raises:
        RoleRefusedError: there is no such role, or its trust policy does not let it.
    """
    role = ministack.service("iam")._roles.get(role_arn.rsplit("/", 1)[-1])
    refusal = (
        f"Kinesis Analytics service doesn't have sufficient privileges to assume the role "
        f"{role_arn}"
    )
    if role is None or role["Arn"] != role_arn:
        raise RoleRefusedError(f"{refusal}: there is no such role.")
    document = role["AssumeRolePolicyDocument"]
    evaluator = ministack.core("iam_evaluator")
    parsed = _parsed(document)
    region, account = application_arn.split(":")[3:5]
    context = evaluator.EvalContext(
        principal_arn=f"arn:aws:iam::{account}:root",
        principal_type="Service",
        principal_account=account,
        action="sts:AssumeRole",
        resource_arn=role_arn,
        region=region,
        service_context={
            "aws:sourcearn": application_arn,
            "aws:sourceaccount": account,
        },
    )
    # The emulator lets its root caller pass for a service principal, of whichever service: so the
    # principal is checked here and the conditions there.
    if not _trusts_service(parsed):
        raise RoleRefusedError(f"{refusal}: its trust policy does not name {SERVICE}.")
    if not evaluator.evaluate_trust_policy(parsed, f"arn:aws:iam::{account}:root", context):
        raise RoleRefusedError(
            f"{refusal}: its trust policy refuses aws:SourceArn {application_arn}."
        )
    found: dict[str, Any] = role
    return found


def allows(role_arn: str, application_arn: str, action: str, resource: str) -> bool:
    """Whether the role lets the service itself do something for the application."""
    evaluator = ministack.core("iam_evaluator")
    region, account = application_arn.split(":")[3:5]
    name = role_arn.rsplit("/", 1)[-1]
    context = evaluator.EvalContext(
        principal_arn=f"arn:aws:sts::{account}:assumed-role/{name}/{SERVICE}",
        principal_type="AssumedRole",
        principal_account=account,
        action=action,
        resource_arn=resource,
        region=region,
    )
    policies = evaluator._gather_role_policies(name, account)
    return bool(evaluator.evaluate(context, policies).decision == "Allow")


def _parsed(document: Any) -> Any:  # noqa: ANN401
    return json.loads(document) if isinstance(document, str) else document


def session(role_arn: str, application_arn: str) -> dict[str, str]:
    """Credentials of the role, as the environment variables every AWS client reads."""
    role = check(role_arn, application_arn)
    account = application_arn.split(":")[4]
    name = f"flink-{application_arn.rsplit('/', 1)[-1]}"[:64]
    key = "ASIA" + secrets.token_hex(8).upper()
    secret, token = secrets.token_hex(20), secrets.token_hex(32)
    ministack.service("sts").register_session(
        key,
        {
            "Arn": f"arn:aws:sts::{account}:assumed-role/{role['RoleName']}/{name}",
            "UserId": f"{role.get('RoleId', 'AROA')}:{name}",
            "SecretAccessKey": secret,
            "SessionToken": token,
            "AccountId": account,
            "PrincipalType": "AssumedRole",
        },
    )
    return {
        "AWS_ACCESS_KEY_ID": key,
        "AWS_SECRET_ACCESS_KEY": secret,
        "AWS_SESSION_TOKEN": token,
    }
