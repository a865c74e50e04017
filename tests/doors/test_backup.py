"""`bd backup` and `bd restore`."""

import shutil
import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import apsw
import pytest

from tests.doors.program import Bd


@pytest.fixture
def filled(bd: Bd) -> Bd:
    """A store with a claim, a blocked issue, a memory and a change to undo."""
    first = bd.create("First", "--description", "what it is about")
    bd.create("Second", "--deps", first)
    bd.ok("claim", first)
    bd.ok("remember", "Run the tests", "--key", "tests")
    bd.ok("update", first, "--title", "First, better")
    return bd


def rows(path: Path, text: str) -> list[tuple[Any, ...]]:
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        return list(connection.execute(text))
    finally:
        connection.close()


def replica(bd: Bd) -> str:
    ((value,),) = rows(bd.beads / "beadwork.db", "SELECT value FROM setting WHERE name = 'replica'")
    return str(value)


def what_counts(bd: Bd) -> Mapping[str, Any]:
    """Answer all that a restore brings back."""
    ids = sorted(each["id"] for each in bd.json("list", "--all"))
    return {
        "issues": bd.json("show", *ids),
        "ready": bd.json("ready"),
        "blocked": bd.json("blocked"),
        "history": [bd.json("history", each) for each in ids],
        "memories": bd.json("memories"),
    }


def test_a_backup_is_a_whole_store_that_is_checked_and_private(filled: Bd) -> None:
    made = filled.json("backup")
    path = Path(made["path"])
    assert path.parent == filled.beads / "backups"
    assert (made["issues"], made["claims"], made["dropped"]) == (2, 1, [])
    assert path.stat().st_mode & 0o777 == 0o600
    assert rows(path, "PRAGMA integrity_check") == [("ok",)]
    assert len(rows(path, "SELECT n FROM issue")) == 2
    assert not list(path.parent.glob(".beadwork-*"))
    assert not list(path.parent.glob("*-wal"))


def test_status_lists_the_backups_latest_first(filled: Bd) -> None:
    assert filled.json("backup", "status") == {"backups": [], "count": 0}
    paths = [filled.json("backup")["path"] for _ in range(3)]
    shown = filled.json("backup", "status")
    assert shown["count"] == 3
    assert {each["path"] for each in shown["backups"]} == set(paths)


def test_only_the_last_ones_are_kept_and_only_dated_ones_dropped(filled: Bd) -> None:
    filled.ok("backup", ".beads/backups/mine.db")
    for _ in range(4):
        filled.ok("backup", "--keep", "2")
    names = [Path(each["path"]).name for each in filled.json("backup", "status")["backups"]]
    assert len(names) == 3
    assert "mine.db" in names


def test_a_file_or_a_folder_can_be_named(filled: Bd, tmp_path: Path) -> None:
    assert filled.json("backup", "deep/er/copy.db")["path"].endswith("deep/er/copy.db")
    assert filled("backup", "deep/er/copy.db").code == 2, "what is there is not overwritten"
    filled.ok("backup", "deep/er/copy.db", "--force")
    target = tmp_path / "backups"
    target.mkdir()
    filled.ok("backup", str(target))
    assert len(list(target.glob("*.db"))) == 1


@pytest.mark.parametrize("words", [("a.db", "b.db"), ("sync",), ("init",), ("",), ("restore", "x")])
def test_what_is_no_file_is_refused(filled: Bd, words: tuple[str, ...]) -> None:
    answer = filled("backup", *words, "--json")
    assert answer.code == 2, answer
    assert answer.error["hint"]


def test_the_store_itself_is_no_place_for_a_backup(filled: Bd) -> None:
    assert filled("backup", ".beads/beadwork.db", "--force").code == 2
    assert len(filled.json("list")) == 2


def test_a_restore_brings_back_records_claims_readiness_and_undo(filled: Bd) -> None:
    before, name = what_counts(filled), filled.json("backup")["path"]
    old = replica(filled)
    for path in [*filled.beads.glob("beadwork.db*"), filled.records]:
        path.unlink()
    shown = filled.json("restore", name)
    assert (shown["restored"], shown["kept"], shown["lost_events"]) == (name, None, 0)
    assert what_counts(filled) == before
    assert replica(filled) != old, "a database that was put here is another replica"
    assert filled.ok("doctor", "--deep", "--verbose").out.endswith(" 0 warnings, 0 errors.\n")
    assert filled.json("undo")["issues"][0]["title"] == "First"


