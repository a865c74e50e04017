"""What people see: no text of an issue steers their terminal or passes for a line of ours."""

import pytest

from beadwork.doors.cli import text
from tests.doors.program import Bd

EVIL = "\x1b[31mred\x1b[0m \x07 \x9b5n \u202egnp.exe \r over"


def test_escapes_are_shown_and_not_obeyed(bd: Bd) -> None:
    issue = bd.create(EVIL, "-d", f"{EVIL}\nsecond", "-a", "\x1b]0;me\x07", "-l", "\x1b[2J")
    bd.ok("comments", "add", issue, EVIL, "-a", "\x1b[1m")
    bd.ok("close", issue, "-r", EVIL)
    for words in (
        ("list", "--all"),
        ("list", "--all", "--long"),
        ("show", issue),
        ("show", issue, "--short"),
        ("comments", issue),
        ("history", issue),
        ("label", "list", issue),
        ("label", "list-all"),
        ("dep", "tree", issue),
        ("list", "--all", "--format", "dot"),
        ("why", issue),
    ):
        out = bd.ok(*words).out
        assert not set(out) & {"\x1b", "\x07", "\x9b", "\u202e", "\r"}, words
    assert "\\x1b[31mred" in bd.ok("show", issue).out
    assert "\\u202e" in bd.ok("show", issue).out


def test_an_error_shows_escapes_too(bd: Bd) -> None:
    assert "\\x1b[2J" in bd("show", "\x1b[2J").err
    assert "\x1b" not in bd("\x1b[2J").err


def test_a_text_of_several_lines_is_indented(bd: Bd) -> None:
    issue = bd.create("x", "-d", "one\nStatus: closed\n\nthree")
    bd.ok("comments", "add", issue, "fine\n2026-01-01T00:00:00Z bob: me too")
    lines = bd.ok("show", issue).out.splitlines()
    assert "  Status: closed" in lines
    assert "Status: closed" not in lines
    assert not [each for each in lines if each.startswith("2026-01-01T00:00:00Z bob")]


def test_show_tells_all_there_is(bd: Bd) -> None:
    parent = bd.create("Parent")
    issue = bd.create(
        "Child", "--parent", parent, "-d", "Text", "--design", "Plan", "--acceptance", "Works",
        "--notes", "Note", "-l", "x,y", "-a", "bob", "-e", "90", "--due", "2030-01-31",
        "--external-ref", "gh-1", "--spec-id", "S1", "--deps", f"related:{parent}",
    )  # fmt: skip
    out = bd.ok("show", issue).out
    for part in (
        f"{issue}: Child",
        "Status: open   Priority: P2   Type: task   Assignee: bob",
        "Due: 2030-01-31T00:00:00Z",
        f"Parent: {parent}   Labels: x, y",
        "Reference: gh-1   Specification: S1   Minutes: 90",
        "Description:\n  Text\n",
        "Design:\n  Plan\n",
        "Acceptance criteria:\n  Works\n",
        "Notes:\n  Note\n",
        f"Parent:\n  parent-child: ○ {parent}",
        f"Links to:\n  related: ○ {parent}",
    ):
        assert part in out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("list",), "No issues.\n"),
        (("ready",), "Nothing is ready.\n"),
        (("ready", "--claim"), "Nothing is ready.\n"),
        (("blocked",), "Nothing is blocked.\n"),
        (("dep", "cycles"), "No cycles.\n"),
        (("label", "list-all"), "No labels.\n"),
    ],
)
def test_nothing_is_said_in_words(bd: Bd, words: tuple[str, ...], said: str) -> None:
    assert bd.ok(*words).out == said


def test_a_tree_puts_children_under_their_parents(bd: Bd) -> None:
    parent = bd.create("Parent", "-p", "3")
    child = bd.create("Child", "--parent", parent, "-p", "0")
    other = bd.create("Other", "-p", "1")
    lines = bd.ok("list", "--tree").out.splitlines()
    assert [line.split(" - ")[1] for line in lines] == ["Other", "Parent", "Child"]
    assert lines[2].startswith(f"  ○ {child} ")
    dot = bd.ok("list", "--format", "dot").out
    assert f'"{child}" -> "{parent}" [label="parent-child"];' in dot
    assert bd.ok("list", "--format", "digraph").out == f"{child} {parent}\n"
    assert other in dot


def test_a_line_holds_no_line_end() -> None:
    assert text.line("a\nb\tc\u2028d") == "a b c\\u2028d"
    assert text.block("a\r\nb") == "  a\n  b"
