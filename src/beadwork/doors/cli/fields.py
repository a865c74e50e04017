"""The fields of an issue as flags: what `bd create` and `bd update` have in common."""

from collections.abc import Callable
from typing import Any, TypeVar

import click
import msgspec

from beadwork.doors.cli import times
from beadwork.doors.cli.options import COUNT, PRIORITY, one_of
from beadwork.doors.cli.session import Session
from beadwork.model.errors import InvalidField

F = TypeVar("F", bound=Callable[..., Any])

_TEXTS = {
    "description": (
        "description", "body", "message", "body_file", "description_file", "stdin",
    ),
    "design": ("design", "design_file"),
    "acceptance_criteria": ("acceptance", "acceptance_criteria"),
}  # fmt: skip
"""The texts of an issue, and the flags that each can be given by."""

_OPTIONS = (
    click.option("-d", "--description", help="What it is about (Markdown)."),
    click.option("--body", hidden=True),
    click.option("-m", "--message", hidden=True),
    click.option("--body-file", help="Read the description from a file; - is standard input."),
    click.option("--description-file", hidden=True),
    click.option("--stdin", is_flag=True, help="Read the description from standard input."),
    click.option("--design", help="How it is to be done."),
    click.option("--design-file", help="Read the design from a file; - is standard input."),
    click.option("--acceptance", help="When it is done."),
    click.option("--acceptance-criteria", hidden=True),
    click.option("--spec-id", help="The specification that it belongs to."),
    click.option("-p", "--priority", type=PRIORITY, help="0 (critical) to 4 (backlog); else 2."),
    click.option("-t", "--type", "issue_type", help="Its type: task, bug, feature, epic, ..."),
    click.option("-a", "--assignee", help='Who should do it; me is you, "" nobody.'),
    click.option("--external-ref", help="What it is called elsewhere."),
    click.option("-e", "--estimate", type=COUNT, help="Minutes of work."),
    click.option("--due", help='When it is due: 2026-01-31, +2d, tomorrow; "" for never.'),
    click.option("--defer", help='Hide it from `bd ready` until then; "" shows it.'),
    click.option("--metadata", help="A JSON object to keep with it, or @FILE."),
    click.option("--no-history", is_flag=True, hidden=True),  # What happened is always logged.
)
_AS_GIVEN = {
    "spec_id": "spec_id",
    "priority": "priority",
    "issue_type": "issue_type",
    "assignee": "assignee",
    "external_ref": "external_ref",
    "estimate": "estimated_minutes",
}


def field_options(command: F) -> F:
    """Give a command the flags of an issue's fields."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def fields(session: Session, given: dict[str, Any], *, may_be_empty: bool = True) -> dict[str, Any]:
    """Return the fields that were given, under the names that requests have for them.

    Raises:
        InvalidField: a field was given twice and differently, or has a wrong form.
    """
    found = {field: given[name] for name, field in _AS_GIVEN.items() if given[name] is not None}
    for field, names in _TEXTS.items():
        content = _one_text(session, given, names, may_be_empty=may_be_empty)
        if content is not None:
            found[field] = content
    for flag, field in (("due", "due_at"), ("defer", "defer_until")):
        if given[flag] is not None:
            # As it was typed: so a repeat under a key says the same.
            found[field] = given[flag]
            found["zone_offset_s"] = times.zone_offset_s()
    moments = {flag: times.given_time(given[flag] or "", flag) for flag in ("due", "defer")}
    if times.is_past(moments["defer"]):
        session.warn("Warning: --defer names a time that has passed; nothing is put off.")
    if given["metadata"] is not None:
        found["metadata"] = json_value(session, given["metadata"], "metadata")
    return found


def _one_text(
    session: Session, given: dict[str, Any], names: tuple[str, ...], *, may_be_empty: bool
) -> str | None:
    """Return the one text that was given under one of several names, or from a file."""
    texts: dict[str, str | None] = {}
    for name in names:
        path = "-" if given[name] is True else given[name]
        if name != "stdin" and not name.endswith("_file") and path != "-":
            texts[name] = given[name]
            continue
        if path in (None, False):
            continue
        texts[name] = session.read_text(path)
        if not texts[name] and not may_be_empty:
            raise InvalidField(
                f"What --{name.replace('_', '-')} reads is empty, and would take the text away",
                hint="Pass --allow-empty-description if that is meant.",
                field=names[0],
            )
    return one_of(texts, names[0])


def piped(session: Session, said: str | None) -> str | None:
    """Return a text as it was given, or standard input where `-` was: no text is a hyphen."""
    return session.read_text("-") if said == "-" else said


def json_value(session: Session, given: str, field: str) -> Any:  # noqa: ANN401 -- any JSON
    """Read a JSON argument, or the file that an @ stands before.

    Raises:
        InvalidField: it is no JSON.
    """
    content = session.read_text(given[1:]) if given.startswith("@") else given
    try:
        return msgspec.json.decode(content)
    except (msgspec.DecodeError, RecursionError) as error:
        raise InvalidField(
            f"The {field} is not JSON: {error}", hint='Use {"key": "value"}, or @FILE.', field=field
        ) from error


def require_only(flags: tuple[str, ...], what: str) -> None:
    """Refuse flags beside one that they can have no effect with.

    Raises:
        InvalidField: one was given.
    """
    context = click.get_current_context()
    asked = click.core.ParameterSource.COMMANDLINE
    for parameter in context.command.params:
        name = parameter.name or ""
        if (
            parameter.expose_value
            and name not in flags
            and context.get_parameter_source(name) == asked
        ):
            shown = parameter.opts[0] if parameter.opts[0].startswith("-") else "A title"
            raise InvalidField(f"{shown} has no effect with {what}", hint="Leave it out.")
