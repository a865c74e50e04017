"""`bd watch`: waits until something changes."""

import contextlib
from typing import Any

import click
import msgspec

from beadwork.doors.cli import shapes, text, times
from beadwork.doors.cli.commands.event import event_text
from beadwork.doors.cli.filters import filter_fields, filter_options, is_asked
from beadwork.doors.cli.options import ID, NUMBER, BeadCommand, pass_session
from beadwork.doors.cli.session import Session
from beadwork.model.errors import UnknownIssue
from beadwork.model.instants import duration_s
from beadwork.model.issue import Issue
from beadwork.ops.event import Event, ListEvents
from beadwork.ops.issue import ListIssues, ShowIssue
from beadwork.ops.record import ShowStore

_EVENTS = 1000


@click.command(cls=BeadCommand)
@click.argument("names", metavar="[ID]...", nargs=-1, type=ID)
@filter_options
@click.option(
    "--timeout", metavar="TIME", help="Give up after this time, with 1: 30s, 5m; 0 looks."
)
@click.option("--since", type=NUMBER, help="What happened after this event counts too.")
@pass_session
def watch(session: Session, /, **given: Any) -> None:
    """Wait until an issue changes, show it and what happened, and end.

    With ids only these count; with filters, as for `bd list`, only issues that they let through
    after the change. `cursor` in the answer is what --since takes next, so that nothing is missed.
    """
    end_us = _end_us(given["timeout"])
    wanted = {session.run(ShowIssue(issue=name)).details.issue.id for name in given["names"]}
    fields = filter_fields(session, given)
    if is_asked(fields):
        session.run(ListIssues(**{**fields, "limit": 1}))  # What is wrong in them is said now.
    cursor = given["since"]
    if cursor is None:
        cursor = session.run(ShowStore()).last_event
    issues: list[Issue] = []
    events: list[Event] = []
    while True:
        seen = session.world.glimpse(session.engine)
        events, cursor = _happened(session, cursor)
        events = [each for each in events if not wanted or each.issue_id in wanted]
        issues = _changed(session, events, fields)
        if issues or not _await(session, seen, end_us):
            break
    names = {each.id for each in issues}
    _show(session, issues, [each for each in events if each.issue_id in names], cursor)
    if not issues:
        session.exit_code = max(session.exit_code, 1)


def _end_us(timeout: str | None) -> int | None:
    return None if timeout is None else times.now_us() + int(duration_s(timeout) * 1_000_000)


def _happened(session: Session, cursor: int) -> tuple[list[Event], int]:
    """Return what happened to issues since an event, and the number of the last."""
    found: list[Event] = []
    while True:
        page = session.run(ListEvents(since=cursor, limit=_EVENTS, complete=not found)).events
        found += [each for each in page if each.issue_id]
        cursor = page[-1].seq if page else cursor
        if len(page) < _EVENTS:
            return found, cursor


def _changed(session: Session, events: list[Event], fields: dict[str, Any]) -> list[Issue]:
    """Return the issues that something happened to, if the filters let them through."""
    names = list(dict.fromkeys(each.issue_id for each in events))
    found: list[Issue] = []
    for name in names:
        with contextlib.suppress(UnknownIssue):
            found.append(session.run(ShowIssue(issue=name)).details.issue)
    if not found or not is_asked(fields):
        return found
    ids = [each.id for each in found if each.id in fields.get("ids", [each.id])]
    is_any = not fields.keys() & {"statuses", "ready"}
    wanted: dict[str, Any] = {"all": is_any, **fields, "ids": ids, "limit": 0}
    through = {each.issue.id for each in session.run(ListIssues(**wanted)).issues} if ids else set()
    return [each for each in found if each.id in through]


def _await(session: Session, seen: str, end_us: int | None) -> bool:
    """Wait for a change, and take in what it did to the file; tell whether there was one."""
    left_s = None if end_us is None else max(0, end_us - times.now_us()) / 1_000_000
    return session.await_change(seen, left_s)


def _show(session: Session, issues: list[Issue], events: list[Event], cursor: int) -> None:
    shown = {
        "cursor": cursor,
        "issues": [shapes.issue(each) for each in issues],
        "events": [msgspec.to_builtins(each) for each in events],
    }
    lines = [text.issue_line(each) for each in issues]
    lines += [f"  {line}" for each in events for line in event_text(each).splitlines()]
    session.show(shown, "\n".join(lines) or f"Nothing changed. (cursor {cursor})")
