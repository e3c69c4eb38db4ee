"""The production stack's resources, written by hand with plain CDK: what the library stands for."""

import json
from pathlib import Path

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_kinesisanalyticsv2 as kda
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from aws_cdk import custom_resources as cr
from constructs import Construct

ROOT = Path(__file__).parents[1]
NAME = "prod-sensors-plain"


class PlainStack(cdk.Stack):
    """Stream, buckets, table, keys, application, lifecycle resources, alarms, topic."""

    def __init__(self, scope: Construct, id: str) -> None:
        super().__init__(scope, id)
        arn = self.format_arn(
            service="kinesisanalytics", resource="application", resource_name=NAME
        )
        state_key, data_key, topic_key = (
            kms.Key(self, name, enable_key_rotation=name != "StateKey")
            for name in ("StateKey", "DataKey", "TopicKey")
        )
        for principal in ("kinesisanalytics", "infrastructure.kinesisanalytics", "logs"):
            state_key.add_to_resource_policy(
                iam.PolicyStatement(
                    principals=[iam.ServicePrincipal(f"{principal}.amazonaws.com")],
                    actions=["kms:DescribeKey", "kms:Decrypt", "kms:GenerateDataKey"],
                    resources=["*"],
                )
            )
        stream = kinesis.Stream(
            self,
            "Events",
            stream_mode=kinesis.StreamMode.ON_DEMAND,
            retention_period=cdk.Duration.days(7),
            encryption=kinesis.StreamEncryption.KMS,
            encryption_key=data_key,
        )
        buckets = [
            s3.Bucket(
                self,
                name,
                block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
                encryption=s3.BucketEncryption.KMS,
                encryption_key=data_key,
                enforce_ssl=True,
                versioned=True,
                lifecycle_rules=[
                    s3.LifecycleRule(
                        abort_incomplete_multipart_upload_after=cdk.Duration.days(30),
                        noncurrent_version_expiration=cdk.Duration.days(30),
                    )
                ],
            )
            for name in ("Lake", "Rejected")
        ]
        table = dynamodb.TableV2(
            self,
            "Readings",
            partition_key=dynamodb.Attribute(name="sensor", type=dynamodb.AttributeType.STRING),
            sort_key=dynamodb.Attribute(name="item", type=dynamodb.AttributeType.STRING),
            encryption=dynamodb.TableEncryptionV2.aws_managed_key(),
        )
        log_group = logs.LogGroup(self, "LogGroup", encryption_key=state_key)
        log_stream = logs.LogStream(self, "LogStream", log_group=log_group)
        role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal(
                "kinesisanalytics.amazonaws.com",
                conditions={"ArnEquals": {"aws:SourceArn": arn}},
            ),
        )
        for acts, resources in (
            (["s3:GetObject", "s3:GetObjectVersion"], ["arn:aws:s3:::code/job.zip"]),
            (["logs:PutLogEvents"], [log_group.log_group_arn]),
            (["kinesis:GetRecords", "kinesis:GetShardIterator"], [stream.stream_arn]),
            (["dynamodb:BatchWriteItem"], [table.table_arn]),
            (["s3:PutObject"], [bucket.arn_for_objects("*") for bucket in buckets]),
            (["kms:Decrypt", "kms:GenerateDataKey"], [data_key.key_arn]),
        ):
            role.add_to_policy(iam.PolicyStatement(actions=acts, resources=resources))
        application = kda.CfnApplication(
            self,
            "Application",
            application_name=NAME,
            runtime_environment="FLINK-1_20",
            service_execution_role=role.role_arn,
            application_configuration={
                "applicationCodeConfiguration": {
                    "codeContentType": "ZIPFILE",
                    "codeContent": {
                        "s3ContentLocation": {
                            "bucketArn": "arn:aws:s3:::code",
                            "fileKey": "job.zip",
                        }
                    },
                },
                "environmentProperties": {
                    "propertyGroups": [
                        {
                            "propertyGroupId": "events",
                            "propertyMap": {"stream": stream.stream_name},
                        },
                        {"propertyGroupId": "out", "propertyMap": {"table": table.table_name}},
                        *(
                            {
                                "propertyGroupId": bucket.node.id,
                                "propertyMap": {"path": bucket.bucket_name},
                            }
                            for bucket in buckets
                        ),
                    ]
                },
                "flinkApplicationConfiguration": {
                    "parallelismConfiguration": {
                        "configurationType": "CUSTOM",
                        "parallelism": 4,
                        "parallelismPerKpu": 1,
                        "autoScalingEnabled": False,
                    }
                },
            },
        )
        application.node.add_dependency(role)
        logging = kda.CfnApplicationCloudWatchLoggingOption(
            self,
            "LoggingOption",
            application_name=application.ref,
            cloud_watch_logging_option={
                "logStreamArn": f"{log_group.log_group_arn}:{log_stream.log_stream_name}"
            },
        )
        prepare, prove = self._lifecycle(arn, log_group)
        application.node.add_dependency(prepare)
        prove.node.add_dependency(application, logging)
        self._alarms(topic_key, stream, table)

    def _lifecycle(
        self, arn: str, log_group: logs.LogGroup
    ) -> tuple[cdk.CustomResource, cdk.CustomResource]:
        own_log = logs.LogGroup(self, "LifecycleLog")
        role = iam.Role(
            self, "LifecycleRole", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com")
        )
        own_log.grant_write(role)
        for acts, resource in (
            (["kinesisanalytics:DescribeApplication", "kinesisanalytics:StartApplication"], arn),
            (["logs:FilterLogEvents"], log_group.log_group_arn),
            (["cloudwatch:GetMetricData"], "*"),
        ):
            role.add_to_policy(iam.PolicyStatement(actions=acts, resources=[resource]))
        code = lambda_.Code.from_asset(
            str(ROOT / "constructs" / "cdk_managed_flink" / "handlers"),
            exclude=["**/__pycache__"],
        )
        on_event, is_complete = (
            lambda_.Function(
                self,
                name,
                runtime=lambda_.Runtime.PYTHON_3_14,
                handler=f"managed_flink_lifecycle.entry.{handler}",
                code=code,
                role=role,
                log_group=own_log,
            )
            for name, handler in (("OnEvent", "on_event"), ("IsComplete", "is_complete"))
        )
        provider = cr.Provider(
            self,
            "Provider",
            on_event_handler=on_event,
            is_complete_handler=is_complete,
            disable_waiter_state_machine_logging=False,
            log_group=own_log,
            waiter_state_machine_log_options=cr.LogOptions(destination=own_log),
        )
        prepare, prove = (
            cdk.CustomResource(
                self,
                name,
                resource_type=f"Custom::Flink{name}",
                service_token=provider.service_token,
                properties={"ApplicationName": NAME, "Key": json.dumps({"by": "hand"})},
            )
            for name in ("Prepare", "Prove")
        )
        return prepare, prove

    def _alarms(self, key: kms.Key, stream: kinesis.Stream, table: dynamodb.TableV2) -> None:
        topic = sns.Topic(self, "Topic", master_key=key, enforce_ssl=True)
        for address in ("data-team@example.com", "on-call@example.com"):
            topic.add_subscription(subscriptions.EmailSubscription(address))
        application = {"Application": NAME}
        metrics: list[tuple[str, str, dict[str, str]]] = [
            ("AWS/KinesisAnalytics", name, application)
            for name in (
                "fullRestarts",
                "numberOfFailedCheckpoints",
                "containerCPUUtilization",
                "heapMemoryUtilization",
                "containerMemoryUtilization",
            )
        ]
        of_stream = {"StreamName": stream.stream_name}
        of_table = {"TableName": table.table_name}
        metrics += [
            ("AWS/Kinesis", "GetRecords.IteratorAgeMilliseconds", of_stream),
            ("AWS/Kinesis", "ReadProvisionedThroughputExceeded", of_stream),
            ("AWS/DynamoDB", "WriteThrottleEvents", of_table),
            ("AWS/DynamoDB", "SystemErrors", {**of_table, "Operation": "BatchWriteItem"}),
        ]
        alarms = [
            cloudwatch.Alarm(
                self,
                f"Alarm{number}",
                metric=cloudwatch.Metric(
                    namespace=namespace, metric_name=name, dimensions_map=dimensions
                ),
                threshold=1,
                evaluation_periods=3,
            )
            for number, (namespace, name, dimensions) in enumerate(metrics)
        ]
        composite = cloudwatch.CompositeAlarm(
            self,
            "Composite",
            alarm_rule=cloudwatch.AlarmRule.any_of(
                *(cloudwatch.AlarmRule.from_alarm(a, cloudwatch.AlarmState.ALARM) for a in alarms)
            ),
        )
        composite.add_alarm_action(actions.SnsAction(topic))
