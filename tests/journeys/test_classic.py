"""Taking over from classic: its folder, its settings, its file, its database (R5, R14)."""

import json
import sqlite3

import pytest

from tests.doors.program import Bd, tree
from tests.journeys.conftest import make_repository

CONFIG = """\
# Our settings. Ask Eve before you change them.
issue-prefix: "old"   # never "new"

# no-db: true
status.custom: "review"
sync-branch: beads-sync
"""
LINES = (
    '{"id":"old-1","title":"First","status":"open","priority":1,"issue_type":"bug",'
    '"created_at":"2025-11-01T10:00:00.123456789+01:00",'
    '"updated_at":"2025-11-01T10:00:00.5+01:00"}\n'
    '{"id":"old-a3f","title":"Über \\u003cb\\u003e","description":"x","status":"closed",'
    '"priority":0,"issue_type":"task","created_at":"2025-11-02T10:00:00Z",'
    '"updated_at":"2025-11-03T10:00:00Z","closed_at":"2025-11-03T10:00:00Z",'
    '"close_reason":"Done","labels":["a","b"],"dependencies":[{"issue_id":"old-a3f",'
    '"depends_on_id":"old-1","type":"discovered-from","created_at":"2025-11-02T10:00:00Z",'
    '"created_by":"eve"}],"comments":[{"id":7,"issue_id":"old-a3f","author":"eve",'
    '"text":"Said","created_at":"2025-11-02T11:00:00Z"}]}\n'
    '{"id":"old-b1","title":"Review","status":"review","priority":2,"issue_type":"task",'
    '"created_at":"2025-11-02T10:00:00Z","updated_at":"2025-11-02T10:00:00Z","novel":[1]}\n'
    '{"id":"old-x","title":"Gone","status":"tombstone","priority":2,"issue_type":"task",'
    '"created_at":"2025-11-02T10:00:00Z","updated_at":"2025-11-02T10:00:00Z",'
    '"deleted_at":"2025-11-04T10:00:00Z","deleted_by":"eve","original_type":"task"}\n'
)


@pytest.fixture
def classic(bare: Bd) -> Bd:
    """A repository as classic leaves it."""
    made = make_repository(bare, bare.folder)
    made.beads.mkdir()
    (made.beads / "config.yaml").write_text(CONFIG, encoding="utf-8")
    (made.beads / ".gitignore").write_text("*.db\nbd.sock", encoding="utf-8")
    (made.beads / "metadata.json").write_text('{"database":"beads.db"}\n', encoding="utf-8")
    made.records.write_text(LINES, encoding="utf-8")
    made.git("config", "merge.beads.driver", "bd merge %A %O %A %B")
    made.git("add", "--all")
    made.git("commit", "--quiet", "--message", "Classic")
    return made


def make_database(bd: Bd, *ids: str, name: str = "beads.db") -> None:
    """Make a classic database with some rows."""
    with sqlite3.connect(bd.beads / name) as connection:
        connection.execute("CREATE TABLE issues (id TEXT PRIMARY KEY, title TEXT, status TEXT)")
        rows = [(issue_id, "In the database", "open") for issue_id in ids]
        connection.executemany("INSERT INTO issues VALUES (?, ?, ?)", rows)
    connection.close()


def test_init_takes_the_records_in_and_keeps_the_file(classic: Bd) -> None:
    made = classic.json("init")
    assert made["prefix"] == "old"
    assert made["imported"]["created"] == 4
    assert classic.records.read_text(encoding="utf-8") == LINES
    assert {row["id"] for row in classic.json("list")} == {"old-1", "old-b1"}
    assert {row["id"] for row in classic.json("list", "--all")} == {"old-1", "old-a3f", "old-b1"}
    (shown,) = classic.json("show", "old-a3f")
    assert (shown["title"], shown["priority"]) == ("Über <b>", 0)
    assert shown["comments"][0]["id"] == 7
    assert classic.create("New").startswith("old-")


def test_init_keeps_what_people_wrote_into_the_settings(classic: Bd) -> None:
    classic.ok("init", "--prefix", "old")
    assert (classic.beads / "config.yaml").read_text(encoding="utf-8") == CONFIG
    ignored = (classic.beads / ".gitignore").read_text(encoding="utf-8").splitlines()
    assert ignored[:2] == ["*.db", "bd.sock"]
    assert len(ignored) == len(set(ignored))
    assert (classic.beads / "metadata.json").read_text(encoding="utf-8").startswith("{")
    refused = classic("init", "--prefix", "new", "--json")
    assert (refused.code, refused.error["code"]) == (4, "store.exists")
    classic.ok("update", "old-1", "--status", "review")


