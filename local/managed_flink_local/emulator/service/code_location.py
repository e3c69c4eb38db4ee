"""The code object, which the service looks at when an application is created or updated."""

from __future__ import annotations

from typing import Any

from managed_flink_local.emulator import ministack_internals as ministack


def problem(configuration: dict[str, Any] | None) -> str | None:
    """What the service says of a code object that is not there."""
    location = (
        ((configuration or {}).get("ApplicationCodeConfiguration") or {}).get("CodeContent") or {}
    ).get("S3ContentLocation")
    if not location:
        return None
    bucket, key = location.get("BucketARN", "").split(":::", 1)[-1], location.get("FileKey", "")
    version = location.get("ObjectVersion")
    if ministack.service("s3")._get_object_data(bucket, key, version) is not None:
        return None
    return (
        "Please check the role provided or validity of S3 location you provided. We are "
        f"unable to get the specified fileKey: {key} in the specified bucket: {bucket}"
    )
