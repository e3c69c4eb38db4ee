"""Jars that would fail on the service, refused at synth."""

from pathlib import Path
from typing import Any

import pytest

from cdk_managed_flink.application.connector import Connector, ConnectorLine
from cdk_managed_flink.application.runtime import Runtime
from cdk_managed_flink.code.java import jar_checks, jar_contents
from cdk_managed_flink.code.java.jar_checks import JarCheck
from cdk_managed_flink.connectors.connectors import connector_for, format_artifacts, release_line
from tests.unit.jars import write_jar

_FLINK = "org.apache.flink"
_5_1 = Runtime.FLINK_1_20.with_connectors(ConnectorLine.AWS_5_1)
_LEGACY = f"{_FLINK}.streaming.connectors.kinesis.table.KinesisDynamicTableFactory"
_SINK_OF_4 = f"{_FLINK}.connector.kinesis.table.KinesisDynamicTableSinkFactory"
_OF_5 = f"{_FLINK}.connector.kinesis.table.KinesisDynamicTableFactory"


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "cdk-managed-flink" / "scans"


@pytest.fixture
def jar(tmp_path: Path) -> Path:
    return tmp_path / "job.jar"


def _check(
    jar: Path,
    *,
    runtime: Runtime = Runtime.FLINK_1_20,
    connectors: tuple[Connector, ...] = (),
    has_main: bool = True,
) -> None:
    JarCheck(
        where="FlinkCode.from_jar", runtime=runtime, connectors=connectors, has_main=has_main
    ).run(jar)


def test_a_jar_that_fits_passes(jar: Path) -> None:
    _check(
        write_jar(
            jar,
            classes=["example/Job", "org/apache/flink/connector/dynamodb/table/Factory"],
            artifacts=[f"{_FLINK}:flink-connector-dynamodb:4.3.0-1.19", "a:b:99"],
            factories=["example.Factory"],
        ),
        connectors=(connector_for("dynamodb", Runtime.FLINK_1_20),),
    )


@pytest.mark.parametrize(
    ("classes", "modules"),
    [
        (["org/apache/flink/core/fs/FileSystem"], "flink-core"),
        (
            [
                "org/apache/flink/runtime/jobgraph/JobGraph",
                "org/apache/flink/streaming/api/environment/StreamExecutionEnvironment",
            ],
            "flink-runtime, flink-streaming-java",
        ),
        (["org/apache/flink/table/api/TableEnvironment"], "flink-table-api-java"),
    ],
)
def test_fails_when_a_jar_carries_flinks_own_classes(
    jar: Path, classes: list[str], modules: str
) -> None:
    told = f"jar is 'one with classes of {modules}'; .*<scope>provided</scope>"
    with pytest.raises(ValueError, match=told):
        _check(write_jar(jar, classes=classes))


@pytest.mark.parametrize("main", [None, ""])
def test_fails_when_a_job_has_no_main_class(jar: Path, main: str | None) -> None:
    write_jar(jar, main=main)
    with pytest.raises(ValueError, match=r"main class is 'none in the manifest of job\.jar'"):
        _check(jar)
    _check(jar, has_main=False)


def test_a_long_main_class_is_read_over_its_folded_line(jar: Path) -> None:
    _check(write_jar(jar, main="example.a\r\n .b.Job"))
    assert jar_contents.contents_of(jar).main_class == "example.a.b.Job"


@pytest.mark.parametrize(
    ("runtime", "java"),
    [(Runtime.FLINK_1_15, 11), (Runtime.FLINK_1_20, 11), (Runtime.FLINK_2_2, 17)],
)
def test_fails_when_a_class_needs_a_newer_java_than_the_runtimes(
    jar: Path, runtime: Runtime, java: int
) -> None:
    write_jar(jar, classes={"a/Old": 8, "a/New": java + 1, "META-INF/versions/21/a/New": 21})
    told = rf"Java is '{java + 1}, of a\.New'; allowed: up to {java}, .*release to {java}"
    with pytest.raises(ValueError, match=told):
        _check(jar, runtime=runtime)
    _check(
        write_jar(jar, classes={"a/Old": java, "META-INF/versions/21/a/New": 21}), runtime=runtime
    )