def test_a_prefix_is_guessed_from_the_records_and_added_to_the_settings(classic: Bd) -> None:
    text = CONFIG.replace('issue-prefix: "old"', '# issue-prefix: "none"')
    (classic.beads / "config.yaml").write_text(text, encoding="utf-8")
    assert classic.json("init")["prefix"] == "old"
    after = (classic.beads / "config.yaml").read_text(encoding="utf-8")
    assert after == f'{text}issue-prefix: "old"\n'


def test_the_file_alone_is_enough(classic: Bd) -> None:
    # A fresh clone: no database, no init.
    assert {row["id"] for row in classic.json("ready")} == {"old-1"}
    classic.ok("close", "old-1")
    changed = classic.lines()
    before = dict(zip(["old-1", "old-a3f", "old-b1", "old-x"], LINES.splitlines(), strict=True))
    assert {name for name in changed if changed[name] != before[name]} == {"old-1"}


def test_older_names_of_the_file_are_read(classic: Bd) -> None:
    classic.records.rename(classic.beads / "beads.jsonl")
    classic.ok("init")
    assert {row["id"] for row in classic.json("list")} == {"old-1", "old-b1"}
    issue = classic.create()
    assert issue in (classic.beads / "beads.jsonl").read_text(encoding="utf-8")
    assert not classic.records.exists()


def name_files(bd: Bd, **names: str) -> None:
    """Let `metadata.json` name the files of a store."""
    (bd.beads / "metadata.json").write_text(json.dumps(names), encoding="utf-8")


def test_the_names_that_metadata_has_are_used(classic: Bd) -> None:
    name_files(classic, database="cl.db", jsonl_export="tasks.jsonl")
    tasks = classic.beads / "tasks.jsonl"
    classic.records.rename(tasks)
    make_database(classic, "old-1", "old-lost", name="cl.db")
    answer = classic.ok("init", "--json")
    assert answer.json["imported"]["created"] == 4
    assert "old-lost" in answer.err
    assert "export -o .beads/tasks.jsonl" in answer.err
    issue = classic.create()
    assert issue in tasks.read_text(encoding="utf-8")
    assert not classic.records.exists()
    attributes = (classic.beads / ".gitattributes").read_text(encoding="utf-8")
    assert attributes.splitlines() == ["tasks.jsonl merge=union -text"]
    assert ".beads/tasks.jsonl: merge: beads" in classic.git(
        "check-attr", "merge", ".beads/tasks.jsonl"
    )
    findings = {each["name"]: each for each in classic.json("doctor")["checks"]}
    assert findings["merge-driver"]["status"] == "ok", findings["merge-driver"]


def test_the_file_of_a_new_store_has_the_name_that_metadata_has(classic: Bd) -> None:
    name_files(classic, jsonl_export="tasks.jsonl")
    classic.records.unlink()
    classic.ok("init")
    issue = classic.create()
    assert issue in (classic.beads / "tasks.jsonl").read_text(encoding="utf-8")
    assert not classic.records.exists()


def test_a_file_of_another_name_goes_into_the_commit(classic: Bd) -> None:
    name_files(classic, jsonl_export="tasks.jsonl")
    classic.git("mv", ".beads/issues.jsonl", ".beads/tasks.jsonl")
    classic.ok("init")
    classic.git("add", "--all")
    classic.git("commit", "--quiet", "--message", "Beadwork")
    issue = classic.create("--no-auto-flush", "Later")
    classic.git("commit", "--quiet", "--allow-empty", "--message", "Work")
    assert issue in classic.git("show", "HEAD:.beads/tasks.jsonl")
    classic.git("worktree", "add", "--quiet", "-b", "side", "../side")
    classic.ok("worktree", "remove", "../side")


@pytest.mark.parametrize(
    "name",
    ["../x.jsonl", "/tmp/x.jsonl", "config.yaml", "beadwork.db", ".x.jsonl", "interactions.jsonl"],
)
def test_metadata_names_no_file_elsewhere_and_none_of_another_use(classic: Bd, name: str) -> None:
    name_files(classic, jsonl_export=name)
    for words in (("init",), ("list",), ("create", "x"), ("doctor",)):
        answer = classic(*words, "--json")
        assert (answer.code, answer.error["code"]) == (2, "field.invalid")
        assert "metadata.json" in answer.error["error"]
    (classic.beads / "metadata.json").write_text("[", encoding="utf-8")
    assert "metadata.json can't be read" in classic("list").err


