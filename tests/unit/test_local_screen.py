"""What is shown: phases, tables, log lines, what the emulator does not apply."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from managed_flink_local import explanation, joblog, progress, results, rollout
from managed_flink_local.assembly import Assembly
from managed_flink_local.comparison import Comparison
from managed_flink_local.environment import Environment
from managed_flink_local.progress import Progress


class TestProgress:
    def test_a_pipe_gets_a_line_at_start_and_end(self) -> None:
        screen = io.StringIO()
        shown = Progress(screen)
        with shown.phase("deploying", "CloudFormation") as phase:
            phase.says("32 resources")
        start, end = screen.getvalue().splitlines()
        assert start == "  ..  deploying: CloudFormation"
        assert end.endswith("s  deploying: 32 resources")
        assert "\x1b" not in screen.getvalue()

    def test_a_failure_says_what_was_waited_for(self) -> None:
        screen = io.StringIO()
        shown = Progress(screen)
        with pytest.raises(ValueError, match="boom"), shown.phase("deploying", "Prove"):
            raise ValueError("boom")
        assert "FAILED" in screen.getvalue()
        assert "waiting for Prove" in screen.getvalue()

    def test_a_long_phase_is_heard_of_in_a_pipe(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(progress, "HEARTBEAT_SECONDS", 0.0)
        screen = io.StringIO()
        with Progress(screen) as shown, shown.phase("deploying", "Prove"):
            shown._stopped.wait(0.5)
        assert "deploying waits for Prove" in screen.getvalue()


def test_a_table_shows_every_count_and_what_differs() -> None:
    equal = Comparison("lake", 10, 10)
    different = Comparison("rejected", 2, 1, missing=[{"reason": "not_json"}])
    shown = results.table([equal, different])
    assert "equal" in shown.splitlines()[1]
    assert "DIFFERENT" in shown.splitlines()[2]
    assert "not_json" in shown


def test_what_is_not_applied_is_a_line_a_type(tmp_path: Path) -> None:
    entries = [
        {"type": "AWS::S3::Bucket", "logical_id": name, "property": prop, "reason": ""}
        for name, prop in (("A", "Tags"), ("B", "Tags"), ("B", "Lifecycle"))
    ]
    file = tmp_path / "not-applied.jsonl"
    file.write_text("".join(json.dumps(entry) + "\n" for entry in entries))
    here = Environment(
        state=tmp_path,
        endpoint="",
        region="",
        account="",
        ca_bundle=None,
        pid=1,
        applications=tmp_path,
        logs=tmp_path,
    )
    assert rollout.not_applied(here).splitlines()[1:] == ["    S3::Bucket: Lifecycle, Tags"]


def test_a_log_line_shows_its_exception() -> None:
    message = {
        "messageType": "WARN",
        "logger": "org.apache.flink.Task",
        "message": "FAILED",
        "throwableInformation": "java.lang.NumberFormatException: x",
    }
    line = joblog.told({"timestamp": 0, "message": json.dumps(message)})
    assert line == "00:00:00 WARN  Task: FAILED\njava.lang.NumberFormatException: x"


def test_a_line_that_is_no_json_is_shown_as_it_is() -> None:
    assert joblog.told({"timestamp": 0, "message": "plain"}) == "00:00:00 plain"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("json", "json"),
        ({"Ref": "AWS::Region"}, "us-east-1"),
        ({"Ref": "Stream"}, "Stream"),
        ({"Fn::GetAtt": ["Stream", "Arn"]}, "Stream.Arn"),
        ({"Fn::Join": ["", ["s3://", {"Ref": "Lake"}, "/"]]}, "s3://Lake/"),
    ],
)
def test_references_are_spelled_in_a_plan(value: object, text: str) -> None:
    assert explanation.reference_text(value) == text


def test_a_plan_takes_the_groups_of_the_job_s_application(tmp_path: Path) -> None:
    def application(group: str) -> dict[str, object]:
        groups = [{"PropertyGroupId": group, "PropertyMap": {"a": 1}}]
        configuration = {"EnvironmentProperties": {"PropertyGroups": groups}}
        return {
            "Type": explanation.APPLICATION,
            "Properties": {"ApplicationConfiguration": configuration},
        }

    resources = {"SensorsApp": application("s"), "ClicksApp": application("c")}
    (tmp_path / "x.template.json").write_text(json.dumps({"Resources": resources}))
    groups = explanation.property_groups(Assembly(tmp_path), "clicks")
    assert groups == [{"PropertyGroupId": "c", "PropertyMap": {"a": "1"}}]
