"""Where no two writers write the same register, no edit is lost, and none is made up (R2, R3)."""

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from beadwork.model.codec import encode
from beadwork.model.record import registers
from tests.property.clones import CLONES, EDITS, OUTSIDERS, World, file_of

OURS = {
    "id": "px-a",
    "title": "Ours",
    "status": "open",
    "priority": 2,
    "issue_type": "task",
    "created_at": "2026-01-01T00:00:00Z",
    "updated_at": "2026-01-01T00:00:00Z",
    "labels": ["A0", "O0"],
    "stamps": {"*": "1767225600000.0.A"},
}
FOREIGN = {
    "id": "px-b",
    "title": "Foreign",
    "status": "open",
    "priority": 1,
    "issue_type": "bug",
    "created_at": "2025-01-01T00:00:00.123456789+01:00",
    "updated_at": "2026-01-01T00:00:01Z",
    "metadata": {"A": 1.5, "kept": [1, {"x": None}]},
    "labels": ["B0", "P0", "other"],
    "dependencies": [{"issue_id": "px-b", "depends_on_id": "px-O0", "type": "blocks"}],
    "comments": [
        {"id": 1, "author": "ann", "text": "Same"},
        {"id": 2, "author": "ann", "text": "Same"},
    ],
    "future": "kept",
}
START_MS = 1_767_225_610_000
Step = tuple[Any, ...]

small = st.integers(0, 7)
clones = st.sampled_from(CLONES)
edits = st.sampled_from(EDITS)
outsiders = st.sampled_from(OUTSIDERS)
steps: st.SearchStrategy[Step] = st.one_of(
    st.tuples(st.just("write"), clones, small, edits),
    st.tuples(st.just("create"), clones),
    st.tuples(st.just("export"), clones),
    st.tuples(st.just("commit"), clones),
    st.tuples(st.just("check_out"), clones, small),
    st.tuples(st.just("merge"), clones, clones, st.booleans()),
    st.tuples(st.just("merge_branch"), clones, outsiders),
    st.tuples(st.just("edit_work"), outsiders, clones, small, edits, st.booleans()),
    st.tuples(st.just("edit_branch"), outsiders, small, edits, st.booleans()),
    st.tuples(st.just("restart"), outsiders, small),
)


def new_world() -> World:
    """A world of one issue of ours and one that came without stamps."""
    lines = [json.dumps(each, separators=(",", ":")) for each in (OURS, FOREIGN)]
    return World(file_of(lines), now_ms=START_MS)


@settings(max_examples=4 * settings().max_examples)
@given(st.lists(steps, max_size=40))
def test_no_edit_is_lost_and_none_is_made_up(taken: list[Step]) -> None:
    world = new_world()
    for name, *details in taken:
        getattr(world, name)(*details)
    world.settle()
    for clone in world.clones.values():
        held = {issue_id: registers(record) for issue_id, record in clone.records.items()}
        assert held == world.expected, f"clone {clone.name}"
        assert clone.work == file_of(map(encode, clone.records.values()))
    assert len({clone.work for clone in world.clones.values()}) == 1, "the clones differ"
