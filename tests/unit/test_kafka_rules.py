"""cdk-nag, cfn-lint and IAM's own data on a pipeline with each kind of cluster."""

import aws_cdk as cdk
import pytest
from authorization import surprises
from configurations import Build, app, template_of
from linting import lint
from test_rules import findings

from cdk_managed_flink import KafkaCluster, MskSink, MskSource, Topic
from tests.unit.kafka_clusters import KINDS, cluster_of

pytestmark = pytest.mark.slow


def pipeline(build: Build, kind: str, scope: cdk.Stack) -> KafkaCluster:
    cluster = cluster_of(kind, scope)
    made = kind in ("iam", "scram", "existing")
    build(
        scope=scope,
        sources={"clicks": MskSource(cluster=cluster, topic=Topic("clicks") if made else "clicks")},
        sinks={
            "lake": MskSink(cluster=cluster, topic="lake", exactly_once=False),
            "pages": MskSink(cluster=cluster, topic="pages", key_fields=["page"]),
        },
    )
    return cluster


@pytest.fixture(scope="module", params=KINDS)
def on_kafka(request: pytest.FixtureRequest, build: Build) -> cdk.Stack:
    stack = cdk.Stack(app(), "Stack")
    pipeline(build, request.param, stack)
    return stack


def test_nothing_is_found(on_kafka: cdk.Stack) -> None:
    assert surprises(template_of(on_kafka)) == []
    owner = on_kafka.node.root
    assert isinstance(owner, cdk.App)
    assert findings(owner) == set()


def test_cfn_lint_finds_nothing(on_kafka: cdk.Stack) -> None:
    assert lint(template_of(on_kafka)) == []


def test_nothing_is_found_in_a_stack_that_names_its_place(build: Build) -> None:
    owner = app()
    place = cdk.Environment(account="123456789012", region="eu-west-1")
    pipeline(build, "scram", cdk.Stack(owner, "Stack", env=place))
    assert findings(owner) == set()
