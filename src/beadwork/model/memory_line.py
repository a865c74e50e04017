"""Lines of a file that are no issues: what `bd remember` of later classic programs writes."""

from typing import NamedTuple

import msgspec

_MARK = '"memory"'


class MemoryLine(NamedTuple):
    """A text, and the key that it is remembered by."""

    key: str
    text: str


class _Line(msgspec.Struct):
    key: str
    value: str
    kind: str = msgspec.field(name="_type", default="")


def memory_line(line: str) -> MemoryLine | None:
    """Read a line that holds a memory; None if it is another."""
    if _MARK not in line:
        return None
    try:
        found = msgspec.json.decode(line, type=_Line)
    except (msgspec.MsgspecError, ValueError):
        return None
    return MemoryLine(found.key, found.value) if found.kind == "memory" else None
