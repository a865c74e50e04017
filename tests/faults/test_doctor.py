"""Damaged databases and doctor: all that can be read, and all that the file says, comes back."""

import os
import threading
from collections.abc import Callable
from pathlib import Path

import apsw
import pytest

from beadwork.model.errors import BeadworkError
from beadwork.ops.issue_create import CreateIssue
from beadwork.store.backup import Database
from tests.doors.program import Bd, install
from tests.support import Project, query

PAGE = 4096


@pytest.fixture
def bd(tmp_path: Path) -> Bd:
    """A store of some pages, one claim, a memory, and an issue that the file does not have."""
    home, folder = tmp_path / "home", tmp_path / "px"
    home.mkdir()
    folder.mkdir()
    install(home)
    made = Bd(folder, home)
    made.ok("init", "--quiet")
    first = made.create("first", "--id", "px-000")
    for each in range(1, 40):
        made.create(f"issue {each}", "--id", f"px-{each:03}", "--description", "text " * 100)
    made.ok("claim", first)
    made.ok("remember", "Run the tests", "--key", "tests")
    made.ok("create", "unsaved", "--id", "px-unsaved", "--no-auto-flush")
    made.ok("create", "wisp", "--id", "px-wisp", "--ephemeral", "--no-auto-flush")
    fold_log(made)
    return made


def fold_log(bd: Bd) -> Path:
    """Fold the log back into the database, so that all stands in one file."""
    database = bd.beads / "beadwork.db"
    connection = apsw.Connection(str(database))
    connection.execute("SELECT 1 FROM issue").fetchall()
    connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
    connection.close()
    return database


def ids(bd: Bd) -> set[str]:
    return {each["id"] for each in bd.json("list", "--all", "--limit", "0")}


def root_page(database: Path, name: str) -> int:
    connection = apsw.Connection(str(database), flags=apsw.SQLITE_OPEN_READONLY)
    ((page,),) = connection.execute("SELECT rootpage FROM sqlite_schema WHERE name = ?", (name,))
    connection.close()
    return int(page)


def overwrite(database: Path, page: int, content: bytes) -> None:
    with database.open("r+b") as file:
        file.seek((page - 1) * PAGE)
        file.write(content)


def _header(database: Path) -> None:
    overwrite(database, 1, b"not a database at all, truly not")


