"""The Data API of Redshift over a real PostgreSQL, which runs all SQL that it understands.

What is Redshift's alone is put into PostgreSQL's terms: an external schema is a schema with a table
for the stream, SUPER is jsonb, and copy jobs are rows. Parameters are held against boto3's model.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import boto3
from botocore.exceptions import ClientError
from botocore.validate import ParamValidator

SETUP = """
CREATE VIEW svv_mv_info AS
    SELECT schemaname AS schema_name, matviewname AS name FROM pg_matviews;
CREATE TABLE sys_copy_job (job_name text PRIMARY KEY, sql text);
CREATE FUNCTION can_json_parse(bytea) RETURNS boolean LANGUAGE sql IMMUTABLE
    AS $$ SELECT convert_from($1, 'UTF8') IS JSON $$;
CREATE FUNCTION json_parse(bytea) RETURNS jsonb LANGUAGE sql IMMUTABLE
    AS $$ SELECT convert_from($1, 'UTF8')::jsonb $$;
"""
_STREAM = (
    'CREATE TABLE IF NOT EXISTS {}."{}" (kinesis_data bytea, approximate_arrival_timestamp '
    "timestamp, shard_id text, sequence_number text, refresh_time timestamp)"
)


@dataclass
class DataApi:
    """What a client of ``redshift-data`` does.

    Attributes:
        psql: The program.
        uri: The database.
        stream: What the streams in external schemas are called.
        slow: Statements that are still running the first time they are looked at.
        errors: Codes that the next calls fail with.
        ran: All statements, as they were handed in.
    """

    psql: Path
    uri: str
    stream: str = "readings"
    slow: bool = False
    errors: list[tuple[str, str]] = field(default_factory=list)
    ran: list[str] = field(default_factory=list)
    _known: dict[str, dict[str, Any]] = field(default_factory=dict)
    _looked_at: set[str] = field(default_factory=set)

    def execute_statement(self, **params: Any) -> dict[str, Any]:  # noqa: ANN401
        return self._begin("ExecuteStatement", [params["Sql"]], params)

    def batch_execute_statement(self, **params: Any) -> dict[str, Any]:  # noqa: ANN401
        return self._begin("BatchExecuteStatement", params["Sqls"], params)

    def describe_statement(self, **params: Any) -> dict[str, Any]:  # noqa: ANN401
        _check("DescribeStatement", params)
        if self.slow and params["Id"] not in self._looked_at:
            self._looked_at.add(params["Id"])
            return {"Id": params["Id"], "Status": "STARTED"}
        return self._known[params["Id"]]

    def query(self, sql: str) -> list[str]:
        """Rows, a line each."""
        done = self._psql(sql)
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()

    def _begin(
        self, operation: str, statements: Sequence[str], params: dict[str, Any]
    ) -> dict[str, Any]:
        _check(operation, params)
        if self.errors:
            code, message = self.errors.pop(0)
            raise ClientError({"Error": {"Code": code, "Message": message}}, operation)
        id_ = str(uuid5(NAMESPACE_URL, params["ClientToken"]))
        if id_ not in self._known:
            self.ran += statements
            self._known[id_] = self._run(id_, statements)
        return {"Id": id_}

    def _run(self, id_: str, statements: Sequence[str]) -> dict[str, Any]:
        done = self._psql("".join(f"{self._translated(sql)};\n" for sql in statements))
        if done.returncode:
            return {"Id": id_, "Status": "FAILED", "Error": done.stderr.strip()}
        return {"Id": id_, "Status": "FINISHED", "ResultRows": len(done.stdout.splitlines())}

    def _psql(self, sql: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self.psql, self.uri, "-X", "-q", "-t", "-A", "-1", "-v", "ON_ERROR_STOP=1"],
            input=sql,
            capture_output=True,
            text=True,
            check=False,
        )

    def _translated(self, sql: str) -> str:
        if match := re.fullmatch(r"CREATE EXTERNAL SCHEMA IF NOT EXISTS (\S+) FROM .*", sql):
            return f"CREATE SCHEMA IF NOT EXISTS {match[1]}; " + _STREAM.format(
                match[1], self.stream
            )
        if match := re.fullmatch(r"DROP SCHEMA IF EXISTS (\S+)", sql):
            return f"{sql} CASCADE"
        if match := re.fullmatch(r"ALTER (MATERIALIZED VIEW \S+) AUTO REFRESH (YES|NO)", sql):
            return f"COMMENT ON {match[1]} IS 'auto refresh {match[2].lower()}'"
        if match := re.fullmatch(r"COPY .* JOB CREATE (\S+) AUTO ON", sql):
            text = sql.replace("'", "''")
            return f"INSERT INTO sys_copy_job VALUES ('{match[1]}', '{text}')"
        if match := re.fullmatch(r"COPY JOB DROP (\S+)", sql):
            return f"DELETE FROM sys_copy_job WHERE job_name = '{match[1]}'"
        for theirs, ours in (
            (" AUTO REFRESH YES AS ", " AS "),
            (" WITH NO SCHEMA BINDING", ""),
            (" TO ROLE ", " TO "),
            (" FROM ROLE ", " FROM "),
            (", ROLE ", ", "),
        ):
            sql = sql.replace(theirs, ours)
        sql = re.sub(r'r\.payload\."(\w+)"', r"(r.payload ->> '\1')", sql)
        return re.sub(r" (?:DISTSTYLE KEY DISTKEY|SORTKEY) \([^)]*\)", "", sql)


_MODEL = boto3.client(
    "redshift-data", region_name="eu-west-1", aws_access_key_id="x", aws_secret_access_key="x"
).meta.service_model


def _check(operation: str, params: dict[str, Any]) -> None:
    shape = _MODEL.operation_model(operation).input_shape
    report = ParamValidator().validate(params, shape)
    assert not report.has_errors(), report.generate_report()
