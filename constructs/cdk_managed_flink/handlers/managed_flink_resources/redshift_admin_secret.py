"""RedshiftAdminSecret: where Redshift keeps the password that it made for a namespace."""

import boto3

from .request import Begun, Done, Request, ResourceError


def begin(request: Request) -> Begun:
    """Nothing is made, so the id only distinguishes one lookup from another."""
    return Begun(f"{request.properties['NamespaceName']}/admin-secret")


def poll(request: Request) -> Done:
    """Look the secret up.

    Raises:
        ResourceError: Redshift does not manage the administrator's password.
    """
    if request.type == "Delete":
        return Done()
    name = request.properties["NamespaceName"]
    found = boto3.client("redshift-serverless").get_namespace(namespaceName=name)
    secret = found["namespace"].get("adminPasswordSecretArn")
    if not secret:
        raise ResourceError(
            f"The namespace {name} has no secret for its administrator: Redshift does not manage "
            "the password. Leave ManageAdminPassword on."
        )
    return Done({"SecretArn": secret})