def _truncated(database: Path) -> None:
    os.truncate(database, database.stat().st_size // 2 // PAGE * PAGE)


def _garbage(database: Path) -> None:
    size = database.stat().st_size - PAGE
    overwrite(database, 2, bytes(each % 251 for each in range(size)))


def _events_lost(database: Path) -> None:
    overwrite(database, root_page(database, "event"), b"\xff" * PAGE)


def _issues_lost(database: Path) -> None:
    overwrite(database, root_page(database, "issue"), b"\xff" * PAGE)


DAMAGES = [_header, _truncated, _garbage, _events_lost, _issues_lost]


@pytest.mark.parametrize("damage", DAMAGES)
def test_no_command_shows_a_traceback_of_a_damaged_store(
    bd: Bd, damage: Callable[[Path], None]
) -> None:
    damage(fold_log(bd))
    for words in (
        *(("list",), ("ready",), ("show", "px-001"), ("create", "x"), ("close", "px-001")),
        *(("doctor",), ("doctor", "--deep"), ("backup",), ("sync",), ("where",)),
    ):
        answer = bd(*words, "--json")
        assert answer.code in (0, 1, 70), (words, answer)
        if answer.code == 70:
            assert answer.error["code"] == "store.corrupt", (words, answer)
            assert "bd doctor --fix" in answer.error["hint"]


@pytest.mark.parametrize("damage", DAMAGES)
def test_doctor_finds_a_damaged_database_and_makes_it_anew(
    bd: Bd, damage: Callable[[Path], None]
) -> None:
    file, before = bd.records.read_bytes(), ids(bd)
    database = fold_log(bd)
    damage(database)
    spoiled = database.read_bytes()
    found = bd("doctor", "--json")
    assert found.code == 1
    assert database.read_bytes() == spoiled, "to look changes nothing"
    fixed = bd("doctor", "--fix", "--json")
    assert fixed.code == 0, fixed
    assert ids(bd) >= before - {"px-unsaved", "px-wisp"}
    assert bd.records.read_bytes().startswith(file[:1000])
    assert bd("doctor", "--deep", "--check-health").code == 0
    aside = list(bd.beads.glob("beadwork-damaged-*.db"))
    assert [path.read_bytes() for path in aside] == [spoiled], "the old one is kept beside"
    assert Path(fixed.json["backup"]).read_bytes() == spoiled


def test_what_only_the_database_held_comes_back_as_far_as_it_can_be_read(bd: Bd) -> None:
    before = ids(bd)
    database = fold_log(bd)
    _events_lost(database)
    bd.ok("doctor", "--fix")
    assert ids(bd) == before
    (shown,) = bd.json("show", "px-000")
    assert (shown["claimed_by"], shown["claim_epoch"]) == ("ann", 1)
    assert "Run the tests" in bd.ok("recall", "tests").out
    assert "px-unsaved" in bd.lines()
    assert "px-wisp" not in bd.lines(), "what is ephemeral stays out of the file"
    bd.ok("close", "px-000")


def test_issues_of_another_repository_are_still_known_as_such(bd: Bd, tmp_path: Path) -> None:
    other = tmp_path / "oz" / ".beads"
    other.mkdir(parents=True)
    line = bd.lines()["px-001"].replace("px-001", "oz-001")
    (other / "issues.jsonl").write_text(f"{line}\n", encoding="utf-8")
    bd.ok("repo", "add", "../oz")
    bd.ok("repo", "sync")
    bd.ok("update", "oz-001", "--title", "Changed here")
    _events_lost(fold_log(bd))
    bd.ok("doctor", "--fix")
    assert "oz-001" not in bd.lines()
    assert bd.json("repo", "sync")["repositories"][0]["given_back"] == 1
    assert "Changed here" in (other / "issues.jsonl").read_text(encoding="utf-8")


def test_a_damaged_index_costs_nothing_at_all(bd: Bd) -> None:
    database = fold_log(bd)
    place = Database(str(database))
    before = place.counts()
    page = root_page(database, "event_by_issue")
    content = bytearray(database.read_bytes()[(page - 1) * PAGE : page * PAGE])
    content[-200:] = b"\x00" * 200
    overwrite(database, page, bytes(content))
    assert place.damage(is_deep=True)
    bd("doctor", "--deep", "--fix")
    assert bd("doctor", "--deep", "--check-health").code == 0
    assert place.counts().events >= before.events, "history too"
    assert place.counts().claims == before.claims


def test_a_newer_database_is_named_and_left_alone(bd: Bd) -> None:
    database = fold_log(bd)
    connection = apsw.Connection(str(database))
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    content = fold_log(bd).read_bytes()
    answer = bd("doctor", "--fix", "--json")
    assert answer.code == 1
    (check,) = [each for each in answer.json["checks"] if each["status"] == "error"]
    assert "version 99" in check["message"]
    assert "Upgrade" in check["fix"]
    assert database.read_bytes() == content


def test_an_older_database_is_named_and_brought_up_only_by_a_mend(bd: Bd) -> None:
    database = fold_log(bd)
    database.unlink()
    connection = apsw.Connection(str(database))
    connection.execute("PRAGMA user_version = 0")
    connection.close()
    assert bd.json("doctor")["checks"][0]["status"] == "warning"
    assert Database(str(database)).version() == 0
    bd.ok("doctor", "--fix")
    assert bd("doctor", "--check-health").code == 0


def test_a_database_that_has_not_the_tables_of_its_version_is_made_anew(bd: Bd) -> None:
    before = ids(bd)
    connection = apsw.Connection(str(bd.beads / "beadwork.db"))
    connection.execute("PRAGMA user_version = 3")
    connection.close()
    spoiled = fold_log(bd).read_bytes()
    bd.ok("doctor", "--fix")
    assert ids(bd) == before
    assert "Run the tests" in bd.ok("recall", "tests").out
    assert bd.json("show", "px-000")[0]["claimed_by"] == "ann"
    assert bd("doctor", "--deep", "--check-health").code == 0
    (aside,) = bd.beads.glob("beadwork-damaged-*.db")
    assert aside.read_bytes() == spoiled


# -- backups while others write


def test_backups_are_whole_while_others_write(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.create("first")
    database = Database(project.place.database)
    is_over = threading.Event()
    failed: list[BaseException] = []

    def write() -> None:
        try:
            writer = Project(tmp_path)
            while not is_over.is_set():
                writer.batch(*(CreateIssue(title=f"t{each}") for each in range(5)))
            writer.close()
        except BaseException as error:  # noqa: BLE001 -- it is shown by the test
            failed.append(error)

    thread = threading.Thread(target=write)
    thread.start()
    try:
        counts = [database.copy_to(str(tmp_path / f"{each}.db")) for each in range(8)]
    finally:
        is_over.set()
        thread.join()
    assert failed == []
    for each, count in enumerate(counts):
        copy = Database(str(tmp_path / f"{each}.db"))
        assert copy.damage(is_deep=True) == []
        assert copy.counts() == count
        assert (count.issues - 1) % 5 == 0, "one moment: whole transactions only"
    project.close()


def test_a_place_that_can_not_be_written_gets_no_half_backup(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.create("first")
    target = tmp_path / "no" / "folder.db"
    (tmp_path / "no").write_text("a file is in the way")
    with pytest.raises(BeadworkError) as refused:
        Database(project.place.database).copy_to(str(target))
    assert refused.value.code == "file.trouble"
    assert query(project.place, "SELECT COUNT(*) FROM issue") == [(1,)]
    project.close()


def test_a_restore_that_fails_leaves_the_store_in_its_place(
    bd: Bd, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = bd.json("backup")["path"]
    before = ids(bd)

    def refuse(self: Database, path: str) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Database, "_write_copy", refuse)
    answer = bd("restore", name, "--force", "--json")
    assert answer.code == 5, answer
    monkeypatch.undo()
    assert ids(bd) == before
    assert not list(bd.beads.glob("beadwork-before-restore-*"))
