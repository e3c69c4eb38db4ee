"""The zip, its hash, and the cache of jars; Maven is played by a script."""

import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from aws_cdk import App, Stack
from aws_cdk.assertions import Annotations, Match

from cdk_managed_flink.application.code_location import CodeLocation
from cdk_managed_flink.application.connector import Connector
from cdk_managed_flink.application.runtime import Runtime
from cdk_managed_flink.code.code import FlinkCode
from cdk_managed_flink.code.packaging import archive, jar_cache
from cdk_managed_flink.code.packaging.archive import check_size, source_hash, write_zip
from cdk_managed_flink.code.packaging.jar_cache import PackagingError, jar_of
from cdk_managed_flink.connectors.connectors import connector_for

_SCRIPT = "CREATE TABLE a (x INT) WITH (${a}); INSERT INTO a SELECT 1;"
_CONNECTORS = [connector_for(name, Runtime.FLINK_1_20) for name in ("kinesis", "dynamodb")]


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "cdk-managed-flink" / "connectors"


@pytest.fixture
def maven(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Put an ``mvn`` on the PATH that counts its runs in a file and does what it is told."""

    def install(then: str) -> Path:
        runs = tmp_path / "runs"
        program = tmp_path / "bin" / "mvn"
        program.parent.mkdir(exist_ok=True)
        program.write_text(
            f"#!/bin/sh\necho \"$@\" >> '{runs}'\n"
            'while [ "$1" != -f ]; do shift; done\ncd "$(dirname "$2")"\nmkdir target\n' + then
        )
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
        return runs

    return install


_BUILDS = "date +%s%N > target/connectors.jar\n"  # other bytes each time, as Maven's are
_NO_ARTIFACT = """\
echo '[ERROR] Failed to execute goal: Could not find artifact a:b:jar:1 in central -> [Help 1]'
echo '[ERROR] '
echo '[ERROR] To see the full stack trace of the errors, re-run Maven with the -e switch.'
exit 1
"""


def _job(folder: Path, script: str = _SCRIPT, **files: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in {"job": script, **files}.items():
        (folder / f"{name}.sql").write_text(text)
    return folder


def _bound(
    folder: Path, output: Path, *, bundles: bool, connectors: list[Connector] = _CONNECTORS
) -> CodeLocation:
    stack = _stack(output, bundles=bundles)
    return FlinkCode.from_sql(folder).bind(stack, runtime=Runtime.FLINK_1_20, connectors=connectors)


def _stack(output: Path, *, bundles: bool) -> Stack:
    app = App(
        context={"aws:cdk:bundling-stacks": ["**"] if bundles else []},
        outdir=str(output),
        builtin_cloud_formation_validation=False,
    )
    return Stack(app, "Stack")


# --- the hash -------------------------------------------------------------------------------------


def test_the_hash_moves_with_one_byte_a_name_and_a_connector() -> None:
    plain = source_hash({"a": b"b"}, _CONNECTORS)
    assert plain == source_hash({"a": b"b"}, _CONNECTORS[::-1])
    others = [
        source_hash({"a": b"c"}, _CONNECTORS),
        source_hash({"c": b"b"}, _CONNECTORS),
        source_hash({"a": b"b", "c": b""}, _CONNECTORS),
        source_hash({"a": b"b"}, _CONNECTORS[:1]),
        source_hash({"ab": b""}, _CONNECTORS),
    ]
    assert len({plain, *others}) == 6


def test_the_hash_moves_with_the_packager(monkeypatch: pytest.MonkeyPatch) -> None:
    before = source_hash({}, [])
    monkeypatch.setattr(archive, "PACKAGER_VERSION", "next")
    assert source_hash({}, []) != before


def test_the_key_is_the_contents_and_neither_the_place_nor_the_jars(
    tmp_path: Path, maven: Callable[[str], Path], cache: Path
) -> None:
    maven(_BUILDS)
    first = _bound(_job(tmp_path / "one"), tmp_path / "out1", bundles=True)
    for jar in cache.glob("*.jar"):
        jar.unlink()  # built anew, with other bytes
    again = _bound(_job(tmp_path / "two"), tmp_path / "out2", bundles=True)
    changed = _bound(_job(tmp_path / "two", _SCRIPT + " "), tmp_path / "out3", bundles=True)
    unbundled = _bound(tmp_path / "one", tmp_path / "out4", bundles=False)
    assert first.file_key == again.file_key == unbundled.file_key
    assert first.run_options == unbundled.run_options
    assert changed.file_key != first.file_key


def test_files_that_are_not_packaged_do_not_count(tmp_path: Path) -> None:
    folder = _job(tmp_path / "job")
    before = _bound(folder, tmp_path / "out1", bundles=False).file_key
    (folder / "README.md").write_text("changed")
    assert _bound(folder, tmp_path / "out2", bundles=False).file_key == before


def test_the_location_says_where_cdk_publishes_to(tmp_path: Path) -> None:
    stack = _stack(tmp_path / "out", bundles=False)
    location = FlinkCode.from_sql(_job(tmp_path / "job")).bind(
        stack, runtime=Runtime.FLINK_1_20, connectors=_CONNECTORS
    )
    assert location.file_key.endswith(".zip")
    assert location.object_version is None
    assert "cdk-hnb659fds-assets-" in str(stack.resolve(location.bucket_arn))


def test_nothing_is_built_where_nothing_is_bundled(
    tmp_path: Path, maven: Callable[[str], Path]
) -> None:
    runs = maven(_BUILDS)
    _bound(_job(tmp_path / "job"), tmp_path / "out", bundles=False)
    assert not runs.exists()


def test_a_synth_after_one_that_did_not_bundle_packages_into_the_same_place(
    tmp_path: Path, maven: Callable[[str], Path]
) -> None:
    """``cdk ls`` must not leave a placeholder that a later deploy takes for the code."""
    maven(_BUILDS)
    folder = _job(tmp_path / "job")
    _bound(folder, tmp_path / "out", bundles=False)
    _bound(folder, tmp_path / "out", bundles=True)
    (packaged,) = (tmp_path / "out").glob("asset.*.zip")
    assert "main.py" in zipfile.ZipFile(packaged).namelist()


# --- the zip --------------------------------------------------------------------------------------


def test_the_run_options_name_what_is_in_the_zip_with_one_jar(
    tmp_path: Path, maven: Callable[[str], Path]
) -> None:
    maven(_BUILDS)
    location = _bound(_job(tmp_path / "job", more="SELECT 1"), tmp_path / "out", bundles=True)
    assert location.run_options == {
        "python": "main.py",
        "jarfile": "lib/connectors.jar",
        "pyFiles": "job/",
    }
    (packaged,) = (tmp_path / "out").glob("asset.*.zip")
    names = zipfile.ZipFile(packaged).namelist()
    assert {"main.py", "lib/connectors.jar"} <= set(names)
    assert "job/managed_flink_job/runner.py" in names
    assert [name for name in names if name.endswith(".sql")] == [
        "job/managed_flink_job/sql/job.sql",
        "job/managed_flink_job/sql/more.sql",
    ]
    assert "job/managed_flink_job/main.py" not in names
    assert [name for name in names if name.endswith(".jar")] == ["lib/connectors.jar"]


def test_a_job_without_connectors_still_has_the_formats(
    tmp_path: Path, maven: Callable[[str], Path]
) -> None:
    runs = maven(_BUILDS)
    location = _bound(_job(tmp_path / "job"), tmp_path / "out", bundles=True, connectors=[])
    assert location.run_options["jarfile"] == "lib/connectors.jar"
    assert len(runs.read_text().splitlines()) == 1


def test_another_source_of_a_format_is_another_jar(maven: Callable[[str], Path]) -> None:
    maven(_BUILDS)
    assert jar_of("<a/>", {"src/A.java": b"1"}) != jar_of("<a/>", {"src/A.java": b"2"})


def test_a_zip_depends_on_names_and_contents_only(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"jar")
    write_zip(tmp_path / "1.zip", {"b": b"1", "a": b"2"}, {"lib/c": file})
    file.unlink()
    file.write_bytes(b"jar")
    write_zip(tmp_path / "2.zip", {"a": b"2", "b": b"1"}, {"lib/c": file})
    assert (tmp_path / "1.zip").read_bytes() == (tmp_path / "2.zip").read_bytes()
    assert zipfile.ZipFile(tmp_path / "1.zip").namelist() == ["a", "b", "lib/c"]


def test_fails_when_the_code_is_larger_than_the_service_takes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert archive.MAX_BYTES == 512 * 1024**2
    monkeypatch.setattr(archive, "MAX_BYTES", 5)
    file = tmp_path / "file"
    file.write_bytes(b"1234")
    check_size("job", {"a": b"1"}, {"b": file})
    with pytest.raises(ValueError, match=r"size of the code is .*; allowed: at most 512 MiB"):
        check_size("job", {"a": b"12"}, {"b": file})


@pytest.mark.parametrize(
    ("script", "told"),
    [
        (
            "SET 'parallelism.default' = '4';" + _SCRIPT,
            r"job\.sql:1: SET 'parallelism\.default': it has effect",
        ),
        (
            "CREATE TABLE b (x INT) WITH ('path' = '${a.path}');" + _SCRIPT,
            r"job\.sql:1:39: '\$\{a\.path\}' is a string, in which placeholders are left alone",
        ),
    ],
)
def test_what_is_hardly_meant_is_a_warning(tmp_path: Path, script: str, told: str) -> None:
    stack = _stack(tmp_path / "out", bundles=False)
    code = FlinkCode.from_sql(_job(tmp_path / "job", script))
    code.bind(stack, runtime=Runtime.FLINK_1_20, connectors=[])
    Annotations.from_stack(stack).has_warning("*", Match.string_like_regexp(told))


def test_a_good_script_gives_no_warning(tmp_path: Path) -> None:
    stack = _stack(tmp_path / "out", bundles=False)
    script = _SCRIPT + "INSERT INTO a SELECT '${a}'; CREATE TABLE c (x INT) WITH ('a' = '$${b}');"
    code = FlinkCode.from_sql(_job(tmp_path / "job", script))
    code.bind(stack, runtime=Runtime.FLINK_1_20, connectors=[])
    Annotations.from_stack(stack).has_no_warning("*", Match.any_value())


# --- the jar --------------------------------------------------------------------------------------


def test_a_jar_is_built_once_for_a_content(maven: Callable[[str], Path], cache: Path) -> None:
    runs = maven(_BUILDS)
    jar = jar_of("<a/>", {})
    assert jar_of("<a/>", {}) == jar
    assert jar.parent == cache
    assert len(runs.read_text().splitlines()) == 1
    assert jar_of("<b/>", {}) != jar
    assert {path.suffix for path in cache.iterdir()} == {".jar", ".json", ".lock"}


def test_two_processes_build_a_jar_once(maven: Callable[[str], Path]) -> None:
    runs = maven("sleep 0.3\n" + _BUILDS)
    program = (
        "import sys, types\n"
        # only the cache: the package itself imports CDK, which takes a second
        f"sys.path[:0] = {sys.path!r}\n"
        "package = types.ModuleType('cdk_managed_flink')\n"
        f"package.__path__ = [{str(Path(jar_cache.__file__).parents[2])!r}]\n"
        "sys.modules['cdk_managed_flink'] = package\n"
        "pom = types.ModuleType('cdk_managed_flink.code.packaging.pom')\n"
        "pom.JAR, pom.PACKAGER_VERSION, pom.GOALS = 'connectors.jar', '1', ()\n"
        "sys.modules['cdk_managed_flink.code.packaging.pom'] = pom\n"
        "from cdk_managed_flink.code.packaging.jar_cache import jar_of\n"
        "print(jar_of('<a/>', {}).read_text())\n"
    )
    both = [
        subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    first, second = (process.communicate()[0] for process in both)
    assert first == second != ""
    assert len(runs.read_text().splitlines()) == 1


def test_fails_when_there_is_no_maven(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(PackagingError, match=r"no mvn on the PATH, and no docker .* Install"):
        jar_of("<a/>", {})


def test_fails_when_maven_fails_with_its_reason_and_log_and_leaves_nothing(
    maven: Callable[[str], Path], cache: Path
) -> None:
    maven(_NO_ARTIFACT)
    with pytest.raises(PackagingError) as caught:
        jar_of("<a/>", {})
    (log,) = cache.glob("*.log")
    assert str(caught.value) == (
        "FlinkCode: Maven could not build the connectors' jar: Failed to execute goal: Could not "
        f"find artifact a:b:jar:1 in central. The whole log: {log}"
    )
    assert "re-run Maven" in log.read_text()
    assert {path.suffix for path in cache.iterdir()} == {".log", ".lock"}
    maven(_BUILDS)
    assert jar_of("<a/>", {}).exists()


def test_fails_when_maven_succeeds_without_a_jar(maven: Callable[[str], Path]) -> None:
    maven("exit 0\n")
    with pytest.raises(PackagingError, match="it said nothing"):
        jar_of("<a/>", {})


def test_fails_when_maven_fails_with_one_error_and_not_with_jsiis(
    tmp_path: Path, maven: Callable[[str], Path]
) -> None:
    maven(_NO_ARTIFACT)
    with pytest.raises(PackagingError, match="Could not find artifact"):
        _bound(_job(tmp_path / "job"), tmp_path / "out", bundles=True)
