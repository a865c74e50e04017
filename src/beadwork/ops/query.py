"""Finding issues by an expression of the query language (docs/query-language.md)."""

from collections.abc import Iterator
from typing import Annotated, Any

from msgspec import Meta

from beadwork.model import limits
from beadwork.model.claim import named
from beadwork.model.errors import AmbiguousId, InvalidField, InvalidQuery, UnknownIssue
from beadwork.model.issue import HIDDEN_TYPES, TYPE_ALIASES
from beadwork.model.query import All, Comparison, Node, Not, Place, Value, comparisons, parse, wrong
from beadwork.model.query_fields import Subject
from beadwork.model.query_match import Asking, bound_us, is_none, matcher_of, span_of
from beadwork.ops.filtered import require_limit, require_sort
from beadwork.ops.issue_fields import ZoneOffset, require_known_statuses, require_known_types
from beadwork.ops.operation import Request, Response, operation
from beadwork.ops.search import SORTS
from beadwork.ops.transaction import Filter, Row, Transaction
from beadwork.ops.views import ListedIssue, listed

_SORTS = SORTS[1:]
_CHUNK = 500
_ACTORS = ("assignee", "created_by", "commenter")
"""Fields that hold names of actors."""


class Matching(Response):
    """The issues found; `is_cut` if the limit left some out."""

    issues: list[ListedIssue]
    is_cut: bool = False


class QueryIssues(Request[Matching], frozen=True):
    """Find issues by an expression. Unless it asks for a status: none that are closed."""

    expression: Annotated[
        str, Meta(description="Such as: status=open AND (priority<=1 OR label=urgent).")
    ]
    all: Annotated[bool, Meta(description="Closed ones too.")] = False
    sort: Annotated[str, Meta(description=f"{', '.join(_SORTS[:-1])} or {_SORTS[-1]}.")] = (
        "priority"
    )
    reverse: bool = False
    limit: Annotated[int, Meta(ge=0, description="0 means all.")] = limits.LIST_LIMIT_DEFAULT
    zone_offset_s: ZoneOffset = 0


@operation(
    "issue.query",
    kind="read",
    raises=(InvalidQuery, InvalidField),
    example={"expression": "type=bug AND updated>7d"},
)
def query_issues(request: QueryIssues, tx: Transaction) -> Matching:
    """Find issues by an expression."""
    sort = require_sort(request.sort, _SORTS)
    limit = require_limit(request.limit)
    asking = Asking(request.expression, tx.now_us, request.zone_offset_s)
    node = _in_words_of_the_project(parse(request.expression), request.expression, tx)
    matches = matcher_of(node, asking)
    wanted = first_choice(node, asking, tx, is_any=request.all)
    found: list[Row] = []
    for numbers in _portions(tx, wanted, sort, is_reversed=request.reverse, limit=limit):
        rows = tx.search.rows(numbers)
        found += [row for row in rows if matches(Subject(row.issue, row.parent))]
        if limit and len(found) > limit:
            break
    kept = found[:limit] if limit else found
    return Matching(issues=[listed(row) for row in kept], is_cut=len(found) > len(kept))


def _portions(
    tx: Transaction, wanted: Filter, sort: str, *, is_reversed: bool, limit: int
) -> Iterator[list[int]]:
    """Return the issues that a filter lets through in an order, some at a time.

    Where all of the first few are what is asked for, the others are not even put in order.
    """
    first = limit + 1 if limit else 0
    numbers = tx.search.listed(wanted, sort=sort, is_reversed=is_reversed, limit=first)
    yield from (numbers[at : at + _CHUNK] for at in range(0, len(numbers), _CHUNK))
    if not first or len(numbers) < first:
        return
    more = tx.search.listed(wanted, sort=sort, is_reversed=is_reversed, start=first)
    yield from (more[at : at + _CHUNK] for at in range(0, len(more), _CHUNK))


# -- the project's own words


def _in_words_of_the_project(node: Node, expression: str, tx: Transaction) -> Node:
    """Put whole ids for short ones and types for their aliases.

    Raises:
        InvalidQuery: there is no such status or type.
    """
    if isinstance(node, Comparison):
        values = tuple(_meant(node, value, expression, tx) for value in node.values)
        return node._replace(values=values)
    if isinstance(node, Not):
        return Not(_in_words_of_the_project(node.part, expression, tx))
    parts = tuple(_in_words_of_the_project(part, expression, tx) for part in node.parts)
    return node._replace(parts=parts)


