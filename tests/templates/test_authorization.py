"""Every right in every template: an action that exists, on a resource that it takes."""

from typing import Any

import pytest
from authorization import surprises


def test_every_grant_is_one_that_iam_understands(template: dict[str, Any]) -> None:
    assert surprises(template) == []


@pytest.mark.parametrize(
    ("action", "resource", "said"),
    [
        ("kinesis:ReadEverything", "*", "no action kinesis:ReadEverything"),
        ("kinesis:GetRecords", "*", "takes stream"),
        ("kinesis:GetRecords", "arn:aws:s3:::bucket", "takes stream"),
        ("s3:ListBucket", "arn:aws:s3:::bucket/prefix/*", "takes accesspoint, bucket"),
        ("kafka-cluster:ReadData", "arn:aws:kafka:eu-west-1:1:group/c/u/g", "takes topic"),
        ("ec2:DescribeVpcs", "arn:aws:ec2:eu-west-1:1:vpc/vpc-1", "takes no resource"),
    ],
)
def test_the_check_finds_what_is_wrong(action: str, resource: str, said: str) -> None:
    statement = {"Effect": "Allow", "Action": action, "Resource": resource}
    policy = {
        "Type": "AWS::IAM::Policy",
        "Properties": {"PolicyDocument": {"Statement": [statement]}},
    }
    (found,) = surprises({"Resources": {"Policy": policy}})
    assert said in found
