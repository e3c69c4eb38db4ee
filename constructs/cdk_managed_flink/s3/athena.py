"""AthenaWorkgroup: where people query what a job writes."""

from dataclasses import dataclass, field

from aws_cdk import Duration, Names, RemovalPolicy, Size
from aws_cdk import aws_athena as athena
from aws_cdk import aws_s3 as s3
from constructs import Construct

from cdk_managed_flink.application.base import ApplicationBase
from cdk_managed_flink.application.errors import invalid
from cdk_managed_flink.s3.bucket import new_bucket

# The service takes no lower limit (DataUsageControl of Athena's guide).
_LEAST_MIB = 10


@dataclass(frozen=True, kw_only=True)
class AthenaWorkgroup:
    """A workgroup whose settings its clients can't change, with a bucket for results.

    Attributes:
        scanned_at_most: A query that scans more is cancelled. Default 10 GiB, about 5 cents.
        results_expire_after: Results are deleted after this. Default 7 days.

    Raises:
        ValueError: A limit that the service does not take.
    """

    scanned_at_most: Size = field(default_factory=lambda: Size.gibibytes(10))
    results_expire_after: Duration = field(default_factory=lambda: Duration.days(7))

    def __post_init__(self) -> None:
        size = self.scanned_at_most
        if not size.is_unresolved() and size.to_bytes() / 1024**2 < _LEAST_MIB:
            raise invalid(
                "AthenaWorkgroup",
                "scanned_at_most",
                f"{size.to_bytes()} bytes",
                f"{_LEAST_MIB} MiB or more",
                "Athena takes no lower limit.",
            )

    def create(
        self,
        scope: Construct,
        application: ApplicationBase,
        *,
        removal: RemovalPolicy,
    ) -> athena.CfnWorkGroup:
        """Make bucket and workgroup; the service has no workgroups without a name.

        Args:
            scope: Where; the ids are taken in it.
            application: Whose ``data_key`` encrypts the results.
            removal: Removal policy of both.
        """
        results = new_bucket(
            scope,
            "Results",
            application,
            rule=s3.LifecycleRule(
                id="Expiry",
                expiration=self.results_expire_after,
                noncurrent_version_expiration=Duration.days(1),
                abort_incomplete_multipart_upload_after=Duration.days(1),
            ),
            removal_policy=removal,
        )
        key = application.data_key
        encryption = athena.CfnWorkGroup.EncryptionConfigurationProperty(
            encryption_option="SSE_KMS" if key else "SSE_S3", kms_key=key.key_arn if key else None
        )
        workgroup = athena.CfnWorkGroup(
            scope,
            "Workgroup",
            name=Names.unique_resource_name(
                scope, max_length=128, separator="-", allowed_special_characters="._-"
            ),
            # What it would hold back is the history of queries.
            recursive_delete_option=True,
            work_group_configuration=athena.CfnWorkGroup.WorkGroupConfigurationProperty(
                enforce_work_group_configuration=True,
                publish_cloud_watch_metrics_enabled=True,
                bytes_scanned_cutoff_per_query=self.scanned_at_most.to_bytes(),
                result_configuration=athena.CfnWorkGroup.ResultConfigurationProperty(
                    output_location=f"s3://{results.bucket_name}/",
                    encryption_configuration=encryption,
                ),
            ),
        )
        workgroup.node.add_dependency(results)
        return workgroup
