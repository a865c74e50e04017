"""Which issues a filter lets through, and in which order a list shows them."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence, Set
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from beadwork.ops.transaction import Filter, ReadyFilter
from beadwork.store.load import with_parts
from beadwork.store.session import Row, Session, listed

if TYPE_CHECKING:
    from beadwork.store.transaction import StoreTransaction

_N, _STATUS, _PRIORITY, _TYPE, _ASSIGNEE, _TITLE = range(6)
"""The columns of issue.matches, where all are asked for."""
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


class Order(NamedTuple):
    """The order of a list, and which part of it is wanted; `limit` 0 means all."""

    sort: str
    is_reversed: bool = False
    limit: int = 0
    start: int = 0

    def parts(self) -> set[str]:
        """Return the parts of issue.matches that make this order."""
        is_descending = (self.sort in _NEWEST_FIRST) != self.is_reversed
        return {"sorted", f"by_{self.sort}_{'down' if is_descending else 'up'}"}


def numbers(
    session: Session,
    tx: "StoreTransaction",
    wanted: Filter,
    *,
    among: Collection[int] | None = None,
) -> list[int]:
    """Return the issues that a filter lets through, of all or of some, in no order."""
    return [row[_N] for row in _rows(session, tx, wanted, among=among)]


def ordered(
    session: Session,
    tx: "StoreTransaction",
    wanted: Filter,
    order: Order,
    *,
    among: Collection[int] | None = None,
) -> list[int]:
    """Return the issues that a filter lets through in an order; equal ones in that of ids."""
    if not order.limit or _is_looked_at(wanted):
        found = [row[_N] for row in _rows(session, tx, wanted, among=among, parts=order.parts())]
        return found[order.start : order.start + order.limit if order.limit else None]
    part = {"limit": order.limit, "start": order.start}
    rows = _asked(session, tx, wanted, among=among, parts={*order.parts(), "limit"}, more=part)
    return [row[_N] for row in rows]


def counted(
    session: Session, tx: "StoreTransaction", wanted: Filter, by: str | None
) -> tuple[int, list[tuple[str, int]]]:
    """Count the issues that a filter lets through, in all and in groups, by name.

    An issue counts once for each of its labels.
    """
    found = _rows(session, tx, wanted, parts={"columns"} if by else set())
    if not by:
        return len(found), []
    if by != "label":
        return len(found), sorted(Counter(map(_GROUPS[by], found)).items())
    labels = session.all("issue.labels_of", ns=listed([row[_N] for row in found]))
    counts = Counter(label for _, label in labels)
    bare = len(found) - len({n for n, _ in labels})
    return len(found), sorted(counts.items() if not bare else [*counts.items(), (_NO_LABELS, bare)])


def _is_looked_at(wanted: Filter) -> bool:
    """Tell whether a filter asks for what the database alone can't say."""
    return bool(
        wanted.contains or wanted.label_patterns or wanted.is_ready or _document_tests(wanted)
    )


def _rows(
    session: Session,
    tx: "StoreTransaction",
    wanted: Filter,
    *,
    among: Collection[int] | None = None,
    parts: Set[str] = frozenset(),
) -> list[Row]:
    """Return the rows of the issues that a filter lets through."""
    titles = [text.casefold() for field, text in wanted.contains if field == "title"]
    shown = {*parts, "columns"} if titles else parts
    found = _asked(session, tx, wanted, among=among, parts=shown)
    for words in titles:
        found = [row for row in found if words in row[_TITLE].casefold()]
    for pattern in wanted.label_patterns:
        found = _among(found, _carrying(session, pattern))
    if wanted.is_ready:
        found = _among(found, tx.ready.numbers(ReadyFilter(types=wanted.types)))
    tests = _document_tests(wanted)
    if tests and found:
        ns = listed([row[_N] for row in found])
        passing = set()
        for n, body in session.all("issue.bodies", ns=ns):
            document = _DOCUMENT.decode(body)
            if all(test(document) for test in tests):
                passing.add(n)
        found = _among(found, passing)
    return found


