"""A function of a stack, with the role it runs as, and a policy of a resource."""

from __future__ import annotations

from typing import Any


def function(name: str, code: str, *actions: str) -> dict[str, Any]:
    """Resources of a function that may do these actions."""
    assume = {
        "Effect": "Allow",
        "Principal": {"Service": "lambda.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    allow = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
    version = {"Version": "2012-10-17"}
    return {
        f"{name}Role": {
            "Type": "AWS::IAM::Role",
            "Properties": {
                "AssumeRolePolicyDocument": {**version, "Statement": [assume]},
                "Policies": [
                    {"PolicyName": "do", "PolicyDocument": {**version, "Statement": [allow]}}
                ],
            },
        },
        name: {
            "Type": "AWS::Lambda::Function",
            "Properties": {
                "Runtime": "python3.12",
                "Handler": "index.handler",
                "Timeout": 20,
                "Role": {"Fn::GetAtt": [f"{name}Role", "Arn"]},
                "Code": {"ZipFile": code},
            },
        },
    }


def root_may(action: str, on: object) -> dict[str, Any]:
    """A resource's policy that lets the account do one thing."""
    principal = {"AWS": "arn:aws:iam::000000000000:root"}
    allow = {"Effect": "Allow", "Principal": principal, "Action": action, "Resource": on}
    return {"Version": "2012-10-17", "Statement": [allow]}
