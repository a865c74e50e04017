"""`bd conflicts`: what was written at the same time as something else, and lost."""

from typing import Any

import click
import msgspec

from beadwork.doors.cli import shapes, text, times
from beadwork.doors.cli.options import ID, BeadCommand, pass_session
from beadwork.doors.cli.session import Session
from beadwork.model import instants, stamp
from beadwork.ops.issue import ShowIssue
from beadwork.ops.record import ListConflicts, LostValue

_SHOWN_CHARS = 200


@click.command(cls=BeadCommand)
@click.argument("names", metavar="[ID]...", nargs=-1, type=ID)
@pass_session
def conflicts(session: Session, names: tuple[str, ...]) -> None:
    """List the values that lost against another clone's, written at the same time.

    Nothing needs to be done: the later value holds everywhere. Put a lost one back with
    `bd update`, if it was the better one.
    """
    wanted = {session.run(ShowIssue(issue=name)).details.issue.id for name in names}
    found = session.run(ListConflicts()).conflicts
    shown = [_shape(session, each) for each in found if not wanted or each.issue_id in wanted]
    session.show(shown, lambda: _said(shown))


def _shape(session: Session, lost: LostValue) -> dict[str, Any]:
    issue = session.run(ShowIssue(issue=lost.issue_id)).details.issue
    field = lost.field[0]
    return {
        "issue_id": lost.issue_id,
        "title": issue.title,
        "field": ".".join(lost.field),
        "lost": lost.value,
        "lost_at": _time(lost.stamp),
        "holds": shapes.issue(issue).get(field),
        "won_at": _time(lost.winner),
    }


def _time(written: str) -> str:
    return instants.format_us(stamp.parse(written).ms * 1000)


def _said(shown: list[dict[str, Any]]) -> str:
    if not shown:
        return "No value was lost to another."
    lines: list[str] = []
    last = ""
    for each in shown:
        if each["issue_id"] != last:
            last = each["issue_id"]
            lines.append(f"{last}: {text.line(each['title'])}")
        lines.append(f"  {text.line(each['field'])}")
        lines.append(f"    lost:  {_value(each['lost'])}  ({times.shown(each['lost_at'])})")
        lines.append(f"    holds: {_value(each['holds'])}  ({times.shown(each['won_at'])})")
    return "\n".join(lines)


def _value(value: Any) -> str:  # noqa: ANN401 -- any JSON value
    if value is None or value == "":
        return "nothing"
    shown = text.line(value if isinstance(value, str) else msgspec.json.encode(value).decode())
    return shown if len(shown) <= _SHOWN_CHARS else f"{shown[:_SHOWN_CHARS]}…"
