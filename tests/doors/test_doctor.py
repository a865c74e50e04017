"""`bd doctor`: what it finds around the store, what it mends, and that it changes nothing else."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import apsw
import pytest

from beadwork.compose import DirectWorld
from beadwork.doors.world import Options
from tests.doors.program import ROOT, Bd, tree

KEYS = {"name", "status", "message", "detail", "fix", "category"}


@pytest.fixture
def repository(bare: Bd) -> Bd:
    """A store with two issues in a repository."""
    bare.git("init", "-q")
    bare.ok("init", "--quiet")
    first = bare.create("First", "--description", "what it is about")
    bare.create("Second", "--deps", first)
    return bare


def wrong(bd: Bd, *words: str) -> dict[str, str]:
    """Answer what doctor finds, by the name of the check."""
    answer = bd("doctor", *words, "--json")
    assert answer.code in (0, 1), answer
    return {
        each["name"]: each["status"] for each in answer.json["checks"] if each["status"] != "ok"
    }


def damage(bd: Bd, statement: str) -> None:
    """Change the database behind the program's back."""
    connection = apsw.Connection(str(bd.beads / "beadwork.db"))
    connection.execute(statement)
    connection.close()


def test_a_new_store_is_in_order(repository: Bd) -> None:
    answer = repository("doctor", "--json")
    assert answer.code == 0
    assert answer.json["overall_ok"] is True
    assert {"path", "checks", "overall_ok", "cli_version", "timestamp", "platform"} == set(
        answer.json
    )
    assert answer.json["path"] == str(repository.folder)
    for check in answer.json["checks"]:
        assert set(check) <= KEYS
        assert check["status"] == "ok", check


def test_doctor_changes_no_file(repository: Bd) -> None:
    # But for an empty transaction, which tells whether a write can be stored.
    ignored = {"beadwork.db-shm", "beadwork.db-wal"}
    before = {k: v for k, v in tree(repository.folder).items() if Path(k).name not in ignored}
    repository.ok("doctor", "--deep", "--verbose")
    after = {k: v for k, v in tree(repository.folder).items() if Path(k).name not in ignored}
    assert after == before


def test_doctor_that_is_to_be_read_only_commits_nothing(repository: Bd) -> None:
    before = tree(repository.folder)
    names = {each["name"] for each in repository.json("--readonly", "doctor")["checks"]}
    assert "writes" not in names
    after = tree(repository.folder)
    assert {k: v for k, v in after.items() if not k.endswith("-shm")} == {
        k: v for k, v in before.items() if not k.endswith("-shm")
    }


def test_an_error_exits_1_and_a_warning_0(repository: Bd) -> None:
    (repository.beads / ".beadwork-old").write_text("x")
    os.utime(repository.beads / ".beadwork-old", (1, 1))
    assert repository("doctor").code == 0
    damage(repository, "UPDATE issue SET priority = 4")
    answer = repository("doctor", "--json")
    assert answer.code == 1
    assert answer.json["overall_ok"] is False
    assert answer.err == ""


def test_the_mark_of_a_process_that_is_gone_is_a_leftover_at_once(repository: Bd) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    left = repository.beads / f".beadwork-mark-{gone.pid}"
    mine = repository.beads / f".beadwork-mark-{os.getpid()}"
    left.touch()
    mine.touch()
    assert wrong(repository) == {"leftovers": "warning"}
    repository.ok("doctor", "--fix")
    assert (left.exists(), mine.exists()) == (False, True)


def test_fix_says_what_it_does_keeps_a_backup_and_looks_again(repository: Bd) -> None:
    before = repository.json("list")
    damage(repository, "UPDATE issue SET priority = 4")
    said = repository.ok("doctor", "--fix")
    assert "columns" in said.err
    assert "columns: 2 mended" in said.out
    (backup,) = (repository.beads / "backups").glob("doctor-*.db")
    assert str(backup) in said.out
    rows = list(apsw.Connection(str(backup)).execute("SELECT DISTINCT priority FROM issue"))
    assert rows == [(4,)], "the backup is the store as it was"
    assert wrong(repository) == {}
    assert repository.json("list") == before


