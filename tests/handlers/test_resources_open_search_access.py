"""OpenSearchAccess and OpenSearchAdministrators, against a domain's API on this machine."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from cdk_managed_flink.handlers.managed_flink_resources import entry, open_search_client
from cdk_managed_flink.handlers.managed_flink_resources.request import ResourceError
from tests.handlers.domain_api import SECURITY, STATES, DomainApi

ROLE = "arn:aws:iam::123456789012:role/delivers"
ADMIN = "arn:aws:iam::123456789012:role/admin"
POLICY = f"{STATES}policies/clicks-out"


@pytest.fixture
def domain(monkeypatch: pytest.MonkeyPatch) -> Iterator[DomainApi]:
    monkeypatch.setattr(open_search_client, "_SCHEME", "http")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.delenv("AWS_SESSION_TOKEN", raising=False)
    api = DomainApi()
    yield api
    api.close()


@pytest.fixture
def secrets(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stubber]:
    client = boto3.client(
        "secretsmanager", region_name="eu-west-1", aws_access_key_id="x", aws_secret_access_key="x"
    )
    monkeypatch.setattr(boto3, "client", lambda service: {"secretsmanager": client}[service])
    with Stubber(client) as stubber:
        yield stubber
    stubber.assert_no_pending_responses()


def tells(secrets: Stubber, arn: str, username: str, password: str) -> None:
    value = {"SecretString": json.dumps({"username": username, "password": password})}
    secrets.add_response("get_secret_value", value, {"SecretId": arn})


def event(domain: DomainApi, type_: str = "Create", **changed: Any) -> dict[str, Any]:  # noqa: ANN401
    properties = {
        "Kind": "OpenSearchAccess",
        "Endpoint": domain.host,
        "Name": "clicks-out",
        "IndexPattern": "clicks*",
        "Roles": [ROLE],
        **changed,
    }
    return {"RequestType": type_, "RequestId": "request-1", "ResourceProperties": properties}


def done(asked: dict[str, Any], **more: Any) -> dict[str, Any]:  # noqa: ANN401
    """Begin, and poll once."""
    asked = {**asked, **more}
    begun = entry.on_event(asked, None)
    return entry.is_complete({**asked, **begun}, None)


def test_a_role_is_let_in_to_its_indexes_alone(domain: DomainApi) -> None:
    found = done(event(domain))
    assert found == {"IsComplete": True, "Data": {"Name": "clicks-out"}}
    assert domain.things == {
        f"{SECURITY}roles/clicks-out": {
            "description": "A Flink job",
            "cluster_permissions": ["cluster_composite_ops", "cluster_monitor"],
            "index_permissions": [
                {
                    "index_patterns": ["clicks*"],
                    "allowed_actions": ["create_index", "manage", "crud"],
                }
            ],
        },
        f"{SECURITY}rolesmapping/clicks-out": {"backend_roles": [ROLE], "users": []},
    }


def test_requests_are_signed_as_the_function(domain: DomainApi) -> None:
    done(event(domain))
    assert len(domain.credentials) == len(domain.calls) >= 3
    for each in domain.credentials:
        assert each.startswith("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/")
        assert "/eu-west-1/es/aws4_request" in each


def test_a_user_is_made_by_the_master_user(domain: DomainApi, secrets: Stubber) -> None:
    tells(secrets, "master", "flink-master", "m")
    tells(secrets, "user", "clicks-out", "u")
    done(event(domain, Roles=[], MasterSecret="master", UserSecret="user"))
    assert domain.things[f"{SECURITY}internalusers/clicks-out"]["password"] == "u"
    assert domain.things[f"{SECURITY}rolesmapping/clicks-out"] == {
        "backend_roles": [],
        "users": ["clicks-out"],
    }
    basic = base64.b64encode(b"flink-master:m").decode()
    assert set(domain.credentials) == {f"Basic {basic}"}


def test_old_indexes_are_deleted_the_ones_that_are_there_too(domain: DomainApi) -> None:
    done(event(domain, Retention="30d"))
    policy = domain.things[POLICY]["policy"]
    assert policy["ism_template"] == [{"index_patterns": ["clicks*"], "priority": 100}]
    kept, old = policy["states"]
    assert kept["transitions"] == [
        {"state_name": "old", "conditions": {"min_index_age": "30d"}},
    ]
    assert old["actions"] == [{"delete": {}}]
    assert domain.things[f"{STATES}add/clicks*"] == [{"policy_id": "clicks-out"}]


def test_a_changed_retention_names_the_version_that_it_changes(domain: DomainApi) -> None:
    for retention in ("30d", "7d", "36h"):
        done(event(domain, "Update", Retention=retention), PhysicalResourceId="clicks-out")
    (kept, _) = domain.things[POLICY]["policy"]["states"]
    assert kept["transitions"][0]["conditions"] == {"min_index_age": "36h"}
    assert domain.versions[POLICY] == 3


def test_a_retention_that_is_left_out_is_gone(domain: DomainApi) -> None:
    done(event(domain, Retention="30d"))
    done(event(domain, "Update"), PhysicalResourceId="clicks-out")
    assert POLICY not in domain.things
    assert ("POST", f"{STATES}remove/clicks*") in domain.calls


def test_a_delete_takes_it_all_away_and_may_be_repeated(
    domain: DomainApi, secrets: Stubber
) -> None:
    for arn, username in (
        ("master", "flink-master"),
        ("user", "clicks-out"),
        ("master", "flink-master"),
        ("master", "flink-master"),
    ):
        tells(secrets, arn, username, "p")
    asked = {"MasterSecret": "master", "UserSecret": "user", "Retention": "30d"}
    done(event(domain, **asked))
    for _ in range(2):
        gone = done(event(domain, "Delete", **asked), PhysicalResourceId="clicks-out")
        assert gone["IsComplete"] is True
    assert [path for path in domain.things if "clicks-out" in path] == []


@pytest.mark.parametrize("code", [403, 429, 502, 503])
def test_a_domain_that_is_not_up_yet_is_asked_again(domain: DomainApi, code: int) -> None:
    domain.refusals = [code]
    assert done(event(domain)) == {"IsComplete": False}
    assert done(event(domain))["IsComplete"] is True


def test_fails_when_the_domain_refuses(domain: DomainApi) -> None:
    domain.refusals = [400]
    with pytest.raises(ResourceError, match=r"^DELETE _plugins/.*: 400 .*as the test wants it"):
        done(event(domain))


def test_fails_when_the_domain_can_not_be_reached_for_long(
    domain: DomainApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = {**event(domain), "PhysicalResourceId": "clicks-out"}
    asked["ResourceProperties"]["Endpoint"] = "127.0.0.1:9"
    begun = entry.on_event(asked, None)
    assert entry.is_complete({**asked, **begun}, None) == {"IsComplete": False}
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 901)
    with pytest.raises(ResourceError, match=r"127\.0\.0\.1:9 can't be reached: .* port 443; with"):
        entry.is_complete({**asked, **begun}, None)


def administrators(domain: DomainApi, type_: str, *roles: str) -> dict[str, Any]:
    asked = event(domain, type_)
    asked["ResourceProperties"] = {
        "Kind": "OpenSearchAdministrators",
        "Endpoint": domain.host,
        "Roles": list(roles),
    }
    return asked


def test_administrators_stand_beside_those_that_are_there(domain: DomainApi) -> None:
    path = f"{SECURITY}rolesmapping/all_access"
    domain.things[path] = {"backend_roles": ["theirs"], "users": ["master"], "hosts": []}
    done(administrators(domain, "Create", ADMIN))
    assert domain.things[path] == {
        "backend_roles": [ADMIN, "theirs"],
        "users": ["master"],
        "hosts": [],
    }
    assert domain.things[f"{SECURITY}rolesmapping/security_manager"]["backend_roles"] == [ADMIN]


def test_administrators_that_are_left_out_are_gone_and_others_stay(domain: DomainApi) -> None:
    path = f"{SECURITY}rolesmapping/all_access"
    domain.things[path] = {"backend_roles": ["theirs"], "users": [], "hosts": []}
    done(administrators(domain, "Create", ADMIN, ROLE))
    old = administrators(domain, "Create", ADMIN, ROLE)["ResourceProperties"]
    done(
        administrators(domain, "Update", ROLE),
        OldResourceProperties=old,
        PhysicalResourceId="administrators",
    )
    assert domain.things[path]["backend_roles"] == sorted([ROLE, "theirs"])
    done(administrators(domain, "Delete", ROLE), PhysicalResourceId="administrators")
    assert domain.things[path]["backend_roles"] == ["theirs"]


def test_administrators_of_a_domain_that_is_not_up_yet(domain: DomainApi) -> None:
    domain.refusals = [503]
    assert done(administrators(domain, "Create", ADMIN)) == {"IsComplete": False}
