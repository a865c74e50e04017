"""The classic socket as its own clients know it (classic-bd.md 5.2, 5.3): names, fields, shapes."""

import json
import os
import socket
import threading
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.daemon.running import Daemon, running
from tests.doors.program import Bd

pytestmark = pytest.mark.slow

TEXT, NUMBER, FLAG = str, (int, float), bool
ISSUE = {"id": TEXT, "title": TEXT, "status": TEXT, "priority": int, "issue_type": TEXT,
         "created_at": TEXT, "updated_at": TEXT}  # fmt: skip
COUNTED = {**ISSUE, "dependency_count": int, "dependent_count": int, "comment_count": int}
STATUS = {
    "version": TEXT, "workspace_path": TEXT, "database_path": TEXT, "socket_path": TEXT,
    "pid": int, "uptime_seconds": NUMBER, "last_activity_time": TEXT,
    "exclusive_lock_active": FLAG, "auto_commit": FLAG, "auto_push": FLAG, "auto_pull": FLAG,
    "local_mode": FLAG, "sync_interval": TEXT, "daemon_mode": TEXT,
}  # fmt: skip
HEALTH = {
    "status": TEXT, "version": TEXT, "compatible": FLAG, "uptime_seconds": NUMBER,
    "db_response_ms": NUMBER, "active_connections": int, "max_connections": int,
    "memory_alloc_mb": int,
}  # fmt: skip
METRICS = {
    "timestamp": TEXT, "uptime_seconds": NUMBER, "operations": list, "total_connections": int,
    "active_connections": int, "rejected_connections": int, "memory_alloc_mb": int,
    "memory_sys_mb": int, "goroutine_count": int,
}  # fmt: skip
OPERATION = {"operation": TEXT, "total_count": int, "success_count": int, "error_count": int}
LATENCY = ("min_ms", "p50_ms", "p95_ms", "p99_ms", "max_ms", "avg_ms")
SUMMARY = (
    "total_issues", "open_issues", "in_progress_issues", "closed_issues", "blocked_issues",
    "deferred_issues", "ready_issues", "tombstone_issues", "pinned_issues",
    "epics_eligible_for_closure",
)  # fmt: skip
MUTATION = {"Type": TEXT, "IssueID": TEXT, "Title": TEXT, "Assignee": TEXT, "Actor": TEXT,
            "Timestamp": TEXT}  # fmt: skip
ABSENT = (
    "get_molecule_progress", "mol_stale", "gate_create", "gate_list", "gate_show", "gate_close",
    "gate_wait",
)  # fmt: skip
BAD_LINES = (
    b"{", b'{"operation"', b'{"args":{}}', b'{"operation":3}', b"{" * 5000, b'{"a":"\xff"}',
)  # fmt: skip
WRONG: tuple[tuple[str, dict[str, Any], str], ...] = (
    ("create", {}, "title"),
    ("create", {"title": 5}, "title"),
    ("create", {"title": "x", "labels": "red"}, "labels"),
    ("create", {"title": "x", "labels": [1]}, "labels"),
    ("create", {"title": "x", "priority": "high"}, "priority"),
    ("create", {"title": "x", "priority": 9}, "priority"),
    ("create", {"title": "x", "metadata": "{"}, "metadata"),
    ("create", {"title": "x", "waits_for_gate": "some"}, "waits_for_gate"),
    ("create", {"title": "x", "event_actor": "me"}, "issue_type"),
    ("update", {"id": ""}, "id"),
    ("update", {"id": "px-1", "estimated_minutes": "x"}, "estimated_minutes"),
    ("close", {"id": 3}, "id"),
    ("delete", {"ids": []}, "ids"),
    ("list", {"status": "bogus"}, "status"),
    ("list", {"exclude_status": ["bogus"]}, "status"),
    ("list", {"limit": -1}, "limit"),
    ("list", {"priority": True}, "priority"),
    ("dep_tree", {"id": "px-1", "max_depth": -1}, "max_depth"),
    ("get_mutations", {"since": "now"}, "since"),
    ("get_mutations", {"since": -1}, "since"),
)
OVER_THE_LIMIT = 64 * 1024 * 1024 + 1


def require_shape(value: Any, shape: Mapping[str, Any]) -> None:
    """Check that an object has these keys, and values of these types."""
    assert isinstance(value, dict), value
    for name, kind in shape.items():
        assert name in value, (name, value)
        assert isinstance(value[name], kind), (name, value[name])
        assert not (kind is int and isinstance(value[name], bool)), (name, value)


def create(daemon: Daemon, title: str = "Work", **fields: Any) -> str:
    """Make an issue; answer its id."""
    made = daemon.data("create", {"title": title, "issue_type": "task", "priority": 2, **fields})
    found: str = made["id"]
    return found


def refused(daemon: Daemon, operation: str, args: Any = None, **more: Any) -> dict[str, Any]:
    """Ask for what is refused; answer the error."""
    answer = daemon.ask(operation, args, **more)
    assert answer["success"] is False, answer
    assert answer["error"], answer
    assert answer["code"], answer
    assert "data" not in answer or isinstance(answer["data"], dict)
    return answer


def ids(rows: list[dict[str, Any]]) -> set[str]:
    """Answer the ids of issues."""
    return {each["id"] for each in rows}


def millisecond(mutation: dict[str, Any]) -> int:
    """Answer when it happened, as a client asks on."""
    moment = datetime.fromisoformat(mutation["Timestamp"])
    return int(moment.timestamp() * 1000)