def test_a_dry_run_only_says_it(repository: Bd) -> None:
    damage(repository, "UPDATE issue SET priority = 4")
    answer = repository("doctor", "--fix", "--dry-run", "--json")
    assert answer.code == 1
    assert "columns" in answer.json["fixed"][0]
    assert wrong(repository) == {"columns": "error"}
    assert not (repository.beads / "backups").exists()


def test_fix_of_one_check_leaves_the_others(repository: Bd) -> None:
    damage(repository, "UPDATE issue SET priority = 4")
    damage(repository, "DELETE FROM prefix_count")
    repository("doctor", "--fix", "--check", "prefix-counts")
    assert wrong(repository) == {"columns": "error"}


def test_fix_where_all_is_in_order_changes_nothing(repository: Bd) -> None:
    answer = repository.json("doctor", "--fix", "--yes")
    assert (answer["fixed"], answer["backup"]) == ([], None)
    assert not (repository.beads / "backups").exists()


def test_readonly_refuses_a_mend_and_allows_a_look(repository: Bd) -> None:
    damage(repository, "UPDATE issue SET priority = 4")
    assert repository("doctor", "--readonly").code == 1
    assert repository("doctor", "--readonly", "--fix").code == 2


# -- around the store


def _leave_a_file(bd: Bd) -> None:
    for name in (".beadwork-x1", "config.cache.999"):
        (bd.beads / name).write_text("x")
        os.utime(bd.beads / name, (1, 1))


def _leave_a_daemon(bd: Bd) -> None:
    (bd.beads / "daemon.pid").write_text("4194300\n")
    (bd.beads / "daemon.lock").write_text("{}")


def _open_to_others(bd: Bd) -> None:
    (bd.beads / "beadwork.db").chmod(0o666)
    bd.beads.chmod(0o777)


def _forget_ignores(bd: Bd) -> None:
    (bd.beads / ".gitignore").write_text("# mine\n*.tmp\n")


def _forget_the_driver(bd: Bd) -> None:
    bd.git("config", "--unset", "merge.beads.driver")


def _forget_the_attributes(bd: Bd) -> None:
    (bd.beads / ".gitattributes").unlink()
    (bd.folder / ".git" / "info" / "attributes").write_text("*.png binary\n")


def _unset_the_driver_later(bd: Bd) -> None:
    with (bd.folder / ".git" / "info" / "attributes").open("a") as file:
        file.write("*.jsonl -merge\n")


def _stop_the_hooks(bd: Bd) -> None:
    bd.ok("hooks", "install")
    for name in ("pre-commit", "post-merge"):
        (bd.folder / ".git" / "hooks" / name).chmod(0o644)


def _remove_the_file(bd: Bd) -> None:
    bd.records.unlink()


def _edit_the_file(bd: Bd) -> None:
    bd.records.write_text(bd.records.read_text().replace('"First"', '"First, by hand"'))


def _log_of(bd: Bd) -> Path:
    return bd.beads / "log" / "events.jsonl"


def _change_a_byte_of_a_log(bd: Bd) -> None:
    content = bytearray(_log_of(bd).read_bytes())
    content[12] ^= 1
    _log_of(bd).write_bytes(content)


def _cut_the_end_of_a_log(bd: Bd) -> None:
    _log_of(bd).write_bytes(_log_of(bd).read_bytes()[:-7])


def _take_a_line_from_a_log(bd: Bd) -> None:
    lines = _log_of(bd).read_bytes().splitlines(keepends=True)
    _log_of(bd).write_bytes(b"".join(lines[1:]))


