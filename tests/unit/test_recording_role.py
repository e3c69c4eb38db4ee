"""An execution role that was passed in: it gets the grants, or warns of those it lacks."""

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from configurations import Build, app, of_type, template_of

from cdk_managed_flink import Network

pytestmark = pytest.mark.slow


ARN = "arn:aws:iam::123456789012:role/LabRole"


def warned(stack: cdk.Stack) -> list[str]:
    found = cdk.assertions.Annotations.from_stack(stack).find_warning(
        "*", cdk.assertions.Match.string_like_regexp("cannot be changed here")
    )
    return [str(message.entry.data) for message in found]


@pytest.fixture
def stack() -> cdk.Stack:
    return cdk.Stack(app(), "Stack")


def test_a_role_that_must_not_be_changed_is_told_all_that_it_needs(
    stack: cdk.Stack, build: Build
) -> None:
    role = iam.Role.from_role_arn(stack, "Lab", ARN, mutable=False)
    build(scope=stack, role=role, network=Network(vpc=ec2.Vpc(stack, "Vpc", nat_gateways=0)))
    (told,) = warned(stack)
    for action in (
        "s3:GetObjectVersion",
        "logs:PutLogEvents",
        "kinesis:GetRecords",
        "s3:PutObject",
        "dynamodb:BatchWriteItem",
        "kms:Decrypt",
        "ec2:CreateNetworkInterfacePermission",
    ):
        assert action in told
    assert "Lab" in told


def test_a_role_that_can_be_changed_is_granted_and_nothing_is_said(
    stack: cdk.Stack, build: Build
) -> None:
    role = iam.Role.from_role_arn(stack, "Theirs", ARN)
    build(scope=stack, role=role)
    assert warned(stack) == []
    policies = of_type(template_of(stack), "AWS::IAM::Policy").values()
    theirs = [p for p in policies if p["Properties"]["Roles"] == ["LabRole"]]
    assert "kinesis:GetRecords" in str(theirs)


def test_a_role_of_the_same_app_is_granted_and_nothing_is_said(
    stack: cdk.Stack, build: Build
) -> None:
    principal = iam.ServicePrincipal("kinesisanalytics.amazonaws.com")
    build(scope=stack, role=iam.Role(stack, "Ours", assumed_by=principal))
    assert warned(stack) == []


@pytest.mark.parametrize("is_nested", [False, True])
def test_a_role_of_another_stack_has_its_policy_beside_the_application(
    stack: cdk.Stack, build: Build, is_nested: bool
) -> None:
    principal = iam.ServicePrincipal("kinesisanalytics.amazonaws.com")
    inner = (
        cdk.NestedStack(stack, "Inner")
        if is_nested
        else cdk.Stack(cdk.App.of(stack), "Application")
    )
    build(scope=inner, role=iam.Role(stack, "Theirs", assumed_by=principal))
    policies = of_type(template_of(inner), "AWS::IAM::Policy").values()
    assert [p for p in policies if "kinesis:GetRecords" in str(p["Properties"]["PolicyDocument"])]
    assert of_type(template_of(stack), "AWS::IAM::Policy") == {}


def test_fails_when_the_service_may_not_assume_the_role(stack: cdk.Stack, build: Build) -> None:
    role = iam.Role(stack, "Theirs", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
    pipeline = build(scope=stack, role=role)
    assert pipeline.application.node.validate() == [
        f"{pipeline.application.node.path}: role is Stack/Theirs; allowed: a role that "
        "kinesisanalytics.amazonaws.com may assume. Make it with "
        'assumed_by=iam.ServicePrincipal("kinesisanalytics.amazonaws.com").'
    ]
