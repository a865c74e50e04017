"""What is no store of ours is refused, whoever names it, and nothing of it is changed."""

import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import apsw
import pytest

from tests.doors.program import Bd
from tests.doors.test_doctor import repository as repository

ID = "PRAGMA application_id"
COMMANDS = (
    *(("list",), ("create", "x"), ("create", "x", "--no-auto-import"), ("sync",), ("backup",)),
    ("daemon", "start"),
    *(("doctor",), ("doctor", "--fix"), ("init", "--quiet"), ("restore", "x/notes.txt")),
)


def state(folder: Path) -> Mapping[str, tuple[int, bytes]]:
    """Answer all that lies in a folder: modes and contents."""
    return {
        str(path.relative_to(folder)): (
            path.stat().st_mode,
            path.read_bytes() if path.is_file() else b"",
        )
        for path in [folder, *sorted(folder.rglob("*"))]
    }


def project(folder: Path) -> Path:
    """Make a folder with somebody's work in it, some of it open to others."""
    (folder / "pub").mkdir(parents=True)
    (folder / "pub").chmod(0o777)
    for name, mode in (("notes.txt", 0o644), ("shared.txt", 0o666), ("photo.db", 0o644)):
        path = folder / name
        path.write_text(f"{name}: neither a store nor a database, and worth keeping\n" * 20)
        path.chmod(mode)
    return folder


def application(path: Path, mode: str = "DELETE") -> Path:
    """Make the database of another program."""
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA journal_mode = {mode}")
    connection.execute("CREATE TABLE users (name TEXT)")
    connection.execute("INSERT INTO users VALUES ('ann')")
    connection.execute("PRAGMA user_version = 3")
    connection.commit()
    connection.close()
    return path


@pytest.mark.parametrize("words", COMMANDS)
def test_a_file_that_is_no_database_is_a_bad_path(bare: Bd, words: tuple[str, ...]) -> None:
    folder = project(bare.folder / "x")
    before = state(folder)
    for more, environ in (
        (["--db", "x/notes.txt"], {}),
        ([], {"BEADS_DB": "x/notes.txt"}),
        (["--db", "x/photo.db"], {}),
    ):
        answer = bare(*more, *words, "--json", **environ)
        assert (answer.code, answer.error["code"]) == (2, "path.invalid"), answer
        assert state(folder) == before


@pytest.mark.parametrize("words", COMMANDS[:-2])
def test_a_folder_without_a_store_is_left_as_it_is(bare: Bd, words: tuple[str, ...]) -> None:
    folder = project(bare.folder / "x")
    before = state(folder)
    for more, environ in (
        ([], {"BEADS_DIR": "x"}),
        (["--db", "x"], {}),
        (["--db", "x/nothing.db"], {}),
    ):
        answer = bare(*more, *words, "--json", **environ)
        assert (answer.code, answer.error["code"]) == (3, "store.absent"), answer
        assert state(folder) == before


@pytest.mark.parametrize("mode", ["DELETE", "WAL"])
@pytest.mark.parametrize("words", COMMANDS)
def test_the_database_of_another_program_is_refused(
    bare: Bd, mode: str, words: tuple[str, ...]
) -> None:
    path = application(bare.folder / "x" / "app.db", mode)
    (bare.folder / "x" / "notes.txt").write_text("to be restored")
    before = state(path.parent)
    answer = bare("--db", "x/app.db", *words, "--json")
    assert (answer.code, answer.error["code"]) == (2, "path.invalid"), answer
    assert "another program" in answer.error["error"]
    assert state(path.parent) == before


@pytest.mark.parametrize("words", [("list",), ("create", "x"), ("doctor", "--fix"), ("init",)])
def test_another_programs_database_in_the_place_of_ours_is_refused(
    bd: Bd, words: tuple[str, ...]
) -> None:
    bd.create()
    for path in bd.beads.glob("beadwork.db*"):
        path.unlink()
    application(bd.beads / "beadwork.db")
    before = state(bd.beads)
    answer = bd(*words, "--json")
    assert (answer.code, answer.error["code"]) == (2, "path.invalid"), answer
    assert state(bd.beads) == before


def test_a_database_says_whose_it_is(bd: Bd) -> None:
    bd.create()
    raw = (bd.beads / "beadwork.db").read_bytes()
    assert raw[68:72] == b"bead", "also to who reads no more than its first page"
    kept = apsw.Connection(bd.json("backup")["path"])
    assert kept.pragma("application_id") == int.from_bytes(b"bead")


def test_a_database_from_before_that_said_whose_it_is_is_still_ours(bd: Bd) -> None:
    first = bd.create()
    connection = apsw.Connection(str(bd.beads / "beadwork.db"))
    connection.pragma("application_id", 0)
    connection.close()
    assert [each["id"] for each in bd.json("list")] == [first]
    bd.create()
    connection = apsw.Connection(str(bd.beads / "beadwork.db"))
    assert connection.pragma("application_id") == int.from_bytes(b"bead")


def test_a_damaged_database_of_a_store_is_still_mended(bd: Bd) -> None:
    first = bd.create()
    for path in bd.beads.glob("beadwork.db-*"):
        path.unlink()
    (bd.beads / "beadwork.db").write_bytes(b"no database at all " * 1000)
    assert bd("list").code == 70
    for words in ((), ("--db", ".beads/beadwork.db")):
        assert bd(*words, "doctor").code == 1
    bd.ok("doctor", "--fix")
    assert [each["id"] for each in bd.json("list")] == [first]


def test_beside_a_named_database_only_our_own_files_are_looked_at(bare: Bd) -> None:
    folder = project(bare.folder / "x")
    bare.ok("init", "--quiet", "--db", "x/mine.db")
    bare.create("One", "--db", "x/mine.db")
    before = {name: each[0] for name, each in state(folder).items()}
    (folder / "mine.db").chmod(0o666)
    bare.ok("--db", "x/mine.db", "doctor", "--fix")
    after: dict[str, Any] = {name: each[0] for name, each in state(folder).items()}
    assert after.pop("mine.db") & 0o002 == 0
    assert after.items() >= {k: v for k, v in before.items() if k != "mine.db"}.items()


def test_who_may_only_read_is_not_shut_out(repository: Bd) -> None:
    for path in (repository.beads / "beadwork.db", repository.beads / "issues.db.txt"):
        path.touch()
        path.chmod(0o644)
    repository.beads.chmod(0o755)
    assert repository.json("doctor", "--check", "permissions")["checks"][0]["status"] == "ok"
    repository.ok("doctor", "--fix")
    assert (repository.beads / "beadwork.db").stat().st_mode & 0o777 == 0o644
