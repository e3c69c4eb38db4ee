"""Repairs gaps in the emulator's IAM enforcement, so that least privilege can be proved."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from managed_flink_local.emulator import ministack_internals as ministack

_FLINK, _NAMESPACE = "kinesisanalyticsv2", "kinesisanalytics"


def _body(body: bytes) -> Mapping[str, Any]:
    try:
        found = json.loads(body or b"{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def flink_resource(request: Mapping[str, Any], region: str, account: str) -> str:
    """The application that a call to Managed Service for Apache Flink is about.

    An enhanced snapshot is a resource of its own, to all calls but the one that creates it; listing
    them is about none.
    """
    if arn := request.get("ResourceARN"):
        return str(arn)
    prefix = f"arn:aws:kinesisanalytics:{region}:{account}:"
    if name := request.get("ApplicationName"):
        return f"{prefix}application/{name}"
    if name := request.get("SnapshotName"):
        return f"{prefix}snapshot/{name}"
    return "*"


def glue_resource(request: Mapping[str, Any], region: str, account: str) -> str:
    """The table or the database that a call to the Glue Data Catalog is about.

    AWS asks for rights on the catalog and the database as well; here the innermost one counts.
    """
    prefix = f"arn:aws:glue:{region}:{account}:"
    database = request.get("DatabaseName")
    name = request.get("Name") or (request.get("TableInput") or {}).get("Name")
    if database:
        return f"{prefix}table/{database}/{name}" if name else f"{prefix}database/{database}"
    return f"{prefix}database/{name}" if name else f"{prefix}catalog"


def log_resource(request: Mapping[str, Any], group_arn: str) -> str:
    """A log group as policies name it, with ``:*``, or the one stream that is written or read."""
    group = group_arn.removesuffix(":*")
    stream = request.get("logStreamName")
    return f"{group}:log-stream:{stream}" if stream else f"{group}:*"


def install() -> None:
    """Authorize calls to Managed Flink, to logs and to the catalog; find a reader's stream."""
    actions = ministack.core("iam_actions")
    actions.SERVICE_TO_IAM_NAMESPACE[_FLINK] = _NAMESPACE

    def resource(original: Callable[..., str]) -> Callable[..., str]:
        def found(
            service: str,
            method: str,
            path: str,
            headers: dict[str, str],
            body: bytes,
            query: dict[str, Any],
            region: str,
            account: str,
        ) -> str:
            if service == _FLINK:
                return flink_resource(_body(body), region, account)
            if service == "glue":
                return glue_resource(_body(body), region, account)
            if service == "kinesis" and (consumer := _body(body).get("ConsumerARN")):
                return str(consumer)
            arn = original(service, method, path, headers, body, query, region, account)
            if service == "logs" and ":log-group:" in arn:
                return log_resource(_body(body), arn)
            if service == "kinesis" and arn == "*":
                token = _body(body).get("ShardIterator")
                iterator = ministack.service("kinesis")._shard_iterators.get(token)
                if iterator is not None:
                    return f"arn:aws:kinesis:{region}:{account}:stream/{iterator['stream']}"
            return arn

        return found

    ministack.replace(actions, "extract_resource_arn", resource)
