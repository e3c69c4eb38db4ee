"""Property groups: what may be in them, and what becomes of it."""

import aws_cdk as cdk
import pytest

from cdk_managed_flink import FlinkApplication


def group(application: FlinkApplication, name: str) -> object:
    (found,) = [g for g in application._properties.render() if g["propertyGroupId"] == name]
    return cdk.Stack.of(application).resolve(found["propertyMap"])


def test_numbers_and_booleans_become_what_java_reads(application: FlinkApplication) -> None:
    application.add_property_group(
        "limits", {"capacity": 500, "timeout": 45000, "rate": 0.5, "on": True, "off": False}
    )
    assert group(application, "limits") == {
        "capacity": "500",
        "timeout": "45000",
        "rate": "0.5",
        "on": "true",
        "off": "false",
    }


@pytest.mark.parametrize("value", [None, ["a"], {"a": "b"}, b"a"])
def test_fails_when_a_value_is_none_or_no_scalar(
    application: FlinkApplication, value: object
) -> None:
    with pytest.raises(
        ValueError, match=r"App: property 'x' of group 'limits' is .*; allowed: a string, a number"
    ):
        application.add_property_group("limits", {"x": value})  # type: ignore[dict-item]


def test_the_type_checker_objects_to_none(application: FlinkApplication) -> None:
    # mypy reports a superfluous `type: ignore`, so this line fails the check if None were allowed.
    with pytest.raises(ValueError, match="is None; allowed: a string, a number or a boolean"):
        application.add_property_group("limits", {"x": None})  # type: ignore[dict-item]


def test_tokens_pass_as_ids_and_values(
    application: FlinkApplication, number: float, text: str
) -> None:
    application.add_property_group("db", {"limit": number, "value": text, "part": f"a-{text}"})
    application.add_property_group(text, {"a": "b"})
    assert group(application, "db") == {
        "limit": {"Ref": "Number"},
        "value": {"Ref": "Text"},
        "part": {"Fn::Join": ["", ["a-", {"Ref": "Text"}]]},
    }


@pytest.mark.parametrize(
    "key",
    [
        "DB_PASSWORD",
        "accessToken",
        "apiKey",
        "authtoken",
        "clientsecret",
        "credentials",
        "dbPassword",
        "dbpassword",
        "properties.sasl.jaas.config",
        "ssl.keystore.password",
        "x-api-key",
    ],
)
def test_fails_when_a_literal_stands_under_a_password_like_key(
    application: FlinkApplication, key: str
) -> None:
    with pytest.raises(ValueError, match=rf"property '{key}' of group 'db' is '\*\*\*'") as error:
        application.add_property_group("db", {key: "hunter2"})
    assert "hunter2" not in str(error.value)
    assert "pass FlinkSecret.of(secret, key), which is secret:<arn>[:key]" in str(error.value)


@pytest.mark.parametrize(
    "key", ["aws.credentials.provider", "key", "keys", "primary-key", "tokens.per.second"]
)
def test_keys_that_only_look_like_passwords_pass(application: FlinkApplication, key: str) -> None:
    application.add_property_group("db", {key: "AUTO"})
    assert group(application, "db") == {key: "AUTO"}


@pytest.mark.parametrize("id_", ["two words", "", "x" * 51, "name\n", "a/b"])
def test_fails_when_a_group_id_is_illegal(application: FlinkApplication, id_: str) -> None:
    with pytest.raises(
        ValueError, match=r"property group id is .*; allowed: 1 to 50 of the .*\. Rename the group"
    ):
        application.add_property_group(id_, {"a": "b"})


def test_fails_when_a_group_exists_already(application: FlinkApplication) -> None:
    application.add_property_group("limits", {"a": "b"})
    with pytest.raises(ValueError, match=r"is 'limits'; allowed: an id that is not used\. Add all"):
        application.add_property_group("limits", {"c": "d"})


def test_fails_when_the_group_of_the_run_options_is_taken(application: FlinkApplication) -> None:
    with pytest.raises(ValueError, match="allowed: an id that is not used"):
        application.add_property_group("kinesis.analytics.flink.run.options", {"python": "a.py"})


@pytest.mark.parametrize("entries", [0, 51])
def test_fails_when_a_group_has_no_or_too_many_entries(
    application: FlinkApplication, entries: int
) -> None:
    with pytest.raises(
        ValueError, match=rf"entries of property group 'limits' is {entries}; allowed: 1 to 50"
    ):
        application.add_property_group("limits", {f"key{i}": "v" for i in range(entries)})


@pytest.mark.parametrize("value", ["", "v" * 2049])
def test_fails_when_a_value_is_empty_or_too_long(application: FlinkApplication, value: str) -> None:
    with pytest.raises(
        ValueError,
        match=r"^Stack/App: property 'max' of group 'limits' is 'v*('|\.\.\.); allowed: 1 to 2048 "
        rf"characters \(received {len(value)}\)\. Leave an empty property out; put a long",
    ) as error:
        application.add_property_group("limits", {"max": value})
    assert len(str(error.value)) < 400


@pytest.mark.parametrize("key", ["", "k" * 2049])
def test_fails_when_a_key_is_empty_or_too_long(application: FlinkApplication, key: str) -> None:
    with pytest.raises(ValueError, match=r"key in property group 'limits' is .*1 to 2048 char"):
        application.add_property_group("limits", {key: "v"})


def test_the_longest_that_the_service_takes_passes(application: FlinkApplication) -> None:
    application.add_property_group("x" * 50, {"k" * 2048: "v" * 2048})
    application.add_property_group("limits", {f"key{i}": "v" for i in range(50)})


def test_fifty_groups_pass_and_the_run_options_are_one(application: FlinkApplication) -> None:
    for i in range(49):
        application.add_property_group(f"group{i}", {"a": "b"})
    assert len(application._properties.names) == 50
    with pytest.raises(
        ValueError, match=r"property groups is 51; allowed: at most 50, .*run options counted\. Put"
    ):
        application.add_property_group("last", {"a": "b"})
