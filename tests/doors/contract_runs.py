"""How the tables of runs are written, and which command and flags a run uses.

A table has a line for each run. What succeeds: `(1) NAME=value words < file => text`, of which
only the words of the command are needed: the exit code if it is not 0, the environment, what
comes on standard input, and a text that the answer holds. What fails: `3 issue.unknown: words`,
the exit code and the code of the error. `first && second` does the first as a preparation, and
the second may name what the first made up: `{message}`, `{receipt}`, `{digest}`.
"""

import re
import shlex
from collections.abc import Iterator
from typing import NamedTuple

import click

from beadwork.doors.cli.main import bd as root

_PLACED = re.compile(r"^(?:\((?P<code>\d+)\) )?(?P<words>.*?)(?: => (?P<holds>.*))?$")
_REFUSED = re.compile(r"^(?P<code>\d+) (?P<error>[a-z_.]+): (?P<words>.*)$")
_INSTEAD = {"comments": ["list"], "dep": ["shorthand"], "graph": ["show"], "state": ["show"]}
"""What a group runs where no command of it is named."""
_MADE = {
    "{message}": re.compile(r"\b[0-9A-HJKMNP-TV-Z]{26}\b"),
    "{receipt}": re.compile(r"\b\d+\.\d+\.\d+\.[0-9a-f]+\b"),
    "{digest}": re.compile(r"\b[0-9a-f]{64}\b"),
}
_VARIABLE = re.compile(r"[A-Z_]+=")


class Run(NamedTuple):
    """A command line, where it runs, and what is expected of it."""

    line: str
    place: str
    words: tuple[str, ...]
    before: tuple[tuple[str, ...], ...] = ()
    code: int = 0
    error: str = ""
    environment: tuple[tuple[str, str], ...] = ()
    given: str = ""
    holds: str = ""


class Use(NamedTuple):
    """What a run uses: a command, and options by all of their names."""

    command: str
    options: frozenset[str]


def runs(table: str, place: str) -> list[Run]:
    """Read a table of what succeeds."""
    found = []
    for line in _lines(table):
        parts = _PLACED.match(line)
        assert parts, line
        found.append(
            _run(line, place, parts["words"])._replace(
                code=int(parts["code"] or 0), holds=parts["holds"] or ""
            )
        )
    return found


def failures(table: str, place: str) -> list[Run]:
    """Read a table of what fails."""
    found = []
    for line in _lines(table):
        parts = _REFUSED.match(line)
        assert parts, line
        found.append(
            _run(line, place, parts["words"])._replace(
                code=int(parts["code"]), error=parts["error"]
            )
        )
    return found


def _lines(table: str) -> Iterator[str]:
    joined = table.strip().replace("\\\n", "")
    return (line for line in joined.splitlines() if line.strip() and line[0] != "#")


def _run(line: str, place: str, text: str) -> Run:
    text, _, given = text.partition(" < ")
    *before, text = text.split(" && ")
    words = shlex.split(text)
    environment = []
    while words and _VARIABLE.match(words[0]):
        name, _, value = words.pop(0).partition("=")
        environment.append((name, value))
    return Run(
        line,
        place,
        tuple(words),
        before=tuple(tuple(shlex.split(each)) for each in before),
        environment=tuple(environment),
        given=given.strip(),
    )


def filled(words: tuple[str, ...], said: str) -> tuple[str, ...]:
    """Put what was made up and shown last in the place of its name."""
    for name, pattern in _MADE.items():
        if any(name in word for word in words):
            words = tuple(word.replace(name, pattern.findall(said)[-1]) for word in words)
    return words


def leaves(command: click.Command = root, path: tuple[str, ...] = ()) -> Iterator[Use]:
    """Answer all commands that are no groups, hidden ones left out, and what each takes."""
    if not isinstance(command, click.Group):
        yield Use(" ".join(path), frozenset(own_options(command)))
        return
    context = click.Context(command)
    for name in command.list_commands(context):
        inner = command.get_command(context, name)
        if inner is not None and not inner.hidden:
            yield from leaves(inner, (*path, name))


def own_options(command: click.Command) -> set[str]:
    """Answer the first names of a command's options, those of all commands left out."""
    return {
        each.opts[0]
        for each in command.params
        if isinstance(each, click.Option) and not _is_global(each)
    }


def global_options() -> set[str]:
    """Answer the first names of the options that every command takes."""
    return {each.opts[0] for each in root.params if isinstance(each, click.Option)}


def _is_global(option: click.Option) -> bool:
    return (
        any(set(option.opts) & set(each.opts) for each in root.params) and not option.expose_value
    )


def used(words: tuple[str, ...]) -> Use:
    """Answer what a command line uses; the command is the one that would answer."""
    command: click.Command = root
    path: list[str] = []
    rest = list(words)
    options: set[str] = set()
    while isinstance(command, click.Group):
        taken, rest = _leading(command, rest)
        options |= taken
        if not rest:
            break
        context = click.Context(command)
        if command.get_command(context, rest[0]) is None:
            rest = [*_INSTEAD.get(" ".join(path), ()), *rest]
        found = command.get_command(context, rest[0])
        if found is None:
            break
        command, path, rest = found, [*path, rest[0]], rest[1:]
    if "--version" in rest or "-V" in options:
        path = ["version"]
    given = {word.partition("=")[0] for word in rest}
    for each in command.params:
        if given.intersection(_names(each)):
            options.update(_names(each))
    return Use(" ".join(path), frozenset(options))


def _names(parameter: click.Parameter) -> list[str]:
    return [*parameter.opts, *parameter.secondary_opts]


def _leading(group: click.Group, words: list[str]) -> tuple[set[str], list[str]]:
    """Split off the options that stand before the name of a subcommand."""
    named = {name: each for each in group.params for name in _names(each)}
    taken: set[str] = set()
    while words and words[0].partition("=")[0] in named:
        option = named[words[0].partition("=")[0]]
        taken.update(_names(option))
        has_value = isinstance(option, click.Option) and not option.is_flag
        words = words[2 if has_value and "=" not in words[0] else 1 :]
    return taken, words
