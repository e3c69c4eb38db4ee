"""Rights of an application on exactly the secrets that its properties refer to."""

import re
from typing import TYPE_CHECKING

from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms

from cdk_managed_flink.application.acknowledge import acknowledge_wildcard
from cdk_managed_flink.application.base import ApplicationBase
from cdk_managed_flink.application.data_key_grants import grant_key_through
from cdk_managed_flink.application.tokens import is_token

if TYPE_CHECKING:
    from aws_cdk import aws_secretsmanager as secretsmanager

# What Secrets Manager puts after a secret's name.
_SUFFIX = "-??????"
_WHOLE_ARN = re.compile(r"-[A-Za-z0-9]{6}$")
# An ARN, which may be a token or have some in it.
_PIECE = r"(?:[^:{}$]|\$\{Token\[[^\]]+\]\})+"
_REFERRED = re.compile(rf"(?:^|\$\{{)secret:(arn:(?:{_PIECE}:){{5}}{_PIECE}|{_PIECE})")


def grant_secret(secret: "secretsmanager.ISecret", application: ApplicationBase) -> None:
    """Let an application read exactly this secret, and its key through Secrets Manager only."""
    application.granted_secrets.add(secret.secret_arn)
    _grant_read(application, granted_arn(secret))
    key: kms.IKey | None = secret.encryption_key
    if key is not None:
        grant_key_through(
            key, application.grant_principal, service="secretsmanager", actions=["kms:Decrypt"]
        )


def granted_arn(secret: "secretsmanager.ISecret") -> str:
    """What a statement names: the secret's ARN, with any end where its own is not known."""
    return secret.secret_full_arn or f"{secret.secret_arn}{_SUFFIX}"


def grant_references(text: str, application: ApplicationBase) -> None:
    """Let an application read the secrets that a text refers to and nothing granted yet.

    Only their ARNs are known here: a customer managed key has to allow its use by itself.
    """
    for arn in _REFERRED.findall(text):
        if arn not in application.granted_secrets:
            application.granted_secrets.add(arn)
            is_whole = is_token(arn) or _WHOLE_ARN.search(arn)
            _grant_read(application, arn if is_whole else f"{arn}{_SUFFIX}")


def _grant_read(application: ApplicationBase, arn: str) -> None:
    if arn.endswith(_SUFFIX):
        acknowledge_wildcard(
            application.role, arn, "The end of the secret's ARN, of 6 characters, is not known."
        )
    iam.Grant.add_to_principal(
        grantee=application.grant_principal,
        actions=["secretsmanager:GetSecretValue"],
        resource_arns=[arn],
    )