@pytest.mark.parametrize(
    ("artifact", "version"),
    [
        ("flink-connector-kinesis_2.12", "1.13.2"),
        ("flink-connector-kinesis", "1.15.1"),
        ("flink-sql-connector-kinesis_2.11", "1.14.0"),
    ],
)
def test_fails_when_the_kinesis_connector_is_too_old_for_the_service(
    jar: Path, artifact: str, version: str
) -> None:
    write_jar(jar, artifacts=[f"{_FLINK}:{artifact}:{version}"])
    with pytest.raises(ValueError, match=f"{artifact}:{version}'.* from 1.15.2 on") as e:
        _check(jar, runtime=Runtime.FLINK_1_15)
    assert len(str(e.value).splitlines()) == 1


@pytest.mark.parametrize("version", ["1.15.4", "4.3.0-1.15"])
def test_a_kinesis_connector_that_the_service_takes_passes(jar: Path, version: str) -> None:
    write_jar(jar, artifacts=[f"{_FLINK}:flink-connector-kinesis:{version}"])
    _check(jar, runtime=Runtime.FLINK_1_15)


@pytest.mark.parametrize(
    ("artifacts", "factories"),
    [
        (
            [
                f"{_FLINK}:flink-connector-kinesis:4.3.0-1.19",
                f"{_FLINK}:flink-connector-aws-kinesis-streams:5.1.0-1.20",
            ],
            [],
        ),
        (
            [
                f"{_FLINK}:flink-connector-aws-kinesis-streams:5.1.0-1.20",
                f"{_FLINK}:flink-sql-connector-aws-kinesis-streams:5.1.0-1.20",
            ],
            [],
        ),
        ([], [_LEGACY, _SINK_OF_4, _OF_5]),
    ],
)
def test_fails_when_two_artifacts_claim_the_identifier_kinesis(
    jar: Path, artifacts: list[str], factories: list[str]
) -> None:
    write_jar(jar, artifacts=artifacts, factories=factories)
    with pytest.raises(ValueError, match="two artifacts that serve the identifier 'kinesis'") as e:
        _check(jar)
    assert all(each in str(e.value) for each in artifacts or [_LEGACY, _OF_5])


@pytest.mark.parametrize(
    ("artifacts", "factories"),
    [
        ([f"{_FLINK}:flink-connector-kinesis:4.3.0-1.19"], [_LEGACY, _SINK_OF_4]),
        (
            # from 5.0 on the legacy one answers to kinesis-legacy
            [
                f"{_FLINK}:flink-connector-kinesis:5.1.0-1.20",
                f"{_FLINK}:flink-connector-aws-kinesis-streams:5.1.0-1.20",
            ],
            [_LEGACY, _OF_5],
        ),
    ],
)
def test_one_claim_passes(jar: Path, artifacts: list[str], factories: list[str]) -> None:
    _check(write_jar(jar, artifacts=artifacts, factories=factories))


@pytest.mark.parametrize("package", ["s3hadoop", "s3presto"])
def test_fails_when_a_file_system_plugin_is_in_the_jar(jar: Path, package: str) -> None:
    write_jar(jar, classes=[f"org/apache/flink/fs/{package}/S3FileSystemFactory"])
    told = r"one with flink-s3-fs-.* It is a plugin, .* the service has a file system for s3:// of"
    with pytest.raises(ValueError, match=told):
        _check(jar)


def test_fails_when_the_iam_login_has_no_kafka_client_beside_it(jar: Path) -> None:
    login = "software/amazon/msk/auth/iam/IAMLoginModule"
    moved = "org/apache/flink/kafka/shaded/org/apache/kafka/clients/Client"
    with pytest.raises(ValueError, match="aws-msk-iam-auth and no Kafka client under its own name"):
        _check(write_jar(jar, classes=[login, moved]))
    _check(write_jar(jar, classes=[login, "org/apache/kafka/clients/producer/KafkaProducer"]))


@pytest.mark.parametrize(
    ("runtime", "artifact", "theirs"),
    [
        (Runtime.FLINK_2_2, "flink-connector-kafka:3.4.0-1.20", "1.20"),
        (Runtime.FLINK_1_20, "flink-connector-kafka:4.0.1-2.0", "2.0"),
        (Runtime.FLINK_1_19, "flink-connector-dynamodb:5.1.0-1.20", "1.20"),
        (Runtime.FLINK_1_20, "flink-parquet:2.2.0", "2.2"),
    ],
)
def test_fails_when_a_connector_is_for_another_flink(
    jar: Path, runtime: Runtime, artifact: str, theirs: str
) -> None:
    write_jar(jar, artifacts=[f"{_FLINK}:{artifact}"])
    told = rf"one with {_FLINK}:{artifact}'.* It is made for Flink {theirs}: take the version for"
    with pytest.raises(ValueError, match=told):
        _check(jar, runtime=runtime)


