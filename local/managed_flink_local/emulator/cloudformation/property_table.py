"""Per CloudFormation type: which properties have their effect here, and which are known not to.

A property that is in neither is refused, so that a green deploy means something. A new type or
property belongs in here after it was seen what the emulator does with it.
"""

from __future__ import annotations

from managed_flink_local.emulator.cloudformation.kafka_properties import KAFKA
from managed_flink_local.emulator.cloudformation.network_properties import NETWORK
from managed_flink_local.emulator.cloudformation.type_properties import (
    DESCRIBED,
    ENCRYPTED,
    TypeProperties,
    properties,
)

_APPLICATION = "ApplicationConfiguration__"
_FLINK = f"{_APPLICATION}FlinkApplicationConfiguration__"

PROPERTIES: dict[str, TypeProperties] = {
    **KAFKA,
    **NETWORK,
    "AWS::Athena::WorkGroup": properties(
        "Description Name RecursiveDeleteOption State Tags",
        WorkGroupConfiguration=DESCRIBED + "nothing is queried here",
    ),
    "AWS::CDK::Metadata": properties("Analytics"),
    "AWS::CloudWatch::Alarm": properties(
        "ActionsEnabled AlarmActions AlarmDescription AlarmName ComparisonOperator "
        "DatapointsToAlarm Dimensions EvaluationPeriods InsufficientDataActions MetricName Metrics "
        "Namespace OKActions Period Statistic Tags Threshold TreatMissingData Unit",
        ExtendedStatistic="only percentiles are evaluated",
        EvaluateLowSampleCountPercentile="low sample counts are evaluated like others",
    ),
    "AWS::CloudWatch::CompositeAlarm": properties(
        "ActionsEnabled AlarmActions AlarmDescription AlarmName AlarmRule InsufficientDataActions "
        "OKActions Tags",
        ActionsSuppressor="actions are never suppressed",
        ActionsSuppressorExtensionPeriod="actions are never suppressed",
        ActionsSuppressorWaitPeriod="actions are never suppressed",
    ),
    "AWS::CloudWatch::Dashboard": properties("DashboardBody DashboardName"),
    "AWS::DynamoDB::GlobalTable": properties(
        "AttributeDefinitions BillingMode GlobalSecondaryIndexes KeySchema LocalSecondaryIndexes "
        "Replicas StreamSpecification TableName TimeToLiveSpecification",
        SSESpecification=ENCRYPTED,
        Replicas__ContributorInsightsSpecification="no contributor insights here",
        Replicas__GlobalSecondaryIndexes="capacity is not limited here",
        Replicas__KinesisStreamSpecification="nothing is streamed",
        Replicas__ReadProvisionedThroughputSettings="capacity is not limited here",
        Replicas__ReadOnDemandThroughputSettings="capacity is not limited here",
        Replicas__ResourcePolicy="not evaluated",
        Replicas__TableClass="there is one class here",
        WriteOnDemandThroughputSettings="capacity is not limited here",
        WriteProvisionedThroughputSettings="capacity is not limited here, nor scaled",
        WarmThroughput="capacity is not limited here",
    ),
    "AWS::DynamoDB::Table": properties(
        "AttributeDefinitions BillingMode DeletionProtectionEnabled GlobalSecondaryIndexes "
        "KeySchema LocalSecondaryIndexes PointInTimeRecoverySpecification StreamSpecification "
        "TableName Tags TimeToLiveSpecification",
        ProvisionedThroughput="capacity is not limited here",
        SSESpecification=ENCRYPTED,
        TableClass="there is one class here",
    ),
    "AWS::ECR::Repository": properties(
        "ImageTagMutability RepositoryName RepositoryPolicyText Tags",
        LifecyclePolicy=DESCRIBED + "no image expires",
        ImageScanningConfiguration="no image is scanned",
        EncryptionConfiguration=ENCRYPTED,
        EmptyOnDelete="there are no images",
    ),
    "AWS::Events::Rule": properties(
        "Description EventBusName EventPattern Name RoleArn ScheduleExpression State Tags Targets"
    ),
    "AWS::IAM::ManagedPolicy": properties(
        "Description Groups ManagedPolicyName Path PolicyDocument Roles Users"
    ),
    "AWS::IAM::Policy": properties("Groups PolicyDocument PolicyName Roles Users"),
    "AWS::IAM::Role": properties(
        "AssumeRolePolicyDocument Description ManagedPolicyArns MaxSessionDuration Path Policies "
        "RoleName Tags",
        PermissionsBoundary="not evaluated for roles of a stack",
    ),
    "AWS::KMS::Alias": properties("AliasName TargetKeyId"),
    "AWS::KMS::Key": properties(
        "Description Enabled KeySpec KeyUsage MultiRegion Origin PendingWindowInDays Tags",
        KeyPolicy=DESCRIBED + "no service asks for the key, so no statement is evaluated",
        EnableKeyRotation=DESCRIBED + "no key is rotated",
        RotationPeriodInDays=DESCRIBED + "no key is rotated",
        BypassPolicyLockoutSafetyCheck="not checked",
    ),
    "AWS::Glue::Database": properties("CatalogId DatabaseInput DatabaseName"),
    "AWS::Glue::Table": properties("CatalogId DatabaseName Name OpenTableFormatInput TableInput"),
    "AWS::Glue::TableOptimizer": properties(
        "CatalogId DatabaseName TableName Type",
        TableOptimizerConfiguration="no table is compacted or cleaned on this machine",
    ),
    "AWS::Kinesis::ResourcePolicy": properties(
        "ResourceArn ResourcePolicy", ResourcePolicy=DESCRIBED + "there is one account here"
    ),
    "AWS::Kinesis::Stream": properties(
        "Name RetentionPeriodHours ShardCount StreamModeDetails Tags",
        StreamEncryption=ENCRYPTED,
        DesiredShardLevelMetrics="no shard-level metrics",
    ),
    "AWS::KinesisAnalyticsV2::Application": properties(
        "ApplicationConfiguration ApplicationDescription ApplicationMode ApplicationName "
        "RuntimeEnvironment ServiceExecutionRole Tags",
        **{
            f"{_APPLICATION}ApplicationEncryptionConfiguration": ENCRYPTED,
            f"{_APPLICATION}ApplicationSystemRollbackConfiguration__RollbackEnabled": (
                "a failed update leaves the old version running, without a rollback of its own"
            ),
            f"{_APPLICATION}VpcConfigurations": "there is no network to place it in",
            f"{_FLINK}ParallelismConfiguration__AutoScalingEnabled": "nothing is scaled",
            f"{_FLINK}MonitoringConfiguration__MetricsLevel": (
                "metrics are at the APPLICATION level only"
            ),
        },
        ApplicationMaintenanceConfiguration="there is no maintenance here",
        RunConfiguration="kept and described; StartApplication takes its own",
    ),
    "AWS::KinesisAnalyticsV2::ApplicationCloudWatchLoggingOption": properties(
        "ApplicationName CloudWatchLoggingOption"
    ),
    "AWS::Kinesis::StreamConsumer": properties("ConsumerName StreamARN Tags"),
    "AWS::KinesisFirehose::DeliveryStream": properties(
        "DeliveryStreamName DeliveryStreamType ExtendedS3DestinationConfiguration "
        "KinesisStreamSourceConfiguration Tags",
        DeliveryStreamEncryptionConfigurationInput=ENCRYPTED,
        ExtendedS3DestinationConfiguration__BufferingHints="records are delivered at once",
        ExtendedS3DestinationConfiguration__CloudWatchLoggingOptions="failures are not logged",
        ExtendedS3DestinationConfiguration__CompressionFormat="nothing is compressed",
        ExtendedS3DestinationConfiguration__EncryptionConfiguration=ENCRYPTED,
        ExtendedS3DestinationConfiguration__ProcessingConfiguration=(
            "of the processors only functions, JQ expressions and the delimiter are applied"
        ),
        ExtendedS3DestinationConfiguration__S3BackupMode="nothing is backed up",
    ),
    "AWS::Lambda::Alias": properties("Description FunctionName FunctionVersion Name"),
    "AWS::Lambda::EventSourceMapping": properties(
        "BatchSize Enabled EventSourceArn FunctionName StartingPosition"
    ),
    "AWS::Lambda::Function": properties(
        "Code Description Environment FunctionName Handler Layers LoggingConfig MemorySize "
        "PackageType Role Runtime Tags Timeout",
        Architectures="functions run on this machine's processor",
        EphemeralStorage="not limited",
        KmsKeyArn=ENCRYPTED,
        ReservedConcurrentExecutions="not limited",
        TracingConfig="nothing is traced",
    ),
    "AWS::Lambda::LayerVersion": properties(
        "CompatibleArchitectures CompatibleRuntimes Content Description LayerName LicenseInfo"
    ),
    "AWS::Lambda::Permission": properties(
        "Action EventSourceToken FunctionName FunctionUrlAuthType Principal PrincipalOrgID "
        "SourceAccount SourceArn"
    ),
    "AWS::Lambda::Version": properties("Description FunctionName"),
    "AWS::Logs::LogGroup": properties(
        "LogGroupName Tags",
        KmsKeyId=ENCRYPTED,
        LogGroupClass="one class here",
        RetentionInDays=DESCRIBED + "no event expires",
        DataProtectionPolicy="nothing is masked",
        FieldIndexPolicies="nothing is indexed",
        ResourcePolicyDocument="not evaluated",
    ),
    "AWS::Logs::LogStream": properties("LogGroupName LogStreamName"),
    "AWS::Logs::ResourcePolicy": properties("PolicyDocument PolicyName"),
    "AWS::Logs::SubscriptionFilter": properties(
        "DestinationArn Distribution FilterName FilterPattern LogGroupName RoleArn"
    ),
    "AWS::S3::Bucket": properties(
        "BucketName CorsConfiguration NotificationConfiguration PublicAccessBlockConfiguration "
        "Tags VersioningConfiguration",
        AccessControl="ACLs of a template are not applied",
        BucketEncryption=ENCRYPTED,
        LifecycleConfiguration=DESCRIBED + "no object expires or moves",
        LoggingConfiguration="no access is logged",
        OwnershipControls="objects have one owner here",
        ObjectLockEnabled="objects are never locked",
        ObjectLockConfiguration="objects are never locked",
        IntelligentTieringConfigurations="objects are never moved",
    ),
    "AWS::S3::BucketPolicy": properties("Bucket PolicyDocument"),
    "AWS::SNS::Subscription": properties(
        "Endpoint FilterPolicy FilterPolicyScope Protocol RawMessageDelivery RedrivePolicy "
        "TopicArn",
        Region="one region here",
        DeliveryPolicy="delivered once",
        SubscriptionRoleArn="nothing is delivered to a delivery stream",
    ),
    "AWS::SNS::Topic": properties(
        "DisplayName FifoTopic Subscription Tags TopicName ContentBasedDeduplication",
        KmsMasterKeyId=ENCRYPTED,
        SignatureVersion="messages are signed one way",
        TracingConfig="nothing is traced",
        DeliveryStatusLogging="deliveries are not logged",
        DataProtectionPolicy="nothing is masked",
    ),
    "AWS::SNS::TopicPolicy": properties("PolicyDocument Topics"),
    "AWS::SQS::Queue": properties(
        "ContentBasedDeduplication DelaySeconds FifoQueue MaximumMessageSize "
        "MessageRetentionPeriod QueueName ReceiveMessageWaitTimeSeconds RedriveAllowPolicy "
        "RedrivePolicy Tags VisibilityTimeout",
        KmsMasterKeyId=ENCRYPTED,
        KmsDataKeyReusePeriodSeconds=ENCRYPTED,
        SqsManagedSseEnabled=ENCRYPTED,
    ),
    "AWS::SQS::QueuePolicy": properties("PolicyDocument Queues"),
    "AWS::SSM::Parameter": properties(
        "AllowedPattern DataType Description Name Tags Tier Type Value"
    ),
    "AWS::Scheduler::Schedule": properties(
        "Description EndDate FlexibleTimeWindow GroupName Name ScheduleExpression "
        "ScheduleExpressionTimezone StartDate State Target",
        KmsKeyArn=ENCRYPTED,
    ),
    "AWS::SecretsManager::Secret": properties(
        "Description GenerateSecretString Name SecretString Tags", KmsKeyId=ENCRYPTED
    ),
    "AWS::StepFunctions::StateMachine": properties(
        "Definition DefinitionS3Location DefinitionString DefinitionSubstitutions RoleArn "
        "StateMachineName StateMachineType Tags",
        LoggingConfiguration="executions are not logged",
        TracingConfiguration="nothing is traced",
        EncryptionConfiguration=ENCRYPTED,
    ),
}
