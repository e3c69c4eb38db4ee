"""By hand: the buckets and the table that a job writes."""

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

KEPT = RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE


def bucket(scope: Construct, id: str, key: kms.Key) -> s3.Bucket:
    return s3.Bucket(
        scope,
        id,
        block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
        encryption=s3.BucketEncryption.KMS,
        encryption_key=key,
        bucket_key_enabled=True,
        enforce_ssl=True,
        minimum_tls_version=1.2,
        versioned=True,
        lifecycle_rules=[
            s3.LifecycleRule(
                abort_incomplete_multipart_upload_after=Duration.days(30),
                noncurrent_version_expiration=Duration.days(30),
                transitions=[
                    s3.Transition(
                        storage_class=s3.StorageClass.INFREQUENT_ACCESS,
                        transition_after=Duration.days(90),
                    )
                ],
            )
        ],
        removal_policy=KEPT,
    )


def readings(scope: Construct, key: kms.Key) -> dynamodb.TableV2:
    table = dynamodb.TableV2(
        scope,
        "Readings",
        partition_key=dynamodb.Attribute(name="sensor", type=dynamodb.AttributeType.STRING),
        sort_key=dynamodb.Attribute(name="item", type=dynamodb.AttributeType.STRING),
        billing=dynamodb.Billing.on_demand(),
        encryption=dynamodb.TableEncryptionV2.aws_managed_key(),
        point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
            point_in_time_recovery_enabled=True
        ),
        removal_policy=KEPT,
    )
    resource = table.node.default_child
    assert isinstance(resource, dynamodb.CfnGlobalTable)
    # The L2 takes a key of ours only in a stack that names its Region.
    resource.add_property_override("Replicas.0.SSESpecification", {"KMSMasterKeyId": key.key_arn})
    return table