# -- the daemon itself


def test_the_daemon_tells_of_itself(daemon: Daemon) -> None:
    require_shape(daemon.data("ping"), {"message": TEXT, "version": TEXT})
    status = daemon.data("status")
    require_shape(status, STATUS)
    assert status["pid"] == daemon.pid
    assert status["socket_path"] == str(daemon.socket_path)
    health = daemon.data("health", client_version="0.49.6")
    require_shape(health, HEALTH)
    assert health["status"] == "healthy"
    metrics = daemon.data("metrics")
    require_shape(metrics, METRICS)
    for each in metrics["operations"]:
        require_shape(each, OPERATION)
        require_shape(each["latency"], dict.fromkeys(LATENCY, NUMBER))
    assert {"ping", "status", "health"} <= {each["operation"] for each in metrics["operations"]}


def test_shutdown_ends_it(daemon: Daemon) -> None:
    assert daemon.ask("shutdown")["success"] is True
    assert daemon.wait() == 0
    assert not daemon.socket_path.exists()


# -- issues


def test_create_takes_every_argument(daemon: Daemon) -> None:
    need = create(daemon, "Need")
    parent = create(daemon, "Parent", issue_type="epic")
    made = daemon.data(
        "create",
        {
            "title": "Whole", "issue_type": "bug", "priority": 0, "description": "D",
            "design": "S", "acceptance_criteria": "A", "notes": "N", "spec_id": "s-1",
            "assignee": "joe", "external_ref": "gh-1", "estimated_minutes": 30,
            "labels": ["one", "two"], "dependencies": [need, f"related:{parent}"],
            "waits_for": parent, "waits_for_gate": "any-children", "sender": "me",
            "ephemeral": False, "replies_to": need, "created_by": "maker", "owner": "o@x.org",
            "mol_type": "work", "wisp_type": "ping", "role_type": "crew", "rig": "r",
            "due_at": "2030-01-02T03:04:05Z", "defer_until": "", "nobody_knows": 1, "parent": None,
        },
        actor="ann",
    )  # fmt: skip
    require_shape(made, ISSUE)
    assert made["priority"] == 0
    assert made["created_by"] == "maker"
    assert made["owner"] == "o@x.org"
    assert made["labels"] == ["one", "two"]
    shown = daemon.data("show", {"id": made["id"]})
    kinds = {(each["id"], each["dependency_type"]) for each in shown["dependencies"]}
    assert kinds == {
        (need, "blocks"), (parent, "related"), (parent, "waits-for"), (need, "replies-to"),
    }  # fmt: skip
    for name, value in {"spec_id": "s-1", "sender": "me", "mol_type": "work", "rig": "r"}.items():
        assert shown[name] == value
    event = {"event_category": "c", "event_actor": "a", "event_target": "t", "event_payload": "{}"}
    noted = daemon.data("create", {"title": "E", "issue_type": "event", "priority": 2, **event})
    assert [noted[name] for name in ("event_kind", "actor", "target", "payload")] == [
        "c", "a", "t", "{}",
    ]  # fmt: skip
    assert create(daemon, parent=parent) == f"{parent}.1"
    assert create(daemon, id="px-own") == "px-own"


def test_update_sets_what_is_given_and_clears_by_empty_texts(daemon: Daemon) -> None:
    name = create(daemon, assignee="joe", labels=["old", "kept"])
    parent = create(daemon, "Parent")
    after = daemon.data(
        "update",
        {
            "id": name, "title": "New", "description": "D", "design": "S", "notes": "N",
            "acceptance_criteria": "A", "priority": 0, "issue_type": "bug", "assignee": "",
            "external_ref": "x", "estimated_minutes": 5, "spec_id": "s", "pinned": True,
            "add_labels": ["new"], "remove_labels": ["old"], "parent": parent,
            "metadata": '{"k": [1]}', "due_at": "2030-01-02T03:04:05Z", "status": None,
            "agent_state": "idle", "holder": "h", "last_activity": True,
        },
    )  # fmt: skip
    require_shape(after, ISSUE)
    assert (after["title"], after["priority"], after["issue_type"]) == ("New", 0, "bug")
    assert "assignee" not in after
    assert after["labels"] == ["kept", "new"]
    assert after["metadata"] == {"k": [1]}
    assert after["pinned"] is True
    assert after["last_activity"]
    assert daemon.data("show", {"id": name})["parent"] == parent
    assert daemon.data("update", {"id": name, "set_labels": []}).get("labels") is None
    for edge in ("relates_to", "duplicate_of", "superseded_by", "replies_to"):
        assert "dep_add" in refused(daemon, "update", {"id": name, edge: parent})["hint"]


def test_one_claim_wins(daemon: Daemon) -> None:
    name = create(daemon)
    taken = daemon.data("update", {"id": name, "claim": True, "assignee": "bob"}, actor="bob")
    assert (taken["status"], taken["assignee"]) == ("in_progress", "bob")
    lost = refused(daemon, "update", {"id": name, "claim": True}, actor="eve")
    assert lost["code"] == "claim.lost"


