"""What people see on a terminal: pinned at three widths, and bounded at every other."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len

from beadwork.doors.cli import times
from beadwork.doors.cli.views import charts
from beadwork.doors.cli.views.progress import Bar
from beadwork.doors.cli.views.screen import Screen, screen_on
from beadwork.ops.stats import Summary
from tests.doors.program import ROOT, SCRIPT, Bd
from tests.doors.sample import NOW_US, RECORDS, make, on_terminal, record
from tests.support import SetClock

SNAPSHOTS = Path(__file__).parent / "snapshots"
WIDTHS = (60, 80, 120)
NARROW = (10, 11, 17, 24, 29, 30, 31, 40, 49, 50)
ODD_WIDTH = 71
VIEWS = {
    "list": ("list", "--all"),
    "tree": ("list", "--tree"),
    "ready": ("ready",),
    "blocked": ("blocked",),
    "show": ("show", "px-epic.1"),
    "dep-tree": ("dep", "tree", "px-fam"),
    "dep-list": ("dep", "list", "px-epic.2", "--direction", "both"),
    "search": ("search", "lo"),
    "todo": ("todo",),
    "lint": ("lint",),
    "statuses": ("statuses",),
    "duplicates": ("duplicates",),
    "find-duplicates": ("find-duplicates",),
    "why": ("why", "px-fam"),
    "graph": ("graph", "px-epic"),
    "graph-compact": ("graph", "--all", "--compact"),
    "stats": ("stats",),
    "epics": ("epic", "status"),
    "start": (),
    "error": ("show", "px-none"),
}
WRITE = bool(os.environ.get("UPDATE_SNAPSHOTS"))


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let relative times count from one instant."""
    monkeypatch.setattr(times, "now_us", lambda: NOW_US)


TWINS = [
    record(
        name, "Twins that nobody has told apart, not even those who made them", 30, status="pinned"
    )
    for name in ("px-one", "px-two")
]


@pytest.fixture
def bd(bare: Bd, request: pytest.FixtureRequest) -> Bd:
    """`bd` in the sample project."""
    call = getattr(request.node, "callspec", None)
    has_twins = call is not None and "duplicates" in str(call.params.get("name"))
    make(bare.folder, [*RECORDS, *TWINS] if has_twins else None)
    return bare


def seen(bd: Bd, name: str, width: int, **more: str) -> str:
    answer = on_terminal(bd, width, **more)(*VIEWS[name])
    return answer.err if name == "error" else answer.out


def check(name: str, found: str) -> None:
    """Compare with the file that pins it; UPDATE_SNAPSHOTS=1 writes the file anew."""
    path = SNAPSHOTS / f"{name}.txt"
    if WRITE:
        path.write_text(found, encoding="utf-8")
    assert found == path.read_text(encoding="utf-8"), f"if it is meant: UPDATE_SNAPSHOTS=1 ({path})"


@pytest.mark.parametrize("name", VIEWS)
def test_people_see_at_each_width_what_is_pinned(bd: Bd, name: str) -> None:
    parts = [f"-- {width} columns\n{seen(bd, name, width)}" for width in WIDTHS]
    check(name, "\n".join(parts))


@pytest.mark.parametrize("name", ["list", "show", "error"])
def test_colours_are_pinned_too(bd: Bd, name: str) -> None:
    found = seen(bd, name, 80, NO_COLOR="")
    assert "\x1b[" in found
    check(f"{name}-colours", found.replace("\x1b", "␛"))


@pytest.mark.parametrize("name", VIEWS)
def test_no_line_is_wider_than_the_screen_and_nothing_is_obeyed(bd: Bd, name: str) -> None:
    for width in (*NARROW, ODD_WIDTH):
        found = seen(bd, name, width)
        assert found
        assert not set(found) & {"\x1b", "\x07", "\r", "\t"}, width
        for line in found.split("\n"):
            assert cell_len(line) <= width, (width, line)


def test_elsewhere_than_on_a_terminal_nothing_is_drawn(bd: Bd) -> None:
    for words in VIEWS.values():
        plain = bd(*words)
        assert bd.at(bd.folder, COLUMNS="20", TERM="xterm", CLICOLOR="1")(*words) == plain
        for environ in ({"BD_AGENT_MODE": "1"}, {"CLAUDE_CODE": "1"}):
            agent = bd.at(bd.folder, **environ)
            assert on_terminal(agent)(*words) == agent(*words), words
    assert bd.json("list") == on_terminal(bd).json("list")


def test_a_piped_answer_does_not_load_what_draws(bd: Bd) -> None:
    code = (
        "import sys; from beadwork.compose import run_bd; run_bd(['list']); "
        "sys.exit(any(name.split('.')[0] == 'rich' for name in sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=bd.folder, env=bd.environment, capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert b"px-epic" in done.stdout


def test_only_views_import_rich() -> None:
    views = ROOT / "src" / "beadwork" / "doors" / "cli" / "views"
    others = [path for path in (ROOT / "src").rglob("*.py") if path.parent != views]
    importing = re.compile(r"^\s*(?:import|from) rich\b", re.MULTILINE)
    assert not [path for path in others if importing.search(path.read_text(encoding="utf-8"))]


@pytest.mark.parametrize(
    ("environ", "is_terminal", "expected"),
    [
        ({}, False, None),
        ({"FORCE_COLOR": "0"}, False, None),
        ({}, True, Screen(80, has_colours=True)),
        ({"COLUMNS": "33"}, True, Screen(33, has_colours=True)),
        ({"COLUMNS": "3"}, True, Screen(10, has_colours=True)),
        ({"COLUMNS": "²"}, True, Screen(80, has_colours=True)),
        ({"NO_COLOR": "1"}, True, Screen(80)),
        ({"NO_COLOR": ""}, True, Screen(80, has_colours=True)),
        ({"TERM": "dumb"}, True, Screen(80)),
        ({"CLICOLOR_FORCE": "1"}, False, Screen(80, has_colours=True)),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False, Screen(80)),
        ({"BD_NO_EMOJI": "1", "NO_COLOR": "1"}, True, Screen(80, has_signs=False)),
    ],
)
def test_the_environment_says_how_to_draw(
    environ: dict[str, str], is_terminal: bool, expected: Screen | None
) -> None:
    found = screen_on(0, environ, 0, is_terminal=is_terminal)
    assert found == expected


