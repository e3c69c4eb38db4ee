"""FlinkCode.from_maven, and Docker in Maven's place; both programs are doubles here."""

import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import aws_cdk as cdk
import pytest

from cdk_managed_flink import (
    Code,
    FlinkCode,
    Runtime,
)
from cdk_managed_flink.application.code_location import CodeLocation
from cdk_managed_flink.code.java.maven_project import MavenProject
from cdk_managed_flink.code.packaging import own_formats
from cdk_managed_flink.code.packaging.cache import PackagingError
from cdk_managed_flink.code.packaging.jar_cache import jar_of
from tests.unit.jars import FACTORIES, write_jar

_POM = """\
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <groupId>example</groupId>
  <artifactId>job</artifactId>
  <version>1.0-SNAPSHOT</version>
{}
</project>
"""
_BUILDS = """\
mkdir -p target
case "$*" in
  *shade:shade*) cp "$JAR" target/connectors.jar ;;
  *) cp "$JAR" target/job.jar; touch target/original-job.jar target/job-sources.jar ;;
esac
find . -type f | sort >> "$SEEN"
"""
_IN_THE_MOUNTED_FOLDER = """\
for argument; do
  case "$argument" in *:/project) cd "${argument%:/project}" ;; esac
done
"""


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    return tmp_path / "cache" / "cdk-managed-flink"