def test_close_and_reopen(daemon: Daemon) -> None:
    first, second = create(daemon, "First"), create(daemon, "Second")
    daemon.data("dep_add", {"from_id": second, "to_id": first, "dep_type": "blocks"})
    assert refused(daemon, "close", {"id": second})["code"] == "close.blocked"
    done = daemon.data(
        "close", {"id": first, "reason": "Made", "session": "s", "suggest_next": True}
    )
    require_shape(done, {"closed": dict, "unblocked": list})
    assert done["closed"]["close_reason"] == "Made"
    assert done["closed"]["closed_by_session"] == "s"
    assert ids(done["unblocked"]) == {second}
    again = daemon.data("update", {"id": first, "status": "open"})
    assert again["status"] == "open"
    assert "closed_at" not in again
    closed = daemon.data("close", {"id": second, "force": True})
    require_shape(closed, ISSUE)
    assert closed["status"] == "closed"


def test_delete_counts_and_without_force_only_tells(daemon: Daemon) -> None:
    first, second, third = (create(daemon, each) for each in ("One", "Two", "Three"))
    daemon.data("dep_add", {"from_id": second, "to_id": first, "dep_type": "blocks"})
    told = daemon.data("delete", {"ids": [first], "cascade": True})
    assert (told["deleted_count"], told["total_count"], told["dry_run"]) == (0, 2, True)
    assert len(daemon.data("list")) == 3
    gone = daemon.data("delete", {"ids": [first, "px-nothing"], "force": True, "reason": "Old"})
    assert (gone["deleted_count"], gone["total_count"]) == (1, 2)
    assert gone["dependencies_removed"] == 1
    assert gone["partial_success"] is True
    assert len(gone["errors"]) == 1
    assert ids(daemon.data("list")) == {second, third}
    assert refused(daemon, "delete", {"ids": ["px-nothing"], "force": True})["code"]


def test_show_and_resolve_id(daemon: Daemon) -> None:
    need, name = create(daemon, "Need"), create(daemon, "Work")
    daemon.data("dep_add", {"from_id": name, "to_id": need, "dep_type": "blocks"})
    daemon.data("comment_add", {"id": name, "author": "joe", "text": "Hello"})
    shown = daemon.data("show", {"id": name})
    require_shape(shown, ISSUE)
    require_shape(shown["dependencies"][0], {**ISSUE, "dependency_type": TEXT})
    require_shape(shown["comments"][0], {"id": int, "issue_id": TEXT, "author": TEXT, "text": TEXT})
    assert daemon.data("show", {"id": need})["dependents"][0]["id"] == name
    assert daemon.data("resolve_id", {"id": name.removeprefix("px-")}) == name
    unknown = refused(daemon, "show", {"id": "px-nothing"})
    assert unknown["code"] == "issue.unknown"
    assert unknown["hint"]
    assert refused(daemon, "resolve_id", {"id": "px-nothing"})["code"] == "issue.unknown"


def test_edges_labels_and_comments(daemon: Daemon) -> None:
    first, second = create(daemon, "First"), create(daemon, "Second")
    edge = {"from_id": first, "to_id": second, "dep_type": "blocks"}
    added = daemon.data("dep_add", edge)
    assert added == {
        "issue_id": first, "depends_on_id": second, "type": "blocks", "status": "added",
    }  # fmt: skip
    assert daemon.data("dep_add", edge)["status"] == "present"
    back = {"from_id": second, "to_id": first, "dep_type": "blocks"}
    assert refused(daemon, "dep_add", back)["code"] == "dependency.cycle"
    tree = daemon.data("dep_tree", {"id": first, "max_depth": 5})
    assert [(each["id"], each["depth"], each["parent_id"]) for each in tree] == [
        (first, 0, first), (second, 1, first),
    ]  # fmt: skip
    assert daemon.data("dep_remove", edge)["status"] == "removed"
    assert refused(daemon, "dep_remove", edge)["code"] == "dependency.unknown"
    daemon.data("label_add", {"id": first, "label": "red"})
    assert daemon.data("show", {"id": first})["labels"] == ["red"]
    daemon.data("label_remove", {"id": first, "label": "red"})
    assert "labels" not in daemon.data("show", {"id": first})
    said = daemon.data("comment_add", {"id": first, "author": "joe", "text": "Hello"})
    require_shape(said, {"id": int, "issue_id": TEXT, "author": TEXT, "text": TEXT,
                         "created_at": TEXT})  # fmt: skip
    assert daemon.data("comment_list", {"id": first}) == [said]
    assert daemon.data("comment_list", {"id": second}) == []


# -- lists


@pytest.fixture
def names(daemon: Daemon) -> dict[str, str]:
    """Issues of every sort."""
    found = {"bug": create(daemon, "A bug", issue_type="bug", priority=0, labels=["red", "big"])}
    found["joes"] = create(daemon, "Joe's", assignee="joe", labels=["red"], spec_id="spec-1")
    found["done"] = create(daemon, "Done long ago", description="Text")
    daemon.data("close", {"id": found["done"]})
    found["epic"] = create(daemon, "Epic", issue_type="epic", due_at="2020-01-01T00:00:00Z")
    found["child"] = create(daemon, "Child", parent=found["epic"])
    found["later"] = create(daemon, "Later", defer_until="2090-01-01T00:00:00Z")
    found["passing"] = create(daemon, "Passing", ephemeral=True)
    daemon.data("dep_add", {"from_id": found["child"], "to_id": found["bug"], "dep_type": "blocks"})
    return found