def test_a_restore_that_loses_events_is_refused_and_names_how_many(filled: Bd) -> None:
    name = filled.json("backup")["path"]
    filled.create("Third")
    filled.create("Fourth")
    answer = filled("restore", name, "--json")
    assert answer.code == 4
    assert answer.error["code"] == "restore.loses"
    assert answer.error["data"]["events"] == 2
    assert len(filled.json("list")) == 4


def test_a_forced_restore_keeps_the_present_store_and_takes_the_file_in(filled: Bd) -> None:
    name = filled.json("backup")["path"]
    third = filled.create("Third")
    shown = filled.json("restore", name, "--force")
    kept = Path(shown["kept"])
    assert (third,) in rows(kept, "SELECT id FROM issue")
    assert shown["lost_events"] == 1
    assert third in {each["id"] for each in filled.json("list")}, "the file still says it"
    filled.ok("restore", str(kept), "--force")
    assert filled.json("history", third)[-1]["kind"] == "created", "and back again"


def test_a_restore_over_the_same_state_needs_no_force(filled: Bd) -> None:
    name = filled.json("backup")["path"]
    assert filled.json("restore", name)["lost_events"] == 0


def test_what_was_granted_before_a_restore_is_not_granted_again(filled: Bd) -> None:
    known, name = filled.create("Known to the backup"), filled.json("backup")["path"]
    first, second = {"BD_ACTOR": "bob", "BD_SESSION": "s1"}, {"BD_ACTOR": "bob", "BD_SESSION": "s2"}
    both = [known, filled.create("Only in the file")]
    before = {each: filled.json("claim", each, **first)[0]["claim_epoch"] for each in both}
    lease = filled.json("lease", "acquire", "src/**", **first)
    filled.ok("restore", name, "--force")
    again = filled.json("lease", "acquire", "src/**", **second)
    assert again["lease"] > lease["lease"]
    assert again["lease_epoch"] > lease["lease_epoch"]
    for each in both:
        filled.ok("release", each, "--force", **second)
        epoch = filled.json("claim", each, **second)[0]["claim_epoch"]
        assert epoch > before[each]
        named = filled("update", each, "--title", "x", "--epoch", f"{before[each]}", **first)
        assert named.code == 4, "who names the epoch that it was granted then is fenced off"
        assert filled("update", each, "--title", "x", **first).code == 4, "and who names none"
        filled.ok("update", each, "--title", "x", **second)


def test_an_epoch_of_a_store_that_is_gone_is_no_later_one_of_the_restored_claim(filled: Bd) -> None:
    issue, ended = filled.create(), {"BD_ACTOR": "bob"}
    filled.ok("claim", issue, "--lease", "1h")
    name = filled.json("backup")["path"]
    filled.ok("release", issue)
    before = filled.json("claim", issue, **ended)[0]["claim_epoch"]
    filled.ok("restore", name, "--force")
    filled.ok("release", issue, "--force", **ended)
    assert filled.json("claim", issue)[0]["claim_epoch"] > before
    assert filled("update", issue, "--title", "x", "--epoch", f"{before}", **ended).code == 4


def test_events_go_on_after_those_of_the_store_that_was_there(filled: Bd) -> None:
    def numbers() -> list[tuple[int, str]]:
        shown = filled.json("activity", "--limit", "50")
        return sorted((each["seq"], each["deed"]) for each in shown)

    name = filled.json("backup")["path"]
    filled.create("Third")
    last = numbers()[-1][0]
    filled.ok("restore", name, "--force")
    assert next(kind for seq, kind in numbers() if seq > last) == "restored"
    assert last not in [seq for seq, _ in numbers()]
    assert filled.json("restore", name, "--force")["lost_events"] == 1, "what the file brought"


def test_a_child_of_the_store_that_was_there_keeps_its_number(filled: Bd) -> None:
    parent = filled.create("Parent")
    name = filled.json("backup")["path"]
    child = filled.create("Child", "--parent", parent, "--ephemeral")
    filled.ok("restore", name, "--force")
    assert filled.create("Other child", "--parent", parent) != child


def _garbage(path: Path) -> None:
    path.write_bytes(b"no database " * 100)


def _foreign(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE issues (id TEXT)")
    connection.commit()
    connection.close()


def _cut(path: Path) -> None:
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 2)


@pytest.mark.parametrize("spoil", [_garbage, _foreign, _cut])
def test_what_is_no_sound_backup_is_refused_and_the_store_stays(filled: Bd, spoil: Any) -> None:
    path = filled.folder / "copy.db"
    if spoil is _cut:
        filled.ok("backup", "copy.db")
    before = what_counts(filled)
    spoil(path)
    answer = filled("restore", "copy.db", "--force", "--json")
    assert answer.code == 2, answer
    assert answer.error["code"] == "path.invalid"
    assert what_counts(filled) == before


