"""Buckets that hold a table's files: made closed and encrypted, or taken as they are."""

import re
from dataclasses import dataclass, field
from functools import cache

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from cdk_managed_flink.application import durations
from cdk_managed_flink.application.acknowledge import acknowledge, acknowledge_wildcard
from cdk_managed_flink.application.base import ApplicationBase
from cdk_managed_flink.application.data_key_grants import grant_key_through
from cdk_managed_flink.application.errors import invalid
from cdk_managed_flink.application.removal import effective_removal
from cdk_managed_flink.application.tokens import is_token

_PREFIX = re.compile(r"([A-Za-z0-9!_.()=-]+/)+")
# Access logs tell of the last weeks; who needs them longer passes a bucket.
_LOGS_EXPIRE_DAYS = 90


@dataclass(frozen=True, kw_only=True)
class BucketLifecycle:
    """What happens to objects of the new bucket as they grow older.

    Attributes:
        abort_uploads_after: Unfinished multipart uploads are aborted after this. Default 30 days:
            a snapshot holds uploads that a restore completes, so it has to be longer than the
            oldest snapshot that may be restored; a job that crash-loops leaves many behind.
        infrequent_access_after: Move to S3 Standard-IA. Default 90 days; ``None`` never.
        expire_after: Delete. Default ``None``, never.
        expire_noncurrent_after: Delete versions that were overwritten or deleted. Default 30 days.

    Raises:
        ValueError: A time that S3 does not accept, or an order that makes no sense.
    """

    abort_uploads_after: Duration = field(default_factory=lambda: durations.days(30))
    infrequent_access_after: Duration | None = field(default_factory=lambda: durations.days(90))
    expire_after: Duration | None = None
    expire_noncurrent_after: Duration = field(default_factory=lambda: durations.days(30))

    def __post_init__(self) -> None:
        infrequent, expire = self.infrequent_access_after, self.expire_after
        younger = None if infrequent is None else durations.milliseconds(infrequent)
        if infrequent is None or younger is None:
            return
        if younger < 30 * durations.DAY:
            raise invalid(
                "BucketLifecycle",
                "infrequent_access_after",
                infrequent,
                "30 days or more",
                "S3 moves no younger object to Standard-IA.",
            )
        older = None if expire is None else durations.milliseconds(expire)
        if older is not None and older <= younger:
            raise invalid(
                "BucketLifecycle",
                "expire_after",
                expire,
                f"longer than infrequent_access_after ({infrequent.to_human_string()})",
                "Set infrequent_access_after=None for objects that expire earlier.",
            )

    def rule(self) -> s3.LifecycleRule:
        """The lifecycle as a rule for the whole bucket."""
        transitions = None
        if self.infrequent_access_after is not None:
            transitions = [
                s3.Transition(
                    storage_class=_infrequent_access(),
                    transition_after=self.infrequent_access_after,
                )
            ]
        return s3.LifecycleRule(
            id="Lifecycle",
            abort_incomplete_multipart_upload_after=self.abort_uploads_after,
            transitions=transitions,
            expiration=self.expire_after,
            noncurrent_version_expiration=self.expire_noncurrent_after,
        )


def check_prefix(where: str, prefix: str | None) -> None:
    """Refuse a prefix that is no folder.

    Raises:
        ValueError: It does not end in ``/``, begins with it, or has other characters.
    """
    if prefix and not is_token(prefix) and not _PREFIX.fullmatch(prefix):
        raise invalid(
            where,
            "prefix",
            prefix,
            "names of letters, digits and !_.()=- that each end in /, such as out/clicks/",
            "It is a folder: end it with /, begin it without.",
        )


def new_bucket(
    scope: Construct,
    id: str,
    application: ApplicationBase,
    *,
    rule: s3.LifecycleRule,
    removal_policy: RemovalPolicy | None,
    server_access_logs: bool = False,
    server_access_logs_bucket: s3.IBucket | None = None,
) -> s3.Bucket:
    """A versioned bucket that is closed to the public, takes TLS only, and logs if asked to."""
    removal = effective_removal(scope, removal_policy or application.removal_policy)
    key = application.data_key
    logs = server_access_logs_bucket
    if server_access_logs:
        logs = _logs_bucket(scope, f"{id}AccessLogs", removal)
    bucket = s3.Bucket(
        scope,
        id,
        block_public_access=_closed(),
        encryption=s3.BucketEncryption.KMS if key else s3.BucketEncryption.S3_MANAGED,
        encryption_key=key,
        bucket_key_enabled=True if key else None,
        enforce_ssl=True,
        minimum_tls_version=1.2,
        versioned=True,
        lifecycle_rules=[rule],
        server_access_logs_bucket=logs,
        removal_policy=removal,
        auto_delete_objects=removal == RemovalPolicy.DESTROY,
    )
    if logs is None:
        acknowledge(
            bucket,
            "S1",
            "Server access logs are delivered at best effort and take a bucket of their own: "
            "set server_access_logs=True where they are wanted.",
        )
    return bucket


def _logs_bucket(scope: Construct, id: str, removal: RemovalPolicy) -> s3.Bucket:
    bucket = s3.Bucket(
        scope,
        id,
        block_public_access=_closed(),
        # Log delivery writes with no key of the customer's.
        encryption=s3.BucketEncryption.S3_MANAGED,
        enforce_ssl=True,
        minimum_tls_version=1.2,
        lifecycle_rules=[
            s3.LifecycleRule(id="Expiry", expiration=durations.days(_LOGS_EXPIRE_DAYS))
        ],
        removal_policy=removal,
        auto_delete_objects=removal == RemovalPolicy.DESTROY,
    )
    acknowledge(bucket, "S1", "It holds the access logs itself: a log of it would log its writing.")
    return bucket


def grant_objects(
    bucket: s3.IBucket,
    key: kms.IKey | None,
    application: ApplicationBase,
    *,
    prefix: str,
    actions: list[str],
    key_actions: list[str],
    of_bucket: list[str],
    reason: str,
) -> None:
    """Rights on objects below a prefix, on the bucket itself, and on the key through S3.

    Args:
        bucket: The bucket.
        key: Its key, if it has a customer managed one.
        application: Whose role gets the rights.
        prefix: Empty for the whole bucket.
        actions: What it calls on objects.
        key_actions: What S3 then calls on the key.
        of_bucket: What it calls on the bucket.
        reason: Why the names of the objects are not known.
    """
    objects = bucket.arn_for_objects(f"{prefix}*")
    iam.Grant.add_to_principal(
        grantee=application.grant_principal, actions=actions, resource_arns=[objects]
    )
    acknowledge_wildcard(application.role, objects, reason)
    if of_bucket:
        iam.Grant.add_to_principal(
            grantee=application.grant_principal,
            actions=of_bucket,
            resource_arns=[bucket.bucket_arn],
        )
    if key is not None:
        grant_key_through(key, application.grant_principal, service="s3", actions=key_actions)


@cache
def _closed() -> s3.BlockPublicAccess:
    return s3.BlockPublicAccess.BLOCK_ALL


@cache
def _infrequent_access() -> s3.StorageClass:
    return s3.StorageClass.INFREQUENT_ACCESS
