"""Applications of which no job has to run."""

from __future__ import annotations

import json
from typing import Any

from tests.emulator.cloud import Cloud, arn, trust
from tests.waiting import until

RUNTIME = "FLINK-1_19"
BUCKET, KEY = "application-code", "application.zip"


def upload(cloud: Cloud) -> None:
    """The code that the service looks at when an application is created."""
    cloud.client("s3").create_bucket(Bucket=BUCKET)
    cloud.client("s3").put_object(Bucket=BUCKET, Key=KEY, Body=b"PK")


def role(cloud: Cloud, name: str, document: str) -> str:
    created = cloud.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=document)
    return str(created["Role"]["Arn"])


def configuration(key: str = KEY) -> dict[str, Any]:
    location = {"BucketARN": f"arn:aws:s3:::{BUCKET}", "FileKey": key}
    return {
        "ApplicationCodeConfiguration": {
            "CodeContentType": "ZIPFILE",
            "CodeContent": {"S3ContentLocation": location},
        },
        "ApplicationSnapshotConfiguration": {"SnapshotsEnabled": True},
    }


def create(cloud: Cloud, name: str, role_arn: str, key: str = KEY) -> None:
    cloud.flink.create_application(
        ApplicationName=name,
        RuntimeEnvironment=RUNTIME,
        ServiceExecutionRole=role_arn,
        ApplicationConfiguration=configuration(key),
    )


class IdleApplication:
    """One on the emulator without Flink; `faults` are what its job does wrong."""

    def __init__(self, cloud: Cloud, mode: str | None = None, runtime: str = "FLINK-1_20") -> None:
        self.cloud, self.flink, self.name = cloud, cloud.flink, cloud.name("app")
        upload(cloud)
        snapshots = {"SnapshotsEnabled": True} | ({"SnapshotMode": mode} if mode else {})
        self.role = role(cloud, self.name, trust(arn(self.name)))
        self.flink.create_application(
            ApplicationName=self.name,
            RuntimeEnvironment=runtime,
            ServiceExecutionRole=self.role,
            ApplicationConfiguration={
                **configuration(),
                "ApplicationSnapshotConfiguration": snapshots,
            },
        )

    def detail(self) -> dict[str, Any]:
        found = self.flink.describe_application(ApplicationName=self.name)
        detail: dict[str, Any] = found["ApplicationDetail"]
        return detail

    @property
    def version(self) -> int:
        return int(self.detail()["ApplicationVersionId"])

    @property
    def status(self) -> str:
        return str(self.detail()["ApplicationStatus"])

    def update(self, **faults: str) -> str:
        """Give the job these faults; returns the status it ends in."""
        groups = [{"PropertyGroupId": "idle", "PropertyMap": {"version": "x", **faults}}]
        return self.change(
            ApplicationConfigurationUpdate={
                "EnvironmentPropertyUpdates": {"PropertyGroups": groups}
            }
        )

    def change(self, **request: Any) -> str:  # noqa: ANN401
        self.flink.update_application(
            ApplicationName=self.name, CurrentApplicationVersionId=self.version, **request
        )
        return self.settled()

    def start(self, **restore: str) -> str:
        """Start as the restore configuration says; returns the status it ends in."""
        run = {"ApplicationRestoreConfiguration": restore} if restore else {}
        self.flink.start_application(ApplicationName=self.name, RunConfiguration=run)
        return self.settled()

    def stop(self, *, force: bool = False) -> str:
        self.flink.stop_application(ApplicationName=self.name, Force=force)
        return self.settled()

    def rollback(self) -> str:
        self.flink.rollback_application(
            ApplicationName=self.name, CurrentApplicationVersionId=self.version
        )
        return self.settled()

    def settled(self) -> str:
        return until(lambda: self.status, lambda status: status in ("READY", "RUNNING"), poll=0.02)

    def starts(self) -> list[dict[str, Any]]:
        """What each start was made with, oldest first."""
        log = self.cloud.emulator.applications / self.name / "starts.jsonl"
        return [json.loads(line) for line in log.read_text().splitlines()]
