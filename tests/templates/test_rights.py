"""Least privilege: exact actions on exact ARNs, for each part."""

import ast
import fnmatch
import json
import re
from typing import Any

import aws_cdk as cdk
import botocore
import botocore.session
import pytest
from aws_cdk import aws_sns as sns
from configurations import ROOT, Build, app, of_type, only, template_of
from policies import INLINE, MANAGED, Right, arns, granted, listed, rights, statements, text

from cdk_managed_flink import FlinkPipeline, Notifications, RestoreFrom, Runtime, SnapshotMode
from cdk_managed_flink.handlers.managed_flink_lifecycle.aws.snapshots import EnhancedSnapshots

ROLE = "ClicksApplicationRole"
PLACE = "eu-west-1:123456789012"
ALWAYS: frozenset[str] = frozenset()


@pytest.mark.slow
@pytest.mark.parametrize("name", ["minimal", "everything", "existing"])
def test_execution_role_has_exactly_what_the_connectors_call(
    name: str, request: pytest.FixtureRequest
) -> None:
    template: dict[str, Any] = request.getfixturevalue(name)
    assert set(rights(template, ROLE)) == {
        "dynamodb:BatchWriteItem",
        "kinesis:DescribeStream",
        "kinesis:GetRecords",
        "kinesis:GetShardIterator",
        "kinesis:ListShards",
        "kms:Decrypt",
        *(
            ()
            if name == "existing"
            else (
                "kms:DescribeKey",
                "kms:Encrypt",
                "kms:GenerateDataKey",
                "kms:ReEncryptFrom",
                "kms:ReEncryptTo",
            )
        ),
        "logs:DescribeLogGroups",
        "logs:DescribeLogStreams",
        "logs:PutLogEvents",
        "s3:AbortMultipartUpload",
        "s3:DeleteObject",
        "s3:GetBucketLocation",
        "s3:GetObject",
        "s3:GetObjectVersion",
        "s3:ListBucket",
        "s3:ListMultipartUploadParts",
        "s3:PutObject",
    }


def test_each_right_on_existing_resources(existing: dict[str, Any]) -> None:
    (code,) = rights(existing, ROLE)["s3:GetObjectVersion"]
    (group,) = of_type(existing, "AWS::Logs::LogGroup").keys() - {
        name for name in of_type(existing, "AWS::Logs::LogGroup") if name.startswith("Managed")
    }
    (stream,) = of_type(existing, "AWS::Logs::LogStream")
    theirs = f"arn:aws:kinesis:{PLACE}:stream/theirs"
    assert granted(statements(existing, ROLE)) == {
        ("s3:GetObject", code, ALWAYS),
        ("s3:GetObjectVersion", code, ALWAYS),
        ("logs:DescribeLogGroups", f"arn:aws:logs:{PLACE}:log-group:*", ALWAYS),
        ("logs:DescribeLogStreams", f"arn:aws:logs:{PLACE}:log-group:<{group}>:*", ALWAYS),
        (
            "logs:PutLogEvents",
            f"arn:aws:logs:{PLACE}:log-group:<{group}>:log-stream:<{stream}>",
            ALWAYS,
        ),
        *(
            (f"kinesis:{call}", theirs, ALWAYS)
            for call in (
                "DescribeStream",
                "GetRecords",
                "GetShardIterator",
                "ListShards",
            )
        ),
        (
            "kms:Decrypt",
            f"arn:aws:kms:{PLACE}:key/abc",
            frozenset(
                {
                    "StringEquals kms:ViaService=kinesis.eu-west-1.amazonaws.com",
                    f"StringEquals kms:EncryptionContext:aws:kinesis:arn={theirs}",
                }
            ),
        ),
        *(
            (f"s3:{call}", "arn:aws:s3:::theirs/lake/*", ALWAYS)
            for call in (
                "AbortMultipartUpload",
                "DeleteObject",
                "GetObject",
                "ListMultipartUploadParts",
                "PutObject",
            )
        ),
        ("s3:GetBucketLocation", "arn:aws:s3:::theirs", ALWAYS),
        ("s3:ListBucket", "arn:aws:s3:::theirs", ALWAYS),
        ("dynamodb:BatchWriteItem", f"arn:aws:dynamodb:{PLACE}:table/theirs", ALWAYS),
    }


@pytest.mark.slow
def test_the_reader_of_flink_2_does_not_call_describe_stream(build: Build) -> None:
    template = template_of(cdk.Stack.of(build(runtime=Runtime.FLINK_2_2)))
    assert "kinesis:DescribeStream" not in rights(template, ROLE)
    assert "kinesis:DescribeStreamSummary" in rights(template, ROLE)