@pytest.fixture
def jar(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What the double of Maven gives."""
    jar = write_jar(tmp_path / "given.jar", factories=["example.Factory"])
    monkeypatch.setenv("JAR", str(jar))
    monkeypatch.setenv("SEEN", str(tmp_path / "seen"))
    return jar


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Put a double of mvn or docker alone on the PATH; it records what it is called with."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for tool in ("sh", "mkdir", "cp", "touch", "find", "sort", "dirname", "sed", "cat"):
        (folder / tool).symlink_to(str(shutil.which(tool)))
    monkeypatch.setenv("PATH", str(folder))

    def install(name: str, script: str) -> Path:
        calls = tmp_path / f"{name}-calls"
        file = folder / name
        file.write_text(f"#!/bin/sh\necho \"$@\" >> '{calls}'\n{script}")
        file.chmod(0o755)
        return calls

    return install


@pytest.fixture
def maven(program: Callable[..., Path], jar: Path) -> Path:
    return program("mvn", 'while [ "$1" != -f ]; do shift; done\ncd "$(dirname "$2")"\n' + _BUILDS)


def _project(folder: Path, body: str = "", **files: str) -> Path:
    named = {"pom.xml": _POM.format(body), "src/main/java/A.java": "class A {}", **files}
    for name, text in named.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return folder


def _built(project: Path, output: Path) -> CodeLocation:
    return _bound(FlinkCode.from_maven(project), output, bundles=True)


def _bound(code: Code, output: Path, *, bundles: bool) -> CodeLocation:
    app = cdk.App(
        context={"aws:cdk:bundling-stacks": ["**"] if bundles else []},
        outdir=str(output),
        builtin_cloud_formation_validation=False,
    )
    return code.bind(cdk.Stack(app, "Stack"), runtime=Runtime.FLINK_1_20, connectors=[])


def _versioned(version: str, *, tag: str = "dependency") -> str:
    around = {"dependency": "dependencies", "plugin": "plugins"}[tag]
    named = "<groupId>g</groupId><artifactId>a</artifactId>"
    return f"<{around}><{tag}>{named}\n<version>{version}</version></{tag}></{around}>"


# --- the jar --------------------------------------------------------------------------------------


def test_the_jar_is_built_checked_and_gets_the_librarys_formats(
    tmp_path: Path, maven: Path, jar: Path
) -> None:
    location = _bound(
        FlinkCode.from_maven(_project(tmp_path / "p")), tmp_path / "out", bundles=True
    )
    assert location.run_options == {}
    assert location.file_key.endswith(".jar")
    (packaged,) = (tmp_path / "out").glob("asset.*.jar")
    with zipfile.ZipFile(packaged) as built:
        assert "example/Job.class" in built.namelist()
        assert len(built.namelist()) == len(set(built.namelist()))
        assert "example.Factory" in built.read(FACTORIES).decode()
    assert "package -Dmaven.test.skip=true" in maven.read_text()


def test_formats_are_joined_into_a_jar_of_the_users(tmp_path: Path) -> None:
    target = tmp_path / "joined.jar"
    one = write_jar(tmp_path / "one.jar", classes=["a/A", "b/B"], factories=["a.A"])
    two = write_jar(tmp_path / "two.jar", classes=["b/B", "c/C"], factories=["c.C"], main=None)
    own_formats._join(one, two, target)
    with zipfile.ZipFile(target) as joined:
        assert sorted(joined.namelist()) == [
            "META-INF/MANIFEST.MF",
            FACTORIES,
            "a/A.class",
            "b/B.class",
            "c/C.class",
        ]
        assert {"a.A", "c.C"} <= set(joined.read(FACTORIES).decode().split())


def test_a_jar_is_built_once_for_a_content(tmp_path: Path, maven: Path) -> None:
    project = _project(tmp_path / "p")
    first = MavenProject("x", project).build()
    assert MavenProject("x", project).build() == first
    assert len(maven.read_text().splitlines()) == 1
    (project / "src/main/java/A.java").write_text("class A { int b; }")
    assert MavenProject("x", project).build() != first


def test_fails_when_the_built_jar_has_no_main_class(tmp_path: Path, maven: Path, jar: Path) -> None:
    write_jar(jar, main=None)
    with pytest.raises(ValueError, match=r"^FlinkCode\.from_maven: main class is 'none in"):
        _built(_project(tmp_path / "p"), tmp_path / "out")


def test_fails_when_maven_gives_several_jars_unless_one_is_named(
    tmp_path: Path, program: Callable[..., Path], jar: Path
) -> None:
    program(
        "mvn",
        'while [ "$1" != -f ]; do shift; done\ncd "$(dirname "$2")"\n'
        'mkdir target\ncp "$JAR" target/thin.jar\ncp "$JAR" target/fat.jar\n',
    )
    project = _project(tmp_path / "p")
    told = r"jar is None; allowed: the name of the jar in target/.* are: fat\.jar, thin\.jar\."
    with pytest.raises(ValueError, match=told):
        MavenProject("FlinkCode.from_maven", project).build()
    assert MavenProject("FlinkCode.from_maven", project, None, "fat.jar").build().exists()


def test_fails_when_maven_fails_with_its_reason(
    tmp_path: Path, program: Callable[..., Path]
) -> None:
    program("mvn", "echo '[ERROR] A.java:[1,2] cannot find symbol -> [Help 1]'\nexit 1\n")
    with pytest.raises(PackagingError, match=r"could not build the job of .*p: A\.java:\[1,2\] ca"):
        _built(_project(tmp_path / "p"), tmp_path / "out")


# --- the hash -------------------------------------------------------------------------------------


def test_the_key_moves_with_poms_and_sources_of_all_modules_and_nothing_else(
    tmp_path: Path, maven: Path
) -> None:
    def key(folder: Path) -> str:
        output = tmp_path / f"out{len(list(tmp_path.glob('out*')))}"
        return _bound(FlinkCode.from_maven(folder, module="job"), output, bundles=False).file_key

    modules = (
        "<packaging>pom</packaging><modules><module>job</module><module>lib</module></modules>"
    )
    project = _project(tmp_path / "p", f"<packaging>pom</packaging>{modules}")
    for module in ("job", "lib"):
        _project(project / module, f"<packaging>jar</packaging><name>{module}</name>")
    plain = key(project)
    for name in ("README.md", "job/src/test/java/T.java", "job/target/x.class", ".git/HEAD"):
        file = project / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("changed")
    shutil.copytree(project, tmp_path / "elsewhere")
    assert key(project) == key(tmp_path / "elsewhere") == plain
    keys = {plain}
    for name in ("pom.xml", "lib/src/main/java/A.java", "job/src/main/resources/a", "job/pom.xml"):
        file = project / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text((file.read_text() if file.exists() else "") + "\n")
        keys.add(key(project))
    assert len(keys) == 5
    assert not maven.exists()


def test_maven_sees_what_the_hash_is_of(
    tmp_path: Path, maven: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = _project(
        tmp_path / "p",
        **{".mvn/maven.config": "-T1", ".env": "x", "checkstyle.xml": "", "src/test/T.java": ""},
    )
    MavenProject("x", project).build()
    seen = [line for line in (tmp_path / "seen").read_text().split() if "target" not in line]
    assert seen == [
        "./.mvn/maven.config",
        "./checkstyle.xml",
        "./pom.xml",
        "./src/main/java/A.java",
    ]


# --- the project ----------------------------------------------------------------------------------


def test_fails_when_there_is_no_pom(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"from_maven: path is .*; allowed: a folder that holds"):
        FlinkCode.from_maven(tmp_path)


def test_fails_when_a_module_is_unknown_and_names_those_that_there_are(tmp_path: Path) -> None:
    project = _project(tmp_path / "p", "<modules><module>job</module></modules>")
    _project(project / "job")
    with pytest.raises(ValueError, match=r"module is 'jobs'; .* Its modules are: \., job\."):
        FlinkCode.from_maven(project, module="jobs")


def test_fails_when_the_outermost_pom_gives_no_jar(tmp_path: Path) -> None:
    body = "<packaging>pom</packaging><modules><module>job</module></modules>"
    project = _project(tmp_path / "p", body)
    _project(project / "job")
    with pytest.raises(ValueError, match=r"pom\.xml has packaging pom; the modules are: job\."):
        FlinkCode.from_maven(project)


def test_fails_when_a_pom_is_no_xml(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"p/pom\.xml:5: .*mismatched tag"):
        FlinkCode.from_maven(_project(tmp_path / "p", "<a></b>"))


@pytest.mark.parametrize(
    ("version", "why"),
    [
        ("2.0-SNAPSHOT", "A SNAPSHOT changes without another name"),
        ("[1.0,2.0)", "A range takes whatever is newest"),
        ("(,2]", "A range takes whatever is newest"),
        ("LATEST", "LATEST is whatever is newest"),
        ("RELEASE", "RELEASE is whatever is newest"),
    ],
)
@pytest.mark.parametrize("tag", ["dependency", "plugin"])
def test_fails_when_a_version_is_not_pinned_with_file_and_line(
    tmp_path: Path, version: str, why: str, tag: str
) -> None:
    project = _project(tmp_path / "p", _versioned(version, tag=tag))
    with pytest.raises(ValueError, match=r"p/pom\.xml:6: version of g:a is ") as error:
        FlinkCode.from_maven(project)
    assert f"{version!r}; allowed: one released version. {why}" in str(error.value)


def test_fails_when_a_property_hides_a_snapshot_in_a_module(tmp_path: Path) -> None:
    body = (
        "<packaging>pom</packaging><modules><module>job</module></modules>"
        "<properties><v>${w}</v><w>1-SNAPSHOT</w></properties>"
    )
    project = _project(tmp_path / "p", body)
    _project(project / "job", _versioned("${v}"))
    with pytest.raises(ValueError, match=r"job/pom\.xml:6: version of g:a is '1-SNAPSHOT'"):
        FlinkCode.from_maven(project, module="job")


def test_a_module_may_depend_on_another_of_the_same_project(tmp_path: Path) -> None:
    parent = (
        "<parent><groupId>example</groupId><artifactId>job</artifactId>"
        "<version>1.0-SNAPSHOT</version></parent>"
    )
    own = (
        "<dependencies><dependency><groupId>${project.groupId}</groupId><artifactId>lib</artifactId>"
        "<version>${project.version}</version></dependency></dependencies>"
    )
    body = "<packaging>pom</packaging><modules><module>lib</module><module>app</module></modules>"
    project = _project(tmp_path / "p", body)
    for name, more in (("lib", ""), ("app", own)):
        folder = _project(project / name)
        text = f"<project>{parent}<artifactId>{name}</artifactId>{more}</project>"
        (folder / "pom.xml").write_text(text)
    FlinkCode.from_maven(project, module="app")


def test_modules_may_lie_beside_the_folder(
    tmp_path: Path, program: Callable[..., Path], jar: Path
) -> None:
    into = 'while [ "$1" != -f ]; do shift; done\ncd "$(dirname "$2")/../job"\n'
    calls = program("mvn", into + _BUILDS)
    modules = "<modules><module>../job</module><module>../core</module></modules>"
    project = _project(tmp_path / "p/all", f"<packaging>pom</packaging>{modules}")
    for module in ("core", "job"):
        _project(tmp_path / "p" / module)
    flat = MavenProject("x", project, "../job")
    assert sorted(flat.sources) == [
        f"{module}/{file}"
        for module in ("all", "core", "job")
        for file in ("pom.xml", "src/main/java/A.java")
    ]
    assert flat.build().read_bytes() == jar.read_bytes()
    assert "/all/pom.xml package -Dmaven.test.skip=true -pl ../job -am" in calls.read_text()


_OF_THE_OUTER = (
    "<project><parent><groupId>example</groupId><artifactId>job</artifactId>"
    "<version>{}</version>{}</parent><artifactId>app</artifactId></project>"
)


@pytest.mark.parametrize("version", ["1.0-SNAPSHOT", "${revision}"])
@pytest.mark.parametrize("where", ["", "<relativePath>..</relativePath>"])
def test_fails_when_the_parent_lies_outside_of_the_folder(
    tmp_path: Path, version: str, where: str
) -> None:
    modules = "<packaging>pom</packaging><modules><module>app</module></modules>"
    outer = _project(tmp_path / "p", modules)
    (_project(outer / "app") / "pom.xml").write_text(_OF_THE_OUTER.format(version, where))
    with pytest.raises(ValueError, match=r"^FlinkCode\.from_maven: path is '.*p/app'; ") as error:
        FlinkCode.from_maven(outer / "app")
    assert f"pass '{outer}' with module='app'." in str(error.value)
    assert "Pin it" not in str(error.value)
    FlinkCode.from_maven(outer, module="app")


@pytest.mark.parametrize("where", ["<relativePath/>", "<relativePath>../other.xml</relativePath>"])
def test_fails_when_a_parent_of_elsewhere_is_not_pinned(tmp_path: Path, where: str) -> None:
    outer = _project(tmp_path / "p")
    pom = _OF_THE_OUTER.format("2.0-SNAPSHOT", where)
    (_project(outer / "app") / "pom.xml").write_text(pom)
    with pytest.raises(ValueError, match=r"version of example:job is '2\.0-SNAPSHOT'; .* Pin it"):
        FlinkCode.from_maven(outer / "app")


# --- Docker ---------------------------------------------------------------------------------------


def test_docker_takes_mavens_place_where_there_is_none(
    tmp_path: Path, program: Callable[..., Path], jar: Path
) -> None:
    """The double of docker builds in the folder that is mounted at /project."""
    calls = program(
        "docker",
        _IN_THE_MOUNTED_FOLDER + _BUILDS,
    )
    assert MavenProject("x", _project(tmp_path / "p")).build().read_bytes() == jar.read_bytes()
    called = calls.read_text()
    assert called.startswith("run --rm -u ")
    assert f"-v {tmp_path}/home/.m2:/var/maven/.m2" in called
    assert "maven:3.9-eclipse-temurin-17 mvn -Duser.home=/var/maven -B -ntp" in called
    assert "-f /project/pom.xml package -Dmaven.test.skip=true" in called


def test_docker_builds_the_connectors_jar_as_well(program: Callable[..., Path], jar: Path) -> None:
    calls = program(
        "docker",
        _IN_THE_MOUNTED_FOLDER + _BUILDS,
    )
    assert jar_of("<a/>", {}).read_bytes() == jar.read_bytes()
    assert "shade:shade" in calls.read_text()


def test_maven_goes_before_docker(
    tmp_path: Path, maven: Path, program: Callable[..., Path]
) -> None:
    calls = program("docker", "exit 1\n")
    MavenProject("x", _project(tmp_path / "p")).build()
    assert maven.exists()
    assert not calls.exists()


def test_fails_when_docker_fails_with_its_reason_and_that_there_is_no_maven(
    tmp_path: Path, program: Callable[..., Path]
) -> None:
    program("docker", "echo 'Cannot connect to the Docker daemon. Is it running?'\nexit 1\n")
    told = r"Cannot connect to the Docker daemon\. .*as there is no mvn on the PATH"
    with pytest.raises(PackagingError, match=told):
        MavenProject("x", _project(tmp_path / "p")).build()


def test_fails_when_there_is_neither_maven_nor_docker(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(PackagingError, match=r"no mvn on the PATH, and no docker .* or Docker\."):
        MavenProject("x", _project(tmp_path / "p")).build()