@pytest.mark.parametrize(
    ("name", "disturb"),
    [
        ("leftovers", _leave_a_file),
        ("leftovers", _leave_a_daemon),
        ("permissions", _open_to_others),
        ("git-ignore", _forget_ignores),
        ("merge-driver", _forget_the_driver),
        ("merge-driver", _forget_the_attributes),
        ("merge-driver", _unset_the_driver_later),
        ("git-hooks", _stop_the_hooks),
        ("file", _remove_the_file),
        ("file", _edit_the_file),
        ("logs", _change_a_byte_of_a_log),
        ("logs", _cut_the_end_of_a_log),
        ("logs", _take_a_line_from_a_log),
    ],
)
def test_what_is_wrong_around_the_store_is_found_and_mended(
    repository: Bd, name: str, disturb: object
) -> None:
    assert callable(disturb)
    issues = {each["id"] for each in repository.json("list")}
    config = (repository.beads / "config.yaml").read_bytes()
    disturb(repository)
    assert name in wrong(repository)
    repository("doctor", "--fix")
    assert name not in wrong(repository)
    assert {each["id"] for each in repository.json("list")} == issues
    assert (repository.beads / "config.yaml").read_bytes() == config
    attributes = repository.folder / ".git" / "info" / "attributes"
    if disturb is _forget_the_attributes:
        assert attributes.read_text().startswith("*.png binary\n")
    if disturb is _forget_ignores:
        assert "*.tmp" in (repository.beads / ".gitignore").read_text()


def test_settings_that_can_not_be_read_are_named_and_left_alone(repository: Bd) -> None:
    path = repository.beads / "config.yaml"
    path.write_text("issue-prefix: [\n")
    answer = repository("doctor", "--json")
    assert answer.code == 1
    assert {"settings": "error"}.items() <= wrong(repository).items()
    repository("doctor", "--fix")
    assert path.read_text() == "issue-prefix: [\n"


def test_a_setting_that_nobody_knows_is_named(repository: Bd) -> None:
    path = repository.beads / "config.yaml"
    path.write_text(path.read_text() + "isue-prefix: px\n")
    assert "settings" in wrong(repository)


def test_files_that_git_should_not_track_are_named(repository: Bd) -> None:
    repository.git("add", "-f", ".beads/beadwork.db")
    assert wrong(repository) == {"git-ignore": "warning"}


def test_issues_that_only_a_classic_database_has_are_named(repository: Bd) -> None:
    connection = apsw.Connection(str(repository.beads / "beads.db"))
    connection.execute("CREATE TABLE issues (id TEXT, status TEXT)")
    connection.execute("INSERT INTO issues VALUES ('px-old', 'open')")
    connection.close()
    checks = repository.json("doctor", "--check", "classic")["checks"]
    assert [(each["name"], each["status"], each["detail"]) for each in checks] == [
        ("classic", "warning", "px-old")
    ]


def test_quarantined_lines_are_put_aside_as_they_were(repository: Bd) -> None:
    repository("import", "-", given='{"id":"px-x",\n')
    assert wrong(repository) == {"quarantine": "warning"}
    repository.ok("doctor", "--fix")
    (kept,) = (repository.beads / "backups").glob("quarantine-*.log")
    assert kept.read_text() == '{"id":"px-x",\n'
    assert wrong(repository) == {}
    repository.git("add", ".")
    assert "backups" not in repository.git("ls-files")


def test_a_broken_line_of_the_file_is_mended_at_once(repository: Bd) -> None:
    with repository.records.open("a", encoding="utf-8") as records:
        records.write("garbage\n")
    repository.ok("list")
    repository.ok("doctor", "--fix")
    assert wrong(repository) == {}
    (kept,) = (repository.beads / "backups").glob("quarantine-*.log")
    assert "garbage" in kept.read_text(encoding="utf-8")


def test_a_lost_database_is_made_of_the_file(repository: Bd) -> None:
    before = repository.json("list")
    for path in repository.beads.glob("beadwork.db*"):
        path.unlink()
    assert wrong(repository) == {"database": "warning"}
    repository.ok("doctor", "--fix")
    assert wrong(repository) == {}
    assert repository.json("list") == before


# -- flags


def test_a_folder_can_be_named(repository: Bd, tmp_path: Path) -> None:
    elsewhere = repository.at(tmp_path)
    for name in (str(repository.folder), str(repository.beads)):
        assert elsewhere.json("doctor", name)["path"] == str(repository.folder)
    assert elsewhere("doctor", str(tmp_path / "no")).code == 2
    assert elsewhere("doctor").code == 3


def test_output_holds_the_same_findings(repository: Bd) -> None:
    shown = repository.json("doctor", "-o", "found.json")
    written = json.loads((repository.folder / "found.json").read_text())
    assert written["checks"] == shown["checks"]


