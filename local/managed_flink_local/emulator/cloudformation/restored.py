"""Properties that the emulator's provisioners drop, applied through its own services.

In-process: provisioners run on the event loop, where a request to itself would never be answered.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from managed_flink_local.emulator import ministack_internals as ministack
from managed_flink_local.emulator.cloudformation import bucket_configuration

Props = dict[str, Any]
Restore = Callable[[str, Props, Props], None]
"""Physical id, properties, previous properties (empty on create)."""


def _call(what: str, response: Any) -> None:  # noqa: ANN401 - a service's response
    if response is not None and response[0] >= 400:
        body = response[2]
        text = body.decode(errors="replace") if isinstance(body, bytes) else str(body)
        raise ValueError(f"{what}: {text}")


def bucket(name: str, props: Props, old: Props) -> None:
    """Encryption, lifecycle rules and tags; CDK's auto-delete handler looks for its tag."""
    s3 = ministack.service("s3")
    for prop, render, put, store in (
        (
            "BucketEncryption",
            bucket_configuration.encryption,
            s3._put_bucket_encryption,
            s3._bucket_encryption,
        ),
        (
            "LifecycleConfiguration",
            bucket_configuration.lifecycle,
            s3._put_bucket_lifecycle,
            s3._bucket_lifecycle,
        ),
    ):
        if prop in props:
            _call(f"AWS::S3::Bucket {prop}", put(name, render(props[prop])))
        elif prop in old:
            store.pop(name, None)
    if props.get("Tags"):
        tagging = bucket_configuration.tagging(props["Tags"])
        _call("AWS::S3::Bucket Tags", s3._put_bucket_tagging(name, tagging))
    elif old.get("Tags"):
        s3._bucket_tags.pop(name, None)
    if props.get("VersioningConfiguration", {}).get("Status") == "Suspended":
        s3._bucket_versioning[name] = "Suspended"


def stream(name: str, props: Props, old: Props) -> None:
    """Server-side encryption."""
    kinesis = ministack.service("kinesis")
    if encryption := props.get("StreamEncryption"):
        _call(
            "AWS::Kinesis::Stream StreamEncryption",
            kinesis._start_stream_encryption({"StreamName": name, **encryption}),
        )
    elif old.get("StreamEncryption"):
        kinesis._stop_stream_encryption({"StreamName": name})


def table(name: str, props: Props, old: Props) -> None:
    """Encryption, point-in-time recovery, time to live."""
    dynamodb = ministack.service("dynamodb")
    if specification := props.get("SSESpecification"):
        _call(
            "AWS::DynamoDB::Table SSESpecification",
            dynamodb._update_table(
                {
                    "TableName": name,
                    "SSESpecification": {
                        "Enabled": specification.get("SSEEnabled", True),
                        **{k: v for k, v in specification.items() if k != "SSEEnabled"},
                    },
                }
            ),
        )
    if "PointInTimeRecoverySpecification" in props or "PointInTimeRecoverySpecification" in old:
        recovery = props.get("PointInTimeRecoverySpecification") or {}
        dynamodb._update_continuous_backups(
            {"TableName": name, "PointInTimeRecoverySpecification": recovery}
        )
    living = props.get("TimeToLiveSpecification") or {}
    if not living and old.get("TimeToLiveSpecification"):
        living = {**old["TimeToLiveSpecification"], "Enabled": False}
    if living:
        _call(
            "AWS::DynamoDB::Table TimeToLiveSpecification",
            dynamodb._update_ttl({"TableName": name, "TimeToLiveSpecification": living}),
        )


def global_table(name: str, props: Props, old: Props) -> None:
    """A global table of one Region: the replica's settings are the table's."""
    region = ministack.core("responses").get_region()
    table(name, _as_table(props, region), _as_table(old, region))
    dynamodb = ministack.service("dynamodb")
    record = dynamodb._tables[name]
    replica = _replica(props, region)
    record["DeletionProtectionEnabled"] = replica.get("DeletionProtectionEnabled", False)
    if "Tags" in replica:
        dynamodb._tags[record["TableArn"]] = [
            {"Key": tag["Key"], "Value": tag["Value"]} for tag in replica["Tags"]
        ]


def _replica(props: Props, region: str) -> Props:
    return next((r for r in props.get("Replicas", []) if r.get("Region") == region), {})


def _as_table(props: Props, region: str) -> Props:
    replica = _replica(props, region)
    own = ("SSESpecification", "TimeToLiveSpecification")
    shown = {key: value for key, value in props.items() if key in own}
    if "SSESpecification" in shown:
        shown["SSESpecification"] = {
            **shown["SSESpecification"],
            **replica.get("SSESpecification", {}),
        }
    if "PointInTimeRecoverySpecification" in replica:
        shown["PointInTimeRecoverySpecification"] = replica["PointInTimeRecoverySpecification"]
    return shown


def topic(arn: str, props: Props, old: Props) -> None:
    """The key of an encrypted topic."""
    attributes = ministack.service("sns")._topics[arn]["attributes"]
    if "KmsMasterKeyId" in props:
        attributes["KmsMasterKeyId"] = props["KmsMasterKeyId"]
    else:
        attributes.pop("KmsMasterKeyId", None)


RESTORED: dict[str, Restore] = {
    "AWS::S3::Bucket": bucket,
    "AWS::Kinesis::Stream": stream,
    "AWS::DynamoDB::Table": table,
    "AWS::DynamoDB::GlobalTable": global_table,
    "AWS::SNS::Topic": topic,
}
