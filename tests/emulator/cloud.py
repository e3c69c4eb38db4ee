"""What the tests do with the emulator, over its APIs only."""

from __future__ import annotations

import json
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import botocore.session
from botocore.config import Config

from cdk_managed_flink.handlers import managed_flink_lifecycle
from managed_flink_local.environment import ACCOUNT, CREDENTIALS, REGION, Environment
from tests.waiting import until

if TYPE_CHECKING:
    from botocore.client import BaseClient

MODELS = Path(managed_flink_lifecycle.__file__).parent / "models"
TRUSTED = "kinesisanalytics.amazonaws.com"


class Cloud:
    """One emulator's account."""

    def __init__(self, emulator: Environment) -> None:
        self.emulator = emulator
        self.formation = emulator.client("cloudformation")
        self.flink = flink_client(emulator)
        self.minutes = self._every_minute()

    def client(self, service: str) -> BaseClient:
        return self.emulator.client(service)

    @staticmethod
    def name(prefix: str) -> str:
        return f"{prefix}-{uuid.uuid4().hex[:8]}"

    def _every_minute(self) -> str:
        """A schedule and its queue, made first: its minute passes beside the other tests."""
        deliver = {
            "Effect": "Allow",
            "Principal": {"Service": "events.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": "*",
        }
        target = {"Id": "Queue", "Arn": {"Fn::GetAtt": ["Queue", "Arn"]}, "Input": "a minute"}
        rule = {"ScheduleExpression": "rate(1 minute)", "Targets": [target]}
        policy = {
            "Queues": [{"Ref": "Queue"}],
            "PolicyDocument": {"Version": "2012-10-17", "Statement": [deliver]},
        }
        self.deploy(
            "minutes",
            {
                "Queue": {"Type": "AWS::SQS::Queue", "Properties": {}},
                "Policy": {"Type": "AWS::SQS::QueuePolicy", "Properties": policy},
                "Rule": {"Type": "AWS::Events::Rule", "Properties": rule},
            },
        )
        return self.physical_id("minutes", "Queue")

    def execute(
        self, stack: str, resources: dict[str, Any], kind: str = "UPDATE", **options: bool
    ) -> str:
        """Deploy as the CDK does, by a change set; returns the status it ends in."""
        self.begin(stack, resources, kind, **options)
        return self.settled(stack)

    def begin(
        self, stack: str, resources: dict[str, Any], kind: str = "UPDATE", **options: bool
    ) -> None:
        """The same, without waiting for the end."""
        importing = options.pop("ImportExistingResources", False)
        name = self.change(stack, resources, kind, ImportExistingResources=importing)
        self.formation.execute_change_set(StackName=stack, ChangeSetName=name, **options)

    def change(self, stack: str, resources: dict[str, Any], kind: str, **options: bool) -> str:
        """Create a change set; returns its name."""
        name = self.name("change")
        self.formation.create_change_set(
            StackName=stack,
            ChangeSetName=name,
            ChangeSetType=kind,
            TemplateBody=json.dumps({"Resources": resources}),
            Capabilities=["CAPABILITY_NAMED_IAM"],
            **options,
        )
        return name

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
        return until(
            lambda: self.status(stack),
            lambda status: "IN_PROGRESS" not in status,
            progress=lambda: len(self.stack_events(stack)),
            poll=0.1,
        )

    def delete(self, stack: str) -> None:
        self.formation.delete_stack(StackName=stack)
        self.settled(stack)

    def physical_id(self, stack: str, logical_id: str) -> str:
        found = self.formation.describe_stack_resource(
            StackName=stack, LogicalResourceId=logical_id
        )
        return str(found["StackResourceDetail"]["PhysicalResourceId"])

    def stack_events(self, stack: str) -> list[dict[str, Any]]:
        """Newest first; none of a stack that has gone."""
        try:
            found = self.formation.describe_stack_events(StackName=stack)["StackEvents"]
        except self.formation.exceptions.ClientError:
            return []
        return list(found)

    def failures(self, stack: str) -> dict[str, str]:
        """Reasons of what failed, by logical id, the newest of each."""
        events = self.stack_events(stack)
        return {
            e["LogicalResourceId"]: e.get("ResourceStatusReason", "")
            for e in reversed(events)
            if e["ResourceStatus"].endswith("_FAILED")
        }

    def stack_statuses(self, stack: str) -> list[str]:
        """The stack's own events, oldest first."""
        events = self.stack_events(stack)
        return [
            e["ResourceStatus"]
            for e in reversed(events)
            if e["PhysicalResourceId"] == e["StackId"] and e["Timestamp"]
        ]

    def messages(self, queue: str, count: int) -> list[str]:
        """Bodies of a queue's messages, once there are so many or no more come."""
        sqs, found = self.client("sqs"), list[str]()

        def receive() -> int:
            received = sqs.receive_message(
                QueueUrl=queue, MaxNumberOfMessages=10, WaitTimeSeconds=1
            )
            for message in received.get("Messages", []):
                found.append(message["Body"])
                sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
            return len(found)

        until(receive, lambda received: received >= count, poll=0)
        return found

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


def flink_client(
    emulator: Environment, access_key: str = CREDENTIALS, secret_key: str = CREDENTIALS
) -> BaseClient:
    """A client that knows the operations newer than the installed botocore: the handlers' own."""
    core = botocore.session.Session()
    core.set_config_variable("data_path", str(MODELS))
    session = boto3.Session(
        botocore_session=core,
        aws_access_key_id=access_key,
        aws_secret_access_key=secret_key,
        region_name=REGION,
    )
    return session.client(
        "kinesisanalyticsv2",
        endpoint_url=emulator.endpoint,
        verify=emulator.ca_bundle,
        config=Config(retries={"max_attempts": 1}, proxies={}),
    )


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
