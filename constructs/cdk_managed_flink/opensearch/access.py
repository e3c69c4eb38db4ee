"""Who gets through a domain's doors: its place, its access policy, its master user."""

from collections.abc import Sequence

from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_opensearchservice as opensearch
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from cdk_managed_flink.application.errors import cannot_combine, invalid
from cdk_managed_flink.application.place import place_of

_L1 = opensearch.CfnDomain


def master_user(
    secret: secretsmanager.ISecret | None, role: iam.IRole
) -> opensearch.CfnDomain.AdvancedSecurityOptionsInputProperty:
    """Fine-grained access control with a role, or an internal user, that may do everything."""
    if secret is None:
        master = _L1.MasterUserOptionsProperty(master_user_arn=role.role_arn)
    else:  # dynamic references: the template has no password, only where it is
        master = _L1.MasterUserOptionsProperty(
            master_user_name=secret.secret_value_from_json("username").unsafe_unwrap(),
            master_user_password=secret.secret_value_from_json("password").unsafe_unwrap(),
        )
    return _L1.AdvancedSecurityOptionsInputProperty(
        enabled=True,
        internal_user_database_enabled=secret is not None,
        master_user_options=master,
    )


def access_policy(scope: Construct, domain_arn: str, *, unsigned: bool) -> dict[str, object]:
    """Who gets through to fine-grained access control: those whom IAM lets, or everyone."""
    account = place_of(scope).stack.format_arn(service="iam", region="", resource="root")
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                # The account's own IAM policies decide; an unsigned request has no principal.
                "Principal": {"AWS": "*" if unsigned else account},
                "Action": "es:ESHttp*",
                "Resource": f"{domain_arn}/*",
            }
        ],
    }


def check_administrators(owner: Construct, administrators: Sequence[iam.IRole]) -> None:
    """Refuse what is no list of roles.

    Raises:
        ValueError: One role by itself, or names of roles.
    """
    if not isinstance(administrators, Sequence) or any(
        not hasattr(role, "role_arn") for role in administrators
    ):
        raise invalid(
            owner,
            "administrators",
            administrators,
            "a list of IAM roles",
            "Write administrators=[role]; Role.from_role_arn(...) makes one of an ARN.",
        )


def check_place(
    owner: Construct, vpc: ec2.IVpc | None, *, public_endpoint: bool, internal_users: bool
) -> None:
    """Refuse a domain that would be open, or in two places.

    Raises:
        ValueError: Neither a VPC nor a public endpoint, both, or passwords on the internet.
    """
    if vpc is None and not public_endpoint:
        raise invalid(
            owner,
            "vpc",
            None,
            "a VPC, or public_endpoint=True",
            "A domain outside of a VPC answers on the internet, if to signed requests only: hand "
            "in a VPC, or set it explicitly.",
        )
    if vpc is not None and public_endpoint:
        raise cannot_combine(
            owner,
            "public_endpoint",
            public_endpoint,
            "vpc=",
            "A domain in a VPC has no public endpoint: remove one of the two.",
        )
    if vpc is None and internal_users:
        raise invalid(
            owner,
            "internal_users",
            internal_users,
            "False without vpc=",
            "Users with passwords send unsigned requests, and a public domain would have to let "
            "anyone's through: put the domain into a VPC.",
        )
