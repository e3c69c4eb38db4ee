"""CDK's provider framework and CloudFormation's order of calls, as far as the handlers see them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from cdk_managed_flink.handlers.managed_flink_lifecycle import entry
from cdk_managed_flink.handlers.managed_flink_lifecycle.values.outcome import DeployFailedError
from tests.handlers.service_double import APPLICATION, METRICS, STACK_ID, Job, ServiceDouble

POLL_SECONDS = 15
PROVIDER_TIMEOUT_SECONDS = 55 * 60
GATE = {
    "WindowSeconds": "300",
    "PeriodSeconds": "60",
    "MaxRestarts": "2",
    "DeadlineSeconds": "1200",
    "MinRecords": "0",
}


@dataclass
class Framework:
    """Sends events and polls until the handlers complete or fail."""

    double: ServiceDouble
    gate: dict[str, str] = field(default_factory=lambda: dict(GATE))
    max_state_loss: str = "3600"
    requests: int = 0

    @property
    def clients(self) -> entry.Clients:
        double = self.double
        return entry.Clients(
            double.flink, double.logs, double.cloudwatch, double.cloudformation, double.sns
        )

    def prepare(self, request_type: str, new: str, old: str = "") -> dict[str, str]:
        return self.send("Custom::FlinkPrepare", request_type, self.properties(new), old)

    def prove(
        self, request_type: str, new: str, old: str = "", prepared: str = ""
    ) -> dict[str, str]:
        properties = {**self.properties(new), "Prepared": prepared}
        return self.send("Custom::FlinkProve", request_type, properties, old)

    def properties(self, digest: str) -> dict[str, Any]:
        return {
            "ApplicationName": APPLICATION,
            "Application": {"Digest": digest * 16, "Inputs": ["bucket"]},
            "MaxStateLossSeconds": self.max_state_loss,
            "DeadlineSeconds": "3000",
            "LogGroupName": "/aws/kinesis-analytics/sensors",
            "LogStreamName": "kinesis-analytics-log-stream",
            "Gate": self.gate,
            "Metrics": METRICS,
            "AllowNonRestoredState": "false",
        }

    def event(
        self, kind: str, request_type: str, properties: dict[str, Any], old: str
    ) -> dict[str, Any]:
        self.requests += 1
        event: dict[str, Any] = {
            "ResourceType": kind,
            "RequestType": request_type,
            "RequestId": f"request-{self.requests}",
            "StackId": STACK_ID,
            "LogicalResourceId": "Lifecycle",
            "ResponseURL": "https://example.com/secret",
            "ResourceProperties": properties,
        }
        if request_type == "Update":
            event["OldResourceProperties"] = self.properties(old)
        if request_type != "Create":
            event["PhysicalResourceId"] = "sensors/lifecycle"
        return event

    def send(
        self, kind: str, request_type: str, properties: dict[str, Any], old: str = ""
    ) -> dict[str, str]:
        event = self.event(kind, request_type, properties, old)
        event |= json.loads(json.dumps(entry.begin(event, lambda: self.clients, self.double.now)))
        resource = f"{APPLICATION}/{kind.removeprefix('Custom::Flink').lower()}"
        self.double.stack_event(resource, f"{request_type.upper()}_IN_PROGRESS")
        return self.poll(event)

    def poll(self, event: dict[str, Any]) -> dict[str, str]:
        began = self.double.now
        while True:
            answer = json.loads(json.dumps(self.step(event)))
            if answer["IsComplete"]:
                data: dict[str, str] = answer["Data"]
                return data
            assert set(answer) == {"IsComplete"}, "the framework refuses Data with not yet"
            self.double.advance(POLL_SECONDS)
            waited = (self.double.now - began).total_seconds()
            assert waited < PROVIDER_TIMEOUT_SECONDS, "the provider framework timed out"

    def step(self, event: dict[str, Any]) -> dict[str, Any]:
        return entry.step(event, self.clients, self.double.now)

    # -- whole deploys ----------------------------------------------------------------------

    def create(self, digest: str, job: Job) -> dict[str, str]:
        """A first deploy."""
        self.double.stack_status = "CREATE_IN_PROGRESS"
        self.double.exists = False
        prepared = self.prepare("Create", digest)
        self.double.exists = True
        self.double.job = job
        proved = self.prove("Create", digest, prepared=prepared["Snapshot"])
        self.double.stack_status = "CREATE_COMPLETE"
        return proved

    def update(self, new: str, old: str, job: Job) -> dict[str, str]:
        """A later deploy; on failure CloudFormation's rollback follows, and the error is raised."""
        old_job = self.double.job
        self.double.begin_update()
        reached = False
        try:
            prepared = self.prepare("Update", new, old)
            self.double.update_application(job)
            reached = True
            proved = self.prove("Update", new, old, prepared["Snapshot"])
        except DeployFailedError as failure:
            self.rollback(new, old, old_job, reached_prove=reached)
            raise failure from None
        self.double.stack_status = "UPDATE_COMPLETE"
        return proved

    def rollback(self, new: str, old: str, old_job: Job, *, reached_prove: bool) -> dict[str, str]:
        """CloudFormation's own reverse: only what the update had reached is called again."""
        self.double.stack_status = "UPDATE_ROLLBACK_IN_PROGRESS"
        answer = self.prepare("Update", old, new)
        if reached_prove:
            self.double.update_application(old_job)
            answer = self.prove("Update", old, new, prepared="a-value-that-is-not-to-be-trusted")
        self.double.stack_status = "UPDATE_ROLLBACK_COMPLETE"
        return answer


def restores(double: ServiceDouble) -> list[dict[str, str]]:
    return [
        call["RunConfiguration"]["ApplicationRestoreConfiguration"]
        for call in double.made("StartApplication")
    ]


def by_name(name: str) -> dict[str, str]:
    return {"ApplicationRestoreType": "RESTORE_FROM_CUSTOM_SNAPSHOT", "SnapshotName": name}
