"""The page on a source or sink of one's own: its very example, built into a stack."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_secretsmanager as secretsmanager
from configurations import ROOT, Build, app, of_type, only, template_of
from constructs import Construct

from cdk_managed_flink import (
    ApplicationBase,
    Binding,
    Connector,
    FlinkSecret,
    Runtime,
    S3Sink,
    Sink,
    secret_reader,
)

# What the example imports.
IMPORTED = (
    Binding,
    Connector,
    Construct,
    ApplicationBase,
    FlinkSecret,
    Mapping,
    Runtime,
    Sequence,
    Sink,
    dataclass,
    secret_reader,
)
EXAMPLE = re.search(
    r"<!-- example -->\n```python\n(.*?)```",
    (ROOT / "docs" / "own-binding.md").read_text(encoding="utf-8"),
    re.DOTALL,
)


@pytest.fixture(scope="module")
def http_sink() -> Any:  # noqa: ANN401
    assert EXAMPLE is not None
    names: dict[str, Any] = {
        "__name__": __name__,
        "field": field,
        "secretsmanager": secretsmanager,
        **{imported.__name__: imported for imported in IMPORTED},
    }
    exec(EXAMPLE[1], names)
    return names["HttpSink"]


def test_the_example_is_short() -> None:
    assert EXAMPLE is not None
    assert len(EXAMPLE[1].splitlines()) <= 40


def test_the_example_is_packaged_granted_and_bound(build: Build, http_sink: Any) -> None:  # noqa: ANN401
    stack = cdk.Stack(app(), "Stack")
    token = secretsmanager.Secret(stack, "Token")
    sink = http_sink(url="https://example.com/scores", token=token)
    pipeline = build(scope=stack, sinks={"lake": S3Sink(), "pages": sink})
    assert pipeline.binding(sink).resource is token
    assert Connector("com.getindata", "flink-http-connector", "0.19.0") in sink.connectors(
        Runtime.FLINK_1_20
    )
    template = template_of(stack)
    (secret,) = of_type(template, "AWS::SecretsManager::Secret")
    application = only(template, "AWS::KinesisAnalyticsV2::Application")["Properties"]
    groups = application["ApplicationConfiguration"]["EnvironmentProperties"]["PropertyGroups"]
    (pages,) = [g["PropertyMap"] for g in groups if g["PropertyGroupId"] == "pages"]
    assert pages["connector"] == "http-sink"
    assert pages["gid.connector.http.sink.header.Authorization"] == {
        "Fn::Join": ["", ["secret:", {"Ref": secret}]]
    }
    granted = [
        statement
        for policy in of_type(template, "AWS::IAM::Policy").values()
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
        if "secretsmanager:GetSecretValue" in statement["Action"]
    ]
    assert [statement["Resource"] for statement in granted] == [{"Ref": secret}]
