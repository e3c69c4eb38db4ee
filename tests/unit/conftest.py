"""A stack and a job for the tests of single parts; nothing is packaged."""

from pathlib import Path

import aws_cdk as cdk
import pytest
from configurations import SQL, Build, app, builder

from cdk_managed_flink import FlinkApplication, FlinkCode


@pytest.fixture(scope="session")
def job(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("job")
    (folder / "job.sql").write_text(SQL, encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def build(job: Path) -> Build:
    """A pipeline in a stack of its own; arguments change it."""
    return builder(job)


@pytest.fixture
def stack() -> cdk.Stack:
    return cdk.Stack(app(), "Stack")


@pytest.fixture
def application(stack: cdk.Stack, job: Path) -> FlinkApplication:
    return FlinkApplication(stack, "App", code=FlinkCode.from_sql(job))


@pytest.fixture
def number(stack: cdk.Stack) -> float:
    """A number that is not known at synth."""
    return cdk.CfnParameter(stack, "Number", type="Number").value_as_number


@pytest.fixture
def text(stack: cdk.Stack) -> str:
    """A string that is not known at synth."""
    return cdk.CfnParameter(stack, "Text").value_as_string
