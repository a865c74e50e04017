"""The file of records: what a command writes into it, and what it leaves (design 7, 13.4)."""

import json
import os

import pytest

from tests.doors.program import Bd, tree

READS = (
    ("list",),
    ("list", "--json", "--all"),
    ("ready",),
    ("ready", "--json"),
    ("blocked",),
    ("show", "{id}", "--json"),
    ("why", "{id}"),
    ("comments", "{id}"),
    ("label", "list-all"),
    ("dep", "tree", "{id}"),
    ("dep", "cycles"),
    ("history", "{id}"),
    ("export",),
    ("where",),
    ("version",),
    ("sync", "--status"),
    ("create", "x", "-p", "9"),
    ("list", "--status", "bogus"),
)


def settle(bd: Bd) -> None:
    """Let the store note the file once it is older than a clock's tick (R5)."""
    old = 1_600_000_000
    os.utime(bd.records, (old, old))
    bd.ok("list")
    bd.ok("list")


@pytest.fixture
def stocked(bd: Bd) -> Bd:
    """A store with a few issues."""
    first = bd.create("First", "-l", "x", "-d", "Text")
    bd.create("Second", "--deps", first)
    bd.create("Third", "--parent", first)
    return bd


@pytest.mark.parametrize("words", READS, ids=[" ".join(words) for words in READS])
def test_a_read_changes_no_byte(stocked: Bd, words: tuple[str, ...]) -> None:
    settle(stocked)
    issue = next(iter(stocked.lines()))
    before = tree(stocked.folder)
    stocked(*[word.format(id=issue) for word in words])
    assert tree(stocked.folder) == before


@pytest.mark.slow
def test_a_read_of_a_program_changes_no_byte_and_nothing_of_git(repository: Bd) -> None:
    issue = repository.create()
    repository.git("add", "--all")
    repository.git("commit", "--quiet", "--message", "One issue")
    settle(repository)
    before = tree(repository.folder)
    for words in (("list", "--json"), ("show", issue), ("ready",), ("where",)):
        assert repository.run(*words).code == 0
    assert tree(repository.folder) == before


def test_one_change_alters_one_line(stocked: Bd) -> None:
    before = stocked.lines()
    changed = list(before)[1]
    stocked.ok("update", changed, "--title", "Changed")
    after = stocked.lines()
    assert list(after) == sorted(after) == list(before)
    assert {name for name in after if after[name] != before[name]} == {changed}


def test_a_change_that_changes_nothing_writes_nothing(stocked: Bd) -> None:
    (issue,) = [row["id"] for row in stocked.json("list", "-l", "x")]
    settle(stocked)
    before = stocked.records.stat()
    for words in (
        ("update", issue, "--title", "First", "-d", "Text"),
        ("update", issue, "--add-label", "x"),
        ("label", "add", issue, "x"),
        ("reopen", issue),
        ("sync",),
        ("export", "-o", ".beads/issues.jsonl"),
    ):
        stocked.ok(*words)
    after = stocked.records.stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_the_same_state_gives_the_same_bytes(stocked: Bd) -> None:
    content = stocked.records.read_bytes()
    stocked.ok("export", "--force", "-o", ".beads/issues.jsonl")
    assert stocked.records.read_bytes() == content
    for path in stocked.beads.glob("beadwork.db*"):
        path.unlink()
    stocked.ok("sync")
    stocked.ok("export", "--force", "-o", ".beads/issues.jsonl")
    assert stocked.records.read_bytes() == content


def test_a_file_of_another_hand_keeps_its_lines(bd: Bd) -> None:
    lines = [
        '{"title":"Order","id":"px-b","priority":1,"created_at":"2026-01-01T00:00:00+02:00"}',
        '{"id":"px-a","title":"Spaced" , "priority": 2,"created_at":"2026-01-01T00:00:00Z"}',
        '{"id":"px-c","title":"Number","estimated_minutes":1e2,"metadata":{"z":1.10},'
        '"priority":0,"created_at":"2026-01-01T00:00:00Z","novel":{"deep":[null]}}',
    ]
    bd.records.write_text("\n".join(lines) + "\n", encoding="utf-8")
    bd.ok("list")
    assert bd.records.read_text(encoding="utf-8").splitlines() == lines
    new = bd.create("New")
    after = bd.lines()
    assert {name: after[name] for name in ("px-a", "px-b", "px-c")} == {
        "px-b": lines[0],
        "px-a": lines[1],
        "px-c": lines[2],
    }
    assert new in after


