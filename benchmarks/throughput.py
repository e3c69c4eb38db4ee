"""Records per second of each job, as it is deployed here, against bare Flink running the same SQL.

Both read the same backlog from the same source and write to the same sinks, one after the other, on
clusters of the same sizes. Bare is a script of a few lines that `flink run` submits: no runner of
the library's, no service around it that reads metrics and log. What counts is the ratio.
"""

import json
import os
import re
import secrets
import time
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jobs.etl import events as etl
from managed_flink_local import assembly, environment, scenario, toolchain
from managed_flink_local.emulator.config import FlinkSizes
from managed_flink_local.emulator.flink import client
from managed_flink_local.emulator.flink.cluster import Cluster, ClusterSpec
from managed_flink_local.emulator.flink.distribution import Distribution
from managed_flink_local.emulator.flink.rest import FlinkError, FlinkRest
from managed_flink_local.emulator.leash import Leash
from managed_flink_local.environment import Environment
from managed_flink_local.failure import LocalError
from managed_flink_local.pipeline import Pipeline
from managed_flink_local.progress import Progress
from managed_flink_local.rollout import Rollout
from managed_flink_local.scenario import Record, Scenario
from managed_flink_local.sender import BATCH, channel

POLL_SECONDS = 0.2
DRAIN_SECONDS = 300.0
STATUS_SECONDS = 120.0
# What comes before is left out: tasks start one after the other.
WARM = 0.1
_SOURCE = re.compile(r"(^|\.)Source__[^.]*\.numRecordsOut$")
# As the service sets them for these stacks.
SETTINGS = {
    "parallelism.default": "1",
    "execution.checkpointing.interval": "2000 ms",
    "execution.checkpointing.min-pause": "500 ms",
    "execution.checkpointing.max-concurrent-checkpoints": "1",
    "state.backend.type": "hashmap",
}
_SCRIPT = """\
import pathlib
from pyflink.common import Configuration
from pyflink.table import DataTypes, EnvironmentSettings, TableEnvironment
from pyflink.table.udf import udf

script = pathlib.Path(__file__).resolve().with_name("bare.sql").read_text()
statements = [s.strip() for s in script.split(";\\n") if s.strip()]
settings = Configuration()
for statement in statements:
    if statement.startswith("SET "):
        key, value = statement.removeprefix("SET ").split(" = ")
        settings.set_string(key.strip("'"), value.strip("'"))
environment = TableEnvironment.create(
    EnvironmentSettings.new_instance().with_configuration(settings).build()
)
if "iban_is_valid" in script:
    from accounts import iban_is_valid
    function = udf(iban_is_valid, result_type=DataTypes.BOOLEAN())
    environment.create_temporary_system_function("iban_is_valid", function)
inserts = environment.create_statement_set()
for statement in statements:
    if statement.startswith("INSERT "):
        inserts.add_insert_sql(statement)
    elif not statement.startswith("SET "):
        environment.execute_sql(statement)
inserts.execute()
"""


def _flights(count: int) -> list[Record]:
    return [Record(data=m.data, key=m.key) for m in etl.stream(months=3)[:count]]


# The job, how many records, where they come from, and its Flink.
JOBS: Mapping[str, tuple[int, Callable[[int], Sequence[Record]], toolchain.Flink]] = {
    "sensors": (20_000, scenario.load("sensors").stream, toolchain.FLINK_1),
    "payments": (60_000, scenario.load("payments").stream, toolchain.FLINK_2),
    "etl": (60_000, _flights, toolchain.FLINK_2),
}


@dataclass(frozen=True, kw_only=True)
class Rates:
    """Records per second of one job."""

    job: str
    records: int
    deployed: float
    bare: float


def measure(progress: Progress) -> list[Rates]:
    """Measure each job in an environment of its own.

    Raises:
        LocalError: A deploy failed, or the records did not come through.
    """
    return [_of_job(job, progress) for job in JOBS]