FILTERS: tuple[tuple[dict[str, Any], str], ...] = (
    ({}, "bug joes done epic child later passing"),
    ({"status": ""}, "bug joes done epic child later passing"),
    ({"status": "all"}, "bug joes done epic child later passing"),
    ({"status": "closed"}, "done"),
    ({"exclude_status": ["closed"]}, "bug joes epic child later passing"),
    ({"exclude_status": ["closed"], "status": "closed"}, ""),
    ({"exclude_types": ["bug", "epic"]}, "joes done child later passing"),
    ({"priority": 0}, "bug"),
    ({"priority_min": 1}, "joes done epic child later passing"),
    ({"priority_max": 1}, "bug"),
    ({"issue_type": "epic"}, "epic"),
    ({"assignee": "joe"}, "joes"),
    ({"assignee": ""}, "bug joes done epic child later passing"),
    ({"no_assignee": True, "exclude_status": ["closed"]}, "bug epic child later passing"),
    ({"label": "big"}, "bug"),
    ({"labels": ["red", "big"]}, "bug"),
    ({"labels_any": ["red", "big"]}, "bug joes"),
    ({"label_pattern": "b*"}, "bug"),
    ({"label_regex": "^r.d$"}, "bug joes"),
    ({"no_labels": True, "status": "open"}, "epic child later passing"),
    ({"spec_id_prefix": "spec"}, "joes"),
    ({"title_contains": "joe"}, "joes"),
    ({"description_contains": "text"}, "done"),
    ({"notes_contains": "text"}, ""),
    ({"empty_description": True, "exclude_status": ["open"]}, ""),
    ({"created_after": "2000-01-01T00:00:00Z", "priority": 0}, "bug"),
    ({"created_before": "2000-01-01T00:00:00Z"}, ""),
    ({"updated_after": "2000-01-01", "issue_type": "bug"}, "bug"),
    ({"closed_after": "2000-01-01"}, "done"),
    ({"due_before": "2021-01-01"}, "epic"),
    ({"overdue": True}, "epic"),
    ({"deferred": True}, "later"),
    ({"defer_after": "2089-01-01"}, "later"),
    ({"pinned": True}, ""),
    ({"ephemeral": True}, "passing"),
    ({"ephemeral": False, "status": "open"}, "bug joes epic child later"),
    ({"query": "long ago"}, "done"),
    ({"query": "long ago", "exclude_status": ["closed"]}, ""),
    ({"mol_type": "swarm"}, ""),
    ({"allow_stale": True, "issue_type": "bug"}, "bug"),
)


def test_lists_and_counts_take_every_filter(daemon: Daemon, names: dict[str, str]) -> None:
    for filters, expected in FILTERS:
        wanted = {names[each] for each in expected.split()}
        rows = daemon.data("list", filters)
        assert ids(rows) == wanted, filters
        for each in rows:
            require_shape(each, COUNTED)
        assert daemon.data("count", filters) == {"count": len(wanted)}, filters
    assert ids(daemon.data("list", {"ids": [names["bug"], names["done"]]})) == {
        names["bug"], names["done"],
    }  # fmt: skip
    assert ids(daemon.data("list", {"parent_id": names["epic"]})) == {names["child"]}
    assert daemon.data("list", {"limit": 1})[0]["id"] == names["bug"]
    assert len(daemon.data("list", {"limit": 3, "ephemeral": False})) == 3


def test_a_list_is_that_of_the_command_line(daemon: Daemon, bd: Bd, names: dict[str, str]) -> None:
    assert daemon.data("list") == bd.json("list", "--all", "--include-gates")
    assert daemon.data("list", {"exclude_status": ["closed"]}) == bd.json("list")
    assert daemon.data("ready") == bd.json("ready")
    assert daemon.data("blocked") == bd.json("blocked")
    assert [daemon.data("show", {"id": names["epic"]})] == bd.json("show", names["epic"])
    assert daemon.data("epic_status") == bd.json("epic", "status")
    assert daemon.data("stats") == bd.json("stats", "--no-activity")["summary"]


def test_a_list_has_no_limit_of_its_own(daemon: Daemon) -> None:
    for number in range(60):
        daemon.data("create", {"title": f"Issue {number}"})
    assert len(daemon.data("list")) == 60
    assert len(daemon.data("ready")) == 60
    assert len(daemon.data("list", {"limit": 55})) == 55


def test_counts_in_groups(daemon: Daemon, names: dict[str, str]) -> None:
    for by in ("status", "priority", "type", "assignee", "label"):
        found = daemon.data("count", {"group_by": by})
        require_shape(found, {"total": int, "groups": list})
        for each in found["groups"]:
            require_shape(each, {"group": TEXT, "count": int})
    found = daemon.data("count", {"group_by": "status", "ephemeral": False})
    assert found["groups"] == [{"group": "closed", "count": 1}, {"group": "open", "count": 5}]
    assert refused(daemon, "count", {"group_by": "colour"})["code"] == "field.invalid"


