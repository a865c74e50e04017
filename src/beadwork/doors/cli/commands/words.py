"""`bd statuses` and `bd types`: the words that this project knows."""

from typing import Any

import click

from beadwork.doors.cli import text, views
from beadwork.doors.cli.options import BeadCommand, pass_session
from beadwork.doors.cli.session import Session
from beadwork.ops.vocabulary import ListWords, Word

_STATUSES = {
    "open": ("active", "○", "Available to work (default)"),
    "in_progress": ("wip", "◐", "Being worked on"),
    "blocked": ("wip", "●", "Waits for something that no issue stands for"),
    "deferred": ("frozen", "❄", "Put off, perhaps to a date"),
    "closed": ("done", "✓", "Done"),
    "pinned": ("frozen", "•", "Stays open, and is never ready"),
    "hooked": ("wip", "•", "Attached to an agent's hook"),
}
"""What there is to say of the statuses that are built in, in the order to show them."""

_TYPES = {
    "task": "General work item (default)",
    "bug": "Something that does not work",
    "feature": "Something new, or better",
    "chore": "Upkeep",
    "epic": "Large piece of work, made of other issues",
    "event": "Something that happened, kept as a record",
}
"""What there is to say of the types that are built in, in the order to show them."""


@click.command(cls=BeadCommand)
@pass_session
def statuses(session: Session) -> None:
    """Show the statuses that issues can have."""
    words = session.run(ListWords()).statuses
    shown: dict[str, Any] = {
        "built_in_statuses": [
            {"name": name, "category": category, "icon": icon, "description": said}
            for name, (category, icon, said) in _STATUSES.items()
        ]
    }
    custom = [each for each in words if each.is_custom]
    if custom:
        shown["custom_statuses"] = [{"name": e.name, "category": _category(e)} for e in custom]
    session.show(
        shown,
        lambda: "\n".join([*_status_lines(), *_custom_lines(custom)]),
        views.statuses(_status_rows(custom)),
    )


def _category(word: Word) -> str:
    return "done" if word.is_done else "unspecified"


def _status_lines() -> list[str]:
    return [
        f"  {icon} {name:<12} {category:<7} {said}"
        for name, (category, icon, said) in _STATUSES.items()
    ]


def _status_rows(custom: list[Word]) -> list[tuple[str, str, str]]:
    known = [(name, category, said) for name, (category, _, said) in _STATUSES.items()]
    return known + [(text.line(each.name), _category(each), "") for each in custom]


def _custom_lines(custom: list[Word]) -> list[str]:
    return [f"  • {text.line(each.name):<12} {_category(each)}" for each in custom]


@click.command(cls=BeadCommand)
@pass_session
def types(session: Session) -> None:
    """Show the types that issues can have."""
    custom = [each.name for each in session.run(ListWords()).types if each.is_custom]
    shown: dict[str, Any] = {
        "core_types": [{"name": name, "description": said} for name, said in _TYPES.items()]
    }
    if custom:
        shown["custom_types"] = custom
    session.show(
        shown,
        lambda: "\n".join(
            [
                *(f"  {name:<10} {said}" for name, said in _TYPES.items()),
                *(f"  {text.line(name)}" for name in custom),
            ]
        ),
    )
