"""Migrations of both databases, and every named query on a real PostgreSQL."""

import re
from pathlib import Path

import apsw
import psycopg
import pytest

from beadwork.model.errors import StoreNewer
from beadwork.store import load
from beadwork.store.load import Dialect
from beadwork.store.migrate import migrate, migrations, newest
from beadwork.store.sqlite import open_reader, open_writer

TABLES = "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name"
SCHEMA = "SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY type, name"
# Each database indexes texts by its own means (decision 0013).
OWN = re.compile(r"search_(?:message_)?(?:words|parts|text)")
PARAMETER = re.compile(r"%\((\w+)\)s")


def schema(path: Path) -> list[tuple[object, ...]]:
    """Read everything that a SQLite database is made of."""
    connection = apsw.Connection(str(path))
    try:
        return list(connection.execute(SCHEMA))
    finally:
        connection.close()


# ------------------------------------------------------------------------------------ SQLite


def test_a_new_database_is_what_the_migrations_make_one_after_another(tmp_path: Path) -> None:
    at_once = open_writer(str(tmp_path / "at-once.db"), busy_ms=0)
    migrate(at_once)
    at_once.close()
    for number, text in migrations("sqlite"):
        # Each step by a program that knows no more than this.
        step = open_writer(str(tmp_path / "stepwise.db"), busy_ms=0)
        assert step.schema_version() == number - 1
        step.script(f"BEGIN IMMEDIATE;\n{text}\nPRAGMA user_version = {number};\nCOMMIT;")
        step.close()
    assert schema(tmp_path / "at-once.db") == schema(tmp_path / "stepwise.db")


def test_migrating_again_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    for _ in range(2):
        session = open_writer(str(path), busy_ms=0)
        migrate(session)
        assert session.schema_version() == newest()
        session.close()


def test_a_newer_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    session = open_writer(str(path), busy_ms=0)
    migrate(session)
    session.script(f"PRAGMA user_version = {newest() + 1}")
    before = schema(path)
    with pytest.raises(StoreNewer) as refused:
        migrate(session)
    assert refused.value.data == {"version": newest() + 1}
    assert refused.value.hint
    assert schema(path) == before
    session.close()


@pytest.mark.parametrize("dialect", ["sqlite", "postgres"])
def test_migrations_are_numbered_without_gaps(dialect: Dialect) -> None:
    numbers = [number for number, _ in migrations(dialect)]
    assert numbers == list(range(1, newest(dialect) + 1))


# -------------------------------------------------------------------------------- PostgreSQL


@pytest.fixture(scope="module")
def migrated_dsn(postgres_dsn: str) -> str:
    """The DSN of a database with every migration applied."""
    with psycopg.connect(postgres_dsn) as connection:
        for _, text in migrations("postgres"):
            connection.execute(text.encode())
    return postgres_dsn


@pytest.mark.postgres
def test_both_databases_have_the_same_tables_and_columns(tmp_path: Path, migrated_dsn: str) -> None:
    path = tmp_path / "a.db"
    session = open_writer(str(path), busy_ms=0)
    migrate(session)
    session.close()
    connection = apsw.Connection(str(path))
    ours = {
        (table, name, bool(must) or bool(key))
        for (table,) in connection.execute(TABLES).fetchall()
        if not OWN.match(str(table))
        for name, must, key in connection.execute(
            'SELECT name, "notnull", pk FROM pragma_table_xinfo(?)', (table,)
        )
    }
    connection.close()
    with psycopg.connect(migrated_dsn) as server:
        theirs = {
            (table, name, is_nullable == "NO")
            for table, name, is_nullable in server.execute(
                "SELECT table_name, column_name, is_nullable FROM information_schema.columns"
                " WHERE table_schema = 'public'"
            )
            if not OWN.match(table)
        }
    assert ours == theirs


@pytest.mark.postgres
def test_both_databases_have_the_same_indexes(tmp_path: Path, migrated_dsn: str) -> None:
    path = tmp_path / "a.db"
    session = open_writer(str(path), busy_ms=0)
    migrate(session)
    session.close()
    ours = {name for kind, name, _, text in schema(path) if kind == "index" and text}
    with psycopg.connect(migrated_dsn) as server:
        theirs = {
            name
            for (name,) in server.execute(
                "SELECT i.indexname FROM pg_indexes i WHERE i.schemaname = 'public'"
                " AND NOT EXISTS (SELECT 1 FROM pg_constraint c WHERE c.conname = i.indexname)"
            )
            if not OWN.match(name)
        }
    assert ours == theirs


def numbered(text: str) -> str:
    """Spell a query's parameters as PostgreSQL's PREPARE wants them."""
    names: list[str] = []

    def number(found: re.Match[str]) -> str:
        if found[1] not in names:
            names.append(found[1])
        return f"${names.index(found[1]) + 1}"

    return PARAMETER.sub(number, text).replace("%%", "%")


@pytest.mark.postgres
def test_every_query_can_be_prepared_by_postgresql(migrated_dsn: str) -> None:
    refused = {}
    with psycopg.connect(migrated_dsn, autocommit=True) as server:
        for name, only in load.names():
            if only == "sqlite":
                continue
            text = numbered(load.sql(name, "postgres"))
            try:
                server.execute(f"PREPARE asked AS {text}".encode())
                server.execute("DEALLOCATE asked")
            except psycopg.Error as error:
                refused[name] = str(error)
    assert refused == {}


def test_every_query_can_be_prepared_by_sqlite(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    session = open_writer(str(path), busy_ms=0)
    migrate(session)
    session.close()
    open_reader(str(path), busy_ms=0).close()
    connection = apsw.Connection(str(path))
    for name, only in load.names():
        if only != "postgres":
            connection.execute(f"EXPLAIN {load.sql(name)}", _Anything())
    connection.close()


class _Anything(dict[str, object]):
    def __missing__(self, name: str) -> object:
        return None
