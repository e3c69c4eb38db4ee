"""What happens to a deploy from outside: something else fails, or somebody kills a process."""

from __future__ import annotations

import time
from collections.abc import Callable

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ssm as ssm

from cdk_managed_flink import FlinkPipeline
from tests.local.lifecycle import faults
from tests.local.lifecycle.probe import versions
from tests.local.lifecycle.probe.stack import Addition
from tests.local.lifecycle.stage import Stage

pytestmark = pytest.mark.local

# The bootstrap stack made it.
TAKEN = "/cdk-bootstrap/hnb659fds/version"
# Long enough for another one to have begun with the job.
DYING_SECONDS = 6.0
# Shorter than a poll whose function has to be started anew: one of them is hit while it works.
KILL_SECONDS = 0.3


def another(place: Callable[[cdk.CfnResource, FlinkPipeline], None]) -> Addition:
    """Another resource of the stack, which can't be made: there is one of its name."""

    def add(stack: cdk.Stack, pipeline: FlinkPipeline) -> None:
        place(ssm.CfnParameter(stack, "Another", name=TAKEN, type="String", value="0"), pipeline)

    return add


def before_the_update(other: cdk.CfnResource, pipeline: FlinkPipeline) -> None:
    other.node.add_dependency(pipeline.lifecycle.prepare)
    pipeline.application.resource.node.add_dependency(other)


def after_the_update(other: cdk.CfnResource, pipeline: FlinkPipeline) -> None:
    other.node.add_dependency(pipeline.application.resource)
    pipeline.lifecycle.prove.node.add_dependency(other)


def after_the_proof(other: cdk.CfnResource, pipeline: FlinkPipeline) -> None:
    other.node.add_dependency(pipeline.lifecycle.prove)


@pytest.mark.parametrize(
    "place",
    [
        before_the_update,
        pytest.param(after_the_update, marks=pytest.mark.long),
        pytest.param(after_the_proof, marks=pytest.mark.long),
    ],
)
def test_another_resource_fails(
    stage: Stage, place: Callable[[cdk.CfnResource, FlinkPipeline], None]
) -> None:
    """The new version was healthy, if it came to run at all: it is taken back all the same."""
    version = stage.version(versions.healthy, also=another(place))
    stage.set_apart(version)
    deployed = stage.deploy(version)
    assert deployed.status == "UPDATE_ROLLBACK_COMPLETE"
    assert deployed.reason.startswith("Another ")
    # Where the rollback does not come to the application, the rule on the stack's status does.
    stage.await_status("RUNNING")
    assert stage.counted().right, stage.counts
    assert (version.label in stage.counts.by_version) == (place is after_the_proof)


@pytest.mark.long
@pytest.mark.parametrize("process", [faults.TASK_MANAGER, faults.JOB_MANAGER])
def test_process_is_killed_while_the_new_version_is_looked_at(stage: Stage, process: str) -> None:
    """One restart is forgiven: another one takes the job over from its checkpoint."""
    version = stage.version(versions.healthy)
    with stage.deploying(version) as began:
        stage.await_status("STARTING")
        stage.await_status("RUNNING")
        assert faults.kill(stage.environment, process) == 1
        deployed = stage.formation.wait(began)
    assert deployed.status == "UPDATE_COMPLETE", deployed.reason
    stage.current = version
    assert stage.counted().right, stage.counts


@pytest.mark.long
def test_task_manager_dies_again_and_again(stage: Stage) -> None:
    """As where each one that runs out of memory is ended from outside."""
    version = stage.version(versions.healthy)
    stage.set_apart(version)
    with stage.deploying(version) as began:
        stage.await_status("STARTING")
        stage.await_status("RUNNING")
        while stage.formation.status == "UPDATE_IN_PROGRESS":
            faults.kill(stage.environment, faults.TASK_MANAGER)
            time.sleep(DYING_SECONDS)
        deployed = stage.formation.wait(began)
    assert deployed.status == "UPDATE_ROLLBACK_COMPLETE"
    assert "max_restarts" in deployed.reason
    assert stage.pipeline.status() == "RUNNING"
    assert stage.counted().right, stage.counts


@pytest.mark.long
def test_task_manager_is_killed_just_before_the_stop(stage: Stage) -> None:
    """The stop fails: the deploy goes on from a snapshot that is young enough, or later."""
    old, version = stage.current, stage.version(versions.healthy)
    with stage.deploying(version) as began:
        assert faults.kill(stage.environment, faults.TASK_MANAGER) == 1
        deployed = stage.formation.wait(began)
    assert deployed.status == "UPDATE_COMPLETE", deployed.reason
    stage.current = version
    stage.counted()
    stage.set_apart(old, after=stage.last_before(version))
    assert stage.counted().right, stage.counts


@pytest.mark.long
def test_job_manager_is_killed_while_the_new_version_starts(stage: Stage) -> None:
    """Before the job runs nothing takes its place: the start fails, and with it the deploy."""
    version = stage.version(versions.healthy)
    stage.set_apart(version)
    with stage.deploying(version) as began:
        stage.await_status("STARTING")
        time.sleep(2)
        assert faults.kill(stage.environment, faults.JOB_MANAGER) == 1
        deployed = stage.formation.wait(began)
    assert deployed.status == "UPDATE_ROLLBACK_COMPLETE"
    assert stage.pipeline.status() == "RUNNING"
    assert stage.counted().right, stage.counts


@pytest.mark.parametrize("status", ["STOPPING", pytest.param("STARTING", marks=pytest.mark.long)])
def test_handlers_are_killed(stage: Stage, status: str) -> None:
    """A poll that dies fails the deploy: the framework makes no difference between failures."""
    version = stage.version(versions.healthy)
    stage.set_apart(version)
    with stage.deploying(version) as began:
        stage.await_status(status)
        while stage.formation.status == "UPDATE_IN_PROGRESS":
            faults.kill(stage.environment, faults.HANDLERS)
            time.sleep(KILL_SECONDS)
        deployed = stage.formation.wait(began)
    assert deployed.status == "UPDATE_ROLLBACK_COMPLETE"
    stage.await_status("RUNNING")
    assert stage.counted().right, stage.counts
