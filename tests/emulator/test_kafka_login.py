"""How a job logs in on this machine, and which of the broker's addresses a cluster answers with."""

from __future__ import annotations

from typing import Any

import pytest

from managed_flink_local.emulator.flink.property_groups import on_this_machine
from managed_flink_local.emulator.kafka.bootstrap import on
from managed_flink_local.emulator.kafka.broker import Addresses

AT = Addresses(plain="plain:1", tls="tls:2", scram="scram:3")
IAM, SCRAM = "BootstrapBrokerStringSaslIam", "BootstrapBrokerStringSaslScram"
PLAIN, TLS = "BootstrapBrokerString", "BootstrapBrokerStringTls"


def group(name: str, **values: str) -> dict[str, Any]:
    options = {key.replace("__", "."): value for key, value in values.items()}
    return {"PropertyGroupId": name, "PropertyMap": options}


def test_whoever_logs_in_by_iam_does_without_and_nobody_else() -> None:
    iam = {
        "properties__security__protocol": "SASL_SSL",
        "properties__sasl__mechanism": "AWS_MSK_IAM",
    }
    scram = {**iam, "properties__sasl__mechanism": "SCRAM-SHA-512"}
    groups = [
        group("payments", connector="kafka", **iam),
        group("totals", connector="upsert-kafka", **iam),
        group("others", connector="kafka", **scram),
        group("job", **iam),
    ]
    plain = {**iam, "properties__security__protocol": "PLAINTEXT"}
    assert on_this_machine(groups) == [
        group("payments", connector="kafka", **plain),
        group("totals", connector="upsert-kafka", **plain),
        group("others", connector="kafka", **scram),
        group("job", **iam),
    ]
    assert groups[0] == group("payments", connector="kafka", **iam), "what is described stays"


@pytest.mark.parametrize(
    ("authentication", "transit", "expected"),
    [
        ({"sasl": {"iam": {"enabled": True}}}, "TLS", {IAM: "plain:1"}),
        ({"sasl": {"scram": {"enabled": "true"}}}, "TLS", {SCRAM: "scram:3"}),
        ({"tls": {"enabled": True}}, "TLS", {TLS: "tls:2"}),
        ({"unauthenticated": {"enabled": True}}, "TLS", {TLS: "tls:2"}),
        ({"unauthenticated": {"enabled": True}}, "PLAINTEXT", {PLAIN: "plain:1"}),
        ({"unauthenticated": {"enabled": True}}, "TLS_PLAINTEXT", {PLAIN: "plain:1", TLS: "tls:2"}),
        ({"sasl": {"iam": {"enabled": True}}}, "TLS_PLAINTEXT", {IAM: "plain:1"}),
        ({}, "TLS", {TLS: "tls:2"}),
    ],
)
def test_a_cluster_answers_for_what_it_has_on(
    authentication: dict[str, Any], transit: str, expected: dict[str, str]
) -> None:
    encryption = {"encryptionInTransit": {"clientBroker": transit}}
    assert (
        on({"clientAuthentication": authentication, "encryptionInfo": encryption}, AT) == expected
    )
