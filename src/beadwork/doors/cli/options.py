"""Flags that many commands share, and the command class that takes the global ones anywhere."""

import contextlib
import itertools
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import click

from beadwork.doors.cli import arguments
from beadwork.doors.cli.session import Flags, Session
from beadwork.model import limits
from beadwork.model.errors import InvalidField
from beadwork.model.instants import duration_s
from beadwork.model.overriding import override
from beadwork.model.pattern import pattern

pass_session = click.make_pass_decorator(Session)

_COUNT_MAX = 2**31 - 1
_CHOSEN = "beadwork.chosen"


class Whole(click.IntRange):
    """A whole number, whose error says what to give."""

    @override
    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> int:
        """Read a number."""
        del ctx
        text = str(value).strip()
        is_number = re.fullmatch(r"[+-]?[0-9]{1,30}", text) is not None
        if is_number and (self.min or 0) <= int(text) <= (self.max or 0):
            return int(text)
        name = param.name if param and param.name else "number"
        raise InvalidField(
            f'"{text[:40]}" is no {name.replace("_", " ")}',
            hint=f"{self._hint(name)} It goes from {self.min} to {self.max}.",
            field=name,
        )

    def _hint(self, name: str) -> str:
        is_zero_all = name == "limit" and self.min
        return "Use digits." if is_zero_all else _NUMBER_HINTS.get(name, "Use digits.")


_NUMBER_HINTS = {"limit": "0 shows all.", "estimate": "Give minutes: 120 for two hours."}
COUNT = Whole(0, _COUNT_MAX)
"""A number of rows or minutes: what no store can hold is a mistake."""
NUMBER = Whole(0, 2**63 - 1)
"""A number that the store gave out: an epoch, a request."""


def lease_s(text: str | None) -> float | None:
    """Read how long a claim is to hold.

    Raises:
        InvalidField: it is no length of time, or none at all.
    """
    if text is None:
        return None
    seconds = duration_s(text)
    if not seconds:
        raise InvalidField("A lease of no time is no lease", hint="Use 30m.", field="lease")
    return seconds


def _flags_of(context: click.Context) -> Flags:
    return context.ensure_object(Session).flags


def _global(names: tuple[str, ...], act: Callable[[Flags, Any], None], **more: Any) -> click.Option:
    """Make a global option: where it was given, `act` is done with the session's flags."""

    def callback(context: click.Context, _: click.Parameter, given: Any) -> None:  # noqa: ANN401
        if given:
            act(_flags_of(context), given)

    return click.Option(names, expose_value=False, callback=callback, **more)


def _flag(names: tuple[str, ...], attribute: str, text: str, *, value: bool = True) -> click.Option:
    """Make a flag that switches something on or off."""

    def act(flags: Flags, _: Any) -> None:  # noqa: ANN401
        setattr(flags, attribute, value)

    # Eager: how an error is shown is settled before there can be one.
    return _global(names, act, is_flag=True, is_eager=True, help=text)


def _option(names: tuple[str, ...], attribute: str, metavar: str, text: str) -> click.Option:
    """Make an option with a value."""

    def act(flags: Flags, given: str) -> None:
        value: Any = duration_s(given) if attribute == "lock_timeout_s" else given
        flags.options = flags.options._replace(**{attribute: value})

    return _global(names, act, metavar=metavar, help=text)


def _start_at() -> click.Option:
    def callback(context: click.Context, _: click.Parameter, given: tuple[str, ...]) -> None:
        for path in given:
            context.ensure_object(Session).world.enter(path)

    return click.Option(
        ("-C", "start_at"),
        multiple=True,
        is_eager=True,
        expose_value=False,
        callback=callback,
        metavar="FOLDER",
        help="Run as if started there.",
    )


def _ignored(*names: str, is_flag: bool = True) -> click.Option:
    """Make an option of classic that changes nothing here."""
    return click.Option(names, is_flag=is_flag, expose_value=False, hidden=True)


