"""CDK's provider framework and CloudFormation's order of calls, as far as the handlers see them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from cdk_managed_flink.handlers.managed_flink_lifecycle import entry
from cdk_managed_flink.handlers.managed_flink_lifecycle.contract import (
    LATEST,
    ChangeKey,
    Definition,
    DesiredState,
    Gate,
    PrepareRequest,
    ProveRequest,
    RequestProperties,
    ResourceType,
    UpdateStrategy,
)
from cdk_managed_flink.handlers.managed_flink_lifecycle.values.outcome import DeployFailedError
from tests.handlers.service_double import (
    APPLICATION,
    METRICS,
    RUNTIME,
    STACK_ID,
    Job,
    ServiceDouble,
)

POLL_SECONDS = 15
PROVIDER_TIMEOUT_SECONDS = 55 * 60
GATE = Gate(
    window_seconds="300",
    period_seconds="60",
    max_restarts="2",
    min_records="0",
    deadline_seconds="1200",
)


@dataclass
class Framework:
    """Sends events and polls until the handlers complete or fail."""

    double: ServiceDouble
    gate: Gate = GATE
    max_state_loss: str = "3600"
    requests: int = 0

    @property
    def clients(self) -> entry.Clients:
        double = self.double
        return entry.Clients(
            double.flink, double.logs, double.cloudwatch, double.cloudformation, double.sns
        )

    def prepare(self, request_type: str, new: str, old: str = "") -> dict[str, str]:
        return self.send(ResourceType.PREPARE, request_type, self.properties(new), old)

    def prove(
        self, request_type: str, new: str, old: str = "", prepared: str = ""
    ) -> dict[str, str]:
        return self.send(ResourceType.PROVE, request_type, self.properties(new, prepared), old)

    def properties(self, digest: str, prepared: str = "") -> dict[str, Any]:
        """The properties of both resources, each of which reads its own."""
        common = RequestProperties(
            application_name=APPLICATION,
            application=ChangeKey(digest=digest * 16, inputs=["bucket"]),
            deadline_seconds="3000",
            strategy=UpdateStrategy.STOP_WITH_SNAPSHOT,
            desired_state=DesiredState.RUNNING,
            restore=LATEST,
            bounded="false",
            max_state_loss_seconds=self.max_state_loss,
        )
        prove = ProveRequest(
            **vars(common),
            prepared=prepared,
            run="true",
            log_group_name="/aws/kinesis-analytics/sensors",
            log_stream_name="kinesis-analytics-log-stream",
            gate=self.gate,
            metrics=METRICS,
            allow_non_restored_state="false",
            definition=Definition(
                role="role", bucket_arn="bucket", file_key="key", object_version="", runtime=RUNTIME
            ),
            metric_namespace="ManagedFlink",
        )
        prepare = PrepareRequest(**vars(common), stores={}, replace_stores=[])
        return {**prepare.to_dict(), **prove.to_dict()}

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
