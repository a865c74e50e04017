"""Which issues are meant: the one definition of every filter, range and date (classic-bd.md 1.2).

A request that lists, counts or exports issues is a `Filtered`, and `meant` makes of it what the
store looks for. So no two commands can differ in what `--status` or `--due-before` means.
"""

from collections.abc import Iterable, Sequence
from operator import attrgetter
from typing import Annotated, Any

from msgspec import Meta, structs

from beadwork.model import instants
from beadwork.model.claim import named
from beadwork.model.errors import InvalidField, UnknownIssue
from beadwork.model.issue import HIDDEN_TYPES, LISTED_NEVER, nearest_hint, require_priority
from beadwork.ops.issue_fields import (
    When,
    meant_types,
    require_known_statuses,
    require_known_types,
    when,
)
from beadwork.ops.operation import R_co, Request
from beadwork.ops.transaction import Filter, ReadyFilter, Transaction

Words = Annotated[str, Meta(description="Upper or lower case alike.")]
Exactly = Annotated[int, Meta(description="0, the most urgent, to 4.")]


class Filtered(Request[R_co], frozen=True, kw_only=True):
    """What a request that means some of all issues can say of them; nothing said means any."""

    statuses: Annotated[Sequence[str], Meta(description="Any of these.")] = []
    all: Annotated[bool, Meta(description="Closed ones too.")] = False
    issue_types: Annotated[list[str], Meta(description="Any of these.")] = []
    exclude_types: Annotated[list[str], Meta(description="None of these.")] = []
    priority: Exactly | None = None
    priority_min: int | None = None
    priority_max: int | None = None
    assignee: str | None = None
    no_assignee: bool = False
    labels: Annotated[list[str], Meta(description="All of these.")] = []
    labels_any: Annotated[list[str], Meta(description="Any of these.")] = []
    exclude_labels: Annotated[list[str], Meta(description="None of these.")] = []
    label_pattern: Annotated[str | None, Meta(description="A label like tech-*.")] = None
    label_regex: Annotated[
        str | None, Meta(description="A label in which this expression is found.")
    ] = None
    no_labels: bool = False
    ids: list[str] = []
    known_only: Annotated[bool, Meta(description="Pass over ids that no issue has.")] = False
    title: Annotated[Words | None, Meta(description="A text in the title.")] = None
    title_contains: Annotated[Words | None, Meta(description="A text in the title.")] = None
    description_contains: Annotated[Words | None, Meta(description="A text there.")] = None
    notes_contains: Annotated[Words | None, Meta(description="A text there.")] = None
    empty_description: Annotated[bool, Meta(description="Only without one.")] = False
    parent: Annotated[str | None, Meta(description="Children of this issue.")] = None
    no_parent: Annotated[bool, Meta(description="Only issues that are nobody's child.")] = False
    created_after: When | None = None
    created_before: When | None = None
    updated_after: When | None = None
    updated_before: When | None = None
    closed_after: When | None = None
    closed_before: When | None = None
    due_after: When | None = None
    due_before: When | None = None
    defer_after: When | None = None
    defer_before: When | None = None
    deferred: Annotated[bool, Meta(description="Only what is put off to a date.")] = False
    overdue: Annotated[bool, Meta(description="Only what is due by now and not done.")] = False
    pinned: bool | None = None
    spec: Annotated[str | None, Meta(description="The start of the specification's id.")] = None
    mol_type: str | None = None
    wisp_type: str | None = None
    ready: Annotated[bool, Meta(description="Only what can be worked on now.")] = False
    include_gates: bool = False
    include_templates: bool = False
    metadata_field: Annotated[
        list[str], Meta(description="All of these; key=value at the top of the metadata.")
    ] = []
    has_metadata_key: Annotated[
        list[str], Meta(description="All of these keys at the top of the metadata.")
    ] = []


_NOUNS = ("created", "updated", "closed", "due", "defer")
_RANGES = tuple(f"{noun}_{side}" for noun in _NOUNS for side in ("after", "before"))
_INDEXED = frozenset(
    {"issue_types", "priority", "assignee", "no_assignee", "labels", "labels_any", "parent"}
)
_APART = frozenset({"statuses", "ready", "include_gates", "include_templates"})
_FILTERS = attrgetter(*(name for name in Filtered.__struct_fields__ if name not in _APART))
_REST = attrgetter(*(name for name in Filtered.__struct_fields__ if name not in _APART | _INDEXED))
_NOTHING: Filtered[Any] = Filtered()
_NO_FILTERS, _NO_REST = _FILTERS(_NOTHING), _REST(_NOTHING)
_TEXTS = (
    ("title", "title"),
    ("title_contains", "title"),
    ("description_contains", "description"),
    ("notes_contains", "notes"),
)


