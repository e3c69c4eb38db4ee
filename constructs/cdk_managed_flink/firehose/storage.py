"""The bucket of a delivery stream, new or existing, with rights on exactly its prefixes."""

from dataclasses import dataclass

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from cdk_managed_flink.application.acknowledge import acknowledge, acknowledge_wildcard
from cdk_managed_flink.application.data_key_grants import grant_key_through
from cdk_managed_flink.application.errors import check_new_or_existing
from cdk_managed_flink.application.place import place_of
from cdk_managed_flink.application.removal import effective_removal
from cdk_managed_flink.application.tokens import is_token
from cdk_managed_flink.firehose.buffering import check_whole


@dataclass(frozen=True, kw_only=True, eq=False)
class DeliveryBucket:
    """Where a delivery stream puts objects.

    Attributes:
        bucket: An existing bucket; it is never changed. Default: a new one, versioned, closed to
            the public, TLS only.
        encryption_key: Key of the existing bucket, if the imported resource does not expose it.
        expire_after: When objects of the new bucket are deleted, in whole days. Default: never.
        server_access_logs_bucket: Where the new bucket's access log goes. Default: none.

    Raises:
        ValueError: Settings of a new bucket with an existing one, a key with a new one, or an
            age that is not in whole days.
    """

    bucket: s3.IBucket | None = None
    encryption_key: kms.IKey | None = None
    expire_after: Duration | None = None
    server_access_logs_bucket: s3.IBucket | None = None

    def __post_init__(self) -> None:
        new_only = {
            "expire_after": self.expire_after,
            "server_access_logs_bucket": self.server_access_logs_bucket,
        }
        check_new_or_existing(
            "DeliveryBucket", "bucket", self.bucket, self.encryption_key, new_only
        )
        if self.expire_after is not None:
            check_whole("DeliveryBucket", "expire_after", self.expire_after, unit="days")

    def in_scope(
        self, scope: Construct, id: str, *, key: kms.IKey | None, removal: RemovalPolicy
    ) -> s3.IBucket:
        """The bucket, made if there is none."""
        if self.bucket is not None:
            return self.bucket
        removal = effective_removal(scope, removal)
        bucket = s3.Bucket(
            scope,
            id,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            encryption=s3.BucketEncryption.KMS if key else s3.BucketEncryption.S3_MANAGED,
            encryption_key=key,
            bucket_key_enabled=True if key else None,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            versioned=True,
            lifecycle_rules=[
                s3.LifecycleRule(
                    id="Lifecycle",
                    # Firehose finishes an upload or begins anew; it needs none of a week ago.
                    abort_incomplete_multipart_upload_after=Duration.days(7),
                    expiration=self.expire_after,
                    noncurrent_version_expiration=Duration.days(30),
                )
            ],
            server_access_logs_bucket=self.server_access_logs_bucket,
            removal_policy=removal,
            auto_delete_objects=removal == RemovalPolicy.DESTROY,
        )
        if self.server_access_logs_bucket is None:
            acknowledge(
                bucket,
                "S1",
                "Server access logs are delivered at best effort and take a bucket of their own: "
                "pass server_access_logs_bucket where they are wanted.",
            )
        return bucket

    def grant_delivery(self, bucket: s3.IBucket, role: iam.Role, *prefixes: str) -> None:
        """What Firehose's guide lists for an S3 destination, on objects below the prefixes only.

        Args:
            bucket: What ``in_scope`` answered.
            role: The delivery stream's role.
            prefixes: Prefixes with or without expressions; what is before the first one counts.
        """
        objects = [bucket.arn_for_objects(f"{p}*") for p in dict.fromkeys(map(literal, prefixes))]
        actions = ["s3:AbortMultipartUpload", "s3:GetObject", "s3:PutObject"]
        if _is_foreign(bucket, role):
            actions.append("s3:PutObjectAcl")
        iam.Grant.add_to_principal(grantee=role, actions=actions, resource_arns=objects)
        for arn in objects:
            acknowledge_wildcard(role, arn, "Firehose names the objects that it delivers.")
        iam.Grant.add_to_principal(
            grantee=role,
            actions=["s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"],
            resource_arns=[bucket.bucket_arn],
        )
        key = bucket.encryption_key or self.encryption_key
        if key is not None:
            grant_key_through(
                key, role, service="s3", actions=["kms:Decrypt", "kms:GenerateDataKey"]
            )


NEW_BUCKET = DeliveryBucket()


def literal(prefix: str) -> str:
    """The part of a prefix that is the same for all objects."""
    return prefix.partition("!{")[0]


def _is_foreign(bucket: s3.IBucket, role: iam.Role) -> bool:
    """Whether the bucket is known to be another account's, which then has to own the objects."""
    accounts = bucket.env.account, place_of(role).account
    return not any(map(is_token, accounts)) and accounts[0] != accounts[1]
