"""The configurations that an application has had."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any

from managed_flink_local.emulator import ministack_internals as ministack
from managed_flink_local.emulator.service.pages import page

Record = dict[str, Any]


@dataclass
class Version:
    """One version, as its record was when it was the present one."""

    record: Record
    ran: bool = False
    rolled_back: bool = False

    @property
    def status(self) -> str:
        """Of a version that is no longer the present one."""
        return "ROLLED_BACK" if self.rolled_back else "RUNNING" if self.ran else "READY"


class Versions:
    """All versions of all applications."""

    def __init__(self) -> None:
        self._kept: dict[str, dict[int, Version]] = {}

    def keep(self, record: Record) -> None:
        """Remember the present version; to be called after each change of it."""
        versions = self._kept.setdefault(record["ApplicationARN"], {})
        version = versions.setdefault(record["ApplicationVersionId"], Version({}))
        version.record = copy.deepcopy(record)

    def ran(self, application_arn: str, number: int) -> None:
        """A job of this version has run."""
        if (version := self._kept.get(application_arn, {}).get(number)) is not None:
            version.ran = True

    def previous_running(self, record: Record) -> Record | None:
        """The newest version before the present one that has run and was not rolled back."""
        versions = self._kept.get(record["ApplicationARN"], {})
        for number in sorted(versions, reverse=True):
            version = versions[number]
            earlier = number < record["ApplicationVersionId"]
            if earlier and version.ran and not version.rolled_back:
                return version.record
        return None

    def rolled_back(self, record: Record) -> None:
        """The present version is the one that is rolled back."""
        self._kept[record["ApplicationARN"]][record["ApplicationVersionId"]].rolled_back = True

    def forget(self, application_arn: str) -> None:
        """The application was deleted."""
        self._kept.pop(application_arn, None)

    # ---- the API ----------------------------------------------------------------------------

    def list(self, data: Record) -> Any:  # noqa: ANN401 - a response
        """ListApplicationVersions: newest first."""
        record = _record(data)
        if record is None:
            return _not_found(data)
        versions = self._kept[record["ApplicationARN"]]
        present = record["ApplicationVersionId"]
        found = [
            {
                "ApplicationVersionId": number,
                "ApplicationStatus": record["ApplicationStatus"]
                if number == present
                else versions[number].status,
            }
            for number in sorted(versions, reverse=True)
        ]
        return page(data, "ApplicationVersionSummaries", found)

    def describe(self, data: Record) -> Any:  # noqa: ANN401
        """DescribeApplicationVersion."""
        record = _record(data)
        if record is None:
            return _not_found(data)
        number = int(data.get("ApplicationVersionId") or 0)
        version = self._kept[record["ApplicationARN"]].get(number)
        if version is None:
            return ministack.error(
                "ResourceNotFoundException",
                f"Application {record['ApplicationName']} has no version {number}.",
            )
        shown = record
        if number != record["ApplicationVersionId"]:
            shown = {**version.record, "ApplicationStatus": version.status}
        detail = ministack.service("kinesisanalyticsv2").application_detail(shown)
        return ministack.answer({"ApplicationVersionDetail": detail})


def _record(data: Record) -> Record | None:
    record: Record | None = ministack.service("kinesisanalyticsv2")._applications.get(
        data.get("ApplicationName")
    )
    return record


def _not_found(data: Record) -> Any:  # noqa: ANN401
    return ministack.error(
        "ResourceNotFoundException", f"Application '{data.get('ApplicationName')}' does not exist."
    )
