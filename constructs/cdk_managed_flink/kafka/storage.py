"""The disks of brokers, and how they grow."""

from dataclasses import dataclass

from aws_cdk import aws_applicationautoscaling as autoscaling
from aws_cdk import aws_msk as msk
from constructs import Construct

from cdk_managed_flink.application.errors import invalid
from cdk_managed_flink.application.tokens import is_token

_MOST_GIB = 16_384


@dataclass(frozen=True, kw_only=True)
class BrokerStorage:
    """Storage of each broker. It grows, and never shrinks: MSK has no way back.

    Attributes:
        gib: To begin with. Default 100.
        max_gib: As far as it grows by itself. Default 1,000; ``None`` keeps it as it is.
        target: Used percentage at which it grows, 10 to 80. Default 60, as the guide advises
            ("Automatic scaling for Amazon MSK clusters"): growth happens once in 6 hours at most.

    Raises:
        ValueError: Out of range.
    """

    gib: int = 100
    max_gib: int | None = 1000
    target: int = 60

    def __post_init__(self) -> None:
        for name, least, most in (
            ("gib", 1, _MOST_GIB),
            ("max_gib", self.gib, _MOST_GIB),
            ("target", 10, 80),
        ):
            number = getattr(self, name)
            if number is None or is_token(number) or is_token(least):
                continue
            if not least <= number <= most:
                raise invalid(
                    "BrokerStorage",
                    name,
                    number,
                    f"{least:,} to {most:,}",
                    "max_gib=None keeps the storage as it is.",
                )


def disks(storage: BrokerStorage) -> msk.CfnCluster.StorageInfoProperty:
    """The disk of each broker."""
    cluster = msk.CfnCluster
    return cluster.StorageInfoProperty(
        ebs_storage_info=cluster.EBSStorageInfoProperty(volume_size=storage.gib)
    )


def grow(scope: Construct, cluster: msk.CfnCluster, storage: BrokerStorage) -> None:
    """Let the brokers' storage grow, by Application Auto Scaling's own role for MSK."""
    if storage.max_gib is None:
        return
    target = autoscaling.CfnScalableTarget(
        scope,
        "StorageTarget",
        service_namespace="kafka",
        scalable_dimension="kafka:broker-storage:VolumeSize",
        resource_id=cluster.attr_arn,
        min_capacity=1,
        max_capacity=storage.max_gib,
    )
    policy = autoscaling.CfnScalingPolicy
    autoscaling.CfnScalingPolicy(
        scope,
        "StorageGrowth",
        policy_name="StorageGrowth",
        policy_type="TargetTrackingScaling",
        scaling_target_id=target.ref,
        target_tracking_scaling_policy_configuration=(
            policy.TargetTrackingScalingPolicyConfigurationProperty(
                target_value=storage.target,
                disable_scale_in=True,
                predefined_metric_specification=policy.PredefinedMetricSpecificationProperty(
                    predefined_metric_type="KafkaBrokerStorageUtilization"
                ),
            )
        ),
    )
