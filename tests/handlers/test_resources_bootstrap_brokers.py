"""BootstrapBrokers: the brokers of exactly the way to authenticate that was asked for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from cdk_managed_flink.handlers.managed_flink_resources import entry
from cdk_managed_flink.handlers.managed_flink_resources.request import ResourceError

ARN = "arn:aws:kafka:eu-west-1:123456789012:cluster/theirs/1234-5"
ALL = {
    "BootstrapBrokerString": "b-2:9092,b-1:9092",
    "BootstrapBrokerStringTls": "b-1:9094,b-2:9094",
    "BootstrapBrokerStringSaslScram": "b-1:9096",
    "BootstrapBrokerStringSaslIam": "b-3:9098,b-1:9098,b-2:9098",
    "BootstrapBrokerStringPublicSaslIam": "b-1-public:9198",
}


@pytest.fixture
def kafka(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stubber]:
    client = boto3.client(
        "kafka", region_name="eu-west-1", aws_access_key_id="x", aws_secret_access_key="x"
    )
    monkeypatch.setattr(boto3, "client", lambda service: {"kafka": client}[service])
    with Stubber(client) as stubber:
        yield stubber
    stubber.assert_no_pending_responses()


def event(mode: str = "IAM", type_: str = "Create", **more: Any) -> dict[str, Any]:  # noqa: ANN401
    return {
        "RequestType": type_,
        "RequestId": "request-1",
        "ResourceProperties": {
            "Kind": "BootstrapBrokers",
            "ClusterArn": ARN,
            "Authentication": mode,
        },
        **more,
    }


def looked_up(mode: str) -> dict[str, Any]:
    begun = entry.on_event(event(mode), None)
    return entry.is_complete(event(mode, **begun), None)


@pytest.mark.parametrize(
    ("mode", "brokers"),
    [
        ("IAM", "b-1:9098,b-2:9098,b-3:9098"),
        ("SCRAM", "b-1:9096"),
        ("MTLS", "b-1:9094,b-2:9094"),
        ("TLS", "b-1:9094,b-2:9094"),
        ("PLAINTEXT", "b-1:9092,b-2:9092"),
    ],
)
def test_the_brokers_of_the_mode_in_an_order_that_stays(
    kafka: Stubber, mode: str, brokers: str
) -> None:
    kafka.add_response("get_bootstrap_brokers", ALL, {"ClusterArn": ARN})
    assert looked_up(mode) == {"IsComplete": True, "Data": {"Brokers": brokers}}


def test_fails_when_the_cluster_does_not_have_the_mode(kafka: Stubber) -> None:
    only = {name: ALL[name] for name in ("BootstrapBrokerStringTls", "BootstrapBrokerString")}
    kafka.add_response("get_bootstrap_brokers", only, {"ClusterArn": ARN})
    with pytest.raises(
        ResourceError,
        match=rf"^The cluster {ARN} has no brokers for IAM; it has some for MTLS, TLS, PLAINTEXT\. "
        "Switch IAM on in the cluster's security settings, or use",
    ):
        looked_up("IAM")


def test_fails_when_the_cluster_is_being_made(kafka: Stubber) -> None:
    kafka.add_response("get_bootstrap_brokers", {}, {"ClusterArn": ARN})
    with pytest.raises(ResourceError, match="it has some for nothing yet"):
        looked_up("SCRAM")


def test_fails_with_the_services_own_words(kafka: Stubber) -> None:
    kafka.add_client_error("get_bootstrap_brokers", "ForbiddenException", "Access forbidden.", 403)
    with pytest.raises(ResourceError, match="Access forbidden"):
        looked_up("IAM")


def test_asked_again_when_the_service_has_no_time(kafka: Stubber) -> None:
    kafka.add_client_error("get_bootstrap_brokers", "TooManyRequestsException", "", 429)
    assert looked_up("IAM") == {"IsComplete": False}


def test_one_lookup_is_told_from_another() -> None:
    ids = {entry.on_event(event(mode), None)["PhysicalResourceId"] for mode in ("IAM", "SCRAM")}
    assert ids == {f"{ARN}/IAM", f"{ARN}/SCRAM"}


def test_a_delete_calls_nothing(kafka: Stubber) -> None:
    begun = entry.on_event(event(type_="Delete", PhysicalResourceId=f"{ARN}/IAM"), None)
    done = entry.is_complete(event(type_="Delete", **begun), None)
    assert done == {"IsComplete": True, "Data": {}}
