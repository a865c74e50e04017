"""Every command says what it does and takes, and takes the global flags."""

import inspect

import click
import pytest

from beadwork.doors.cli.main import bd as root
from beadwork.doors.cli.summaries import SUMMARIES
from tests.doors.program import Bd


def commands(
    group: click.Group, path: tuple[str, ...] = ()
) -> list[tuple[tuple[str, ...], click.Command]]:
    """Answer every command below a group with the words that call it."""
    context = click.Context(group)
    found: list[tuple[tuple[str, ...], click.Command]] = []
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        found.append(((*path, name), command))
        if isinstance(command, click.Group):
            found += commands(command, (*path, name))
    return found


ALL = commands(root)
GLOBAL = {
    "--json", "--db", "--actor", "--no-daemon", "--no-db", "--no-auto-flush", "--no-auto-import",
    "--allow-stale", "--lock-timeout", "--readonly", "--sandbox", "--quiet", "--verbose",
    "--profile", "--dolt-auto-commit", "--key",
}  # fmt: skip


def test_the_list_of_commands_says_what_each_says_first() -> None:
    own = {
        path[0]: command.help or ""
        for path, command in ALL
        if len(path) == 1 and not command.hidden
    }
    assert {
        name: " ".join(inspect.cleandoc(text).split("\n\n")[0].split())
        for name, text in own.items()
    } == SUMMARIES
    assert list(SUMMARIES) == sorted(SUMMARIES)


@pytest.mark.parametrize(("path", "command"), ALL, ids=[" ".join(path) for path, _ in ALL])
def test_a_command_explains_itself(bare: Bd, path: tuple[str, ...], command: click.Command) -> None:
    answer = bare.ok(*path, "--help")
    assert answer.out.startswith(f"Usage: bd {' '.join(path)} ")
    assert command.help
    assert {name for option in command.params for name in option.opts} >= GLOBAL
    assert bare.ok("help", *path).out == answer.out
    for option in command.params:
        if isinstance(option, click.Option) and not option.hidden:
            assert option.help or isinstance(option.type, click.Choice), option.name


def test_global_flags_stand_anywhere(bd: Bd) -> None:
    issue = bd.create()
    for words in (
        ("--json", "show", issue),
        ("show", "--json", issue),
        ("show", issue, "--json"),
        ("--json=true", "show", issue),
    ):
        assert bd.ok(*words).json[0]["id"] == issue
    assert bd.ok("--json", "dep", "list", issue).json == []
    assert bd.ok("dep", "--json", "list", issue).json == []
    assert bd.json("--actor", "eve", "create", "x")["created_by"] == "eve"
    assert bd.json("create", "x", "--actor=eve")["created_by"] == "eve"


def test_flags_of_classic_that_mean_nothing_here_are_taken(bd: Bd) -> None:
    for flag in ("--no-daemon", "--no-db", "--allow-stale", "--sandbox", "--profile"):
        bd.ok("list", flag)
    bd.ok("list", "--dolt-auto-commit", "off")
    bd.ok("list", "--no-pager")
    bd.ok("sync", "--message", "text", "--no-pull", "--no-push")


def test_hidden_spellings_that_agents_guess(bd: Bd) -> None:
    a = bd.create("--title=A", "--body", "Text", "--acceptance-criteria", "Works", "--label", "x")
    (shown,) = bd.json("show", a)
    assert (shown["description"], shown["acceptance_criteria"]) == ("Text", "Works")
    assert shown["labels"] == ["x"]
    b = bd.create("B", "--message", "Text", "--append-notes", "Note")
    bd.ok("update", b, "--body", "Other", "--acceptance-criteria", "Done")
    assert bd.json("show", b)[0]["description"] == "Other"
    bd.ok("update", b, "--message", "Third")
    assert bd.json("close", a, "-m", "Because")[0]["close_reason"] == "Because"
    assert bd.json("close", b, "--resolution", "Thus")[0]["close_reason"] == "Thus"
    assert bd.json("new", "C")["title"] == "C"
    assert bd.json("done", bd.create())[0]["status"] == "closed"
    bd.ok("relate", a, b)


def test_quiet_says_results_only(bare: Bd) -> None:
    assert bare.ok("init", "--quiet") == (0, "", "")
    assert bare.ok("create", "x", "--defer", "yesterday", "-q").err == ""


def test_a_past_date_to_put_off_to_is_noted(bd: Bd) -> None:
    assert "has passed" in bd.ok("create", "x", "--defer", "yesterday").err
    issue = bd.create()
    assert "has passed" in bd.ok("update", issue, "--defer", "2020-01-01").err
    assert bd.ok("update", issue, "--defer", "+1d").err == ""
    assert bd.ok("update", issue, "--defer", "").err == ""
