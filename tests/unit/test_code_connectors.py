"""Which connectors a runtime takes, and the Maven project that merges them."""

import hashlib
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator

import pytest

from cdk_managed_flink.application.connector import Connector
from cdk_managed_flink.application.runtime import Runtime
from cdk_managed_flink.code.connectors import connector_for, release_line
from cdk_managed_flink.code.pom import PACKAGER_VERSION, pom

_LINE = release_line(Runtime.FLINK_1_20)
_KINESIS = connector_for("kinesis", Runtime.FLINK_1_20)
_DYNAMODB = connector_for("dynamodb", Runtime.FLINK_1_20)
_MAVEN = {"m": "http://maven.apache.org/POM/4.0.0"}


@pytest.mark.parametrize(
    ("runtime", "identifier", "coordinates"),
    [
        (
            Runtime.FLINK_1_20,
            "kinesis",
            "org.apache.flink:flink-connector-kinesis:4.3.0-1.19",
        ),
        (
            Runtime.FLINK_1_20,
            "dynamodb",
            "org.apache.flink:flink-connector-dynamodb:4.3.0-1.19",
        ),
        (
            Runtime.FLINK_2_2,
            "kinesis",
            "org.apache.flink:flink-connector-aws-kinesis-streams:6.0.1-2.0",
        ),
        (
            Runtime.FLINK_2_2,
            "dynamodb",
            "org.apache.flink:flink-connector-dynamodb:6.0.1-2.0",
        ),
    ],
)
def test_connectors_by_runtime(runtime: Runtime, identifier: str, coordinates: str) -> None:
    assert str(connector_for(identifier, runtime)) == coordinates


def test_a_runtime_newer_than_this_release_takes_the_newest_line() -> None:
    newer = connector_for("kinesis", Runtime.of("FLINK-2_9"))
    assert newer == connector_for("kinesis", Runtime.FLINK_2_2)


def test_fails_when_a_connector_is_unknown() -> None:
    with pytest.raises(ValueError, match="connector is .jdbc.; allowed: kinesis, dynamodb"):
        connector_for("kafka", Runtime.FLINK_1_20)


def test_fails_when_a_runtime_has_no_known_connectors() -> None:
    with pytest.raises(ValueError, match=r"runtime is 'FLINK-1_15'; allowed: .*FLINK-1_20"):
        connector_for("kinesis", Runtime.FLINK_1_15)


def test_c04_fails_when_two_artifacts_serve_the_identifier_kinesis() -> None:
    other = Connector("org.apache.flink", "flink-connector-aws-kinesis-streams", "5.1.0-1.20")
    with pytest.raises(ValueError, match="kinesis") as caught:
        _LINE.contents([_KINESIS, other])
    assert str(_KINESIS) in str(caught.value)
    assert str(other) in str(caught.value)


def test_c09_fails_when_one_artifact_is_wanted_at_two_versions() -> None:
    with pytest.raises(ValueError, match=r"two versions of .*:guava.*31 or 32\.1\.3-jre"):
        _LINE.contents([_KINESIS, Connector("com.google.guava", "guava", "31")])


@pytest.mark.parametrize("artifact", ["flink-s3-fs-hadoop", "flink-s3-fs-presto"])
def test_c13_fails_when_a_plugin_is_among_the_connectors(artifact: str) -> None:
    plugin = Connector("org.apache.flink", artifact, "1.20.1")
    with pytest.raises(ValueError, match=r"this is a plugin.*the service has a file system"):
        _LINE.contents([_KINESIS, plugin])


@pytest.mark.parametrize("version", ["1.0-SNAPSHOT", "[1.0,2.0)", "(,1.0]"])
def test_fails_when_a_version_is_none(version: str) -> None:
    with pytest.raises(ValueError, match="one released version"):
        _LINE.contents([Connector("a", "b", version)])


