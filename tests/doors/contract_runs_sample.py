"""The projects that the runs of the contract work on, each made once and then copied.

`store` is outside git; `git` is a repository with a store and commits; `bare` has no store.
"""

import json
import shutil
from pathlib import Path
from typing import Any

from tests.doors import sample
from tests.doors.program import Bd, install
from tests.doors.sample import edge, record

PLACES = ("store", "git", "bare")
_DONE = {
    "status": "closed",
    "closed_at": "2025-12-04T08:00:00Z",
    "close_reason": "shipped",
    "updated_at": "2025-12-04T08:00:00Z",
}
RECORDS = [
    record("px-epic", "Sign in", 1, issue_type="epic", priority=1, description="All of it"),
    record(
        "px-rich", "Rich in fields", 5, priority=1, assignee="bob", labels=["phase:one", "ui", "x"],
        description="A long text", design="So", acceptance_criteria="It works", notes="Some notes",
        spec_id="spec-1", estimated_minutes=30, external_ref="gh-1", owner="ann@example.org",
        due_at="2025-12-20T08:00:00Z", metadata={"team": "core"}, mol_type="work",
        dependencies=[edge("px-rich", "px-epic", "parent-child")],
        comments=[{"id": 1, "issue_id": "px-rich", "author": "ann", "text": "It works\nfor me",
                   "created_at": "2025-12-31T23:59:50Z"}],
    ),
    record("px-plain", "Plain work", 6),
    record("px-need", "Needed work", 7, description="First"),
    record("px-wait", "Waiting work", 8, dependencies=[edge("px-wait", "px-need")]),
    record("px-later", "Put off", 9, status="deferred", defer_until="2099-01-01T00:00:00Z"),
    record("px-pin", "Pinned work", 10, pinned=True),
    record("px-gate", "A gate", 11, issue_type="gate"),
    record("px-form", "A template", 12, is_template=True),
    record("px-done", "Shipped work", 2, labels=["export:thing"], description="Long", **_DONE),
    record("px-old", "Older work", 3, description="Longer " * 20, **_DONE),
    record("px-over", "Epic with all done", 3, issue_type="epic"),
    record("px-over.1", "Its child", 4, **_DONE,
           dependencies=[edge("px-over.1", "px-over", "parent-child")]),
    record("px-twin1", "Twin", 13, description="The same"),
    record("px-twin2", "Twin", 14, description="The same"),
    record("px-ring1", "Ring", 15, dependencies=[edge("px-ring1", "px-ring2")]),
    record("px-ring2", "Ring back", 15, dependencies=[edge("px-ring2", "px-ring1")]),
    record("px-todo", "A task", 16),
    record("px-wisp", "A wisp", 16, ephemeral=True, wisp_type="patrol"),
    record("px-held", "Held work", 17),
    record("px-his", "Work of another", 18),
]  # fmt: skip
_GRAPH: dict[str, Any] = {
    "nodes": [
        {"key": "a", "title": "First of a plan", "labels": ["x"]},
        {"key": "b", "title": "Second of a plan", "deps": [{"target": "a"}]},
    ]
}
_NEW = record("px-new", "New from a file", 20)
_ODD = {**_NEW, "dependencies": [edge("px-new", "px-gone")], "status": "odd"}
FILES = {
    "text.md": "A text from a file.\n",
    "empty.md": "",
    "issues.md": "## First of a file\n\n### Priority\n1\n\n## Second of a file\n",
    "graph.json": json.dumps(_GRAPH),
    "ring.json": json.dumps(
        [{"name": "a", "title": "A", "needs": "b"}, {"name": "b", "title": "B", "needs": "a"}]
    ),
    "edges.jsonl": '{"from": "px-plain", "to": "px-need"}\n{"from": "px-todo", "to": "px-plain"}\n',
    "ids.txt": "# to go\npx-plain\npx-todo\n",
    "batch.txt": 'create "From a batch"\nclose px-plain\ntag px-need x\n',
    "bad.txt": "close px-plain\nclose px-none\n",
    "new.jsonl": json.dumps(_NEW) + "\n",
    "odd.jsonl": json.dumps(_ODD) + "\n",
    "unread.jsonl": "{\n",
    "other.jsonl": json.dumps({**_NEW, "id": "other-1"}) + "\n",
    "meta.json": '{"size": 3}',
    "entry.json": '{"kind": "tool_call", "tool_name": "grep"}',
    "list.json": "[1]",
    "near/.beads/issues.jsonl": json.dumps({**_NEW, "id": "near-1"}) + "\n",
}
_SETTINGS = "issue-prefix: px\ncustom:\n  name: value\n"
_ENTRY = {"id": "int-1", "kind": "llm_call", "created_at": "2026-01-01T00:00:00Z", "actor": "ann"}


def prepare(folder: Path) -> None:
    """Make the projects in a folder, each with the home folder of its user."""
    for place in PLACES:
        (folder / place / "home").mkdir(parents=True)
        (folder / place / "px").mkdir()
        for name, content in FILES.items():
            path = folder / place / "px" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content, encoding="utf-8")
    _make_store(bd_in(folder / "store"))
    _make_store(bd_in(folder / "git"))
    _make_repository(bd_in(folder / "git"))


def bd_in(place: Path) -> Bd:
    """Answer `bd` in a project."""
    return Bd(place / "px", place / "home")


def copied(folder: Path, place: str, target: Path) -> Bd:
    """Copy a project, and answer `bd` in the copy."""
    shutil.copytree(folder / place, target / place, symlinks=True)
    return bd_in(target / place)


def _make_store(bd: Bd) -> None:
    sample.make(bd.folder, RECORDS)
    (bd.beads / "config.yaml").write_text(_SETTINGS, encoding="utf-8")
    (bd.beads / "interactions.jsonl").write_text(json.dumps(_ENTRY) + "\n", encoding="utf-8")
    bd.ok("list")
    bd.ok("claim", "px-held")
    bd.ok("claim", "px-his", "--actor", "bob")
    bd.ok("update", "px-todo", "--title", "A better task")
    bd.ok("remember", "Mind the gap", "--key", "gap")
    bd.ok("kv", "set", "name", "value")
    bd.ok("backup", "saved.db")
    bd.ok("sync")


def _make_repository(bd: Bd) -> None:
    install(bd.home)
    bd.git("init", "--quiet", "--template=", "--initial-branch=main")
    bd.git("config", "user.name", "Ann")
    bd.git("config", "user.email", "ann@example.org")
    bd.git("add", "--all")
    bd.git("commit", "--quiet", "--message", "Begin (px-plain)")