@pytest.mark.parametrize(
    ("runtime", "artifact"),
    [
        (Runtime.FLINK_1_20, "flink-connector-kafka:3.4.0-1.20"),
        (Runtime.FLINK_1_20, "flink-connector-dynamodb:4.3.0-1.19"),
        (Runtime.FLINK_2_2, "flink-connector-kafka:4.0.1-2.0"),
        (Runtime.FLINK_1_20, "flink-avro:1.20.1"),
    ],
)
def test_a_connector_for_this_flink_or_an_earlier_minor_passes(
    jar: Path, runtime: Runtime, artifact: str
) -> None:
    _check(write_jar(jar, artifacts=[f"{_FLINK}:{artifact}"]), runtime=runtime)


@pytest.mark.parametrize(
    "runtime",
    [
        Runtime.FLINK_1_19,
        Runtime.FLINK_1_20,
        _5_1,
        Runtime.FLINK_2_2,
    ],
)
def test_the_librarys_own_connectors_and_formats_pass(jar: Path, runtime: Runtime) -> None:
    line = release_line(runtime)
    own = [*line.connectors.values(), *(a for format_ in line.formats.values() for a in format_)]
    login = ["software/amazon/msk/auth/iam/A", "org/apache/kafka/clients/A"]
    write_jar(jar, classes=login, artifacts=[str(connector) for connector in own])
    _check(jar, runtime=runtime, connectors=tuple(own))


def test_fails_when_a_bound_connector_is_missing_with_what_to_add(jar: Path) -> None:
    connectors = tuple(connector_for(i, Runtime.FLINK_1_20) for i in ("kinesis", "dynamodb"))
    write_jar(jar, classes=["org/apache/flink/connector/dynamodb/table/Factory"])
    with pytest.raises(
        ValueError, match="connectors and formats of all bound sources and"
    ) as error:
        _check(jar, connectors=connectors)
    kinesis = connectors[0]
    assert (
        f"<dependency><groupId>{kinesis.group}</groupId><artifactId>{kinesis.artifact}"
        f"</artifactId><version>{kinesis.version}</version></dependency>"
    ) in str(error.value)
    assert "flink-connector-dynamodb" not in str(error.value)
    assert "check_connectors=False" in str(error.value)


@pytest.mark.parametrize(
    ("format_", "classes"),
    [
        ("avro", ["org/apache/flink/formats/avro/AvroFormatFactory"]),
        ("avro-confluent", ["org/apache/flink/formats/avro/registry/confluent/Factory"]),
        ("orc", ["org/apache/flink/orc/OrcFileFormatFactory"]),
        (
            "parquet",
            [
                "org/apache/flink/formats/parquet/ParquetFileFormatFactory",
                "org/apache/hadoop/conf/Configuration",
            ],
        ),
    ],
)
def test_fails_when_a_format_is_missing(jar: Path, format_: str, classes: list[str]) -> None:
    needed = tuple(format_artifacts(format_, Runtime.FLINK_1_20))
    with pytest.raises(ValueError, match="one without ") as error:
        _check(write_jar(jar), connectors=needed)
    assert all(f"<artifactId>{each.artifact}</artifactId>" in str(error.value) for each in needed)
    _check(write_jar(jar, classes=classes), connectors=needed)


@pytest.mark.parametrize("kind", ["avro", "json"])
def test_fails_when_the_format_of_a_glue_registry_is_missing(jar: Path, kind: str) -> None:
    needed = Connector(_FLINK, f"flink-{kind}-glue-schema-registry", "4.3.0-1.19")
    with pytest.raises(ValueError, match=f"one without {needed}"):
        _check(write_jar(jar), connectors=(needed,))
    write_jar(jar, classes=[f"org/apache/flink/formats/{kind}/glue/schema/registry/Schema"])
    _check(jar, connectors=(needed,))


_OF_KINESIS = [
    "org/apache/flink/streaming/connectors/kinesis/A",
    "org/apache/flink/connector/kinesis/A",
]


