"""`bd prime` and the texts for people: short, true, and quiet outside a project."""

import json
import os
import re
import shlex
from pathlib import Path

import click
import pytest

from beadwork.doors.cli import guides
from beadwork.doors.cli.main import bd as root
from tests.doors.program import Bd

CHARS_A_TOKEN = 4
TEXTS = {
    "prime": guides.prime(),
    "stealth": guides.prime(is_stealth=True),
    "short": guides.prime(is_short=True),
    "snippet": guides.snippet(),
    "stealth snippet": guides.snippet(is_stealth=True),
    "preflight": guides.guide("preflight"),
}
PLAIN = {name: guides.guide(name) for name in ("quickstart", "human")}
CODE = re.compile(r"`(bd [^`]+)`")
WARNED_OF = {"edit"}
"""Commands that are named to be avoided."""


def commands() -> list[str]:
    """Answer every command line that a text shows."""
    shown = [code for text in TEXTS.values() for code in CODE.findall(text.replace("\n", " "))]
    lines = [line for text in PLAIN.values() for line in text.splitlines()]
    shown += [re.sub(r"\s{2,}.*", "", each.strip()) for each in lines if each.startswith("  bd ")]
    return sorted(set(shown))


@pytest.mark.parametrize("line", commands())
def test_a_command_that_a_text_teaches_is_there_and_takes_its_flags(line: str) -> None:
    words = [word.rstrip(",") for word in shlex.split(line)[1:]]
    command: click.Command = root
    while isinstance(command, click.Group) and words:
        found = command.get_command(click.Context(command), words[0])
        if found is None:
            break
        command, words = found, words[1:]
    assert command is not root or words == ["COMMAND"] or words[0] in WARNED_OF, line
    taken = {name for each in command.params for name in [*each.opts, *each.secondary_opts]}
    flags = {word.partition("=")[0] for word in words if re.match(r"--?[A-Za-z]", word)}
    assert not flags - taken, line


@pytest.mark.parametrize("name", ["prime", "stealth"])
def test_the_text_for_agents_is_short(name: str) -> None:
    assert len(TEXTS[name]) / CHARS_A_TOKEN < 1750
    assert len(TEXTS[name]) > 2000


def test_the_shortest_text_is_shorter_still() -> None:
    assert len(TEXTS["short"]) < 800


def test_an_agent_is_told_the_workflow(bd: Bd) -> None:
    said = bd.ok("prime").out
    for word in ("ready", "claim", "release", "heartbeat", "create", "update", "dep add", "close",
                 "sync", "msg send", "msg receive", "msg ack", "claim.lost", "BD_ACTOR", "--json"):  # fmt: skip
        assert word in said
    assert bd.ok("prime", "--full", "--mcp").out == said
    assert bd.ok("prime", "--mcp").out == TEXTS["short"]


def test_without_git_nothing_of_git_is_taught(bd: Bd) -> None:
    assert "git commit" not in bd.ok("prime", "--stealth").out
    assert "git status" in bd.ok("prime").out


def test_outside_a_project_it_says_nothing_and_succeeds(bare: Bd) -> None:
    for words in ((), ("--mcp",), ("--hook-json",), ("--json",)):
        answer = bare("prime", *words)
        assert answer == (0, "", "")
    assert bare.ok("prime", "--export").out == TEXTS["prime"]


def test_a_hook_that_gets_no_input_and_no_store_ends(bd: Bd) -> None:
    (bd.beads / "beadwork.db").write_bytes(b"damaged")
    (bd.beads / "beadwork.db-wal").unlink(missing_ok=True)
    assert bd.run("prime").out == TEXTS["prime"]


def test_a_hook_gets_its_context_as_json(bd: Bd) -> None:
    answer = bd.ok("prime", "--hook-json").json
    assert answer == {
        "hookSpecificOutput": {
            "hookEventName": "SessionStart",
            "additionalContext": TEXTS["prime"],
        }
    }


def test_a_text_of_the_project_takes_the_place_of_ours(bd: Bd) -> None:
    (bd.beads / "PRIME.md").write_text("Do as we do.", encoding="utf-8")
    assert bd.ok("prime").out == "Do as we do.\n"
    assert bd.ok("prime", "--export").out == TEXTS["prime"]
    assert (
        json.loads(bd.ok("prime", "--hook-json").out)["hookSpecificOutput"]["additionalContext"]
        == "Do as we do."
    )


def test_a_text_that_is_no_file_does_not_keep_a_session_from_starting(bd: Bd) -> None:
    os.mkfifo(bd.beads / "PRIME.md")
    assert bd.ok("prime").out == TEXTS["prime"]


def test_the_text_of_the_store_that_a_folder_leads_to_counts(bd: Bd, tmp_path: Path) -> None:
    (bd.beads / "PRIME.md").write_text("Theirs.\n", encoding="utf-8")
    other = bd.at(tmp_path / "other")
    other.beads.mkdir(parents=True)
    (other.beads / "redirect").write_text(str(bd.beads), encoding="utf-8")
    assert other.ok("prime").out == "Theirs.\n"
    (other.beads / "PRIME.md").write_text("Ours.\n", encoding="utf-8")
    assert other.ok("prime").out == "Ours.\n"


@pytest.mark.parametrize("name", ["onboard", "quickstart", "human", "preflight"])
def test_a_text_is_printed_without_a_store(bare: Bd, name: str) -> None:
    assert "bd ready" in bare.ok(name).out or name == "preflight"


def test_what_agents_read_is_in_the_package() -> None:
    folder = Path(guides.__file__).parent
    assert {each.suffix for each in folder.iterdir()} >= {".md", ".bash", ".zsh", ".fish"}


class TestPreflight:
    """`bd preflight --check`."""

    def test_it_passes_where_nothing_is_left(self, bd: Bd) -> None:
        bd.create()
        assert bd.json("preflight", "--check")["passed"]

    def test_a_held_issue_and_an_unwritten_change_are_named(self, bd: Bd) -> None:
        issue = bd.create()
        bd.ok("claim", issue, "--no-auto-flush")
        answer = bd("preflight", "--check", "--json")
        failed = {each["name"] for each in answer.json["checks"] if not each["passed"]}
        assert (answer.code, failed) == (1, {"exported", "released"})
        assert issue in bd("preflight", "--check").out
        bd.ok("release", issue)
        assert bd("preflight", "--check").code == 0

    def test_fixing_writes_the_file(self, bd: Bd) -> None:
        bd.create("Work", "--no-auto-flush")
        assert bd("preflight", "--check").code == 1
        assert bd("preflight", "--fix").code == 0

    def test_what_git_lacks_is_named(self, bare: Bd) -> None:
        bare.git("init", "--quiet")
        bare.ok("init", "--quiet")
        assert "issues.jsonl" in bare("preflight", "--check").out or bare.create()
        assert bare("preflight", "--check").code == 1
        bare.git("add", "--all")
        bare.git("-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "All")
        assert bare("preflight", "--check").code == 0
