"""The reader of property groups."""

import json
import re
from pathlib import Path

import pytest

from cdk_managed_flink.job.properties import (
    CONNECTOR_OPTIONS_VARIABLE,
    FILE_VARIABLE,
    SERVICE_FILE,
    PropertyError,
    PropertyGroups,
    connector_options,
)
from cdk_managed_flink.job.settings import why_unwise, why_without_effect


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "groups.json"
    path.write_text(
        json.dumps(
            [
                {"PropertyGroupId": "clicks", "PropertyMap": {"connector": "kinesis", "a": "b"}},
                {"PropertyGroupId": "lake", "PropertyMap": {"connector": "filesystem"}},
            ]
        )
    )
    return path


def test_the_service_writes_the_groups_where_it_documents_them() -> None:
    assert Path("/etc/flink/application_properties.json") == SERVICE_FILE


def test_the_file_is_the_one_that_the_environment_names(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(FILE_VARIABLE, str(file))
    groups = PropertyGroups.read()
    assert groups.value("clicks", "a") == "b"
    assert list(groups) == ["clicks", "lake"]


def test_fails_when_a_group_is_missing_and_names_those_that_exist(file: Path) -> None:
    groups = PropertyGroups.read(file)
    told = "there is no property group 'Clicks'; there are: clicks, lake"
    with pytest.raises(PropertyError, match=re.escape(told)):
        groups["Clicks"]
    assert "Clicks" not in groups


def test_fails_when_the_file_is_missing(tmp_path: Path) -> None:
    with pytest.raises(PropertyError, match=rf"no\.json does not exist: .*{FILE_VARIABLE}"):
        PropertyGroups.read(tmp_path / "no.json")


@pytest.mark.parametrize("content", ["", "{}x", '{"clicks": {}}', "[1]", '[{"PropertyMap": {}}]'])
def test_fails_when_the_file_has_another_form(tmp_path: Path, content: str) -> None:
    path = tmp_path / "groups.json"
    path.write_text(content)
    with pytest.raises(PropertyError, match="is not a list of"):
        PropertyGroups.read(path)


def test_options_from_the_environment_reach_the_groups_of_their_connector_only(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(CONNECTOR_OPTIONS_VARIABLE, '{"kinesis": {"aws.endpoint": "e", "a": "c"}}')
    groups = PropertyGroups.read(file).with_connector_options(connector_options())
    assert groups["clicks"] == {"connector": "kinesis", "aws.endpoint": "e", "a": "c"}
    assert groups["lake"] == {"connector": "filesystem"}


def test_without_the_variable_nothing_is_added(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(CONNECTOR_OPTIONS_VARIABLE, raising=False)
    groups = PropertyGroups.read(file)
    assert groups.with_connector_options(connector_options()) == groups


def test_fails_when_the_variable_has_another_form_without_showing_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(CONNECTOR_OPTIONS_VARIABLE, '["hush"]')
    with pytest.raises(PropertyError) as caught:
        connector_options()
    assert "hush" not in str(caught.value)


@pytest.mark.parametrize(
    "key",
    [
        "execution.checkpointing.interval",
        "execution.checkpointing.mode",
        "state.backend.type",
        "state.checkpoints.dir",
        "execution.savepoint.path",
        "execution.state-recovery.path",
        "pipeline.jars",
        "taskmanager.numberOfTaskSlots",
        "s3.endpoint",
    ],
)
def test_settings_that_the_service_makes_by_itself_are_known(key: str) -> None:
    assert why_without_effect(key)


@pytest.mark.parametrize(
    "key",
    [
        "table.exec.state.ttl",
        "table.local-time-zone",
        "table.exec.source.idle-timeout",
        "pipeline.max-parallelism",
        "execution.runtime-mode",
    ],
)
def test_settings_of_the_job_itself_are_kept(key: str) -> None:
    assert why_without_effect(key) is None
    assert why_unwise(key) is None


@pytest.mark.parametrize("key", ["parallelism.default", "table.exec.resource.default-parallelism"])
def test_settings_that_shut_out_the_applications_parallelism_are_known(key: str) -> None:
    assert why_without_effect(key) is None
    assert "Parallelism(...)" in (why_unwise(key) or "")
