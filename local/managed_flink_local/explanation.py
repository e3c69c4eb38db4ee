"""Flink's plan of a SQL job, made from the property groups that the app binds to it."""

from __future__ import annotations

import json
import os
import zipfile
from typing import TYPE_CHECKING, Any

from . import environment, processes, toolchain
from .assembly import CDK, Assembly
from .failure import LocalError, last_words
from .scenario import JOBS

if TYPE_CHECKING:
    from pathlib import Path

    from .progress import Progress
    from .scenario import Scenario

APPLICATION = "AWS::KinesisAnalyticsV2::Application"
CONNECTORS = "lib/connectors.jar"
SCRIPT = "job.sql"
RUNNER = toolchain.ROOT / "constructs" / "cdk_managed_flink" / "job"


def plan(scenario: Scenario, name: str, progress: Progress) -> str:
    """Return the plan of a SQL job; nothing is deployed and nothing runs."""
    script = JOBS / scenario.job / SCRIPT
    if not script.is_file():
        raise LocalError("explaining the job", f"{scenario.job} is no SQL job: it has no {SCRIPT}")
    state = environment.RUNS / name
    state.mkdir(parents=True)
    try:
        with progress.phase("synthesizing the app", "the job's package"):
            app = _synthesized(state, scenario.job)
        groups = state / "groups.json"
        groups.write_text(json.dumps(property_groups(app, scenario.job)), encoding="utf-8")
        with progress.phase("explaining the job", "Flink's planner"):
            flink = _flink(app, scenario.job)
            return _explained(script, groups, _connectors(app, state), flink, state)
    finally:
        environment.forget(state)


def _synthesized(state: Path, job: str) -> Assembly:
    output = state / "cdk.out"
    variables = {
        **os.environ,
        "CDK_VALIDATION": "false",
        "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "20",
    }
    command: list[str | Path] = [CDK, "synth", "--quiet", "--no-notices", "--no-lookups"]
    command += ["--context", "env=local", "--context", f"job={job}", "--output", output]
    log = toolchain.STAMPS / "explain.log"
    log.unlink(missing_ok=True)
    processes.run("synthesizing the app", command, log, variables, toolchain.ROOT)
    return Assembly(output)


def property_groups(app: Assembly, job: str) -> list[dict[str, Any]]:
    """Return the groups of the job's application, or of the only one there is.

    A value that CloudFormation would fill in is spelled as the reference it is.
    """
    properties = _application(app, job)
    configuration = properties["ApplicationConfiguration"]
    groups = configuration.get("EnvironmentProperties", {}).get("PropertyGroups", [])
    return [_spelled(group) for group in groups]


def _application(app: Assembly, job: str) -> dict[str, Any]:
    """Return the properties of the job's application, or of the only one there is."""
    found: dict[str, dict[str, Any]] = {}
    for template in app.directory.glob("*.template.json"):
        resources = json.loads(template.read_text(encoding="utf-8")).get("Resources", {})
        for logical_id, resource in resources.items():
            if resource["Type"] == APPLICATION:
                found[logical_id] = resource["Properties"]
    named = [groups for name, groups in found.items() if name.lower().startswith(job.lower())]
    chosen = named or list(found.values())
    if not chosen:
        raise LocalError("explaining the job", "the app has no Flink application")
    return chosen[0]


def _flink(app: Assembly, job: str) -> toolchain.Flink:
    """Return the Flink of the application's runtime."""
    runtime = _application(app, job)["RuntimeEnvironment"]
    for flink in toolchain.installed():
        if flink.runtime == runtime:
            return flink
    raise LocalError("explaining the job", f"there is no Flink for {runtime} here: make up does it")


def _spelled(group: dict[str, Any]) -> dict[str, Any]:
    values = group.get("PropertyMap", {})
    spelled = {key: reference_text(value) for key, value in values.items()}
    return {"PropertyGroupId": group["PropertyGroupId"], "PropertyMap": spelled}


def reference_text(value: object) -> str:
    """Spell an intrinsic function of a template: what it refers to, joined."""
    match value:
        case {"Ref": "AWS::Region"}:
            return environment.REGION
        case {"Ref": name}:
            return str(name)
        case {"Fn::GetAtt": [name, attribute]}:
            return f"{name}.{attribute}"
        case {"Fn::Join": [separator, parts]}:
            return str(separator).join(reference_text(part) for part in parts)
        case {"Fn::Sub": text}:
            return str(text)
        case _:
            return str(value)


def _connectors(app: Assembly, state: Path) -> Path:
    for package in app.directory.glob("asset.*.zip"):
        with zipfile.ZipFile(package) as archive:
            if CONNECTORS in archive.namelist():
                return state / archive.extract(CONNECTORS, state)
    raise LocalError("explaining the job", f"no asset of the app holds {CONNECTORS}")


def _explained(script: Path, groups: Path, jar: Path, flink: toolchain.Flink, state: Path) -> str:
    runner = state / "runner"
    runner.mkdir()
    (runner / "managed_flink_job").symlink_to(RUNNER)
    command: list[str | Path] = [flink.python, "-m", "managed_flink_job", "--sql", script.resolve()]
    command += ["--groups", groups, "--jar", jar]
    log = state / "plan.log"
    variables = {**os.environ, "PYTHONPATH": str(runner), "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        processes.run("explaining the job", command, log, variables, state)
    except LocalError as error:
        raise LocalError("explaining the job", last_words(log, 40)) from error
    return log.read_text(encoding="utf-8")
