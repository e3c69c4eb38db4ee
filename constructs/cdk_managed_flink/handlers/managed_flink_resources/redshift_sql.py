"""RedshiftSql: objects of a database in Redshift, made, changed and dropped by its Data API.

A statement takes longer than one call, and nothing is kept between two polls. So each poll walks
the same steps from the first one on: a statement that was passed in before has a client token, and
for a known token the Data API answers with the statement that it began then.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import boto3
from botocore.exceptions import ClientError

from .request import Begun, Done, Request, ResourceError

Objects = Mapping[str, Mapping[str, Any]]

_VERSION = re.compile(r"\$\((\w+)\)")
_RUNNING = ("SUBMITTED", "PICKED", "STARTED")
_BUSY = ("ActiveSessionsExceededException", "ActiveStatementsExceededException")
_GONE = re.compile(r"not found|(?:does not|doesn't) exist", re.IGNORECASE)
_SHOWN = 300


@dataclass(frozen=True)
class _Step:
    """Statements that run together, several as one transaction.

    Attributes:
        statements: Run, unless the query answers.
        query: Answers if it gives that many rows. Default: there is none.
        rows: See ``query``.
        answered: Run in place of ``statements`` if the query answers.
        refusal: Why it cannot go on if the query does not answer.
        gone: Whether it is through as well where what it names is no longer there.
    """

    statements: Sequence[str] = ()
    query: str | None = None
    rows: int = 1
    answered: Sequence[str] = ()
    refusal: str | None = None
    gone: bool = False


def begin(request: Request) -> Begun:
    """Only the id, which stays with the database: everything is made in another one anew.

    The polls hand all statements in, because only who has handed one in may look at it.
    """
    where = request.properties["Warehouse"]
    if request.physical_id is not None and _place(where) == _place(_old(request)):
        id_ = request.physical_id
    else:
        id_ = f"{_place(where)}/{request.id}"
    if request.type == "Delete" and request.physical_id is not None:
        id_ = request.physical_id
    return Begun(id_)


def poll(request: Request) -> Done | None:
    """Go as far as the statements are.

    Raises:
        ResourceError: Redshift refuses a statement, or a table that is there has other columns.
    """
    statements = _Statements(request)
    try:
        for step in _steps(request):
            if not statements.finished(step):
                return None
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code in _BUSY:
            print(f"asked again: {error}")
            return None
        if request.type == "Delete" and _GONE.search(str(error)):
            print(f"gone already: {error}")
            return Done()
        raise
    return Done()


class _Statements:
    """The Data API, with the statements of one request numbered."""

    def __init__(self, request: Request) -> None:
        self._client = boto3.client("redshift-data")
        self._where = dict(request.properties["Warehouse"])
        self._request = request.id
        self._count = 0

    def finished(self, step: _Step) -> bool:
        """Whether the step is through, which is begun now if it was not before."""
        statements = step.statements
        if step.query is not None:
            asked = self._run([step.query])
            if asked is None:
                return False
            if asked.get("ResultRows", 0) >= step.rows:
                statements = step.answered
            elif step.refusal is not None:
                raise ResourceError(step.refusal)
        return not statements or self._run(statements, gone=step.gone) is not None

    def _run(self, statements: Sequence[str], *, gone: bool = False) -> Mapping[str, Any] | None:
        """The description of what has finished; ``None`` while it is running."""
        token = f"{self._request}-{self._count}"
        self._count += 1
        if len(statements) == 1:
            begun = self._client.execute_statement(
                Sql=statements[0], ClientToken=token, **self._where
            )
        else:
            begun = self._client.batch_execute_statement(
                Sqls=list(statements), ClientToken=token, **self._where
            )
        found: Mapping[str, Any] = self._client.describe_statement(Id=begun["Id"])
        if found["Status"] in _RUNNING:
            return None
        if found["Status"] != "FINISHED":
            shown = "; ".join(statements)[:_SHOWN]
            why = found.get("Error") or found["Status"]
            if gone and _GONE.search(why):
                print(f"gone already: {why}")
                return found
            raise ResourceError(f"Redshift refused a statement: {why}. It began: {shown}")
        return found


def _steps(request: Request) -> Iterator[_Step]:
    new = _versioned(request.properties["Objects"])
    if request.type == "Delete":
        for one in reversed(list(new.values())):
            if "Drop" not in one:
                yield from _revocations([one])
            yield from _removal(one)
        return
    there = _place(request.properties["Warehouse"]) == _place(_old(request))
    old = _versioned(request.old["Objects"]) if there else {}
    for id_, one in new.items():
        if one != old.get(id_):
            yield from _creation(one, old.get(id_))
    yield from _revocations(old.values(), but=new.values())
    removals = {one.get("Drop") for one in new.values()}
    for one in reversed(list(old.values())):
        if one.get("Drop") not in removals:
            yield from _removal(one)


def _creation(one: Mapping[str, Any], before: Mapping[str, Any] | None) -> Iterator[_Step]:
    if "Table" in one:
        yield from _table(one, before)
    elif before is None or one["Create"] != before["Create"]:
        again = [one["Again"]] if "Again" in one else []
        yield _Step(one["Create"], query=one.get("Exists"), answered=again)


def _revocations(
    objects: Iterable[Mapping[str, Any]], *, but: Iterable[Mapping[str, Any]] = ()
) -> Iterator[_Step]:
    """Take back what was granted, but for what is granted still."""
    stays = {statement for one in but for statement in one.get("Revoke", [])}
    for one in objects:
        for statement in one.get("Revoke", []):
            if statement not in stays:
                yield _Step([statement], gone=True)


def _removal(one: Mapping[str, Any]) -> Iterator[_Step]:
    statement = one.get("Retire") if "Keep" in one else one.get("Drop")
    if statement is None:
        return
    if "Exists" in one:
        yield _Step(query=one["Exists"], answered=[statement])
    else:
        yield _Step([statement])


def _table(one: Mapping[str, Any], before: Mapping[str, Any] | None) -> Iterator[_Step]:
    """Make a table if it is not there, add columns, and see that the others are as they should be.

    It goes by what the database has: a rollback comes back from columns that were never changed.
    """
    name, columns = one["Table"], one["Columns"]
    own = f"table_schema = '{name['Schema']}' AND table_name = '{name['Name']}'"
    table = f'"{name["Schema"]}"."{name["Name"]}"'
    definitions = ", ".join(_definition(column) for column in columns)
    make = f"{table} ({definitions}){one.get('Attributes', '')}"
    further = one.get("Create", [])
    yield _Step([f"CREATE TABLE IF NOT EXISTS {make}", *further])
    known = {}
    if before is not None and before.get("Table") == name:
        known = {column["Name"]: column for column in before["Columns"]}
    if known:
        for column in columns:
            if column["Name"] not in known:
                yield _Step(
                    [f"ALTER TABLE {table} ADD COLUMN {_definition(column)}"],
                    query=f"SELECT 1 FROM information_schema.columns WHERE {own} "
                    f"AND column_name = '{column['Name']}'",
                )
    wanted = " OR ".join(
        f"(column_name = '{column['Name']}'"
        + (f" AND {column['Is']}" if _changed(column, known) else "")
        + ")"
        for column in columns
    )
    query = f"SELECT column_name FROM information_schema.columns WHERE {own} AND ({wanted})"
    if "Keep" in one:
        yield _Step(
            query=query,
            rows=len(columns),
            refusal=f"The table {table} is there with other columns, and is kept with its rows. "
            f"Wanted are: {definitions}. Change it yourself, or give the sink another table.",
        )
    else:
        anew = [one["Drop"], f"CREATE TABLE {make}", *further]
        yield _Step(anew, query=query, rows=len(columns))


def _definition(column: Mapping[str, str]) -> str:
    return f'"{column["Name"]}" {column["Type"]}'


def _changed(column: Mapping[str, str], known: Mapping[str, Mapping[str, str]]) -> bool:
    before = known.get(column["Name"])
    return before is not None and before["Type"] != column["Type"] and "Is" in column


def _versioned(objects: Sequence[Mapping[str, Any]]) -> Objects:
    """The objects by their ids, with versions in place of ``$(Id)``.

    A version follows from what makes the object, and so from the versions that it refers to.
    """
    versions: dict[str, str] = {}

    def filled(text: str) -> str:
        return _VERSION.sub(lambda match: versions.get(match[1], match[0]), text)

    found = {}
    for one in objects:
        makes = json.dumps([filled(statement) for statement in one.get("Create", [])])
        versions[one["Id"]] = sha256(makes.encode()).hexdigest()[:8]
        found[one["Id"]] = {
            key: filled(value)
            if isinstance(value, str)
            else [filled(part) for part in value]
            if key == "Create"
            else value
            for key, value in one.items()
        }
    return found


def _old(request: Request) -> Mapping[str, str]:
    found: Mapping[str, str] = request.old.get("Warehouse", {})
    return found


def _place(where: Mapping[str, str]) -> str:
    warehouse = where.get("WorkgroupName") or where.get("ClusterIdentifier")
    return f"{warehouse}/{where.get('Database')}"
