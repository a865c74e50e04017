"""Putting changed lines into a file of records that is sorted by id, without reading it all."""

from collections.abc import Iterable
from typing import NamedTuple

_START = b'{"id":"'


class _Place(NamedTuple):
    """Where a line stands, or would: from `start` up to `end`."""

    start: int
    end: int


def _id_at(content: bytes, start: int) -> bytes:
    """Return the id of the line at a position, as UTF-8."""
    begin = start + len(_START)
    end = content.index(b'"', begin)
    raw = content[begin:end]
    if b"\\" not in raw:
        return raw
    # Late import: such an id is rare.
    import json

    line = content[start : content.find(b"\n", start)]
    return str(json.loads(line)["id"]).encode()


def _place(content: bytes, issue_id: bytes, low: int) -> _Place:
    """Find by halving where an id's line stands at or after `low`, which begins a line."""
    high = len(content)
    while low < high:
        middle = content.rfind(b"\n", low, (low + high) // 2) + 1 or low
        end = content.find(b"\n", middle) + 1 or len(content)
        found = _id_at(content, middle)
        if found == issue_id:
            return _Place(middle, end)
        if found < issue_id:
            low = end
        else:
            high = middle
    return _Place(low, low)


class Spliced(NamedTuple):
    """A content, and how many lines more it has."""

    content: bytes
    added: int


def splice(content: bytes, lines: Iterable[tuple[str, str]]) -> Spliced:
    """Put lines, given as (id, line), into their places; each line of an id replaces the old one.

    `content` is what an export wrote: sorted by id, one line an id, each beginning with it.
    """
    # Views: to cut the content itself would copy it all once more.
    whole = memoryview(content)
    pieces: list[bytes | memoryview] = []
    done = added = 0
    for issue_id, line in sorted((issue_id.encode(), line) for issue_id, line in lines):
        place = _place(content, issue_id, done)
        pieces += [whole[done : place.start], line.encode(), b"\n"]
        added += place.start == place.end
        done = place.end
    return Spliced(b"".join([*pieces, whole[done:]]), added)