def _asked(  # noqa: PLR0913 -- what a query is made of
    session: Session,
    tx: "StoreTransaction",
    wanted: Filter,
    *,
    among: Collection[int] | None = None,
    parts: Set[str] = frozenset(),
    more: Mapping[str, int] = MappingProxyType({}),
) -> list[Row]:
    """Ask the database what it can say by itself."""
    parameters = _parameters(session, tx, wanted)
    if among is not None:
        parameters["among"] = listed(list(among))
        if "labels_any" in parameters:
            # Of a few issues the labels are looked up, rather than all issues with a label.
            parameters["labels_near"] = parameters.pop("labels_any")
    query = with_parts("issue.matches", {*_flags(wanted), *parameters, *parts})
    if wanted.labels:
        parameters["label_count"] = len(set(wanted.labels))
    return session.all(query, **parameters, **more)


def _among(found: list[Row], numbers: set[int]) -> list[Row]:
    return [row for row in found if row[_N] in numbers]


def _carrying(session: Session, pattern: str) -> set[int]:
    """Return the issues with a label in which an expression is found."""
    import re

    sought = re.compile(pattern)
    labels = [label for (label,) in session.all("issue.labels") if sought.search(label)]
    return {n for (n,) in session.all("issue.carrying", labels=listed(labels))}


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


def _flags(wanted: Filter) -> set[str]:
    """Return the parts of issue.matches that a filter asks for by yes or no."""
    flags = {
        "open_only": wanted.is_open_only,
        "alive": not wanted.has_tombstones,
        "no_assignee": wanted.has_no_assignee,
        "no_template": not wanted.has_templates,
        "deferred": wanted.is_deferred,
        "no_parent": wanted.has_no_parent,
        "no_labels": wanted.has_no_labels,
    }
    return {name for name, is_on in flags.items() if is_on}


def _list(values: Sequence[str]) -> str | None:
    return listed(values) if values else None


def _parameters(session: Session, tx: "StoreTransaction", wanted: Filter) -> dict[str, object]:
    """Return what a filter asks for by values; each is a part of issue.matches too."""
    within: list[int] | None = None
    if wanted.within is not None:
        within = tx.dependencies.descendants(wanted.within)
    elif wanted.parent is not None:
        within = tx.dependencies.children(wanted.parent)
    labels, any_label = wanted.labels, wanted.labels_any
    if len(labels) == 1 and not any_label:
        labels, any_label = (), labels  # the same, and nothing has to be counted
    values: dict[str, object] = {
        "statuses": _list(wanted.statuses),
        "types": _list(wanted.types),
        "hidden_types": _list(wanted.hidden_types),
        "ids": _list(wanted.ids),
        "priority": wanted.priority,
        "priority_min": wanted.priority_min,
        "priority_max": wanted.priority_max,
        "assignee": wanted.assignee,
        "pinned": None if wanted.is_pinned is None else int(wanted.is_pinned),
        "overdue_by": wanted.overdue_by_us,
        **_times(wanted),
        "within": None if within is None else listed(within),
        "labels": _list(labels),
        "labels_any": _list(any_label),
        "labels_none": _list(wanted.excluded_labels),
    }
    if wanted.label_alike is not None:
        names = [label for (label,) in session.all("issue.labels")]
        values["labels_alike"] = listed(_alike(names, wanted.label_alike))
    if wanted.assignee_alike is not None:
        names = [name for (name,) in session.all("issue.assignees")]
        values["assignees"] = listed(_alike(names, wanted.assignee_alike))
    return {name: value for name, value in values.items() if value is not None}


def _alike(names: list[str], wanted: str) -> list[str]:
    """Return the names that are the same but for upper and lower case."""
    folded = wanted.casefold()
    return [name for name in names if name.casefold() == folded]


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
