"""Domains and collections: shut doors, derived names, and what is refused."""

import json
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from configurations import app, of_type, only, template_of
from policies import granted, statements, text

from cdk_managed_flink import (
    CollectionType,
    DomainCapacity,
    ExistingCollection,
    ExistingDomain,
    ExistingPlace,
    OpenSearchDomain,
    OpenSearchServerlessCollection,
)
from cdk_managed_flink.application.removal import ALLOW_DATA_DELETION

PLACE = "eu-west-1:123456789012"


@pytest.fixture
def vpc(stack: cdk.Stack) -> ec2.Vpc:
    return ec2.Vpc(stack, "Vpc", max_azs=2, nat_gateways=0)


def domain(stack: cdk.Stack) -> dict[str, Any]:
    return dict(only(template_of(stack), "AWS::OpenSearchService::Domain")["Properties"])


def policy(resource: dict[str, Any]) -> Any:  # noqa: ANN401
    return json.loads(text(resource["Properties"]["Policy"]))


def test_a_domain_is_shut_and_encrypted(stack: cdk.Stack, vpc: ec2.Vpc) -> None:
    key = kms.Key(stack, "Key")
    made = OpenSearchDomain(stack, "Search", vpc=vpc, encryption_key=key)
    found = domain(stack)
    assert found["DomainName"] == made.domain_name
    assert found["EncryptionAtRestOptions"]["KmsKeyId"] == stack.resolve(key.key_id)
    assert found["NodeToNodeEncryptionOptions"] == {"Enabled": True}
    assert found["DomainEndpointOptions"] == {
        "EnforceHTTPS": True,
        "TLSSecurityPolicy": "Policy-Min-TLS-1-2-PFS-2023-10",
    }
    assert found["AdvancedSecurityOptions"]["Enabled"] is True
    assert found["AdvancedSecurityOptions"]["InternalUserDatabaseEnabled"] is False
    assert len(found["VPCOptions"]["SubnetIds"]) == 2
    assert set(found["LogPublishingOptions"]) == {
        "AUDIT_LOGS",
        "ES_APPLICATION_LOGS",
        "INDEX_SLOW_LOGS",
        "SEARCH_SLOW_LOGS",
    }
    (statement,) = found["AccessPolicies"]["Statement"]
    assert text(statement["Principal"]["AWS"]) == "arn:aws:iam::123456789012:root"
    assert text(statement["Resource"]) == f"arn:aws:es:{PLACE}:domain/{made.domain_name}/*"


def test_the_master_user_is_the_role_of_functions_in_the_vpc(
    stack: cdk.Stack, vpc: ec2.Vpc
) -> None:
    made = OpenSearchDomain(stack, "Search", vpc=vpc)
    template = template_of(stack)
    master = domain(stack)["AdvancedSecurityOptions"]["MasterUserOptions"]["MasterUserARN"]
    functions = [
        function["Properties"]
        for id_, function in of_type(template, "AWS::Lambda::Function").items()
        if id_.startswith(("SearchSecurityOnEvent", "SearchSecurityIsComplete"))
    ]
    assert len(functions) == 2
    for function in functions:
        assert function["Role"] == master
        assert len(function["VpcConfig"]["SubnetIds"]) == 2
    arn = f"arn:aws:es:{PLACE}:domain/{made.domain_name}/_plugins"
    rights = granted(statements(template, "SearchSecurityRole"))
    assert {(a, r) for a, r, _ in rights if a.startswith("es:")} == {
        (f"es:ESHttp{verb}", f"{arn}/{path}")
        for verb in ("Delete", "Get", "Post", "Put")
        for path in ("_ism/*", "_security/api/*")
    }
    ingress = of_type(template, "AWS::EC2::SecurityGroupIngress").values()
    assert [rule["Properties"]["FromPort"] for rule in ingress] == [443]


def test_administrators_are_mapped_by_the_functions(stack: cdk.Stack, vpc: ec2.Vpc) -> None:
    role = iam.Role.from_role_arn(stack, "Admin", "arn:aws:iam::123456789012:role/admin")
    OpenSearchDomain(stack, "Search", vpc=vpc, administrators=[role])
    found = only(template_of(stack), "Custom::FlinkOpenSearchAdministrators")["Properties"]
    assert found["Roles"] == ["arn:aws:iam::123456789012:role/admin"]
    assert "MasterSecret" not in found


def test_internal_users_have_a_master_in_a_secret(stack: cdk.Stack, vpc: ec2.Vpc) -> None:
    made = OpenSearchDomain(stack, "Search", vpc=vpc, internal_users=True)
    assert made.master_secret is not None
    options = domain(stack)["AdvancedSecurityOptions"]
    assert options["InternalUserDatabaseEnabled"] is True
    password = text(options["MasterUserOptions"]["MasterUserPassword"])
    assert password.startswith("{{resolve:secretsmanager:")
    assert domain(stack)["AccessPolicies"]["Statement"][0]["Principal"] == {"AWS": "*"}


