"""OpenSearchSink: two ways into an index, their rights, and what they refuse."""

import json
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from authorization import surprises
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_kms as kms
from aws_cdk import aws_secretsmanager as secretsmanager
from configurations import app, of_type, only, template_of
from linting import lint
from policies import granted, statements, text
from test_rules import findings

from cdk_managed_flink import (
    CollectionType,
    ExistingCollection,
    ExistingDomain,
    ExistingPlace,
    IndexRotation,
    OpenSearchDomain,
    OpenSearchServerlessCollection,
    OpenSearchSink,
    Runtime,
)
from tests.unit.indexes import pipeline

pytestmark = pytest.mark.slow


PLACE = "eu-west-1:123456789012"
DOMAIN = f"arn:aws:es:{PLACE}:domain/theirs"
ALWAYS: frozenset[str] = frozenset()
DAYS = cdk.Duration.days


@pytest.fixture
def vpc(stack: cdk.Stack) -> ec2.Vpc:
    return ec2.Vpc(stack, "Vpc", max_azs=2, nat_gateways=0)


@pytest.fixture
def domain(stack: cdk.Stack, vpc: ec2.Vpc) -> OpenSearchDomain:
    return OpenSearchDomain(stack, "Search", vpc=vpc)


@pytest.fixture
def with_users(stack: cdk.Stack, vpc: ec2.Vpc) -> OpenSearchDomain:
    return OpenSearchDomain(stack, "Users", vpc=vpc, internal_users=True)


@pytest.fixture
def open_() -> ExistingDomain:
    """Without fine-grained access control, on the internet."""
    return ExistingDomain(domain_arn=DOMAIN, fine_grained_access=False)


def delivered(stack: cdk.Stack) -> dict[str, Any]:
    found = only(template_of(stack), "AWS::KinesisFirehose::DeliveryStream")["Properties"]
    return dict(found["AmazonopensearchserviceDestinationConfiguration"])


def test_firehose_indexes_into_a_domain_and_keeps_what_fails(
    stack: cdk.Stack, domain: OpenSearchDomain, tmp_path: Path
) -> None:
    pipeline(stack, tmp_path, found=OpenSearchSink.firehose(domain, index="clicks"))
    found = delivered(stack)
    assert found["IndexName"] == "clicks"
    assert found["IndexRotationPeriod"] == "OneDay"
    assert text(found["DomainARN"]) == f"arn:aws:es:{PLACE}:domain/{domain.domain_name}"
    assert found["S3BackupMode"] == "FailedDocumentsOnly"
    assert found["BufferingHints"] == {"IntervalInSeconds": 60, "SizeInMBs": 5}
    assert len(found["VpcConfiguration"]["SubnetIds"]) == 2


def test_each_right_of_the_delivery_to_a_domain(
    stack: cdk.Stack, open_: ExistingDomain, tmp_path: Path
) -> None:
    pipeline(stack, tmp_path, found=OpenSearchSink.firehose(open_, index="clicks"))
    rights = granted(statements(template_of(stack), "ClicksSinksfoundRole"))
    assert {right for right in rights if right[0].startswith("es:")} == {
        *((f"es:{c}", DOMAIN, ALWAYS) for c in ("DescribeDomain", "DescribeDomainConfig")),
        ("es:DescribeDomains", DOMAIN, ALWAYS),
        *((f"es:ESHttp{verb}", f"{DOMAIN}/*", ALWAYS) for verb in ("Post", "Put")),
        *(
            ("es:ESHttpGet", f"{DOMAIN}/{path}", ALWAYS)
            for path in (
                "_all/_settings",
                "_cluster/stats",
                "_nodes",
                "_nodes/*/stats",
                "_nodes/stats",
                "_stats",
                "clicks*/_mapping",
                "clicks*/_mapping/*",
                "clicks*/_stats",
            )
        ),
    }
    assert {a for a, _, _ in rights if not a.startswith(("es:", "s3:", "kms:"))} == {
        "logs:PutLogEvents"
    }


def test_the_job_itself_only_puts(
    stack: cdk.Stack, domain: OpenSearchDomain, tmp_path: Path
) -> None:
    made = pipeline(stack, tmp_path, found=OpenSearchSink.firehose(domain, index="clicks"))
    rights = granted(statements(template_of(stack), "ClicksApplicationRole"))
    assert {a for a, _, _ in rights if a.startswith(("firehose:", "es:"))} == {
        "firehose:PutRecordBatch"
    }
    assert made.application.network is None


