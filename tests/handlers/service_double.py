"""A small, strict double of what the handlers call: the service, its logs, metrics and stack.

It has a clock of its own, checks every call against botocore's model, refuses what the service
refuses, and can lose the reply of a call after carrying it out.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

from botocore.exceptions import ClientError, ReadTimeoutError
from botocore.validate import validate_parameters

from cdk_managed_flink.handlers.managed_flink_lifecycle.aws.clients import session
from cdk_managed_flink.handlers.managed_flink_lifecycle.contract import Metrics

Value: TypeAlias = Any
APPLICATION = "sensors"
APPLICATION_ARN = "arn:aws:kinesisanalytics:us-east-1:111111111111:application/sensors"
STACK_ID = "arn:aws:cloudformation:us-east-1:111111111111:stack/sensors/1"
RUNTIME = "FLINK-1_20"
METRICS = Metrics(
    namespace="AWS/KinesisAnalytics",
    uptime="uptime",
    restarts="fullRestarts",
    failed_checkpoints="numberOfFailedCheckpoints",
    records_in="numRecordsIn",
)
TRANSITION_SECONDS = 20
OPERATION_DETAILS = ("Operation", "StartTime", "EndTime", "OperationStatus")
SESSION = session()._session


def refusal(operation: str, code: str, message: str = "refused") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, operation)


class Checked:
    """A client whose parameters and answers are held against the real model."""

    def __init__(self, service: str, double: ServiceDouble) -> None:
        self._model = SESSION.get_service_model(service)
        self._service = service
        self._double = double

    def __getattr__(self, method: str) -> Callable[..., dict[str, Any]]:
        operation = "".join(part.capitalize() for part in method.split("_"))

        def invoke(**parameters: Value) -> dict[str, Any]:
            model = self._model.operation_model(operation)
            validate_parameters(parameters, model.input_shape)
            answer = self._double.invoke(operation, parameters)
            if model.output_shape:
                validate_parameters(answer, model.output_shape)
            return answer

        return invoke


@dataclass
class Job:
    """How a version behaves once it is started."""

    runs: bool = True
    fails_every: float = 0
    error: str = "java.lang.IllegalStateException: no such column: temperature"
    has_metrics: bool = True
    can_snapshot: bool = True
    records_per_second: float = 10


@dataclass
class ServiceDouble:
    now: datetime = datetime(2026, 1, 1, tzinfo=UTC)
    status: str = "READY"
    exists: bool = True
    version: int = 1
    snapshots_enabled: bool = True
    job: Job = field(default_factory=Job)
    snapshots: list[dict[str, Any]] = field(default_factory=list)
    operations: list[dict[str, Any]] = field(default_factory=list)
    stack_events: list[dict[str, Any]] = field(default_factory=list)
    log_lines: list[dict[str, Any]] = field(default_factory=list)
    points: list[tuple[str, datetime, float]] = field(default_factory=list)
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    faults: dict[str, list[str]] = field(default_factory=dict)
    lost_replies: list[str] = field(default_factory=list)
    stop_refused: str = ""
    refusal_text: str = "refused"
    _due: list[tuple[datetime, Callable[[], None]]] = field(default_factory=list)
    _counters: dict[str, float] = field(default_factory=dict)
    _job_began: datetime | None = None
    _failed_at: datetime | None = None

    @property
    def flink(self) -> Checked:
        return Checked("kinesisanalyticsv2", self)

    @property
    def sns(self) -> Checked:
        return Checked("sns", self)

    @property
    def logs(self) -> Checked:
        return Checked("logs", self)

    @property
    def cloudwatch(self) -> Checked:
        return Checked("cloudwatch", self)

    @property
    def cloudformation(self) -> Checked:
        return Checked("cloudformation", self)

    # -- what a test does -------------------------------------------------------------------

    def advance(self, seconds: float) -> None:
        """Lets time pass, second by second."""
        for _ in range(int(seconds)):
            self.now += timedelta(seconds=1)
            for due in [due for due in self._due if due[0] <= self.now]:
                self._due.remove(due)
                due[1]()
            self._run_job()

    @property
    def stack_status(self) -> str:
        own = (e for e in self.stack_events if e["PhysicalResourceId"] == STACK_ID)
        return str(next(own, {"ResourceStatus": "IDLE"})["ResourceStatus"])

    @stack_status.setter
    def stack_status(self, status: str) -> None:
        self.stack_event(STACK_ID, status)

    def stack_event(self, physical_id: str, status: str) -> None:
        self.stack_events.insert(
            0,
            {
                "StackId": STACK_ID,
                "EventId": str(len(self.stack_events)),
                "StackName": "sensors",
                "PhysicalResourceId": physical_id,
                "ResourceStatus": status,
                "Timestamp": self.now,
            },
        )

    def begin_update(self) -> None:
        self.stack_status = "UPDATE_IN_PROGRESS"

    def update_application(self, job: Job) -> None:
        """What CloudFormation does between Prepare and Prove."""
        assert self.status == "READY", f"CloudFormation would update it while {self.status}"
        self.version += 1
        self.job = job
        self._operation("UpdateApplication", "SUCCESSFUL")
        self.advance(5)

    def snapshot(self, name: str, age: float = 0, status: str = "READY") -> None:
        self.snapshots.append(
            {
                "SnapshotName": name,
                "SnapshotStatus": status,
                "ApplicationVersionId": self.version,
                "SnapshotCreationTimestamp": self.now - timedelta(seconds=age),
            }
        )

    def run(self) -> None:
        """The application runs since before the test begins."""
        self.status = "RUNNING"
        self._begin_job()

    def made(self, operation: str) -> list[dict[str, Any]]:
        return [parameters for made, parameters in self.calls if made == operation]

    @property
    def changes(self) -> list[str]:
        """The calls that change the application, in order."""
        others = ("Describe", "List", "Get", "Filter", "PutMetricData")
        return [made for made, _ in self.calls if not made.startswith(others)]

    # -- what the handlers call -------------------------------------------------------------

    def invoke(self, operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
        faults = self.faults.get(operation) or []
        if faults:
            raise refusal(operation, faults.pop(0), self.refusal_text)
        self.calls.append((operation, parameters))
        answer: dict[str, Any] = getattr(self, f"_{operation}")(parameters)
        if operation in self.lost_replies:
            self.lost_replies.remove(operation)
            raise ReadTimeoutError(endpoint_url="https://kinesisanalytics")
        return answer

    def _DescribeApplication(self, _: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        self._must_exist("DescribeApplication")
        return {
            "ApplicationDetail": {
                "ApplicationARN": APPLICATION_ARN,
                "ApplicationName": APPLICATION,
                "RuntimeEnvironment": RUNTIME,
                "ApplicationStatus": self.status,
                "ApplicationVersionId": self.version,
                "ApplicationConfigurationDescription": {
                    "ApplicationSnapshotConfigurationDescription": {
                        "SnapshotsEnabled": self.snapshots_enabled
                    }
                },
            }
        }

    def _ListApplicationOperations(self, _: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        self._must_exist("ListApplicationOperations")
        fields = ("OperationId", *OPERATION_DETAILS)
        listed = [{key: o[key] for key in fields if key in o} for o in reversed(self.operations)]
        return {"ApplicationOperationInfoList": listed}

    def _DescribeApplicationOperation(self, wanted: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        found = next(o for o in self.operations if o["OperationId"] == wanted["OperationId"])
        error = {"ErrorInfo": {"ErrorString": found.get("error", "")}}
        details = {key: found[key] for key in OPERATION_DETAILS}
        return {"ApplicationOperationInfoDetails": {**details, "OperationFailureDetails": error}}

    def _ListApplicationSnapshots(self, _: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        self._must_exist("ListApplicationSnapshots")
        return {"SnapshotSummaries": [dict(snapshot) for snapshot in self.snapshots]}

    def _StartApplication(self, wanted: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        if self.status != "READY":
            raise refusal("StartApplication", "ResourceInUseException")
        restore = wanted["RunConfiguration"]["ApplicationRestoreConfiguration"]
        if restore["ApplicationRestoreType"] == "RESTORE_FROM_CUSTOM_SNAPSHOT" and not any(
            s["SnapshotName"] == restore["SnapshotName"] and s["SnapshotStatus"] == "READY"
            for s in self.snapshots
        ):
            raise refusal("StartApplication", "InvalidArgumentException", "no such snapshot")
        self.status = "STARTING"
        operation = self._operation("StartApplication", "IN_PROGRESS")

        def started() -> None:
            if self.status != "STARTING":
                return
            operation["EndTime"] = self.now
            if not self.job.runs:
                operation["OperationStatus"] = "FAILED"
                operation["error"] = self.job.error
                self.status = "READY"
                return
            operation["OperationStatus"] = "SUCCESSFUL"
            self.status = "RUNNING"
            self._begin_job()

        self._later(started)
        return {"OperationId": operation["OperationId"]}

    def _StopApplication(self, wanted: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        force = wanted["Force"]
        allowed = ["RUNNING"]
        if force:
            allowed += ["STARTING", "UPDATING", "STOPPING", "AUTOSCALING"]
        if self.status not in allowed:
            raise refusal("StopApplication", "ResourceInUseException")
        if self.stop_refused and not force:
            raise refusal("StopApplication", self.stop_refused, "the job is failing")
        operation = self._operation("StopApplication", "IN_PROGRESS")
        self.status = "FORCE_STOPPING" if force else "STOPPING"
        saves = not force and self.snapshots_enabled
        if saves:
            self.snapshot(f"stop-{operation['OperationId']}", status="CREATING")
        saved = self.snapshots[-1] if saves else {}

        def stopped() -> None:
            operation["EndTime"] = self.now
            if saves and not self.job.can_snapshot:
                saved["SnapshotStatus"] = "FAILED"
                operation["OperationStatus"] = "FAILED"
                operation["error"] = "snapshot failed"
                self.status = "RUNNING"
                return
            saved["SnapshotStatus"] = "READY"
            operation["OperationStatus"] = "SUCCESSFUL"
            self.status = "READY"
            self._job_began = None

        self._later(stopped)
        return {"OperationId": operation["OperationId"]}

    def _CreateApplicationSnapshot(self, wanted: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        name = wanted["SnapshotName"]
        if self.status != "RUNNING":
            raise refusal("CreateApplicationSnapshot", "InvalidRequestException")
        if any(snapshot["SnapshotName"] == name for snapshot in self.snapshots):
            raise refusal("CreateApplicationSnapshot", "ResourceInUseException", "name is taken")
        self.snapshot(name, status="CREATING")
        taken = self.snapshots[-1]

        def done() -> None:
            taken["SnapshotStatus"] = "READY" if self.job.can_snapshot else "FAILED"

        self._later(done)
        return {}

    def _FilterLogEvents(self, wanted: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        phrase = wanted["filterPattern"].strip('"')
        found = [
            line
            for line in self.log_lines
            if line["timestamp"] >= wanted["startTime"] and phrase in line["message"]
        ]
        return {"events": found}

    def _PutMetricData(self, _: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        return {}

    def _GetMetricData(self, wanted: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        results = []
        for query in wanted["MetricDataQueries"]:
            stat = query["MetricStat"]
            name, period = stat["Metric"]["MetricName"], stat["Period"]
            buckets: dict[datetime, list[float]] = {}
            for metric, at, value in self.points:
                if metric == name and at <= wanted["EndTime"]:
                    floor = datetime.fromtimestamp(at.timestamp() // period * period, UTC)
                    buckets.setdefault(floor, []).append(value)
            pick = min if stat["Stat"] == "Minimum" else max
            results.append(
                {
                    "Id": query["Id"],
                    "Timestamps": list(buckets),
                    "Values": [pick(values) for values in buckets.values()],
                }
            )
        return {"MetricDataResults": results}

    def _DescribeStacks(self, _: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        stack = {"StackName": "sensors", "CreationTime": self.now, "StackStatus": self.stack_status}
        return {"Stacks": [stack]}

    def _DescribeStackEvents(self, _: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        return {"StackEvents": self.stack_events}

    # -- the job ----------------------------------------------------------------------------

    def _begin_job(self) -> None:
        self._job_began = self._failed_at = self.now
        self._counters = dict.fromkeys(
            ("fullRestarts", "numberOfFailedCheckpoints", "numRecordsIn"), 0.0
        )

    def _run_job(self) -> None:
        if self._job_began is None or self.status not in ("RUNNING", "STOPPING"):
            return
        assert self._failed_at is not None
        job = self.job
        self._counters["numRecordsIn"] += job.records_per_second
        if job.fails_every and (self.now - self._failed_at).total_seconds() >= job.fails_every:
            self._failed_at = self._job_began = self.now
            self._counters["fullRestarts"] += 1
            self.log_failure(int(self._counters["fullRestarts"]), job.error)
        if job.has_metrics and int(self.now.timestamp()) % 15 == 0:
            uptime = (self.now - self._job_began).total_seconds() * 1000
            values = {"uptime": uptime, **self._counters}
            self.points.extend((name, self.now, value) for name, value in values.items())

    def log_failure(self, attempt: int, error: str) -> None:
        task = f"Source: readings[1] -> Calc[2] (1/1)#{attempt} (a1b2_c3_0_{attempt})"
        throwable = f"{error}\n\tat com.example.Job.map(Job.java:12)\n"
        self.log(f"{task} switched from RUNNING to FAILED with failure cause:", throwable)
        self.log(f"{task} switched from RUNNING to FAILED on 10.0.0.1:6122 @ host", throwable)
        job = "Job insert-into_lake (00000000000000000000000000000001)"
        self.log(f"{job} switched from state RUNNING to RESTARTING.", throwable)

    def log(self, message: str, throwable: str = "", level: str = "INFO") -> None:
        line = {"message": message, "throwableInformation": throwable, "messageType": level}
        self.log_lines.append(
            {
                "eventId": str(len(self.log_lines)),
                "timestamp": int(self.now.timestamp() * 1000),
                "message": json_line(line),
            }
        )

    def _operation(self, kind: str, status: str) -> dict[str, Any]:
        operation = {
            "Operation": kind,
            "OperationId": f"op-{len(self.operations)}",
            "OperationStatus": status,
            "StartTime": self.now,
        }
        self.operations.append(operation)
        return operation

    def _later(self, act: Callable[[], None]) -> None:
        self._due.append((self.now + timedelta(seconds=TRANSITION_SECONDS), act))

    def _must_exist(self, operation: str) -> None:
        if not self.exists:
            raise refusal(operation, "ResourceNotFoundException")


def json_line(fields: dict[str, str]) -> str:
    return json.dumps(fields)
