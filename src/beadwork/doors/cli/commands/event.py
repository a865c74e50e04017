"""`bd history` and `bd undo`."""

from typing import Any

import click
import msgspec

from beadwork.doors.cli import shapes, text, times, views
from beadwork.doors.cli.options import ID, NUMBER, BeadCommand, pass_session
from beadwork.doors.cli.session import Session
from beadwork.ops.event import Event, ShowHistory, Undo

_SHOWN_CHARS = 60


def _short(value: Any) -> str:  # noqa: ANN401 -- any JSON value
    match value:
        case None | "":
            said = "nothing"
        case str():
            said = value
        case {"depends_on_id": target, "type": kind}:
            said = f"{kind} {target}"
        case {"author": author, "text": words}:
            said = f"{author}: {words}"
        case _:
            said = msgspec.json.encode(value).decode()
    shown = text.line(said)
    return shown if len(shown) <= _SHOWN_CHARS else f"{shown[:_SHOWN_CHARS]}…"


def event_text(event: Event) -> str:
    """Show an event: who did what when, and each change on a line of its own."""
    undone = " (undone)" if event.undone else ""
    head = (
        f"{times.shown(event.at)} {text.line(event.actor)}: {event.kind} by {event.operation}, "
        f"request {event.request}{undone}"
    )
    changes = [
        f"    {text.line(each.field)}: {_short(each.before)} → {_short(each.after)}"
        for each in event.changes
    ]
    return "\n".join([head, *changes])


@click.command(cls=BeadCommand)
@click.argument("issue_id", metavar="ID", type=ID)
@click.option(
    *("-n", "--limit"),
    type=click.IntRange(1, 10_000),
    default=100,
    show_default=True,
    help="At most so many.",
)
@pass_session
def history(session: Session, issue_id: str, limit: int) -> None:
    """Show what happened to an issue, latest first."""
    events = session.run(ShowHistory(issue=issue_id, limit=limit)).events
    session.show(
        [msgspec.to_builtins(each) for each in events],
        lambda: "\n".join(event_text(each) for each in events) or "Nothing yet.",
        views.history(events, _short),
    )


@click.command(cls=BeadCommand)
@click.argument("issue_id", metavar="[ID]", type=ID, required=False)
@click.option("--request", type=NUMBER, help="Take this request back, as `bd history` numbers it.")
@click.option("--anyone", is_flag=True, help="The latest change, whoever made it.")
@pass_session
def undo(session: Session, issue_id: str | None, request: int | None, anyone: bool) -> None:
    """Take the latest change back, of an issue or of yours: all that the command did."""
    found = session.run(Undo(request=request, issue=issue_id, anyone=anyone))
    session.show(
        {"request": found.request, "issues": [shapes.issue(each) for each in found.issues]},
        lambda: "\n".join(f"Undone: {text.issue_line(each)}" for each in found.issues),
        views.undone(found.issues),
    )
