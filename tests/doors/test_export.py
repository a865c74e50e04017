"""`bd export` in other forms: tasks of Obsidian, and the log of events."""

import json
from typing import Any

import pytest

from tests.doors.program import Bd

TODAY = "2026-01-02"
MADE = "2026-01-01"


def record(issue_id: str, **fields: Any) -> dict[str, Any]:
    made, now = f"{MADE}T08:00:00Z", f"{TODAY}T08:00:00Z"
    plain = {"title": issue_id, "status": "open", "priority": 2, "issue_type": "task"}
    return {"id": issue_id, **plain, "created_at": made, "updated_at": now, **fields}


def child(issue_id: str, parent: str, **fields: Any) -> dict[str, Any]:
    edge = {"issue_id": issue_id, "depends_on_id": parent, "type": "parent-child"}
    return record(issue_id, dependencies=[edge], **fields)


def put(bd: Bd, *records: dict[str, Any]) -> None:
    bd.records.write_text("".join(f"{json.dumps(each)}\n" for each in records), encoding="utf-8")


def tasks(bd: Bd, *words: str) -> list[str]:
    out = bd.ok("export", "-f", "obsidian", "-o", "-", *words).out
    return [line for line in out.splitlines() if line.lstrip().startswith("- [")]


def test_an_issue_is_a_task_with_the_signs_of_the_plugin(bd: Bd) -> None:
    edge = {"issue_id": "px-1", "depends_on_id": "px-2", "type": "blocks"}
    put(bd, record("px-1", title="Fix\nit", priority=0, issue_type="merge-request",
                   labels=["db", "two words"], dependencies=[edge]),
        record("px-2", status="closed", closed_at=f"{TODAY}T09:00:00Z"))  # fmt: skip
    assert bd.ok("export", "-f", "obsidian", "-o", "-").out == (
        "# Changes Log\n\n## 2026-01-02\n\n"
        "- [ ] Fix it 🆔 px-1 🔺 #MergeRequest #db #two-words 🛫 2026-01-01 ⛔ px-2\n"
        "- [x] px-2 🆔 px-2 🔼 #Task 🛫 2026-01-01 ✅ 2026-01-02\n\n"
    )


@pytest.mark.parametrize(
    ("status", "box"),
    [("in_progress", "/"), ("blocked", "c"), ("deferred", "-"), ("pinned", "n"), ("odd", " ")],
)
def test_a_status_is_a_box(bd: Bd, status: str, box: str) -> None:
    put(bd, record("px-1", status=status))
    assert tasks(bd)[0].startswith(f"- [{box}] ")


def test_days_go_back_and_children_stand_below_their_parents_at_any_depth(bd: Bd) -> None:
    put(bd, record("px-1"), child("px-1.1", "px-1"), child("px-1.1.1", "px-1.1"),
        child("px-2", "px-none"), record("px-3", updated_at="2026-01-09T08:00:00Z"))  # fmt: skip
    found = [line.split("🆔")[0] for line in tasks(bd)]
    assert found == ["- [ ] px-3 ", "- [ ] px-1 ", "  - [ ] px-1.1 ", "    - [ ] px-1.1.1 ",
                     "- [ ] px-2 "]  # fmt: skip
    assert len(tasks(bd, "--id", "px-1.1")) == 1


def test_a_ring_of_parents_loses_nobody(bd: Bd) -> None:
    put(bd, child("px-1", "px-2"), child("px-2", "px-1"), child("px-3", "px-2"))
    assert [line.split("🆔")[0] for line in tasks(bd)] == [
        "- [ ] px-1 ", "- [ ] px-2 ", "  - [ ] px-3 "
    ]  # fmt: skip


def test_without_a_name_tasks_go_where_classic_writes_them(bd: Bd) -> None:
    bd.create("one")
    answer = bd.ok("export", "-f", "obsidian", "--json")
    assert answer.error["output_file"] == "ai_docs/changes-log.md"
    written = (bd.folder / "ai_docs" / "changes-log.md").read_text(encoding="utf-8")
    assert "- [ ] one 🆔 px-" in written


# -- events


def events(bd: Bd) -> list[dict[str, Any]]:
    text = (bd.beads / "events.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def test_the_log_has_what_happened_in_classic_words(bd: Bd) -> None:
    other = bd.create("other")
    issue = bd.create("one")
    bd.ok("update", issue, "--title", "two")
    bd.ok("update", issue, "--status", "in_progress")
    bd.ok("label", "add", issue, "x")
    bd.ok("label", "remove", issue, "x")
    bd.ok("dep", "add", issue, other)
    bd.ok("dep", "remove", issue, other)
    bd.ok("comments", "add", issue, "hello")
    bd.ok("close", issue, "-r", "done")
    bd.ok("reopen", issue)
    bd.ok("delete", issue, "--force")
    out = bd.ok("export", "--events").out
    assert len(out.splitlines()) == 2, "the records are written as ever"
    found = [each for each in events(bd) if each["issue_id"] == issue]
    assert [each["event_type"] for each in found] == [
        *("created", "updated", "status_changed", "label_added", "label_removed"),
        *("dependency_added", "dependency_removed", "commented", "closed", "reopened", "deleted"),
    ]
    assert found[1]["old_value"] == '{"title":"one"}'
    assert found[1]["new_value"] == '{"title":"two"}'
    assert {each["actor"] for each in found} == {"ann"}


def test_labels_of_one_change_all_stand_in_the_log(bd: Bd) -> None:
    bd.ok("update", bd.create("one"), "--add-label", "a", "--add-label", "b")
    bd.ok("export", "--events")
    assert json.loads(events(bd)[-1]["new_value"]) == {"labels": ["a", "b"]}


def test_the_log_goes_on_where_it_ended_and_is_written_anew_on_request(bd: Bd) -> None:
    bd.create("one")
    bd.ok("export", "--events")
    before = (bd.beads / "events.jsonl").read_bytes()
    bd.ok("export", "--events")
    assert (bd.beads / "events.jsonl").read_bytes() == before
    bd.create("two")
    bd.ok("export", "--events")
    assert (bd.beads / "events.jsonl").read_bytes().startswith(before)
    whole = events(bd)
    assert [each["event_type"] for each in whole] == ["created", "created"]
    (bd.beads / "events.jsonl").write_text("no log\n", encoding="utf-8")
    answer = bd("export", "--events", "--json")
    assert (answer.code, "--events-reset" in answer.error["hint"]) == (2, True)
    bd.ok("export", "--events-reset")
    assert events(bd) == whole
