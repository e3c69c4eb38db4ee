"""An application on a real Flink whose job does wrong what it is told to."""

from __future__ import annotations

import contextlib
import io
import json
import os
import signal
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from managed_flink_local.environment import ACCOUNT, REGION
from tests.emulator.cloud import Cloud, arn, trust
from tests.waiting import until

MAINS = {
    "JobManager": "org.apache.flink.runtime.entrypoint.StandaloneSessionClusterEntrypoint",
    "TaskManager": "org.apache.flink.runtime.taskexecutor.TaskManagerRunner",
}

# Counts up; what it does wrong is in its property group.
MAIN = """
import json, os
with open(os.environ["MANAGED_FLINK_PROPERTIES_FILE"]) as file:
    job = {g["PropertyGroupId"]: g["PropertyMap"] for g in json.load(file)}["job"]
if job["fault"] == "main":
    raise ValueError("main gives up")
from pyflink.table import EnvironmentSettings, TableEnvironment
table = TableEnvironment.create(EnvironmentSettings.in_streaming_mode())
rows = ", 'number-of-rows' = '20'" if job["fault"] == "end" else ""
table.execute_sql("CREATE TABLE numbers (n BIGINT) WITH ('connector' = 'datagen', "
    "'rows-per-second' = '20', 'fields.n.kind' = 'sequence', 'fields.n.start' = '1', "
    "'fields.n.end' = '100000'" + rows + ")")
path = "s3://" + job["bucket"] + ("/elsewhere/" if job["fault"] == "role" else "/numbers/")
table.execute_sql("CREATE TABLE found (n BIGINT) WITH ('connector' = 'filesystem', "
    f"'path' = '{path}', 'format' = 'json', 'sink.rolling-policy.rollover-interval' = '1 s', "
    "'sink.rolling-policy.check-interval' = '1 s')")
statements = table.create_statement_set()
divisor = "(n - 5)" if job["fault"] == "record" else "1"
query = f"SELECT n / {divisor} FROM numbers"
if job["fault"] == "shape":
    query = "SELECT MAX(n) FROM numbers GROUP BY n"
    table.execute_sql("CREATE TABLE printed (n BIGINT) WITH ('connector' = 'blackhole')")
statements.add_insert_sql(
    f"INSERT INTO {'printed' if job['fault'] == 'shape' else 'found'} {query}")
statements.execute()
"""