def test_a_derived_name_is_legal_however_long_the_path_is() -> None:
    stack = cdk.Stack(app(), "S" + "tack" * 20)
    made = OpenSearchDomain(stack, "Search" * 10, public_endpoint=True)
    collection = OpenSearchServerlessCollection(stack, "Find" * 10, public_endpoint=True)
    for name, longest in ((made.domain_name, 28), (collection.collection_name, 32)):
        assert len(name) <= longest
        assert name == name.lower()
        assert name[0].isalpha()


def test_data_is_kept_unless_two_say_otherwise(stack: cdk.Stack, vpc: ec2.Vpc) -> None:
    OpenSearchDomain(stack, "Search", vpc=vpc, removal_policy=cdk.RemovalPolicy.DESTROY)
    found = only(template_of(stack), "AWS::OpenSearchService::Domain")
    assert found["DeletionPolicy"] == "RetainExceptOnCreate"
    assert found["UpdatePolicy"] == {"EnableVersionUpgrade": True}


@pytest.mark.parametrize(
    ("flags", "policy"),
    [({}, "RetainExceptOnCreate"), ({ALLOW_DATA_DELETION: "true"}, "Delete")],
)
def test_what_a_domain_or_collection_needs_goes_and_stays_with_it(
    flags: dict[str, str], policy: str
) -> None:
    stack = cdk.Stack(app(flags), "Stack")
    vpc = ec2.Vpc(stack, "Vpc", max_azs=2, nat_gateways=0)
    removal = cdk.RemovalPolicy.DESTROY
    OpenSearchDomain(stack, "Search", vpc=vpc, internal_users=True, removal_policy=removal)
    OpenSearchServerlessCollection(stack, "Find", vpc=vpc, removal_policy=removal)
    template = template_of(stack)
    own = ("SearchSecurityGroup", "SearchLogs", "SearchMasterUser", "Find")
    found = [
        (id_, resource.get("DeletionPolicy"))
        for id_, resource in template["Resources"].items()
        if id_.startswith(own) and not resource["Type"].endswith("Ingress")
    ]
    # Group and master user; four log groups and their policy; group, endpoint, policies, itself.
    assert len(found) == 2 + 5 + 5
    assert {kept for _, kept in found} == {policy}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, r"vpc is None; allowed: a VPC, or public_endpoint=True"),
        (
            {"public_endpoint": True, "internal_users": True},
            r"internal_users is True; allowed: False without vpc=",
        ),
    ],
)
def test_fails_when_a_domain_would_be_open(
    stack: cdk.Stack, given: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=f"^Stack/Search: {message}"):
        OpenSearchDomain(stack, "Search", **given)


def test_fails_when_a_domain_is_to_be_in_a_vpc_and_public(stack: cdk.Stack, vpc: ec2.Vpc) -> None:
    with pytest.raises(
        ValueError, match="public_endpoint is True, which cannot be combined with vpc="
    ):
        OpenSearchDomain(stack, "Search", vpc=vpc, public_endpoint=True)


def test_fails_when_the_vpc_has_fewer_zones(stack: cdk.Stack, vpc: ec2.Vpc) -> None:
    three = DomainCapacity(zones=3, data_nodes=3)
    with pytest.raises(ValueError, match=r"subnets is 'subnets in 2 zones'; allowed: .*least 3"):
        OpenSearchDomain(stack, "Search", vpc=vpc, capacity=three)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"zones": 1}, "zones is 1; allowed: 2 or 3"),
        ({"data_nodes": 3}, r"data_nodes is 3; allowed: a multiple of zones \(2\)"),
        ({"master_nodes": 2}, "master_nodes is 2; allowed: 0, 3 or 5"),
        ({"volume_gib": 5}, "volume_gib is 5; allowed: 10 or more"),
    ],
)
def test_fails_when_the_service_has_no_such_nodes(given: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=f"^DomainCapacity: {message}"):
        DomainCapacity(**given)


def test_dedicated_master_nodes(stack: cdk.Stack, vpc: ec2.Vpc) -> None:
    OpenSearchDomain(stack, "Search", vpc=vpc, capacity=DomainCapacity(master_nodes=3))
    config = domain(stack)["ClusterConfig"]
    assert config["DedicatedMasterCount"] == 3
    assert config["ZoneAwarenessConfig"] == {"AvailabilityZoneCount": 2}


