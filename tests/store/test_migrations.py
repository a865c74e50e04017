"""Migrations: however a store came to the newest version, it has the same schema."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, LiteralString, cast

import apsw
import psycopg
import pytest
from psycopg import sql as pg

from beadwork.model.errors import BeadworkError, StoreNewer
from beadwork.ops.issue import ListIssues
from beadwork.ops.issue_create import CreateIssue
from beadwork.store import migrate
from beadwork.store.load import names, sql
from tests.support import ROOT, Project, query

FOLDER = ROOT / "src" / "beadwork" / "store" / "migrations"
_PLACEHOLDER = re.compile(r"%\((\w+)\)s")


def schema(project: Project) -> list[tuple[Any, ...]]:
    """Read a schema, whatever its text's spaces."""
    rows = query(project.place, "SELECT type, name, tbl_name, sql FROM sqlite_schema")
    return sorted((*row[:3], " ".join((row[3] or "").split())) for row in rows)


@pytest.fixture(scope="module")
def fresh_schema(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Any, ...]]:
    """The schema of a new store."""
    project = Project(tmp_path_factory.mktemp("fresh"))
    project.create()
    found = schema(project)
    project.close()
    return found


# ---------------------------------------------------------------------------------- SQLite


@pytest.mark.parametrize("version", range(migrate.newest() + 1))
def test_a_store_of_any_version_becomes_like_a_new_one(
    tmp_path: Path, fresh_schema: list[tuple[Any, ...]], version: int
) -> None:
    project = Project(tmp_path)
    connection = apsw.Connection(project.place.database)
    connection.execute("PRAGMA journal_mode = WAL")
    for number, text in migrate.migrations("sqlite"):
        if number <= version:
            connection.execute(f"BEGIN; {text}; PRAGMA user_version = {number}; COMMIT")
    connection.close()
    project.create()
    assert schema(project) == fresh_schema
    assert query(project.place, "PRAGMA user_version") == [(migrate.newest(),)]
    assert query(project.place, "PRAGMA foreign_key_check") == []
    project.close()


def test_a_read_of_an_empty_database_makes_it_a_store(tmp_path: Path) -> None:
    project = Project(tmp_path)
    Path(project.place.database).touch()
    assert project.run(ListIssues()).issues == []
    project.close()


@pytest.mark.parametrize("request_", [CreateIssue(title="x"), ListIssues()])
def test_a_newer_store_is_refused_and_left_as_it_is(tmp_path: Path, request_: Any) -> None:
    project = Project(tmp_path)
    project.create("kept")
    project.close()
    query(project.place, "PRAGMA user_version = 99")
    before = query(project.place, "SELECT * FROM issue")
    with pytest.raises(StoreNewer, match="version 99") as caught:
        project.run(request_)
    assert "Upgrade" in caught.value.hint
    assert (caught.value.code, caught.value.exit_code) == ("store.newer", 5)
    project.close()
    assert query(project.place, "SELECT * FROM issue") == before
    assert query(project.place, "PRAGMA user_version") == [(99,)]


def test_a_migration_that_fails_leaves_nothing_half_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = Project(tmp_path)
    project.create("kept")
    project.close()
    before = schema(project)
    newer = migrate.newest() + 1
    broken = "CREATE TABLE half_done (n INTEGER); INSERT INTO half_done VALUES ('x', 'y');"
    real = migrate.migrations("sqlite")
    with monkeypatch.context() as patch:
        patch.setattr(migrate, "migrations", lambda _: [*real, (newer, broken)])
        patch.setattr(migrate, "newest", lambda dialect="sqlite": newer)
        with pytest.raises(BeadworkError):
            project.create("not now")
        project.close()
    assert schema(project) == before
    project.create("afterwards")
    assert len(project.run(ListIssues()).issues) == 2
    project.close()


# ------------------------------------------------------------------------------- both databases


