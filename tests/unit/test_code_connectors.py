"""Which connectors a runtime takes, and the Maven project that merges them."""

import hashlib
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator

import pytest

from cdk_managed_flink import KinesisSink, KinesisSource
from cdk_managed_flink.application.connector import Connector, ConnectorLine
from cdk_managed_flink.application.runtime import Runtime
from cdk_managed_flink.code.packaging.pom import PACKAGER_VERSION, pom
from cdk_managed_flink.connectors.connectors import connector_for, format_artifacts, release_line

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
        (Runtime.FLINK_1_19, "kinesis", "org.apache.flink:flink-connector-kinesis:4.3.0-1.19"),
        (Runtime.FLINK_1_19, "kafka", "org.apache.flink:flink-connector-kafka:3.3.0-1.19"),
        (Runtime.FLINK_1_19, "iceberg", "org.apache.iceberg:iceberg-flink-runtime-1.19:1.9.2"),
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
    with pytest.raises(ValueError, match=r"connector is .jdbc.; allowed: kinesis, dynamodb"):
        connector_for("jdbc", Runtime.FLINK_1_20)


@pytest.mark.parametrize("name", ["FLINK-1_15", "FLINK-2_0", "FLINK-2_1", "FLINK-3_0"])
def test_fails_when_a_runtime_has_no_known_connectors(name: str) -> None:
    with pytest.raises(ValueError, match=rf"runtime is '{name}'; allowed: .* FLINK-2_2 and later"):
        connector_for("kinesis", Runtime.of(name))


def test_flink_1_19_has_formats_and_options_of_its_own_version() -> None:
    line, newer = release_line(Runtime.FLINK_1_19), _LINE
    assert (line.flink, line.java) == ("1.19.1", "11")
    assert format_artifacts("avro", Runtime.FLINK_1_19)[0].version == "1.19.1"
    assert line.options == newer.options
    iceberg = {str(a) for a in line.contents([connector_for("iceberg", Runtime.FLINK_1_19)])}
    assert "org.apache.iceberg:iceberg-aws-bundle:1.9.2" in iceberg
    assert line.contents([_DYNAMODB]) == newer.contents([_DYNAMODB])


def test_fails_when_two_artifacts_serve_the_identifier_kinesis() -> None:
    other = Connector("org.apache.flink", "flink-connector-aws-kinesis-streams", "5.1.0-1.20")
    with pytest.raises(ValueError, match="kinesis") as caught:
        _LINE.contents([_KINESIS, other])
    assert str(_KINESIS) in str(caught.value)
    assert str(other) in str(caught.value)


def test_fails_when_one_artifact_is_wanted_at_two_versions() -> None:
    with pytest.raises(ValueError, match=r"two versions of .*:guava.*31 or 32\.1\.3-jre"):
        _LINE.contents([_KINESIS, Connector("com.google.guava", "guava", "31")])


@pytest.mark.parametrize("artifact", ["flink-s3-fs-hadoop", "flink-s3-fs-presto"])
def test_fails_when_a_plugin_is_among_the_connectors(artifact: str) -> None:
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


def test_nothing_of_flink_but_connectors_is_in_the_project() -> None:
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


_5_1 = Runtime.FLINK_1_20.with_connectors(ConnectorLine.AWS_5_1)
_NEWER = [Runtime.FLINK_2_2, _5_1]
_AWS = ("kinesis", "dynamodb", "firehose")


@pytest.mark.parametrize("runtime", _NEWER)
def test_the_newer_aws_connectors_are_the_plain_ones_with_one_sdk(runtime: Runtime) -> None:
    """Points 1 and 2: no flink-sql-connector-*, whose SDKs exclude each other and lack eventstream.

    Everything that the plain artifacts' POMs name comes along: the SDK, eventstream, reactive
    streams, netty, httpcomponents, commons-logging and -codec.
    """
    line = release_line(runtime)
    connectors = [connector_for(name, runtime) for name in _AWS]
    assert line.contents(connectors) == tuple(sorted(connectors))
    assert not any(c.artifact.startswith("flink-sql-") for c in line.contents(connectors))
    text = pom(connectors, line)
    dependencies = ET.fromstring(text).findall("m:dependencies/m:dependency", _MAVEN)
    for dependency in dependencies:
        if dependency.find("m:scope", _MAVEN) is None:
            assert dependency.find("m:exclusions", _MAVEN) is None
    left_out = {e.text for e in ET.fromstring(text).iterfind(".//m:artifactSet//m:exclude", _MAVEN)}
    assert not any(
        pattern and pattern.startswith(("software.amazon", "io.netty", "org.reactivestreams"))
        for pattern in left_out
    )