def test_rights_in_the_vpc_of_a_domain(
    stack: cdk.Stack, domain: OpenSearchDomain, tmp_path: Path
) -> None:
    pipeline(stack, tmp_path, found=OpenSearchSink.firehose(domain, index="clicks"))
    template = template_of(stack)
    rights = granted(statements(template, "ClicksSinksfoundRole"))
    assert {a for a, r, _ in rights if a.startswith("ec2:") and r == "*"} == {
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeSecurityGroups",
        "ec2:DescribeSubnets",
        "ec2:DescribeVpcs",
    }
    assert {a for a, r, _ in rights if a.startswith("ec2:") and r != "*"} == {
        "ec2:CreateNetworkInterface",
        "ec2:CreateNetworkInterfacePermission",
        "ec2:DeleteNetworkInterface",
        "ec2:DescribeVpcAttribute",
    }
    rules = of_type(template, "AWS::EC2::SecurityGroupIngress").values()
    assert {rule["Properties"]["Description"] for rule in rules} == {
        "Firehose delivers",
        "Sets up security",
    }


def test_the_delivery_is_let_into_the_domain_before_the_job_starts(
    stack: cdk.Stack, domain: OpenSearchDomain, tmp_path: Path
) -> None:
    sink = OpenSearchSink.firehose(
        domain, index="clicks", rotation=IndexRotation.HOURLY, retention=cdk.Duration.hours(36)
    )
    made = pipeline(stack, tmp_path, found=sink)
    template = template_of(stack)
    (access,) = of_type(template, "Custom::FlinkOpenSearchAccess").items()
    found = access[1]["Properties"]
    (role,) = (id_ for id_ in of_type(template, "AWS::IAM::Role") if "SinksfoundRole" in id_)
    assert found["Roles"] == [{"Fn::GetAtt": [role, "Arn"]}]
    assert found["IndexPattern"] == "clicks-2*"
    assert found["Retention"] == "36h"
    needed, *groups = (need.node.path for need in made.application.prerequisites)
    assert needed.startswith("Stack/Clicks/Sinks/found/Access")
    assert groups == ["Stack/Search/SecurityGroup", "Stack/Clicks/Sinks/found/SecurityGroup"]
    assert access[0].startswith("ClicksSinksfoundAccess")


def test_firehose_into_a_collection(stack: cdk.Stack, vpc: ec2.Vpc, tmp_path: Path) -> None:
    collection = OpenSearchServerlessCollection(stack, "Find", vpc=vpc)
    sink = OpenSearchSink.firehose(collection, index="clicks", retention=DAYS(30))
    pipeline(stack, tmp_path, found=sink)
    template = template_of(stack)
    stream = only(template, "AWS::KinesisFirehose::DeliveryStream")["Properties"]
    found = stream["AmazonOpenSearchServerlessDestinationConfiguration"]
    (id_,) = of_type(template, "AWS::OpenSearchServerless::Collection")
    assert found["CollectionEndpoint"] == {"Fn::GetAtt": [id_, "CollectionEndpoint"]}
    assert len(found["VpcConfiguration"]["SubnetIds"]) == 2
    rights = granted(statements(template, "ClicksSinksfoundRole"))
    assert [(a, r) for a, r, _ in rights if a.startswith("aoss:")] == [
        ("aoss:APIAccessAll", f"arn:aws:aoss:{PLACE}:collection/<{id_}>")
    ]
    index = f"index/{collection.collection_name}/clicks"
    access = only(template, "AWS::OpenSearchServerless::AccessPolicy")["Properties"]
    ((rule,),) = [p["Rules"] for p in json.loads(text(access["Policy"]))]
    assert rule == {
        "ResourceType": "index",
        "Resource": [index],
        "Permission": [
            "aoss:CreateIndex",
            "aoss:DescribeIndex",
            "aoss:UpdateIndex",
            "aoss:WriteDocument",
        ],
    }
    kept = only(template, "AWS::OpenSearchServerless::LifecyclePolicy")["Properties"]
    assert json.loads(kept["Policy"])["Rules"] == [
        {"ResourceType": "index", "Resource": [index], "MinIndexRetention": "30d"}
    ]