def test_signs_are_letters_where_emoji_are_unwelcome(bd: Bd) -> None:
    for name in ("list", "stats"):
        found = seen(bd, name, 80, BD_NO_EMOJI="1")
        assert not set(found) & set("○◐●✓❄•█")
        assert "\n> " in found


def test_local_times_are_shown_where_asked_for(bd: Bd) -> None:
    answer = on_terminal(bd).ok("show", "px-old", "--local-time")
    assert "Created 2025-12-02 08:00:00" in answer.out
    assert "Created 4 weeks ago by ann" in on_terminal(bd).ok("show", "px-old").out


def test_an_endless_text_is_cut_and_says_so(bare: Bd) -> None:
    make(bare.folder, [record("px-a", "Long", 1, description="word " * 20_000)])
    assert "and 50000 more characters" in on_terminal(bare, 120).ok("show", "px-a").out


def test_a_deep_tree_stays_within_the_screen(bare: Bd) -> None:
    chain = [
        record(
            f"px-{n:02d}",
            "Deep",
            1,
            dependencies=[{"depends_on_id": f"px-{n + 1:02d}", "type": "blocks"}] if n < 39 else [],
        )
        for n in range(40)
    ]
    make(bare.folder, chain)
    lines = on_terminal(bare, 40).ok("dep", "tree", "px-00").out.splitlines()
    assert len(lines) == 40
    assert lines[39].startswith("39› ○ px-39")


def test_history_and_undo_are_drawn(bd: Bd) -> None:
    bd.ok("update", "px-old", "--title", "Another \x1b[2Jname")
    terminal = on_terminal(bd)
    shown = terminal.ok("history", "px-old").out
    assert "title: Done long ago → Another \\x1b[2Jname" in shown
    assert "Undone: ✓ px-old" in terminal.ok("undo", "px-old").out


def test_comments_are_drawn_as_show_draws_them_and_stay_plain_in_a_pipe(bd: Bd) -> None:
    bd.ok("comments", "add", "px-old", "Some **bold** words \x1b[2J\n- a point")
    plain = bd.ok("comments", "px-old").out
    drawn = on_terminal(bd).ok("comments", "px-old").out
    assert "**bold**" in plain
    assert "Some bold words \\x1b[2J" in drawn
    assert "  • a point" in drawn
    assert drawn.rstrip().splitlines()[-1] in on_terminal(bd).ok("show", "px-old").out
    assert on_terminal(bd).ok("comments", "px-fam").out == "No comments.\n"


def test_without_a_store_a_terminal_says_how_to_begin(bare: Bd) -> None:
    answer = on_terminal(bare).ok()
    assert "bd init" in answer.out
    assert bare.ok().out.startswith("Usage: bd")


def test_a_reader_that_goes_early_leaves_no_noise(bd: Bd) -> None:
    program = on_terminal(bd)
    done = subprocess.run(
        ["/bin/sh", "-c", f"'{sys.executable}' '{SCRIPT}' list --all | head -n 1"],
        cwd=bd.folder, env=program.environment, capture_output=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, b"")


def test_no_home_and_an_odd_locale_are_no_trouble(bd: Bd) -> None:
    program = on_terminal(bd, LANG="C", LC_ALL="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0")
    del program.environment["HOME"]
    answer = program.run("list")
    assert (answer.code, answer.err) == (0, "")
    assert "説明書を書く" in answer.out


def test_progress_is_drawn_after_a_second_and_gone_at_the_end() -> None:
    written: list[str] = []
    clock = SetClock()
    bar = Bar(Screen(width=40), clock, written.append)
    bar(1, 10, "records")
    bar.clear()
    assert not written
    clock.advance(2)
    bar(5, 10, "records")
    bar(6, 10, "records")
    assert len(written) == 1
    assert "50% 5 of 10 records" in written[0]
    assert cell_len(written[0].removeprefix("\r\x1b[K")) < 40
    bar.clear()
    assert written[1:] == ["\r\x1b[K"]


def test_work_that_says_nothing_shows_how_long_it_takes_and_else_how_far_it_is() -> None:
    written: list[str] = []
    clock = SetClock()
    bar = Bar(Screen(width=40), clock, written.append)
    bar.beat()
    assert not written
    clock.advance(3)
    bar.beat()
    assert written == ["\r\x1b[Kworking, 3 s"]
    clock.advance(1)
    bar(5, 10, "records")
    clock.advance(1)
    bar.beat()
    assert len(written) == 2
    clock.advance(2)
    bar.beat()
    assert written[2:] == ["\r\x1b[Kworking, 7 s"]
    bar.start()
    bar.clear()
    assert written[3:] == ["\r\x1b[K"]


def test_what_has_another_status_is_counted_in_the_picture_too() -> None:
    def last(**counts: float) -> tuple[str, int]:
        every: dict[str, Any] = dict.fromkeys(Summary.__struct_fields__, 0) | counts
        return charts._by_status(Summary(**every))[-1]

    assert last(total_issues=4, open_issues=1, closed_issues=1) == ("other", 2)
    assert last(total_issues=2, open_issues=1, closed_issues=1) == ("closed", 1)