def test_objects_only_below_the_prefix(everything: dict[str, Any]) -> None:
    (written,) = rights(everything, ROLE)["s3:PutObject"]
    assert re.fullmatch(r"<ClicksSinkslake\w+>/out/\*", written)
    (bucket,) = rights(everything, ROLE)["s3:ListBucket"]
    assert re.fullmatch(r"<ClicksSinkslake\w+>", bucket)


def test_code_is_read_as_one_object(minimal: dict[str, Any]) -> None:
    (code,) = rights(minimal, ROLE)["s3:GetObjectVersion"]
    assert re.fullmatch(
        r"arn:aws:s3:::cdk-\w+-assets-123456789012-eu-west-1/[0-9a-f]{64}\.zip", code
    )


def test_keys_are_used_only_through_their_service(everything: dict[str, Any]) -> None:
    used = [right for right in granted(statements(everything, ROLE)) if right[0].startswith("kms:")]
    (data_key,) = [key for key in of_type(everything, "AWS::KMS::Key") if "DataKey" in key]
    assert {resource for _, resource, _ in used} == {f"<{data_key}>"}
    through = {
        condition.removeprefix("StringEquals kms:ViaService=")
        for _, _, conditions in used
        for condition in conditions
        if "ViaService" in condition
    }
    assert through == {
        "kinesis.eu-west-1.amazonaws.com",
        "s3.eu-west-1.amazonaws.com",
        "dynamodb.eu-west-1.amazonaws.com",
    }
    assert all(any("ViaService" in c for c in conditions) for _, _, conditions in used)


def test_only_this_application_can_make_the_service_assume_the_role(
    everything: dict[str, Any],
) -> None:
    (role,) = [
        r for name, r in of_type(everything, "AWS::IAM::Role").items() if name.startswith(ROLE)
    ]
    (statement,) = role["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Effect"] == "Allow"
    assert statement["Action"] == "sts:AssumeRole"
    assert statement["Principal"] == {"Service": "kinesisanalytics.amazonaws.com"}
    condition = statement["Condition"]
    assert set(condition) == {"StringEquals", "ArnEquals"}
    assert text(condition["StringEquals"]["aws:SourceAccount"]) == "123456789012"
    assert text(condition["ArnEquals"]["aws:SourceArn"]) == (
        f"arn:aws:kinesisanalytics:{PLACE}:application/clicks-of-the-shop"
    )


def test_lifecycle_role_operates_exactly_this_application(everything: dict[str, Any]) -> None:
    application = f"arn:aws:kinesisanalytics:{PLACE}:application/clicks-of-the-shop"
    (state_key,) = [key for key in of_type(everything, "AWS::KMS::Key") if "StateKey" in key]
    (own,) = [g for g in of_type(everything, "AWS::Logs::LogGroup") if g.startswith("Managed")]
    (jobs,) = [g for g in of_type(everything, "AWS::Logs::LogGroup") if g.startswith("Clicks")]
    (execution_role,) = [r for r in of_type(everything, "AWS::IAM::Role") if r.startswith(ROLE)]
    (topic,) = of_type(everything, "AWS::SNS::Topic")
    (topic_key,) = [k for k in of_type(everything, "AWS::KMS::Key") if "NotificationsKey" in k]
    via = "StringEquals kms:ViaService=kinesisanalytics.eu-west-1.amazonaws.com"
    via_topic = "StringEquals kms:ViaService=sns.eu-west-1.amazonaws.com"
    context = f"StringEquals kms:EncryptionContext:aws:kinesisanalytics:arn={application}"
    decrypt_only = {
        "StringEquals kms:GrantConstraintType=EncryptionContextSubset",
        "ForAllValues:StringEquals kms:GrantOperations=Decrypt",
    }
    assert granted(statements(everything, "ManagedFlinkLifecycleRole")) == {
        *(
            (f"kinesisanalytics:{call}", application, ALWAYS)
            for call in (
                "CreateApplicationSnapshot",
                "DeleteApplicationSnapshot",
                "DescribeApplication",
                "DescribeApplicationOperation",
                "ListApplicationOperations",
                "ListApplicationSnapshots",
                "StartApplication",
                "StopApplication",
                "UpdateApplication",
            )
        ),
        (
            "iam:PassRole",
            f"<{execution_role}>",
            frozenset({"StringEquals iam:PassedToService=kinesisanalytics.amazonaws.com"}),
        ),
        ("logs:FilterLogEvents", f"<{jobs}>", ALWAYS),
        ("logs:CreateLogStream", f"<{own}>", ALWAYS),
        ("logs:PutLogEvents", f"<{own}>", ALWAYS),
        ("cloudformation:DescribeStackEvents", "<AWS::StackId>", ALWAYS),
        ("cloudformation:DescribeStacks", "<AWS::StackId>", ALWAYS),
        ("cloudformation:ListStackResources", "<AWS::StackId>", ALWAYS),
        ("cloudwatch:GetMetricData", "*", ALWAYS),
        (
            "cloudwatch:PutMetricData",
            "*",
            frozenset({"StringEquals cloudwatch:namespace=ManagedFlink"}),
        ),
        ("sns:Publish", f"<{topic}>", ALWAYS),
        ("kms:Decrypt", f"<{topic_key}>", frozenset({via_topic})),
        ("kms:GenerateDataKey", f"<{topic_key}>", frozenset({via_topic})),
        ("kms:DescribeKey", f"<{state_key}>", frozenset({via})),
        ("kms:Decrypt", f"<{state_key}>", frozenset({via, context})),
        ("kms:GenerateDataKey", f"<{state_key}>", frozenset({via, context})),
        ("kms:GenerateDataKeyWithoutPlaintext", f"<{state_key}>", frozenset({via, context})),
        ("kms:CreateGrant", f"<{state_key}>", frozenset({via, context, *decrypt_only})),
    }


