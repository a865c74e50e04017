"""A migration that fails leaves the store as it was; text is sorted by its bytes everywhere."""

import psycopg
import pytest

from beadwork.model.errors import BeadworkError
from beadwork.ops.issue import ListIssues
from beadwork.store import migrate
from tests.support import Project, query

SCHEMA = "SELECT type, name, sql FROM sqlite_schema ORDER BY type, name"


def test_a_migration_that_fails_leaves_nothing_half_done(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.create("kept")
    project.close()
    before = query(project.place, SCHEMA)
    newer = migrate.newest() + 1
    broken = "CREATE TABLE half_done (n INTEGER); INSERT INTO half_done VALUES ('x', 'y');"
    real = migrate.migrations("sqlite")
    with monkeypatch.context() as patch:
        patch.setattr(migrate, "migrations", lambda _: [*real, (newer, broken)])
        patch.setattr("beadwork.store.store.newest", lambda: newer)
        patch.setattr(migrate, "newest", lambda dialect="sqlite": newer)
        with pytest.raises(BeadworkError):
            project.create("not now")
        project.close()
    assert query(project.place, SCHEMA) == before
    assert query(project.place, "PRAGMA user_version") == [(newer - 1,)]
    project.create("afterwards")
    assert len(project.run(ListIssues()).issues) == 2


@pytest.mark.postgres
@pytest.mark.slow
def test_text_is_sorted_by_its_bytes_on_postgresql_too(fresh_postgres_dsn: str) -> None:
    with psycopg.connect(fresh_postgres_dsn, autocommit=True) as connection:
        for _, text in migrate.migrations("postgres"):
            connection.execute(text)
        other = connection.execute(
            """SELECT table_name, column_name FROM information_schema.columns
            WHERE table_schema = 'public' AND data_type = 'text'
                AND collation_name IS DISTINCT FROM 'C'"""
        ).fetchall()
    assert not other
