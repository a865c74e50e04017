"""`get_mutations`: what happened, in classic's form, from the event log (R13).

Classic keeps the last hundred changes in memory; here none is missed, over restarts neither.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from beadwork.doors.classic.arguments import Since
from beadwork.doors.classic.context import Context, Cursors
from beadwork.model.errors import CursorExpired, InvalidField, NotFound
from beadwork.model.instants import parse_us
from beadwork.ops.event import Event, ListEvents
from beadwork.ops.issue import ListIssues
from beadwork.ops.plan import Ask, Plan
from beadwork.ops.record import ShowStore
from beadwork.ops.views import ListedIssue

_PAGE = 5000
_IDS = 500
_MADE = ("created", "imported")


def get_mutations(given: Since, context: Context) -> Plan:
    """Tell what happened since a time: the earliest first, and no more than a page at once."""
    if given.since < 0:
        raise InvalidField("No time is before 1970", hint="Use 0 for all.", field="since")
    cursors = context.shared.cursors
    return Plan(work=lambda ask: _told(ask, given.since, cursors))


def _told(ask: Ask, since_ms: int, cursors: Cursors) -> Any:  # noqa: ANN401 -- JSON
    after = cursors.after(since_ms)
    if after is None:
        after = _last_before(ask, since_ms)
    try:
        events = _page(ask, after)
    except CursorExpired:
        events = _page(ask, _last_before(ask, since_ms))  # Another database lies here by now.
    if not events:
        return []
    last = events[-1]
    # A client goes on from the last event, or from the latest time that it has seen.
    for at_ms in {_at_ms(last), max(map(_at_ms, events))}:
        cursors.note(at_ms, last.seq)
    about = _about(ask, {each.issue_id for each in events if each.issue_id})
    return [_mutation(each, about.get(each.issue_id)) for each in events if each.issue_id]


def _page(ask: Ask, after: int) -> list[Event]:
    """Return the next events; what happened in one millisecond is not torn apart."""
    events: list[Event] = ask(ListEvents(since=after, limit=_PAGE)).events
    is_full = len(events) == _PAGE
    while is_full:
        more = ask(ListEvents(since=events[-1].seq, limit=_PAGE)).events
        same = _begin(more, _at_ms(events[-1]))
        events += same
        is_full = len(same) == _PAGE
    return events


def _begin(events: Sequence[Event], at_ms: int) -> list[Event]:
    """Return the events at the beginning that happened in one millisecond."""
    end = next((i for i, each in enumerate(events) if _at_ms(each) != at_ms), len(events))
    return list(events[:end])


def _last_before(ask: Ask, since_ms: int) -> int:
    """Return the last event before a time; what happened in that millisecond is not before it."""
    low, high = 0, ask(ShowStore()).last_event
    while low < high:
        middle = (low + high) // 2
        found = ask(ListEvents(since=middle, limit=1)).events
        if found and _at_ms(found[0]) < since_ms:
            low = found[0].seq
        else:
            high = middle
    return low


def _at_ms(event: Event) -> int:
    return (parse_us(event.at) or 0) // 1000


def _about(ask: Ask, ids: Iterable[str]) -> dict[str, ListedIssue]:
    """Return the issues as they are now, tombstones too; what has gone is left out."""
    found: dict[str, ListedIssue] = {}
    names = sorted(ids)
    for start in range(0, len(names), _IDS):
        found |= _known(ask, names[start : start + _IDS])
    return found


def _known(ask: Ask, names: list[str]) -> dict[str, ListedIssue]:
    try:
        found = _looked_up(ask, names)
    except NotFound:
        if len(names) == 1:
            return {}
        middle = len(names) // 2
        return _known(ask, names[:middle]) | _known(ask, names[middle:])
    return found


def _looked_up(ask: Ask, names: list[str]) -> dict[str, ListedIssue]:
    found: dict[str, ListedIssue] = {}
    for chosen in ({"all": True}, {"statuses": ["tombstone"]}):
        left = [each for each in names if each not in found]
        if left:
            request = ListIssues(
                ids=left, limit=0, include_gates=True, include_templates=True, **chosen
            )
            found |= {row.issue.id: row for row in ask(request).issues}
    return found


def _mutation(event: Event, row: ListedIssue | None) -> dict[str, Any]:
    """Show an event in classic's form; title and assignee are those of now."""
    status = next((each for each in event.changes if each.field == "status"), None)
    kind = "update"
    if event.kind in _MADE:
        kind = "create"
    elif status is not None:
        kind = "delete" if status.after == "tombstone" else "status"
    elif any(each.field == "comments" for each in event.changes):
        kind = "comment"
    shown: dict[str, Any] = {
        "Type": kind,
        "IssueID": event.issue_id,
        "Title": row.issue.title if row else "",
        "Assignee": (row.issue.assignee or "") if row else "",
        "Actor": event.actor,
        "Timestamp": event.at,
    }
    if kind == "status" and status is not None:
        shown |= {"old_status": status.before or "open", "new_status": status.after or "open"}
    if row is not None and row.parent:
        shown["parent_id"] = row.parent
    return shown