def table(rates: Sequence[Rates]) -> str:
    """The rates as they are shown."""
    lines = ["Records per second from a backlog, one run: the deployed job, and bare Flink", ""]
    lines.append(f"{'job':<12}{'records':>9}{'deployed':>11}{'bare':>11}{'deployed / bare':>18}")
    lines += [
        f"{r.job:<12}{r.records:>9,}{r.deployed:>11,.0f}{r.bare:>11,.0f}"
        f"{r.deployed / r.bare:>17.2f}x"
        for r in rates
    ]
    return "\n".join(lines)


def _of_job(job: str, progress: Progress) -> Rates:
    name = f"bench-{job}-{os.getpid()}"
    state = environment.RUNS / name
    count, source, flink = JOBS[job]
    try:
        with progress.phase(f"{job}: starting the emulator", "its first answer"):
            here = environment.start(name, outlive=False)
        pipeline = Rollout(here, progress, job).deploy(f"{job}: deploying")
        found = scenario.load(job)
        records = source(count)
        with progress.phase(f"{job}: a backlog of {len(records):,} records", found.source):
            _stop(pipeline)
            _fill(pipeline, found, records)
        with progress.phase(f"{job}: deployed", "the source") as phase:
            _start(pipeline)
            deployed = _drained(FlinkRest(pipeline.web_ui()), len(records))
            phase.says(f"{deployed:,.0f} a second")
            _stop(pipeline)
        with progress.phase(f"{job}: bare Flink", "the source") as phase:
            bare = _bare(here, pipeline, found, flink, len(records))
            phase.says(f"{bare:,.0f} a second")
    except LocalError:
        environment.stop(state)  # its logs stay: the message names one
        raise
    except BaseException:
        environment.stop(state)
        environment.forget(state)
        raise
    environment.stop(state)
    environment.forget(state)
    return Rates(job=job, records=len(records), deployed=deployed, bare=bare)


def _fill(pipeline: Pipeline, found: Scenario, records: Sequence[Record]) -> None:
    there = channel(pipeline, found.source)
    for first in range(0, len(records), BATCH):
        there.put(records[first : first + BATCH])


def _stop(pipeline: Pipeline) -> None:
    service = pipeline.environment.client("kinesisanalyticsv2")
    service.stop_application(ApplicationName=pipeline.application)
    _await(pipeline, "READY")


def _start(pipeline: Pipeline) -> None:
    service = pipeline.environment.client("kinesisanalyticsv2")
    restore = {"ApplicationRestoreType": "RESTORE_FROM_LATEST_SNAPSHOT"}
    service.start_application(
        ApplicationName=pipeline.application,
        RunConfiguration={"ApplicationRestoreConfiguration": restore},
    )
    _await(pipeline, "RUNNING")


def _await(pipeline: Pipeline, status: str) -> None:
    deadline = time.monotonic() + STATUS_SECONDS
    while (found := pipeline.status()) != status:
        if time.monotonic() > deadline:
            raise LocalError("waiting for the application", f"it is {found}, not {status}")
        time.sleep(POLL_SECONDS)


def _drained(rest: FlinkRest, total: int) -> float:
    """Records a second from the first tenth to the last record, as the source counts them."""
    deadline = time.monotonic() + DRAIN_SECONDS
    began: tuple[float, float] | None = None
    read = 0.0
    while time.monotonic() < deadline:
        now, read = time.monotonic(), _read(rest)
        if began is None and read >= WARM * total:
            began = now, read
        if began is not None and read >= total:
            return (read - began[1]) / max(now - began[0], POLL_SECONDS)
        time.sleep(POLL_SECONDS)
    raise LocalError("draining the source", f"{read:,.0f} of {total:,} in {DRAIN_SECONDS:.0f} s")


def _read(rest: FlinkRest) -> float:
    try:
        (job,) = rest.call("/jobs")["jobs"]
        read = 0.0
        for vertex in rest.job(job["id"]).get("vertices") or []:
            path = f"/jobs/{job['id']}/vertices/{vertex['id']}/subtasks/metrics"
            names = [name for name in rest.metrics(path) if _SOURCE.search(name)]
            read += sum(rest.metrics(path, names, "sum").values())
    except (FlinkError, OSError, ValueError):
        return 0.0
    return read


