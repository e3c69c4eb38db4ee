"""Auto-copy: an S3 event integration, and the job that loads each new file.

Source: "Create an S3 event integration to automatically copy files from Amazon S3 buckets".
"""

from typing import Any

import jsii
from aws_cdk import Annotations, CfnResource
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_redshift as redshift
from aws_cdk import aws_s3 as s3
from constructs import Construct, IConstruct, IValidation

from cdk_managed_flink.application.acknowledge import acknowledge_wildcard
from cdk_managed_flink.application.data_key_grants import grant_key_through
from cdk_managed_flink.application.errors import invalid
from cdk_managed_flink.application.place import place_of
from cdk_managed_flink.application.tokens import is_token
from cdk_managed_flink.redshift.identifiers import text
from cdk_managed_flink.redshift.naming import known_name
from cdk_managed_flink.redshift.sql_objects import SqlObject
from cdk_managed_flink.redshift.table import RedshiftTable
from cdk_managed_flink.redshift.warehouse import RedshiftWarehouse

# Flink's timestamps have fractions of any length.
_COPIED_AS = {
    "json-lines": "FORMAT AS JSON 'auto' TIMEFORMAT 'auto'",
    "parquet": "FORMAT AS PARQUET",
}
COPIED_FORMATS = tuple(_COPIED_AS)


def copy_job(table: RedshiftTable, *, path: str, role_arn: str, format: str) -> SqlObject:
    """The job that loads each new file below a path.

    A changed one is made before the old one is dropped: a file that arrives between is loaded
    twice, rather than not at all. It has no rows, and is never kept.
    """
    name = f"flink_{table.base}_$(Job)"
    return SqlObject(
        id="Job",
        create=[
            f"COPY {table.quoted} FROM {text(path)} IAM_ROLE {text(role_arn)} "
            f"{_COPIED_AS[format]} JOB CREATE {name} AUTO ON"
        ],
        exists=f"SELECT 1 FROM sys_copy_job WHERE TRIM(job_name) = {text(name)}",
        drop=f"COPY JOB DROP {name}",
    )


def check_bucket(where: str, bucket: s3.IBucket) -> None:
    """Refuse a bucket that no integration takes.

    Raises:
        ValueError: A dot in its name.
    """
    name = known_name(bucket, bucket.bucket_name, "bucket_name")
    if name is not None and "." in name:
        raise invalid(
            where,
            "bucket",
            name,
            "a bucket without a dot in its name",
            "Redshift makes no S3 event integration with it: use another bucket, or leave it out "
            "for a new one.",
        )


def integration(
    scope: Construct, bucket: s3.IBucket, warehouse: RedshiftWarehouse
) -> redshift.CfnIntegration:
    """Announce the bucket's new files to the warehouse: one integration for both of them.

    Raises:
        ValueError: The warehouse's namespace is not known, or the bucket is in another Region.
    """
    stack = place_of(scope).stack
    there, here = bucket.env.region, stack.region
    if there != here and not is_token(there) and not is_token(here):
        raise invalid(
            scope,
            "bucket",
            f"a bucket in {there}",
            f"a bucket in {here}, the warehouse's Region",
            "Files are announced within a Region only: use a bucket there.",
        )
    if warehouse.namespace_arn is None:
        raise invalid(
            warehouse,
            "namespace_arn",
            None,
            "the ARN of the warehouse's namespace",
            "It is the target of the bucket's announcements: hand it in where the warehouse is "
            "imported.",
        )
    id_ = f"RedshiftIntegration{bucket.node.addr[-8:]}{warehouse.node.addr[-8:]}"
    found = stack.node.try_find_child(id_)
    if found is not None:
        assert isinstance(found, redshift.CfnIntegration)
        return found
    warehouse.authorize(bucket)
    made = redshift.CfnIntegration(
        stack, id_, source_arn=bucket.bucket_arn, target_arn=warehouse.namespace_arn
    )
    made.node.add_dependency(*_let_notify(scope, bucket), *warehouse.before_sql())
    scope.node.add_validation(_NoOtherNotifications(bucket))
    return made


def grant_files(
    bucket: s3.IBucket,
    warehouse: RedshiftWarehouse,
    role: iam.IRole,
    *,
    prefix: str,
    key: kms.IKey | None,
) -> None:
    """What the guide lists for the role that loads, on the files below the prefix only."""
    files = bucket.arn_for_objects(f"{prefix}*")
    grantee = warehouse.grantee(role)
    iam.Grant.add_to_principal(grantee=grantee, actions=["s3:GetObject"], resource_arns=[files])
    iam.Grant.add_to_principal(
        grantee=grantee, actions=["s3:ListBucket"], resource_arns=[bucket.bucket_arn]
    )
    acknowledge_wildcard(role, files, "The job names the files that it writes.")
    if key is not None:
        grant_key_through(key, grantee, service="s3", actions=["kms:Decrypt"])


def _let_notify(scope: Construct, bucket: s3.IBucket) -> list[IConstruct]:
    stack = place_of(scope).stack
    statement = iam.PolicyStatement(
        principals=[iam.ServicePrincipal("redshift.amazonaws.com")],
        actions=["s3:GetBucketLocation", "s3:GetBucketNotification", "s3:PutBucketNotification"],
        resources=[bucket.bucket_arn],
        conditions={
            "StringEquals": {"aws:SourceAccount": stack.account},
            "ArnLike": {
                "aws:SourceArn": f"arn:{stack.partition}:redshift:{stack.region}:{stack.account}"
                ":integration:*"
            },
        },
    )
    added = bucket.add_to_resource_policy(statement)
    if not added.statement_added:
        Annotations.of(scope).add_warning_v2(
            f"cdk-managed-flink:bucket-notification:{bucket.node.addr[-8:]}",
            f"{bucket.node.path} is imported, so its policy is not changed here. Before the deploy "
            "it has to allow redshift.amazonaws.com s3:GetBucketLocation, "
            "s3:GetBucketNotification and s3:PutBucketNotification, with aws:SourceAccount of this "
            "account and aws:SourceArn like arn:aws:redshift:<region>:<account>:integration:*; and "
            "it may have no notification of created objects.",
        )
    dependable: Any = added.policy_dependable
    return [] if dependable is None else [dependable]


@jsii.implements(IValidation)
class _NoOtherNotifications:
    """Redshift sets the bucket's notifications, and CDK's own resource would replace them."""

    def __init__(self, bucket: s3.IBucket) -> None:
        self._bucket = bucket

    def validate(self) -> list[str]:
        notifications = self._bucket.node.try_find_child("Notifications")
        resource = None if notifications is None else notifications.node.try_find_child("Resource")
        if not isinstance(resource, CfnResource):
            return []
        return [
            f"{self._bucket.node.path} has event notifications of its own, and auto-copy takes a "
            "bucket without any: Redshift sets them itself. Use another bucket, or leave bucket "
            "out for a new one."
        ]
