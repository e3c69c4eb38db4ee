"""Messages between constructs and functions: each key is required, except in old properties."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from cdk_managed_flink.handlers.managed_flink_lifecycle import contract, entry
from cdk_managed_flink.handlers.managed_flink_lifecycle.contract import (
    LATEST,
    ContractError,
    EarlierProperties,
    Gate,
    PrepareRequest,
    ProveRequest,
    ReconcileEvent,
    ResourceType,
    Store,
    Trigger,
)
from cdk_managed_flink.handlers.managed_flink_lifecycle.message import Message
from cdk_managed_flink.handlers.managed_flink_lifecycle.values.outcome import DeployFailedError
from tests.lifecycle.case import Case
from tests.lifecycle.templates import GATE, Template
from tests.lifecycle.world import World

OF_TWO_RELEASES = "different releases of cdk-managed-flink. Deploy the stack again"


def without(written: dict[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in written.items() if name != key}


@pytest.mark.parametrize(
    ("message", "written"),
    [
        (PrepareRequest, Template("v1").prepare()),
        (ProveRequest, Template("v1").prove({"Snapshot": "s", "Run": "true"})),
        (ReconcileEvent, Template("v1").reconcile("stack", Trigger.STACK)),
        (Gate, GATE.to_dict()),
    ],
    ids=["prepare", "prove", "reconciler", "gate"],
)
def test_fails_when_a_key_is_missing(message: type[Message], written: dict[str, Any]) -> None:
    assert message.of(written).to_dict() == written
    for key in written:
        with pytest.raises(
            ContractError, match=f"{message.__name__} has no {key}: .*{OF_TWO_RELEASES}"
        ):
            message.of(without(written, key))


@pytest.mark.parametrize("key", ["Strategy", "DesiredState"])
def test_fails_when_a_value_is_none_of_those_allowed(key: str) -> None:
    written = {**Template("v1").prepare(), key: "SOMETHING"}
    with pytest.raises(ContractError, match=f"PrepareRequest: {key}: 'SOMETHING' is not a valid"):
        PrepareRequest.of(written)


def test_fails_when_a_part_of_a_key_is_missing() -> None:
    written = Template("v1").prove({"Snapshot": "", "Run": "true"})
    written["Gate"] = without(written["Gate"], "MinRecords")
    with pytest.raises(ContractError, match="Gate has no MinRecords"):
        ProveRequest.of(written)


def test_keys_of_a_later_release_are_ignored() -> None:
    written = Template("v1").prepare()
    assert PrepareRequest.of({**written, "Later": "1"}).to_dict() == written


@pytest.mark.parametrize("resource", list(ResourceType))
def test_a_request_that_lacks_a_key_fails_with_the_reason(resource: ResourceType) -> None:
    case = Case().running()
    prepare = resource is ResourceType.PREPARE
    new, old = Template("v2"), Template("v1")
    prepared = {"Snapshot": "", "Run": "true"}
    event = {
        "ResourceType": resource,
        "RequestType": "Update",
        "StackId": case.deploys.stack.identity,
        "ResourceProperties": without(new.prepare() if prepare else new.prove(prepared), "Bounded"),
        "OldResourceProperties": old.prepare() if prepare else old.prove(prepared),
        "StartedAt": case.world.now.isoformat(),
    }
    with pytest.raises(DeployFailedError, match="has no Bounded: ") as raised:
        entry.step(event, case.world.clients(), case.world.now)
    assert raised.value.__context__ is None
    assert case.changes == []


def test_on_event_answers_a_request_that_lacks_every_key() -> None:
    world = World()
    event = {
        "ResourceType": ResourceType.PREPARE,
        "RequestType": "Create",
        "StackId": world.cloudformation.new_stack("pipeline").identity,
        "ResourceProperties": {"ApplicationName": "a"},
    }
    answer = entry.begin(event, world.clients, world.now)
    assert answer["PhysicalResourceId"] == "a/prepare"


def test_what_an_earlier_release_did_not_write_is_empty() -> None:
    old = EarlierProperties.of({"Restore": {"Type": "LATEST"}})
    assert (old.application_name, old.application, old.desired_state) == ("", {}, "")
    assert (old.restore, old.stores) == (LATEST, {})


def test_what_an_earlier_release_wrote_is_read() -> None:
    template = Template("v1", stores={"clicks": Store("AWS::Kinesis::Stream", "c")})
    old = EarlierProperties.of(template.prepare())
    assert (old.application_name, old.desired_state) == ("sensors", "RUNNING")
    assert old.application["Digest"] == template.digest
    assert old.stores == {"clicks": ("AWS::Kinesis::Stream", "c")}


def test_constructs_import_it_without_the_functions() -> None:
    """A synthesis pays for the standard library only."""
    code = (
        f"import sys; import {contract.__name__}; "
        "loaded = [m for m in sys.modules if m.split('.')[0] in ('boto3', 'botocore', 'aws_cdk')]; "
        "assert not loaded, loaded"
    )
    subprocess.run([sys.executable, "-c", code], env={"PYTHONPATH": ":".join(sys.path)}, check=True)
