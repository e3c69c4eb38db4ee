"""Flink's plan of a SQL job, made from the property groups that the app binds to it."""

from __future__ import annotations

import json
import os
import zipfile
from typing import TYPE_CHECKING, Any

from . import environment, processes, toolchain
from .assembly import CDK, Assembly
from .failure import LocalError, last_words

if TYPE_CHECKING:
    from pathlib import Path

    from .progress import Progress

APPLICATION = "AWS::KinesisAnalyticsV2::Application"
CONNECTORS = "lib/connectors.jar"
RUNNER = toolchain.ROOT / "constructs" / "cdk_managed_flink" / "job"


def plan(job: Path, name: str, progress: Progress) -> str:
    """Return the plan of a job; nothing is deployed and nothing runs."""
    script = job / "job.sql"
    if not script.is_file():
        raise LocalError("explaining the job", f"{script} does not exist: JOB=jobs/<name>")
    state = environment.RUNS / name
    state.mkdir(parents=True)
    try:
        with progress.phase("synthesizing the app", "the job's package"):
            app = _synthesized(state)
        groups = state / "groups.json"
        groups.write_text(json.dumps(property_groups(app, job.name)), encoding="utf-8")
        with progress.phase("explaining the job", "Flink's planner"):
            return _explained(script, groups, _connectors(app, state), state)
    finally:
        environment.forget(state)


def _synthesized(state: Path) -> Assembly:
    output = state / "cdk.out"
    variables = {
        **os.environ,
        "CDK_VALIDATION": "false",
        "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "20",
    }
    command: list[str | Path] = [CDK, "synth", "--quiet", "--no-notices", "--no-lookups"]
    command += ["--context", "env=local", "--output", output]
    log = toolchain.STAMPS / "explain.log"
    log.unlink(missing_ok=True)
    processes.run("synthesizing the app", command, log, variables, toolchain.ROOT)
    return Assembly(output)


def property_groups(app: Assembly, job: str) -> list[dict[str, Any]]:
    """Return the groups of the job's application, or of the only one there is.

    A value that CloudFormation would fill in is spelled as the reference it is.
    """
    found = {}
    for template in app.directory.glob("*.template.json"):
        resources = json.loads(template.read_text(encoding="utf-8")).get("Resources", {})
        for logical_id, resource in resources.items():
            if resource["Type"] == APPLICATION:
                configuration = resource["Properties"]["ApplicationConfiguration"]
                groups = configuration.get("EnvironmentProperties", {}).get("PropertyGroups", [])
                found[logical_id] = [_spelled(group) for group in groups]
    named = [groups for name, groups in found.items() if name.lower().startswith(job.lower())]
    chosen = named or list(found.values())
    if not chosen:
        raise LocalError("explaining the job", "the app has no Flink application")
    return chosen[0]


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


def _explained(script: Path, groups: Path, jar: Path, state: Path) -> str:
    runner = state / "runner"
    runner.mkdir()
    (runner / "managed_flink_job").symlink_to(RUNNER)
    python = toolchain.FLINK / "bin" / "python"
    command: list[str | Path] = [python, "-m", "managed_flink_job", "--sql", script.resolve()]
    command += ["--groups", groups, "--jar", jar]
    log = state / "plan.log"
    variables = {**os.environ, "PYTHONPATH": str(runner), "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        processes.run("explaining the job", command, log, variables, state)
    except LocalError as error:
        raise LocalError("explaining the job", last_words(log, 40)) from error
    return log.read_text(encoding="utf-8")
