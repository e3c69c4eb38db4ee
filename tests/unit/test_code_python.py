"""FlinkCode.from_python: the folder, the zip, the warnings; pip is real, its index is a folder."""

import sys
import zipfile
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk.assertions import Annotations, Match

from cdk_managed_flink import (
    Code,
    FlinkApplication,
    FlinkCode,
    Runtime,
)
from cdk_managed_flink.application.code_location import CodeLocation
from cdk_managed_flink.code.packaging import secret_reader, wheels
from cdk_managed_flink.code.packaging.cache import PackagingError
from cdk_managed_flink.code.python import job as python_job
from cdk_managed_flink.connectors.connectors import connector_for
from cdk_managed_flink.connectors.connectors import secret_reader as reader_of
from tests.unit.jars import write_jar

_CONNECTORS = [connector_for("kinesis", Runtime.FLINK_1_20)]


@pytest.fixture(autouse=True)
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is pip's only index, by the user's own configuration of pip."""
    folder = tmp_path / "index"
    folder.mkdir()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


@pytest.fixture(autouse=True)
def maven(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A double of Maven that counts its runs and gives a jar of other bytes each time."""
    runs = tmp_path / "runs"
    program = tmp_path / "bin" / "mvn"
    program.parent.mkdir()
    program.write_text(
        f"#!/bin/sh\necho \"$@\" >> '{runs}'\n"
        'while [ "$1" != -f ]; do shift; done\ncd "$(dirname "$2")"\nmkdir target\n'
        "date +%s%N > target/connectors.jar\n"
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
    return runs


def _wheel(
    index: Path, name: str, version: str, tags: str, files: dict[str, str], *needs: str
) -> None:
    info = f"{name}-{version}.dist-info"
    with zipfile.ZipFile(index / f"{name}-{version}-{tags}.whl", "w") as wheel:
        for file, text in files.items():
            wheel.writestr(file, text)
        requires = "".join(f"Requires-Dist: {need}\n" for need in needs)
        wheel.writestr(
            f"{info}/METADATA",
            f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{requires}",
        )
        wheel.writestr(f"{info}/WHEEL", f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {tags}\n")
        wheel.writestr(f"{info}/RECORD", "")


def _job(folder: Path, **files: str) -> Path:
    for name, text in {"main.py": "import os\n", **files}.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return folder


def _bound(
    code: Code,
    output: Path,
    *,
    bundles: bool,
    runtime: Runtime = Runtime.FLINK_1_20,
    connectors: Any = _CONNECTORS,  # noqa: ANN401
) -> CodeLocation:
    return code.bind(_stack(output, bundles=bundles), runtime=runtime, connectors=connectors)


def _stack(output: Path, *, bundles: bool) -> cdk.Stack:
    app = cdk.App(
        context={"aws:cdk:bundling-stacks": ["**"] if bundles else []},
        outdir=str(output),
        builtin_cloud_formation_validation=False,
    )
    return cdk.Stack(app, "Stack")


def _names(output: Path) -> list[str]:
    (packaged,) = output.glob("asset.*.zip")
    return zipfile.ZipFile(packaged).namelist()


# --- the folder -----------------------------------------------------------------------------------


def test_fails_when_the_folder_is_missing(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"from_python: path is .*; allowed: a folder that holds"):
        FlinkCode.from_python(tmp_path / "none")


@pytest.mark.parametrize("entry", ["main", "nested/other.py", "nested\\main.py", "readme.txt"])
def test_fails_when_the_entry_is_not_in_the_zip_and_lists_the_py_files(
    tmp_path: Path, entry: str
) -> None:
    job = _job(tmp_path / "job", **{"nested/main.py": "", "readme.txt": ""})
    told = r"entry is .*; allowed: a \.py file of the folder, .* are: main\.py, nested/main\.py\."
    with pytest.raises(ValueError, match=told):
        FlinkCode.from_python(job, entry=entry)


def test_a_nested_entry_is_named_as_it_lies_in_the_zip(tmp_path: Path) -> None:
    job = _job(tmp_path / "job", **{"nested/main.py": "import os\n"})
    code = FlinkCode.from_python(job, entry="nested/main.py")
    location = _bound(code, tmp_path / "out", bundles=True)
    assert location.run_options == {
        "python": "job/nested/main.py",
        "pyFiles": "job/",
        "jarfile": "lib/connectors.jar",
    }
    names = _names(tmp_path / "out")
    assert {location.run_options["python"], location.run_options["jarfile"]} <= set(names)


def test_fails_when_a_module_is_no_python(tmp_path: Path) -> None:
    job = _job(tmp_path / "job", **{"broken.py": "x = 1\ndef f(:\n"})
    with pytest.raises(ValueError, match=r"job/broken\.py:2: Python is .*; allowed: source that"):
        FlinkCode.from_python(job)


def test_fails_when_the_helpers_name_is_taken(tmp_path: Path) -> None:
    job = _job(tmp_path / "job", **{"managed_flink_job.py": ""})
    with pytest.raises(ValueError, match=r"allowed: any module but managed_flink_job\."):
        FlinkCode.from_python(job)


def test_fails_when_the_file_of_requirements_is_missing(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"from_python: requirements is .*There is no file"):
        FlinkCode.from_python(_job(tmp_path / "job"), requirements="none.txt")


def test_what_is_no_part_of_the_job_is_not_packaged(tmp_path: Path) -> None:
    job = _job(
        tmp_path / "job",
        **{
            "data/cities.txt": "a",
            "requirements.txt": "",
            ".env": "SECRET=1",
            ".git/config": "",
            "__pycache__/main.pyc": "",
            "venv/pyvenv.cfg": "",
            "venv/lib/site.py": "",
            "lib/own.jar": "",
            "tests/test_main.py": "",
        },
    )
    _bound(FlinkCode.from_python(job, exclude=["tests"]), tmp_path / "out", bundles=True)
    names = _names(tmp_path / "out")
    own = [n for n in names if not n.startswith("job/managed_flink_job/")]
    assert own == ["job/data/cities.txt", "job/main.py", "lib/connectors.jar"]
    helper = [n.rpartition("/")[2] for n in names if n.startswith("job/managed_flink_job/")]
    assert {"__init__.py", "tables.py", "secrets.py", "properties.py", "runner.py"} <= set(helper)
    assert "main.py" not in helper


# --- the hash -------------------------------------------------------------------------------------


@pytest.mark.slow
def test_the_key_moves_with_modules_and_pins_and_neither_place_nor_output(
    tmp_path: Path, index: Path, maven: Path
) -> None:
    _wheel(index, "pure", "1.0", "py3-none-any", {"pure.py": ""})
    _wheel(index, "pure", "1.1", "py3-none-any", {"pure.py": ""})
    pinned = {"requirements.txt": "pure==1.0\n"}
    first = _bound(
        FlinkCode.from_python(_job(tmp_path / "a", **pinned)), tmp_path / "1", bundles=True
    )
    again = _bound(
        FlinkCode.from_python(_job(tmp_path / "b", **pinned)), tmp_path / "2", bundles=False
    )
    assert first.file_key == again.file_key
    assert first.run_options == again.run_options
    others = [
        _job(tmp_path / "c", **{**pinned, "more.py": ""}),
        _job(tmp_path / "d", **{"requirements.txt": "pure==1.1\n"}),
        _job(tmp_path / "e"),
    ]
    keys = {
        _bound(FlinkCode.from_python(job), tmp_path / f"o{i}", bundles=False).file_key
        for i, job in enumerate(others)
    }
    assert len(keys | {first.file_key}) == 4


def test_the_key_moves_with_the_runtimes_python_where_there_are_packages(tmp_path: Path) -> None:
    code = FlinkCode.from_python(_job(tmp_path / "a", **{"requirements.txt": "pure==1.0\n"}))
    keys = {
        _bound(code, tmp_path / r.name, bundles=False, runtime=r, connectors=[]).file_key
        for r in (Runtime.FLINK_1_20, Runtime.FLINK_2_2)
    }
    assert len(keys) == 2


def test_the_key_moves_with_flink_that_the_formats_are_compiled_for(tmp_path: Path) -> None:
    """The same key with other bytes would leave the old formats on the new runtime."""
    code = FlinkCode.from_python(_job(tmp_path / "a"))
    keys = {
        _bound(code, tmp_path / r.name, bundles=False, runtime=r, connectors=[]).file_key
        for r in (Runtime.FLINK_1_20, Runtime.FLINK_2_2)
    }
    assert len(keys) == 2


def test_nothing_is_fetched_where_nothing_is_bundled(tmp_path: Path, maven: Path) -> None:
    job = _job(tmp_path / "job", **{"requirements.txt": "not-in-any-index==1\n"})
    _bound(FlinkCode.from_python(job), tmp_path / "out", bundles=False)
    assert not maven.exists()
    assert not (tmp_path / "cache").exists()


# --- packages -------------------------------------------------------------------------------------


@pytest.mark.slow
def test_packages_come_as_wheels_for_the_service_whatever_this_machine_is(
    tmp_path: Path, index: Path
) -> None:
    _wheel(index, "pure", "1.0", "py3-none-any", {"pure/__init__.py": ""}, "native>=2")
    for tag in ("manylinux_2_12_x86_64", "macosx_11_0_arm64", "win_amd64"):
        _wheel(index, "native", "2.0", f"cp311-cp311-{tag}", {f"native/{tag}.so": ""})
    job = _job(tmp_path / "job", **{"requirements.txt": "pure==1.0\nnative==2.0\n"})
    _bound(FlinkCode.from_python(job), tmp_path / "out", bundles=True)
    names = _names(tmp_path / "out")
    assert "job/pure/__init__.py" in names
    assert [n for n in names if n.endswith(".so")] == ["job/native/manylinux_2_12_x86_64.so"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("runtime", "python"), [(Runtime.FLINK_1_20, "3.11"), (Runtime.FLINK_2_2, "3.12")]
)
def test_fails_when_a_package_has_no_wheel_for_the_platform(
    tmp_path: Path, index: Path, runtime: Runtime, python: str
) -> None:
    for tags in (
        "cp310-cp310-manylinux_2_17_x86_64",
        f"cp{python.replace('.', '')}-none-macosx_11_0_arm64",
    ):
        _wheel(index, "native", "2.0", tags, {"native.so": ""})
    job = _job(tmp_path / "job", **{"requirements.txt": "native==2.0\n"})
    told = (
        rf"^FlinkCode\.from_python: requirements is 'native==2\.0'; allowed: packages with a wheel "
        rf"for Python {python} on manylinux2014_x86_64, or for any\. The service compiles nothing"
    )
    with pytest.raises(ValueError, match=told):
        _bound(FlinkCode.from_python(job), tmp_path / "out", bundles=True, runtime=runtime)


@pytest.mark.slow
def test_fails_when_a_wheel_needs_a_newer_glibc_which_can_be_asked_for(
    tmp_path: Path, index: Path
) -> None:
    _wheel(index, "native", "2.0", "cp311-cp311-manylinux_2_28_x86_64", {"native.so": ""})
    job = _job(tmp_path / "job", **{"requirements.txt": "native==2.0\n"})
    with pytest.raises(ValueError, match="platform=, such as manylinux_2_28_x86_64"):
        _bound(FlinkCode.from_python(job), tmp_path / "out1", bundles=True)
    newer = FlinkCode.from_python(job, platform="manylinux_2_28_x86_64")
    _bound(newer, tmp_path / "out2", bundles=True)
    assert "job/native.so" in _names(tmp_path / "out2")


@pytest.mark.slow
def test_fails_when_the_list_lacks_what_a_package_needs(tmp_path: Path, index: Path) -> None:
    _wheel(index, "pure", "1.0", "py3-none-any", {"pure.py": ""}, "idna>=2.5", "numpy>=1.20")
    job = _job(tmp_path / "job", **{"requirements.txt": "pure==1.0\n"})
    told = r"a list that lacks 1 packages'.*idna is missing \(pure needs idna>=2\.5\)\. Write the"
    with pytest.raises(ValueError, match=told):
        _bound(FlinkCode.from_python(job), tmp_path / "out", bundles=True)


@pytest.mark.slow
def test_fails_when_a_module_hides_a_package(tmp_path: Path, index: Path) -> None:
    _wheel(index, "pure", "1.0", "py3-none-any", {"pure/__init__.py": ""})
    job = _job(tmp_path / "job", **{"requirements.txt": "pure==1.0\n", "pure.py": ""})
    with pytest.raises(ValueError, match=r"names that no package of the requirements has\. Rename"):
        _bound(FlinkCode.from_python(job), tmp_path / "out", bundles=True)


def test_uv_takes_pips_place_where_an_environment_has_none(
    tmp_path: Path, index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As `uv venv` makes them; uv's own configuration applies."""
    uv = Path(sys.executable).with_name("uv")
    (tmp_path / "bin" / "uv").symlink_to(uv)
    monkeypatch.setattr(wheels, "find_spec", lambda _: None)
    monkeypatch.setenv("UV_NO_INDEX", "1")
    monkeypatch.setenv("UV_FIND_LINKS", str(index))
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "uv"))
    _wheel(index, "native", "2.0", "cp311-cp311-manylinux_2_12_x86_64", {"native/a.so": ""})
    _wheel(index, "newer", "2.0", "cp311-cp311-manylinux_2_28_x86_64", {"newer.so": ""})
    job = _job(tmp_path / "job", **{"requirements.txt": "native==2.0\n"})
    _bound(FlinkCode.from_python(job), tmp_path / "out", bundles=True)
    names = _names(tmp_path / "out")
    assert "job/native/a.so" in names
    assert not any(name.endswith(".lock") for name in names)
    newer = _job(tmp_path / "newer", **{"requirements.txt": "newer==2.0\n"})
    with pytest.raises(ValueError, match=r"requirements is 'newer==2\.0'; allowed: packages with"):
        _bound(FlinkCode.from_python(newer), tmp_path / "out2", bundles=True)


def test_fails_when_there_is_neither_pip_nor_uv(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wheels, "find_spec", lambda _: None)
    monkeypatch.setattr("shutil.which", lambda _: None)
    job = _job(tmp_path / "job", **{"requirements.txt": "pure==1.0\n"})
    with pytest.raises(PackagingError, match=r"has none, and there is no uv on the PATH\. Run"):
        _bound(FlinkCode.from_python(job), tmp_path / "out", bundles=True)


def test_what_the_service_has_is_left_out_with_a_warning(tmp_path: Path) -> None:
    listed = "apache-flink==1.20.0\nnumpy\n"
    code = FlinkCode.from_python(_job(tmp_path / "job", **{"requirements.txt": listed}))
    stack = _stack(tmp_path / "out", bundles=True)
    code.bind(stack, runtime=Runtime.FLINK_1_20, connectors=_CONNECTORS)
    found = Annotations.from_stack(stack)
    for place in (r"requirements\.txt:1: apache-flink==1\.20\.0", r"requirements\.txt:2: numpy"):
        found.has_warning("*", Match.string_like_regexp(f"{place} is left out of the package: the"))
    assert not any("pyflink" in name or "numpy" in name for name in _names(tmp_path / "out"))


# --- secrets --------------------------------------------------------------------------------------


@pytest.mark.slow
def test_what_reads_secrets_is_packaged_only_where_it_is_asked_for(
    tmp_path: Path, index: Path
) -> None:
    for name, version in secret_reader.PINS.items():
        files = {f"{name.replace('-', '_')}.py": ""}
        if name == "botocore":
            files = {
                "botocore/__init__.py": "",
                "botocore/data/endpoints.json": "",
                "botocore/data/secretsmanager/2017/service.json": "",
                "botocore/data/ec2/2016/service.json": "",
            }
        _wheel(index, name.replace("-", "_"), version, "py3-none-any", files)
    code = FlinkCode.from_python(_job(tmp_path / "job"))
    readers = [*_CONNECTORS, *reader_of(Runtime.FLINK_1_20)]
    location = _bound(code, tmp_path / "out", bundles=True, connectors=readers)
    assert location.resolves_secrets
    names = [n for n in _names(tmp_path / "out") if "botocore/" in n]
    assert names == [
        "job/botocore/__init__.py",
        "job/botocore/data/endpoints.json",
        "job/botocore/data/secretsmanager/2017/service.json",
    ]
    plain = _bound(code, tmp_path / "out2", bundles=True)
    assert not plain.resolves_secrets
    assert not [n for n in _names(tmp_path / "out2") if "botocore" in n]
    assert plain.file_key != location.file_key


# --- the jar --------------------------------------------------------------------------------------


def test_a_jar_of_the_jobs_own_takes_the_place_of_the_merged_one(
    tmp_path: Path, maven: Path
) -> None:
    jar = write_jar(
        tmp_path / "own.jar", main=None, classes=["org/apache/flink/streaming/connectors/kinesis/A"]
    )
    code = FlinkCode.from_python(_job(tmp_path / "job"), jar=jar)
    first = _bound(code, tmp_path / "out", bundles=True)
    with zipfile.ZipFile(next((tmp_path / "out").glob("asset.*.zip"))) as packaged:
        assert packaged.read("lib/connectors.jar") == jar.read_bytes()
    assert not maven.exists()
    write_jar(jar, main=None, classes=["org/apache/flink/streaming/connectors/kinesis/B"])
    assert _bound(code, tmp_path / "out2", bundles=False).file_key != first.file_key


def test_fails_when_the_jobs_own_jar_lacks_a_bound_connector(tmp_path: Path) -> None:
    code = FlinkCode.from_python(_job(tmp_path / "job"), jar=write_jar(tmp_path / "own.jar"))
    with pytest.raises(ValueError, match=r"one without org\.apache\.flink:flink-connector-k"):
        _bound(code, tmp_path / "out", bundles=True)


def test_fails_when_the_jobs_own_jar_is_missing(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"jar is .*allowed: a \.jar file, or the folder of a pom"):
        FlinkCode.from_python(_job(tmp_path / "job"), jar=tmp_path / "none.jar")


# --- what the code says ---------------------------------------------------------------------------


def test_settings_that_have_no_effect_on_the_service_are_warnings(tmp_path: Path) -> None:
    source = (
        "env.enable_checkpointing(1000)\n"
        "config.set_string('state.checkpoints.dir', 's3://mine/')\n"
        "tables.get_config().set('parallelism.default', '4')\n"
        "env.set_parallelism(4)\n"
        "stream.map(f).set_parallelism(1)\n"
        "tables.get_config().set('table.exec.state.ttl', '1 d')\n"
        "{}.get('state.checkpoints.dir')\n"
    )
    job = _job(tmp_path / "job", **{"main.py": source})
    stack = _stack(tmp_path / "out", bundles=False)
    FlinkCode.from_python(job).bind(stack, runtime=Runtime.FLINK_1_20, connectors=[])
    found = Annotations.from_stack(stack).find_warning("*", Match.any_value())
    told = sorted(str(entry.entry.data).split("main.py:")[1].split(":")[0:2] for entry in found)
    assert told == [
        ["1", " enable_checkpointing() has no effect on the service"],
        ["2", " set_string('state.checkpoints.dir') has no effect on the service"],
        ["3", " set('parallelism.default')"],
        ["4", " set_parallelism()"],
    ]


_ASKS = """\
import managed_flink_job as job
from managed_flink_job import properties as group, sql, table_options

group("limits")
group("Clicks")
table_options("click")
job.properties("nothing")
sql("CREATE TABLE a (x INT) WITH (${clicks}) -- ${comment}")
sql('''
SELECT ${limit.x}''')
sql(f"{x} ${{clicks}}")
properties("of another module")
"""


def test_names_that_stand_for_nothing_are_told_with_line_and_known_names(
    tmp_path: Path,
) -> None:
    code = FlinkCode.from_python(_job(tmp_path / "job", **{"main.py": _ASKS}))
    problems = code.validate(sources={"clicks"}, sinks={"lake"}, groups={"limits"})
    assert [p.split("main.py:")[1].split(" stands")[0] for p in problems] == [
        "5: properties('Clicks')",
        "6: table_options('click')",
        "7: properties('nothing')",
        "9: ${limit.x}",
    ]
    assert "known are: clicks, lake, limits. Did you mean ${clicks}?" in problems[0]


def test_a_wrong_name_fails_the_synth(tmp_path: Path) -> None:
    stack = _stack(tmp_path / "out", bundles=False)
    source = "from managed_flink_job import properties\nproperties('Limits')\n"
    code = FlinkCode.from_python(_job(tmp_path / "job", **{"main.py": source}))
    FlinkApplication(stack, "App", code=code, property_groups={"limits": {"a": "b"}})
    with pytest.raises(
        RuntimeError, match=r"main\.py:2: properties\('Limits'\) stands for nothing"
    ):
        cdk.App.of(stack).synth()  # type: ignore[union-attr]


HELPERS = ("run_script(", "properties(", "table_options(", "sql(", "masked(")


def test_docs_and_code_spell_the_helper_alike() -> None:
    page = (Path(__file__).parents[2] / "docs" / "code.md").read_text(encoding="utf-8")
    from cdk_managed_flink import job

    assert f"from {python_job.HELPER} import" in page
    assert all(f"`{name}" in page for name in HELPERS)
    assert {name.rstrip("(") for name in HELPERS} <= set(job.__all__)


def test_fails_when_a_platform_is_not_the_services(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="platform is 'manylinux2014_aarch64'; allowed: manylinux"):
        FlinkCode.from_python(_job(tmp_path / "job"), platform="manylinux2014_aarch64")


@pytest.mark.parametrize("left_out", ["a.egg-info/a.py", "node_modules/a.py", "cdk.out/a.py"])
def test_what_tools_leave_beside_a_job_is_not_packaged(tmp_path: Path, left_out: str) -> None:
    job = python_job.PythonJob(
        _job(tmp_path / "job", **{left_out: "", "target/__init__.py": ""}), "main.py"
    )
    assert list(job.contents) == ["main.py", "target/__init__.py"]


def test_mavens_output_is_not_packaged(tmp_path: Path) -> None:
    own = _job(tmp_path / "job", **{"java/pom.xml": "", "java/target/a": "", "target/b": ""})
    assert list(python_job.PythonJob(own, "main.py").contents) == [
        "java/pom.xml",
        "main.py",
        "target/b",
    ]