def _global_options() -> list[click.Parameter]:
    return [
        _flag(("--json",), "is_json", "Answer as JSON."),
        _flag(("-q", "--quiet"), "is_quiet", "Only errors and results."),
        _flag(("-v", "--verbose"), "is_verbose", "Say more."),
        _flag(("--debug",), "is_debug", "Show what led to an error."),
        _flag(("--readonly",), "is_read_only", "Refuse to write."),
        _flag(("--no-auto-flush",), "has_flush", "Don't write the file.", value=False),
        _flag(("--no-auto-import",), "has_import", "Don't read the file.", value=False),
        _start_at(),
        _option(("--db", "database"), "database", "FILE", "The database file."),
        _option(
            ("--actor", "acting_as"),
            "actor",
            "NAME",
            "Who acts; by default BD_ACTOR, BEADS_ACTOR, git's user.name or USER.",
        ),
        _option(
            ("--key", "request_key"),
            "key",
            "KEY",
            "Idempotency key: a repeat gets the first answer.",
        ),
        _option(
            ("--lock-timeout", "lock_wait"),
            "lock_timeout_s",
            "TIME",
            "How long to wait for other writers (30s).",
        ),
        _ignored("--no-daemon"),
        _ignored("--no-db"),
        _ignored("--allow-stale"),
        _ignored("--sandbox"),
        _ignored("--profile"),
        _ignored("--dolt-auto-commit", is_flag=False),
    ]


class _Own(click.Command):
    """A command that shows its help where its session writes, and looks at few of its options.

    A command has some eighty options, of which a command line names three: to go through all of
    them takes longer than to carry the command out.
    """

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self._absent: dict[str, Any] | None = None
        """What the parameters are where no word names them."""
        self._named: dict[str, click.Option] | None = None

    @override
    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        """Return the option --help."""
        option = super().get_help_option(ctx)
        if option is not None:
            option.callback = _show_help
        return option

    @override
    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """Return the parameters; while a command line is parsed, those that it has to do with."""
        chosen: list[click.Parameter] | None = ctx.meta.get(_CHOSEN)
        return super().get_params(ctx) if chosen is None else chosen

    def named_options(self, ctx: click.Context) -> dict[str, click.Option]:
        """Return the options by each of their names."""
        if self._named is None:
            self._named = {
                name: parameter
                for parameter in self.get_params(ctx)
                if isinstance(parameter, click.Option)
                for name in parameter.opts
            }
        return self._named

    def choose(
        self, ctx: click.Context, words: list[str], options: dict[str, click.Option]
    ) -> AbstractContextManager[None]:
        """Let click see the arguments, and the options that settled words name.

        It sees all of them if there is a word that may be none of ours, or that asks for help.
        """
        flags = words[: words.index("--")] if "--" in words else words
        named = [
            options.get(word.partition("=")[0]) or options.get(word[:2])
            for word in flags
            if word.startswith("-")
        ]
        if ctx.resilient_parsing or None in named or self.get_help_option(ctx) in named:
            return contextlib.nullcontext()
        return self._choosing(ctx, named)

    @contextlib.contextmanager
    def _choosing(self, ctx: click.Context, named: list[click.Option | None]) -> Iterator[None]:
        if self._absent is None:
            scratch = click.Context(self, info_name=ctx.info_name, resilient_parsing=True)
            super().parse_args(scratch, [])
            self._absent = scratch.params
        ctx.meta[_CHOSEN] = [
            each
            for each in self.get_params(ctx)
            if not isinstance(each, click.Option) or each in named or each.required
        ]
        try:
            yield
        finally:
            del ctx.meta[_CHOSEN]
        ctx.params = self._absent | ctx.params


def _show_help(context: click.Context, _: click.Parameter, is_asked: bool) -> None:
    if is_asked and not context.resilient_parsing:
        context.ensure_object(Session).write(f"{context.get_help()}\n")
        context.exit()


