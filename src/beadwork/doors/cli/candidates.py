"""What the word that is being typed may become: commands, flags, values, ids with titles."""

import os
from collections.abc import Iterator, Sequence
from typing import NamedTuple, TypeVar

import click

from beadwork.doors.cli import text
from beadwork.doors.cli.options import ID, PRIORITY
from beadwork.doors.cli.session import Session
from beadwork.engine import Caller
from beadwork.model.claim import Holder
from beadwork.model.dependency import KNOWN_KINDS
from beadwork.model.errors import BeadworkError
from beadwork.model.issue import BUILT_IN_STATUSES, BUILT_IN_TYPES
from beadwork.ops.operation import Request, Response
from beadwork.ops.suggestion import SuggestIssues
from beadwork.ops.vocabulary import ListWords

Candidate = tuple[str, str]
R = TypeVar("R", bound=Response)

_TEXT_CHARS_MAX = 80
_LOCK_TIMEOUT_S = 0.2
_PRIORITIES = (
    ("0", "critical"), ("1", "high"), ("2", "medium"), ("3", "low"), ("4", "backlog"),
)  # fmt: skip
_DONE = {"reopen": True, "show": None, "view": None, "history": None, "comments": None}
"""Commands that mean done issues, or issues of both sorts."""


class _Point(NamedTuple):
    """Where the cursor is: the command, its arguments so far, the option that waits."""

    context: click.Context
    taken: int
    option: click.Option | None

    @property
    def command(self) -> click.Command:
        """Return the command that was typed so far."""
        return self.context.command


def candidates(session: Session, root: click.Command, words: Sequence[str]) -> list[Candidate]:
    """Return what the last of the words may become, and what each of it means."""
    # bash makes a word of its own of the sign in --status=open.
    plain = [word for place, word in enumerate(words) if not place or word != "="]
    current = words[-1] if words and words[-1] != "=" else ""
    before = plain[:-1] if words and words[-1] != "=" else plain
    point = _point(root, before)
    name, equals, value = current.partition("=")
    if equals and name.startswith("--") and (option := _option(point.context, name)):
        found = _values(session, point, option, value)
        return [(f"{name}={word}", meaning) for word, meaning in found]
    return [
        (word, meaning)
        for word, meaning in _offered(session, point, current)
        if word.startswith(current)
    ]


def _offered(session: Session, point: _Point, current: str) -> list[Candidate]:
    if point.option is not None:
        return _values(session, point, point.option, current)
    if current.startswith("-"):
        return list(_flags(point.context))
    if isinstance(point.command, click.Group):
        names = [] if point.taken else point.command.list_commands(point.context)
        return [(name, "") for name in names]
    argument = _argument(point)
    return [] if argument is None else _values(session, point, argument, current)


def _point(root: click.Command, words: Sequence[str]) -> _Point:
    point = _Point(click.Context(root, info_name=root.name), 0, None)
    for word in words:
        point = _after(point, word)
    return point


def _after(point: _Point, word: str) -> _Point:
    if point.option is not None:
        return point._replace(option=None)
    if word.startswith("-") and word != "-":
        option = _option(point.context, word)
        waits = option is not None and not option.is_flag and "=" not in word
        return point._replace(option=option if waits else None)
    if isinstance(point.command, click.Group):
        inner = point.command.get_command(point.context, word)
        if inner is not None:
            return _Point(click.Context(inner, info_name=word, parent=point.context), 0, None)
    return point._replace(taken=point.taken + 1)


def _option(context: click.Context, word: str) -> click.Option | None:
    name = word.partition("=")[0]
    for parameter in context.command.get_params(context):
        if isinstance(parameter, click.Option) and name in parameter.opts:
            return parameter
    return None


def _flags(context: click.Context) -> Iterator[Candidate]:
    for parameter in context.command.get_params(context):
        if isinstance(parameter, click.Option) and not parameter.hidden:
            for name in parameter.opts:
                if name.startswith("--"):
                    yield name, _meaning(parameter.help or "")


def _argument(point: _Point) -> click.Argument | None:
    """Return the argument that the next word is for."""
    arguments = [
        each for each in point.command.get_params(point.context) if isinstance(each, click.Argument)
    ]
    for place, each in enumerate(arguments):
        if each.nargs == -1 or place >= point.taken:
            return each
    return None


def _values(
    session: Session, point: _Point, parameter: click.Parameter, current: str
) -> list[Candidate]:
    found = _known_values(session, point, parameter, current)
    return [(word, meaning) for word, meaning in found if word.startswith(current)]


def _known_values(
    session: Session, point: _Point, parameter: click.Parameter, current: str
) -> list[Candidate]:
    if parameter.type is PRIORITY:
        return list(_PRIORITIES)
    if isinstance(parameter.type, click.Choice):
        return [(str(choice), "") for choice in parameter.type.choices]
    if parameter.type is ID or "ID" in (parameter.metavar or ""):
        return _ids(session, current, _DONE.get(point.context.info_name or "", False))
    if "--status" in parameter.opts:
        return [(word, "") for word in _words(session)[0]]
    if "--type" in parameter.opts:
        is_edge = point.context.parent is not None and point.context.parent.info_name == "dep"
        return [(word, "") for word in (KNOWN_KINDS if is_edge else _words(session)[1])]
    return []


# -- the store


def _ask(session: Session, request: Request[R]) -> R | None:
    """Ask the store as it is: nothing is imported, and no lock is waited for."""
    options = session.flags.options._replace(lock_timeout_s=_LOCK_TIMEOUT_S)
    try:
        if not os.path.exists(session.world.where(options).database_path):
            return None
        engine = session.world.open(options)
    except BeadworkError:
        return None
    try:
        return engine.run(request, Caller(Holder("completion")))
    except BeadworkError:
        return None
    finally:
        engine.close()


def _ids(session: Session, start: str, is_done: bool | None) -> list[Candidate]:
    answer = _ask(session, SuggestIssues(start=start, done=is_done))
    found = [] if answer is None else answer.suggestions
    return [(each.id, _meaning(each.title)) for each in found]


def _words(session: Session) -> tuple[list[str], list[str]]:
    """Return the statuses and the types of this project."""
    answer = _ask(session, ListWords())
    if answer is None:
        return list(BUILT_IN_STATUSES), list(BUILT_IN_TYPES)
    return [each.name for each in answer.statuses], [each.name for each in answer.types]


def _meaning(said: str) -> str:
    shown = text.line(said)
    return shown if len(shown) <= _TEXT_CHARS_MAX else f"{shown[:_TEXT_CHARS_MAX]}…"
