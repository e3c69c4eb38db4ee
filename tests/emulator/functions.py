"""A function of a stack, with the role it runs as."""

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
