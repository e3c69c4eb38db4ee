"""Each call against the real API models: parameters that are sent, answers that are read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.stub import Stubber

from cdk_managed_flink.handlers.managed_flink_lifecycle.aws.calls import (
    NotFoundError,
    ServiceError,
    TransientError,
    call,
)
from cdk_managed_flink.handlers.managed_flink_lifecycle.aws.clients import session
from cdk_managed_flink.handlers.managed_flink_lifecycle.aws.evidence import Evidence
from cdk_managed_flink.handlers.managed_flink_lifecycle.aws.job_log import JobLog
from cdk_managed_flink.handlers.managed_flink_lifecycle.aws.service import FlinkService
from cdk_managed_flink.handlers.managed_flink_lifecycle.aws.snapshots import (
    EnhancedSnapshots,
    LegacySnapshots,
    Snapshots,
)
from cdk_managed_flink.handlers.managed_flink_lifecycle.aws.stack import OwnStack
from cdk_managed_flink.handlers.managed_flink_lifecycle.contract import Definition, Metrics
from cdk_managed_flink.handlers.managed_flink_lifecycle.values.application import (
    Application,
    Operation,
)
from cdk_managed_flink.handlers.managed_flink_lifecycle.values.snapshot import Snapshot

NAME = {"ApplicationName": "sensors"}
ARN = "arn:aws:kinesisanalytics:us-east-1:111111111111:snapshot/s"
# CloudWatch without a datapoint.
SILENT = SimpleNamespace(get_metric_data=lambda **_: {})
NOW = datetime(2026, 1, 1, tzinfo=UTC)
STACK_ID = "arn:aws:cloudformation:us-east-1:111111111111:stack/sensors/1"
METRICS = Metrics(
    namespace="AWS/KinesisAnalytics",
    uptime="uptime",
    restarts="fullRestarts",
    failed_checkpoints="numberOfFailedCheckpoints",
    records_in="numRecordsIn",
)


@cache
def client_of(service: str) -> Any:  # noqa: ANN401
    return session().client(
        service, region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x"
    )


def stubbed(service: str) -> Iterator[tuple[Any, Stubber]]:
    client = client_of(service)
    with Stubber(client) as stubber:
        yield client, stubber
        stubber.assert_no_pending_responses()


@pytest.fixture
def flink() -> Iterator[tuple[Any, Stubber]]:
    yield from stubbed("kinesisanalyticsv2")


@pytest.fixture
def logs() -> Iterator[tuple[Any, Stubber]]:
    yield from stubbed("logs")


@pytest.fixture
def cloudwatch() -> Iterator[tuple[Any, Stubber]]:
    yield from stubbed("cloudwatch")


@pytest.fixture
def cloudformation() -> Iterator[tuple[Any, Stubber]]:
    yield from stubbed("cloudformation")


def test_describe(flink: tuple[Any, Stubber]) -> None:
    client, stubber = flink
    detail = {
        "ApplicationARN": "arn:aws:kinesisanalytics:us-east-1:111111111111:application/sensors",
        "ApplicationName": "sensors",
        "RuntimeEnvironment": "FLINK-1_20",
        "ApplicationStatus": "RUNNING",
        "ApplicationVersionId": 7,
        "CreateTimestamp": NOW,
        "ServiceExecutionRole": "role",
        "ApplicationConfigurationDescription": {
            "ApplicationCodeConfigurationDescription": {
                "CodeContentType": "ZIPFILE",
                "CodeContentDescription": {
                    "S3ApplicationCodeLocationDescription": {
                        "BucketARN": "arn:aws:s3:::code",
                        "FileKey": "job.zip",
                    }
                },
            },
            "ApplicationSnapshotConfigurationDescription": {"SnapshotsEnabled": False},
            "RunConfigurationDescription": {
                "ApplicationRestoreConfigurationDescription": {
                    "ApplicationRestoreType": "RESTORE_FROM_CUSTOM_SNAPSHOT",
                    "SnapshotName": "s",
                }
            },
        },
    }
    stubber.add_response("describe_application", {"ApplicationDetail": detail}, NAME)
    described = FlinkService(client, "sensors").describe()
    assert described == Application(
        name="sensors",
        status="RUNNING",
        version=7,
        created=NOW,
        snapshots_enabled=False,
        restored_from="s",
        definition=Definition(
            role="role",
            bucket_arn="arn:aws:s3:::code",
            file_key="job.zip",
            object_version="",
            runtime="FLINK-1_20",
            property_groups=[],
        ),
    )


def test_describe_of_an_absent_application(flink: tuple[Any, Stubber]) -> None:
    client, stubber = flink
    stubber.add_client_error("describe_application", "ResourceNotFoundException")
    assert FlinkService(client, "sensors").describe() is None


@pytest.mark.parametrize(
    ("snapshot", "restore"),
    [
        (
            Snapshot("s", "READY", NOW),
            {"ApplicationRestoreType": "RESTORE_FROM_CUSTOM_SNAPSHOT", "SnapshotName": "s"},
        ),
        (
            Snapshot("s", "READY", NOW, arn=ARN),
            {"ApplicationRestoreType": "RESTORE_FROM_CUSTOM_SNAPSHOT", "SnapshotArn": ARN},
        ),
        (None, {"ApplicationRestoreType": "SKIP_RESTORE_FROM_SNAPSHOT"}),
    ],
)
def test_start_says_every_option(
    flink: tuple[Any, Stubber], snapshot: Snapshot | None, restore: dict[str, str]
) -> None:
    client, stubber = flink
    expected = {
        **NAME,
        "RunConfiguration": {
            "FlinkRunConfiguration": {"AllowNonRestoredState": True},
            "ApplicationRestoreConfiguration": restore,
        },
    }
    stubber.add_response("start_application", {"OperationId": "op"}, expected)
    service = FlinkService(client, "sensors")
    assert service.start(snapshot=snapshot, allow_non_restored_state=True) == "op"


@pytest.mark.parametrize("force", [False, True])
def test_stop_says_whether_it_is_forced(flink: tuple[Any, Stubber], force: bool) -> None:
    client, stubber = flink
    stubber.add_response("stop_application", {"OperationId": "op"}, {**NAME, "Force": force})
    assert FlinkService(client, "sensors").stop(force=force) == "op"


def test_snapshots_are_read_page_by_page_newest_first(flink: tuple[Any, Stubber]) -> None:
    client, stubber = flink

    def page(name: str, age: int) -> dict[str, Any]:
        created = NOW - timedelta(seconds=age)
        return {
            "SnapshotName": name,
            "SnapshotStatus": "READY",
            "ApplicationVersionId": 3,
            "SnapshotCreationTimestamp": created,
        }

    first = {"SnapshotSummaries": [page("old", 60)], "NextToken": "next"}
    stubber.add_response("list_application_snapshots", first, {**NAME, "Limit": 50})
    stubber.add_response(
        "list_application_snapshots",
        {"SnapshotSummaries": [page("new", 0)]},
        {**NAME, "Limit": 50, "NextToken": "next"},
    )
    assert LegacySnapshots(client, "sensors").list() == [
        Snapshot("new", "READY", NOW, label="new"),
        Snapshot("old", "READY", NOW - timedelta(seconds=60), label="old"),
    ]


def test_enhanced_snapshots_are_the_accounts_and_known_by_the_applications_name(
    flink: tuple[Any, Stubber],
) -> None:
    client, stubber = flink
    entries = [
        {
            "SnapshotName": name,
            "SnapshotArn": f"{ARN}-{name}",
            "SnapshotStatus": "READY",
            "SnapshotCreationTimestamp": NOW,
            "SnapshotInitiator": initiator,
            "SnapshotInitiatorOperation": operation,
            "SnapshotFormat": "CANONICAL",
        }
        for name, initiator, operation in (
            ("sensors-proved-a-v1", "USER", "CreateSnapshot"),
            ("mine", "USER", "CreateSnapshot"),
            ("SYSTEMSNAPSHOT-1", "SYSTEM", "SystemCreateSnapshot"),
        )
    ]
    asked = {"SourceApplicationName": "sensors", "Limit": 50}
    stubber.add_response("list_snapshots", {"SnapshotInfoList": entries}, asked)
    listed = EnhancedSnapshots(client, "sensors").list()
    assert [(s.label, s.own) for s in listed] == [
        ("proved-a-v1", True),
        ("", False),
        ("", False),
    ]
    assert [s.arn for s in listed] == [f"{ARN}-{entry['SnapshotName']}" for entry in entries]


@pytest.mark.parametrize("length", [1, 59, 60, 128])
def test_enhanced_names_fit_whatever_the_applications_name(length: int) -> None:
    port = EnhancedSnapshots(None, "a" * length)
    label = "proved-0123456789ab-v999999999-99"
    name = port.name_of(label)
    assert len(name) <= 100
    assert name.endswith(f"-{label}")
    assert name != EnhancedSnapshots(None, "a" * length + "b").name_of(label)


@pytest.mark.parametrize(
    ("port", "call_name", "names"),
    [
        (LegacySnapshots, "delete_application_snapshot", {"ApplicationName": "sensors"}),
        (EnhancedSnapshots, "delete_snapshot", {}),
    ],
)
def test_delete_names_the_creation_time_and_takes_absent_for_done(
    flink: tuple[Any, Stubber], port: type[Snapshots], call_name: str, names: dict[str, str]
) -> None:
    client, stubber = flink
    expected = {**names, "SnapshotName": "s", "SnapshotCreationTimestamp": NOW}
    stubber.add_client_error(call_name, "ResourceNotFoundException", expected_params=expected)
    port(client, "sensors").delete(Snapshot("s", "READY", NOW))


def test_create_snapshot(flink: tuple[Any, Stubber]) -> None:
    client, stubber = flink
    name = "proved-aaaaaaaaaaaa-v1-2"
    stubber.add_response("create_application_snapshot", {}, {**NAME, "SnapshotName": name})
    LegacySnapshots(client, "sensors").create(name)


def test_operations_and_their_failure(flink: tuple[Any, Stubber]) -> None:
    client, stubber = flink
    entry = {
        "Operation": "StartApplication",
        "OperationId": "op",
        "StartTime": NOW,
        "EndTime": NOW,
        "OperationStatus": "FAILED",
    }
    listed = {"ApplicationOperationInfoList": [entry]}
    stubber.add_response("list_application_operations", listed, {**NAME, "Limit": 50})
    details = {
        "Operation": "StartApplication",
        "StartTime": NOW,
        "EndTime": NOW,
        "OperationStatus": "FAILED",
        "OperationFailureDetails": {"ErrorInfo": {"ErrorString": "no role"}},
    }
    stubber.add_response(
        "describe_application_operation",
        {"ApplicationOperationInfoDetails": details},
        {**NAME, "OperationId": "op"},
    )
    service = FlinkService(client, "sensors")
    operations = service.operations()
    assert operations == [Operation("op", "StartApplication", "FAILED", NOW, NOW)]
    assert operations[0].failed
    assert service.operation_failure(operations[0]) == "no role"


def test_log_events_are_asked_for_by_phrase_and_read_once(logs: tuple[Any, Stubber]) -> None:
    client, stubber = logs
    expected = {
        "logGroupName": "group",
        "logStreamNames": ["stream"],
        "startTime": int(NOW.timestamp() * 1000),
    }
    failed = {
        "eventId": "1",
        "timestamp": 1,
        "message": '{"message": "Job a (00) switched from state RUNNING to FAILED."}',
    }
    for phrase in ('"to FAILED"', '"to RESTARTING"'):
        asked = {**expected, "filterPattern": phrase}
        stubber.add_response("filter_log_events", {"events": [], "nextToken": "more"}, asked)
        stubber.add_response(
            "filter_log_events", {"events": [failed]}, {**asked, "nextToken": "more"}
        )
    seen = evidence(logs=client, cloudwatch=SILENT).observe(NOW, NOW)
    assert seen.failures.dead
    assert seen.failures.count == 1


def test_log_group_that_is_absent_holds_no_failures(logs: tuple[Any, Stubber]) -> None:
    client, stubber = logs
    for _ in range(2):
        stubber.add_client_error("filter_log_events", "ResourceNotFoundException")
    assert evidence(logs=client, cloudwatch=SILENT).observe(NOW, NOW).failures.count == 0


def test_metrics_are_asked_for_by_the_names_given_and_stale_datapoints_ignored(
    cloudwatch: tuple[Any, Stubber],
) -> None:
    client, stubber = cloudwatch
    metrics = replace(METRICS, restarts="numRestarts")
    statistics = {
        "uptime": "Minimum",
        "restarts": "Maximum",
        "failed_checkpoints": "Maximum",
        "records_in": "Maximum",
    }
    queries = [
        {
            "Id": name,
            "MetricStat": {
                "Metric": {
                    "Namespace": "AWS/KinesisAnalytics",
                    "MetricName": getattr(metrics, name),
                    "Dimensions": [{"Name": "Application", "Value": "sensors"}],
                },
                "Period": 60,
                "Stat": statistic,
            },
            "ReturnData": True,
        }
        for name, statistic in statistics.items()
    ]
    start = NOW - timedelta(seconds=90)
    stale, fresh = NOW - timedelta(seconds=120), NOW - timedelta(seconds=60)
    stubber.add_response(
        "get_metric_data",
        {
            "MetricDataResults": [
                {"Id": "uptime", "Timestamps": [fresh, stale], "Values": [5.0, 99.0]},
                {"Id": "restarts", "Timestamps": [stale], "Values": [9.0]},
            ]
        },
        {
            "MetricDataQueries": queries,
            "StartTime": start,
            "EndTime": NOW + timedelta(seconds=60),
            "ScanBy": "TimestampAscending",
        },
    )
    seen = evidence(cloudwatch=client, metrics=metrics, log_group="").observe(start, NOW)
    assert [(point.at, point.value) for point in seen.uptime] == [(fresh, 5.0)]
    assert seen.restarts == []


@pytest.mark.parametrize(
    ("status", "back"),
    [
        ("CREATE_IN_PROGRESS", False),
        ("UPDATE_IN_PROGRESS", False),
        ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", False),
        ("DELETE_IN_PROGRESS", False),
        ("ROLLBACK_IN_PROGRESS", True),
        ("UPDATE_ROLLBACK_IN_PROGRESS", True),
        ("UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS", True),
    ],
)
def test_stack_going_back(cloudformation: tuple[Any, Stubber], status: str, back: bool) -> None:
    client, stubber = cloudformation
    stack = {"StackName": "s", "CreationTime": NOW, "StackStatus": status}
    stubber.add_response("describe_stacks", {"Stacks": [stack]}, {"StackName": STACK_ID})
    assert OwnStack(client, STACK_ID).rolling_back() is back


def test_begin_of_the_update_is_the_stacks_newest_such_event(
    cloudformation: tuple[Any, Stubber],
) -> None:
    client, stubber = cloudformation

    def event(age: int, physical_id: str, status: str) -> dict[str, Any]:
        return {
            "StackId": STACK_ID,
            "EventId": str(age),
            "StackName": "s",
            "Timestamp": NOW - timedelta(seconds=age),
            "PhysicalResourceId": physical_id,
            "ResourceStatus": status,
        }

    first = [event(1, "sensors", "UPDATE_IN_PROGRESS"), event(2, STACK_ID, "UPDATE_ROLLBACK")]
    second = [event(3, STACK_ID, "UPDATE_IN_PROGRESS"), event(9, STACK_ID, "UPDATE_IN_PROGRESS")]
    stubber.add_response(
        "describe_stack_events",
        {"StackEvents": first, "NextToken": "more"},
        {"StackName": STACK_ID},
    )
    stubber.add_response(
        "describe_stack_events",
        {"StackEvents": second},
        {"StackName": STACK_ID, "NextToken": "more"},
    )
    # A little before: the clocks differ.
    assert OwnStack(client, STACK_ID).update_began() == NOW - timedelta(seconds=3 + 2)


def test_the_stacks_own_application_is_found_on_a_later_page(
    cloudformation: tuple[Any, Stubber],
) -> None:
    client, stubber = cloudformation

    def resource(kind: str, name: str) -> dict[str, Any]:
        return {
            "LogicalResourceId": name,
            "PhysicalResourceId": name,
            "ResourceType": kind,
            "LastUpdatedTimestamp": NOW,
            "ResourceStatus": "CREATE_COMPLETE",
        }

    application = "AWS::KinesisAnalyticsV2::Application"
    first = {
        "StackResourceSummaries": [resource("AWS::S3::Bucket", "sensors")],
        "NextToken": "more",
    }
    last = {"StackResourceSummaries": [resource(application, "sensors")]}
    for _ in range(2):
        stubber.add_response("list_stack_resources", first, {"StackName": STACK_ID})
        asked = {"StackName": STACK_ID, "NextToken": "more"}
        stubber.add_response("list_stack_resources", last, asked)
    own = OwnStack(client, STACK_ID)
    assert own.owns("sensors")
    assert not own.owns("another")


@pytest.mark.parametrize(
    ("code", "status", "kind"),
    [
        ("ThrottlingException", 400, TransientError),
        ("ResourceInUseException", 400, TransientError),
        ("ConcurrentModificationException", 400, TransientError),
        ("SomethingNew", 503, TransientError),
        ("ResourceNotFoundException", 400, NotFoundError),
        ("InvalidArgumentException", 400, ServiceError),
    ],
)
def test_failures_are_told_apart(
    flink: tuple[Any, Stubber], code: str, status: int, kind: type[Exception]
) -> None:
    client, stubber = flink
    stubber.add_client_error("stop_application", code, http_status_code=status)
    with pytest.raises(kind) as raised:
        call(client, "stop_application", **NAME)
    assert type(raised.value) is kind


def evidence(
    *,
    logs: object = None,
    cloudwatch: object = None,
    metrics: Metrics = METRICS,
    log_group: str = "group",
) -> Evidence:
    return Evidence(
        log=JobLog(logs, log_group, "stream"),
        cloudwatch=cloudwatch,
        application="sensors",
        metrics=metrics,
        period_seconds=60,
    )