def test_ready_blocked_stale(daemon: Daemon, names: dict[str, str]) -> None:
    open_ones = {names[each] for each in ("bug", "joes", "epic")}
    assert ids(daemon.data("ready")) == open_ones
    assert ids(daemon.data("ready", {"assignee": "joe"})) == {names["joes"]}
    assert ids(daemon.data("ready", {"unassigned": True})) == open_ones - {names["joes"]}
    assert ids(daemon.data("ready", {"priority": 0, "type": "bug"})) == {names["bug"]}
    assert ids(daemon.data("ready", {"labels": ["red"], "limit": 1})) == {names["bug"]}
    assert ids(daemon.data("ready", {"labels_any": ["big", "none"]})) == {names["bug"]}
    assert ids(daemon.data("ready", {"include_deferred": True})) == open_ones | {names["later"]}
    assert daemon.data("ready", {"parent_id": names["epic"]}) == []
    assert daemon.data("ready", {"sort_policy": "oldest", "limit": 1})[0]["id"] == names["bug"]
    assert refused(daemon, "ready", {"sort_policy": "best"})["code"] == "field.invalid"
    (waiting,) = daemon.data("blocked")
    require_shape(waiting, {**ISSUE, "blocked_by_count": int, "blocked_by": list})
    assert waiting["blocked_by"] == [names["bug"]]
    assert daemon.data("blocked", {"parent_id": names["epic"]})[0]["id"] == names["child"]
    assert daemon.data("stale") == []
    assert daemon.data("stale", {"days": 3, "status": "open", "limit": 5}) == []
    assert refused(daemon, "stale", {"days": -1})["code"] == "field.invalid"


def test_stats_and_epics(daemon: Daemon, names: dict[str, str]) -> None:
    found = daemon.data("stats")
    require_shape(found, {**dict.fromkeys(SUMMARY, int), "average_lead_time_hours": NUMBER})
    assert (found["total_issues"], found["closed_issues"]) == (7, 1)
    (epic,) = daemon.data("epic_status")
    require_shape(epic, {"epic": dict, "total_children": int, "closed_children": int,
                         "eligible_for_close": FLAG})  # fmt: skip
    assert epic["epic"]["id"] == names["epic"]
    assert daemon.data("epic_status", {"eligible_only": True}) == []


def test_workers_are_those_who_have_claimed(daemon: Daemon, names: dict[str, str]) -> None:
    assert daemon.data("get_worker_status") == {"workers": []}
    daemon.data("update", {"id": names["child"], "claim": True}, actor="bob")
    (found,) = daemon.data("get_worker_status", {"assignee": "bob"})["workers"]
    require_shape(found, {"assignee": TEXT, "last_activity": TEXT, "status": TEXT})
    assert (found["assignee"], found["step_id"]) == ("bob", names["child"])
    assert (found["molecule_id"], found["molecule_title"]) == (names["epic"], "Epic")
    assert daemon.data("get_worker_status", {"assignee": "eve"}) == {"workers": []}


# -- files and settings


def test_export_and_import(daemon: Daemon, bd: Bd, tmp_path: Path) -> None:
    name = create(daemon)
    copy = tmp_path / "copy.jsonl"
    daemon.data("export", {"jsonl_path": str(copy)})
    assert json.loads(copy.read_text(encoding="utf-8"))["id"] == name
    daemon.data("export", {"jsonl_path": str(bd.records)})
    assert bd.records.read_text(encoding="utf-8") == copy.read_text(encoding="utf-8")
    record = {**json.loads(copy.read_text(encoding="utf-8")), "id": "px-new", "title": "Came"}
    record.pop("stamps", None)
    copy.write_text(json.dumps(record) + "\n", encoding="utf-8")
    assert daemon.data("import", {"jsonl_path": str(copy)})["created"] == 1
    assert daemon.data("show", {"id": "px-new"})["title"] == "Came"
    assert refused(daemon, "import", {"jsonl_path": str(tmp_path / "none")})["code"]
    copy.write_text("no record\n", encoding="utf-8")
    assert "quarantine" in refused(daemon, "import", {"jsonl_path": str(copy)})["error"]


def test_settings(daemon: Daemon) -> None:
    assert daemon.data("get_config", {"key": "issue_prefix"}) == {
        "key": "issue_prefix", "value": "px",
    }  # fmt: skip
    assert daemon.data("get_config", {"key": "none.such"})["value"] == ""
    assert refused(daemon, "get_config", {"key": "a b"})["code"] == "field.invalid"


def test_compaction_waits_for_a_digest(daemon: Daemon) -> None:
    found = daemon.data("compact_stats")
    require_shape(found["stats"], {"tier1_candidates": int, "tier2_candidates": int,
                                   "total_closed": int})  # fmt: skip
    assert daemon.data("compact", {"tier": 1, "dry_run": True, "force": False, "all": True}) == {
        "success": True, "dry_run": True, "results": [],
    }  # fmt: skip
    assert "issue.compact" in refused(daemon, "compact", {"tier": 1, "all": True})["hint"]
    assert refused(daemon, "compact", {"tier": 3, "dry_run": True})["code"] == "field.invalid"


def test_what_is_not_here_is_refused_with_a_reason(daemon: Daemon) -> None:
    for operation in ABSENT:
        answer = refused(daemon, operation, {"id": "px-1"})
        assert answer["code"] == "operation.unknown", operation
        assert answer["hint"], operation


# -- what happened


