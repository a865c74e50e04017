"""Whether an issue is what a query asks for. It reads the tree of `query` and knows no store."""

import json
import operator
import re
from collections.abc import Callable
from typing import Any, NamedTuple

from beadwork.model import instants
from beadwork.model.errors import InvalidField
from beadwork.model.query import All, Comparison, Node, Not, Place, Value, wrong
from beadwork.model.query_fields import Subject

Test = Callable[[Subject], bool]
NONE = frozenset({"", "none", "null"})
_TRUE = frozenset({"true", "yes", "1"})
_FALSE = frozenset({"false", "no", "0"})
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip
_LENGTH = re.compile(r"([+-]?)(\d+)([hdwmy])", re.IGNORECASE)
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_DAY_WORDS = frozenset({"today", "tomorrow", "yesterday"})
_DAY_US = 86_400_000_000
_PRIORITY = re.compile(r"[Pp]?([0-4])")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")


class Asking(NamedTuple):
    """What a query is read with: its text, the time, and the zone of who asks."""

    expression: str
    now_us: int
    zone_offset_s: int = 0


class Span(NamedTuple):
    """The time that a value means: a moment, or a day from its first to its last microsecond."""

    first_us: int
    last_us: int


def matcher_of(node: Node, asking: Asking) -> Test:
    """Return what tells whether an issue is asked for.

    Raises:
        InvalidQuery: a value does not fit its field.
    """
    if isinstance(node, Comparison):
        return _comparison(node, asking)
    if isinstance(node, Not):
        inner = matcher_of(node.part, asking)
        return lambda subject: not inner(subject)
    tests = [matcher_of(part, asking) for part in node.parts]
    if isinstance(node, All):
        return lambda subject: all(test(subject) for test in tests)
    return lambda subject: any(test(subject) for test in tests)


def is_none(value: Value) -> bool:
    """Tell whether a value means that there is none."""
    return value.text.strip().lower() in NONE


def _comparison(node: Comparison, asking: Asking) -> Test:
    if node.operator in _COMPARE:
        return _ordered(node, asking)
    tests = [_equal(node, value, asking) for value in node.values]
    if node.operator == "!=":
        return lambda subject: not any(test(subject) for test in tests)
    return lambda subject: any(test(subject) for test in tests)


# -- equal


def _equal(node: Comparison, value: Value, asking: Asking) -> Test:
    get, kind = node.field.value, node.field.kind
    if kind == "truth":
        truth = _truth(node, value, asking)
        return lambda subject: bool(get(subject)) == truth
    if is_none(value):
        return lambda subject: _is_absent(get(subject))
    if kind == "time":
        span = span_of(node, value, asking)
        return lambda subject: _lies_in(instants.parse_us(get(subject)), span)
    if kind == "number":
        number = _number(node, value, asking)
        return lambda subject: bool(get(subject) == number)
    if kind == "json":
        return lambda subject: _is_json(get(subject), value)
    matches = name_test(value.text) if kind != "text" else _text_test(value.text)
    if kind == "names":
        return lambda subject: any(matches(each) for each in get(subject))
    return lambda subject: matches(get(subject))


def _is_absent(found: object) -> bool:
    if isinstance(found, str):
        return not found.strip()
    return found is None or found in ([], {})


def _lies_in(moment: int | None, span: Span) -> bool:
    return moment is not None and span.first_us <= moment <= span.last_us


def name_test(wanted: str) -> Callable[[str], bool]:
    """Return what compares names whole, upper and lower case alike; * and ? stand for others."""
    if "*" in wanted or "?" in wanted:
        return _pattern(wanted)
    low = wanted.casefold()
    return lambda name: name.casefold() == low


def _text_test(wanted: str) -> Callable[[str], bool]:
    if "*" in wanted:
        return _pattern(wanted)
    low = wanted.casefold()
    return lambda text: low in text.casefold()


def _pattern(wanted: str) -> Callable[[str], bool]:
    """Return what matches a whole text; atomic groups, so that no text takes long."""
    first, *rest = (re.escape(piece).replace(r"\?", ".") for piece in wanted.casefold().split("*"))
    middle = "".join(f"(?>.*?{piece})" for piece in rest[:-1] if piece)
    last = f"{middle}.*{rest[-1]}" if rest else ""
    pattern = re.compile(f"{first}{last}", re.DOTALL)
    return lambda name: pattern.fullmatch(name.casefold()) is not None


