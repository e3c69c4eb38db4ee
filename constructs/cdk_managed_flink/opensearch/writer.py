"""A user with a password for a job that connects to a domain itself."""

from dataclasses import dataclass

from aws_cdk import CustomResource, Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct, IConstruct

from cdk_managed_flink.opensearch.domain import OpenSearchDomain
from cdk_managed_flink.opensearch.index import age
from cdk_managed_flink.opensearch.names import derived_name
from cdk_managed_flink.opensearch.users import user_secret

# Long enough for a path, and short enough for the URLs of the domain's API.
LONGEST_SECURITY_NAME = 64


@dataclass(frozen=True, kw_only=True)
class Writer:
    """A user, and what has to be there before it can write."""

    secret: secretsmanager.ISecret
    prerequisites: tuple[IConstruct, ...] = ()


def let_in(
    domain: OpenSearchDomain,
    scope: Construct,
    *,
    index_pattern: str,
    retention: Duration | None,
    roles: list[str] | None = None,
    user: secretsmanager.ISecret | None = None,
) -> CustomResource:
    """Map IAM roles, or a user of the scope's derived name, to a security role for the indexes.

    Raises:
        ValueError: Another sink has a claim to some of the indexes.
    """
    domain.indexes.add(scope, index_pattern, retention)
    properties: dict[str, object] = {
        "Name": derived_name(scope, longest=LONGEST_SECURITY_NAME),
        "IndexPattern": index_pattern,
        "Roles": roles or [],
    }
    if user is not None:
        properties["UserSecret"] = user.secret_arn
    if retention is not None:
        properties["Retention"] = age(retention)
    # Another domain has other functions, and CloudFormation refuses a ServiceToken that changes.
    return domain.set_up(
        scope, f"Access{domain.node.addr[-8:]}", kind="OpenSearchAccess", properties=properties
    )


def make_writer(
    domain: OpenSearchDomain, scope: Construct, *, index_pattern: str, retention: Duration | None
) -> Writer:
    """A user of its own, with a generated password, that writes these indexes and no others."""
    secret = user_secret(
        scope,
        "User",
        username=derived_name(scope, longest=LONGEST_SECURITY_NAME),
        key=domain.encryption_key,
        unrotated="A job reads the password when it starts: a rotation by itself would stop it at "
        "the next request. Replace the secret to have a new one.",
    )
    # In the sink's stack, which names the domain's already. The key is that of the master user.
    rights = iam.Policy(
        scope,
        "Rights",
        roles=[domain.security.role],
        statements=[
            iam.PolicyStatement(
                actions=["secretsmanager:GetSecretValue"], resources=[secret.secret_arn]
            )
        ],
    )
    access = let_in(domain, scope, index_pattern=index_pattern, retention=retention, user=secret)
    access.node.add_dependency(rights)
    return Writer(secret=secret, prerequisites=(access,))