def test_mutations_tell_all_that_happened(daemon: Daemon) -> None:
    assert daemon.data("get_mutations", {"since": 0}) == []
    name = create(daemon, "Work", assignee="joe")
    daemon.data("update", {"id": name, "title": "Other"}, actor="bob")
    daemon.data("update", {"id": name, "status": "in_progress"})
    daemon.data("comment_add", {"id": name, "author": "joe", "text": "Hello"})
    daemon.data("close", {"id": name, "force": True})
    daemon.data("delete", {"ids": [name], "force": True})
    found = daemon.data("get_mutations", {"since": 0})
    for each in found:
        require_shape(each, MUTATION)
        assert each["IssueID"] == name
    assert [each["Type"] for each in found] == [
        "create", "update", "status", "comment", "status", "delete",
    ]  # fmt: skip
    assert (found[2]["old_status"], found[2]["new_status"]) == ("open", "in_progress")
    assert (found[4]["old_status"], found[4]["new_status"]) == ("in_progress", "closed")
    assert found[1]["Actor"] == "bob"
    assert (found[5]["Title"], found[5]["Assignee"]) == ("Other", "joe")


def test_who_asks_on_gets_each_mutation_once(daemon: Daemon) -> None:
    seen: list[str] = []
    since = 0
    made = []
    for _ in range(10):
        made += [create(daemon) for _ in range(3)]
        found = daemon.data("get_mutations", {"since": since})
        seen += [each["IssueID"] for each in found]
        since = millisecond(found[-1])
    assert seen == made
    assert daemon.data("get_mutations", {"since": since}) == []


def test_mutations_outlive_the_daemon_and_a_hundred_others(bd: Bd) -> None:
    with running(bd.folder, bd.environment) as daemon:
        first = create(daemon)
        since = millisecond(daemon.data("get_mutations", {"since": 0})[-1])
        many = [{"operation": "create", "args": {"title": f"Issue {n}"}} for n in range(150)]
        daemon.data("batch", {"operations": many, "atomic": True})
        daemon.kill()
        daemon.start()
        found = daemon.data("get_mutations", {"since": since})
        new = [each["IssueID"] for each in found if each["IssueID"] != first]
        assert len(set(new)) == len(new) == 150
        parent = create(daemon)
        create(daemon, parent=parent)
        last = daemon.data("get_mutations", {"since": millisecond(found[-1])})
        assert last[-1]["parent_id"] == parent


# -- batches


def test_a_batch_stops_at_the_first_failure(daemon: Daemon) -> None:
    answer = daemon.data(
        "batch",
        {
            "operations": [
                {"operation": "create", "args": {"title": "First"}},
                {"operation": "list", "args": json.dumps({"limit": 1})},
                {"operation": "create", "args": {"title": ""}},
                {"operation": "create", "args": {"title": "Never"}},
            ]
        },
    )
    first, listed, failed = answer["results"]
    require_shape(first["data"], ISSUE)
    assert listed["data"][0]["id"] == first["data"]["id"]
    assert failed["success"] is False
    assert failed["error"]
    assert [each["title"] for each in daemon.data("list")] == ["First"]


def test_an_atomic_batch_is_all_or_none(daemon: Daemon) -> None:
    steps: list[dict[str, Any]] = [
        {"operation": "create", "args": {"title": "Design"}},
        {"operation": "create", "args": {"title": "Build", "dependencies": ["$0.id"]}},
        {"operation": "label_add", "args": {"id": "$1.id", "label": "red"}},
        {"operation": "dep_add", "args": {"from_id": "$1.id", "to_id": "$0.id", "dep_type": "x"}},
        {"operation": "issue.claim", "args": {"issue": "$0.id"}},
        {"operation": "close", "args": {"id": "$0.id"}},
    ]
    failing = [*steps, {"operation": "show", "args": {"id": "$0.id"}}]
    error = refused(daemon, "batch", {"operations": failing, "atomic": True})
    assert error["data"]["position"] == 6
    assert daemon.data("list") == []
    results = daemon.data("batch", {"operations": steps, "atomic": True}, actor="bob")["results"]
    assert [each["success"] for each in results] == [True] * 6
    require_shape(results[1]["data"], ISSUE)
    assert results[5]["data"]["status"] == "closed"
    (left,) = daemon.data("ready")
    assert (left["title"], left["labels"]) == ("Build", ["red"])


def test_a_batch_that_is_none_is_refused(daemon: Daemon) -> None:
    for operations in ("[]", 3, [3], {"operation": "ping"}):
        answer = refused(daemon, "batch", {"operations": operations})
        assert answer["code"] == "request.invalid", operations
    for args in ("{", [1], "[]", 7):
        for is_atomic in (True, False):
            steps = [{"operation": "create", "args": args}]
            answer = daemon.ask("batch", {"operations": steps, "atomic": is_atomic})
            found = answer if not answer["success"] else answer["data"]["results"][0]
            assert found["success"] is False, args
            assert found["code"] == "request.invalid", args
    assert daemon.data("list") == []


# -- the line itself


def test_a_key_makes_a_request_with_a_relative_time_safe_to_repeat(daemon: Daemon) -> None:
    asked = {"title": "Rel", "due_at": "+2d", "defer_until": "tomorrow"}
    first = daemon.ask("create", asked, key="k2")
    assert daemon.ask("create", asked, key="k2") == first
    change = {"id": first["data"]["id"], "due_at": "+1w"}
    assert daemon.ask("update", change, key="k3") == daemon.ask("update", change, key="k3")
    other = daemon.ask("create", {**asked, "due_at": "+3d"}, key="k2")
    assert other["code"] == "key.reused"


