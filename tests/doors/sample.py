"""A small project with set times, as terminals of several widths show it."""

import json
from pathlib import Path
from typing import Any

from tests.doors.program import Bd

NOW_US = 1_767_225_600_000_000  # 2026-01-01T00:00:00Z


def edge(source: str, target: str, kind: str = "blocks") -> dict[str, str]:
    """An edge as it stands in a record."""
    made = "2025-12-20T08:00:00Z"
    return {"issue_id": source, "depends_on_id": target, "type": kind, "created_at": made}


def record(issue_id: str, title: str, day: int, **fields: Any) -> dict[str, Any]:
    """A record made on a day of December."""
    made = f"2025-12-{day:02d}T08:00:00Z"
    return {
        "id": issue_id,
        "title": title,
        "status": "open",
        "priority": 2,
        "issue_type": "task",
        "created_at": made,
        "created_by": "ann",
        "updated_at": made,
        **fields,
    }


DESCRIPTION = """\
# Steps

- open `/login` and type **nothing** at all, then press the button and wait for the answer
- look
  1. nested

```
  kept as it is
```
Lines stay
lines; a word\tafter a tab, and \x1b[31mno red\x1b[0m.
"""
RECORDS = [
    record("px-epic", "Sign in", 1, issue_type="epic", priority=1),
    record(
        "px-epic.1", "Login page fails when the password is empty and the network is slow", 28,
        status="in_progress", issue_type="bug", priority=0, assignee="bob",
        labels=["auth", "ui"], description=DESCRIPTION, updated_at="2025-12-31T21:00:00Z",
        dependencies=[edge("px-epic.1", "px-epic", "parent-child")],
        comments=[
            {"id": 1, "issue_id": "px-epic.1", "author": "ann", "text": "It works\nfor me",
             "created_at": "2025-12-31T23:59:50Z"},
        ],
    ),
    record(
        "px-epic.2", "説明書を書く", 29, priority=3,
        dependencies=[edge("px-epic.2", "px-epic", "parent-child"), edge("px-epic.2", "px-epic.1")],
    ),
    record(
        "px-fam", "Family \U0001f468\u200d\U0001f469\u200d\U0001f467 and cafe\u0301", 20,
        issue_type="feature", dependencies=[edge("px-fam", "px-epic.2")],
    ),
    record("px-evil", "Red \x1b[31mred\x1b[0m\x07 and\nnew line", 30, priority=4),
    record(
        "px-old", "Done long ago", 2, status="closed", issue_type="chore",
        closed_at="2025-12-04T08:00:00Z", close_reason="shipped",
        updated_at="2025-12-04T08:00:00Z",
    ),
    record("px-later", "Put off", 3, status="deferred", assignee="a-very-long-name-of-an-agent"),
    record("px-odd", "In a status of its own", 31, status="reviewing"),
]  # fmt: skip


def make(folder: Path, records: list[dict[str, Any]] | None = None) -> None:
    """Make a store in a folder, from records."""
    beads = folder / ".beads"
    beads.mkdir()
    (beads / "config.yaml").write_text("issue-prefix: px\n", encoding="utf-8")
    lines = [json.dumps(each) for each in (RECORDS if records is None else records)]
    (beads / "issues.jsonl").write_text("".join(f"{each}\n" for each in lines), encoding="utf-8")


def on_terminal(bd: Bd, width: int = 80, **more: str) -> Bd:
    """Answer the same program as a terminal of a width sees it, without colours."""
    forced = {"FORCE_COLOR": "1", "NO_COLOR": "1", "COLUMNS": str(width)}
    return bd.at(bd.folder, **(forced | more))
