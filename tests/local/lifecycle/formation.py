"""Deploys an assembly through CloudFormation's API, as the CDK's command line does, without it."""

from __future__ import annotations

import io
import json
import time
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from managed_flink_local import deployment
from managed_flink_local.assembly import Assembly
from managed_flink_local.environment import Environment
from tests.waiting import until


@dataclass(frozen=True)
class Deployed:
    """How a deploy ended: the stack's status, and the reason of what failed first."""

    status: str
    reason: str
    seconds: float


class Formation:
    """One stack."""

    def __init__(self, environment: Environment, stack: str) -> None:
        self._environment = environment
        self._s3 = environment.client("s3")
        self._cloudformation = environment.client("cloudformation")
        self._flink = environment.client("kinesisanalyticsv2")
        self.stack = stack

    def deploy(self, assembly: Assembly) -> Deployed:
        """Create or update the stack, and wait for the end."""
        return self.wait(self.begin(assembly))

    def begin(self, assembly: Assembly) -> float:
        """Create or update the stack; returns when that was."""
        request = self._request(assembly)
        began = time.time()
        if self.status in ("", "DELETE_COMPLETE"):
            self._cloudformation.create_stack(**request)
        else:
            self._cloudformation.update_stack(**request)
        return began

    def bring_back(self, assembly: Assembly) -> Deployed:
        """Create the stack, with what is retained of it: `--import-existing-resources`."""
        request = self._request(assembly)
        began = time.time()
        self._cloudformation.create_change_set(
            **request,
            ChangeSetName="import",
            ChangeSetType="CREATE",
            ImportExistingResources=True,
        )
        described = self._cloudformation.get_waiter("change_set_create_complete")
        described.wait(StackName=self.stack, ChangeSetName="import", WaiterConfig={"Delay": 1})
        self._cloudformation.execute_change_set(StackName=self.stack, ChangeSetName="import")
        return self.wait(began)

    def physical_ids(self) -> dict[str, str]:
        """The resources by logical id, without the hash at its end."""
        described = self._cloudformation.describe_stack_resources(StackName=self.stack)
        return {
            resource["LogicalResourceId"][:-8]: resource["PhysicalResourceId"]
            for resource in described["StackResources"]
        }

    def delete(self) -> str:
        """Delete the stack; returns the status it ends in, which is empty when it has gone."""
        self._cloudformation.delete_stack(StackName=self.stack)
        return self.settled(time.time())

    def wait(self, began: float) -> Deployed:
        """Wait for the end of the deploy that began then."""
        status = self.settled(began)
        _, reason = deployment.why_failed(self._environment, [self.stack], began)
        return Deployed(status, reason, time.time() - began)

    def settled(self, began: float) -> str:
        """Wait until nothing is under way; returns the stack's status."""
        return until(
            lambda: self.status,
            lambda status: not status.endswith("_IN_PROGRESS"),
            progress=lambda: self.progress(began),
        )

    def progress(self, began: float) -> str:
        """What has happened, and the application's status, for a deploy that does not end."""
        events = deployment.events(self._environment, self.stack, began)
        told = [f"{event['LogicalResourceId']} {event['ResourceStatus']}" for event in events]
        applications = self._flink.list_applications()["ApplicationSummaries"]
        return ", ".join([*told, *(summary["ApplicationStatus"] for summary in applications)])

    @property
    def status(self) -> str:
        """The stack's status, empty when there is none."""
        try:
            found = self._cloudformation.describe_stacks(StackName=self.stack)["Stacks"]
        except ClientError:
            return ""
        return str(found[0]["StackStatus"])

    def _request(self, assembly: Assembly) -> dict[str, Any]:
        return {
            "StackName": self.stack,
            "TemplateURL": self._publish(assembly),
            "Capabilities": ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"],
        }

    def _publish(self, assembly: Assembly) -> str:
        """Upload what is not there yet; returns the template's address."""
        manifest = json.loads(
            (assembly.directory / f"{self.stack}.assets.json").read_text(encoding="utf-8")
        )
        template = ""
        for asset in manifest["files"].values():
            (destination,) = asset["destinations"].values()
            bucket, key = self._resolved(destination["bucketName"]), destination["objectKey"]
            source = assembly.directory / asset["source"]["path"]
            if source.name == f"{self.stack}.template.json":
                template = f"{self._environment.endpoint}/{bucket}/{key}"
            if not self._is_there(bucket, key):
                packed = asset["source"]["packaging"] == "zip"
                body = _zipped(source) if packed else source.read_bytes()
                self._s3.put_object(Bucket=bucket, Key=key, Body=body)
        return template

    def _resolved(self, text: str) -> str:
        account, region = self._environment.account, self._environment.region
        return text.replace("${AWS::AccountId}", account).replace("${AWS::Region}", region)

    def _is_there(self, bucket: str, key: str) -> bool:
        try:
            self._s3.head_object(Bucket=bucket, Key=key)
        except ClientError:
            return False
        return True


def _zipped(folder: Path) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(folder.rglob("*")):
            if file.is_file():
                archive.write(file, file.relative_to(folder))
    return packed.getvalue()
