"""Strategies for lines of one issue, from so few values that they often meet."""

import json
from typing import Any

from hypothesis import strategies as st

from beadwork.model.instants import format_ns
from beadwork.model.record import Record, decode

ISSUE_ID = "px-a3f"
MS = 1_000_000

moments = st.integers(1, 6).map(lambda ms: format_ns(ms * MS))
stamps = st.builds(
    lambda ms, counter, replica: f"{ms}.{counter}.{replica}",
    st.integers(1, 6),
    st.integers(0, 1),
    st.sampled_from(["", "A", "B"]),
)
tokens = st.sampled_from(["1", "1.10", "1e3", '"<b>"', "null", "[]", "{}", '{"k":[2.0]}', '""'])
labels = st.sampled_from(["x", "y", "*", "@"])
edge_keys = st.tuples(st.sampled_from(["px-b", "px-c", "*"]), st.sampled_from(["blocks", "own"]))
comment_texts = st.sampled_from(["Yes", "No"])
unknown_names = st.sampled_from(["future", "*", "@", "@x", "*metadata", "", "label"])
states = st.sampled_from(
    [
        {"status": "open"},
        {"status": "closed", "closed_at": format_ns(2 * MS), "close_reason": "Done"},
        {"status": "tombstone", "deleted_at": format_ns(4 * MS), "original_type": "bug"},
        {},
    ]
)


@st.composite
def edges(draw: st.DrawFn) -> list[dict[str, str]]:
    found = draw(st.dictionaries(edge_keys, st.sampled_from(["ann", "bob"]), max_size=3))
    return [
        {"issue_id": ISSUE_ID, "depends_on_id": target, "type": kind, "created_by": by}
        for (target, kind), by in found.items()
    ]


@st.composite
def comments(draw: st.DrawFn) -> list[dict[str, Any]]:
    found = draw(st.lists(st.tuples(comment_texts, st.integers(1, 3)), max_size=3))
    return [
        {"id": number, "issue_id": ISSUE_ID, "author": "ann", "text": text, "created_at": at}
        for text, number in found
        for at in [format_ns(7 * MS)]
    ]


def _member(name: str, value: str) -> str:
    return f"{json.dumps(name)}:{value}"


def _object(members: list[str]) -> str:
    return "{" + ",".join(members) + "}"


@st.composite
def marks(draw: st.DrawFn, *, value: str | None = None, has_birth: bool = False) -> str:
    """The stamp of one register, in each of its forms."""
    stamp = json.dumps(draw(stamps))
    rest = [json.dumps(draw(stamps))] if draw(st.booleans()) else ["null"]
    birth = json.dumps(draw(moments)) if has_birth and draw(st.booleans()) else "null"
    if value is not None and draw(st.booleans()):
        return f"[{stamp},{rest[0]},{birth},{value}]"
    if birth != "null":
        return f"[{stamp},{rest[0]},{birth}]"
    return stamp if rest == ["null"] else f"[{stamp},{rest[0]}]"


@st.composite
def stamp_objects(draw: st.DrawFn, comment_keys: list[str]) -> str:
    members = [_member("*", json.dumps(draw(stamps)))]
    if births := draw(st.lists(moments, max_size=2)):
        members.append(_member("@", json.dumps(births)))
    flat = st.sampled_from(["title", "description", "status", "priority", "@*", "@@x", "future"])
    members += [_member(name, draw(marks())) for name in draw(st.sets(flat, max_size=3))]
    if draw(st.booleans()):
        members.append(_member("*metadata", draw(marks(value=draw(tokens)))))
    keys = draw(st.sets(st.sampled_from(["a", "b"]), max_size=2))
    values = [_member(key, draw(marks(value=draw(tokens)))) for key in keys]
    members.append(_member("metadata", _object(values)))
    values = [_member(label, draw(marks())) for label in draw(st.sets(labels, max_size=2))]
    members.append(_member("labels", _object(values)))
    nested: dict[str, list[str]] = {}
    for target, kind in draw(st.sets(edge_keys, max_size=2)):
        nested.setdefault(target, []).append(_member(kind, draw(marks(has_birth=True))))
    values = [_member(target, _object(kinds)) for target, kinds in nested.items()]
    members.append(_member("dependencies", _object(values)))
    if comment_keys:
        chosen = draw(st.sets(st.sampled_from(comment_keys), max_size=2))
        members.append(_member("comments", _object([_member(k, draw(marks())) for k in chosen])))
    return _object(members)


@st.composite
def lines(draw: st.DrawFn, comment_keys: tuple[str, ...] = ()) -> str:
    """A line as ours, classic's or a hand may have written it."""
    pairs: dict[str, Any] = {"id": ISSUE_ID, "title": draw(st.sampled_from(["One", "Two"]))}
    if draw(st.booleans()):
        pairs["description"] = draw(st.sampled_from(["Long", "<&>\u2028"]))
    pairs |= draw(states)
    if draw(st.booleans()):
        pairs["priority"] = draw(st.integers(0, 1))
    times = st.one_of(moments, st.sampled_from([None, "soon", "1970-01-01T01:00:00.003+01:00"]))
    for name in ("created_at", "updated_at"):
        if (at := draw(times)) is not None:
            pairs[name] = at
    if draw(st.booleans()):
        pairs["content_hash"] = "0f"
    pairs["labels"] = sorted(draw(st.sets(labels, max_size=2)))
    pairs["dependencies"] = draw(edges())
    pairs["comments"] = draw(comments())
    members = [_member(name, json.dumps(value)) for name, value in pairs.items()]
    if draw(st.booleans()):
        metadata = st.dictionaries(st.sampled_from(["a", "b"]), tokens, max_size=2).map(
            lambda found: _object([_member(key, value) for key, value in found.items()])
        )
        members.append(_member("metadata", draw(st.one_of(metadata, tokens))))
    unknown = draw(st.dictionaries(unknown_names, tokens, max_size=2))
    members += [_member(name, value) for name, value in unknown.items()]
    if draw(st.booleans()):
        members.append(_member("stamps", draw(stamp_objects(list(comment_keys)))))
    return _object(members)


def records(comment_keys: tuple[str, ...] = ()) -> st.SearchStrategy[Record]:
    """Records as they are read from such lines."""
    return lines(comment_keys).map(decode)
