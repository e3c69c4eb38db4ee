"""Users with passwords: each in a secret that nobody writes down."""

import json

from aws_cdk import aws_kms as kms
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from cdk_managed_flink.application.acknowledge import acknowledge


def user_secret(
    scope: Construct, id: str, *, username: str, key: kms.IKey | None, unrotated: str
) -> secretsmanager.Secret:
    """A secret with ``username`` and a generated ``password``.

    Args:
        scope: Where it is made.
        id: Id of the construct.
        username: A literal.
        key: Customer managed key of the secret.
        unrotated: Why it is not rotated by itself.
    """
    secret = secretsmanager.Secret(
        scope,
        id,
        description=f"OpenSearch user {username}",
        encryption_key=key,
        generate_secret_string=secretsmanager.SecretStringGenerator(
            secret_string_template=json.dumps({"username": username}),
            generate_string_key="password",
            exclude_characters="{}'\"\\*[]()`",
            password_length=32,
        ),
    )
    acknowledge(secret, "SMG4", unrotated)
    return secret