def test_the_connector_logs_in_with_a_user_of_its_own(
    stack: cdk.Stack, with_users: OpenSearchDomain, tmp_path: Path
) -> None:
    sink = OpenSearchSink.connector(
        with_users,
        index="clicks-{now()|yyyy-MM-dd}",
        retention=DAYS(7),
        table_options={"sink.bulk-flush.max-actions": "500"},
    )
    made = pipeline(stack, tmp_path, found=sink)
    template = template_of(stack)
    (user,) = (i for i in of_type(template, "AWS::SecretsManager::Secret") if "foundUser" in i)
    found = {k: text(stack.resolve(v)) for k, v in made.binding(sink).properties.items()}
    (id_,) = of_type(template, "AWS::OpenSearchService::Domain")
    assert found == {
        "connector": "opensearch",
        "hosts": f"https://<{id_}>:443",
        "index": "clicks-{now()|yyyy-MM-dd}",
        "username": f"secret:<{user}>:username",
        "password": f"secret:<{user}>:password",
        "format": "json",
        "document-id.key-delimiter": "_",
        "sink.delivery-guarantee": "at-least-once",
        "sink.bulk-flush.backoff.strategy": "EXPONENTIAL",
        "sink.bulk-flush.backoff.max-retries": "8",
        "sink.bulk-flush.backoff.delay": "50ms",
        "sink.bulk-flush.max-actions": "500",
    }
    access = only(template, "Custom::FlinkOpenSearchAccess")["Properties"]
    assert access["UserSecret"] == {"Ref": user}
    assert access["IndexPattern"] == "clicks-*"
    assert access["Retention"] == "7d"
    name = json.loads(
        of_type(template, "AWS::SecretsManager::Secret")[user]["Properties"][
            "GenerateSecretString"
        ]["SecretStringTemplate"]
    )
    assert name == {"username": access["Name"]}
    rights = granted(statements(template, "ClicksApplicationRole"))
    assert [(a, r) for a, r, _ in rights if a.startswith("secretsmanager")] == [
        ("secretsmanager:GetSecretValue", f"<{user}>")
    ]
    assert made.application.network is not None
    assert "secretsmanager" in made.application.service_endpoints


def test_the_connector_in_an_existing_domain(
    stack: cdk.Stack, vpc: ec2.Vpc, tmp_path: Path
) -> None:
    group = ec2.SecurityGroup.from_security_group_id(stack, "Group", "sg-12345678")
    theirs = ExistingDomain(
        domain_arn=DOMAIN,
        host="search.example",
        internal_users=True,
        place=ExistingPlace(vpc=vpc, security_groups=[group]),
    )
    user = secretsmanager.Secret.from_secret_name_v2(stack, "User", "theirs")
    pipeline(stack, tmp_path, found=OpenSearchSink.connector(theirs, index="clicks", user=user))
    template = template_of(stack)
    application = only(template, "AWS::KinesisAnalyticsV2::Application")["Properties"]
    (where,) = application["ApplicationConfiguration"]["VpcConfigurations"]
    assert where["SecurityGroupIds"] == ["sg-12345678"]
    assert of_type(template, "AWS::EC2::SecurityGroupIngress") == {}


def test_what_is_watched(open_: ExistingDomain, stack: cdk.Stack, tmp_path: Path) -> None:
    sink = OpenSearchSink.firehose(open_, index="clicks")
    binding = pipeline(stack, tmp_path, found=sink).binding(sink)
    metrics = {watch.metric_name: dict(watch.dimensions) for watch in binding.watches}
    assert "DeliveryToAmazonOpenSearchService.DataFreshness" in metrics
    assert metrics["ClusterStatus.red"] == {"DomainName": "theirs", "ClientId": "123456789012"}
    assert {"ClusterIndexWritesBlocked", "ThreadpoolWriteRejected"} <= set(metrics)


def test_a_role_that_is_let_in_by_hand_is_put_out(stack: cdk.Stack, tmp_path: Path) -> None:
    theirs = ExistingDomain(domain_arn=DOMAIN)
    sink = OpenSearchSink.firehose(theirs, index="clicks", let_in_by_hand=True)
    pipeline(stack, tmp_path, found=sink)
    (output,) = (o for i, o in template_of(stack)["Outputs"].items() if "RoleToLetIn" in i)
    assert "Role" in output["Value"]["Fn::GetAtt"][0]


