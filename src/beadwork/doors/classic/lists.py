"""Lists and counts by classic's operations. What a filter means is said in `ops/filtered.py`.

On the socket nothing is left out that was not asked for: closed issues, gates and all after the
fiftieth are there. It is classic's command line that asks for less.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec

from beadwork.doors.classic.arguments import (
    Assignee,
    Blocked,
    Count,
    Epics,
    Filters,
    List,
    Nothing,
    Ready,
    Stale,
    name_of,
)
from beadwork.doors.classic.context import Context
from beadwork.doors.cli import shapes, times
from beadwork.model.errors import InvalidField
from beadwork.ops.epic import EpicStatus, ListEpics
from beadwork.ops.issue import Counted, CountIssues, ListIssues, ShowIssue
from beadwork.ops.operation import Request
from beadwork.ops.plan import Ask, Plan
from beadwork.ops.ready import ListBlocked, ListReady
from beadwork.ops.search import SearchIssues
from beadwork.ops.stats import Summarize
from beadwork.ops.views import ListedIssue
from beadwork.ops.vocabulary import ListWords

_ANY = ("", "all")
_CLOSED = {"closed_after", "closed_before"}
_WIDE = {"all", "include_gates", "include_templates"}
_DAYS_DEFAULT = 30
_DAYS_MAX = 36_500
_TEXTS = {
    "assignee": "assignee",
    "label_pattern": "label_pattern",
    "label_regex": "label_regex",
    "spec_id_prefix": "spec",
    "title_contains": "title_contains",
    "description_contains": "description_contains",
    "notes_contains": "notes_contains",
    "parent_id": "parent",
    "mol_type": "mol_type",
    "wisp_type": "wisp_type",
}
_LISTS = ("ids", "exclude_types")
_FLAGS = ("empty_description", "no_assignee", "no_labels", "deferred", "overdue")
_VALUES = ("priority", "priority_min", "priority_max", "pinned")
_TIMES = tuple(
    f"{noun}_{side}"
    for noun in ("created", "updated", "closed", "due", "defer")
    for side in ("after", "before")
)


class _Wanted(NamedTuple):
    """The filters of a request, in our words."""

    fields: dict[str, Any]
    query: str
    is_ephemeral: bool | None
    excluded: frozenset[str]
    """Statuses that are left out."""
    is_none: bool
    """The status that is asked for is left out."""

    @property
    def is_plain(self) -> bool:
        """Tell whether one request answers it."""
        return not (self.excluded or self.is_none or self.is_ephemeral is not None)

    def request(self, fields: dict[str, Any], limit: int = 0) -> Request[Any]:
        """Return what is asked: a list, or a search where there is something to search for."""
        if self.query:
            # A search looks at all of them anyhow, and is quicker without a filter.
            filters = fields if fields.keys() - _WIDE else {}
            return SearchIssues(**filters, query=self.query, limit=limit)
        return ListIssues(**fields, limit=limit)

    def rows(self, ask: Ask, limit: int = 0) -> list[ListedIssue]:
        """Ask for the issues that are meant."""
        fields = self.left(ask)
        if fields is None:
            return []
        most = 0 if self.is_ephemeral is not None else limit
        found: list[ListedIssue] = ask(self.request(fields, most)).issues
        if self.is_ephemeral is not None:
            found = [each for each in found if bool(each.issue.ephemeral) == self.is_ephemeral]
        return found[:limit] if limit else found

    def left(self, ask: Ask) -> dict[str, Any] | None:
        """Return the filters without the statuses that are left out; None: no issue is meant."""
        if self.is_none or not self.excluded:
            return None if self.is_none else self.fields
        if self._means_open(ask):
            return self.fields | {"all": False}
        ask(CountIssues(statuses=sorted(self.excluded)))  # An unknown one is refused.
        in_use = ask(CountIssues(all=True, by="status", **_HIDDEN_TOO)).groups or ()
        statuses = [each.group for each in in_use if each.group not in self.excluded]
        return self.fields | {"statuses": statuses, "all": False} if statuses else None

    def _means_open(self, ask: Ask) -> bool:
        """Tell whether just what is done is left out: there is an index for the others."""
        done = {each.name for each in ask(ListWords()).statuses if each.is_done}
        asks_for_closed = self.query or _CLOSED & self.fields.keys()
        return not asks_for_closed and self.excluded == done - {"tombstone"}


_HIDDEN_TOO: dict[str, Any] = {"include_gates": True, "include_templates": True}


def _wanted(given: Filters) -> _Wanted:
    """Return the filters of a request; an empty text says nothing, as in classic."""
    fields: dict[str, Any] = {
        field: value for name, field in _TEXTS.items() if (value := getattr(given, name))
    }
    fields |= {name: value for name in _LISTS if (value := getattr(given, name))}
    fields |= {name: True for name in _FLAGS if getattr(given, name)}
    fields |= {name: value for name in _VALUES if (value := getattr(given, name)) is not None}
    fields |= {
        name: times.given_time(value, name) for name in _TIMES if (value := getattr(given, name))
    }
    fields["known_only"] = True
    fields |= _stripped({"labels": [*given.labels, given.label], "labels_any": given.labels_any})
    if given.issue_type:
        fields["issue_types"] = [given.issue_type]
    statuses = _statuses(given.status)
    excluded = frozenset(given.exclude_status)
    left = [each for each in statuses if each not in excluded]
    if statuses:
        fields["statuses"], excluded = left, frozenset()
    else:
        fields["all"] = True
    return _Wanted(
        fields | {"include_gates": True, "include_templates": given.include_templates},
        given.query.strip(),
        given.ephemeral,
        excluded - {"tombstone"},
        is_none=bool(statuses) and not left,
    )


def _stripped(given: dict[str, list[str]]) -> dict[str, Any]:
    """Return labels as they are written: without blanks around them, and none that is blank."""
    found = {
        name: [each.strip() for each in texts if each.strip()] for name, texts in given.items()
    }
    return {name: labels for name, labels in found.items() if labels}


def _statuses(given: str) -> list[str]:
    words = [word.strip() for word in given.split(",") if word.strip()]
    return [] if any(word in _ANY for word in words) else words


def list_(given: List, context: Context) -> Plan:
    """List issues, or those that a text is found in."""
    del context
    wanted, limit = _wanted(given), _require_limit(given.limit)
    if not wanted.is_plain:
        return Plan(work=lambda ask: _with_counts(wanted.rows(ask, limit)))
    return Plan(wanted.request(wanted.fields, limit), lambda answer: _with_counts(answer.issues))


def _with_counts(rows: Sequence[ListedIssue]) -> Any:  # noqa: ANN401 -- JSON
    return [shapes.with_counts(each) for each in rows]


def _require_limit(limit: int) -> int:
    if limit < 0:
        raise InvalidField(f"The limit is {limit}", hint="Use 0 for all.", field="limit")
    return limit


def count(given: Count, context: Context) -> Plan:
    """Count issues: those that `list` lists."""
    del context
    wanted, by = _wanted(given), given.group_by or None
    if wanted.is_plain and not wanted.query:
        return Plan(CountIssues(**wanted.fields, by=by), _counted)
    return Plan(work=lambda ask: _counted(_count(ask, wanted, by)))


def _count(ask: Ask, wanted: _Wanted, by: str | None) -> Counted:
    nothing = Counted(count=0, groups=[] if by else None)
    if wanted.query or wanted.is_ephemeral is not None:
        ids = [each.issue.id for each in wanted.rows(ask)]
        fields: dict[str, Any] | None = {"all": True, "ids": ids, **_HIDDEN_TOO} if ids else None
    else:
        fields = wanted.left(ask)
    found: Counted = nothing if fields is None else ask(CountIssues(**fields, by=by))
    return found


def _counted(answer: Counted) -> Any:  # noqa: ANN401 -- JSON
    if answer.groups is None:
        return {"count": answer.count}
    return {"total": answer.count, "groups": msgspec.to_builtins(answer.groups)}


_READY_STATUSES = ("open", "in_progress")
"""What the socket means where it is not told (R6); the command line means what is open."""


def ready(given: Ready, context: Context) -> Plan:
    """List what can be worked on now."""
    del context
    if given.unassigned and given.assignee:
        raise InvalidField(
            "No issue is somebody's and nobody's",
            hint="Leave out assignee or unassigned.",
            field="unassigned",
        )
    request = ListReady(
        statuses=tuple(_statuses(given.status)) or _READY_STATUSES,
        assignee=given.assignee or None,
        unassigned=given.unassigned,
        priority=given.priority,
        issue_types=[given.type] if given.type else [],
        **_stripped({"labels": given.labels, "labels_any": given.labels_any}),
        parent=given.parent_id or None,
        mol_type=given.mol_type or None,
        include_deferred=given.include_deferred,
        sort=given.sort_policy or "hybrid",
        limit=_require_limit(given.limit),
    )
    return Plan(request, _ready)


def _ready(answer: Any) -> Any:  # noqa: ANN401 -- JSON
    return [shapes.with_counts(each, has_edges=False) for each in answer.issues]


def blocked(given: Blocked, context: Context) -> Plan:
    """List what waits, and for what."""
    del context
    request = ListBlocked(parent=given.parent_id or None)
    return Plan(request, lambda answer: [shapes.blocked(each) for each in answer.issues])


def stale(given: Stale, context: Context) -> Plan:
    """List what is not closed and has not been changed for long, longest first."""
    del context
    days = given.days or _DAYS_DEFAULT
    if not 1 <= days <= _DAYS_MAX:
        raise InvalidField(
            f"{days} days is no time to wait", hint="Use 1 or more, such as 30.", field="days"
        )
    statuses = _statuses(given.status)
    if {"closed", "tombstone"}.intersection(statuses):
        raise InvalidField(
            "What is closed is not stale",
            hint="Use open, in_progress, blocked, deferred, or a status of your own.",
            field="status",
        )
    request = ListIssues(
        statuses=statuses,
        updated_before=f"-{days}d",
        sort="updated",
        reverse=True,
        limit=_require_limit(given.limit),
    )
    return Plan(request, lambda answer: [shapes.issue(each.issue) for each in answer.issues])


def stats(given: Nothing, context: Context) -> Plan:
    """Count the issues by where they stand."""
    del given, context
    return Plan(Summarize(), lambda answer: msgspec.to_builtins(answer.summary))


def epic_status(given: Epics, context: Context) -> Plan:
    """List the open epics with the number of their children."""
    del context
    request = ListEpics(eligible_only=given.eligible_only)
    return Plan(request, lambda answer: [_epic(each) for each in answer.epics])


def _epic(value: EpicStatus) -> Any:  # noqa: ANN401 -- JSON
    return {
        "epic": shapes.issue(value.epic),
        "total_children": value.total_children,
        "closed_children": value.closed_children,
        "eligible_for_close": value.eligible_for_close,
    }


def worker_status(given: Assignee, context: Context) -> Plan:
    """List who is at work on what; an issue under a parent is a step of the parent's."""
    del context
    request = ListIssues(
        statuses=["in_progress"], assignee=given.assignee or None, sort="assignee", limit=0
    )

    def work(ask: Ask) -> Any:  # noqa: ANN401 -- JSON
        rows = [each for each in ask(request).issues if each.issue.assignee]
        parents = sorted({each.parent for each in rows if each.parent})
        titles = {each: ask(ShowIssue(issue=name_of(each))).details.issue.title for each in parents}
        return {"workers": [_worker(each, titles) for each in rows]}

    return Plan(work=work)


def _worker(row: ListedIssue, titles: dict[str, str]) -> dict[str, Any]:
    shown: dict[str, Any] = {"assignee": row.issue.assignee}
    if row.parent:
        shown |= {"molecule_id": row.parent, "molecule_title": titles[row.parent]}
    return shown | {
        "step_id": row.issue.id,
        "step_title": row.issue.title,
        "last_activity": row.issue.updated_at,
        "status": row.issue.status,
    }