def test_both_databases_have_the_same_migrations_without_gaps() -> None:
    files = {
        dialect: sorted(path.name for path in (FOLDER / dialect).glob("*.sql"))
        for dialect in ("sqlite", "postgres")
    }
    assert files["sqlite"] == files["postgres"]
    numbers = [int(name[:4]) for name in files["sqlite"]]
    assert numbers == list(range(1, len(numbers) + 1))


@pytest.fixture(scope="module")
def postgres(postgres_dsn: str) -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
    """A PostgreSQL with the store's schema."""
    with psycopg.connect(postgres_dsn, autocommit=True) as connection:
        connection.execute("CREATE SCHEMA IF NOT EXISTS beadwork")
        connection.execute("SET search_path TO beadwork")
        for _, text in migrate.migrations("postgres"):
            connection.execute(cast("LiteralString", text))
        yield connection
        connection.execute("DROP SCHEMA beadwork CASCADE")


@pytest.mark.postgres
@pytest.mark.slow
def test_both_databases_have_the_same_tables_and_columns(
    postgres: psycopg.Connection[tuple[Any, ...]], project: Project
) -> None:
    project.create()
    mine = query(
        project.place,
        """SELECT m.name, c.name, c.type, c."notnull" OR c.pk > 0
        FROM sqlite_schema m, pragma_table_xinfo(m.name) c WHERE m.type = 'table'""",
    )
    theirs = postgres.execute(
        """SELECT table_name, column_name, upper(data_type), is_nullable = 'NO'
        FROM information_schema.columns WHERE table_schema = 'beadwork'"""
    ).fetchall()
    types = {"INTEGER": "BIGINT", "TEXT": "TEXT"}
    assert sorted(theirs) == sorted(
        (table, column, types[kind], bool(is_required)) for table, column, kind, is_required in mine
    )


@pytest.mark.postgres
@pytest.mark.slow
def test_both_databases_have_the_same_indexes(
    postgres: psycopg.Connection[tuple[Any, ...]], project: Project
) -> None:
    project.create()
    mine = query(
        project.place,
        "SELECT name, tbl_name FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL",
    )
    theirs = postgres.execute(
        """SELECT i.indexname, i.tablename FROM pg_indexes i
        WHERE i.schemaname = 'beadwork' AND NOT EXISTS (
            SELECT 1 FROM pg_constraint c WHERE c.conname = i.indexname)"""
    ).fetchall()
    assert sorted(theirs) == sorted(mine)


@pytest.mark.postgres
@pytest.mark.slow
def test_text_is_sorted_by_its_bytes_in_both_databases(
    postgres: psycopg.Connection[tuple[Any, ...]],
) -> None:
    other = postgres.execute(
        """SELECT table_name, column_name FROM information_schema.columns
        WHERE table_schema = 'beadwork' AND data_type = 'text'
            AND collation_name IS DISTINCT FROM 'C'"""
    ).fetchall()
    assert not other


SHARED = [name for name, only in names() if only != "sqlite"]


@pytest.mark.postgres
@pytest.mark.slow
@pytest.mark.parametrize("name", SHARED)
def test_every_query_can_be_prepared_on_postgresql(
    postgres: psycopg.Connection[tuple[Any, ...]], name: str
) -> None:
    text = sql(name, "postgres")
    places: dict[str, int] = {}

    def placed(found: re.Match[str]) -> str:
        return f"${places.setdefault(found[1], len(places) + 1)}"

    body = _PLACEHOLDER.sub(placed, text).replace("%%", "%")
    postgres.execute(pg.SQL("PREPARE probe AS {}").format(pg.SQL(cast("LiteralString", body))))
    postgres.execute("DEALLOCATE probe")


def test_every_query_can_be_prepared_on_sqlite(project: Project) -> None:
    project.create()
    connection = apsw.Connection(project.place.database)
    for name, only in names():
        if only != "postgres":
            # Explaining prepares a statement, and carries out nothing.
            parameters = dict.fromkeys(re.findall(r"(?<![:\w]):([a-z_]\w*)", sql(name)), None)
            connection.execute(f"EXPLAIN {sql(name)}", parameters)
    connection.close()
