"""Flags that many commands share, and the command class that takes the global ones anywhere."""

import re
from collections.abc import Callable
from typing import Any

import click

from beadwork.doors.cli.session import Session
from beadwork.model import limits
from beadwork.model.errors import InvalidField
from beadwork.model.issue import nearest_hint

pass_session = click.make_pass_decorator(Session)


def _set_flag(name: str, value: Any) -> Callable[..., Any]:  # noqa: ANN401
    def callback(context: click.Context, _: click.Parameter, given: bool) -> None:
        if given:
            setattr(context.ensure_object(Session).flags, name, value)

    return callback


def _set_option(name: str) -> Callable[..., Any]:
    def callback(context: click.Context, _: click.Parameter, given: str | None) -> None:
        if given:
            flags = context.ensure_object(Session).flags
            value = duration_s(given) if name == "lock_timeout_s" else given
            flags.options = flags.options._replace(**{name: value})

    return callback


def duration_s(text: str) -> float:
    """Read a length of time such as 30s, 5m or 1h30m, in seconds; a bare number is seconds.

    Raises:
        InvalidField: it is none.
    """
    parts = re.findall(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)?", text)
    if not parts or "".join(number + unit for number, unit in parts) != text.strip():
        raise InvalidField(f'"{text[:40]}" is no length of time', hint="Use 30s, 5m or 1h.")
    units = {"ms": 0.001, "": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}
    return sum(float(number) * units[unit] for number, unit in parts)


def _flag(names: tuple[str, ...], attribute: str, value: Any, text: str) -> click.Option:  # noqa: ANN401
    return click.Option(
        names, is_flag=True, expose_value=False, callback=_set_flag(attribute, value), help=text
    )


def _ignored(*names: str) -> click.Option:
    return click.Option(names, is_flag=True, expose_value=False, hidden=True)


def _global_options() -> list[click.Parameter]:
    return [
        _flag(("--json",), "is_json", value=True, text="Answer as JSON."),
        _flag(("-q", "--quiet"), "is_quiet", value=True, text="Only errors and results."),
        _flag(("-v", "--verbose"), "is_verbose", value=True, text="Say more."),
        _flag(("--readonly",), "is_read_only", value=True, text="Refuse to write."),
        _flag(("--no-auto-flush",), "has_flush", value=False, text="Don't write the file."),
        _flag(("--no-auto-import",), "has_import", value=False, text="Don't read the file."),
        click.Option(
            ("--db", "database"),
            expose_value=False,
            callback=_set_option("database"),
            help="Database file; by default the nearest .beads folder's.",
        ),
        click.Option(
            ("--actor",),
            expose_value=False,
            callback=_set_option("actor"),
            help="Who acts; by default BD_ACTOR, BEADS_ACTOR, git's user.name or USER.",
        ),
        click.Option(
            ("--key",),
            expose_value=False,
            callback=_set_option("key"),
            help="Idempotency key: a repeat gets the first answer.",
        ),
        click.Option(
            ("--lock-timeout",),
            expose_value=False,
            callback=_set_option("lock_timeout_s"),
            help="How long to wait for other writers (30s).",
        ),
        _ignored("--no-daemon"),
        _ignored("--no-db"),
        _ignored("--allow-stale"),
        _ignored("--sandbox"),
        _ignored("--profile"),
    ]


class BeadCommand(click.Command):
    """A command that takes the global flags too."""

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        taken = {name for parameter in self.params for name in parameter.opts}
        self.params += [
            option for option in _global_options() if not taken.intersection(option.opts)
        ]


class BeadGroup(click.Group):
    """A group that takes the global flags and names the nearest command to a mistyped one."""

    command_class = BeadCommand
    group_class = type

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self.params += _global_options()

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find a command, or name the nearest."""
        name = args[0] if args else ""
        if self.get_command(ctx, name) is None and not name.startswith("-"):
            hint = nearest_hint(name, self.list_commands(ctx))
            raise InvalidField(f'There is no command "{name[:60]}"', hint=hint, field="command")
        return super().resolve_command(ctx, args)


class PriorityType(click.ParamType):
    """A priority: 0 to 4, or P0 to P4."""

    name = "priority"

    def convert(
        self,
        value: Any,
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> int:
        """Read a priority."""
        del param, ctx
        text = str(value).strip().lstrip("Pp")
        if not text.isdigit() or not limits.PRIORITY_MIN <= int(text) <= limits.PRIORITY_MAX:
            raise InvalidField(
                f'There is no priority "{str(value)[:40]}"',
                hint="Use 0 (critical) to 4 (backlog), or P0 to P4.",
                field="priority",
            )
        return int(text)


PRIORITY = PriorityType()


def split_words(values: tuple[str, ...]) -> list[str]:
    """Split comma lists: `-l a,b -l c` is a, b, c."""
    return [word.strip() for value in values for word in value.split(",") if word.strip()]