def meant(request: Filtered[Any], tx: Transaction) -> Filter:
    """Return what the store is to look for.

    Raises:
        InvalidField: an unknown status or type, a range that nothing can lie in, a bad
            expression, or two fields that contradict each other.
        UnknownIssue: there is no such parent, or no issue of a given id.
        AmbiguousId: a parent or an id means several issues.
    """
    times = _times(request, tx)
    _require_words(request, tx)
    _require_sense(request)
    # What was closed in a range of time is closed.
    is_any = request.all or request.statuses or request.closed_after or request.closed_before
    hides = not (request.include_gates or request.issue_types)
    return Filter(
        statuses=("open",) if request.ready else tuple(request.statuses),
        is_open_only=not is_any,
        types=meant_types(request.issue_types),
        hidden_types=(*meant_types(request.exclude_types), *(LISTED_NEVER if hides else ())),
        priority=request.priority,
        priority_min=request.priority_min,
        priority_max=request.priority_max,
        assignee=named(request.assignee, tx.holder) if request.assignee else None,
        has_no_assignee=request.no_assignee or request.assignee == "",
        labels=tuple(request.labels),
        labels_any=tuple(request.labels_any),
        excluded_labels=tuple(request.exclude_labels),
        label_patterns=_label_patterns(request),
        has_no_labels=request.no_labels,
        ids=tuple(_resolved(name, request, tx) for name in request.ids),
        contains=tuple(
            (field, text) for name, field in _TEXTS if (text := getattr(request, name)) is not None
        ),
        has_no_description=request.empty_description,
        spec_start=request.spec,
        mol_type=request.mol_type,
        wisp_type=request.wisp_type,
        metadata=_metadata(request),
        parent=None if request.parent is None else tx.issues.number_of(request.parent),
        has_no_parent=request.no_parent,
        is_pinned=request.pinned,
        is_deferred=request.deferred,
        overdue_by_us=tx.now_us if request.overdue else None,
        is_ready=request.ready,
        has_templates=request.include_templates,
        has_tombstones="tombstone" in request.statuses,
        **times,
    )


def _resolved(name: str, request: Filtered[Any], tx: Transaction) -> str:
    try:
        return tx.issues.resolve(name)
    except UnknownIssue:
        if request.known_only:
            return name  # No issue has it, so none is found by it.
        raise


def ready_filter(request: Filtered[Any], tx: Transaction) -> ReadyFilter:
    """Return what is to be looked for among open issues that are ready.

    Types, priority, assignee, labels and what lies under a parent are answered by the index of
    readiness; whatever else is said is tried on what it answers.

    Raises:
        InvalidField: as in `meant`.
        UnknownIssue: there is no such parent, or no issue of a given id.
        AmbiguousId: a parent or an id means several issues.
    """
    if _FILTERS(request) == _NO_FILTERS:
        return ReadyFilter()
    every = _among(request, tx)
    return ReadyFilter(
        types=every.types,
        priority=every.priority,
        assignee=every.assignee,
        is_unassigned=every.has_no_assignee,
        labels=every.labels,
        labels_any=every.labels_any,
        within=every.parent,
        only=None if _REST(request) == _NO_REST else every._replace(parent=None),
    )


def blocked_filter(request: Filtered[Any], tx: Transaction) -> Filter | None:
    """Return what is to be looked for among issues that wait; its parent is left out.

    Raises:
        InvalidField: as in `meant`.
        UnknownIssue: there is no such parent, or no issue of a given id.
        AmbiguousId: a parent or an id means several issues.
    """
    if _FILTERS(request) == _NO_FILTERS and not request.statuses:
        return None
    return _among(request, tx)._replace(parent=None, statuses=tuple(request.statuses))


def _among(request: Filtered[Any], tx: Transaction) -> Filter:
    """Return a filter for issues that are chosen otherwise: it hides nothing by itself."""
    if request.all:
        raise InvalidField(
            "What is ready or waits is not closed", hint='Leave out "all".', field="all"
        )
    wide = structs.replace(
        request, all=True, ready=False, include_gates=True, include_templates=True
    )
    return meant(wide, tx)._replace(statuses=())


def _times(request: Filtered[Any], tx: Transaction) -> dict[str, Any]:
    found = {
        f"{name}_us": instants.parse_us(when(tx, _said(text, name), name))
        for name in _RANGES
        if (text := getattr(request, name)) is not None
    }
    for noun in _NOUNS:
        _require_range(found.get(f"{noun}_after_us"), found.get(f"{noun}_before_us"), noun)
    return found


def _said(text: str, field: str) -> str:
    if not text.strip():
        raise InvalidField(
            f"The {field} is empty", hint="Leave it out, or say something.", field=field
        )
    return text


