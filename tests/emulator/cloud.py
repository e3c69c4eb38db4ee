"""What the tests do with the emulator, over its APIs only."""

from __future__ import annotations

import json
import time
import uuid
from typing import TYPE_CHECKING, Any

from managed_flink_local.environment import ACCOUNT, REGION, Environment

if TYPE_CHECKING:
    from botocore.client import BaseClient

TRUSTED = "kinesisanalytics.amazonaws.com"


class Cloud:
    """One emulator's account."""

    def __init__(self, emulator: Environment) -> None:
        self.emulator = emulator
        self.formation = emulator.client("cloudformation")
        self.flink = emulator.client("kinesisanalyticsv2")

    def client(self, service: str) -> BaseClient:
        return self.emulator.client(service)

    @staticmethod
    def name(prefix: str) -> str:
        return f"{prefix}-{uuid.uuid4().hex[:8]}"

    def deploy(self, stack: str, resources: dict[str, Any]) -> str:
        """Create or update a stack; returns the status it ends in."""
        request = {
            "StackName": stack,
            "TemplateBody": json.dumps({"Resources": resources}),
            "Capabilities": ["CAPABILITY_NAMED_IAM"],
        }
        if self.status(stack) in ("", "DELETE_COMPLETE"):
            self.formation.create_stack(**request)
        else:
            self.formation.update_stack(**request)
        return self.settled(stack)

    def status(self, stack: str) -> str:
        try:
            found = self.formation.describe_stacks(StackName=stack)["Stacks"]
        except self.formation.exceptions.ClientError:
            return ""
        return str(found[0]["StackStatus"])

    def settled(self, stack: str) -> str:
        deadline = time.monotonic() + 60
        while "IN_PROGRESS" in (status := self.status(stack)):
            assert time.monotonic() < deadline, f"{stack} is still {status}"
            time.sleep(0.1)
        return status

    def delete(self, stack: str) -> None:
        self.formation.delete_stack(StackName=stack)
        self.settled(stack)

    def physical_id(self, stack: str, logical_id: str) -> str:
        found = self.formation.describe_stack_resource(
            StackName=stack, LogicalResourceId=logical_id
        )
        return str(found["StackResourceDetail"]["PhysicalResourceId"])

    def failures(self, stack: str) -> dict[str, str]:
        """Reasons of what failed, by logical id, the newest of each."""
        events = self.formation.describe_stack_events(StackName=stack)["StackEvents"]
        return {
            e["LogicalResourceId"]: e.get("ResourceStatusReason", "")
            for e in reversed(events)
            if e["ResourceStatus"].endswith("_FAILED")
        }

    def application_status(self, name: str) -> str:
        found = self.flink.describe_application(ApplicationName=name)
        return str(found["ApplicationDetail"]["ApplicationStatus"])

    def operations(self, name: str) -> list[tuple[str, str]]:
        """Newest first."""
        found = self.flink.list_application_operations(ApplicationName=name)
        return [
            (o["Operation"], o["OperationStatus"]) for o in found["ApplicationOperationInfoList"]
        ]

    def last_failure(self, name: str) -> str:
        found = self.flink.list_application_operations(
            ApplicationName=name, OperationStatus="FAILED"
        )["ApplicationOperationInfoList"]
        details = self.flink.describe_application_operation(
            ApplicationName=name, OperationId=found[0]["OperationId"]
        )["ApplicationOperationInfoDetails"]
        return str(details["OperationFailureDetails"]["ErrorInfo"]["ErrorString"])


def arn(application: str) -> str:
    return f"arn:aws:kinesisanalytics:{REGION}:{ACCOUNT}:application/{application}"


def trust(source_arn: str, service: str = TRUSTED) -> str:
    return json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Service": service},
                    "Action": "sts:AssumeRole",
                    "Condition": {
                        "StringEquals": {"aws:SourceAccount": ACCOUNT},
                        "ArnEquals": {"aws:SourceArn": source_arn},
                    },
                }
            ],
        }
    )
