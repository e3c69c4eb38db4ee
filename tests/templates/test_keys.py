"""Whom the keys' policies and the topic's allow what."""

from typing import Any

import pytest
from configurations import of_type, only
from policies import Right, text, to_services

PLACE = "eu-west-1:123456789012"
APPLICATION = f"arn:aws:kinesisanalytics:{PLACE}:application/clicks-of-the-shop"
CONTEXT = f"StringEquals kms:EncryptionContext:aws:kinesisanalytics:arn={APPLICATION}"
SOURCE = {
    "StringEquals aws:SourceAccount=123456789012",
    f"ArnEquals aws:SourceArn={APPLICATION}",
}


def policy_of(template: dict[str, Any], key: str) -> dict[str, Any]:
    (found,) = [k for name, k in of_type(template, "AWS::KMS::Key").items() if key in name]
    policy: dict[str, Any] = found["Properties"]["KeyPolicy"]
    return policy


def test_state_key_serves_this_application_and_the_logs_of_this_stack(
    everything: dict[str, Any],
) -> None:
    """The log group's key lets the Region's logs service use it for that group."""
    logs = {f"ArnLike kms:EncryptionContext:aws:logs:arn=arn:aws:logs:{PLACE}:log-group:Stack-*"}
    expected: dict[str, set[Right]] = {
        "kinesisanalytics.amazonaws.com": {
            ("kms:DescribeKey", "*", frozenset(SOURCE)),
            ("kms:GenerateDataKey", "*", frozenset({CONTEXT, *SOURCE})),
            ("kms:Decrypt", "*", frozenset({CONTEXT})),
        },
        "infrastructure.kinesisanalytics.amazonaws.com": {
            ("kms:DescribeKey", "*", frozenset()),
            ("kms:Decrypt", "*", frozenset({CONTEXT})),
            ("kms:GenerateDataKeyWithoutPlaintext", "*", frozenset({CONTEXT})),
            (
                "kms:CreateGrant",
                "*",
                frozenset(
                    {
                        CONTEXT,
                        "StringEquals kms:GrantConstraintType=EncryptionContextSubset",
                        "ForAllValues:StringEquals kms:GrantOperations=Decrypt",
                    }
                ),
            ),
        },
        "logs.eu-west-1.amazonaws.com": {
            (f"kms:{call}", "*", frozenset(logs))
            for call in (
                "Decrypt",
                "DescribeKey",
                "Encrypt",
                "GenerateDataKey",
                "GenerateDataKeyWithoutPlaintext",
                "ReEncryptFrom",
                "ReEncryptTo",
            )
        },
    }
    assert to_services(policy_of(everything, "StateKey")) == expected


def test_data_key_serves_no_service_by_itself(everything: dict[str, Any]) -> None:
    assert to_services(policy_of(everything, "DataKey")) == {}


@pytest.mark.parametrize("key", ["StateKey", "DataKey", "NotificationsKey"])
def test_every_key_can_be_administered_by_its_account_alone(
    everything: dict[str, Any], key: str
) -> None:
    accounts = [
        statement
        for statement in policy_of(everything, key)["Statement"]
        if "AWS" in statement["Principal"]
    ]
    (statement,) = accounts
    assert text(statement["Principal"]["AWS"]) == "arn:aws:iam::123456789012:root"


def test_keys_are_rotated_where_the_service_can_take_it(everything: dict[str, Any]) -> None:
    rotated = {
        name: key["Properties"].get("EnableKeyRotation", False)
        for name, key in of_type(everything, "AWS::KMS::Key").items()
    }
    assert {name: on for name, on in rotated.items() if not on}.keys() == {
        name for name in rotated if "StateKey" in name
    }


def test_alarms_of_this_account_reach_the_encrypted_topic(everything: dict[str, Any]) -> None:
    alarms = frozenset(
        {
            "StringEquals aws:SourceAccount=123456789012",
            f"ArnLike aws:SourceArn=arn:aws:cloudwatch:{PLACE}:alarm:*",
        }
    )
    (topic,) = of_type(everything, "AWS::SNS::Topic")
    key = text(only(everything, "AWS::SNS::Topic")["Properties"]["KmsMasterKeyId"])
    assert "NotificationsKey" in key
    assert to_services(policy_of(everything, "NotificationsKey")) == {
        "cloudwatch.amazonaws.com": {
            ("kms:Decrypt", "*", alarms),
            ("kms:GenerateDataKey", "*", alarms),
        }
    }
    (policy,) = of_type(everything, "AWS::SNS::TopicPolicy").values()
    statements = policy["Properties"]["PolicyDocument"]["Statement"]
    allowed = [statement for statement in statements if statement["Effect"] == "Allow"]
    assert to_services({"Statement": allowed}) == {
        "cloudwatch.amazonaws.com": {("sns:Publish", f"<{topic}>", alarms)}
    }
    denied = [statement for statement in statements if statement["Effect"] == "Deny"]
    assert [s["Condition"] for s in denied] == [{"Bool": {"aws:SecureTransport": "false"}}]


def test_what_holds_data_is_encrypted_with_a_key_of_the_pipeline(
    everything: dict[str, Any], placed: dict[str, Any]
) -> None:
    for template in (everything, placed):
        (data_key,) = [key for key in of_type(template, "AWS::KMS::Key") if "DataKey" in key]
        (state_key,) = [key for key in of_type(template, "AWS::KMS::Key") if "StateKey" in key]
        table = only(template, "AWS::DynamoDB::GlobalTable")["Properties"]
        assert table["SSESpecification"] == {"SSEEnabled": True, "SSEType": "KMS"}
        stream = only(template, "AWS::Kinesis::Stream")["Properties"]
        buckets = of_type(template, "AWS::S3::Bucket").values()
        (application,) = of_type(template, "AWS::KinesisAnalyticsV2::Application").values()
        for key, used in (
            (data_key, table["Replicas"][0]["SSESpecification"]["KMSMasterKeyId"]),
            (data_key, stream["StreamEncryption"]["KeyId"]),
            *(
                (
                    data_key,
                    bucket["Properties"]["BucketEncryption"]["ServerSideEncryptionConfiguration"][
                        0
                    ]["ServerSideEncryptionByDefault"]["KMSMasterKeyID"],
                )
                for bucket in buckets
            ),
            (
                state_key,
                application["Properties"]["ApplicationConfiguration"][
                    "ApplicationEncryptionConfiguration"
                ]["KeyId"],
            ),
        ):
            assert text(used) == f"<{key}>"