def test_a_collection_comes_after_its_policies(stack: cdk.Stack, vpc: ec2.Vpc) -> None:
    key = kms.Key(stack, "Key")
    made = OpenSearchServerlessCollection(stack, "Find", vpc=vpc, encryption_key=key)
    template = template_of(stack)
    collection = only(template, "AWS::OpenSearchServerless::Collection")
    policies = of_type(template, "AWS::OpenSearchServerless::SecurityPolicy")
    assert set(collection["DependsOn"]) == set(policies)
    name = f"collection/{made.collection_name}"
    by_type = {p["Properties"]["Type"]: policy(p) for p in policies.values()}
    assert by_type["encryption"] == {
        "Rules": [{"ResourceType": "collection", "Resource": [name]}],
        "AWSOwnedKey": False,
        "KmsARN": text(stack.resolve(key.key_arn)),
    }
    (network,) = by_type["network"]
    (endpoint,) = of_type(template, "AWS::OpenSearchServerless::VpcEndpoint")
    assert network["AllowFromPublic"] is False
    assert network["SourceVPCEs"] == [f"<{endpoint}>"]
    assert [rule["ResourceType"] for rule in network["Rules"]] == ["collection", "dashboard"]


def test_a_public_collection_says_so(stack: cdk.Stack) -> None:
    OpenSearchServerlessCollection(
        stack,
        "Find",
        public_endpoint=True,
        type=CollectionType.SEARCH,
        standby_replicas=False,
    )
    template = template_of(stack)
    collection = only(template, "AWS::OpenSearchServerless::Collection")["Properties"]
    assert (collection["Type"], collection["StandbyReplicas"]) == ("SEARCH", "DISABLED")
    policies = of_type(template, "AWS::OpenSearchServerless::SecurityPolicy").values()
    by_type = {p["Properties"]["Type"]: policy(p) for p in policies}
    assert by_type["encryption"]["AWSOwnedKey"] is True
    assert by_type["network"][0]["AllowFromPublic"] is True


@pytest.mark.parametrize("public", [True, False])
def test_fails_when_a_collection_has_no_one_place(
    stack: cdk.Stack, vpc: ec2.Vpc, public: bool
) -> None:
    with pytest.raises(
        ValueError, match=r"vpc is .*; allowed: a VPC, or public_endpoint=True, and"
    ):
        OpenSearchServerlessCollection(
            stack, "Find", vpc=vpc if public else None, public_endpoint=public
        )


def test_fails_when_an_existing_place_lets_nobody_in(vpc: ec2.Vpc) -> None:
    with pytest.raises(ValueError, match="security_groups is 'none'; allowed: at least one group"):
        ExistingPlace(vpc=vpc, security_groups=[])


def test_an_existing_domain_is_known_by_its_arn(text: str) -> None:
    assert ExistingDomain(domain_arn=f"arn:aws:es:{PLACE}:domain/theirs").domain_name == "theirs"
    assert cdk.Token.is_unresolved(ExistingDomain(domain_arn=text).domain_name)


@pytest.mark.parametrize("arn", ["theirs", f"arn:aws:es:{PLACE}:domain", "arn:aws:s3:::theirs"])
def test_fails_when_an_existing_domain_has_no_arn(arn: str) -> None:
    with pytest.raises(ValueError, match=r"^ExistingDomain: domain_arn is .*; allowed: arn:<part"):
        ExistingDomain(domain_arn=arn)


@pytest.mark.parametrize("host", ["https://search.example", "search.example/", "x:443", ""])
def test_fails_when_the_host_is_a_url(host: str) -> None:
    with pytest.raises(
        ValueError, match=r"^ExistingDomain: host is .*; allowed: a host name, with"
    ):
        ExistingDomain(domain_arn=f"arn:aws:es:{PLACE}:domain/theirs", host=host)


@pytest.mark.parametrize(
    ("given", "allowed"),
    [
        ({"collection_name": "Theirs"}, "the collection's name"),
        ({"collection_id": f"arn:aws:aoss:{PLACE}:collection/abc1"}, "the last part of its ARN"),
        ({"endpoint": "abc1.eu-west-1.aoss.amazonaws.com"}, "https:// and a host name"),
    ],
)
def test_fails_when_no_collection_can_be_so(given: dict[str, str], allowed: str) -> None:
    good: dict[str, Any] = {
        "collection_name": "theirs",
        "collection_id": "abc1",
        "endpoint": "https://z",
    }
    (prop,) = given
    with pytest.raises(ValueError, match=f"^ExistingCollection: {prop} is .*; allowed: {allowed}"):
        ExistingCollection(**{**good, **given})


def test_fails_when_administrators_are_no_roles(stack: cdk.Stack) -> None:
    role = iam.Role(stack, "Admin", assumed_by=iam.AccountRootPrincipal())
    wrong: tuple[Any, ...] = (role, role.role_arn, [role.role_arn])
    for number, each in enumerate(wrong):
        with pytest.raises(ValueError, match=r"administrators is .*; allowed: a list of IAM roles"):
            OpenSearchDomain(stack, f"Search{number}", public_endpoint=True, administrators=each)
