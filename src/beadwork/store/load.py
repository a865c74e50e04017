"""Named queries: read once from `queries/*.sql`, spelled for one database (style: the subset).

A file holds queries headed `-- name: x`; its stem and the name make `file.x`. Parameters are
`:name`. Where the two databases differ in spelling, a fragment stands in the text:
`/*dialect:each_text*/(:names)` is the rows of a JSON list of texts.

A line that begins `/*if:x*/` stands in the query only if x is among the parts that are asked for:
`file.x?labels,limit` has those of `labels` and `limit`. So one text serves every filter, and a
database is not asked about what nobody wants to know. Without a question mark all lines stand.
"""

import os
import re
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from operator import itemgetter
from typing import Any, Literal, LiteralString, NamedTuple, cast

_FOLDER = os.path.join(os.path.dirname(__file__), "queries")
Dialect = Literal["sqlite", "postgres"]

_HEAD = re.compile(r"^-- name: (\w+)$", re.MULTILINE)
_ONLY = re.compile(r"^-- only: (\w+)", re.MULTILINE)
_FRAGMENT = re.compile(r"/\*dialect:(\w+)\*/\((:\w+)\)")
_PART = re.compile(r"^\s*/\*if:(\w+)\*/")
_PLACEHOLDER = re.compile(r"(?<![:\w]):([a-z_]\w*)")
_FRAGMENTS: dict[Dialect, dict[str, str]] = {
    "sqlite": {
        "each_text": "(SELECT value FROM json_each({0}))",
        "each_number": "(SELECT value FROM json_each({0}))",
    },
    "postgres": {
        "each_text": "(SELECT value FROM json_array_elements_text(CAST({0} AS JSON)))",
        "each_number": (
            "(SELECT CAST(value AS BIGINT) FROM json_array_elements_text(CAST({0} AS JSON)))"
        ),
    },
}


class Query(str):
    """The text of one query, and the database that it is for if only one."""

    __slots__ = ("only",)
    only: str | None


class Statement(NamedTuple):
    """A query for SQLite: its text with numbered places, and what goes there of named values."""

    text: str
    values: Callable[[Mapping[str, object]], tuple[Any, ...]]


@cache
def _file(stem: str) -> dict[str, Query]:
    with open(os.path.join(_FOLDER, f"{stem}.sql"), encoding="utf-8") as file:
        text = file.read()
    pieces = _HEAD.split(text)
    found = {}
    for name, body in zip(pieces[1::2], pieces[2::2], strict=True):
        query = Query(body.strip())
        only = _ONLY.search(body)
        query.only = only[1] if only else None
        found[name] = query
    return found


@cache
def sql(name: str, dialect: Dialect = "sqlite") -> LiteralString:
    """Return the query of this dotted name, spelled for a database."""
    name, _, asked = name.partition("?")
    stem, _, query = name.partition(".")
    fragments = _FRAGMENTS[dialect]
    text = _FRAGMENT.sub(lambda m: fragments[m[1]].format(m[2]), _file(stem)[query])
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("--")]
    if asked:
        parts = frozenset(asked.split(","))
        lines = [line for line in lines if (part := _PART.match(line)) is None or part[1] in parts]
    text = "\n".join(_PART.sub("   ", line) for line in lines).strip().rstrip(";")
    if dialect == "postgres":
        text = _PLACEHOLDER.sub(r"%(\1)s", text.replace("%", "%%"))
    return cast("LiteralString", text)  # type: ignore[redundant-cast] # typeshed knows


@cache
def statement(name: str) -> Statement:
    """Return a query as SQLite takes it fastest: short, and without a search for names."""
    text = "\n".join(line.strip() for line in sql(name).splitlines())
    names = list(dict.fromkeys(_PLACEHOLDER.findall(text)))
    places = {each: f"?{place}" for place, each in enumerate(names, 1)}
    return Statement(_PLACEHOLDER.sub(lambda found: places[found[1]], text), _picker(names))


def _picker(names: list[str]) -> Callable[[Mapping[str, object]], tuple[Any, ...]]:
    if not names:
        return lambda _: ()
    if len(names) == 1:
        (name,) = names
        return lambda values: (values[name],)
    return itemgetter(*names)


def with_parts(name: str, parts: Iterable[str]) -> str:
    """Return the name of a query with these of its parts."""
    return f"{name}?{','.join(sorted(parts))}"


def names() -> list[tuple[str, str | None]]:
    """Return every query's name, and the database it is only for if there is one."""
    stems = sorted(name.removesuffix(".sql") for name in os.listdir(_FOLDER))
    return [(f"{stem}.{name}", query.only) for stem in stems for name, query in _file(stem).items()]