class Job:
    """An application whose fault is chosen before each start."""

    def __init__(self, cloud: Cloud, runtime: str = "FLINK-1_20") -> None:
        self.cloud, self.name = cloud, cloud.name("job")
        self.flink, self.logs, self.s3 = cloud.flink, cloud.client("logs"), cloud.client("s3")
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr("main.py", MAIN)
        self.s3.create_bucket(Bucket=self.name)
        self.s3.put_object(Bucket=self.name, Key="job.zip", Body=packed.getvalue())
        self.logs.create_log_group(logGroupName=self.name)
        self.logs.create_log_stream(logGroupName=self.name, logStreamName="log")
        stream = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{self.name}:log-stream:log"
        location = {"BucketARN": f"arn:aws:s3:::{self.name}", "FileKey": "job.zip"}
        self.flink.create_application(
            ApplicationName=self.name,
            RuntimeEnvironment=runtime,
            ServiceExecutionRole=self._role(),
            CloudWatchLoggingOptions=[{"LogStreamARN": stream}],
            ApplicationConfiguration={
                "ApplicationCodeConfiguration": {
                    "CodeContentType": "ZIPFILE",
                    "CodeContent": {"S3ContentLocation": location},
                },
                "FlinkApplicationConfiguration": {
                    "CheckpointConfiguration": {
                        "ConfigurationType": "CUSTOM",
                        "CheckpointingEnabled": True,
                        "CheckpointInterval": 1000,
                        "MinPauseBetweenCheckpoints": 500,
                    }
                },
                "EnvironmentProperties": {"PropertyGroups": self._groups("none")},
                "ApplicationSnapshotConfiguration": {"SnapshotsEnabled": True},
            },
        )

    def _role(self) -> str:
        iam = self.cloud.client("iam")
        created = iam.create_role(
            RoleName=self.name, AssumeRolePolicyDocument=trust(arn(self.name))
        )
        self.allow("s3:GetObject")
        return str(created["Role"]["Arn"])

    def allow(self, on_the_code: str) -> None:
        """Give the role what the job needs, with this one action on the code."""
        objects = ["s3:PutObject", "s3:GetObject", "s3:DeleteObject", "s3:AbortMultipartUpload"]
        bucket = f"arn:aws:s3:::{self.name}"
        log = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{self.name}:log-stream:log"
        statements = [
            {"Effect": "Allow", "Action": on_the_code, "Resource": f"{bucket}/job.zip"},
            {"Effect": "Allow", "Action": "logs:PutLogEvents", "Resource": log},
            {"Effect": "Allow", "Action": objects, "Resource": f"{bucket}/numbers/*"},
            {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": bucket},
        ]
        policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
        self.cloud.client("iam").put_role_policy(
            RoleName=self.name, PolicyName="job", PolicyDocument=policy
        )

    def _groups(self, fault: str) -> list[dict[str, Any]]:
        run = {"python": "main.py"}
        return [
            {"PropertyGroupId": "kinesis.analytics.flink.run.options", "PropertyMap": run},
            {"PropertyGroupId": "job", "PropertyMap": {"fault": fault, "bucket": self.name}},
        ]

    def start(self, fault: str, snapshot: str = "") -> str:
        """Start with this fault; returns the status it ends in."""
        described = self.flink.describe_application(ApplicationName=self.name)
        groups = {"PropertyGroups": self._groups(fault)}
        self.flink.update_application(
            ApplicationName=self.name,
            CurrentApplicationVersionId=described["ApplicationDetail"]["ApplicationVersionId"],
            ApplicationConfigurationUpdate={"EnvironmentPropertyUpdates": groups},
        )
        restore = {"ApplicationRestoreType": "SKIP_RESTORE_FROM_SNAPSHOT"}
        if snapshot:
            custom = "RESTORE_FROM_CUSTOM_SNAPSHOT"
            restore = {"ApplicationRestoreType": custom, "SnapshotName": snapshot}
        self.flink.start_application(
            ApplicationName=self.name,
            RunConfiguration={"ApplicationRestoreConfiguration": restore},
        )
        return self.until("RUNNING", "READY")

    def restored_from(self) -> str | None:
        """The snapshot that the service says the run was started from."""
        detail = self.flink.describe_application(ApplicationName=self.name)["ApplicationDetail"]
        run = detail["ApplicationConfigurationDescription"]["RunConfigurationDescription"]
        name = run["ApplicationRestoreConfigurationDescription"].get("SnapshotName")
        return None if name is None else str(name)

    def stop(self, *, force: bool = False) -> str:
        self.flink.stop_application(ApplicationName=self.name, Force=force)
        return self.until("READY", "RUNNING")

    def until(self, *statuses: str) -> str:
        return until(
            lambda: self.cloud.application_status(self.name),
            lambda status: status in statuses,
            progress=lambda: self.cloud.operations(self.name),
        )

    def reset(self) -> None:
        """End what an earlier start left running, and what it wrote."""
        if self.cloud.application_status(self.name) == "RUNNING":
            self.stop()  # Its processes serve the next start; a job that fails runs on.
        if self.cloud.application_status(self.name) != "READY":
            self.stop(force=True)
        self.forget_rows()

    def delete(self) -> None:
        """End it for good, with the processes that stand by for its next start."""
        self.reset()
        described = self.flink.describe_application(ApplicationName=self.name)
        created = described["ApplicationDetail"]["CreateTimestamp"]
        self.flink.delete_application(ApplicationName=self.name, CreateTimestamp=created)

    def snapshot(self) -> str:
        """The name of a snapshot to start from; one is made if there is none."""
        found = [name for name, status in self.snapshots() if status == "READY"]
        if not found:
            assert self.start("none") == "RUNNING"
            self.until_rows(1)
            assert self.stop() == "READY"
            found = [name for name, _ in self.snapshots()]
        return found[0]

    def snapshots(self) -> list[tuple[str, str]]:
        """Names and statuses, oldest first."""
        found = self.flink.list_application_snapshots(ApplicationName=self.name)
        return [(s["SnapshotName"], s["SnapshotStatus"]) for s in found["SnapshotSummaries"]]

    def rows(self) -> list[int]:
        """What is committed in the bucket, in order."""
        listed = self.s3.list_objects_v2(Bucket=self.name, Prefix="numbers/part")
        found = [
            json.loads(line)["n"]
            for entry in listed.get("Contents", [])
            for line in self.s3.get_object(Bucket=self.name, Key=entry["Key"])["Body"].iter_lines()
        ]
        return sorted(found)

    def forget_rows(self) -> None:
        """Empty the bucket before a job that begins at one again."""
        listed = self.s3.list_objects_v2(Bucket=self.name, Prefix="numbers/")
        for entry in listed.get("Contents", []):
            self.s3.delete_object(Bucket=self.name, Key=entry["Key"])

    def logged(self, pattern: str) -> list[dict[str, Any]]:
        """Wait for an event with this pattern; returns those that are there."""
        return [json.loads(message) for message in until(lambda: self._messages(pattern))]

    def _messages(self, pattern: str) -> list[str]:
        found = self.logs.filter_log_events(logGroupName=self.name, filterPattern=pattern)
        return [event["message"] for event in found["events"]]

    def processes(self, name: str) -> list[int]:
        """The process ids of the running job's JobManager or TaskManager."""
        folder = self.cloud.emulator.applications / self.name
        port = json.loads((folder / "cluster.json").read_text())["rest_url"].rpartition(":")[2]
        [conf] = [
            file.parent
            for file in folder.glob("clusters/*/conf/config.yaml")
            if f"rest.port: {port}\n" in file.read_text()
        ]
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                command = (process / "cmdline").read_bytes().decode().split("\0")
                if str(conf) in command and MAINS[name] in command:
                    found.append(int(process.name))
        return found

    def kill(self, name: str) -> None:
        """Kill -9 the JobManager or the TaskManager of the running job."""
        [process] = self.processes(name)
        os.kill(process, signal.SIGKILL)

    def until_rows(self, least: int) -> list[int]:
        """Wait for the number; it must come while the application stays RUNNING."""
        assert self.cloud.application_status(self.name) == "RUNNING"
        rows = until(
            self.rows,
            lambda rows: rows and rows[-1] >= least,
            progress=lambda: self.cloud.application_status(self.name),
            poll=0.5,
        )
        assert self.cloud.application_status(self.name) == "RUNNING"
        return rows

    def until_value(self, name: str, since: datetime, expected: Callable[[float], bool]) -> float:
        """Wait for a value of a metric, which is published after what it counts."""
        values = until(lambda: self.series(name, since), lambda found: any(map(expected, found)))
        return values[-1]

    def series(self, name: str, since: datetime) -> list[float]:
        """Each value of a metric from then on, oldest first."""
        found = self.cloud.client("cloudwatch").get_metric_statistics(
            Namespace="AWS/KinesisAnalytics",
            MetricName=name,
            Dimensions=[{"Name": "Application", "Value": self.name}],
            StartTime=since,
            EndTime=datetime.now(UTC) + timedelta(seconds=5),
            Period=1,
            Statistics=["Maximum"],
        )
        points = sorted(found["Datapoints"], key=lambda point: str(point["Timestamp"]))
        return [float(point["Maximum"]) for point in points]
