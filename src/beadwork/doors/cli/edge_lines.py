"""Edges: read from a file, `ID NEEDED_ID [TYPE]` a line or JSON objects, and told."""

from typing import Any

import msgspec

from beadwork.doors.cli import text
from beadwork.model.dependency import PARENT_CHILD, READINESS_KINDS
from beadwork.model.errors import InvalidField
from beadwork.ops.dependency import AddDependency, EdgeOutcome

_SOURCES = ("issue_id", "from", "issue")
_TARGETS = ("depends_on_id", "to", "needs")
_KINDS = ("type", "kind")
_REST = ("created_at", "created_by", "metadata", "thread_id")
"""What the edges of a record have besides; it is made anew."""


def told(found: EdgeOutcome) -> str:
    """Say in a line what an edge means: not every one makes an issue wait."""
    again = "" if found.status == "added" else "already "
    verb = f"{again}needs" if found.type in READINESS_KINDS else f"{again}points to"
    if found.type == PARENT_CHILD:
        verb = f"is {again}a child of"
    source, target = text.line(found.issue_id), text.line(found.depends_on_id)
    return f"{source} {verb} {target} ({text.line(found.type)})"


def told_gone(found: EdgeOutcome) -> str:
    """Say in a line what is over with an edge."""
    verb = "no longer needs" if found.type in READINESS_KINDS else "no longer points to"
    if found.type == PARENT_CHILD:
        verb = "is no longer a child of"
    return f"{text.line(found.issue_id)} {verb} {text.line(found.depends_on_id)}"


def edge_lines(content: str, kind: str) -> list[tuple[int, AddDependency]]:
    """Read edges, each with the number of its line; `kind` is that of edges which say none.

    Raises:
        InvalidField: a line can't be read, or there is none.
    """
    found = [
        (number, edge)
        for number, line in enumerate(content.splitlines(), start=1)
        if line.strip() and not line.lstrip().startswith("#")
        for edge in _edges(line.strip(), number, kind)
    ]
    if not found:
        raise InvalidField("The file holds no edge", hint=_HINT, field="file")
    return found


def _edges(line: str, number: int, kind: str) -> list[AddDependency]:
    if line.startswith(("{", "[")):
        return _objects(line, number, kind)
    words = line.split()
    if len(words) not in (2, 3):
        raise _unreadable(number, "is not two ids, or two and a type")
    return [AddDependency(issue=words[0], needs=words[1], kind=(*words, kind)[2])]


_HINT = 'Use `ID NEEDED_ID [TYPE]`, or {"issue_id": ID, "depends_on_id": ID, "type": "blocks"}.'


def _unreadable(number: int, why: str) -> InvalidField:
    return InvalidField(f"Line {number} {why}", hint=_HINT, field="file", line=number)


def _objects(line: str, number: int, kind: str) -> list[AddDependency]:
    try:
        value: Any = msgspec.json.decode(line)
    except (msgspec.DecodeError, RecursionError) as error:
        raise _unreadable(number, f"is not JSON: {error}") from error
    return [_object(each, number, kind) for each in (value if isinstance(value, list) else [value])]


def _object(value: Any, number: int, kind: str) -> AddDependency:  # noqa: ANN401 -- any JSON
    known = (*_SOURCES, *_TARGETS, *_KINDS, *_REST)
    if not isinstance(value, dict) or set(value) - set(known):
        raise _unreadable(number, "is no edge, or has a field that edges have not")
    source, target, given = (_one(value, names, number) for names in (_SOURCES, _TARGETS, _KINDS))
    if not source or not target:
        raise _unreadable(number, "lacks one of the two ids")
    return AddDependency(issue=source, needs=target, kind=given or kind)


def _one(value: dict[str, Any], names: tuple[str, ...], number: int) -> str:
    found = [value[each] for each in names if value.get(each) is not None]
    if len(found) > 1 or not all(isinstance(each, str) for each in found):
        raise _unreadable(number, f"has more than one text as its {names[0]}")
    return found[0].strip() if found else ""