@pytest.mark.parametrize("runtime", _NEWER)
def test_nothing_is_moved_in_the_newer_lines(runtime: Runtime) -> None:
    """Files in the jars name classes by the packages that they have."""
    line = release_line(runtime)
    text = pom([connector_for(name, runtime) for name in _AWS], line)
    assert _relocations(text) == {}
    assert "execution.interceptors" not in text
    assert "<exclude>log4j2.properties</exclude>" in text
    assert "ServicesResourceTransformer" in text


@pytest.mark.parametrize("runtime", _NEWER)
def test_one_version_of_the_sdk_beside_the_login_by_iam(runtime: Runtime) -> None:
    """Maven takes each module at the version that is named nearest; half of each would not link."""
    line = release_line(runtime)
    aws = [connector_for(name, runtime) for name in _AWS]
    assert _sdk(pom(aws, line)) is None
    kafka = [connector_for(name, runtime) for name in ("kafka", "msk-iam")]
    assert _sdk(pom(kafka, line)) is None
    assert _sdk(pom([*aws, *kafka], line)) == line.sdk


def test_the_login_by_iam_is_moved_onto_the_sdk_that_the_kinesis_connector_carries() -> None:
    """Kinesis 4.3 and Kafka in one jar: no second SDK, and none that the login would miss."""
    kafka = [connector_for(name, Runtime.FLINK_1_20) for name in ("kafka", "msk-iam")]
    assert _relocations(pom(kafka, _LINE)) == {}
    text = pom([_KINESIS, *kafka], _LINE)
    assert "software.amazon.awssdk" in _relocations(text)
    (login,) = (
        d
        for d in ET.fromstring(text).findall("m:dependencies/m:dependency", _MAVEN)
        if d.findtext("m:artifactId", "", _MAVEN) == "aws-msk-iam-auth"
    )
    assert login.find("m:exclusions", _MAVEN) is not None


@pytest.mark.parametrize("runtime", [Runtime.FLINK_1_20, *_NEWER])
def test_the_login_by_iam_is_in_the_jar_of_the_kafka_client(runtime: Runtime) -> None:
    """The plain Kafka connector: the SQL flavour has its client under another name."""
    kafka = [connector_for(name, runtime) for name in ("kafka", "msk-iam")]
    assert kafka[0].artifact == "flink-connector-kafka"
    assert set(kafka) <= set(release_line(runtime).contents(kafka))


@pytest.mark.parametrize("runtime", [Runtime.FLINK_1_20, *_NEWER])
def test_parquet_brings_the_classes_of_hadoop_that_it_names(runtime: Runtime) -> None:
    artifacts = {artifact.artifact for artifact in format_artifacts("parquet", runtime)}
    assert artifacts == {"flink-parquet", "hadoop-client-api", "hadoop-client-runtime"}
    assert format_artifacts("json", runtime) == ()


def test_the_aws_connectors_are_chosen_for_an_application() -> None:
    assert str(connector_for("kinesis", _5_1)) == (
        "org.apache.flink:flink-connector-aws-kinesis-streams:5.1.0-1.20"
    )
    # Everything that is not AWS's stays as the runtime has it.
    for name in ("kafka", "msk-iam", "iceberg", "opensearch"):
        assert connector_for(name, _5_1) == connector_for(name, Runtime.FLINK_1_20)
    assert _5_1.name == "FLINK-1_20"
    assert release_line(_5_1).java == "11"


@pytest.mark.parametrize(
    ("runtime", "line", "allowed"),
    [
        (Runtime.FLINK_1_20, ConnectorLine.AWS_6_0, r"4\.3, 5\.1"),
        (Runtime.FLINK_1_19, ConnectorLine.AWS_5_1, r"4\.3"),
        (Runtime.FLINK_2_2, ConnectorLine.AWS_4_3, r"6\.0"),
    ],
)
def test_fails_when_a_line_is_not_for_the_runtime(
    runtime: Runtime, line: ConnectorLine, allowed: str
) -> None:
    with pytest.raises(
        ValueError,
        match=rf"connector_line is '{line} on {runtime.name}'; allowed: {allowed}\. Remove it",
    ):
        release_line(runtime.with_connectors(line))