@pytest.mark.parametrize("name", ["", "dolt", "../../elsewhere.db"])
def test_a_database_that_is_not_there_is_none(classic: Bd, name: str) -> None:
    (classic.beads / "dolt").mkdir()
    name_files(classic, database=name, jsonl_export="")
    assert classic.ok("init").err == ""
    assert classic.create() in classic.lines()


def test_init_warns_of_what_only_classics_database_holds(classic: Bd) -> None:
    make_database(classic, "old-1", "old-lost")
    content = (classic.beads / "beads.db").read_bytes()
    answer = classic.ok("init", "--json")
    assert "old-lost" in answer.err
    assert "old-1" not in answer.err
    assert "bd export" in answer.err
    assert answer.json["imported"]["created"] == 4
    assert (classic.beads / "beads.db").read_bytes() == content


def test_init_is_silent_where_the_file_holds_all(classic: Bd) -> None:
    make_database(classic, "old-1", "old-a3f")
    assert classic.ok("init").err == ""


def test_a_classic_database_that_cant_be_read_is_left_alone(classic: Bd) -> None:
    (classic.beads / "beads.db").write_bytes(b"no database")
    assert classic.ok("init").err == ""
    assert (classic.beads / "beads.db").read_bytes() == b"no database"


def test_the_flags_of_classics_init_are_taken(classic: Bd) -> None:
    flags = ("--from-jsonl", "--skip-hooks", "--force", "--backend", "sqlite", "--quiet")
    assert classic.ok("init", *flags) == (0, "", "")
    assert classic("init", "--backend", "dolt").code == 2


def test_a_classic_edit_of_the_file_is_adopted(classic: Bd) -> None:
    classic.ok("init")
    text = classic.records.read_text(encoding="utf-8").replace('"First"', '"By classic"')
    classic.records.write_text(text, encoding="utf-8")
    assert classic.json("show", "old-1")[0]["title"] == "By classic"
    classic.ok("update", "old-1", "-p", "3")
    assert '"By classic"' in classic.lines()["old-1"]


def test_deleted_records_stay_deleted(classic: Bd) -> None:
    classic.ok("init")
    assert classic("update", "old-x", "--title", "Back", "--json").code == 4
    line = LINES.splitlines()[3].replace('"tombstone"', '"open"').split(',"deleted_at"')[0] + "}\n"
    classic.ok("import", "-", given=line.replace("2025-11-02T10:00:00Z", "2025-11-01T10:00:00Z"))
    assert "old-x" not in {row["id"] for row in classic.json("list", "--all")}


def test_a_read_leaves_classics_folder_as_it_was(classic: Bd) -> None:
    classic.ok("init")
    classic.ok("list")
    before = tree(classic.folder)
    for words in (("list",), ("ready",), ("show", "old-1"), ("blocked",), ("export",), ("where",)):
        classic.ok(*words)
    assert tree(classic.folder) == before


def test_the_file_of_a_later_program_is_taken_in(bare: Bd) -> None:
    issue = '{"_type":"issue",' + LINES.splitlines()[0].removeprefix("{")
    bare.beads.mkdir()
    text = f'{issue}\n{{"_type":"memory","key":"k","value":"Ask Eve"}}\n'
    bare.records.write_text(text, encoding="utf-8")
    answer = bare.ok("init", "--json")
    assert answer.json["prefix"] == "old"
    assert answer.json["imported"]["memories"] == ["k"]
    assert bare.json("recall", "k")["value"] == "Ask Eve"
    assert bare.records.read_text(encoding="utf-8") == text
    new = bare.create()
    assert bare.lines()["old-1"] == issue
    assert list(bare.lines()) == ["old-1", new]
    line = '{"_type":"memory","key":"later","value":"Ask Bob"}'
    bare.records.write_text(f"{bare.records.read_text()}{line}\n", encoding="utf-8")
    noted = bare.ok("list")
    assert "1 memory kept in the store, not in the file" in noted.err
    assert bare.json("recall", "later")["value"] == "Ask Bob"