def test_fails_when_nobody_lets_the_delivery_into_an_existing_domain() -> None:
    with pytest.raises(ValueError, match=r"let_in_by_hand is False; .*rolesmapping/clicks-writer"):
        OpenSearchSink.firehose(ExistingDomain(domain_arn=DOMAIN), index="clicks")


def test_fails_when_a_new_domain_is_to_be_opened_by_hand(domain: OpenSearchDomain) -> None:
    with pytest.raises(ValueError, match="let_in_by_hand is True; allowed: False for a new domain"):
        OpenSearchSink.firehose(domain, index="clicks", let_in_by_hand=True)


@pytest.mark.parametrize("index", ["Clicks", "_clicks", "-x", "a b", "a/b", "x" * 81, ""])
def test_fails_when_the_index_has_no_legal_name(open_: ExistingDomain, index: str) -> None:
    with pytest.raises(ValueError, match=r"^OpenSearchSink: index is .*; allowed: up to 80 lower"):
        OpenSearchSink.firehose(open_, index=index)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"retention": DAYS(7), "rotation": IndexRotation.NONE}, "none without rotation"),
        ({"retention": cdk.Duration.minutes(90)}, "1 hour to 3650 days, in whole hours"),
        ({"retention": DAYS(3651)}, "1 hour to 3650 days"),
        ({"retry_for": DAYS(1)}, "0 to 7200 seconds"),
        ({"retry_for": cdk.Duration.millis(1500)}, "whole seconds"),
    ],
)
def test_fails_when_a_domain_can_not_do_it(
    domain: OpenSearchDomain, given: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=f"^OpenSearchSink: .*allowed: {message}"):
        OpenSearchSink.firehose(domain, index="clicks", **given)


def test_fails_when_an_existing_domain_is_to_delete_indexes(open_: ExistingDomain) -> None:
    with pytest.raises(ValueError, match=r"none for an existing domain\. Its index state policies"):
        OpenSearchSink.firehose(open_, index="clicks", retention=DAYS(7))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"rotation": IndexRotation.DAILY}, "rotation is .*; allowed: nothing with a serverless"),
        ({"let_in_by_hand": True}, "let_in_by_hand is True; allowed: nothing with a serverless"),
        ({"retention": cdk.Duration.hours(23)}, "retention is .*; allowed: 1 day to 3650 days"),
    ],
)
def test_fails_when_a_collection_can_not_do_it(
    stack: cdk.Stack, given: dict[str, Any], message: str
) -> None:
    collection = OpenSearchServerlessCollection(stack, "Find", public_endpoint=True)
    with pytest.raises(ValueError, match=f"^OpenSearchSink: {message}"):
        OpenSearchSink.firehose(collection, index="clicks", **given)


def test_fails_when_a_search_collection_is_to_drop_documents(stack: cdk.Stack) -> None:
    collection = OpenSearchServerlessCollection(
        stack, "Find", public_endpoint=True, type=CollectionType.SEARCH
    )
    with pytest.raises(ValueError, match="retention is '7 days'; allowed: none for a search coll"):
        OpenSearchSink.firehose(collection, index="clicks", retention=DAYS(7))


def test_fails_on_flink_2_and_names_the_other_way(with_users: OpenSearchDomain) -> None:
    sink = OpenSearchSink.connector(with_users, index="clicks")
    with pytest.raises(
        ValueError, match=r"runtime is 'FLINK-2_2'; allowed: .*\. Use OpenSearchSink\.firehose"
    ):
        sink.connectors(Runtime.FLINK_2_2)
    opensearch, *_ = sink.connectors(Runtime.FLINK_1_20)
    assert str(opensearch) == "org.apache.flink:flink-connector-opensearch:1.2.0-1.19"
    firehose, *_ = OpenSearchSink.firehose(with_users, index="x").connectors(Runtime.FLINK_2_2)
    assert firehose.version == "6.0.1-2.0"


def test_fails_when_the_connector_would_have_to_sign(
    stack: cdk.Stack, domain: OpenSearchDomain
) -> None:
    with pytest.raises(
        ValueError, match=r"domain without internal users.*OpenSearchSink\.firehose"
    ):
        OpenSearchSink.connector(domain, index="clicks")
    for collection in (
        OpenSearchServerlessCollection(stack, "Find", public_endpoint=True),
        ExistingCollection(collection_name="theirs", collection_id="abc1", endpoint="https://z"),
    ):
        with pytest.raises(ValueError, match=r"a serverless collection.*OpenSearchSink\.firehose"):
            OpenSearchSink.connector(collection, index="clicks")  # type: ignore[arg-type]


