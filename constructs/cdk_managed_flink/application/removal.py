"""Deleting what holds data takes two keys: the property, and a flag in the app's context."""

from aws_cdk import Annotations, RemovalPolicy
from constructs import Construct

from cdk_managed_flink.application import context_flag

ALLOW_DATA_DELETION = "cdk-managed-flink:allowDataDeletion"


def effective_removal(scope: Construct, wanted: RemovalPolicy) -> RemovalPolicy:
    """What was wanted, but ``DESTROY`` only where the context flag agrees.

    ``RETAIN_ON_UPDATE_OR_DELETE`` keeps the data, yet lets a first deploy that failed clean up
    after itself.
    """
    if wanted != RemovalPolicy.DESTROY or context_flag.is_set(scope, ALLOW_DATA_DELETION):
        return wanted
    Annotations.of(scope).add_warning_v2(
        "cdk-managed-flink:data-deletion",
        "removal_policy is DESTROY, but data is retained: deleting it takes the context flag "
        f"{ALLOW_DATA_DELETION}=true as well.",
    )
    return RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE
