"""The processes of functions."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.emulator.cloud import Cloud
from tests.emulator.functions import function

pytestmark = pytest.mark.emulator

HANDLER = """
import os

def handler(event, context):
    if event == "die":
        os._exit(1)
    raise ValueError(os.getpid())
"""


@pytest.fixture(scope="module")
def name(cloud: Cloud) -> str:
    stack = cloud.name("function")
    assert cloud.deploy(stack, function("Failing", HANDLER, "sqs:SendMessage")) == "CREATE_COMPLETE"
    return cloud.physical_id(stack, "Failing")


def message(cloud: Cloud, name: str, event: str) -> str:
    answer = cloud.client("lambda").invoke(FunctionName=name, Payload=json.dumps(event))
    assert answer["FunctionError"]
    said: dict[str, Any] = json.loads(answer["Payload"].read())
    return str(said["errorMessage"])


def test_a_handler_that_fails_keeps_its_process_and_one_that_dies_gets_another(
    cloud: Cloud, name: str
) -> None:
    first = message(cloud, name, "fail")
    assert message(cloud, name, "fail") == first
    assert message(cloud, name, "die") == "Worker process died"
    assert message(cloud, name, "fail") != first
