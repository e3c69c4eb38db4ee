"""Several sinks on one domain, one sink on another domain, and domains of another stack."""

from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_kms as kms
from configurations import app, of_type, only, template_of
from policies import granted, statements

from cdk_managed_flink import (
    IndexRotation,
    OpenSearchDomain,
    OpenSearchServerlessCollection,
    OpenSearchSink,
    Sink,
)
from tests.unit.indexes import pipeline

pytestmark = pytest.mark.slow


DAYS = cdk.Duration.days


@pytest.fixture
def vpc(stack: cdk.Stack) -> ec2.Vpc:
    return ec2.Vpc(stack, "Vpc", max_azs=2, nat_gateways=0)


@pytest.fixture
def domain(stack: cdk.Stack, vpc: ec2.Vpc) -> OpenSearchDomain:
    return OpenSearchDomain(stack, "Search", vpc=vpc, internal_users=True)


def patterns(stack: cdk.Stack) -> set[tuple[str, str | None]]:
    return {
        (found["Properties"]["IndexPattern"], found["Properties"].get("Retention"))
        for found in of_type(template_of(stack), "Custom::FlinkOpenSearchAccess").values()
    }


def test_each_sink_has_its_own_indexes(
    stack: cdk.Stack, domain: OpenSearchDomain, tmp_path: Path
) -> None:
    pipeline(
        stack,
        tmp_path,
        live=OpenSearchSink.firehose(domain, index="clicks", retention=DAYS(1)),
        archive=OpenSearchSink.firehose(domain, index="clicks-archive", retention=DAYS(90)),
        whole=OpenSearchSink.firehose(domain, index="clicks", rotation=IndexRotation.NONE),
        plain=OpenSearchSink.connector(domain, index="pages"),
        timed=OpenSearchSink.connector(domain, index="seen-{now()|yyyy-MM}", retention=DAYS(60)),
    )
    assert patterns(stack) == {
        ("clicks-2*", "1d"),
        ("clicks-archive-2*", "90d"),
        ("clicks", None),
        ("pages", None),
        ("seen-*", "60d"),
    }


def test_two_sinks_may_write_the_same_indexes(
    stack: cdk.Stack, domain: OpenSearchDomain, tmp_path: Path
) -> None:
    one = OpenSearchSink.firehose(domain, index="clicks", retention=DAYS(1))
    other = OpenSearchSink.firehose(domain, index="clicks", rotation=IndexRotation.HOURLY)
    pipeline(stack, tmp_path, one=one, other=other)
    assert patterns(stack) == {("clicks-2*", "1d"), ("clicks-2*", None)}


def test_fails_when_the_same_indexes_have_two_retentions(
    stack: cdk.Stack, domain: OpenSearchDomain, tmp_path: Path
) -> None:
    sinks = {
        name: OpenSearchSink.firehose(domain, index="clicks", retention=DAYS(days))
        for name, days in (("one", 1), ("other", 2))
    }
    with pytest.raises(
        ValueError,
        match=r"^Stack/Clicks/Sinks/other: retention is '2 days'; allowed: none, as "
        r"Stack/Clicks/Sinks/one says 1 day for clicks-2\*",
    ):
        pipeline(stack, tmp_path, **sinks)


@pytest.mark.parametrize("wide_first", [True, False])
def test_fails_when_a_sink_has_a_part_of_anothers_indexes(
    stack: cdk.Stack, domain: OpenSearchDomain, tmp_path: Path, wide_first: bool
) -> None:
    wide = OpenSearchSink.connector(domain, index="clicks-{page}")
    part = OpenSearchSink.firehose(domain, index="clicks-archive")
    sinks: dict[str, Sink[Any]] = {"wide": wide, "part": part}
    with pytest.raises(ValueError, match=r"index is 'clicks-.*\*'; allowed: indexes that are not"):
        pipeline(stack, tmp_path, **(sinks if wide_first else dict(reversed(sinks.items()))))


def test_another_domain_may_have_the_same_indexes(
    stack: cdk.Stack, vpc: ec2.Vpc, domain: OpenSearchDomain, tmp_path: Path
) -> None:
    second = OpenSearchDomain(stack, "Second", vpc=vpc)
    one = OpenSearchSink.firehose(domain, index="clicks", retention=DAYS(1))
    other = OpenSearchSink.firehose(second, index="clicks", retention=DAYS(1))
    pipeline(stack, tmp_path, one=one, other=other)
    assert len(of_type(template_of(stack), "Custom::FlinkOpenSearchAccess")) == 2


def test_fails_when_the_rights_can_not_be_known(domain: OpenSearchDomain, text: str) -> None:
    with pytest.raises(ValueError, match=r"index is .*; allowed: a name that is known at synth"):
        OpenSearchSink.connector(domain, index=text)


