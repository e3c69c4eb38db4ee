"""One stack with every source, sink, cluster and warehouse, against every rule there is."""

from pathlib import Path

import all_of_it
import aws_cdk as cdk
import pytest
from authorization import surprises
from configurations import of_type, template_of
from linting import lint
from test_rules import findings

import cdk_managed_flink as mf
from tests.unit.jars import write_jar

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> cdk.Stack:
    return all_of_it.all_of_it(write_jar(tmp_path_factory.mktemp("jar") / "job.jar"))


@pytest.mark.slow
def test_every_source_and_sink_is_in_it(whole: cdk.Stack) -> None:
    template = template_of(whole)
    assert len(of_type(template, "AWS::KinesisAnalyticsV2::Application")) == 3
    for type_ in (
        "AWS::Kinesis::StreamConsumer",
        "AWS::MSK::Cluster",
        "AWS::MSK::ServerlessCluster",
        "AWS::MSK::Topic",
        "AWS::KinesisFirehose::DeliveryStream",
        "AWS::OpenSearchService::Domain",
        "AWS::Redshift::Integration",
        "AWS::RedshiftServerless::Workgroup",
        "AWS::EC2::VPCEndpoint",
    ):
        assert of_type(template, type_), type_


@pytest.mark.slow
def test_no_finding(whole: cdk.Stack) -> None:
    owner = whole.node.root
    assert isinstance(owner, cdk.App)
    assert findings(owner) == set()


def test_every_grant_is_one_that_iam_understands(whole: cdk.Stack) -> None:
    assert surprises(template_of(whole)) == []


@pytest.mark.slow
def test_cfn_lint_finds_nothing(whole: cdk.Stack) -> None:
    assert lint(template_of(whole)) == []


def test_what_is_exported_and_not_in_it_is_known() -> None:
    """A source or sink that joins the library joins this stack, or its reason this list."""
    text = Path(all_of_it.__file__).read_text(encoding="utf-8")
    bound = {name for name in mf.__all__ if name.endswith(("Source", "Sink"))} - {"Source", "Sink"}
    assert {name for name in bound if f"mf.{name}" not in text} == {
        "S3TablesSink",  # has rules of its own, tested beside it
    }