def test_checks_are_chosen_by_name(repository: Bd) -> None:
    names = [
        each["name"] for each in repository.json("doctor", "--check", "columns,file")["checks"]
    ]
    assert names == ["columns", "file"]
    answer = repository("doctor", "--check", "colums")
    assert answer.code == 2
    assert "columns" in answer.err


@pytest.mark.parametrize(
    "words",
    [
        ("--gastown",),
        ("--server",),
        ("--migration", "pre"),
        ("--clean",),
        ("--force",),
        ("--fix-child-parent",),
        ("--dry-run",),
        ("--interactive",),
        ("--check", "pollution"),
        ("--check", ""),
        ("--source", "jsonl"),
    ],
)
def test_flags_without_a_meaning_are_refused_with_a_reason(
    repository: Bd, words: tuple[str, ...]
) -> None:
    answer = repository("doctor", *words, "--json")
    assert answer.code == 2, answer
    assert answer.error["code"] == "field.invalid"
    assert len(answer.error["error"]) > 15


def test_perf_measures_what_agents_ask_most(repository: Bd) -> None:
    assert set(repository.json("doctor", "--perf")["timings"]) == {"ready", "list", "show"}


def test_check_health_says_nothing_where_all_is_well(repository: Bd) -> None:
    answer = repository("doctor", "--check-health")
    assert (answer.code, answer.out, answer.err) == (0, "", "")
    damage(repository, "UPDATE issue SET priority = 4")
    assert repository("doctor", "--check-health").code == 1


def test_a_mended_log_holds_what_it_held(bd: Bd) -> None:
    for _ in range(3):
        bd.create()
    whole = _log_of(bd).read_bytes()
    for disturb in (_change_a_byte_of_a_log, _cut_the_end_of_a_log, _take_a_line_from_a_log):
        disturb(bd)
        bd.ok("doctor", "--fix", "--yes")
        assert _log_of(bd).read_bytes() == whole


def test_the_guide_names_every_check(repository: Bd) -> None:
    guide = (ROOT / "docs" / "guide" / "doctor.md").read_text(encoding="utf-8")
    named = set(re.findall(r"^\| `([a-z-]+)` \|", guide, re.MULTILINE))
    assert named == {each["name"] for each in repository.json("doctor")["checks"]}


def test_doctor_tells_how_many_checks_are_done(bd: Bd) -> None:
    bd.create()
    told: list[tuple[int, int, str]] = []
    upkeep = DirectWorld(bd.environment, str(bd.folder)).upkeep(Options())
    found = upkeep.look(progress=lambda *said: told.append(said))
    assert {each.name for each in found} == set(upkeep.names)
    total = told[0][1]
    assert total > 10
    assert told == [(done, total, "checks") for done in range(total + 1)]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE document SET body = '{broken' WHERE n = {n}",
        "UPDATE document SET stamps = 'xx' WHERE n = {n}",
        "DELETE FROM document WHERE n = {n}",
    ],
    ids=["body", "stamps", "row"],
)
def test_what_can_not_be_read_is_taken_from_the_file(repository: Bd, statement: str) -> None:
    repository.create("One", "--id", "px-1")
    repository.create("Two", "--id", "px-2", "-d", "Precious")
    line = repository.lines()["px-2"]
    damage(repository, statement.replace("{n}", "(SELECT n FROM issue WHERE id = 'px-2')"))
    assert "documents" in wrong(repository)
    repository.ok("doctor", "--fix")
    assert repository.lines()["px-2"] == line
    assert repository.json("show", "px-2")[0]["description"] == "Precious"
    assert wrong(repository) == {}


# -- one run is enough


def _lose_all_issues(bd: Bd) -> None:
    damage(bd, "DELETE FROM issue")


def _lose_all_documents(bd: Bd) -> None:
    damage(bd, "DELETE FROM document")


def _lose_all_records(bd: Bd) -> None:
    for table in ("document", "label", "edge", "search_queue", "event", "seen_line", "issue"):
        damage(bd, f"DELETE FROM {table}")


def _lose_the_documents_of_a_spoiled_file(bd: Bd) -> None:
    damage(bd, "DELETE FROM document")
    bd.records.write_text(bd.records.read_text() + "garbage\n<<<<<<< ours\n")


