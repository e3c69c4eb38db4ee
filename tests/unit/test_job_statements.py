"""The splitter and classifier of SQL scripts, used at synth and at run time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdk_managed_flink.job.lexing import SqlError, Token, tokens
from cdk_managed_flink.job.statements import StatementKind, split, statements

# Everything that opens or closes something, so that random scripts hit the odd cases.
_ANY_SCRIPT = st.text(alphabet="'`\"-/*+;${}.\\\n\r aEx1\u00e9", max_size=60)
_INSIDE = st.text(alphabet='a;$-/*+{}`" \n\\', max_size=8)
_FRAGMENT = st.one_of(
    st.sampled_from(["SELECT", "a.b", "1", "(", ")", ",", "<>", "${sink}", "${g.k}", "$${", "- 1"]),
    _INSIDE.map(lambda text: f"'{text}'"),
    _INSIDE.map(lambda text: f"'it''s {text}'"),
    _INSIDE.map(lambda text: "`" + text.replace("`", "``") + "`"),
    _INSIDE.map(lambda text: "-- it's `open; ${x}" + text.replace("\n", "") + "\n"),
    _INSIDE.map(lambda text: "// it's `open; ${x}" + text.replace("\n", "") + "\n"),
    _INSIDE.map(lambda text: "/* it's `open; ${" + text.replace("*", "") + "*/"),
    st.just("/*+ OPTIONS('a;b' = 'c') */"),
)
_STATEMENT = st.lists(_FRAGMENT, max_size=6).map(
    lambda parts: " ".join(["INSERT INTO t", *parts, "x"])
)


def _texts(script: str) -> list[str]:
    return ["".join(token.text for token in piece) for piece in split(script)]


@given(_ANY_SCRIPT)
def test_any_text_is_read_without_loss_or_refused_with_a_place_in_it(script: str) -> None:
    found = _read(script)
    if isinstance(found, SqlError):
        assert script.startswith(("'", "`", "/*", "${"), _offset(script, found.line, found.column))
    else:
        assert "".join(token.text for token in found) == script


@given(_ANY_SCRIPT)
def test_every_token_knows_its_place(script: str) -> None:
    found = _read(script)
    for token in found if isinstance(found, list) else ():
        assert script.startswith(token.text, _offset(script, token.line, token.column))


@given(
    st.lists(_STATEMENT, min_size=1, max_size=5), st.sampled_from(["", "\n", " -- '\n", "/*;*/"])
)
def test_statements_come_back_as_they_were_joined(texts: list[str], between: str) -> None:
    assert _texts(f";{between}".join(texts)) == texts
    assert _texts(between + f"{between};{between}".join(texts) + f";{between};") == texts


@given(_STATEMENT)
def test_only_placeholders_outside_strings_and_comments_are_found(text: str) -> None:
    (statement,) = statements(f"SET 'a' = '${{no}}'; {text}")[1:]
    assert {str(found) for found in statement.placeholders} <= {"${sink}", "${g.k}"}
    bare = [part for part in ("${sink}", "${g.k}") if f" {part} " in text]
    if not any(mark in text for mark in ("'", "`", "--", "//", "/*")):
        assert {str(found) for found in statement.placeholders} == set(bare)


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("INSERT INTO t\nSELECT 'open", "2:8: string without its end"),
        ("INSERT INTO t SELECT 'it''s", "1:22: string without its end"),
        ("INSERT INTO `t;\n", "1:13: quoted identifier without its end"),
        ("/* open; INSERT INTO t", "1:1: comment without its end"),
        ("INSERT INTO t SELECT ${open\n}", "1:22: placeholder without its end"),
        ("INSERT INTO t SELECT ${ a }", "1:22: ${ a } is no placeholder"),
        ("INSERT INTO t SELECT ${}", "1:22: ${} is no placeholder"),
        ("\n SELECT 1", "2:2: a SELECT shows its rows to nobody"),
        ("WITH a AS (SELECT 1) SELECT * FROM a", "1:1: a query shows its rows to nobody"),
        ("SHOW TABLES", "1:1: SHOW is no part of a job"),
        ("DELETE FROM t", "1:1: DELETE is no part of a job"),
        ("RESET 'a'", "1:1: a job starts with no settings"),
        ("ADD JAR 'x.jar'", "1:1: the job has one jar"),
        ("SET", "1:1: a setting is written SET 'key' = 'value'"),
        ("SET a = b", "1:1: a setting is written SET 'key' = 'value'"),
        ("INSERT t VALUES (1)", "1:1: INSERT needs INTO or OVERWRITE"),
        ("INSERT INTO", "1:8: a table's name is missing"),
        ("CREATE TABLE (a INT)", "1:14: a table's name is missing"),
        ("CREATE TABLE t AS SELECT 1", "1:1: CREATE TABLE t AS SELECT would be a job of its own"),
        (
            "CREATE TABLE t WITH ('a' = 'b') AS (SELECT 1)",
            "1:1: CREATE TABLE t AS SELECT would be a job of its own",
        ),
        ("END", "1:1: END without BEGIN STATEMENT SET"),
        ("BEGIN STATEMENT SET; INSERT INTO t SELECT 1", "1:1: this statement set has no END"),
        ("BEGIN STATEMENT SET; SET 'a' = 'b'; END", "1:22: a statement set holds nothing but"),
        ("BEGIN STATEMENT SET; BEGIN STATEMENT SET", "1:22: this statement set is inside another"),
    ],
)
def test_fails_when_a_script_is_no_job(script: str, reason: str) -> None:
    with pytest.raises(SqlError) as caught:
        statements(script)
    assert caught.value.within("job.sql").startswith(f"job.sql:{reason}")


@pytest.mark.parametrize(
    ("text", "kind", "target"),
    [
        ("CREATE TABLE a (x INT)", StatementKind.CREATE_TABLE, "a"),
        ("create temporary table if not exists `a b` (x INT)", StatementKind.CREATE_TABLE, "a b"),
        ("CREATE OR REPLACE TABLE c.d.a (x INT)", StatementKind.CREATE_TABLE, "a"),
        ("CREATE TABLE a (x AS CAST(y AS INT)) LIKE b", StatementKind.CREATE_TABLE, "a"),
        ("CREATE TEMPORARY VIEW v AS SELECT 1", StatementKind.CREATE_VIEW, "v"),
        ("CREATE FUNCTION f AS 'x'", StatementKind.DEFINITION, ""),
        ("CREATE CATALOG c WITH (${c})", StatementKind.DEFINITION, ""),
        ("USE CATALOG c", StatementKind.DEFINITION, ""),
        ("DROP TABLE a", StatementKind.DEFINITION, ""),
        ("INSERT INTO a SELECT 1", StatementKind.INSERT, "a"),
        ("insert overwrite d.`a` /*+ OPTIONS('x'='y') */ SELECT 1", StatementKind.INSERT, "a"),
        ("INSERT INTO /* here */ a (x, y) VALUES (1, 2)", StatementKind.INSERT, "a"),
        ("SET 'table.exec.state.ttl' = '1 d'", StatementKind.SET, "table.exec.state.ttl"),
    ],
)
def test_statements_are_told_apart(text: str, kind: StatementKind, target: str) -> None:
    (statement,) = statements(f"-- {text}\n;; {text} ;")
    assert (statement.kind, statement.target, statement.text) == (kind, target, text)


def test_a_setting_keeps_quotes_and_semicolons_in_its_value() -> None:
    (setting,) = statements("SET 'a.b' = 'it''s; ${x}';")
    assert (setting.target, setting.value) == ("a.b", "it's; ${x}")


@pytest.mark.parametrize("opening", ["BEGIN STATEMENT SET;", "EXECUTE STATEMENT SET BEGIN"])
def test_statement_sets_are_opened_up(opening: str) -> None:
    script = f"{opening}\nINSERT INTO a SELECT 1;\nINSERT INTO b SELECT 2;\nEND;\n"
    assert [(s.target, s.line) for s in statements(script)] == [("a", 2), ("b", 3)]


def test_a_semicolon_may_be_missing_at_the_end_and_too_many_do_no_harm() -> None:
    assert _texts(";; INSERT INTO a SELECT 1;;INSERT INTO b SELECT 2") == [
        "INSERT INTO a SELECT 1",
        "INSERT INTO b SELECT 2",
    ]


def test_windows_line_ends_end_a_comment() -> None:
    (statement,) = statements("-- a; 'b\r\nINSERT INTO a -- c\r\nSELECT 1;\r\n")
    assert (statement.line, statement.target) == (2, "a")


def _read(script: str) -> list[Token] | SqlError:
    try:
        return list(tokens(script))
    except SqlError as error:
        return error


def _offset(script: str, line: int, column: int) -> int:
    return sum(len(text) + 1 for text in script.split("\n")[: line - 1]) + column - 1
