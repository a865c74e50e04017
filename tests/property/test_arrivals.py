"""Issues that come all at once stand in the index as if they had come one after another (R6 f)."""

import json
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from beadwork.model.dependency import PARENT_CHILD, WAITS_FOR
from beadwork.ops.issue import ListIssues
from beadwork.ops.ready import ListReady
from beadwork.ops.record import FoldLines
from tests.support import Project, query

IDS = ("px-a", "px-b", "px-c", "px-a.1", "px-a.1.4", "px-d", "px-e", "px-f")
KINDS = ("blocks", PARENT_CHILD, PARENT_CHILD, "conditional-blocks", WAITS_FOR, "related")
COUNTS = """
    SELECT id, child_top, own_holds, held_up, ext, open_kids, won_kids FROM issue
    UNION ALL SELECT prefix, top_level, 0, 0, 0, 0, 0 FROM prefix_count ORDER BY 1
"""
TARGETS = (*IDS, "external:other:thing", "px-nowhere")
STATES: tuple[dict[str, str], ...] = (
    {"status": "open"},
    {"status": "closed", "close_reason": "Done"},
    {"status": "closed", "close_reason": "failed"},
    {"status": "tombstone"},
)


def line(issue_id: str, state: dict[str, str], edges: set[tuple[str, str]]) -> str:
    """Write a line."""
    dependencies: list[dict[str, Any]] = [
        {"issue_id": issue_id, "depends_on_id": target, "type": kind}
        for target, kind in sorted(edges)
    ]
    return json.dumps({"id": issue_id, "title": issue_id, **state, "dependencies": dependencies})


states = st.sampled_from(STATES)
edges = st.sets(st.tuples(st.sampled_from(TARGETS), st.sampled_from(KINDS)), max_size=4)
backlogs = st.permutations(IDS).flatmap(
    lambda ids: st.tuples(*[st.builds(line, st.just(each), states, edges) for each in ids])
)


@given(backlogs, st.integers(0, len(IDS)))
def test_at_once_or_one_by_one_the_index_is_the_same(lines: tuple[str, ...], cut: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        together, single = Project(Path(folder, "a")), Project(Path(folder, "b"))
        together.run(FoldLines(lines=list(lines[:cut])))
        together.run(FoldLines(lines=list(lines[cut:])))
        for each in lines:
            single.run(FoldLines(lines=[each]))
        assert together.wrong_rows() == single.wrong_rows() == 0
        for request in (ListReady(limit=0), ListIssues(all=True, limit=0)):
            found = [project.run(request).issues for project in (together, single)]
            assert found[0] == found[1]
        assert together.lines() == single.lines()
        rows = [query(project.place, COUNTS) for project in (together, single)]
        assert rows[0] == rows[1]
        together.close()
        single.close()