@pytest.mark.parametrize(
    "disturb",
    [
        _lose_all_issues,
        _lose_all_documents,
        _lose_all_records,
        _lose_the_documents_of_a_spoiled_file,
    ],
)
def test_one_run_mends_also_what_comes_to_light_by_a_mend(repository: Bd, disturb: object) -> None:
    assert callable(disturb)
    lines = repository.lines()
    disturb(repository)
    assert wrong(repository)
    answer = repository.json("doctor", "--fix")
    assert answer["fixed"]
    assert wrong(repository) == {}
    assert repository.lines() == lines
    assert len(repository.json("list")) == 2
    repository.create("Third")
    assert len(repository.lines()) == 3
    assert len(list((repository.beads / "backups").glob("doctor-*.db"))) == 1, "as it was at first"


def test_mending_ends_where_nothing_changes_any_more(repository: Bd) -> None:
    (repository.beads / ".gitignore").unlink()
    (repository.beads / ".gitignore").mkdir()
    answer = repository("doctor", "--fix", "--json")
    assert answer.code == 1
    checks = {each["name"]: each for each in answer.json["checks"]}
    assert checks["git-ignore"]["status"] == "error"
    assert "can't be looked at" in checks["git-ignore"]["message"]
    assert checks["writes"]["status"] == "ok", "the others are looked at all the same"


# -- what the store notes of itself


def note(bd: Bd, name: str, value: str) -> None:
    """Set a setting of the store behind the program's back."""
    damage(
        bd,
        f"INSERT INTO setting VALUES ('{name}', '{value}')"
        " ON CONFLICT DO UPDATE SET value = excluded.value",
    )


def noted(bd: Bd, name: str) -> str:
    """Answer a setting of the store."""
    connection = apsw.Connection(str(bd.beads / "beadwork.db"))
    try:
        rows = connection.execute("SELECT value FROM setting WHERE name = ?", (name,)).fetchall()
    finally:
        connection.close()
    return str(rows[0][0])


IN_2286_MS = 9_999_999_999_999


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("clock", "garbage"), ("clock", f"{IN_2286_MS}.0.abcd"), ("clock", "1.-5.abcd")),
        *(("exported_to", "99999999"), ("exported_to", "abc"), ("exported_to", "-1")),
        *(("file_state", "abc"), ("plain_lines", "many"), ("head", "--upload-pack=x")),
        *(("replica", ""), ("replica", "a b"), ("retention", "x"), ("message_walk", "[")),
    ],
)
def test_what_the_store_notes_of_itself_is_checked_and_set_right(
    repository: Bd, name: str, value: str
) -> None:
    ids = {each["id"] for each in repository.json("list")}
    before = int(noted(repository, "clock").split(".")[0])
    note(repository, name, value)
    assert wrong(repository).get("store-settings") == "error"
    shown = repository.json("doctor", "--fix")
    assert shown["backup"]
    assert wrong(repository) == {}
    third = repository.create("Third")
    assert {each["id"] for each in repository.json("list")} == {*ids, third}
    assert repository.lines().keys() == {*ids, third}, "what is new reaches the file"
    assert noted(repository, "replica") not in ("", "0", "a b")
    assert before <= int(noted(repository, "clock").split(".")[0]) < IN_2286_MS


def test_a_replica_that_is_not_noted_gets_a_name(repository: Bd) -> None:
    damage(repository, "DELETE FROM setting WHERE name = 'replica'")
    assert wrong(repository).get("store-settings") == "error"
    repository.ok("doctor", "--fix")
    repository.create("Third")
    assert wrong(repository) == {}
    assert len(noted(repository, "replica")) == 8


def test_an_issue_that_changed_later_than_anything_happened_gets_into_the_file(
    repository: Bd,
) -> None:
    last = repository.create("Third", "--no-auto-flush")
    damage(repository, f"UPDATE issue SET changed_seq = 99999999 WHERE id = '{last}'")
    assert wrong(repository)["change-numbers"] == "error"
    repository.ok("doctor", "--fix")
    assert wrong(repository) == {}
    assert last in repository.lines()
    repository.ok("update", last, "--title", "Third, again")
    assert "Third, again" in repository.lines()[last]
    assert wrong(repository) == {}