def test_a_backup_of_a_newer_program_is_refused(filled: Bd) -> None:
    filled.ok("backup", "copy.db")
    connection = apsw.Connection(str(filled.folder / "copy.db"))
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    assert filled("restore", "copy.db").code == 5


def test_what_is_neither_file_nor_issue_is_named(filled: Bd) -> None:
    answer = filled("restore", "nothing.db", "--json")
    assert answer.code == 3
    assert "no file and no issue" in answer.error["error"]


def test_readonly_refuses_both(filled: Bd) -> None:
    assert filled("backup", "--readonly").code == 2
    name = filled.json("backup")["path"]
    assert filled("restore", name, "--readonly").code == 2


# -- restore of a compacted issue, as classic has it


def test_restore_shows_the_full_text_of_a_compacted_issue(bd: Bd) -> None:
    issue = bd.create("Old work", "--description", "long " * 200, "--notes", "notes " * 50)
    assert bd("restore", issue).code == 4, "nothing was compacted"
    bd.ok("close", issue)
    bd.ok(
        *("admin", "compact", "--apply", "--force", "--id", issue, "--summary", "-"),
        given="It was done.",
    )
    assert bd.json("show", issue)[0]["description"] == "It was done."
    full = bd.json("restore", issue)
    assert full["description"] == "long " * 200
    assert full["notes"] == "notes " * 50
    assert "long long" in bd.ok("restore", issue).out


def test_a_text_that_was_compacted_elsewhere_is_not_here(bd: Bd) -> None:
    line = (
        '{"id":"px-far","title":"t","description":"digest","status":"closed","priority":2,'
        '"issue_type":"task","created_at":"2026-01-01T00:00:00Z",'
        '"updated_at":"2026-01-01T00:00:00Z","closed_at":"2026-01-01T00:00:00Z",'
        '"compaction_level":1,"compacted_at":"2026-02-01T00:00:00Z","original_size":900}\n'
    )
    bd.ok("import", "-", given=line)
    answer = bd("restore", "px-far", "--json")
    assert answer.code == 4
    assert "git log" in answer.error["hint"]


# -- blobs

LONG = "a long text. " * 1000


def with_blob(bd: Bd) -> Path:
    """Send a message that lies in a blob; answer the blob's file."""
    bd.ok("msg", "send", "--to", "bob", LONG)
    (path,) = (each for each in (bd.beads / "blobs").glob("??/*") if each.is_file())
    return path


def lose(bd: Bd) -> None:
    """Lose the database and the blobs."""
    for path in bd.beads.glob("beadwork.db*"):
        path.unlink()
    shutil.rmtree(bd.beads / "blobs")


def test_a_backup_holds_the_blobs_that_are_referred_to_and_a_restore_brings_them(
    filled: Bd,
) -> None:
    blob = with_blob(filled)
    filled.ok("blob", "put", "-", given="nothing refers to it")
    made = filled.json("backup")
    assert (made["blobs"], made["missing_blobs"]) == (1, [])
    folder = Path(made["path"].removesuffix(".db") + ".blobs")
    assert [each.name for each in folder.iterdir()] == [blob.name]
    assert (folder / blob.name).samefile(blob), "it takes no room of its own"
    lose(filled)
    shown = filled.json("restore", made["path"])
    assert (shown["blobs"], shown["missing_blobs"]) == (1, [])
    assert filled.json("blob", "verify", blob.name)["checked"] == 1
    assert (
        filled.json("msg", "inbox", "--actor", "bob")[0]["payload"]["text"].strip() == LONG.strip()
    )


def test_a_backup_without_blobs_is_restored_and_tells_what_is_missing(filled: Bd) -> None:
    blob = with_blob(filled)
    name = filled.json("backup")["path"]
    shutil.rmtree(name.removesuffix(".db") + ".blobs")
    lose(filled)
    said = filled.ok("restore", name).out
    assert f"1 blob missing, neither here nor beside the backup: {blob.name[:12]}" in said


def test_what_is_damaged_is_neither_saved_nor_brought_back(filled: Bd) -> None:
    blob = with_blob(filled)
    name = filled.json("backup")["path"]
    (Path(name.removesuffix(".db") + ".blobs") / blob.name).write_text("damaged")
    made = filled.json("backup")
    assert (made["blobs"], made["missing_blobs"]) == (0, [blob.name]), "a link is the same file"
    lose(filled)
    assert filled.json("restore", name)["missing_blobs"] == [blob.name]
    assert not blob.exists()