def test_fails_when_the_target_is_something_else() -> None:
    wrong: Any = DOMAIN
    with pytest.raises(ValueError, match=r"target is 'arn:.*'; allowed: a domain or a serverless"):
        OpenSearchSink.firehose(wrong, index="clicks")
    with pytest.raises(ValueError, match=r"domain is 'arn:.*'; allowed: an OpenSearchDomain or an"):
        OpenSearchSink.connector(wrong, index="clicks")


@pytest.mark.parametrize(
    "index", ["clicks-{ts}-x", "{ts|yyyy}", "clicks-{a}{b}", "clicks-{", "Clicks-{ts|yyyy}"]
)
def test_fails_when_the_pattern_is_none(with_users: OpenSearchDomain, index: str) -> None:
    with pytest.raises(ValueError, match=r"^OpenSearchSink: index is"):
        OpenSearchSink.connector(with_users, index=index)


def test_fails_when_an_index_without_time_is_to_be_deleted(with_users: OpenSearchDomain) -> None:
    with pytest.raises(ValueError, match="allowed: none for an index without a time in its name"):
        OpenSearchSink.connector(with_users, index="clicks", retention=DAYS(7))


def test_fails_when_users_are_not_whose_they_should_be(
    stack: cdk.Stack, with_users: OpenSearchDomain
) -> None:
    user = secretsmanager.Secret(stack, "User")
    with pytest.raises(ValueError, match="user is 'a secret'; allowed: nothing with a new domain"):
        OpenSearchSink.connector(with_users, index="clicks", user=user)
    theirs = ExistingDomain(domain_arn=DOMAIN, host="x", internal_users=True)
    with pytest.raises(ValueError, match="user is None; allowed: a secret with username and passw"):
        OpenSearchSink.connector(theirs, index="clicks")
    with pytest.raises(ValueError, match=r"retention is .*; allowed: none for an existing domain"):
        OpenSearchSink.connector(theirs, index="clicks", user=user, retention=DAYS(7))
    unknown = ExistingDomain(domain_arn=DOMAIN, internal_users=True)
    with pytest.raises(ValueError, match="host is None; allowed: the host name"):
        OpenSearchSink.connector(unknown, index="clicks", user=user)


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> cdk.Stack:
    folder = tmp_path_factory.mktemp("job")
    stack = cdk.Stack(app(), "Stack")
    key = kms.Key(stack, "Key", enable_key_rotation=True)
    vpc = ec2.Vpc(stack, "Vpc", max_azs=2, nat_gateways=0, flow_logs={"Log": ec2.FlowLogOptions()})
    group = ec2.SecurityGroup.from_security_group_id(stack, "Group", "sg-12345678")
    theirs = ExistingDomain(
        domain_arn=DOMAIN, place=ExistingPlace(vpc=vpc, security_groups=[group])
    )
    plain = OpenSearchDomain(stack, "Plain", vpc=vpc, encryption_key=key)
    users = OpenSearchDomain(stack, "Users", vpc=vpc, internal_users=True, encryption_key=key)
    public = OpenSearchDomain(stack, "Public", public_endpoint=True)
    collection = OpenSearchServerlessCollection(stack, "Find", vpc=vpc, encryption_key=key)
    open_ = OpenSearchServerlessCollection(stack, "Open", public_endpoint=True)
    pipeline(
        stack,
        folder,
        plain=OpenSearchSink.firehose(plain, index="plain", retention=DAYS(7)),
        users=OpenSearchSink.connector(users, index="users"),
        public=OpenSearchSink.firehose(public, index="public"),
        theirs=OpenSearchSink.firehose(theirs, index="theirs", let_in_by_hand=True),
        collection=OpenSearchSink.firehose(collection, index="find", retention=DAYS(7)),
        open_=OpenSearchSink.firehose(open_, index="open"),
    )
    return stack


def test_no_finding_of_cdk_nag(everything: cdk.Stack) -> None:
    owner = everything.node.root
    assert isinstance(owner, cdk.App)
    assert findings(owner) == set()


def test_iam_understands_every_grant(everything: cdk.Stack) -> None:
    assert surprises(template_of(everything)) == []


def test_cfn_lint_finds_nothing(everything: cdk.Stack) -> None:
    assert lint(template_of(everything)) == []
