"""Overrides: the properties as CDK will have them in the template."""

from typing import Any

import aws_cdk as cdk
import pytest
from configurations import Build, only, template_of

from cdk_managed_flink.application.overrides import applied

REF = {"Ref": "Role"}


@pytest.mark.parametrize(
    ("properties", "overrides", "expected"),
    [
        ({"A": 1}, {}, {"A": 1}),
        ({"A": 1}, {"Properties.A": 2}, {"A": 2}),
        ({"A": 1}, {"Properties.A": None}, {}),
        ({"A": {"B": 1, "C": 2}}, {"Properties.A.B": 3}, {"A": {"B": 3, "C": 2}}),
        ({"A": {"B": 1, "C": 2}}, {"Properties.A": {"B": 3}}, {"A": {"B": 3, "C": 2}}),
        ({"A": {"B": 1, "C": 2}}, {"Properties.A.B": None}, {"A": {"C": 2}}),
        ({}, {"Properties.A.B": 1}, {"A": {"B": 1}}),
        (
            {"A": REF},
            {"Properties.A": {"Fn::GetAtt": ["B", "Arn"]}},
            {"A": {"Fn::GetAtt": ["B", "Arn"]}},
        ),
        ({"A": {"B": 1}}, {"Properties.A": REF}, {"A": REF}),
        ({"A": 1}, {r"Properties.x\.y": 2}, {"A": 1, "x.y": 2}),
        ({"A": 1}, {"Metadata.A": 2, "DeletionPolicy": "Retain"}, {"A": 1}),
        ({"A": [1]}, {"Properties.A.0": 2}, {"A": [1]}),
    ],
)
def test_overrides_are_merged(
    properties: dict[str, Any], overrides: dict[str, Any], expected: dict[str, Any]
) -> None:
    assert applied(properties, overrides) == expected


def test_what_is_computed_is_what_the_template_has(build: Build) -> None:
    pipeline = build()
    resource = pipeline.application.resource
    resource.add_property_override("RuntimeEnvironment", "FLINK-9_9")
    resource.add_property_override(
        "ApplicationConfiguration.ApplicationCodeConfiguration.CodeContent.S3ContentLocation",
        {"FileKey": "theirs.zip"},
    )
    resource.add_property_deletion_override(
        "ApplicationConfiguration.ApplicationSystemRollbackConfiguration"
    )
    resource.add_override("Properties.ApplicationDescription", "late")
    stack = cdk.Stack.of(pipeline)
    application = only(template_of(stack), "AWS::KinesisAnalyticsV2::Application")
    found = {k: v for k, v in resource.rendered().effective().items() if v is not None}
    assert found == application["Properties"]
