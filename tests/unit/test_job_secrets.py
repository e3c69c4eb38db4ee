"""References to secrets in property groups: read once, masked, never shown in an error."""

import json
import re
import sys
from types import ModuleType
from typing import Any

import pytest

from cdk_managed_flink.job.properties import PropertyGroups
from cdk_managed_flink.job.rendering import is_secret, masked, options
from cdk_managed_flink.job.secrets import SecretError, is_well_formed, read_secret, refers, resolved

ARN = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:db-AbCdEf"
TEXT = json.dumps({"username": "app", "password": "sesame-open", "port": 5432})


def test_a_whole_value_is_the_secret_or_one_key_of_it() -> None:
    assert resolved(f"secret:{ARN}", lambda _: TEXT) == (TEXT, [TEXT])
    assert resolved(f"secret:{ARN}:password", lambda _: TEXT)[0] == "sesame-open"
    assert resolved(f"secret:{ARN}:port", lambda _: TEXT)[0] == "5432"


def test_references_inside_of_a_longer_value_are_replaced_each() -> None:
    user, password = (f"${{secret:{ARN}:{key}}}" for key in ("username", "password"))
    jaas = f'Login required username="{user}" password="{password}";'
    value, secrets = resolved(jaas, lambda _: TEXT)
    assert value == 'Login required username="app" password="sesame-open";'
    assert secrets == ["app", "sesame-open"]


@pytest.mark.parametrize("arn", [ARN, ARN.replace("aws", "aws-cn", 1), f"{ARN}/with.more_of-it@x"])
def test_every_arn_of_the_service_is_taken(arn: str) -> None:
    assert is_well_formed(f"secret:{arn}:key")
    assert is_well_formed(f"a ${{secret:{arn}}} b")


@pytest.mark.parametrize(
    "value",
    [
        "secret:hunter2",
        "secret:",
        f"secret:{ARN}:",
        f"${{secret:{ARN}",
        "a ${secret:x} b",
        f"secret:{ARN}:a}}b",
    ],
)
def test_fails_when_a_reference_has_another_form(value: str) -> None:
    assert refers(value)
    with pytest.raises(SecretError, match="is no reference to a secret"):
        resolved(value, lambda _: TEXT)


@pytest.mark.parametrize("value", ["AUTO", "my-secret:x", "$secret:x", "{secret:x}"])
def test_a_value_that_only_has_the_word_in_it_is_none(value: str) -> None:
    assert not refers(value)


@pytest.mark.parametrize("text", ["sesame-open", '["sesame-open"]', '"sesame-open"'])
def test_fails_when_a_secret_is_no_json_object_without_showing_it(text: str) -> None:
    with pytest.raises(SecretError, match="is no JSON object, so it has no key 'user'") as caught:
        resolved(f"secret:{ARN}:user", lambda _: text)
    assert "sesame" not in str(caught.value)
    assert caught.value.__suppress_context__


def test_fails_when_a_secret_lacks_the_key_and_names_those_that_it_has() -> None:
    with pytest.raises(SecretError, match="has no key 'user'; it has: password, port, username"):
        resolved(f"secret:{ARN}:user", lambda _: TEXT)


def test_groups_are_resolved_with_one_call_a_secret_and_masked_under_any_key() -> None:
    asked: list[str] = []

    def read(arn: str) -> str:
        asked.append(arn)
        return TEXT

    groups = PropertyGroups(
        {
            "http": {"connector": "http", "header.Authorization": f"secret:{ARN}:password"},
            "db": {"password": f"secret:{ARN}:password", "user": f"secret:{ARN}:username"},
        }
    ).resolved(read)
    assert asked == [ARN]
    assert groups["db"] == {"password": "sesame-open", "user": "app"}
    shown = masked(f"failed: {options(groups['http'])} sesame-open", groups)
    assert "sesame" not in shown
    assert "'header.Authorization' = '******'" in shown


def test_groups_without_references_ask_nobody() -> None:
    groups = PropertyGroups({"a": {"b": "c"}})
    assert groups.resolved(lambda _: pytest.fail("asked")) == groups


def test_fails_when_a_secret_can_not_be_read_and_names_the_property() -> None:
    def refuse(arn: str) -> str:
        raise SecretError(f"{arn} can't be read: AccessDenied")

    told = f"property 'password' of group 'db': {ARN} can't be read: AccessDenied"
    with pytest.raises(SecretError, match=re.escape(told)):
        PropertyGroups({"db": {"password": f"secret:{ARN}"}}).resolved(refuse)


def test_a_reference_is_masked_where_it_is_not_read() -> None:
    """As in a plan, which is shown without asking for any secret."""
    assert is_secret("user", f"secret:{ARN}")
    assert is_secret("jaas", f"x ${{secret:{ARN}}}")


# --- botocore -------------------------------------------------------------------------------------


class FakeSession:
    """Stands in for botocore's session; answers with what it is given."""

    def __init__(self, answer: Any) -> None:  # noqa: ANN401
        self.answer = answer
        self.made: list[tuple[str, str | None]] = []

    def create_client(self, service: str, region_name: str | None) -> "FakeSession":
        self.made.append((service, region_name))
        return self

    def get_secret_value(self, SecretId: str) -> dict[str, str]:  # noqa: N803
        assert SecretId == ARN
        if isinstance(self.answer, Exception):
            raise self.answer
        return dict(self.answer)


class FakeClientError(Exception):
    pass


def _botocore(monkeypatch: pytest.MonkeyPatch, answer: Any) -> FakeSession:  # noqa: ANN401
    session = FakeSession(answer)
    exceptions, sessions = ModuleType("botocore.exceptions"), ModuleType("botocore.session")
    exceptions.BotoCoreError = exceptions.ClientError = FakeClientError  # type: ignore[attr-defined]
    sessions.get_session = lambda: session  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "botocore.exceptions", exceptions)
    monkeypatch.setitem(sys.modules, "botocore.session", sessions)
    return session


def test_a_secret_is_read_in_the_region_of_its_arn(monkeypatch: pytest.MonkeyPatch) -> None:
    session = _botocore(monkeypatch, {"SecretString": "s"})
    assert read_secret(ARN) == "s"
    assert session.made == [("secretsmanager", "eu-west-1")]


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ({"SecretBinary": b"x"}, "holds bytes, and no text"),
        (FakeClientError("AccessDeniedException"), "can't be read: AccessDeniedException"),
    ],
)
def test_fails_when_the_service_gives_no_text(
    monkeypatch: pytest.MonkeyPatch,
    answer: Any,  # noqa: ANN401
    told: str,
) -> None:
    _botocore(monkeypatch, answer)
    with pytest.raises(SecretError, match=told):
        read_secret(ARN)


def test_fails_when_the_package_has_no_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "botocore.exceptions", None)
    with pytest.raises(SecretError, match=r"is not in the job's package: .* secret_reader"):
        read_secret(ARN)
