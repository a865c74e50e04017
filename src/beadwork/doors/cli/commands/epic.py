"""`bd epic`."""

from typing import Any

import click

from beadwork.doors.cli import shapes, text, views
from beadwork.doors.cli.options import BeadCommand, BeadGroup, pass_session
from beadwork.doors.cli.session import Session
from beadwork.ops.epic import CloseEpics, EpicStatus, ListEpics


@click.group(cls=BeadGroup)
def epic() -> None:
    """Show how far epics are, and close those whose work is done."""


def _shape(value: EpicStatus) -> dict[str, Any]:
    return {
        "epic": shapes.issue(value.epic),
        "total_children": value.total_children,
        "closed_children": value.closed_children,
        "eligible_for_close": value.eligible_for_close,
    }


def _line(value: EpicStatus) -> str:
    ready = ", can be closed" if value.eligible_for_close else ""
    counts = f"{value.closed_children} of {value.total_children} children done"
    return f"{text.issue_line(value.epic)} ({counts}{ready})"


def _show(session: Session, found: list[EpicStatus], nothing: str) -> None:
    session.show(
        [_shape(each) for each in found],
        lambda: "\n".join(map(_line, found)) or nothing,
        views.epics(found),
    )


@epic.command(cls=BeadCommand)
@click.option("--eligible-only", is_flag=True, help="Only those whose children are all done.")
@pass_session
def status(session: Session, eligible_only: bool) -> None:
    """Show the open epics with the number of their children."""
    found = session.run(ListEpics(eligible_only=eligible_only)).epics
    _show(session, found, "No open epics." if not eligible_only else "No epic can be closed.")


@epic.command("close-eligible", cls=BeadCommand)
@click.option("--dry-run", is_flag=True, help="Only show which would be closed.")
@pass_session
def close_eligible(session: Session, dry_run: bool) -> None:
    """Close every epic whose children are all done."""
    if dry_run:
        _show(session, session.run(ListEpics(eligible_only=True)).epics, "No epic can be closed.")
        return
    found = session.run(CloseEpics())
    shown: dict[str, Any] = {"closed": found.closed, "count": len(found.closed)}
    if found.refused:
        shown["refused"] = found.refused
    lines = [f"Closed {text.line(each)}" for each in found.closed]
    lines += [f"Not closed, held or blocked: {text.line(each)}" for each in found.refused]
    session.show(shown, "\n".join(lines) or "No epic can be closed.")