def test_ephemeral_issues_stay_out_of_the_file(bd: Bd) -> None:
    issue = bd.create("Passing", "--ephemeral")
    assert not bd.records.exists() or issue not in bd.lines()
    assert [row["id"] for row in bd.json("list")] == [issue]
    bd.ok("update", issue, "--persistent")
    assert list(bd.lines()) == [issue]


def test_no_auto_flush_leaves_the_file_to_the_next(bd: Bd) -> None:
    issue = bd.create("Later", "--no-auto-flush")
    assert not bd.records.exists()
    bd.ok("sync", "--flush-only")
    assert list(bd.lines()) == [issue]


def test_no_auto_import_leaves_the_file_unread(bd: Bd) -> None:
    line = '{"id":"px-new","title":"New","priority":1,"created_at":"2026-01-01T00:00:00Z"}\n'
    bd.records.write_text(line, encoding="utf-8")
    assert bd.json("list", "--no-auto-import") == []
    assert [row["id"] for row in bd.json("list")] == ["px-new"]


# -- damage


def test_a_line_that_cant_be_read_is_kept_and_told(stocked: Bd) -> None:
    before = stocked.lines()
    with stocked.records.open("a", encoding="utf-8") as file:
        file.write('{"id":"px-cut","title":"Cut o\n')
    answer = stocked.ok("list", "--json")
    assert len(answer.json) == 3
    assert answer.err == ("Warning: 1 line of the file can't be read; quarantine keeps them.\n")
    assert stocked.ok("list", "--json").err == ""
    stocked.create("Another")
    assert set(before) <= set(stocked.lines())


def test_an_import_of_a_damaged_file_does_what_it_can_and_fails(bd: Bd) -> None:
    good = '{"id":"px-good","title":"Good","priority":1,"created_at":"2026-01-01T00:00:00Z"}'
    (bd.folder / "in.jsonl").write_bytes(
        f"{good}\nnonsense\n".encode() + b'{"id":"px-\xff"}\n[1]\n{"title":"no id"}\n'
    )
    answer = bd("import", "in.jsonl", "--json")
    assert answer.code == 2
    assert answer.json["created"] == 1
    assert [each["line_number"] for each in answer.error["data"]["lines"]] == [2, 3, 4, 5]
    assert [row["id"] for row in bd.json("list")] == ["px-good"]
    text = bd("import", "in.jsonl")
    assert "Traceback" not in text.err


def test_a_file_with_conflict_markers_is_folded(stocked: Bd) -> None:
    lines = stocked.records.read_text(encoding="utf-8").splitlines(keepends=True)
    theirs = lines[0].replace('"First"', '"Theirs"')
    marked = ["<<<<<<< HEAD\n", lines[0], "=======\n", theirs, ">>>>>>> side\n", *lines[1:]]
    stocked.records.write_text("".join(marked), encoding="utf-8")
    shown = stocked.json("sync")
    assert shown["imported"]["markers"] == 3
    assert len(stocked.json("list")) == 3
    assert shown["is_written"]
    assert len(stocked.lines()) == 3


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\x00\x00", b"\xff\xfe", b"null\n", b"[]"])
def test_a_file_of_nothing_loses_nothing(stocked: Bd, content: bytes) -> None:
    before = set(stocked.lines())
    stocked.records.write_bytes(content)
    assert {row["id"] for row in stocked.json("list")} == before
    stocked.create("Another")
    assert before < set(stocked.lines())


def test_a_file_that_is_gone_is_written_again(stocked: Bd) -> None:
    before = stocked.lines()
    stocked.records.unlink()
    stocked.ok("sync")
    assert stocked.lines() == before


def test_a_piped_import_reads_standard_input(bd: Bd) -> None:
    line = '{"id":"px-p","title":"Piped","priority":1,"created_at":"2026-01-01T00:00:00Z"}\n'
    answer = bd.run("import", "--json", given=line)
    assert answer.json["created"] == 1
    assert json.loads(bd.lines()["px-p"])["title"] == "Piped"
