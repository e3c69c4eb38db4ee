"""By hand: the alarms, the composite one, and the topic that it publishes to."""

from aws_cdk import Duration, RemovalPolicy, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions

MINUTE = Duration.minutes(1)


def add_alarms(
    stack: Stack,
    *,
    name: str,
    stream: kinesis.Stream,
    table: dynamodb.TableV2,
    topic: sns.Topic,
    rules: list[events.CfnRule],
) -> None:
    """Add an alarm for each fault of application, stream and table, and one that pages."""
    application = {"Application": name}
    of_stream = {"StreamName": stream.stream_name}
    of_table = {"TableName": table.table_name}
    writes = {**of_table, "Operation": "BatchWriteItem"}
    alarms = [
        _alarm(stack, id, metric, threshold, periods, meaning)
        for id, metric, threshold, periods, meaning in (
            ("Restarts", _increase("fullRestarts", application), 0, 1, "The job restarted."),
            (
                "FailedCheckpoints",
                _increase("numberOfFailedCheckpoints", application),
                0,
                1,
                "A checkpoint failed.",
            ),
            ("Cpu", _flink("containerCPUUtilization", application), 80, 3, "CPU is short."),
            ("Heap", _flink("heapMemoryUtilization", application), 90, 3, "Heap is short."),
            (
                "Memory",
                _flink("containerMemoryUtilization", application),
                85,
                3,
                "Memory is short.",
            ),
            (
                "IteratorAge",
                _metric("AWS/Kinesis", "GetRecords.IteratorAgeMilliseconds", of_stream, "Maximum"),
                60_000,
                3,
                "The job falls behind.",
            ),
            (
                "ReadThrottles",
                _metric("AWS/Kinesis", "ReadProvisionedThroughputExceeded", of_stream, "Sum"),
                0,
                3,
                "Reads are throttled.",
            ),
            (
                "WriteThrottles",
                _metric("AWS/DynamoDB", "WriteThrottleEvents", of_table, "Sum"),
                0,
                3,
                "Writes are throttled.",
            ),
            (
                "WriteErrors",
                _metric("AWS/DynamoDB", "SystemErrors", writes, "Sum"),
                0,
                3,
                "Writes fail.",
            ),
        )
    ]
    looks = Duration.minutes(5)
    alarms.append(
        _alarm(stack, "Stuck", _tended("stuck", application, looks), 0, 1, "Only a person helps.")
    )
    age = _alarm(
        stack,
        "SnapshotAge",
        _tended("newestSnapshotAge", application, looks),
        8100,
        3,
        "No fresh snapshot, or nobody looks.",
        cloudwatch.TreatMissingData.BREACHING,
    )
    age.node.add_dependency(*rules)
    alarms.append(age)
    composite = cloudwatch.CompositeAlarm(
        stack,
        "Composite",
        alarm_rule=cloudwatch.AlarmRule.any_of(
            *(cloudwatch.AlarmRule.from_alarm(a, cloudwatch.AlarmState.ALARM) for a in alarms)
        ),
        alarm_description=f"{name}: any of its alarms",
    )
    composite.add_alarm_action(actions.SnsAction(topic))
    composite.add_ok_action(actions.SnsAction(topic))


def _alarm(
    stack: Stack,
    id: str,
    metric: cloudwatch.IMetric,
    threshold: float,
    periods: int,
    meaning: str,
    missing: cloudwatch.TreatMissingData = cloudwatch.TreatMissingData.NOT_BREACHING,
) -> cloudwatch.Alarm:
    return cloudwatch.Alarm(
        stack,
        id,
        metric=metric,
        threshold=threshold,
        evaluation_periods=periods,
        comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
        treat_missing_data=missing,
        alarm_description=meaning,
    )


def _metric(
    namespace: str, name: str, dimensions: dict[str, str], statistic: str
) -> cloudwatch.Metric:
    return cloudwatch.Metric(
        namespace=namespace,
        metric_name=name,
        dimensions_map=dimensions,
        statistic=statistic,
        period=MINUTE,
    )


def _flink(name: str, dimensions: dict[str, str]) -> cloudwatch.Metric:
    return _metric("AWS/KinesisAnalytics", name, dimensions, "Maximum")


def _tended(name: str, dimensions: dict[str, str], period: Duration) -> cloudwatch.Metric:
    return cloudwatch.Metric(
        namespace="ManagedFlink",
        metric_name=name,
        dimensions_map=dimensions,
        statistic="Maximum",
        period=period,
    )


def _increase(name: str, dimensions: dict[str, str]) -> cloudwatch.MathExpression:
    return cloudwatch.MathExpression(
        expression="RATE(counter) * 60",
        using_metrics={"counter": _flink(name, dimensions)},
        period=MINUTE,
    )


def add_topic(stack: Stack) -> sns.Topic:
    """Add the topic that alarms and the reconciler publish to."""
    key = kms.Key(
        stack,
        "TopicKey",
        description="Alarms",
        enable_key_rotation=True,
        removal_policy=RemovalPolicy.DESTROY,
    )
    service = iam.ServicePrincipal("cloudwatch.amazonaws.com")
    alarms = f"arn:{stack.partition}:cloudwatch:{stack.region}:{stack.account}:alarm:*"
    ours = {
        "StringEquals": {"aws:SourceAccount": stack.account},
        "ArnLike": {"aws:SourceArn": alarms},
    }
    key.add_to_resource_policy(
        iam.PolicyStatement(
            principals=[service],
            actions=["kms:Decrypt", "kms:GenerateDataKey"],
            resources=["*"],
            conditions=ours,
        )
    )
    topic = sns.Topic(stack, "Topic", master_key=key, enforce_ssl=True)
    topic.add_to_resource_policy(
        iam.PolicyStatement(
            principals=[service],
            actions=["sns:Publish"],
            resources=[topic.topic_arn],
            conditions=ours,
        )
    )
    for address in ("data-team@example.com", "on-call@example.com"):
        topic.add_subscription(subscriptions.EmailSubscription(address))
    return topic
