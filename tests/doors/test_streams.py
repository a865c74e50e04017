"""The program at its edges: streams that are closed or full, locales, no home, no name."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.doors.program import SCRIPT, Bd

pytestmark = pytest.mark.slow


def closed_in_shell(bd: Bd, command: str) -> subprocess.CompletedProcess[str]:
    """Run a line of shell in which `bd` is on the path."""
    return subprocess.run(
        ["sh", "-c", command],
        cwd=bd.folder,
        env=bd.environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_reader_that_leaves_is_no_error(bd: Bd) -> None:
    lines = "".join(
        f'{{"id":"px-{n:04}","title":"{"x" * 400}","created_at":"2026-01-01T00:00:00Z"}}\n'
        for n in range(1000)
    )
    bd.ok("import", "-", given=lines)
    for words in ("list --limit 0", "list --limit 0 --json", "export", "ready --limit 0"):
        done = closed_in_shell(bd, f"bd {words} | head -1; bd {words} | true")
        assert (done.returncode, done.stderr) == (0, "")


def test_what_was_written_is_exported_though_nobody_reads(bd: Bd) -> None:
    closed_in_shell(bd, "bd create Unread | true")
    (line,) = bd.lines().values()
    assert '"Unread"' in line


@pytest.mark.parametrize("stream", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_streams_are_no_trouble(bd: Bd, stream: str) -> None:
    done = closed_in_shell(bd, f"bd create A {stream} && bd list {stream} && bd sync {stream}")
    assert done.returncode == 0
    assert "Traceback" not in done.stderr
    refused = closed_in_shell(bd, f"bd list --status bogus {stream}")
    assert refused.returncode == 2
    assert "Traceback" not in refused.stderr
    assert len(bd.lines()) == 1


def test_a_description_from_a_closed_stream_is_empty(bd: Bd) -> None:
    assert closed_in_shell(bd, "bd create A --body-file - <&-").returncode == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="/dev/full is not on this platform")
def test_an_answer_that_is_lost_is_told(bd: Bd) -> None:
    for words in ("create A", "list", "list --json", "--help", "export"):
        done = closed_in_shell(bd, f"bd {words} >/dev/full")
        assert done.returncode == 5, words
        assert done.stderr.startswith(("Error: ", '{"error"'))
        assert "Traceback" not in done.stderr
    assert len(bd.lines()) == 1
    assert closed_in_shell(bd, "bd list --bogus 2>/dev/full").returncode == 2


@pytest.mark.parametrize(
    "settings",
    [
        {"LC_ALL": "C"},
        {"LANG": "C", "PYTHONIOENCODING": "latin-1"},
    ],
    ids=["C", "latin-1"],
)
def test_every_locale_reads_and_writes_utf8(bd: Bd, settings: dict[str, str]) -> None:
    other = bd.at(bd.folder, **settings)
    issue = other.run("create", "Größe ○ 大小", "--silent").out.strip()
    answer = other.run("list")
    assert answer.code == 0
    assert answer.out == f"○ {issue} [P2] [task] - Größe ○ 大小\n"
    assert "Größe" in bd.lines()[issue]


def test_arguments_that_are_no_text_are_refused(bd: Bd) -> None:
    answer = bd.run("create", b"a\xff")
    assert (answer.code, answer.out) == (2, "")
    assert answer.err == "Error: Argument 2 is not valid UTF-8\n  Send the text as UTF-8.\n"


def test_a_name_that_is_no_text_is_refused(bd: Bd) -> None:
    environ = {name.encode(): value.encode() for name, value in bd.environment.items()}
    environ[b"BD_ACTOR"] = b"\xff"
    done = subprocess.run(
        [sys.executable, str(SCRIPT), "create", "x"],
        cwd=bd.folder,
        env=environ,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.startswith(b"Error: The name of the actor")


def test_two_hundred_thousand_characters_are_refused_shortly(bd: Bd) -> None:
    for words in (["create", "x" * 100_000, "-d", "y" * 100_000], ["show", "x" * 100_000]):
        answer = bd.run(*words)
        assert answer.code in (2, 3)
        assert len(answer.err) < 2_000
    issue = bd.run("create", "x", "-d", "y" * 100_000, "--notes", "z" * 100_000, "--silent")
    assert issue.code == 0
    assert len(bd.lines()[issue.out.strip()]) > 200_000


def test_nobody_in_particular_can_work(bd: Bd) -> None:
    nameless = bd.at(bd.folder)
    nameless.environment = {"PYTHONPATH": bd.environment["PYTHONPATH"], "BEADS_NO_DAEMON": "1"}
    created = nameless.run("create", "x", "--json")
    assert created.code == 0
    assert created.json["created_by"] == "unknown"
    assert nameless.run("ready", "--json").json[0]["id"] == created.json["id"]
    named = nameless.at(bd.folder, USER="carl").run("create", "y", "--json")
    assert named.json["created_by"] == "carl"


def test_a_folder_that_has_gone_is_refused(bd: Bd) -> None:
    gone = bd.folder / "gone"
    gone.mkdir()
    done = closed_in_shell(bd, f"cd {gone} && rmdir {gone} && bd list")
    assert done.returncode == 2
    assert "Error: The folder that this runs in was removed" in done.stderr


def test_a_folder_that_is_no_text_is_refused(bare: Bd) -> None:
    name = os.fsdecode(b"odd\xff")
    try:
        (bare.folder / name).mkdir()
    except OSError:
        pytest.skip("file names are text: not on this platform")
    for words in (["init"], ["list"], ["where", "--json"], ["create", "x"]):
        answer = bare.at(bare.folder / name).run(*words)
        assert (answer.code, answer.out) == (2, "")
        assert "not valid UTF-8" in answer.err


def test_help_and_versions_need_no_store(bare: Bd) -> None:
    assert bare.run().out == bare.ok("help").out
    for words in (["--help"], ["help"], ["-V"], ["version"], ["help", "dep", "add"], ["dep"]):
        answer = bare(*words)
        assert (answer.code, answer.err) == (0, "")
        assert answer.out