LIFECYCLE_ROLE = "ManagedFlinkLifecycleRole"
ENHANCED = SnapshotMode.ENHANCED_SNAPSHOTS
SNAPSHOT = f"arn:aws:kinesisanalytics:{PLACE}:snapshot"


def of_snapshots(pipeline: FlinkPipeline) -> set[Right]:
    """The lifecycle's rights that are about enhanced snapshots."""
    found = granted(statements(template_of(cdk.Stack.of(pipeline)), LIFECYCLE_ROLE))
    return {right for right in found if re.search(r":\w+Snapshots?$", right[0])}


@pytest.mark.slow
def test_only_an_application_with_enhanced_snapshots_gets_rights_on_them(build: Build) -> None:
    application = f"arn:aws:kinesisanalytics:{PLACE}:application/orders"
    legacy = {
        (f"kinesisanalytics:{call}", application, ALWAYS)
        for call in (
            "CreateApplicationSnapshot",
            "DeleteApplicationSnapshot",
            "ListApplicationSnapshots",
        )
    }
    assert of_snapshots(build(application_name="orders")) == legacy
    assert of_snapshots(build(application_name="orders", snapshot_mode=ENHANCED)) == {
        *legacy,
        ("kinesisanalytics:CreateSnapshot", application, ALWAYS),
        ("kinesisanalytics:CreateSystemSnapshot", application, ALWAYS),
        ("kinesisanalytics:DeleteSnapshot", f"{SNAPSHOT}/orders-*", ALWAYS),
        ("kinesisanalytics:ListSnapshots", "*", ALWAYS),
    }


@pytest.mark.slow
@pytest.mark.parametrize(
    ("chosen", "resource"),
    [
        ("precious", f"{SNAPSHOT}/precious"),
        (
            "arn:aws:kinesisanalytics:eu-west-1:123456789012:snapshot/of-another",
            "arn:aws:kinesisanalytics:eu-west-1:123456789012:snapshot/of-another",
        ),
    ],
)
def test_exactly_the_chosen_enhanced_snapshot_may_be_looked_at(
    build: Build, chosen: str, resource: str
) -> None:
    pipeline = build(snapshot_mode=ENHANCED, restore_from=RestoreFrom.snapshot(chosen))
    assert ("kinesisanalytics:DescribeSnapshot", resource, ALWAYS) in of_snapshots(pipeline)


@pytest.mark.slow
@pytest.mark.parametrize("length", [1, 58, 59, 60, 61, 128])
def test_what_the_handlers_name_may_be_deleted_and_nothing_of_another(
    build: Build, length: int
) -> None:
    name = "x" * length
    (allowed,) = {
        resource
        for action, resource, _ in of_snapshots(
            build(application_name=name, snapshot_mode=ENHANCED)
        )
        if action == "kinesisanalytics:DeleteSnapshot"
    }
    made = EnhancedSnapshots(client=None, application=name).name_of("scheduled-20261125T080000Z")
    assert fnmatch.fnmatchcase(f"{SNAPSHOT}/{made}", allowed)
    assert not fnmatch.fnmatchcase(f"{SNAPSHOT}/y-{made}", allowed)