def test_what_is_damaged_here_comes_back_whole_from_another_disk(filled: Bd) -> None:
    blob = with_blob(filled)
    name = filled.json("backup")["path"]
    saved = Path(name.removesuffix(".db") + ".blobs") / blob.name
    content = saved.read_bytes()
    saved.unlink()
    saved.write_bytes(content)
    blob.write_text("damaged")
    assert filled.json("restore", name)["blobs"] == 1
    assert blob.read_bytes() == content


def test_what_lies_where_the_blobs_go_and_is_none_stays(filled: Bd) -> None:
    (filled.folder / "mine.blobs").mkdir()
    other = filled.folder / "mine.blobs" / "notes.md"
    other.write_text("mine")
    filled.ok("backup", "mine.db")
    with_blob(filled)
    filled.ok("backup", "mine.db", "--force")
    assert other.read_text() == "mine"
    assert len(list(other.parent.iterdir())) == 2


def test_the_blobs_of_a_backup_go_with_it(filled: Bd) -> None:
    with_blob(filled)
    for _ in range(3):
        filled.ok("backup", "--keep", "1")
    assert len(list((filled.beads / "backups").glob("*.blobs"))) == 1


def test_blobs_of_the_store_as_it_was_stay_beside_it(filled: Bd) -> None:
    name = filled.json("backup")["path"]
    blob = with_blob(filled)
    kept = filled.json("restore", name, "--force")["kept"]
    assert (Path(kept.removesuffix(".db") + ".blobs") / blob.name).samefile(blob)


# -- what fits not


def _of_another_schema(path: Path) -> None:
    connection = apsw.Connection(str(path))
    connection.execute("PRAGMA user_version = 3")
    connection.close()


def _without_memories(path: Path) -> None:
    connection = apsw.Connection(str(path))
    connection.execute("DROP TABLE memory")
    connection.close()


@pytest.mark.parametrize("spoil", [_of_another_schema, _without_memories])
def test_a_backup_that_does_not_fit_is_refused_before_anything_is_moved(
    filled: Bd, spoil: Any
) -> None:
    filled.ok("backup", "copy.db")
    spoil(filled.folder / "copy.db")
    before = what_counts(filled)
    there = sorted(path.name for path in filled.beads.iterdir())
    answer = filled("restore", "copy.db", "--force", "--json")
    assert (answer.code, answer.error["code"]) == (2, "path.invalid"), answer
    assert "bd backup status" in answer.error["hint"]
    assert what_counts(filled) == before
    assert sorted(path.name for path in filled.beads.iterdir()) == there
    assert filled("doctor", "--check-health").code == 0


def test_an_index_that_a_backup_lacks_is_made_anew(filled: Bd) -> None:
    filled.ok("backup", "copy.db")
    connection = apsw.Connection(str(filled.folder / "copy.db"))
    connection.execute("DROP TABLE search_words")
    connection.close()
    filled.ok("restore", "copy.db")
    assert len(filled.json("search", "First")) == 1
    assert filled("doctor", "--check-health").code == 0


def test_a_restore_that_fails_later_puts_the_store_back(filled: Bd) -> None:
    name = filled.json("backup")["path"]
    filled.ok("remember", "Later", "--key", "later")
    filled.records.unlink()
    filled.records.mkdir()
    answer = filled("restore", name, "--force")
    assert answer.code == 5, answer
    filled.records.rmdir()
    assert "Later" in filled.ok("recall", "later").out
    assert not list(filled.beads.glob("beadwork-before-restore-*"))
    filled.ok("sync")
    assert filled("doctor", "--check-health").code == 0


def test_a_store_is_no_backup_of_itself(filled: Bd) -> None:
    (filled.folder / "link.db").symlink_to(filled.beads / "beadwork.db")
    for path in (".beads/beadwork.db", "link.db"):
        answer = filled("restore", path, "--force", "--json")
        assert (answer.code, answer.error["code"]) == (2, "path.invalid")
        assert "itself" in answer.error["error"]
    assert len(filled.json("list")) == 2


def test_a_backup_of_an_older_version_is_brought_up_before_it_is_put_in_place(
    filled: Bd,
) -> None:
    before = filled.json("list")
    filled.ok("backup", "copy.db")
    connection = apsw.Connection(str(filled.folder / "copy.db"))
    connection.execute("DROP TABLE ended_session")
    connection.execute("DROP INDEX agent_by_session")
    connection.execute("PRAGMA user_version = 7")
    connection.close()
    filled.ok("restore", "copy.db", "--force")
    assert filled.json("list") == before
    assert filled("doctor", "--check-health").code == 0
