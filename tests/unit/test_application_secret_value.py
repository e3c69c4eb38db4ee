"""Secrets as values of property groups: form, grant, and whether the job can read them."""

import re
from collections.abc import Collection, Sequence
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_kms as kms
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk.assertions import Template
from constructs import Construct

from cdk_managed_flink import (
    Connector,
    FlinkApplication,
    FlinkCode,
    FlinkPipeline,
    FlinkSecret,
    KinesisSource,
    Runtime,
)
from cdk_managed_flink.application.code_location import CodeLocation
from cdk_managed_flink.application.data_key_grants import via_service
from cdk_managed_flink.application.secret_value import SECRET_READER
from cdk_managed_flink.connectors.connectors import secret_reader

ARN = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:db-AbCdEf"
JAAS = (
    "org.apache.kafka.common.security.scram.ScramLoginModule required "
    f'username="${{secret:{ARN}:username}}" password="${{secret:{ARN}:password}}";'
)


class SpyCode:
    """Records the connectors that it is asked to package."""

    def __init__(self, *, resolves: bool | None = None) -> None:
        self.connectors: list[Connector] = []
        self._resolves = resolves

    def bind(
        self, scope: Construct, *, runtime: Runtime, connectors: Sequence[Connector]
    ) -> CodeLocation:
        self.connectors = list(connectors)
        resolves = SECRET_READER in connectors if self._resolves is None else self._resolves
        return CodeLocation(bucket_arn="arn:aws:s3:::b", file_key="k", resolves_secrets=resolves)

    def validate(
        self, *, sources: Collection[str], sinks: Collection[str], groups: Collection[str]
    ) -> list[str]:
        return []


def _group(application: FlinkApplication, name: str) -> Any:  # noqa: ANN401
    (found,) = [g for g in application._properties.render() if g["propertyGroupId"] == name]
    return cdk.Stack.of(application).resolve(found["propertyMap"])


def _statements(stack: cdk.Stack, action: str) -> list[dict[str, Any]]:
    policies = Template.from_stack(stack).find_resources("AWS::IAM::Policy").values()
    return [
        statement
        for policy in policies
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
        if action in statement["Action"]
    ]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("db.password", f"secret:{ARN}:password"),
        ("token", f"secret:{ARN}"),
        ("header.Authorization", f"Bearer ${{secret:{ARN}:token}}"),
        ("properties.sasl.jaas.config", JAAS),
    ],
)
def test_a_reference_passes_under_any_key(stack: cdk.Stack, key: str, value: str) -> None:
    code = SpyCode()
    application = FlinkApplication(stack, "App", code=code, property_groups={"db": {key: value}})
    assert _group(application, "db") == {key: value}
    assert SECRET_READER in code.connectors
    (read,) = _statements(stack, "secretsmanager:GetSecretValue")
    assert read["Resource"] == ARN
    assert application.service_endpoints == {"secretsmanager"}


def test_a_reference_without_the_end_of_its_arn_is_granted_with_any(stack: cdk.Stack) -> None:
    groups = {"db": {"password": f"secret:{ARN[:-7]}:password"}}
    FlinkApplication(stack, "App", code=SpyCode(), property_groups=groups)
    (read,) = _statements(stack, "secretsmanager:GetSecretValue")
    assert read["Resource"] == f"{ARN[:-7]}-??????"


@pytest.mark.parametrize("name", [None, "by-name"])
def test_a_part_of_a_longer_value_is_granted(stack: cdk.Stack, name: str | None) -> None:
    secret = (
        secretsmanager.Secret(stack, "Secret")
        if name is None
        else secretsmanager.Secret.from_secret_name_v2(stack, "Secret", name)
    )
    value = f"Bearer {FlinkSecret.of(secret).part}"
    FlinkApplication(stack, "App", code=SpyCode(), property_groups={"a": {"header": value}})
    (read,) = _statements(stack, "secretsmanager:GetSecretValue")
    assert read["Resource"] == stack.resolve(secret.secret_arn)


@pytest.mark.parametrize(
    ("key", "allowed"),
    [
        ("password", "a reference to a secret under a key that names one"),
        ("value", "no secret that CloudFormation would fill in"),
    ],
)
def test_fails_when_cloudformation_would_fill_a_secret_in(
    stack: cdk.Stack, key: str, allowed: str
) -> None:
    secret = secretsmanager.Secret(stack, "Secret")
    value = secret.secret_value_from_json("password").unsafe_unwrap()
    with pytest.raises(ValueError, match=rf"property '{key}' of group 'db' .*; allowed: {allowed}"):
        FlinkApplication(stack, "App", code=SpyCode(), property_groups={"db": {key: value}})


@pytest.mark.parametrize(
    "value",
    ["secret:hunter2", f"secret:{ARN[:-10]}:{{x}}", "secret:arn:aws:s3:::bucket", "a ${secret:x}"],
)
def test_fails_when_a_reference_has_another_form(stack: cdk.Stack, value: str) -> None:
    with pytest.raises(ValueError, match=r"allowed: secret:<arn>\[:key\] of AWS Secrets Manager"):
        FlinkApplication(stack, "App", code=SpyCode(), property_groups={"db": {"a": value}})