@pytest.mark.slow
def test_an_existing_topic_without_a_key_is_only_published_to(build: Build) -> None:
    stack = cdk.Stack(app(), "Stack")
    arn = f"arn:{stack.partition}:sns:{stack.region}:{stack.account}:theirs"
    topic = sns.Topic.from_topic_arn(stack, "Topic", arn)
    build(scope=stack, notifications=Notifications(topic=topic))
    found = granted(statements(template_of(stack), LIFECYCLE_ROLE))
    assert {right for right in found if right[0].startswith("sns:")} == {
        ("sns:Publish", f"arn:aws:sns:{PLACE}:theirs", ALWAYS)
    }
    assert not [right for right in found if "sns." in str(right[2])]


def test_without_notifications_nothing_is_published(minimal: dict[str, Any]) -> None:
    assert "sns:Publish" not in rights(minimal, LIFECYCLE_ROLE)


HANDLERS = ROOT / "constructs/cdk_managed_flink/handlers/managed_flink_lifecycle"
# Nothing that is called by these names: they go with a call, a key or the function's own log.
WITHOUT_A_CALL = {
    "iam:PassRole",
    "kinesisanalytics:CreateSystemSnapshot",
    "logs:CreateLogStream",
    "logs:PutLogEvents",
}


def called_by_the_handlers() -> set[str]:
    """Actions of the methods of boto3 that the handlers name."""
    session = botocore.session.get_session()
    operations = {
        service: session.get_service_model(service).operation_names
        for service in ("cloudformation", "cloudwatch", "logs", "sns")
    }
    model = HANDLERS / "models/kinesisanalyticsv2/2018-05-23/service-2.json"
    operations["kinesisanalytics"] = json.loads(model.read_text(encoding="utf-8"))["operations"]
    actions = {
        botocore.xform_name(operation): f"{service}:{operation}"
        for service, names in operations.items()
        for operation in names
    }
    nodes = [
        node
        for source in HANDLERS.rglob("*.py")
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8")))
    ]
    constants = {node.value for node in nodes if isinstance(node, ast.Constant)}
    return {action for method, action in actions.items() if method in constants}


@pytest.mark.slow
def test_the_lifecycle_may_do_what_its_handlers_call_and_no_more(build: Build) -> None:
    pipeline = build(
        snapshot_mode=ENHANCED,
        restore_from=RestoreFrom.snapshot("precious"),
        notifications=Notifications(),
    )
    allowed = rights(template_of(cdk.Stack.of(pipeline)), LIFECYCLE_ROLE).keys()
    kms = {action for action in allowed if action.startswith("kms:")}
    assert allowed - kms - WITHOUT_A_CALL == called_by_the_handlers()


def test_every_arn_has_its_fields_in_place(template: dict[str, Any]) -> None:
    found = arns(template["Resources"])
    assert len(found) > 10
    for arn in found:
        prefix, partition, service, region, account, resource = arn.split(":", 5)
        assert (prefix, partition) == ("arn", "aws"), arn
        assert service
        assert resource
        if service == "s3":
            assert (region, account) == ("", ""), arn
        elif service == "iam":
            assert region == "", arn
            assert account in ("aws", "123456789012"), arn
        else:
            assert (region, account) == ("eu-west-1", "123456789012"), arn


def test_no_partition_region_or_account_is_written_out(template: dict[str, Any]) -> None:
    shown = str(template)
    assert "arn:aws:" not in shown
    assert "us-east-1" not in shown
    assert not re.search(r"\d{12}(?!\d|[0-9a-f])", re.sub(r"[0-9a-f]{64}", "", shown))


def test_no_broad_rights_anywhere(template: dict[str, Any]) -> None:
    for role in of_type(template, "AWS::IAM::Role").values():
        for policy in role["Properties"].get("ManagedPolicyArns", []):
            assert text(policy).endswith("service-role/AWSLambdaBasicExecutionRole")
    for policy in (*of_type(template, INLINE).values(), *of_type(template, MANAGED).values()):
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]:
            assert not [action for action in listed(statement["Action"]) if "*" in action]


def test_existing_resources_are_not_changed(existing: dict[str, Any]) -> None:
    for type_ in (
        "AWS::DynamoDB::GlobalTable",
        "AWS::Kinesis::Stream",
        "AWS::KMS::Key",
        "AWS::S3::Bucket",
        "AWS::S3::BucketPolicy",
    ):
        assert of_type(existing, type_) == {}
    assert only(existing, "AWS::KinesisAnalyticsV2::Application")


@pytest.mark.slow
def test_resources_of_another_stack_are_as_they_are_without_the_pipeline(
    handed_in: tuple[dict[str, Any], dict[str, Any]],
) -> None:
    alone, with_pipeline = handed_in
    assert with_pipeline["Resources"] == alone["Resources"]