def _bare(
    here: Environment, pipeline: Pipeline, found: Scenario, flink: toolchain.Flink, total: int
) -> float:
    root = here.state / "bare"
    code = root / "code"
    code.mkdir(parents=True)
    _unpack(here, found.job, code)
    (code / "bare.py").write_text(_SCRIPT, encoding="utf-8")
    (code / "bare.sql").write_text(_sql(here, pipeline, found), encoding="utf-8")
    leash = Leash()
    cluster = Cluster(
        ClusterSpec(
            distribution=Distribution.of(flink.python), slots=1, log_level="INFO", role_arn="none"
        ),
        root / "cluster",
        sizes=FlinkSizes(),
        java="java",
        java_properties=_java_properties(here),
        environment={**here.variables(), "AWS_CBOR_DISABLE": "true", "CBOR_ENABLED": "false"},
        s3_plugin=flink.s3_plugin,
        s3_endpoint=here.endpoint,
        leash=leash,
    )
    try:
        cluster.start()
        cluster.wait_ready()
        options = {"python": "bare.py", "jarfile": "lib/connectors.jar", "pyFiles": "job/"}
        groups: list[dict[str, Any]] = [
            {"PropertyGroupId": client.RUN_OPTIONS, "PropertyMap": options}
        ]
        submission = client.Submission(
            job_id=secrets.token_hex(16),
            arguments=client.run_arguments(code, groups, flink.python, code),
            code=code,
            settings={
                **SETTINGS,
                "execution.checkpointing.dir": (root / "checkpoints").as_uri(),
            },
            java="java",
            heap=384,
        )
        client.submit(cluster, submission, [])
        return _drained(cluster.rest, total)
    except FlinkError as error:
        raise LocalError("bare Flink", str(error), cluster.logs / "client.out") from error
    finally:
        cluster.close()
        leash.kill_all()


def _unpack(here: Environment, job: str, code: Path) -> None:
    for package in assembly.latest(here, job).directory.glob("asset.*.zip"):
        with zipfile.ZipFile(package) as archive:
            if "lib/connectors.jar" in archive.namelist():
                archive.extractall(code)
                return
    raise LocalError("bare Flink", f"no asset of {job} holds lib/connectors.jar")


def _sql(here: Environment, pipeline: Pipeline, found: Scenario) -> str:
    """The job's script with the options that the deployed one runs with, comments left out."""
    ran = here.applications / pipeline.application / "application_properties.json"
    groups = {
        group["PropertyGroupId"]: group["PropertyMap"]
        for group in json.loads(ran.read_text(encoding="utf-8"))
    }

    def options(name: str) -> str:
        values = dict(groups[name])
        if values["connector"] in ("kinesis", "dynamodb"):
            values |= {"aws.endpoint": here.endpoint, "aws.credentials.provider": "AUTO"}
        if values["connector"] == "filesystem":
            values["path"] += "bare/"
        if "sink.transactional-id-prefix" in values:
            values["sink.transactional-id-prefix"] += "-bare"
        return ", ".join(f"'{key}' = '{value}'" for key, value in values.items())

    script = (scenario.JOBS / found.job / found.script).read_text(encoding="utf-8")
    script = re.sub(r"--.*", "", script)
    return re.sub(r"\$\{(\w+)\}", lambda match: options(match[1]), script)


def _java_properties(here: Environment) -> list[str]:
    """What a JVM has to know to trust the emulator's certificate, and to read its answers."""
    return [
        f"-Djavax.net.ssl.trustStore={here.state / 'tls' / 'truststore.p12'}",
        "-Djavax.net.ssl.trustStorePassword=changeit",
        "-Djavax.net.ssl.trustStoreType=PKCS12",
        "-Dorg.apache.flink.kinesis.shaded.com.amazonaws.sdk.disableCbor=true",
        "-Daws.cborEnabled=false",
    ]