def test_one_connector_is_chosen_for_an_application() -> None:
    kafka = Connector("org.apache.flink", "flink-connector-kafka", "5.0.0-2.2")
    jdbc = Connector("org.apache.flink", "flink-connector-jdbc-core", "4.0.0-2.0")
    runtime = Runtime.FLINK_2_2.with_connectors(connectors={"kafka": kafka})
    runtime = runtime.with_connectors(connectors={"jdbc": jdbc})
    assert connector_for("kafka", runtime) == kafka
    assert connector_for("jdbc", runtime) == jdbc
    assert connector_for("kinesis", runtime) == connector_for("kinesis", Runtime.FLINK_2_2)


@pytest.mark.parametrize("runtime", [Runtime.FLINK_1_19, Runtime.FLINK_1_20, *_NEWER])
def test_another_iceberg_comes_with_what_the_lines_own_comes_with(runtime: Runtime) -> None:
    own = connector_for("iceberg", runtime)
    other = Connector(own.group, own.artifact, "1.99.0")
    line = release_line(runtime.with_connectors(connectors={"iceberg": other}))
    artifacts = line.contents([other])
    assert other in artifacts
    assert Connector(own.group, "iceberg-aws-bundle", "1.99.0") in artifacts
    plain = release_line(runtime).contents([own])
    assert {a for a in artifacts if a.group != own.group} == {
        a for a in plain if a.group != own.group
    }
    assert line.asks_for_hadoop(artifacts)
    assert line.is_closed(other, artifacts)


def test_an_iceberg_of_another_group_brings_what_its_pom_says() -> None:
    own = Connector("com.example", "iceberg-flink", "7")
    line = release_line(Runtime.FLINK_1_20.with_connectors(connectors={"iceberg": own}))
    assert line.contents([own]) == (own,)
    assert not line.is_closed(own, [own])
    assert line.asks_for_hadoop([own])


def test_another_login_by_iam_is_moved_onto_the_same_sdk() -> None:
    other = Connector("software.amazon.msk", "aws-msk-iam-auth", "2.3.99")
    line = release_line(Runtime.FLINK_1_20.with_connectors(connectors={"msk-iam": other}))
    assert line.is_closed(other, [_KINESIS, other])
    assert not line.is_closed(other, [other])


@pytest.mark.parametrize("name", _AWS)
def test_fails_when_one_of_the_aws_connectors_is_chosen_alone(name: str) -> None:
    own = Connector("org.apache.flink", "flink-connector-dynamodb", "6.1.0-2.0")
    runtime = Runtime.FLINK_2_2.with_connectors(connectors={name: own})
    with pytest.raises(ValueError, match=rf"connectors is '{name}: .*choose a ConnectorLine"):
        connector_for("kafka", runtime)


@pytest.mark.parametrize("runtime", [Runtime.FLINK_1_20, *_NEWER])
def test_source_and_sink_of_kinesis_are_one_artifact(runtime: Runtime) -> None:
    both = [KinesisSource().connectors(runtime), KinesisSink().connectors(runtime)]
    (kinesis,) = {connector for connectors in both for connector in connectors}
    assert [a for a in release_line(runtime).contents([kinesis]) if "kinesis" in a.artifact] == [
        kinesis
    ]


def test_service_files_are_joined_and_foreign_log_settings_stay_out() -> None:
    text = pom([_DYNAMODB], _LINE)
    assert "ServicesResourceTransformer" in text
    assert "<exclude>log4j2.properties</exclude>" in text


def test_a_merge_that_changes_needs_a_new_packager_version() -> None:
    """The version stands for the merge in the asset's hash: see pom.py."""
    digest = hashlib.sha256(pom([_DYNAMODB], _LINE).encode()).hexdigest()[:16]
    assert (PACKAGER_VERSION, digest) == ("2", "1264c034a1759ba8")


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


def _sdk(text: str) -> str | None:
    managed = ET.fromstring(text).find("m:dependencyManagement//m:dependency", _MAVEN)
    return None if managed is None else managed.findtext("m:version", "", _MAVEN)