def _meant(node: Comparison, value: Value, expression: str, tx: Transaction) -> Value:
    name = node.field.name
    if is_none(value) or "*" in value.text or "?" in value.text:
        return value
    try:
        if name in ("id", "parent"):
            return value._replace(text=_resolved(value.text, tx))
        if name == "status":
            status = _known_case(value.text, tx.vocabulary.statuses())
            require_known_statuses(tx, [status])
            return value._replace(text=status)
        if name == "type":
            low = _known_case(value.text, (*tx.vocabulary.types(), *HIDDEN_TYPES, *TYPE_ALIASES))
            issue_type = TYPE_ALIASES.get(low, low)
            require_known_types(tx, [issue_type])
            return value._replace(text=issue_type)
        if name in _ACTORS:
            return value._replace(text=named(value.text, tx.holder))
    except InvalidField as error:
        place = Place(expression, value.position)
        raise wrong(place, error.message, error.hint, field=name) from error
    return value


def _known_case(text: str, known: tuple[str, ...]) -> str:
    return next((name for name in known if name.lower() == text.lower()), text)


def _resolved(name: str, tx: Transaction) -> str:
    """Return the id that a name stands for; one that nobody has finds nothing."""
    for spelling in (name, name.lower()):
        try:
            return tx.issues.resolve(spelling)
        except (UnknownIssue, AmbiguousId):
            continue
    return name


# -- what the store can tell


def first_choice(node: Node, asking: Asking, tx: Transaction, *, is_any: bool) -> Filter:
    """Return a filter that lets through at least what a query asks for.

    It takes what must hold in any case: the expression itself, or the parts of its outermost AND.
    The query itself is tried on what comes through.
    """
    named = list(comparisons(node))
    says_state = any(each.field.name in ("status", "closed") for each in named)
    tombstones = any(
        value.text == "tombstone"
        for each in named
        if each.field.name == "status"
        for value in each.values
    )
    wanted = Filter(is_open_only=not (is_any or says_state), has_tombstones=tombstones)
    for part in node.parts if isinstance(node, All) else (node,):
        if isinstance(part, Comparison):
            wanted = _narrowed(wanted, part, asking, tx)
    return wanted


def _narrowed(wanted: Filter, part: Comparison, asking: Asking, tx: Transaction) -> Filter:
    if part.field.kind == "time":
        return wanted._replace(**_time_bounds(wanted, part, asking))
    if part.operator == "=" and len(part.values) == 1 and is_none(part.values[0]):
        return wanted._replace(**_absent(part))
    if any(is_none(value) or "*" in value.text or "?" in value.text for value in part.values):
        return wanted
    if part.field.name == "priority":
        return wanted._replace(**_priority_bounds(wanted, part))
    if part.operator == "=":
        return wanted._replace(**_equal(wanted, part, tx))
    return wanted


def _absent(part: Comparison) -> dict[str, Any]:
    flags = {"label": "has_no_labels", "parent": "has_no_parent"}
    flag = flags.get(part.field.name)
    return {flag: True} if flag else {}


def _equal(wanted: Filter, part: Comparison, tx: Transaction) -> dict[str, Any]:
    texts = tuple(value.text for value in part.values)
    name = part.field.name
    many = {"status": "statuses", "type": "types", "id": "ids"}.get(name)
    if many:
        return {} if getattr(wanted, many) else {many: texts}
    if len(texts) > 1:
        return {}
    alike = {"label": "label_alike", "assignee": "assignee_alike"}.get(name)
    if alike:
        return {} if getattr(wanted, alike) is not None else {alike: texts[0]}
    if name in ("title", "description", "notes"):
        return {"contains": (*wanted.contains, (name, texts[0]))}
    if name == "parent" and wanted.parent is None:
        entry = tx.issues.by_id(texts[0])
        return {} if entry is None else {"parent": entry.n}
    return {}


def _priority_bounds(wanted: Filter, part: Comparison) -> dict[str, Any]:
    if part.operator == "!=" or len(part.values) > 1:
        return {}
    number = int(part.values[0].text.strip().lower().removeprefix("p"))
    low, high = wanted.priority_min, wanted.priority_max
    shift = {"<": -1, ">": 1}.get(part.operator, 0)
    if part.operator != "<" and part.operator != "<=":
        low = number + shift if low is None else max(low, number + shift)
    if part.operator != ">" and part.operator != ">=":
        high = number + shift if high is None else min(high, number + shift)
    return {"priority_min": low, "priority_max": high}


def _time_bounds(wanted: Filter, part: Comparison, asking: Asking) -> dict[str, Any]:
    if part.operator == "!=" or len(part.values) > 1 or is_none(part.values[0]):
        return {}
    span = span_of(part, part.values[0], asking)
    bounds: dict[str, Any] = {}
    if part.operator in ("=", ">", ">="):
        bounds["after"] = span.first_us
    if part.operator == "=":
        bounds["before"] = span.last_us
    if part.operator in ("<", "<="):
        bounds["before"] = bound_us(span, part.operator)
    names = {f"{part.field.name}_{side}_us": bound for side, bound in bounds.items()}
    return {name: bound for name, bound in names.items() if getattr(wanted, name) is None}
