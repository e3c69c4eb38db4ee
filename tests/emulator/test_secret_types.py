"""Secrets of a template go by their ARNs, and never over another one."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator.cloud import Cloud

pytestmark = pytest.mark.emulator


def resources(**properties: object) -> dict[str, Any]:
    secret = {
        "Type": "AWS::SecretsManager::Secret",
        "DeletionPolicy": "Retain",
        "Properties": properties,
    }
    shown = {"Type": "String", "Value": {"Ref": "Secret"}}
    return {"Secret": secret, "Shown": {"Type": "AWS::SSM::Parameter", "Properties": shown}}


def test_a_reference_is_the_arn_and_stays_it(cloud: Cloud) -> None:
    stack, secrets = cloud.name("secret"), cloud.client("secretsmanager")
    assert cloud.deploy(stack, resources(Name=stack, SecretString="one")) == "CREATE_COMPLETE"
    arn = cloud.physical_id(stack, "Secret")
    assert arn.startswith("arn:aws:secretsmanager:us-east-1:000000000000:secret:" + stack)
    parameter = cloud.client("ssm").get_parameter(Name=cloud.physical_id(stack, "Shown"))
    assert parameter["Parameter"]["Value"] == arn
    assert secrets.get_secret_value(SecretId=arn)["SecretString"] == "one"
    changed = resources(Name=stack, SecretString="two")
    assert cloud.deploy(stack, changed) == "UPDATE_COMPLETE"
    assert cloud.physical_id(stack, "Secret") == arn
    assert secrets.get_secret_value(SecretId=arn)["SecretString"] == "two"
    changed["Secret"]["DeletionPolicy"] = "Delete"
    cloud.deploy(stack, changed)
    cloud.delete(stack)
    names = [found["Name"] for found in secrets.list_secrets()["SecretList"]]
    assert stack not in names


def test_fails_when_a_retained_secret_has_the_name(cloud: Cloud) -> None:
    stack = cloud.name("kept")
    assert cloud.deploy(stack, resources(Name=stack, SecretString="one")) == "CREATE_COMPLETE"
    cloud.delete(stack)
    assert cloud.deploy(stack, resources(Name=stack, SecretString="two")) == "ROLLBACK_COMPLETE"
    assert "already exists" in cloud.failures(stack)["Secret"]


def test_a_generated_name_is_new_for_each_stack(cloud: Cloud) -> None:
    stack, arns = cloud.name("generated"), set()
    for text in ("one", "two"):
        assert cloud.deploy(stack, resources(SecretString=text)) == "CREATE_COMPLETE"
        arns.add(cloud.physical_id(stack, "Secret"))
        cloud.delete(stack)
    assert len(arns) == 2
    names = [found["Name"] for found in cloud.client("secretsmanager").list_secrets()["SecretList"]]
    assert len([name for name in names if name.startswith(stack)]) == 2
