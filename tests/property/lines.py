"""Lines of one issue as ours, classic's or a hand may write them, of so few values that they meet.

What is drawn is a handful of ready pieces: that is fast, and shrinks to what matters.
"""

import json
from itertools import combinations, product

from hypothesis import strategies as st

from beadwork.model.codec import decode
from beadwork.model.instants import format_ns
from beadwork.model.record import Record, comment_key

ISSUE_ID = "px-a3f"
Piece = tuple[tuple[str, ...], str]
"""Where it stands in the line, and its token."""


def at_ms(ms: int) -> str:
    """The instant that a stamp of so many milliseconds stands for."""
    return format_ns(ms * 1_000_000)


def _comment(text: str, number: int = 1) -> str:
    found = {"id": number, "author": "ann", "text": text, "created_at": at_ms(9)}
    return json.dumps(found, separators=(",", ":"))


def _edge(target: str, kind: str, author: str) -> str:
    return json.dumps({"depends_on_id": target, "type": kind, "created_by": author})


def _choices(items: list[str]) -> list[str]:
    return [f"[{','.join(each)}]" for size in range(3) for each in combinations(items, size)]


_WHOLE = ["5", "1.10", '"<b>"', "null", "[1]", "{}", '""']
_LABELS = ['"x"', '"y"', '"*"']
_TARGETS = ["px-b", "*"]
_KINDS = ["blocks", "own"]
_TIMES = [f'"{at_ms(ms)}"' for ms in range(1, 7)]
_ODD_TIMES = ['"soon"', '"1970-01-01T01:00:00.003+01:00"', "null"]
_STATES = [
    f'"closed","closed_at":"{at_ms(2)}","close_reason":"Done"',
    f'"tombstone","deleted_at":"{at_ms(4)}","original_type":"bug"',
    '"open"',
]
_STAMPS = [f'"{ms}.{n}.{who}"' for ms, n, who in product(range(1, 7), range(2), ["", "A", "B"])]
_UNKNOWN = ["future", "*", "@", "@x", "*metadata", "", "label"]
_FIELDS: dict[str, list[str]] = {
    "title": ['"One"', '"Two"'],
    "description": ['"Long"', '"<&>\u2028"', '""'],
    "status": _STATES,
    "priority": ["0", "1", "null"],
    "estimated_minutes": ["0", "null"],
    "content_hash": ['"0f"'],
    "labels": _choices(_LABELS),
    "dependencies": _choices([_edge(*each) for each in product(_TARGETS, _KINDS, ["ann", "bob"])]),
    # Equal ones are told apart by their count, so one of them is never stamped alone.
    "comments": _choices([_comment("Twice"), _comment("Twice", 2), _comment("Once")]),
    "metadata": [*_WHOLE, '{"a":1}', '{"b":[2.0],"a":1}', '{"b":null}', '{"a":1e3}'],
    **{name: ["1", "1.10", "null", '{"k":""}'] for name in _UNKNOWN},
}
_PIECES: list[Piece] = [((name,), value) for name, values in _FIELDS.items() for value in values]
_MARKED: list[tuple[str, ...]] = [
    *[(name,) for name in ("title", "description", "status", "priority", "future", "@*", "@@x")],
    *[("labels", label) for label in ("x", "y", "*")],
    *[("dependencies", *edge) for edge in product(_TARGETS, _KINDS)],
    ("comments", comment_key("ann", at_ms(9), "Once", 0)),
    *[("metadata", key) for key in ("a", "b")],
    ("*metadata",),
]


def _marks(place: tuple[str, ...]) -> list[str]:
    """Stamps of one register in each form: alone, with what it replaced, a birth, a value."""
    found = list(_STAMPS)
    found += [f"[{each},{_STAMPS[n * 7 % 36]}]" for n, each in enumerate(_STAMPS)]
    if place[0] == "dependencies":
        found += [f"[{each},null,{_TIMES[n % 6]}]" for n, each in enumerate(_STAMPS)]
    if place[0] in ("metadata", "*metadata"):
        found += [f"[{each},null,null,{_WHOLE[n % 7]}]" for n, each in enumerate(_STAMPS)]
    return found


_MARKS: list[Piece] = [(place, mark) for place in _MARKED for mark in _marks(place)]


def _object(pieces: list[Piece]) -> str:
    """Write pieces as one object, those of equal beginning within one another."""
    inner: dict[str, list[Piece]] = {}
    members = []
    for place, value in pieces:
        if len(place) == 1:
            members.append(f"{json.dumps(place[0])}:{value}")
        else:
            inner.setdefault(place[0], []).append((place[1:], value))
    members += [f"{json.dumps(name)}:{_object(found)}" for name, found in inner.items()]
    return "{" + ",".join(members) + "}"


def _line(times: tuple[str, str], pieces: list[Piece], stamps: tuple | None) -> str:
    names = ("created_at", "updated_at")
    pairs: list[Piece] = [(("id",), f'"{ISSUE_ID}"')]
    pairs += [((name,), at) for name, at in zip(names, times, strict=True)]
    pairs += pieces
    if stamps is not None:
        floor, births, marks = stamps
        found: list[Piece] = [(("*",), floor), (("@",), f"[{','.join(births)}]"), *marks]
        pairs.append((("stamps",), _object(found)))
    return _object(pairs)


def _place(piece: Piece) -> tuple[str, ...]:
    return piece[0]


_times = st.sampled_from([*_TIMES * 3, *_ODD_TIMES])
_stamps = st.tuples(
    st.sampled_from(_STAMPS),
    st.lists(st.sampled_from(_TIMES), max_size=1),
    st.lists(st.sampled_from(_MARKS), max_size=4, unique_by=_place),
)
lines = st.builds(
    _line,
    st.tuples(_times, _times),
    st.lists(st.sampled_from(_PIECES), max_size=6, unique_by=_place),
    st.none() | _stamps,
)
records: st.SearchStrategy[Record] = lines.map(decode)
