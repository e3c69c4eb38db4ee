"""Classes that two merged artifacts bring with different content."""

import zipfile
from pathlib import Path

import aws_cdk as cdk
import pytest
from aws_cdk.assertions import Annotations, Match

from cdk_managed_flink import Connector, FlinkCode, Runtime
from cdk_managed_flink.code.packaging.overlaps import keep_overlaps, overlaps_in

_LOG = """\
[INFO] Including org.apache.iceberg:iceberg-core:jar:1.4.3 in the shaded jar.
[INFO] Including org.apache.iceberg:iceberg-flink-runtime-1.20:jar:1.9.2 in the shaded jar.
[INFO] Excluding org.slf4j:slf4j-api:jar:1.7.36 from the shaded jar.
[INFO] Including io.netty:netty-transport:jar:linux-x86_64:4.1.94 in the shaded jar.
[INFO] Including not.in:the-repository:jar:1 in the shaded jar.
"""


@pytest.fixture(autouse=True)
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for name in ("MAVEN_ARGS", "MAVEN_OPTS"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path / ".m2" / "repository"


def _artifact(repository: Path, path: str, files: dict[str, str]) -> None:
    jar = repository / path
    jar.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(jar, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)


def _two_icebergs(repository: Path) -> None:
    group = "org/apache/iceberg"
    _artifact(
        repository,
        f"{group}/iceberg-core/1.4.3/iceberg-core-1.4.3.jar",
        {"org/a/Table.class": "old", "org/a/B.class": "old", "org/a/Same.class": "s", "x": "1"},
    )
    _artifact(
        repository,
        f"{group}/iceberg-flink-runtime-1.20/1.9.2/iceberg-flink-runtime-1.20-1.9.2.jar",
        {"org/a/Table.class": "new", "org/a/B.class": "new", "org/a/Same.class": "s", "x": "2"},
    )


_TOLD = (
    "org.apache.iceberg:iceberg-core:1.4.3 and org.apache.iceberg:iceberg-flink-runtime-1.20:1.9.2 "
    "both bring org.a.B and 1 more classes, with different content"
)


def test_two_coordinates_with_the_same_class_of_other_content_are_named(
    tmp_path: Path, repository: Path
) -> None:
    _two_icebergs(repository)
    _artifact(
        repository,
        "io/netty/netty-transport/4.1.94/netty-transport-4.1.94-linux-x86_64.jar",
        {"module-info.class": "1", "META-INF/versions/9/org/a/Table.class": "2", "io/N.class": ""},
    )
    keep_overlaps(tmp_path / "job.jar", _LOG)
    (told,) = overlaps_in(tmp_path / "job.jar")
    assert told.startswith(_TOLD)


def test_a_repository_in_another_place_is_found(
    tmp_path: Path, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _two_icebergs(tmp_path / "elsewhere")
    monkeypatch.setenv("MAVEN_OPTS", f"-Xmx1g -Dmaven.repo.local={tmp_path / 'elsewhere'}")
    keep_overlaps(tmp_path / "job.jar", _LOG)
    assert len(overlaps_in(tmp_path / "job.jar")) == 1


def test_a_jar_of_which_nothing_is_noted_has_none(tmp_path: Path) -> None:
    assert overlaps_in(tmp_path / "job.jar") == []


def test_the_overlap_is_a_warning_at_every_synth_also_from_the_cache(
    tmp_path: Path, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _two_icebergs(repository)
    (tmp_path / "log").write_text(_LOG)
    program = tmp_path / "bin" / "mvn"
    program.parent.mkdir()
    program.write_text(
        f"#!/bin/sh\ncat '{tmp_path}/log'\n"
        'while [ "$1" != -f ]; do shift; done\ncd "$(dirname "$2")"\nmkdir target\n'
        "date +%s%N > target/connectors.jar\n"
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
    job = tmp_path / "job"
    job.mkdir()
    (job / "job.sql").write_text("CREATE TABLE a (x INT) WITH (${a}); INSERT INTO a SELECT 1;")
    keys = set()
    for output in ("one", "two"):
        app = cdk.App(
            context={"aws:cdk:bundling-stacks": ["**"]},
            outdir=str(tmp_path / output),
            builtin_cloud_formation_validation=False,
        )
        stack = cdk.Stack(app, "Stack")
        location = FlinkCode.from_sql(job).bind(
            stack, runtime=Runtime.FLINK_1_20, connectors=[Connector("a", "b", "1")]
        )
        keys.add(location.file_key)
        Annotations.from_stack(stack).has_warning("*", Match.string_like_regexp(_TOLD))
    assert len(keys) == 1  # same input, same winner, same hash
