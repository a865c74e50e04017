"""Which issues a filter lets through, and in which order a list shows them."""

import json
from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec

from beadwork.ops.transaction import Filter, ReadyFilter
from beadwork.store.session import Row, Session

if TYPE_CHECKING:
    from beadwork.store.transaction import StoreTransaction

_N, _ID, _PRIORITY, _CREATED, _UPDATED, _CLOSED, _STATUS, _TYPE, _TITLE, _ASSIGNEE = range(10)
"""The columns of issue.matches."""
_SORT_COLUMNS = {
    "priority": _PRIORITY,
    "created": _CREATED,
    "updated": _UPDATED,
    "closed": _CLOSED,
    "status": _STATUS,
    "type": _TYPE,
    "title": _TITLE,
    "assignee": _ASSIGNEE,
    "id": _ID,
}
_NEWEST_FIRST = frozenset({"created", "updated", "closed"})
_GROUPS: dict[str, Callable[[Row], str]] = {
    "status": lambda row: str(row[_STATUS]),
    "priority": lambda row: f"P{row[_PRIORITY]}",
    "type": lambda row: str(row[_TYPE]),
    "assignee": lambda row: row[_ASSIGNEE] or "(unassigned)",
}
_NO_LABELS = "(no labels)"


class _Document(msgspec.Struct):
    """What of a record is filtered by and has no column."""

    description: str = ""
    notes: str = ""
    spec_id: str = ""
    mol_type: str = ""
    wisp_type: str = ""
    metadata: Any = None


_DOCUMENT = msgspec.json.Decoder(_Document)
_Test = Callable[[_Document], bool]


def matching(session: Session, tx: "StoreTransaction", wanted: Filter) -> list[Row]:
    """Return the rows of the issues that a filter lets through, in no order."""
    found = session.all("issue.matches", **_parameters(wanted, tx))
    for field, text in wanted.contains:
        if field == "title":
            words = text.casefold()
            found = [row for row in found if words in row[_TITLE].casefold()]
    for pattern in wanted.label_patterns:
        found = _among(found, _carrying(session, pattern))
    if wanted.is_ready:
        found = _among(found, tx.ready.numbers(ReadyFilter(types=wanted.types)))
    tests = _document_tests(wanted)
    if tests and found:
        numbers = json.dumps([row[_N] for row in found])
        passing = set()
        for n, body in session.all("issue.bodies", ns=numbers):
            document = _DOCUMENT.decode(body)
            if all(test(document) for test in tests):
                passing.add(n)
        found = _among(found, passing)
    return found


def put_in_order(found: list[Row], sort: str, *, is_reversed: bool) -> None:
    """Sort rows of `matching`; what is equal stays in the order of ids."""
    found.sort(key=lambda row: row[_ID])
    if sort == "priority":
        found.sort(key=lambda row: (row[_PRIORITY], -row[_CREATED]), reverse=is_reversed)
        return
    column = _SORT_COLUMNS[sort]
    is_descending = (sort in _NEWEST_FIRST) != is_reversed
    found.sort(key=lambda row: (row[column] is not None, row[column]), reverse=is_descending)


def counted(session: Session, found: list[Row], by: str) -> list[tuple[str, int]]:
    """Count rows of `matching` in groups, by name; an issue counts once for each of its labels."""
    if by != "label":
        return sorted(Counter(map(_GROUPS[by], found)).items())
    numbers = json.dumps([row[_N] for row in found])
    labels = session.all("issue.labels_of", ns=numbers)
    counts = Counter(label for _, label in labels)
    bare = len(found) - len({n for n, _ in labels})
    return sorted(counts.items() if not bare else [*counts.items(), (_NO_LABELS, bare)])


def _among(found: list[Row], numbers: set[int]) -> list[Row]:
    return [row for row in found if row[_N] in numbers]


def _carrying(session: Session, pattern: str) -> set[int]:
    """Return the issues with a label in which an expression is found."""
    import re

    sought = re.compile(pattern)
    labels = [label for (label,) in session.all("issue.labels") if sought.search(label)]
    return {n for (n,) in session.all("issue.carrying", labels=json.dumps(labels))}


def _document_tests(wanted: Filter) -> list[_Test]:
    """Return what is tried on the records themselves."""
    tests = [_has_text(field, text) for field, text in wanted.contains if field != "title"]
    if wanted.has_no_description:
        tests.append(lambda document: not document.description.strip())
    if wanted.spec_start is not None:
        start = wanted.spec_start
        tests.append(lambda document: document.spec_id.startswith(start))
    if wanted.mol_type is not None:
        tests.append(lambda document: document.mol_type == wanted.mol_type)
    if wanted.wisp_type is not None:
        tests.append(lambda document: document.wisp_type == wanted.wisp_type)
    return tests + [_has_metadata(key, value) for key, value in wanted.metadata]


def _has_text(field: str, text: str) -> _Test:
    words = text.casefold()
    return lambda document: words in getattr(document, field).casefold()


def _has_metadata(key: str, value: str | None) -> _Test:
    def test(document: _Document) -> bool:
        metadata = document.metadata
        if not isinstance(metadata, dict) or key not in metadata:
            return False
        return value is None or value == _as_typed(metadata[key])

    return test


def _as_typed(value: object) -> str:
    """Return a value of the metadata as one types it: texts bare, all else as JSON."""
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _list(values: tuple[object, ...]) -> str | None:
    return json.dumps(values) if values else None


def _parameters(wanted: Filter, tx: "StoreTransaction") -> dict[str, object]:
    numbers: list[int] | None = None
    if wanted.within is not None:
        numbers = tx.dependencies.descendants(wanted.within)
    elif wanted.parent is not None:
        numbers = tx.dependencies.children(wanted.parent)
    return {
        "statuses": _list(wanted.statuses),
        "open_only": int(wanted.is_open_only),
        "tombstones": int(wanted.has_tombstones),
        "types": _list(wanted.types),
        "hidden_types": _list(wanted.hidden_types),
        "ids": _list(wanted.ids),
        "priority": wanted.priority,
        "priority_min": wanted.priority_min,
        "priority_max": wanted.priority_max,
        "assignee": wanted.assignee,
        "no_assignee": int(wanted.has_no_assignee),
        "pinned": None if wanted.is_pinned is None else int(wanted.is_pinned),
        "templates": int(wanted.has_templates),
        "deferred": int(wanted.is_deferred),
        "overdue_by": wanted.overdue_by_us,
        **_times(wanted),
        "within": None if numbers is None else json.dumps(numbers),
        "no_parent": int(wanted.has_no_parent),
        "no_labels": int(wanted.has_no_labels),
        "labels": json.dumps(wanted.labels),
        "label_count": len(set(wanted.labels)),
        "labels_any": _list(wanted.labels_any),
        "labels_none": _list(wanted.excluded_labels),
    }


def _times(wanted: Filter) -> dict[str, int | None]:
    return {
        "created_after": wanted.created_after_us,
        "created_before": wanted.created_before_us,
        "updated_after": wanted.updated_after_us,
        "updated_before": wanted.updated_before_us,
        "closed_after": wanted.closed_after_us,
        "closed_before": wanted.closed_before_us,
        "due_after": wanted.due_after_us,
        "due_before": wanted.due_before_us,
        "defer_after": wanted.defer_after_us,
        "defer_before": wanted.defer_before_us,
    }
