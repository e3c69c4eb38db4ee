"""The customer managed keys of a pipeline."""

from aws_cdk import RemovalPolicy
from aws_cdk import aws_kms as kms
from constructs import Construct

from cdk_managed_flink.application.acknowledge import acknowledge
from cdk_managed_flink.application.place import made_in, path_of, place_of


def data_key(scope: Construct, id: str, *, removal: RemovalPolicy) -> kms.Key:
    """A key for streams, buckets and tables, rotated each year."""
    key = kms.Key(
        scope,
        id,
        description=f"Data of {path_of(scope)}",
        enable_key_rotation=True,
        removal_policy=removal,
    )
    made_in(place_of(scope), key)
    return key


def state_key(scope: Construct, id: str, *, removal: RemovalPolicy) -> kms.Key:
    """A key for the application's state and log.

    It is not rotated by itself: the service does not support automatic rotation, and takes a
    rotated key only with the next start.
    """
    key = kms.Key(
        scope,
        id,
        description=f"State and log of {path_of(scope)}",
        enable_key_rotation=False,
        removal_policy=removal,
    )
    acknowledge(
        key,
        "KMS5",
        "Managed Service for Apache Flink does not support automatic rotation of the key of an "
        "application's state: rotate on demand, then restart the application.",
    )
    return key
