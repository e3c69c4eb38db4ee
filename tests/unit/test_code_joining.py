"""Jars that are built apart and become one."""

import zipfile
from pathlib import Path

from cdk_managed_flink import Runtime
from cdk_managed_flink.application.connector import Connector
from cdk_managed_flink.code.packaging.job_jar import MergedJar
from cdk_managed_flink.code.packaging.joining import join
from cdk_managed_flink.connectors.connectors import connector_for

SERVICES = "META-INF/services/org.apache.flink.table.factories.Factory"


def jar(path: Path, files: dict[str, str]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return path


def test_services_and_terms_are_joined_and_each_class_is_there_once(tmp_path: Path) -> None:
    one = jar(tmp_path / "1.jar", {SERVICES: "a.A\nb.B", "a/A.class": "1", "META-INF/NOTICE": "x"})
    two = jar(tmp_path / "2.jar", {SERVICES: "b.B\nc.C", "a/A.class": "2", "META-INF/NOTICE": "y"})
    whole = tmp_path / "whole.jar"
    join([one, two], whole)
    with zipfile.ZipFile(whole) as archive:
        assert archive.read(SERVICES).decode().splitlines() == ["a.A", "b.B", "c.C"]
        assert archive.read("META-INF/NOTICE").decode().splitlines() == ["x", "y"]
        assert archive.read("a/A.class") == b"1"
        assert len(archive.namelist()) == len(set(archive.namelist())) == 3


def merged(*names: str, runtime: Runtime = Runtime.FLINK_1_20) -> MergedJar:
    return MergedJar([connector_for(name, runtime) for name in names], runtime)


def sdks(part: tuple[Connector, ...]) -> set[str]:
    return {artifact.artifact for artifact in part} & {"iceberg-aws-bundle", "dynamodb"}


def test_iceberg_and_an_older_sdk_are_merged_apart() -> None:
    """A relocation holds for a whole jar, and would send Iceberg to an SDK that it does not fit."""
    first, second = merged("kinesis", "dynamodb", "iceberg")._parts
    assert (sdks(first), sdks(second)) == ({"dynamodb"}, {"iceberg-aws-bundle"})
    assert set(first) | set(second) == set(merged("kinesis", "dynamodb", "iceberg").artifacts())
    assert not set(first) & set(second)


def test_what_was_right_before_keeps_its_jar_and_its_hash() -> None:
    for names in (("kinesis", "dynamodb"), ("kafka", "iceberg"), ("iceberg",)):
        assert len(merged(*names)._parts) == 1
        assert "jars" not in merged(*names).sources()
    assert len(merged("kinesis", "iceberg", runtime=Runtime.FLINK_2_2)._parts) == 1
    assert merged("kinesis", "iceberg").sources()["jars"] == b"2"
