"""By hand: the alarms, the composite one, and the topic that it publishes to."""

from collections.abc import Sequence

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
Watched = tuple[str, cloudwatch.IMetric, float, int, str]


def add_alarms(
    stack: Stack,
    *,
    name: str,
    stream: kinesis.Stream,
    table: dynamodb.TableV2 | None,
    topic: sns.Topic | None,
    rules: list[events.CfnRule],
) -> None:
    """Add an alarm for each fault of application, stream and table, and one that pages."""
    application = {"Application": name}
    of_stream = {"StreamName": stream.stream_name}
    alarms = [
        _alarm(stack, *watched)
        for watched in (
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
            *(_of_table(table) if table is not None else ()),
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
    if topic is not None:
        composite.add_alarm_action(actions.SnsAction(topic))
        composite.add_ok_action(actions.SnsAction(topic))


def _of_table(table: dynamodb.TableV2) -> list[Watched]:
    of_table = {"TableName": table.table_name}
    writes = {**of_table, "Operation": "BatchWriteItem"}
    throttles = _metric("AWS/DynamoDB", "WriteThrottleEvents", of_table, "Sum")
    errors = _metric("AWS/DynamoDB", "SystemErrors", writes, "Sum")
    return [
        ("WriteThrottles", throttles, 0, 3, "Writes are throttled."),
        ("WriteErrors", errors, 0, 3, "Writes fail."),
    ]


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
    namespace: str,
    name: str,
    dimensions: dict[str, str],
    statistic: str,
    period: Duration = MINUTE,
) -> cloudwatch.Metric:
    return cloudwatch.Metric(
        namespace=namespace,
        metric_name=name,
        dimensions_map=dimensions,
        statistic=statistic,
        period=period,
    )


def _flink(name: str, dimensions: dict[str, str]) -> cloudwatch.Metric:
    return _metric("AWS/KinesisAnalytics", name, dimensions, "Maximum")


def _tended(name: str, dimensions: dict[str, str], period: Duration) -> cloudwatch.Metric:
    return _metric("ManagedFlink", name, dimensions, "Maximum", period)


def _increase(name: str, dimensions: dict[str, str]) -> cloudwatch.MathExpression:
    return cloudwatch.MathExpression(
        expression="RATE(counter) * 60",
        using_metrics={"counter": _flink(name, dimensions)},
        period=MINUTE,
    )


def add_topic(stack: Stack, addresses: Sequence[str]) -> sns.Topic:
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
    for address in addresses:
        topic.add_subscription(subscriptions.EmailSubscription(address))
    return topic
