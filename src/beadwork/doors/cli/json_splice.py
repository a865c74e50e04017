"""Changing a JSON text at one place and leaving every other byte as it is."""

import json
import re
from typing import Any, NamedTuple

_SPACE = re.compile(r"[ \t\r\n]*")
_DECODER = json.JSONDecoder()


class Node(NamedTuple):
    """A member of an object or an element of an array: its name, and where it stands."""

    name: str
    start: int
    value_at: int
    end: int


class Place(NamedTuple):
    """An object or array in a text, and how deep it lies."""

    at: int
    depth: int


def _skip(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at


def root(text: str) -> Place:
    """Return the outermost value of a text."""
    return Place(_skip(text, 0), 0)


def children(text: str, place: Place) -> list[Node]:
    """Return what an object or array holds."""
    return _scan(text, place.at)[0]


def _scan(text: str, opening: int) -> tuple[list[Node], int]:
    """Return what stands between brackets, and where the closing one is."""
    is_object = text[opening] == "{"
    nodes: list[Node] = []
    at = _skip(text, opening + 1)
    while text[at] not in "]}":
        start, name = at, ""
        if is_object:
            name, at = _DECODER.raw_decode(text, at)
            at = _skip(text, _skip(text, at) + 1)
        _, end = _DECODER.raw_decode(text, at)
        nodes.append(Node(name, start, at, end))
        at = _skip(text, end)
        if text[at] == ",":
            at = _skip(text, at + 1)
    return nodes, at


def _step(text: str) -> str:
    """Return what a text indents by."""
    found = re.search(r"\n([ \t]+)\S", text)
    return found[1] if found else "  "


def _line_end(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


def is_marked(text: str, place: Place, mark: str) -> bool:
    """Tell whether a value was put with this mark into an object or array that was empty."""
    return text.startswith(f"{mark}{_line_end(text)}", place.at + 1)


def insert(text: str, place: Place, value: Any, name: str = "", *, mark: str = "") -> str:  # noqa: ANN401 -- any JSON
    """Return a text with one value more, at the end of an object or array.

    The mark, of spaces, goes behind the bracket of one that is empty.
    """
    step, end = _step(text), _line_end(text)
    inner = step * (place.depth + 1)
    written = json.dumps(value, ensure_ascii=False, indent=step).replace("\n", f"\n{inner}")
    piece = (f"{json.dumps(name)}: {written}" if name else written).replace("\n", end)
    nodes = children(text, place)
    if nodes:
        at = nodes[-1].end
        return f"{text[:at]},{end}{inner}{piece}{text[at:]}"
    at = place.at + 1
    return f"{text[:at]}{mark}{end}{inner}{piece}{end}{step * place.depth}{text[at:]}"


def remove(text: str, place: Place, index: int) -> str:
    """Return a text without one member of an object, or one element of an array."""
    nodes = children(text, place)
    if index > 0:
        return text[: nodes[index - 1].end] + text[nodes[index].end :]
    if len(nodes) > 1:
        return text[: nodes[0].start] + text[nodes[1].start :]
    # As `insert` did: its first step may be another than that of the text now.
    inner = text[place.at + 1 : nodes[0].start].rpartition("\n")[2]
    outer = inner[: len(inner) * place.depth // (place.depth + 1)]
    after = text[nodes[0].end :]
    return text[: place.at + 1] + after.removeprefix(f"{_line_end(text)}{outer}")