def test_times_and_minutes_are_what_typed_clients_can_read(daemon: Daemon) -> None:
    odd = {"title": "Odd", "due_at": "2030-01-02t03:04:05.12345678901+0200"}
    assert daemon.data("create", odd)["due_at"] == "2030-01-02T01:04:05.123456Z"
    assert refused(daemon, "create", {"title": "Off", "due_at": "2030-01-02T03:04:05+99:00"})
    for minutes in (-1, 2**31, 2**70):
        for operation, more in (("create", {"title": "M"}), ("update", {"id": "px-1"})):
            error = refused(daemon, operation, {**more, "estimated_minutes": minutes})
            assert error["code"] in ("field.invalid", "request.invalid"), (operation, minutes)


def test_a_key_makes_a_request_safe_to_repeat(daemon: Daemon) -> None:
    first = daemon.ask("create", {"title": "Once"}, key="k1", request_id="r1")
    again = daemon.ask("create", {"title": "Once"}, key="k1", request_id="r2")
    assert first["data"] == again["data"]
    assert (first["request_id"], again["request_id"]) == ("r1", "r2")
    assert refused(daemon, "create", {"title": "Other"}, key="k1")["code"] == "key.reused"
    steps = [{"operation": "create", "args": {"title": each}} for each in ("A", "B")]
    done = [daemon.data("batch", {"operations": steps}, key="k2") for _ in range(2)]
    assert done[0] == done[1]
    assert len(daemon.data("list")) == 3


def test_requests_sent_together_are_answered_in_order(daemon: Daemon) -> None:
    with daemon.line() as line:
        for number in range(200):
            operation = ("create", "list", "ping")[number % 3]
            line.request(operation, {"title": f"Issue {number}", "limit": 1}, request_id=number)
        answers = [line.receive() for _ in range(200)]
    assert [each["request_id"] for each in answers] == list(range(200))
    assert all(each["success"] for each in answers)


def test_another_database_is_refused(daemon: Daemon, bd: Bd, tmp_path: Path) -> None:
    for name in ("beads.db", "beadwork.db", "issues.jsonl"):
        assert daemon.ask("ping", expected_db=str(bd.beads / name))["success"] is True
    other = refused(daemon, "ping", expected_db=str(tmp_path / ".beads" / "beads.db"))
    assert other["code"] == "database.mismatch"


def test_null_is_the_same_as_nothing(daemon: Daemon) -> None:
    nothing = dict.fromkeys(("actor", "session", "key", "request_id", "expected_db", "cwd"))
    for operation in ("list", "issue.list", "ping", "stats"):
        with daemon.line() as line:
            line.send(
                json.dumps({"operation": operation, "args": None, **nothing}).encode() + b"\n"
            )
            assert line.receive()["success"] is True, operation
    made = daemon.data("create", {"title": "x", "labels": None, "priority": None}, **nothing)
    assert made["created_by"] == "ann"


def test_wrong_arguments_are_named(daemon: Daemon) -> None:
    for operation, args, field in WRONG:
        answer = refused(daemon, operation, args)
        assert answer["code"] == "field.invalid", (operation, args)
        assert answer["hint"], (operation, args)
        assert answer["data"]["field"] == field, (operation, args)
    for other in ([1], "text", 3):
        assert refused(daemon, "list", other)["code"] == "request.invalid", other


def test_an_unknown_operation_names_the_nearest(daemon: Daemon) -> None:
    assert "ready" in refused(daemon, "redy")["hint"]
    far = refused(daemon, "x" * 5000)
    assert far["code"] == "operation.unknown"
    assert len(json.dumps(far)) < 1000


def test_a_bad_line_is_answered_and_the_next_is_read(daemon: Daemon) -> None:
    with daemon.line() as client:
        for line in BAD_LINES:
            client.send(line + b"\n")
            answer = client.receive()
            assert (answer["success"], answer["code"]) == (False, "request.invalid"), line
            assert client.ask("ping")["success"] is True


def test_garbage_ends_the_connection_and_no_more(daemon: Daemon) -> None:
    for content in (b"GET / HTTP/1.1\r\n\r\n", bytes(range(256)), b"\xff" * 4096):
        with daemon.line() as client:
            client.send(content)
            assert client.is_ended(), content
    assert daemon.ask("ping")["success"] is True


def test_a_line_over_the_limit_ends_the_connection(daemon: Daemon) -> None:
    with daemon.line() as client:
        sender = threading.Thread(target=send_too_much, args=(client,))
        sender.start()
        assert client.is_ended()
        sender.join()
    assert daemon.ask("ping")["success"] is True
    assert daemon.data("health")["status"] == "healthy"


def send_too_much(client: Any) -> None:
    """Send a line that has no end, as far as it is taken."""
    try:
        client.send(b'{"operation":"' + b"x" * OVER_THE_LIMIT)
    except OSError:
        return


def test_a_client_that_dies_in_the_middle_harms_nobody(daemon: Daemon) -> None:
    for content in (
        b"{",
        b'{"operation":"create","args":{"title":"x"}}',
        b'{"operation":"list"}\n',
    ):
        client = daemon.line()
        client.send(content)
        client.close()
    assert daemon.ask("ping")["success"] is True
    assert all(each["title"] != "x" for each in daemon.data("list"))


def test_the_socket_is_its_users_alone(daemon: Daemon) -> None:
    assert daemon.socket_path.stat().st_mode & 0o777 == 0o600
    assert daemon.socket_path.is_socket()


