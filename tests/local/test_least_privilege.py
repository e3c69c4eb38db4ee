"""Least privilege, shown: without a statement of its role the sensors job does not go on.

The emulator enforces IAM for S3, DynamoDB, Kinesis and logs. What nothing here can notice is listed
with its reason; a statement that is neither noticed nor listed is surplus.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from jobs.sensors.scenario import SCENARIO
from managed_flink_local import environment
from managed_flink_local.progress import Progress
from managed_flink_local.rollout import Rollout
from managed_flink_local.sender import channel
from tests.local.privileges import Privileges, Statement, listed

pytestmark = pytest.mark.local

NAME = "privileges-tests"
A_DAY = 200
NOT_NOTICED_HERE = {
    "kms": "no service of the emulator asks for a key",
    "logs:DescribeLogGroups": "the service looks for the group before it writes; the emulator "
    "knows it",
    "logs:DescribeLogStreams": "the same for the stream",
    "s3:GetBucketLocation s3:ListBucket": "without ListBucket S3 answers 403 instead of 404 for an "
    "object that is not there, which a restored sink looks for; the emulator answers 404",
}


@pytest.fixture(scope="module")
def privileges() -> Iterator[Privileges]:
    started = environment.start(NAME, outlive=False)
    try:
        pipeline = Rollout(started, Progress(), SCENARIO.job).deploy("deploying")
        source = channel(pipeline, SCENARIO.source)
        events = iter(SCENARIO.stream(40_000))

        def feed() -> None:
            source.put([record for record, _ in zip(events, range(A_DAY), strict=False)])

        yield Privileges(pipeline, feed)
    finally:
        environment.stop(started.state)


def reason(statement: Statement) -> str:
    """Why taking this one away shows nothing on this machine; empty if it has to show."""
    actions = sorted(listed(statement["Action"]))
    if all(action.startswith("kms:") for action in actions):
        return NOT_NOTICED_HERE["kms"]
    return NOT_NOTICED_HERE.get(" ".join(actions), "")


def test_every_statement_of_the_role_is_needed(privileges: Privileges) -> None:
    needed = [statement for statement in privileges.statements if not reason(statement)]
    actions = {action for statement in needed for action in listed(statement["Action"])}
    assert {"kinesis:GetRecords", "s3:PutObject", "dynamodb:BatchWriteItem"} < actions
    noticed = {
        " ".join(listed(statement["Action"])): privileges.noticed(statement) for statement in needed
    }
    surplus = [actions for actions, how in noticed.items() if not how]
    assert surplus == []
    assert privileges.again() == "RUNNING"