def _is_json(found: object, value: Value) -> bool:
    if isinstance(found, list):
        return any(_is_json(each, value) for each in found)
    return found is not None and name_test(value.text)(as_typed(found))


def as_typed(found: object) -> str:
    """Return a JSON value as one types it: texts bare, all else as JSON."""
    return found if isinstance(found, str) else json.dumps(found, ensure_ascii=False)


# -- ordered


def _ordered(node: Comparison, asking: Asking) -> Test:
    get, kind, value = node.field.value, node.field.kind, node.values[0]
    compare = _COMPARE[node.operator]
    if kind == "time":
        limit = bound_us(span_of(node, value, asking), node.operator)
        return lambda subject: _holds(compare, instants.parse_us(get(subject)), limit)
    if kind == "number":
        number = _number(node, value, asking)
        return lambda subject: _holds(compare, get(subject), number)
    if kind == "json" and _NUMBER.fullmatch(value.text):
        number = float(value.text)
        return lambda subject: _holds(compare, _as_number(get(subject)), number)
    name = node.field.name
    message = f"{name} can't be compared by {node.operator}"
    raise wrong(Place(asking.expression, node.position), message, "Use = or !=.", field=name)


def _holds(compare: Callable[[Any, Any], bool], found: object, limit: float) -> bool:
    return found is not None and compare(found, limit)


def _as_number(found: object) -> float | None:
    if isinstance(found, bool) or found is None:
        return None
    text = as_typed(found)
    return float(text) if _NUMBER.fullmatch(text) else None


def bound_us(span: Span, sign: str) -> int:
    """Return the moment that an operator compares with: the end of a day only for <=."""
    return span.last_us if sign == "<=" else span.first_us


# -- values


def span_of(node: Comparison, value: Value, asking: Asking) -> Span:
    """Return the time that a value means.

    A date means its day. A length of time, like 7d, means a moment that far back; of due and
    defer dates that far ahead. With = any moment means its day.

    Raises:
        InvalidQuery: it is no time.
    """
    text = value.text.strip()
    length = _LENGTH.fullmatch(text)
    if length and not length[1]:
        text = f"{'+' if node.field.is_ahead else '-'}{text}"
    moment = _moment(node, value, asking, text)
    is_day = _DATE.fullmatch(text) is not None or text.lower() in _DAY_WORDS
    if not is_day and node.operator not in ("=", "!="):
        return Span(moment, moment)
    offset = asking.zone_offset_s * 1_000_000
    first = (moment + offset) // _DAY_US * _DAY_US - offset
    return Span(first, first + _DAY_US - 1)


def _moment(node: Comparison, value: Value, asking: Asking, text: str) -> int:
    name = node.field.name
    try:
        return instants.parse_when(
            text, now_us=asking.now_us, zone_offset_s=asking.zone_offset_s, field=name
        )
    except InvalidField as error:
        hint = 'Use 2026-01-31, 7d (7 days ago), 24h, today, "next monday", or none.'
        place = Place(asking.expression, value.position)
        raise wrong(place, error.message, hint, field=name) from error


def _truth(node: Comparison, value: Value, asking: Asking) -> bool:
    low = value.text.lower()
    if low not in _TRUE | _FALSE:
        message = f'"{value.text[:40]}" is neither true nor false'
        place = Place(asking.expression, value.position)
        raise wrong(place, message, "Use true or false.", field=node.field.name)
    return low in _TRUE


def _number(node: Comparison, value: Value, asking: Asking) -> float:
    is_priority = node.field.name == "priority"
    found = (_PRIORITY if is_priority else _NUMBER).fullmatch(value.text.strip())
    if found is not None:
        return int(found[1]) if is_priority else float(value.text)
    what = "priority" if is_priority else "number"
    hint = "Use 0 (critical) to 4 (backlog), or P0 to P4."
    place = Place(asking.expression, value.position)
    raise wrong(
        place,
        f'"{value.text[:40]}" is no {what}',
        hint if is_priority else "Use a number, like 30.",
        field=node.field.name,
    )
