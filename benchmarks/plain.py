"""The stacks of ``stacks/sensors.py`` for production and of the README, by hand with plain CDK.

Each resource has the settings that the library gives it, as an engineer would write them who knows
the service and has only CDK. Nothing here is derived, checked or shared with other stacks.
"""

from pathlib import Path

from aws_cdk import ArnFormat, CfnOutput, Duration, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_kinesisanalyticsv2 as kda
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3_assets as s3_assets
from constructs import Construct

from benchmarks.plain_configuration import configuration, property_groups
from benchmarks.plain_keys import allow_application, allow_log_group
from benchmarks.plain_lifecycle import add_lifecycle
from benchmarks.plain_operations import add_alarms, add_topic
from benchmarks.plain_stores import KEPT, bucket, readings
from cdk_managed_flink.handlers.managed_flink_lifecycle.contract import Store

ROOT = Path(__file__).parents[1]
NAME = "sensors"


class PlainStack(Stack):
    """Keys, stream, buckets, table, the application with role and log, lifecycle and alarms."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        code: Path,
        buckets: tuple[str, ...],
        table: bool,
        addresses: tuple[str, ...],
    ) -> None:
        super().__init__(scope, id)
        self.application_arn = self.format_arn(
            service="kinesisanalytics", resource="application", resource_name=NAME
        )
        self.state_key = kms.Key(
            self, "StateKey", description="State", enable_key_rotation=False, removal_policy=KEPT
        )
        allow_application(self.state_key, self, self.application_arn)
        allow_log_group(self.state_key, self)
        self.data_key = kms.Key(
            self, "DataKey", description="Data", enable_key_rotation=True, removal_policy=KEPT
        )
        self.events = kinesis.Stream(
            self,
            "Events",
            stream_mode=kinesis.StreamMode.ON_DEMAND,
            retention_period=Duration.days(7),
            encryption=kinesis.StreamEncryption.KMS,
            encryption_key=self.data_key,
            removal_policy=KEPT,
        )
        self.buckets = {name: bucket(self, name, self.data_key) for name in buckets}
        self.readings = readings(self, self.data_key) if table else None
        self.log_group = logs.LogGroup(
            self,
            "LogGroup",
            encryption_key=self.state_key,
            retention=logs.RetentionDays.ONE_YEAR,
            removal_policy=KEPT,
        )
        self.log_stream = logs.LogStream(
            self, "LogStream", log_group=self.log_group, removal_policy=KEPT
        )
        asset = s3_assets.Asset(self, "Code", path=str(code))
        role = self._role(asset)
        groups = property_groups(self.events, self.buckets, self.readings)
        settings = configuration(asset, self.state_key, groups)
        application = kda.CfnApplication(
            self,
            "Application",
            application_name=NAME,
            application_mode="STREAMING",
            runtime_environment="FLINK-1_20",
            service_execution_role=role.role_arn,
            application_configuration=settings,
        )
        application.apply_removal_policy(KEPT)
        application.node.add_dependency(role)
        logging = kda.CfnApplicationCloudWatchLoggingOption(
            self,
            "LoggingOption",
            application_name=application.ref,
            cloud_watch_logging_option={
                "logStreamArn": self._log_arn(
                    f"{self.log_group.log_group_name}:log-stream:{self.log_stream.log_stream_name}"
                )
            },
        )
        topic = add_topic(self, addresses) if addresses else None
        prove, rules = add_lifecycle(
            self,
            name=NAME,
            arn=self.application_arn,
            application=application,
            logging=logging,
            role=role,
            state_key=self.state_key,
            log_group=self.log_group,
            log_stream=self.log_stream,
            configuration=settings,
            topic=topic,
            stores=self._stores(),
        )
        add_alarms(
            self, name=NAME, stream=self.events, table=self.readings, topic=topic, rules=rules
        )
        CfnOutput(self, "ApplicationName", value=NAME)
        for answer in ("RestoredFrom", "Evidence"):
            CfnOutput(self, answer, value=prove.get_att_string(answer))

    def _stores(self) -> dict[str, Store]:
        stores = {"readings": Store("AWS::Kinesis::Stream", self.events.stream_name)}
        for name, held in self.buckets.items():
            stores[name] = Store("AWS::S3::Bucket", held.bucket_name)
        if self.readings is not None:
            stores["latest"] = Store("AWS::DynamoDB::GlobalTable", self.readings.table_name)
        return stores

    def _role(self, code: s3_assets.Asset) -> iam.Role:
        role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal(
                "kinesisanalytics.amazonaws.com",
                conditions={
                    "StringEquals": {"aws:SourceAccount": self.account},
                    "ArnEquals": {"aws:SourceArn": self.application_arn},
                },
            ),
            description="Execution role of the Flink application",
        )
        log_group = self.log_group.log_group_name
        log_stream = f"{log_group}:log-stream:{self.log_stream.log_stream_name}"
        buckets = self.buckets.values()
        allowed: list[tuple[list[str], list[str]]] = [
            (
                ["s3:GetObject", "s3:GetObjectVersion"],
                [code.bucket.arn_for_objects(code.s3_object_key)],
            ),
            (["logs:DescribeLogGroups"], [self._log_arn("*")]),
            (["logs:DescribeLogStreams"], [self._log_arn(f"{log_group}:*")]),
            (["logs:PutLogEvents"], [self._log_arn(log_stream)]),
            (
                [
                    "kinesis:DescribeStream",
                    "kinesis:GetRecords",
                    "kinesis:GetShardIterator",
                    "kinesis:ListShards",
                ],
                [self.events.stream_arn],
            ),
            (
                [
                    "s3:AbortMultipartUpload",
                    "s3:DeleteObject",
                    "s3:GetObject",
                    "s3:ListMultipartUploadParts",
                    "s3:PutObject",
                ],
                [bucket.arn_for_objects("*") for bucket in buckets],
            ),
            (
                ["s3:GetBucketLocation", "s3:ListBucket"],
                [bucket.bucket_arn for bucket in buckets],
            ),
        ]
        if self.readings is not None:
            allowed.append((["dynamodb:BatchWriteItem"], [self.readings.table_arn]))
        for actions, resources in allowed:
            role.add_to_policy(iam.PolicyStatement(actions=actions, resources=resources))
        self._allow_data_key(role)
        return role

    def _allow_data_key(self, role: iam.Role) -> None:
        key_arn = self.data_key.key_arn
        context = {"kms:EncryptionContext:aws:kinesis:arn": self.events.stream_arn}
        items = ["kms:Encrypt", "kms:ReEncryptFrom", "kms:ReEncryptTo", "kms:DescribeKey"]
        use = ["kms:Decrypt", "kms:GenerateDataKey"]
        allowed = [("kinesis", ["kms:Decrypt"], context), ("s3", use, {})]
        if self.readings is not None:
            allowed.append(("dynamodb", [*use, *items], {}))
        for service, actions, further in allowed:
            via = {"kms:ViaService": f"{service}.{self.region}.amazonaws.com"}
            role.add_to_policy(
                iam.PolicyStatement(
                    actions=actions,
                    resources=[key_arn],
                    conditions={"StringEquals": {**via, **further}},
                )
            )

    def _log_arn(self, name: str) -> str:
        return self.format_arn(
            service="logs",
            resource="log-group",
            resource_name=name,
            arn_format=ArnFormat.COLON_RESOURCE_NAME,
        )


class PlainSensorsStack(PlainStack):
    def __init__(self, scope: Construct, id: str) -> None:
        super().__init__(
            scope,
            id,
            code=ROOT / "jobs" / "sensors",
            buckets=("lake", "rejected"),
            table=True,
            addresses=("data-team@example.com", "on-call@example.com"),
        )


class PlainWebStack(PlainStack):
    """The app of the README."""

    def __init__(self, scope: Construct, id: str, *, code: Path) -> None:
        super().__init__(scope, id, code=code, buckets=("lake",), table=False, addresses=())
