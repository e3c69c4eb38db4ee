"""Rights on a key of stored data, usable only through the service that stores it."""

from collections.abc import Mapping, Sequence

from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms

from cdk_managed_flink.application.answers import key_arn
from cdk_managed_flink.application.place import region_of


def grant_key_through(
    key: kms.IKey,
    grantee: iam.IGrantable,
    *,
    service: str,
    actions: Sequence[str],
    context: Mapping[str, str] | None = None,
) -> iam.Grant:
    """Allow ``actions`` on the key, only in requests that come through ``service``.

    Args:
        key: The key of the stream, bucket or table.
        grantee: Who reads or writes the data.
        service: Endpoint prefix, such as ``kinesis``.
        actions: KMS actions that the service makes in the caller's name.
        context: Encryption context that the requests have to carry.
    """
    encryption_context = {
        f"kms:EncryptionContext:{name}": value for name, value in (context or {}).items()
    }
    via = {"kms:ViaService": via_service(service, region_of(key))}
    return iam.Grant.add_to_principal(
        grantee=grantee,
        actions=list(actions),
        resource_arns=[key_arn(key)],
        conditions={"StringEquals": {**via, **encryption_context}},
    )


def via_service(service: str, region: str) -> str | list[str]:
    """The value of ``kms:ViaService`` for a service of a Region.

    In China both names that the service may have there: AWS documents neither.
    """
    name = f"{service}.{region}.amazonaws.com"
    return [name, f"{name}.cn"] if region.startswith("cn-") else name
