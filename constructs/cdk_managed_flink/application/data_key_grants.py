"""Rights on a key of stored data, usable only through the service that stores it."""

from collections.abc import Mapping, Sequence

from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms


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
    via = {"kms:ViaService": f"{service}.{key.env.region}.amazonaws.com"}
    return iam.Grant.add_to_principal(
        grantee=grantee,
        actions=list(actions),
        resource_arns=[key.key_arn],
        conditions={"StringEquals": {**via, **encryption_context}},
    )