def test_a_path_too_long_for_a_socket_is_a_link(bd: Bd, tmp_path: Path) -> None:
    folder = tmp_path / ("deep" * 20) / ("long" * 20)
    folder.mkdir(parents=True)
    long_one = bd.at(folder)
    long_one.ok("init", "--quiet", "--prefix", "px")
    with running(folder, long_one.environment) as daemon:
        assert daemon.socket_path.is_symlink()
        assert len(os.fsencode(os.readlink(daemon.socket_path))) < 104
        assert daemon.ask("ping")["success"] is True
    with pytest.raises(OSError), socket.socket(socket.AF_UNIX) as plain:  # noqa: PT011 -- any
        plain.connect(str(daemon.socket_path))


def test_a_step_without_a_key_is_done_each_time(daemon: Daemon) -> None:
    steps = [{"operation": "issue.create", "args": {"title": "T"}, "key": None}]
    for _ in range(2):
        daemon.data("each", {"operations": steps})
    assert len(daemon.data("list")) == 2
    odd = [{"operation": "issue.create", "args": {"title": "T"}, "key": 7}]
    (answer,) = daemon.data("each", {"operations": odd})["results"]
    assert answer["code"] == "request.invalid"


def test_a_database_that_can_not_be_is_another(daemon: Daemon) -> None:
    with daemon.line() as line:
        answer = line.ask("ping", expected_db="/a\0b")
    assert answer["code"] == "database.mismatch"


def test_what_is_no_request_is_answered_under_its_own_id(daemon: Daemon) -> None:
    with daemon.line() as line:
        answer = line.ask("ping", actor=1, request_id=7)
    assert (answer["success"], answer["request_id"]) == (False, 7)


def test_a_batch_is_atomic_or_it_is_not(daemon: Daemon) -> None:
    steps = [{"operation": "create", "args": {"title": "T"}}]
    answer = refused(daemon, "batch", {"operations": steps, "atomic": "false"})
    assert answer["code"] == "request.invalid"
    assert daemon.data("list") == []


def test_a_batch_does_what_it_can_until_a_step_fails(daemon: Daemon) -> None:
    steps = [
        {"operation": "create", "args": {"title": "In a batch"}},
        {"operation": "ping"},
        {"operation": "health"},
        {"operation": "create", "args": [1]},
        {"operation": "create", "args": {"title": "Never"}},
    ]
    results = daemon.data("batch", {"operations": steps})["results"]
    assert [each["success"] for each in results] == [True, True, True, False]
    assert results[1]["data"]["message"] == "pong"
    titles = {each["title"] for each in daemon.data("list")}
    assert "In a batch" in titles
    assert "Never" not in titles
    assert daemon.data("batch", {"operations": None})["results"] == []
    assert daemon.data("batch", {"operations": []})["results"] == []
    for alone in ("shutdown", "batch"):
        (result,) = daemon.data("batch", {"operations": [{"operation": alone}]})["results"]
        assert "part of a batch" in result["error"]


def test_what_is_no_text_or_too_deep_is_the_callers_fault(daemon: Daemon) -> None:
    deep = "[" * 50_000
    for operation, args in (
        ("create", {"title": "Deep", "metadata": deep}),
        ("batch", {"operations": [{"operation": "create", "args": deep}]}),
        ("export", {"jsonl_path": "a\0b"}),
        ("import", {"jsonl_path": "a\0b"}),
        ("delete", {"ids": ["px-1"], "reason": "a\0b"}),
    ):
        answer = daemon.ask(operation, args)
        found = answer["data"]["results"][0] if operation == "batch" else answer
        assert found["code"] != "fault", (operation, found)
        assert found["success"] is False
    for operation, name in (("create", "title"), ("list", "query"), ("event.follow", "issues")):
        value = b'["\xff"]' if name == "issues" else b'"\xff"'
        line = b'{"operation": "%s", "args": {"%s": %s}}\n'
        with daemon.line() as own:
            own.send(line % (operation.encode(), name.encode(), value))
            answer = own.receive()
        assert (answer["success"], answer["code"]) == (False, "request.invalid"), operation


def test_ready_means_what_is_at_work_too(daemon: Daemon) -> None:
    made = daemon.data("create", {"title": "At work"})["id"]
    daemon.data("update", {"id": made, "status": "in_progress"})
    assert made in {each["id"] for each in daemon.data("ready")}
    assert made not in {each["id"] for each in daemon.data("ready", {"status": "open"})}


def test_a_typed_client_may_send_what_it_left_out(daemon: Daemon) -> None:
    made = daemon.data("create", {"title": "Plain", "issue_type": "", "labels": [" c "]})
    assert made["issue_type"] == "task"
    for said in ({"labels": [" c "]}, {"label": " c"}, {"labels_any": ["c ", ""]}):
        assert [each["id"] for each in daemon.data("list", said)] == [made["id"]], said
    assert daemon.data("list", {"ids": [made["id"], "px-none", ""]})[0]["id"] == made["id"]
    assert daemon.data("list", {"ids": ["px-none"]}) == []
    assert daemon.data("count", {"ids": [made["id"], "px-none"]})["count"] == 1


def test_a_relative_path_is_one_of_the_projects_folder(daemon: Daemon) -> None:
    daemon.data("create", {"title": "One"})
    daemon.data("export", {"jsonl_path": "out.jsonl"})
    assert (daemon.folder / "out.jsonl").is_file()
    daemon.data("import", {"jsonl_path": "out.jsonl"})