def _require_words(request: Filtered[Any], tx: Transaction) -> None:
    """Refuse words that this project does not know."""
    require_known_statuses(tx, request.statuses)
    known = (*tx.vocabulary.types(), *HIDDEN_TYPES)
    # Only a type that is not declared costs a look.
    for name in (*request.issue_types, *request.exclude_types):
        if name not in known:
            require_known_types(tx, [name])
    for priority in (request.priority, request.priority_min, request.priority_max):
        if priority is not None:
            require_priority(priority)
    for name in ("title", "title_contains", "description_contains", "notes_contains", "spec"):
        if (text := getattr(request, name)) is not None:
            _said(text, name)


def _require_sense(request: Filtered[Any]) -> None:
    """Refuse what no issue can be."""
    _require_range(request.priority_min, request.priority_max, "priority")
    if request.priority is not None:
        _require_range(request.priority_min, request.priority, "priority")
        _require_range(request.priority, request.priority_max, "priority")
    has_label = request.labels or request.labels_any or request.label_pattern or request.label_regex
    _refuse_both(request.assignee and request.no_assignee, "assignee", "no_assignee")
    _refuse_both(has_label and request.no_labels, "labels", "no_labels")
    _refuse_both(request.parent and request.no_parent, "parent", "no_parent")
    description = request.description_contains and request.empty_description
    _refuse_both(description, "description_contains", "empty_description")
    _refuse_overlap(request.issue_types, request.exclude_types, "type")
    _refuse_overlap(request.labels, request.exclude_labels, "label")
    if request.ready and (request.all or set(request.statuses) - {"open"}):
        raise InvalidField(
            "What is ready is open",
            hint="Leave out --ready, or the other statuses.",
            field="status",
        )
    if request.overdue and set(request.statuses) & {"closed", "tombstone"}:
        raise InvalidField(
            "What is overdue is not closed",
            hint="Leave out --overdue, or the status closed.",
            field="overdue",
        )


def _refuse_both(are_both: object, one: str, other: str) -> None:
    if are_both:
        raise InvalidField(
            f"No issue has both: {one} and {other}", hint="Leave out one of the two.", field=other
        )


def _refuse_overlap(wanted: Sequence[str], excluded: Sequence[str], noun: str) -> None:
    for name in wanted:
        if name in excluded:
            raise InvalidField(
                f'The {noun} "{name[:60]}" is both wanted and excluded',
                hint="Leave out one of the two.",
                field=f"exclude_{noun}s",
            )


def _require_range(low: int | None, high: int | None, noun: str) -> None:
    if low is not None and high is not None and low > high:
        raise InvalidField(
            f"The {noun} range ends before it begins", hint="Swap the two.", field=noun
        )


def _label_patterns(request: Filtered[Any]) -> tuple[str, ...]:
    if request.label_pattern is None and request.label_regex is None:
        return ()
    # Late imports: few lists are asked for by pattern.
    import fnmatch
    import re

    patterns = []
    if request.label_pattern is not None:
        patterns.append(fnmatch.translate(_said(request.label_pattern, "label_pattern")))
    if request.label_regex is not None:
        try:
            re.compile(_said(request.label_regex, "label_regex"))
        except re.error as error:
            raise InvalidField(
                f'"{request.label_regex[:60]}" is no regular expression: {error}',
                hint="Use --label-pattern for one such as tech-*.",
                field="label_regex",
            ) from error
        patterns.append(request.label_regex)
    return tuple(patterns)


def _metadata(request: Filtered[Any]) -> tuple[tuple[str, str | None], ...]:
    """Return the keys that the metadata is to have, each with its value where one is asked for."""
    pairs: list[tuple[str, str | None]] = []
    for text in request.metadata_field:
        key, sign, value = text.partition("=")
        if not sign or not key.strip():
            raise InvalidField(
                f'"{text[:60]}" is no key with a value',
                hint="Use key=value.",
                field="metadata_field",
            )
        pairs.append((key.strip(), value))
    return (*pairs, *((_said(key, "has_metadata_key"), None) for key in request.has_metadata_key))


def require_sort(sort: str, known: Iterable[str]) -> str:
    """Return an order if there is one of this name.

    Raises:
        InvalidField: there is none.
    """
    names = list(known)
    if sort not in names:
        from beadwork.model.synonyms import SORTS

        hint = nearest_hint(sort, names, SORTS)
        raise InvalidField(f'There is no sort "{sort[:60]}"', hint=hint, field="sort")
    return sort


def require_limit(limit: int) -> int:
    """Return the limit of a list if it is one; 0 means all.

    Raises:
        InvalidField: it is negative.
    """
    if limit < 0:
        raise InvalidField(f"The limit is {limit}", hint="Use 0 for all.", field="limit")
    return limit