@pytest.mark.parametrize("quote", ['"', "'", ""])
def test_fails_when_a_literal_password_stands_beside_a_secret(stack: cdk.Stack, quote: str) -> None:
    value = f"Login required username=${{secret:{ARN}:u}} password={quote}hunter2{quote};"
    with pytest.raises(ValueError, match="no literal password together with a secret") as error:
        FlinkApplication(
            stack, "App", code=SpyCode(), property_groups={"db": {"sasl.jaas.config": value}}
        )
    assert "hunter2" not in str(error.value)


def test_a_secret_of_the_stack_is_granted_alone_with_its_key(stack: cdk.Stack) -> None:
    secret = secretsmanager.Secret(stack, "Secret", encryption_key=kms.Key(stack, "Key"))
    application = FlinkApplication(
        stack,
        "App",
        code=SpyCode(),
        property_groups={
            "db": {
                "password": FlinkSecret.of(secret, "password"),
                "whole": FlinkSecret.of(secret),
            }
        },
    )
    arn = stack.resolve(secret.secret_arn)
    assert _group(application, "db") == {
        "password": {"Fn::Join": ["", ["secret:", arn, ":password"]]},
        "whole": {"Fn::Join": ["", ["secret:", arn]]},
    }
    assert application.service_endpoints == {"secretsmanager"}
    (read,) = _statements(stack, "secretsmanager:GetSecretValue")
    assert read["Action"] == "secretsmanager:GetSecretValue"
    assert read["Resource"] == arn
    (decrypt,) = _statements(stack, "kms:Decrypt")
    assert list(decrypt["Condition"]["StringEquals"]) == ["kms:ViaService"]
    assert "secretsmanager." in str(decrypt["Condition"])


def test_a_secret_of_another_stack_by_its_name_is_granted_with_its_unknown_end(
    stack: cdk.Stack,
) -> None:
    secret = secretsmanager.Secret.from_secret_name_v2(stack, "Secret", "db")
    FlinkApplication(
        stack, "App", code=SpyCode(), property_groups={"db": {"p": FlinkSecret.of(secret)}}
    )
    (read,) = _statements(stack, "secretsmanager:GetSecretValue")
    assert str(read["Resource"]).count("db-??????") == 1


def test_a_part_is_for_the_middle_of_a_value(stack: cdk.Stack) -> None:
    secret = secretsmanager.Secret.from_secret_complete_arn(stack, "Secret", ARN)
    assert FlinkSecret.of(secret, "user").part == f"${{secret:{ARN}:user}}"
    assert FlinkSecret.of(secret).reference == f"secret:{ARN}"


@pytest.mark.parametrize("key", ["", "a}b", "{"])
def test_fails_when_a_key_has_a_brace(stack: cdk.Stack, key: str) -> None:
    secret = secretsmanager.Secret.from_secret_complete_arn(stack, "Secret", ARN)
    with pytest.raises(ValueError, match=r"FlinkSecret: key is .*without braces"):
        FlinkSecret.of(secret, key)


def test_fails_when_a_secret_comes_after_the_code_was_packaged(stack: cdk.Stack) -> None:
    application = FlinkApplication(stack, "App", code=SpyCode())
    told = (
        r"property group 'late' is .*Hand the group to property_groups=; .*secret_reader\(runtime\)"
    )
    with pytest.raises(ValueError, match=told):
        application.add_property_group("late", {"password": f"secret:{ARN}"})
    application.add_property_group("late", {"a": "b"})


def test_a_late_secret_passes_where_the_job_reads_it_by_itself(stack: cdk.Stack) -> None:
    application = FlinkApplication(stack, "App", code=SpyCode(resolves=True))
    application.add_property_group("late", {"password": f"secret:{ARN}"})


def test_without_secrets_nothing_is_added(stack: cdk.Stack) -> None:
    code = SpyCode()
    FlinkApplication(stack, "App", code=code, property_groups={"a": {"b": "secretive"}})
    assert code.connectors == []
    assert re.fullmatch("cdk-managed-flink:secret-reader:1", str(SECRET_READER))
    assert secret_reader(Runtime.FLINK_2_2) == [SECRET_READER]


def test_a_pipeline_takes_it_as_an_application_does(stack: cdk.Stack, tmp_path: Any) -> None:  # noqa: ANN401
    (tmp_path / "main.py").write_text("from managed_flink_job import properties\n")
    secret = secretsmanager.Secret.from_secret_complete_arn(stack, "Secret", ARN)
    pipeline = FlinkPipeline(
        stack,
        "Pipeline",
        code=FlinkCode.from_python(tmp_path),
        sources={"clicks": KinesisSource()},
        sinks={},
        property_groups={"db": {"password": FlinkSecret.of(secret, "password")}},
    )
    assert _group(pipeline.application, "db") == {"password": f"secret:{ARN}:password"}


@pytest.mark.parametrize(
    ("region", "via"),
    [
        ("eu-west-1", "secretsmanager.eu-west-1.amazonaws.com"),
        (
            "cn-north-1",
            [
                "secretsmanager.cn-north-1.amazonaws.com",
                "secretsmanager.cn-north-1.amazonaws.com.cn",
            ],
        ),
    ],
)
def test_a_key_is_used_through_the_regions_own_service(region: str, via: str | list[str]) -> None:
    assert via_service("secretsmanager", region) == via
