"""Per CloudFormation type: which properties have their effect here, and which are known not to.

A property that is in neither is refused, so that a green deploy means something. A new type or
property belongs in here after it was seen what the emulator does with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

_DESCRIBED = "kept and described, without an effect on data: "
_ENCRYPTED = _DESCRIBED + "nothing is encrypted on this machine"
_NO_NETWORK = "there is one network on this machine: nothing is routed or filtered"
_ONE_BROKER = "every cluster is one broker on this machine, without logins, zones or volumes"


@dataclass(frozen=True)
class TypeProperties:
    """`known` and the first parts of `without_effect` are all a resource may have."""

    known: frozenset[str]
    without_effect: Mapping[str, str] = field(default_factory=dict)
    """Dotted path to the reason; also of a property that is known otherwise. `*` is every item."""

    @property
    def accepted(self) -> frozenset[str]:
        """Top-level properties that are not refused."""
        return self.known | {path.split(".")[0] for path in self.without_effect}


def _type(known: str, **without_effect: str) -> TypeProperties:
    return TypeProperties(
        frozenset(known.split()),
        {path.replace("__", "."): reason for path, reason in without_effect.items()},
    )


_APPLICATION = "ApplicationConfiguration__"
_FLINK = f"{_APPLICATION}FlinkApplicationConfiguration__"

PROPERTIES: dict[str, TypeProperties] = {
    "AWS::CDK::Metadata": _type("Analytics"),
    "AWS::CloudWatch::Alarm": _type(
        "ActionsEnabled AlarmActions AlarmDescription AlarmName ComparisonOperator "
        "DatapointsToAlarm Dimensions EvaluationPeriods InsufficientDataActions MetricName Metrics "
        "Namespace OKActions Period Statistic Tags Threshold TreatMissingData Unit",
        ExtendedStatistic="only percentiles are evaluated",
        EvaluateLowSampleCountPercentile="low sample counts are evaluated like others",
    ),
    "AWS::CloudWatch::CompositeAlarm": _type(
        "ActionsEnabled AlarmActions AlarmDescription AlarmName AlarmRule InsufficientDataActions "
        "OKActions Tags",
        ActionsSuppressor="actions are never suppressed",
        ActionsSuppressorExtensionPeriod="actions are never suppressed",
        ActionsSuppressorWaitPeriod="actions are never suppressed",
    ),
    "AWS::CloudWatch::Dashboard": _type("DashboardBody DashboardName"),
    "AWS::DynamoDB::GlobalTable": _type(
        "AttributeDefinitions BillingMode GlobalSecondaryIndexes KeySchema LocalSecondaryIndexes "
        "Replicas StreamSpecification TableName TimeToLiveSpecification",
        SSESpecification=_ENCRYPTED,
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
    "AWS::DynamoDB::Table": _type(
        "AttributeDefinitions BillingMode DeletionProtectionEnabled GlobalSecondaryIndexes "
        "KeySchema LocalSecondaryIndexes PointInTimeRecoverySpecification StreamSpecification "
        "TableName Tags TimeToLiveSpecification",
        ProvisionedThroughput="capacity is not limited here",
        SSESpecification=_ENCRYPTED,
        TableClass="there is one class here",
    ),
    "AWS::EC2::EIP": _type("Domain Tags", Domain=_NO_NETWORK),
    "AWS::EC2::FlowLog": _type(
        "Tags",
        **dict.fromkeys(
            (
                "DeliverLogsPermissionArn",
                "LogDestination",
                "LogDestinationType",
                "LogGroupName",
                "MaxAggregationInterval",
                "ResourceId",
                "ResourceType",
                "TrafficType",
            ),
            _NO_NETWORK,
        ),
    ),
    "AWS::EC2::InternetGateway": _type("Tags"),
    "AWS::EC2::NatGateway": _type(
        "Tags", AllocationId=_NO_NETWORK, ConnectivityType=_NO_NETWORK, SubnetId=_NO_NETWORK
    ),
    "AWS::EC2::Route": _type(
        "DestinationCidrBlock GatewayId NatGatewayId RouteTableId",
        DestinationCidrBlock=_NO_NETWORK,
    ),
    "AWS::EC2::RouteTable": _type("Tags VpcId"),
    "AWS::EC2::SecurityGroup": _type(
        "GroupDescription GroupName Tags VpcId",
        SecurityGroupEgress=_NO_NETWORK,
        SecurityGroupIngress=_NO_NETWORK,
    ),
    **{
        f"AWS::EC2::SecurityGroup{direction}": _type(
            "",
            **dict.fromkeys(
                (
                    "CidrIp",
                    "Description",
                    "DestinationSecurityGroupId",
                    "FromPort",
                    "GroupId",
                    "IpProtocol",
                    "SourceSecurityGroupId",
                    "ToPort",
                ),
                _NO_NETWORK,
            ),
        )
        for direction in ("Ingress", "Egress")
    },
    "AWS::EC2::Subnet": _type("AvailabilityZone CidrBlock MapPublicIpOnLaunch Tags VpcId"),
    "AWS::EC2::SubnetRouteTableAssociation": _type("RouteTableId SubnetId"),
    "AWS::EC2::VPC": _type(
        "CidrBlock EnableDnsHostnames EnableDnsSupport InstanceTenancy Tags",
        InstanceTenancy=_NO_NETWORK,
    ),
    "AWS::EC2::VPCEndpoint": _type(
        "PrivateDnsEnabled RouteTableIds SecurityGroupIds ServiceName SubnetIds Tags "
        "VpcEndpointType VpcId",
        PolicyDocument=_NO_NETWORK,
    ),
    "AWS::EC2::VPCGatewayAttachment": _type("InternetGatewayId VpcId"),
    "AWS::ECR::Repository": _type(
        "ImageTagMutability RepositoryName RepositoryPolicyText Tags",
        LifecyclePolicy=_DESCRIBED + "no image expires",
        ImageScanningConfiguration="no image is scanned",
        EncryptionConfiguration=_ENCRYPTED,
        EmptyOnDelete="there are no images",
    ),
    "AWS::Events::Rule": _type(
        "Description EventBusName EventPattern Name RoleArn ScheduleExpression State Tags Targets"
    ),
    "AWS::IAM::ManagedPolicy": _type(
        "Description Groups ManagedPolicyName Path PolicyDocument Roles Users"
    ),
    "AWS::IAM::Policy": _type("Groups PolicyDocument PolicyName Roles Users"),
    "AWS::IAM::Role": _type(
        "AssumeRolePolicyDocument Description ManagedPolicyArns MaxSessionDuration Path Policies "
        "RoleName Tags",
        PermissionsBoundary="not evaluated for roles of a stack",
    ),
    "AWS::KMS::Alias": _type("AliasName TargetKeyId"),
    "AWS::KMS::Key": _type(
        "Description Enabled KeySpec KeyUsage MultiRegion Origin PendingWindowInDays Tags",
        KeyPolicy=_DESCRIBED + "no service asks for the key, so no statement is evaluated",
        EnableKeyRotation=_DESCRIBED + "no key is rotated",
        RotationPeriodInDays=_DESCRIBED + "no key is rotated",
        BypassPolicyLockoutSafetyCheck="not checked",
    ),
    "AWS::Kinesis::Stream": _type(
        "Name RetentionPeriodHours ShardCount StreamModeDetails Tags",
        StreamEncryption=_ENCRYPTED,
        DesiredShardLevelMetrics="no shard-level metrics",
    ),
    "AWS::KinesisAnalyticsV2::Application": _type(
        "ApplicationConfiguration ApplicationDescription ApplicationMode ApplicationName "
        "RuntimeEnvironment ServiceExecutionRole Tags",
        **{
            f"{_APPLICATION}ApplicationEncryptionConfiguration": _ENCRYPTED,
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
    "AWS::KinesisAnalyticsV2::ApplicationCloudWatchLoggingOption": _type(
        "ApplicationName CloudWatchLoggingOption"
    ),
    "AWS::Lambda::Alias": _type("Description FunctionName FunctionVersion Name"),
    "AWS::Lambda::EventSourceMapping": _type(
        "BatchSize Enabled EventSourceArn FunctionName StartingPosition"
    ),
    "AWS::Lambda::Function": _type(
        "Code Description Environment FunctionName Handler Layers LoggingConfig MemorySize "
        "PackageType Role Runtime Tags Timeout",
        Architectures="functions run on this machine's processor",
        EphemeralStorage="not limited",
        KmsKeyArn=_ENCRYPTED,
        ReservedConcurrentExecutions="not limited",
        TracingConfig="nothing is traced",
    ),
    "AWS::Lambda::LayerVersion": _type(
        "CompatibleArchitectures CompatibleRuntimes Content Description LayerName LicenseInfo"
    ),
    "AWS::Lambda::Permission": _type(
        "Action EventSourceToken FunctionName FunctionUrlAuthType Principal PrincipalOrgID "
        "SourceAccount SourceArn"
    ),
    "AWS::Lambda::Version": _type("Description FunctionName"),
    "AWS::Logs::LogGroup": _type(
        "LogGroupName Tags",
        KmsKeyId=_ENCRYPTED,
        LogGroupClass="one class here",
        RetentionInDays=_DESCRIBED + "no event expires",
        DataProtectionPolicy="nothing is masked",
        FieldIndexPolicies="nothing is indexed",
        ResourcePolicyDocument="not evaluated",
    ),
    "AWS::Logs::LogStream": _type("LogGroupName LogStreamName"),
    "AWS::Logs::ResourcePolicy": _type("PolicyDocument PolicyName"),
    "AWS::Logs::SubscriptionFilter": _type(
        "DestinationArn Distribution FilterName FilterPattern LogGroupName RoleArn"
    ),
    "AWS::MSK::BatchScramSecret": _type(
        "ClusterArn", SecretArnList="the broker of this machine asks nobody to log in"
    ),
    "AWS::MSK::Cluster": _type(
        "ClientAuthentication ClusterName Tags",
        BrokerNodeGroupInfo=_ONE_BROKER,
        ConfigurationInfo="the broker of this machine has settings of its own",
        CurrentVersion="not checked",
        EncryptionInfo=_ENCRYPTED,
        EnhancedMonitoring="the broker of this machine reports no metrics",
        KafkaVersion="the broker of this machine is Kafka 3.9",
        LoggingInfo="the broker's log is in a file of this machine",
        NumberOfBrokerNodes=_ONE_BROKER,
        OpenMonitoring="the broker of this machine reports no metrics",
        StorageMode=_ONE_BROKER,
    ),
    "AWS::MSK::Configuration": _type(
        "Description KafkaVersionsList Name",
        ServerProperties="the broker of this machine has settings of its own",
    ),
    "AWS::MSK::ServerlessCluster": _type(
        "ClientAuthentication ClusterName Tags", VpcConfigs=_ONE_BROKER
    ),
    "AWS::MSK::Topic": _type(
        "ClusterArn Configs PartitionCount TopicName", ReplicationFactor=_ONE_BROKER
    ),
    "AWS::S3::Bucket": _type(
        "BucketName CorsConfiguration NotificationConfiguration PublicAccessBlockConfiguration "
        "Tags VersioningConfiguration",
        AccessControl="ACLs of a template are not applied",
        BucketEncryption=_ENCRYPTED,
        LifecycleConfiguration=_DESCRIBED + "no object expires or moves",
        LoggingConfiguration="no access is logged",
        OwnershipControls="objects have one owner here",
        ObjectLockEnabled="objects are never locked",
        ObjectLockConfiguration="objects are never locked",
        IntelligentTieringConfigurations="objects are never moved",
    ),
    "AWS::S3::BucketPolicy": _type("Bucket PolicyDocument"),
    "AWS::SNS::Subscription": _type(
        "Endpoint FilterPolicy FilterPolicyScope Protocol RawMessageDelivery RedrivePolicy "
        "TopicArn",
        Region="one region here",
        DeliveryPolicy="delivered once",
        SubscriptionRoleArn="nothing is delivered to a delivery stream",
    ),
    "AWS::SNS::Topic": _type(
        "DisplayName FifoTopic Subscription Tags TopicName ContentBasedDeduplication",
        KmsMasterKeyId=_ENCRYPTED,
        SignatureVersion="messages are signed one way",
        TracingConfig="nothing is traced",
        DeliveryStatusLogging="deliveries are not logged",
        DataProtectionPolicy="nothing is masked",
    ),
    "AWS::SNS::TopicPolicy": _type("PolicyDocument Topics"),
    "AWS::SQS::Queue": _type(
        "ContentBasedDeduplication DelaySeconds FifoQueue MaximumMessageSize "
        "MessageRetentionPeriod QueueName ReceiveMessageWaitTimeSeconds RedriveAllowPolicy "
        "RedrivePolicy Tags VisibilityTimeout",
        KmsMasterKeyId=_ENCRYPTED,
        KmsDataKeyReusePeriodSeconds=_ENCRYPTED,
        SqsManagedSseEnabled=_ENCRYPTED,
    ),
    "AWS::SQS::QueuePolicy": _type("PolicyDocument Queues"),
    "AWS::SSM::Parameter": _type("AllowedPattern DataType Description Name Tags Tier Type Value"),
    "AWS::Scheduler::Schedule": _type(
        "Description EndDate FlexibleTimeWindow GroupName Name ScheduleExpression "
        "ScheduleExpressionTimezone StartDate State Target",
        KmsKeyArn=_ENCRYPTED,
    ),
    "AWS::SecretsManager::Secret": _type(
        "Description GenerateSecretString Name SecretString Tags", KmsKeyId=_ENCRYPTED
    ),
    "AWS::StepFunctions::StateMachine": _type(
        "Definition DefinitionS3Location DefinitionString DefinitionSubstitutions RoleArn "
        "StateMachineName StateMachineType Tags",
        LoggingConfiguration="executions are not logged",
        TracingConfiguration="nothing is traced",
        EncryptionConfiguration=_ENCRYPTED,
    ),
}
