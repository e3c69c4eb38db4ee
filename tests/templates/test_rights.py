"""Least privilege: exact actions on exact ARNs, for each part."""

import re
from typing import Any

import pytest
from configurations import of_type, only

PSEUDO = {"AWS::Partition": "aws", "AWS::Region": "eu-west-1", "AWS::AccountId": "123456789012"}


def text(value: Any) -> str:  # noqa: ANN401
    """A resolved value as text; a reference to a resource becomes ``<LogicalId>``."""
    if isinstance(value, str):
        return value
    (function, argument), *_ = value.items()
    if function == "Ref":
        return PSEUDO.get(argument, f"<{argument}>")
    if function == "Fn::GetAtt":
        return f"<{argument[0]}>"
    if function == "Fn::Join":
        return str(argument[0]).join(text(part) for part in argument[1])
    if function == "Fn::Sub":
        return re.sub(r"\$\{([A-Za-z:]+)\}", lambda m: PSEUDO.get(m[1], m[1]), argument)
    return f"<{argument}>"


def listed(value: Any) -> list[Any]:  # noqa: ANN401
    return value if isinstance(value, list) else [value]


def statements(template: dict[str, Any], role: str) -> list[dict[str, Any]]:
    """Statements of the policies of the role whose logical id starts so."""
    return [
        statement
        for policy in of_type(template, "AWS::IAM::Policy").values()
        if any(text(r).startswith(f"<{role}") for r in policy["Properties"]["Roles"])
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
    ]


def rights(template: dict[str, Any], role: str) -> dict[str, set[str]]:
    """Resources by action."""
    found: dict[str, set[str]] = {}
    for statement in statements(template, role):
        for action in listed(statement["Action"]):
            found.setdefault(action, set()).update(map(text, listed(statement["Resource"])))
    return found


@pytest.mark.parametrize("name", ["minimal", "everything", "existing"])
def test_execution_role_has_exactly_what_the_connectors_call(
    name: str, request: pytest.FixtureRequest
) -> None:
    template: dict[str, Any] = request.getfixturevalue(name)
    assert set(rights(template, "ClicksApplicationRole")) == {
        "dynamodb:BatchWriteItem",
        "kinesis:DescribeStream",
        "kinesis:DescribeStreamSummary",
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


def test_objects_only_below_the_prefix(everything: dict[str, Any]) -> None:
    (written,) = rights(everything, "ClicksApplicationRole")["s3:PutObject"]
    assert written.startswith("<ClicksSinkslake")
    assert written.endswith(">/out/*")


def test_existing_bucket_is_written_below_the_tables_name(existing: dict[str, Any]) -> None:
    assert rights(existing, "ClicksApplicationRole")["s3:PutObject"] == {
        "arn:aws:s3:::theirs/lake/*"
    }


def test_code_is_read_as_one_object(minimal: dict[str, Any]) -> None:
    (code,) = rights(minimal, "ClicksApplicationRole")["s3:GetObjectVersion"]
    assert re.fullmatch(
        r"arn:aws:s3:::cdk-\w+-assets-123456789012-eu-west-1/[0-9a-f]{64}\.zip", code
    )


def test_keys_are_used_only_through_their_service(everything: dict[str, Any]) -> None:
    through = set()
    for statement in statements(everything, "ClicksApplicationRole"):
        if any(action.startswith("kms:") for action in listed(statement["Action"])):
            through.add(text(statement["Condition"]["StringEquals"]["kms:ViaService"]))
    assert through == {
        "kinesis.eu-west-1.amazonaws.com",
        "s3.eu-west-1.amazonaws.com",
        "dynamodb.eu-west-1.amazonaws.com",
    }


def test_only_this_application_can_make_the_service_assume_the_role(
    everything: dict[str, Any],
) -> None:
    (role,) = [
        r
        for name, r in of_type(everything, "AWS::IAM::Role").items()
        if name.startswith("ClicksApplicationRole")
    ]
    (statement,) = role["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Principal"] == {"Service": "kinesisanalytics.amazonaws.com"}
    condition = statement["Condition"]
    assert text(condition["StringEquals"]["aws:SourceAccount"]) == "123456789012"
    assert text(condition["ArnEquals"]["aws:SourceArn"]) == (
        "arn:aws:kinesisanalytics:eu-west-1:123456789012:application/clicks-of-the-shop"
    )


def test_lifecycle_role_operates_exactly_this_application(everything: dict[str, Any]) -> None:
    found = rights(everything, "ManagedFlinkLifecycleRole")
    application = "arn:aws:kinesisanalytics:eu-west-1:123456789012:application/clicks-of-the-shop"
    for action, resources in found.items():
        if action.startswith("kinesisanalytics:"):
            assert resources == {application}
    assert found["cloudwatch:GetMetricData"] == {"*"}
    assert [action for action, resources in found.items() if "*" in resources] == [
        "cloudwatch:GetMetricData"
    ]


def arns(value: Any) -> list[str]:  # noqa: ANN401
    """Every ARN in a template, as text."""
    if isinstance(value, str):
        return [value] if value.startswith("arn:") else []
    if isinstance(value, list):
        return [arn for item in value for arn in arns(item)]
    if not isinstance(value, dict):
        return []
    if set(value) <= {"Fn::Join", "Fn::Sub"} and value:
        shown = text(value)
        return [shown] if shown.startswith("arn:") else []
    return [arn for item in value.values() for arn in arns(item)]


def test_every_arn_has_its_fields_in_place(
    minimal: dict[str, Any], everything: dict[str, Any], sensors_template: dict[str, Any]
) -> None:
    for template in (minimal, everything, sensors_template):
        found = arns(template["Resources"])
        assert len(found) > 10
        for arn in found:
            _, partition, service, region, account, resource = arn.split(":", 5)
            assert partition == "aws"
            assert resource
            if service in ("s3", "iam"):
                assert region == ""
            else:
                assert (region, account) == ("eu-west-1", "123456789012"), arn


def test_no_broad_rights_anywhere(
    minimal: dict[str, Any], everything: dict[str, Any], sensors_template: dict[str, Any]
) -> None:
    for template in (minimal, everything, sensors_template):
        for role in of_type(template, "AWS::IAM::Role").values():
            for policy in role["Properties"].get("ManagedPolicyArns", []):
                assert text(policy).endswith("service-role/AWSLambdaBasicExecutionRole")
        for policy in of_type(template, "AWS::IAM::Policy").values():
            for statement in policy["Properties"]["PolicyDocument"]["Statement"]:
                assert not [a for a in listed(statement["Action"]) if "*" in a]


def test_state_key_lets_the_service_use_it_for_this_application(
    everything: dict[str, Any],
) -> None:
    (key,) = [k for name, k in of_type(everything, "AWS::KMS::Key").items() if "StateKey" in name]
    allowed: dict[str, set[str]] = {}
    for statement in key["Properties"]["KeyPolicy"]["Statement"]:
        service = statement["Principal"].get("Service")
        if service:
            allowed.setdefault(text(service), set()).update(listed(statement["Action"]))
    assert allowed["kinesisanalytics.amazonaws.com"] == {
        "kms:Decrypt",
        "kms:DescribeKey",
        "kms:GenerateDataKey",
    }
    assert allowed["infrastructure.kinesisanalytics.amazonaws.com"] == {
        "kms:CreateGrant",
        "kms:Decrypt",
        "kms:DescribeKey",
        "kms:GenerateDataKeyWithoutPlaintext",
    }
    assert any(service.startswith("logs.eu-west-1") for service in allowed)


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