class BeadCommand(_Own):
    """A command that takes the global flags too."""

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        taken = {name for parameter in self.params for name in parameter.opts}
        self.params += [
            option for option in _global_options() if not taken.intersection(option.opts)
        ]

    @override
    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the words of the command line."""
        try:
            if ctx.ignore_unknown_options:
                return super().parse_args(ctx, args)
            options = self.named_options(ctx)
            words = arguments.settled(args, options)
            with self.choose(ctx, words, options):
                return super().parse_args(ctx, words)
        except click.exceptions.NoArgsIsHelpError:
            raise
        except click.UsageError as error:
            from beadwork.doors.cli.guesses import explained

            raise explained(error, self, ctx) from None


class BeadGroup(_Own, click.Group):
    """A group that takes the global flags and names the nearest command to a mistyped one."""

    command_class = BeadCommand
    group_class = type

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self.params += _global_options()

    @override
    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the words up to the subcommand's name."""
        options = self.named_options(ctx)
        words = arguments.settled(args, options, is_group=True)
        mine = list(itertools.takewhile(lambda word: word.startswith("-"), words))
        last = options.get(mine[-1]) if mine else None
        if last is not None and not last.is_flag:
            return super().parse_args(ctx, words)
        with self.choose(ctx, mine, options):
            return super().parse_args(ctx, words)

    @override
    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find a command, or name the nearest."""
        name = args[0] if args else ""
        if self.get_command(ctx, name) is None:
            from beadwork.doors.cli.guesses import command_hint

            hint = command_hint(name, self, ctx, args)
            raise InvalidField(f'There is no command "{name[:60]}"', hint=hint, field="command")
        return super().resolve_command(ctx, args)


def _priority_hint(text: str, context: click.Context | None) -> str:
    from beadwork.model.synonyms import PRIORITIES

    scale = "Use 0 (critical) to 4 (backlog), or P0 to P4."
    meant = PRIORITIES.get(text.strip().lower())
    options = {name for each in context.command.params for name in each.opts} if context else set()
    if meant is not None:
        return f"Did you mean {meant}? {scale}"
    if "--priority-max" in options and len(re.findall("[0-4]", text)) > 1:
        return f"A range is --priority-min 0 --priority-max 1. {scale}"
    return scale


class _PriorityType(click.ParamType[int]):
    """A priority: 0 to 4, or P0 to P4."""

    name = "priority"

    @override
    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> int:
        """Read a priority."""
        del param
        found = re.fullmatch(r"[Pp]?([0-9])", str(value).strip())
        if found is None or not limits.PRIORITY_MIN <= int(found[1]) <= limits.PRIORITY_MAX:
            raise InvalidField(
                f'There is no priority "{str(value)[:40]}"',
                hint=_priority_hint(str(value), ctx),
                field="priority",
            )
        return int(found[1])


_NO_ID = pattern(r"[\s,=]")


def _texts_hint(text: str, context: click.Context | None) -> str:
    """Say how a text is given that stands where an id is expected."""
    known = {name for each in context.command.params for name in each.opts} if context else set()
    name, equals, _ = text.partition("=")
    if equals and f"--{name}" in known:
        return f"Use --{text[:60]}."
    if "--reason" in known:
        return "Separate ids by spaces, and give the reason by --reason."
    return "Separate ids by spaces, and give texts by flags."


class _IdType(click.ParamType[str]):
    """An id as it was typed; an empty one is an unset variable of a script."""

    name = "id"

    @override
    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> str:
        """Read an id."""
        del param
        text = str(value).strip().removeprefix("#")
        if not text:
            raise InvalidField("An id is empty", hint="See `bd list` for the ids.", field="id")
        if _NO_ID.search(text):
            raise InvalidField(f'"{text[:60]}" is no id', hint=_texts_hint(text, ctx), field="id")
        return text


PRIORITY = _PriorityType()
ID = _IdType()


def split_words(values: tuple[str, ...]) -> list[str]:
    """Split comma lists: `-l a,b -l c` is a, b, c."""
    return [word.strip() for value in values for word in value.split(",") if word.strip()]


def one_of(given: dict[str, str | None], field: str) -> str | None:
    """Return the one text that was given under several names.

    Raises:
        InvalidField: two different texts were given.
    """
    texts = {name: text for name, text in given.items() if text is not None}
    if len(set(texts.values())) > 1:
        names = " and ".join(
            "the argument" if name == "argument" else f"--{name.replace('_', '-')}"
            for name in texts
        )
        raise InvalidField(f"{names} say different things", hint="Give one.", field=field)
    return next(iter(texts.values()), None)
