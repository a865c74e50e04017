"""The query language: text to a tree of comparisons (docs/query-language.md).

    either     = all { "OR" all }
    all        = one { "AND" one }
    one        = "NOT" one | "(" either ")" | comparison
    comparison = field operator value { "," value }

A parser by recursive descent over tokens; each error says where in the text it arose.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

from beadwork.model.errors import InvalidQuery
from beadwork.model.issue import nearest_hint
from beadwork.model.query_fields import FIELDS, Field, field_of

Operator = Literal["=", "!=", "<", "<=", ">", ">="]

_TOKEN = re.compile(
    r"""(?P<space>\s+)|(?P<sign><=|>=|!=|<>|==|=|<|>|\(|\)|,|&&|\|\||!)"""
    r"""|(?P<string>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')|(?P<open>["'])|(?P<word>[^\s()<>=!,"'&|]+)"""
    r"""|(?P<other>.)""",
    re.DOTALL,
)
_OPERATORS: dict[str, Operator] = {
    "=": "=", "==": "=", "!=": "!=", "<>": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">=",
}  # fmt: skip
_SPOKEN = {"AND": "AND", "OR": "OR", "NOT": "NOT", "&&": "AND", "||": "OR", "!": "NOT"}
_ESCAPED = {"n": "\n", "t": "\t"}
_SIGNS = frozenset("=<>")
_DEPTH_MAX = 100
_CARET_WIDTH = 100
_EXAMPLE = "For example: status=open AND (priority<=1 OR label=urgent) AND NOT assignee=none"


class Value(NamedTuple):
    """A value as it was typed, without its quotes, and where it stood."""

    text: str
    position: int
    is_quoted: bool = False


class Comparison(NamedTuple):
    """A field compared with a value, or with any of several."""

    field: Field
    operator: Operator
    values: tuple[Value, ...]
    position: int


class Not(NamedTuple):
    """What is not so."""

    part: "Node"


class All(NamedTuple):
    """What all hold."""

    parts: tuple["Node", ...]


class Either(NamedTuple):
    """Of which one holds."""

    parts: tuple["Node", ...]


Node = Comparison | Not | All | Either


class _Token(NamedTuple):
    kind: Literal["word", "string", "sign", "AND", "OR", "NOT", "end"]
    text: str
    position: int


class Place(NamedTuple):
    """A place in a query."""

    expression: str
    position: int


def wrong(place: Place, message: str, hint: str = "", *, field: str = "") -> InvalidQuery:
    """Return the error for a place in a query, with a line that points there."""
    expression, position = place
    before = max(0, position - _CARET_WIDTH // 2)
    line = re.sub(r"\s", " ", expression[before : before + _CARET_WIDTH])
    facts = {"field": field} if field else {}
    return InvalidQuery(
        f"{message}, at character {position + 1} of the query",
        hint=hint or _EXAMPLE,
        position=position,
        query=expression,
        caret=f"{line}\n{' ' * (position - before)}^",
        **facts,
    )


def parse(expression: str) -> Node:
    """Read a query.

    Raises:
        InvalidQuery: it is none; `data.position` says where, counted from 0.
    """
    return _Parser(expression).parsed()


def shown(node: Node) -> str:
    """Write a query as it was understood, with all its parentheses."""
    if isinstance(node, Comparison):
        values = ",".join(_shown_value(value) for value in node.values)
        return f"{node.field.name}{node.operator}{values}"
    if isinstance(node, Not):
        return f"NOT {shown(node.part)}"
    word = " AND " if isinstance(node, All) else " OR "
    text = shown(node.parts[0])
    for part in node.parts[1:]:
        text = f"({text}{word}{shown(part)})"
    return text


def comparisons(node: Node) -> Iterator[Comparison]:
    """Return every comparison of a query."""
    if isinstance(node, Comparison):
        yield node
    elif isinstance(node, Not):
        yield from comparisons(node.part)
    else:
        for part in node.parts:
            yield from comparisons(part)


def _shown_value(value: Value) -> str:
    if value.text and re.fullmatch(r"""[^\s()<>=!,"'&|]+""", value.text):
        return value.text
    return '"' + value.text.replace("\\", "\\\\").replace('"', '\\"') + '"'


class _Parser:
    def __init__(self, expression: str) -> None:
        self._expression = expression
        self._tokens = _tokens(expression)
        self._next = 0
        self._depth = 0

    def parsed(self) -> Node:
        if self._token.kind == "end":
            raise self._wrong("The query is empty")
        node = self._either()
        token = self._token
        if token.kind == "end":
            return node
        if token.text == ")":
            raise self._wrong("There is a ) too many", "Remove it, or open it before.")
        if token.text == ",":
            raise self._wrong("A comma stands between values of one field only", "Use OR.")
        raise self._wrong(f'"{token.text[:40]}" is not expected', "Put AND or OR before it.")

    @property
    def _token(self) -> _Token:
        return self._tokens[self._next]

    def _taken(self) -> _Token:
        token = self._token
        self._next += 1
        return token

    def _wrong(self, message: str, hint: str = "") -> InvalidQuery:
        return wrong(Place(self._expression, self._token.position), message, hint)

    def _either(self) -> Node:
        parts = [self._all()]
        while self._token.kind == "OR":
            self._taken()
            parts.append(self._all())
        return parts[0] if len(parts) == 1 else Either(tuple(parts))

    def _all(self) -> Node:
        parts = [self._one()]
        while self._token.kind == "AND":
            self._taken()
            parts.append(self._one())
        return parts[0] if len(parts) == 1 else All(tuple(parts))

    def _one(self) -> Node:
        token = self._token
        if token.kind != "NOT" and token.text != "(":
            return self._comparison()
        if self._depth == _DEPTH_MAX:
            raise self._wrong(f"The query goes more than {_DEPTH_MAX} levels deep", "Flatten it.")
        self._taken()
        self._depth += 1
        node: Node
        if token.kind == "NOT":
            node = Not(self._one())
        else:
            node = self._either()
            if self._token.text != ")" or self._token.kind != "sign":
                opened = token.position + 1
                raise self._wrong(f"The ( at character {opened} is not closed", "Add a ).")
            self._taken()
        self._depth -= 1
        return node

    def _comparison(self) -> Comparison:
        token = self._token
        field = self._field()
        operator = self._operator(token.text)
        values = [self._value(field, operator)]
        while self._token.text == "," and self._token.kind == "sign":
            self._taken()
            values.append(self._value(field, operator))
        if len(values) > 1 and operator not in ("=", "!="):
            place = Place(self._expression, values[1].position)
            raise wrong(place, f"{operator} takes one value", "Use = or != with several.")
        return Comparison(field, operator, tuple(values), token.position)

    def _field(self) -> Field:
        token = self._token
        if token.kind in ("AND", "OR"):
            raise self._wrong(f"{token.kind} needs something before it")
        if token.kind == "end":
            raise self._wrong("The query ends where a field is expected")
        if token.kind not in ("word", "string"):
            raise self._wrong(f'A field is expected, not "{token.text[:40]}"')
        field = field_of(token.text)
        if field is None:
            hint = nearest_hint(token.text, FIELDS)
            if not set(self._expression) & _SIGNS:
                hint = "A query compares, as in title=login; `bd search` finds words."
            name, sign, _ = token.text.partition(":")
            if sign and field_of(name) is not None:
                hint = f"Write {name}= instead of {name}: here."
            name, sign, _ = token.text.partition("~")
            if sign and field_of(name) is not None:
                hint = f"Write {name}= here: in a text it means that it has this in it."
            raise self._wrong(f'There is no field "{token.text[:40]}"', hint)
        self._taken()
        return field

    def _operator(self, name: str) -> Operator:
        token = self._token
        operator = _OPERATORS.get(token.text) if token.kind == "sign" else None
        if operator is None:
            what = "the end" if token.kind == "end" else f'"{token.text[:40]}"'
            hint = f"Use one of = != < <= > >=, as in {name[:40]}=..."
            if token.text.lower() == "in":
                hint = f"Several values stand behind =, as in {name[:40]}=a,b"
            raise self._wrong(f"An operator is expected, not {what}", hint)
        self._taken()
        return operator

    def _value(self, field: Field, operator: Operator) -> Value:
        token = self._token
        if token.kind not in ("word", "string"):
            what = "the end" if token.kind == "end" else f'"{token.text[:40]}"'
            hint = f'Put it in quotes, as in {field.name}{operator}"...". An empty one is none.'
            raise self._wrong(f"A value is expected, not {what}", hint)
        self._taken()
        return Value(token.text, token.position, token.kind == "string")


def _tokens(expression: str) -> Sequence[_Token]:
    """Split a query into tokens, the last of which is the end.

    Raises:
        InvalidQuery: a quote is not closed, or a sign means nothing.
    """
    found = [
        _token(each, Place(expression, each.start()))
        for each in _TOKEN.finditer(expression)
        if each.lastgroup != "space"
    ]
    return [*found, _Token("end", "", len(expression))]


def _token(found: re.Match[str], place: Place) -> _Token:
    kind, text = found.lastgroup, found[0]
    if kind == "open":
        raise wrong(place, "A quote is not closed", f"Add a {text} at its end.")
    if kind == "other":
        raise wrong(place, f'"{text}" means nothing here', "Put it in quotes.")
    if kind == "string":
        return _Token("string", _unescaped(text[1:-1]), place.position)
    return _plain_token(text, place.position, is_word=kind == "word")


def _plain_token(text: str, position: int, *, is_word: bool) -> _Token:
    spoken = _SPOKEN.get(text.upper())
    if spoken == "AND":
        return _Token("AND", text, position)
    if spoken == "OR":
        return _Token("OR", text, position)
    if spoken == "NOT":
        return _Token("NOT", text, position)
    return _Token("word" if is_word else "sign", text, position)


def _unescaped(text: str) -> str:
    return re.sub(r"\\(.)", lambda found: _ESCAPED.get(found[1], found[1]), text, flags=re.DOTALL)
