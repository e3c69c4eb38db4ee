"""The public names: imported when they are asked for, and all of them there for type checkers."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import cdk_managed_flink
from cdk_managed_flink.public_names import MODULES

ROOT = Path(__file__).parents[2]
PACKAGE = "cdk_managed_flink"
# Of a pipeline from Kinesis to S3.
FOREIGN = (
    "aws_cdk.aws_athena",
    "aws_cdk.aws_glue",
    "aws_cdk.aws_kinesisfirehose",
    "aws_cdk.aws_msk",
    "aws_cdk.aws_opensearch",
    "aws_cdk.aws_redshift",
    "aws_cdk.aws_secretsmanager",
    f"{PACKAGE}.services.firehose",
    f"{PACKAGE}.services.glue",
    f"{PACKAGE}.services.iceberg",
    f"{PACKAGE}.services.kafka",
    f"{PACKAGE}.services.opensearch",
    f"{PACKAGE}.services.redshift",
)


def imported(code: str) -> set[str]:
    """The modules that are loaded in a fresh process after this code."""
    code = f"{code}\nimport sys\nprint(*sys.modules, sep='\\n')"
    said = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT / "constructs",
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        check=True,
    )
    return set(said.stdout.split())


def test_type_checkers_see_what_is_imported_when_it_is_asked_for() -> None:
    tree = ast.parse(Path(str(cdk_managed_flink.__file__)).read_text("utf-8"))
    found = {
        alias.name: str(node.module).removeprefix(f"{PACKAGE}.")
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith(f"{PACKAGE}.")
        for alias in node.names
        if alias.name != "MODULES"
    }
    assert found == MODULES
    assert sorted(MODULES) == sorted(cdk_managed_flink.__all__)


def test_every_public_name_is_there() -> None:
    for name in cdk_managed_flink.__all__:
        assert getattr(cdk_managed_flink, name) is not None
    assert {*cdk_managed_flink.__all__} <= {*dir(cdk_managed_flink)}


def test_fails_when_a_name_is_not_there() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'KinesisSoruce'"):
        _ = cdk_managed_flink.KinesisSoruce  # type: ignore[attr-defined]
    with pytest.raises(ImportError, match="KinesisSoruce"):
        exec("from cdk_managed_flink import KinesisSoruce")


def test_the_package_alone_imports_nothing_of_cdk() -> None:
    found = imported(f"import {PACKAGE}")
    assert {name for name in found if name.startswith(PACKAGE)} == {
        PACKAGE,
        f"{PACKAGE}.public_names",
    }
    assert "aws_cdk" not in found


@pytest.mark.slow
def test_a_pipeline_imports_only_what_it_is_made_of() -> None:
    found = imported(f"from {PACKAGE} import FlinkCode, FlinkPipeline, KinesisSource, S3Sink")
    assert f"{PACKAGE}.pipeline" in found
    assert not [name for name in found if name.startswith(FOREIGN)]