def test_a_log_that_was_lost_keeps_no_change_from_the_file(repository: Bd) -> None:
    damage(repository, "DELETE FROM event")
    assert wrong(repository)["store-settings"] == "error"
    repository.ok("doctor", "--fix")
    third = repository.create("Third")
    assert third in repository.lines()
    assert wrong(repository) == {}


def test_the_check_of_writes_writes_and_leaves_nothing_behind(repository: Bd) -> None:
    before = repository.json("list"), noted(repository, "clock")
    repository.ok("doctor", "--check", "writes")
    assert (repository.json("list"), noted(repository, "clock")) == before
    damage(
        repository,
        "CREATE TRIGGER stop BEFORE INSERT ON issue BEGIN SELECT RAISE(ABORT, 'no'); END",
    )
    assert wrong(repository) == {"writes": "error"}


# -- tables


@pytest.mark.parametrize(
    "table",
    [
        *("search_words", "search_parts", "search_queue", "search_message_words", "message_index"),
        *("label", "edge", "prefix_count", "mailbox"),
        *("search_words_idx", "search_words_data", "search_words_docsize"),
    ],
)
def test_a_table_that_follows_from_others_is_made_anew(repository: Bd, table: str) -> None:
    third = repository.create("Third", "--labels", "red", "--deps", "blocks:" + _first(repository))
    repository.ok("msg", "send", "--to", "bob", "a gazelle")
    before = [repository.json("show", each["id"]) for each in repository.json("list")]
    events = repository.json("activity")
    damage(repository, f"DROP TABLE {table}")
    assert wrong(repository) == {"schema": "error"}
    shown = repository.json("doctor", "--fix")
    assert repository.json("activity") == events
    assert not any("lost" in each for each in shown["fixed"])
    assert wrong(repository) == {}
    assert [repository.json("show", each["id"]) for each in repository.json("list")] == before
    assert [each["id"] for each in repository.json("search", "Third")] == [third]
    assert [each["id"] for each in repository.json("list", "--label", "red")] == [third]
    assert len(repository.json("msg", "search", "gazelle")) == 1


def _first(bd: Bd) -> str:
    return next(str(each["id"]) for each in bd.json("list") if each["title"] == "First")


@pytest.mark.parametrize(
    "table",
    [
        *("memory", "lease", "lease_pattern", "claim", "event", "event_value", "pair", "setting"),
        *("message", "delivery", "agent", "blob", "origin", "seen_line", "document", "issue"),
    ],
)
def test_a_table_that_is_gone_is_made_anew_and_what_is_lost_is_said(
    repository: Bd, table: str
) -> None:
    repository.ok("remember", "Run the tests", "--key", "tests")
    repository.ok("msg", "send", "--to", "bob", "well met")
    ids = {each["id"] for each in repository.json("list")}
    connection = apsw.Connection(str(repository.beads / "beadwork.db"))
    connection.execute("PRAGMA foreign_keys = OFF")
    connection.execute(f"DROP TABLE {table}")
    connection.close()
    assert wrong(repository) == {"schema": "error"}
    shown = repository.json("doctor", "--fix")
    assert any(f"table {table}: " in each and "lost" in each for each in shown["fixed"])
    assert Path(shown["backup"]).is_file()
    assert wrong(repository) == {}
    third = repository.create("Third")
    assert {each["id"] for each in repository.json("list")} == {*ids, third}
    assert repository.lines().keys() == {*ids, third}


def test_an_index_that_is_gone_is_made_anew(repository: Bd) -> None:
    damage(repository, "DROP INDEX event_by_issue")
    assert wrong(repository) == {"schema": "error"}
    repository.ok("doctor", "--fix")
    assert wrong(repository) == {}


def test_a_column_that_is_gone_is_named_and_left_to_a_person(repository: Bd) -> None:
    damage(repository, "ALTER TABLE pair DROP COLUMN value")
    answer = repository("doctor", "--fix", "--json")
    assert answer.code == 1
    (check,) = [each for each in answer.json["checks"] if each["status"] == "error"]
    assert (check["name"], check["detail"]) == ("schema", "column pair.value")
    assert "bd backup status" in check["fix"]
