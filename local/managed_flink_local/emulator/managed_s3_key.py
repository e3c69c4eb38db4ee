"""S3's own KMS key: a write that asks for `aws:kms` and names no key is encrypted with it.

The emulator refuses such a write; the CDK CLI makes it for every asset, once the staging bucket's
encryption is known.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from managed_flink_local.emulator import ministack_internals as ministack

_ALGORITHM = "x-amz-server-side-encryption"
_KEY = "x-amz-server-side-encryption-aws-kms-key-id"


def install() -> None:
    """Name the account's `aws/s3` key where none is named."""
    responses = ministack.core("responses")

    def resolve(original: Callable[..., Any]) -> Callable[..., Any]:
        def with_key(headers: dict[str, str], bucket: str) -> Any:  # noqa: ANN401
            if headers.get(_ALGORITHM) == "aws:kms" and not headers.get(_KEY):
                region, account = responses.get_region(), responses.get_account_id()
                headers = {**headers, _KEY: f"arn:aws:kms:{region}:{account}:alias/aws/s3"}
            return original(headers, bucket)

        return with_key

    ministack.replace(ministack.service("s3"), "_resolve_sse_write_headers", resolve)
