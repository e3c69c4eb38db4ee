"""Bare Flink with the SQL of a deployed job: a script of a few lines that ``flink run`` submits."""

import json
import re
import secrets
import zipfile
from pathlib import Path
from typing import Any

from benchmarks.draining import drained
from managed_flink_local import assembly, scenario, toolchain
from managed_flink_local.emulator.config import FlinkSizes
from managed_flink_local.emulator.flink import client
from managed_flink_local.emulator.flink.cluster import Cluster, ClusterSpec
from managed_flink_local.emulator.flink.distribution import Distribution
from managed_flink_local.emulator.flink.rest import FlinkError
from managed_flink_local.emulator.leash import Leash
from managed_flink_local.environment import Environment
from managed_flink_local.failure import LocalError
from managed_flink_local.pipeline import Pipeline
from managed_flink_local.scenario import Scenario

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


def bare(
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
        return drained(cluster.rest, total)
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