@pytest.mark.parametrize("kind", ["firehose", "connector"])
def test_a_sink_that_goes_to_another_domain_is_let_in_anew(tmp_path: Path, kind: str) -> None:
    """CloudFormation refuses a ServiceToken that changes under one logical id."""
    found = {}
    for chosen in ("A", "B"):
        stack = cdk.Stack(app(), "Stack")
        vpc = ec2.Vpc(stack, "Vpc", max_azs=2, nat_gateways=0)
        domains = {
            id_: OpenSearchDomain(stack, id_, vpc=vpc, internal_users=True) for id_ in ("A", "B")
        }
        sink: Sink[Any] = getattr(OpenSearchSink, kind)(domains[chosen], index="clicks")
        pipeline(stack, tmp_path, found=sink)
        ((id_, access),) = of_type(template_of(stack), "Custom::FlinkOpenSearchAccess").items()
        found[id_] = str(access["Properties"]["ServiceToken"])
    assert len(found) == len(set(found.values())) == 2


def test_the_stream_is_made_after_its_way_into_the_domain(
    stack: cdk.Stack, domain: OpenSearchDomain, tmp_path: Path
) -> None:
    pipeline(stack, tmp_path, found=OpenSearchSink.firehose(domain, index="clicks"))
    template = template_of(stack)
    (access,) = of_type(template, "Custom::FlinkOpenSearchAccess")
    (rule,) = (
        id_
        for id_, found in of_type(template, "AWS::EC2::SecurityGroupIngress").items()
        if found["Properties"]["Description"] == "Firehose delivers"
    )
    (id_,) = of_type(template, "AWS::OpenSearchService::Domain")
    stream = only(template, "AWS::KinesisFirehose::DeliveryStream")
    assert {access, rule} <= set(stream["DependsOn"])
    endpoint = template["Resources"][access]["Properties"]["Endpoint"]
    assert endpoint == {"Fn::GetAtt": [id_, "DomainEndpoint"]}


def test_the_stream_is_made_after_its_way_into_the_collection(
    stack: cdk.Stack, vpc: ec2.Vpc, tmp_path: Path
) -> None:
    collection = OpenSearchServerlessCollection(stack, "Find", vpc=vpc)
    pipeline(stack, tmp_path, found=OpenSearchSink.firehose(collection, index="clicks"))
    template = template_of(stack)
    (policy,) = of_type(template, "AWS::OpenSearchServerless::AccessPolicy")
    (rule,) = of_type(template, "AWS::EC2::SecurityGroupIngress")
    stream = only(template, "AWS::KinesisFirehose::DeliveryStream")
    assert {policy, rule} <= set(stream["DependsOn"])


@pytest.mark.parametrize("kind", ["domain", "public", "connector", "collection"])
def test_the_target_may_be_in_another_stack(tmp_path: Path, kind: str) -> None:
    owner = app()
    there, here = cdk.Stack(owner, "There"), cdk.Stack(owner, "Here")
    vpc = ec2.Vpc(there, "Vpc", max_azs=2, nat_gateways=0)
    key = kms.Key(there, "Key")
    sink: Sink[Any]
    if kind == "collection":
        collection = OpenSearchServerlessCollection(there, "Find", vpc=vpc)
        sink = OpenSearchSink.firehose(collection, index="clicks")
    elif kind == "connector":
        users = OpenSearchDomain(there, "Search", vpc=vpc, internal_users=True, encryption_key=key)
        sink = OpenSearchSink.connector(users, index="clicks")
    else:
        public = kind == "public"
        place: dict[str, Any] = {"public_endpoint": True} if public else {"vpc": vpc}
        sink = OpenSearchSink.firehose(OpenSearchDomain(there, "Search", **place), index="clicks")
    pipeline(here, tmp_path, found=sink)
    rules = of_type(template_of(here), "AWS::EC2::SecurityGroupIngress").values()
    assert [each.stack_name for each in here.dependencies] == ["There"]
    assert there.dependencies == []
    ports = [rule["Properties"]["FromPort"] for rule in rules]
    assert ports == ([] if kind == "public" else [443])


def test_the_functions_may_read_the_user_that_they_make(
    stack: cdk.Stack, domain: OpenSearchDomain, tmp_path: Path
) -> None:
    pipeline(stack, tmp_path, found=OpenSearchSink.connector(domain, index="clicks"))
    template = template_of(stack)
    access = only(template, "Custom::FlinkOpenSearchAccess")
    rights = granted(statements(template, "SearchSecurityRole"))
    readable = {r for a, r, _ in rights if a == "secretsmanager:GetSecretValue"}
    assert f"<{access['Properties']['UserSecret']['Ref']}>" in readable
    policies = set(of_type(template, "AWS::IAM::Policy"))
    assert any("SinksfoundRights" in id_ for id_ in policies & set(access["DependsOn"]))