@pytest.mark.parametrize(
    ("runtime", "identifier", "artifact"),
    [
        # It answers to kinesis-legacy.
        (Runtime.FLINK_1_20, "kinesis", "flink-connector-kinesis:5.1.0-1.20"),
        (Runtime.FLINK_1_20, "kinesis", "flink-connector-aws-kinesis-streams:5.1.0-1.20"),
        (Runtime.FLINK_1_20, "kinesis", "flink-sql-connector-aws-kinesis-streams:5.0.0-1.20"),
        (_5_1, "kinesis", "flink-connector-kinesis:4.3.0-1.19"),
        (_5_1, "kinesis", "flink-connector-kinesis:1.15.4"),
        (Runtime.FLINK_1_20, "dynamodb", "flink-connector-dynamodb:5.1.0-1.20"),
        (_5_1, "firehose", "flink-sql-connector-aws-kinesis-firehose:4.3.0-1.19"),
        (Runtime.FLINK_2_2, "kafka", "flink-sql-connector-kafka:5.0.0-2.2"),
    ],
)
def test_fails_when_a_connector_is_of_another_generation(
    jar: Path, runtime: Runtime, identifier: str, artifact: str
) -> None:
    wanted = connector_for(identifier, runtime)
    write_jar(jar, classes=_OF_KINESIS, artifacts=[f"{_FLINK}:{artifact}"])
    told = f"jar is 'one with {_FLINK}:{artifact}'; allowed: the generation of {wanted}, whose .*"
    with pytest.raises(ValueError, match=told) as error:
        _check(jar, runtime=runtime, connectors=(wanted,))
    assert "runtime.with_connectors(...)" in str(error.value)
    assert len(str(error.value).splitlines()) == 1
    _check(jar, runtime=runtime)


@pytest.mark.parametrize(
    ("runtime", "identifier", "artifacts"),
    [
        (Runtime.FLINK_1_20, "kinesis", ["flink-connector-kinesis:4.2.0-1.18"]),
        (Runtime.FLINK_1_20, "kinesis", ["flink-connector-kinesis:1.15.4"]),
        (
            _5_1,
            "kinesis",
            [
                "flink-connector-kinesis:5.1.0-1.20",
                "flink-connector-aws-kinesis-streams:5.0.0-1.20",
            ],
        ),
        (Runtime.FLINK_1_20, "kafka", ["flink-connector-kafka:3.2.0-1.19"]),
        (Runtime.FLINK_1_20, "kafka", ["flink-connector-dynamodb:5.1.0-1.20"]),
    ],
)
def test_a_connector_of_the_same_generation_passes(
    jar: Path, runtime: Runtime, identifier: str, artifacts: list[str]
) -> None:
    kafka = "org/apache/flink/connector/kafka/A"
    write_jar(
        jar, classes=[*_OF_KINESIS, kafka], artifacts=[f"{_FLINK}:{each}" for each in artifacts]
    )
    _check(jar, runtime=runtime, connectors=(connector_for(identifier, runtime),))


def test_a_connector_that_is_not_known_here_is_not_looked_for(jar: Path) -> None:
    _check(write_jar(jar), connectors=(Connector("com.example", "own-connector", "1"),))


def test_fails_when_a_jar_is_larger_than_the_service_takes(
    jar: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jar_checks, "MAX_BYTES", 100)
    with pytest.raises(ValueError, match=r"size of the jar is .*; allowed: at most 512 MiB"):
        _check(write_jar(jar))


def test_fails_when_a_jar_is_none(jar: Path) -> None:
    jar.write_text("no zip")
    with pytest.raises(ValueError, match=r"job\.jar'; allowed: a jar\. Its content is no zip file"):
        _check(jar)


def test_fails_when_there_are_several_faults_with_a_line_for_each(jar: Path) -> None:
    write_jar(jar, main=None, classes={"a/New": 21})
    with pytest.raises(ValueError, match="main class") as error:
        _check(jar)
    assert [line.split(" is ")[0] for line in str(error.value).splitlines()] == [
        "FlinkCode.from_jar: main class",
        "FlinkCode.from_jar: Java",
    ]


def test_a_content_is_read_once(jar: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _check(write_jar(jar))
    assert len(list(cache.glob("*.json"))) == 1

    def again(*_: Any) -> None:  # noqa: ANN401
        pytest.fail("read again")

    monkeypatch.setattr(jar_contents, "_read", again)
    _check(jar)
