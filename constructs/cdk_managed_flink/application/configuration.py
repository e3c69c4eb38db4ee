"""The parts of an application's configuration as CloudFormation has them."""

from typing import Any

from aws_cdk import aws_kms as kms

from cdk_managed_flink.application.answers import key_arn
from cdk_managed_flink.application.code_location import CodeLocation
from cdk_managed_flink.application.durations import MILLISECOND, whole
from cdk_managed_flink.application.settings import Checkpointing, Monitoring, Parallelism


def code_configuration(location: CodeLocation) -> dict[str, Any]:
    """``ApplicationCodeConfiguration``."""
    where: dict[str, Any] = {"bucketArn": location.bucket_arn, "fileKey": location.file_key}
    if location.object_version is not None:
        where["objectVersion"] = location.object_version
    # A jar and a zip of Python code are both ZIPFILE to the service.
    return {"codeContentType": "ZIPFILE", "codeContent": {"s3ContentLocation": where}}


def encryption_configuration(key: kms.IKey | None) -> dict[str, str]:
    """``ApplicationEncryptionConfiguration``."""
    if key is None:
        return {"keyType": "AWS_OWNED_KEY"}
    return {"keyType": "CUSTOMER_MANAGED_KEY", "keyId": key_arn(key)}


def flink_configuration(
    parallelism: Parallelism, checkpointing: Checkpointing, monitoring: Monitoring
) -> dict[str, Any]:
    """``FlinkApplicationConfiguration``: the service ignores what is not CUSTOM."""
    checkpoints: dict[str, Any] = {
        "configurationType": "CUSTOM",
        "checkpointingEnabled": checkpointing.enabled,
        "checkpointInterval": whole(checkpointing.interval, MILLISECOND),
        "minPauseBetweenCheckpoints": whole(checkpointing.min_pause, MILLISECOND),
    }
    return {
        "checkpointConfiguration": checkpoints,
        "monitoringConfiguration": {
            "configurationType": "CUSTOM",
            "logLevel": monitoring.log_level.value,
            "metricsLevel": monitoring.metrics_level.value,
        },
        "parallelismConfiguration": {
            "configurationType": "CUSTOM",
            "parallelism": parallelism.parallelism,
            "parallelismPerKpu": parallelism.parallelism_per_kpu,
            "autoScalingEnabled": parallelism.autoscaling,
        },
    }
