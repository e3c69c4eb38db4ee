"""What the CDK's command line does to a stack here, watched while it goes."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from . import assembly, processes
from .failure import LocalError, last_words

if TYPE_CHECKING:
    from pathlib import Path

    from .assembly import Assembly
    from .environment import Environment
    from .progress import Phase, Progress

POLL_SECONDS = 0.1
EVENTS_SECONDS = 1.0
DEADLINE_SECONDS = 900.0
# The end of a logical id.
HASH = re.compile(r"[0-9A-F]{8}$")
# What CDK's provider framework adds to a handler's own message.
FRAMEWORK_TRACE = re.compile(r"\s*Logs: /aws/lambda/.*|\s+at \S+ \(.*", re.DOTALL)
CONSEQUENCES = ("Resource creation cancelled", "Resource update cancelled")


class DeployFailedError(LocalError):
    """CloudFormation refused or rolled back; the reason is the first failed resource's own."""

    def __init__(self, phase: str, reason: str, log: Path, status: str) -> None:
        super().__init__(phase, reason, log)
        self.status = status


def bootstrap(environment: Environment) -> None:
    """Make the buckets and roles that every CDK deployment needs."""
    target = f"aws://{environment.account}/{environment.region}"
    log = environment.logs / "bootstrap.log"
    # Outside the project, so that its app is not synthesized for it.
    command: list[str | Path] = [
        assembly.CDK,
        "bootstrap",
        target,
        "--no-notices",
        "--bootstrap-customer-key",
    ]
    variables = assembly.variables(environment)
    processes.run("bootstrapping", command, log, variables, environment.state)


def deploy(environment: Environment, app: Assembly, name: str, phase: Phase) -> None:
    """Deploy all stacks of an assembly; a failure carries CloudFormation's own reason."""
    log = environment.logs / f"{name}.log"
    command: list[str | Path] = [assembly.CDK, "deploy", "--all", "--app", app.directory]
    command += ["--require-approval", "never", "--no-notices", "--progress", "events", "--ci"]
    command += ["--method", "direct"]
    started = time.time()
    if _watched(environment, app, command, log, phase):
        status, reason = why_failed(environment, app.stacks, started)
        raise DeployFailedError(phase.name, reason or _refusal(log), log, status)


def destroy(environment: Environment, app: Assembly, progress: Progress) -> None:
    """Delete all stacks of an assembly, as a user of the app would."""
    log = environment.logs / "destroy.log"
    command: list[str | Path] = [assembly.CDK, "destroy", "--all", "--force", "--no-notices"]
    command += ["--app", app.directory, "--progress", "events", "--ci"]
    with progress.phase("destroying the stack", "CloudFormation") as phase:
        if _watched(environment, app, command, log, phase):
            _, reason = why_failed(environment, app.stacks, 0)
            raise LocalError("destroying the stack", reason or last_words(log), log)


def _refusal(log: Path) -> str:
    """Return what the command line ends with when there is no resource to blame."""
    _, mark, said = log.read_text(encoding="utf-8", errors="replace").rpartition("‣ ")
    return " ".join(said.split()) if mark else last_words(log)


def _watched(
    environment: Environment, app: Assembly, command: list[str | Path], log: Path, phase: Phase
) -> int:
    """Run a command and say what CloudFormation is busy with; return its exit code."""
    process = processes.start(command, log, assembly.variables(environment), environment.state)
    started = time.time()
    asked = 0.0
    try:
        while (code := process.poll()) is None:
            if not environment.alive():
                raise LocalError(phase.name, "the emulator has ended", environment.emulator_log)
            if phase.elapsed > DEADLINE_SECONDS:
                reason = f"not finished after {DEADLINE_SECONDS:.0f} s, waits for {phase.waiting}"
                raise LocalError(phase.name, reason, log)
            if phase.elapsed - asked > EVENTS_SECONDS:
                asked = phase.elapsed
                phase.waits_for(_busy_with(environment, app, started))
            time.sleep(POLL_SECONDS)
    finally:
        processes.end(process)
    return code


def _busy_with(environment: Environment, app: Assembly, since: float) -> str:
    """Return the resources that were begun and not ended, custom ones first: they take longest."""
    latest = {
        event["LogicalResourceId"]: event
        for name in app.stacks
        for event in events(environment, name, since)
        if event["LogicalResourceId"] != name
    }
    unfinished = sorted(
        (not event["ResourceType"].startswith("Custom::"), logical_id)
        for logical_id, event in latest.items()
        if event["ResourceStatus"].endswith("_IN_PROGRESS")
    )
    if not unfinished:
        return "CloudFormation"
    more = f" and {len(unfinished) - 2} more" if len(unfinished) > 2 else ""
    names = [HASH.sub("", logical_id) for _, logical_id in unfinished[:2]]
    return ", ".join(names) + more + _applications(environment)


def _applications(environment: Environment) -> str:
    """Return the status of the Flink applications, which most deployments wait for."""
    try:
        found = environment.client("kinesisanalyticsv2").list_applications()
    except (ClientError, BotoCoreError):
        return ""
    statuses = {summary["ApplicationStatus"] for summary in found["ApplicationSummaries"]}
    return f" (Flink application: {', '.join(sorted(statuses))})" if statuses else ""


def events(environment: Environment, name: str, since: float) -> list[dict[str, Any]]:
    """Return a stack's events since a time, oldest first; none when there is no stack."""
    cloudformation = environment.client("cloudformation")
    pages = cloudformation.get_paginator("describe_stack_events").paginate(StackName=name)
    try:
        found = [event for page in pages for event in page["StackEvents"]]
    except (ClientError, BotoCoreError):
        return []
    # Whole seconds: not every clock that stamps an event shows more.
    return [event for event in reversed(found) if event["Timestamp"].timestamp() >= since - 1]


def why_failed(environment: Environment, stacks: list[str], since: float) -> tuple[str, str]:
    """Return a failed stack's status and the reason of the resource that failed first."""
    for name in stacks:
        for event in events(environment, name, since):
            reason = event.get("ResourceStatusReason", "no reason given")
            failed = event["ResourceStatus"].endswith("_FAILED")
            if failed and not reason.startswith(CONSEQUENCES):
                status = str(stack(environment, name)["StackStatus"])
                told = FRAMEWORK_TRACE.sub("", reason)
                return status, f"{event['LogicalResourceId']} {event['ResourceStatus']}: {told}"
    return "", ""


def stack(environment: Environment, name: str) -> dict[str, Any]:
    """Return a stack as CloudFormation describes it."""
    try:
        answer = environment.client("cloudformation").describe_stacks(StackName=name)
    except ClientError as error:
        raise LocalError("looking at the stack", str(error), environment.emulator_log) from error
    described: dict[str, Any] = answer["Stacks"][0]
    return described


def outputs(environment: Environment, name: str) -> dict[str, str]:
    """Return a stack's outputs."""
    described = stack(environment, name).get("Outputs", [])
    return {output["OutputKey"]: output["OutputValue"] for output in described}