def test_dynamodb_comes_with_the_jar_whose_sdk_it_is_moved_onto() -> None:
    """One SDK in the jar, whether or not the job reads a stream."""
    assert _LINE.contents([_DYNAMODB]) == _LINE.contents([_KINESIS, _DYNAMODB, _KINESIS])
    sdk = {a.artifact for a in _LINE.contents([_DYNAMODB]) if a.group == "software.amazon.awssdk"}
    assert sdk == {"dynamodb", "dynamodb-enhanced"}


def test_c13_nothing_of_flink_but_connectors_is_in_the_project() -> None:
    artifacts = {a.artifact for a in _LINE.contents([_DYNAMODB]) if a.group == "org.apache.flink"}
    assert artifacts == {"flink-connector-kinesis", "flink-connector-dynamodb"}


def test_the_project_merges_exactly_the_contents() -> None:
    project = ET.fromstring(pom([_KINESIS, _DYNAMODB], _LINE))
    dependencies = project.findall("m:dependencies/m:dependency", _MAVEN)
    assert tuple(_merged(dependencies)) == _LINE.contents([_KINESIS, _DYNAMODB])
    assert {
        d.findtext("m:exclusions/m:exclusion/m:artifactId", "", _MAVEN) for d in dependencies
    } == {"*"}


def test_an_artifact_that_is_not_known_brings_what_its_pom_says() -> None:
    own = Connector("org.apache.flink", "flink-connector-kafka", "3.4.0-1.20")
    project = ET.fromstring(pom([own], _LINE))
    dependency = next(iter(project.findall("m:dependencies/m:dependency", _MAVEN)))
    assert dependency.find("m:exclusions", _MAVEN) is None


def test_formats_are_compiled_against_flink_and_bring_none_of_it() -> None:
    project = ET.fromstring(pom([_DYNAMODB], _LINE))
    dependencies = project.findall("m:dependencies/m:dependency", _MAVEN)
    provided = [d for d in dependencies if d.findtext("m:scope", "", _MAVEN) == "provided"]
    assert {d.findtext("m:version", "", _MAVEN) for d in provided} == {"1.20.1"}
    assert "flink-connector-files" in {d.findtext("m:artifactId", "", _MAVEN) for d in provided}


def test_the_sdk_is_moved_where_the_kinesis_connector_has_it() -> None:
    moved = _relocations(pom([_DYNAMODB], _LINE))
    assert moved["software.amazon.awssdk"] == (
        "org.apache.flink.kinesis.shaded.software.amazon.awssdk"
    )
    assert not any(package.startswith("org.apache.commons") for package in moved)


def test_nothing_is_moved_for_flink_2() -> None:
    line = release_line(Runtime.FLINK_2_2)
    text = pom([connector_for("kinesis", Runtime.FLINK_2_2)], line)
    assert _relocations(text) == {}


def test_service_files_are_joined_and_foreign_log_settings_stay_out() -> None:
    text = pom([_DYNAMODB], _LINE)
    assert "ServicesResourceTransformer" in text
    assert "<exclude>log4j2.properties</exclude>" in text


def test_a_merge_that_changes_needs_a_new_packager_version() -> None:
    """The version stands for the merge in the asset's hash: see pom.py."""
    digest = hashlib.sha256(pom([_DYNAMODB], _LINE).encode()).hexdigest()[:16]
    assert (PACKAGER_VERSION, digest) == ("1", "4f04769beb33a50b")


def _merged(dependencies: Iterable[ET.Element]) -> Iterator[Connector]:
    for dependency in dependencies:
        if dependency.find("m:scope", _MAVEN) is None:
            yield Connector(*(dependency.findtext(f"m:{tag}", "", _MAVEN) for tag in _TAGS))


_TAGS = ("groupId", "artifactId", "version")


def _relocations(text: str) -> dict[str, str]:
    found = ET.fromstring(text).iterfind(".//m:relocation", _MAVEN)
    return {
        r.findtext("m:pattern", "", _MAVEN): r.findtext("m:shadedPattern", "", _MAVEN)
        for r in found
    }
