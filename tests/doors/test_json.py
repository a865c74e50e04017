"""The JSON of classic `bd`: names, types and nesting of its keys (classic-bd.md 2.1, 2.2)."""

import re
from typing import Any

import pytest

from beadwork.model.issue import KNOWN_FIELDS
from tests.doors.program import Bd

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z")
ALWAYS = ["id", "title", "status", "priority", "issue_type", "created_at", "updated_at"]
COUNTS = ["dependency_count", "dependent_count", "comment_count"]


@pytest.fixture
def family(bd: Bd) -> dict[str, str]:
    """An epic with a child that needs another issue, with a label and a comment."""
    epic = bd.create("Epic", "-t", "epic")
    need = bd.create("Need", "-p", "0")
    child = bd.create("Child", "--parent", epic, "--deps", need, "-l", "b,a", "-d", "Text")
    bd.ok("comments", "add", child, "Said")
    return {"epic": epic, "need": need, "child": child}


def assert_is_issue(shown: dict[str, Any], *more: str) -> None:
    """Check the keys of an issue: those that are always there, no unknown one, types, order."""
    assert [key for key in ALWAYS if key not in shown] == []
    assert set(shown) <= {*KNOWN_FIELDS, *more}
    known = [key for key in shown if key in KNOWN_FIELDS and key not in more]
    assert known == sorted(known, key=KNOWN_FIELDS.index)
    assert type(shown["priority"]) is int
    for key in ("created_at", "updated_at", "closed_at", "due_at"):
        assert key not in shown or TIME.fullmatch(shown[key])
    assert not [key for key in KNOWN_FIELDS if shown.get(key) in ("", [], None) and key in shown]


def test_create_is_one_object(bd: Bd) -> None:
    shown = bd.json("create", "New", "-p", "0", "-l", "x", "--due", "+2d")
    assert_is_issue(shown)
    assert (shown["priority"], shown["status"], shown["issue_type"]) == (0, "open", "task")
    assert shown["created_by"] == "ann"


def test_create_silent_is_the_id_alone(bd: Bd) -> None:
    answer = bd.ok("create", "New", "--silent", "--json")
    assert re.fullmatch(r"px-[0-9a-z]{3,8}\n", answer.out)
    assert answer.err == ""


def test_create_quiet_says_the_id_alone_and_leaves_json_as_it_is(bd: Bd) -> None:
    assert re.fullmatch(r"px-[0-9a-z]{3,8}\n", bd.ok("-q", "create", "New").out)
    assert bd.ok("create", "-f", "-", "-q", given="## One\n## Two\n").out.count("\n") == 2
    assert bd.json("-q", "create", "New")["title"] == "New"


def test_what_stands_below_a_type_in_a_file_is_text_of_the_issue(bd: Bd) -> None:
    content = (
        "## One\nWhy\n### Type\nbug (a bad one)\n\nSince May.\n### Priority\nP1 at least\n"
        "### Assignee\nAnn Lee\nif she can\n"
    )
    (one,) = bd.json("create", "-f", "-", given=content)
    assert (one["issue_type"], one["priority"], one["assignee"]) == ("bug", 1, "Ann Lee")
    assert one["description"] == "Why\n\n(a bad one)\n\nSince May.\n\nat least\n\nif she can"
    answer = bd("create", "-f", "-", "--json", given="## Two\n### Type\nbgu or so\n")
    assert (answer.code, '"bgu"' in answer.error["error"]) == (2, True)
    assert "bug" in answer.error["hint"]


def test_create_from_a_file_is_an_array(bd: Bd) -> None:
    need = bd.create("Need")
    (bd.folder / "plan.md").write_text(
        "# A plan\n\n## One\nText\n### Priority\nP1\n### Type\nbug\n### Labels\na, b\n"
        f"## Two\n### Description\nMore\n### Dependencies\n{need}\n### Risks\nNone\n",
        encoding="utf-8",
    )
    one, two = bd.json("create", "-f", "plan.md")
    assert (one["title"], one["priority"], one["issue_type"]) == ("One", 1, "bug")
    assert (one["description"], one["labels"]) == ("Text", ["a", "b"])
    assert two["description"] == "More\n\n### Risks\nNone"
    assert [each["id"] for each in bd.json("dep", "list", two["id"])] == [need]


def test_create_from_a_file_makes_all_or_none_and_says_which_failed(bd: Bd) -> None:
    content = "## Good: one\n## Bad: two\n### Type\nbogus\n"
    for words in ((), ("--dry-run",)):
        answer = bd("create", "-f", "-", "--json", *words, given=content)
        assert (answer.code, answer.out) == (2, "")
        assert 'In "Bad: two"' in answer.error["error"]
    assert bd.json("list") == []
    again = bd.json("create", "-f", "-", given="## Twice\n## Twice\n")
    assert [each["title"] for each in again] == ["Twice", "Twice"]


def test_dry_run_checks_all_and_stores_nothing(bd: Bd) -> None:
    parent = bd.create("Parent")
    before = bd.ok("export").out
    shown = bd.json("create", "New", "--dry-run", "--parent", parent)
    assert shown["id"] == f"{parent}.1"
    assert bd("create", "New", "--dry-run", "--deps", "px-nope").code == 3
    assert bd("create", "New", "--dry-run", "-t", "bogus").code == 2
    assert bd.ok("export").out == before
    assert bd.create("New", "--parent", parent) == f"{parent}.1"


def test_show_is_an_array_with_full_issues_at_the_other_ends(
    bd: Bd, family: dict[str, str]
) -> None:
    (shown,) = bd.json("show", family["child"])
    assert_is_issue(shown, "dependencies", "dependents", "comments", "parent")
    assert shown["labels"] == ["a", "b"]
    assert shown["parent"] == family["epic"]
    ends = {each["id"]: each for each in shown["dependencies"]}
    assert ends[family["need"]]["dependency_type"] == "blocks"
    assert ends[family["epic"]]["dependency_type"] == "parent-child"
    for end in ends.values():
        assert_is_issue(end, "dependency_type")
    (comment,) = shown["comments"]
    assert list(comment) == ["id", "issue_id", "author", "text", "created_at"]
    assert type(comment["id"]) is int
    assert comment["id"] < 2**53
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", comment["created_at"])
    (epic,) = bd.json("show", family["epic"])
    assert [each["id"] for each in epic["dependents"]] == [family["child"]]
    assert "dependencies" not in epic


def test_show_names_who_holds_it(bd: Bd) -> None:
    issue = bd.create()
    bd.ok("claim", issue)
    (shown,) = bd.json("show", issue)
    assert (shown["claimed_by"], shown["claim_epoch"]) == ("ann", 1)


def test_show_of_several_keeps_their_order(bd: Bd, family: dict[str, str]) -> None:
    names = [family["need"], family["child"], family["epic"]]
    assert [each["id"] for each in bd.json("show", *names)] == names
    assert [each["id"] for each in bd.json("view", f"--id={names[1]}")] == [names[1]]


def test_show_variants_are_maps(bd: Bd, family: dict[str, str]) -> None:
    children = bd.json("show", family["epic"], "--children")
    assert [each["id"] for each in children[family["epic"]]] == [family["child"]]
    refs = bd.json("show", family["need"], "--refs")
    assert [each["dependency_type"] for each in refs[family["need"]]] == ["blocks"]
    assert bd.json("show", family["child"], "--children") == {family["child"]: []}


def test_list_holds_raw_edges_and_true_counts(bd: Bd, family: dict[str, str]) -> None:
    rows = bd.json("list")
    assert [row["id"] for row in rows] == [family["need"], family["child"], family["epic"]]
    for row in rows:
        assert_is_issue(row, *COUNTS, "parent", "dependencies")
    child = rows[1]
    assert [child[key] for key in COUNTS] == [2, 0, 1]
    assert child["parent"] == family["epic"]
    assert {edge["depends_on_id"]: edge["type"] for edge in child["dependencies"]} == {
        family["need"]: "blocks",
        family["epic"]: "parent-child",
    }
    for edge in child["dependencies"]:
        assert list(edge) == ["issue_id", "depends_on_id", "type", "created_at", "created_by"]
    assert "comments" not in child


def test_ready_has_counts_and_no_edges(bd: Bd, family: dict[str, str]) -> None:
    rows = bd.json("ready")
    assert {row["id"] for row in rows} == {family["need"], family["epic"]}
    for row in rows:
        assert_is_issue(row, *COUNTS)
        assert "dependencies" not in row
    need = next(row for row in rows if row["id"] == family["need"])
    assert [need[key] for key in COUNTS] == [0, 1, 0]


def test_blocked_names_the_blockers(bd: Bd, family: dict[str, str]) -> None:
    (row,) = bd.json("blocked")
    assert_is_issue(row, "blocked_by_count", "blocked_by")
    assert (row["blocked_by_count"], row["blocked_by"]) == (1, [family["need"]])


@pytest.mark.parametrize("command", ["list", "ready", "blocked"])
def test_nothing_is_an_empty_array(bd: Bd, command: str) -> None:
    assert bd.ok(command, "--json").out == "[]\n"


def test_update_close_reopen_are_arrays_with_labels(bd: Bd) -> None:
    issue = bd.create("x", "-l", "a")
    (updated,) = bd.json("update", issue, "--status=in_progress", "--add-label", "b")
    assert_is_issue(updated)
    assert (updated["status"], updated["labels"]) == ("in_progress", ["a", "b"])
    (closed,) = bd.json("close", issue, "--reason", "Done", "--session", "s1")
    assert_is_issue(closed)
    assert (closed["close_reason"], closed["closed_by_session"]) == ("Done", "s1")
    assert TIME.fullmatch(closed["closed_at"])
    (again,) = bd.json("close", issue, "--reason", "Other")
    assert again == closed
    (reopened,) = bd.json("reopen", issue)
    assert reopened["status"] == "open"
    assert not {"closed_at", "close_reason", "closed_by_session"} & set(reopened)


def test_close_suggests_what_it_freed(bd: Bd, family: dict[str, str]) -> None:
    shown = bd.json("close", family["need"], "--suggest-next")
    assert [each["id"] for each in shown["closed"]] == [family["need"]]
    assert [each["id"] for each in shown["unblocked"]] == [family["child"]]
    assert isinstance(bd.json("close", family["child"], "--suggest-next"), list)


def test_delete_counts_what_went(bd: Bd, family: dict[str, str]) -> None:
    plan = bd.json("delete", family["need"])
    assert (plan["would_delete"], plan["deleted_count"]) == ([family["need"]], 0)
    one = bd.json("delete", family["need"], "--force")
    assert one == {
        "deleted": family["need"],
        "dependencies_removed": 1,
        "references_updated": 0,
    }
    both = bd.json("delete", family["need"], family["epic"], "--force")
    assert (both["deleted"], both["deleted_count"]) == ([family["epic"]], 1)
    assert both["already"] == [family["need"]]
    assert both["orphaned_issues"] == [family["child"]]
    assert set(both) >= {"dependencies_removed", "events_removed", "labels_removed"}


def test_delete_takes_ids_from_a_file_and_what_needs_them(bd: Bd, family: dict[str, str]) -> None:
    given = f"# to go\n\n{family['need']}\n"
    answer = bd.ok("delete", "--from-file", "-", "--cascade", "--force", "--json", given=given)
    assert set(answer.json["deleted"]) == {family["need"], family["child"]}


def test_dependencies(bd: Bd) -> None:
    a, b = bd.create("A"), bd.create("B")
    edge = {"issue_id": a, "depends_on_id": b, "type": "blocks"}
    assert bd.json("dep", "add", a, b) == {**edge, "status": "added"}
    assert bd.json("dep", "add", a, b) == {**edge, "status": "present"}
    (down,) = bd.json("dep", "list", a)
    assert_is_issue(down, "dependency_type")
    assert (down["id"], down["dependency_type"]) == (b, "blocks")
    (up,) = bd.json("dep", "list", b, "--direction", "up")
    assert up["id"] == a
    assert bd.json("dep", "list", a, "-t", "related") == []
    assert bd.json("dep", "remove", a, b) == {
        "issue_id": a,
        "depends_on_id": b,
        "status": "removed",
    }
    assert bd("dep", "rm", a, b).code == 3
    assert bd.json("dep", a, "--blocks", b)["issue_id"] == b
    assert bd.json("dep", a, f"--blocks={b}")["status"] == "present"
    assert bd.json("dep", "cycles") == []


def test_relations_go_both_ways(bd: Bd) -> None:
    a, b = bd.create("A"), bd.create("B")
    assert bd.json("dep", "relate", a, b) == {"id1": a, "id2": b, "related": True}
    for issue in (a, b):
        (end,) = bd.json("dep", "list", issue)
        assert end["dependency_type"] == "relates-to"
    assert {row["id"] for row in bd.json("ready")} == {a, b}
    assert bd.json("unrelate", a, b) == {"id1": a, "id2": b, "unrelated": True}
    assert bd.json("dep", "list", a) == []


def test_a_tree_is_a_flat_array_root_first(bd: Bd) -> None:
    root, left, right, leaf = (bd.create("x", "--id", f"px-{n}") for n in ("d", "b", "c", "a"))
    for issue, need in ((root, left), (root, right), (left, leaf), (right, leaf)):
        bd.ok("dep", "add", issue, need)
    nodes = bd.json("dep", "tree", root)
    assert nodes[0]["id"] == nodes[0]["parent_id"] == root
    assert [node["depth"] for node in nodes] == [0, 1, 2, 1]
    for node in nodes:
        assert_is_issue(node, "depth", "parent_id", "truncated", "dependency_type")
        assert not {"owner", "created_by", "labels"} & set(node)
    assert len(bd.json("dep", "tree", root, "--show-all-paths")) == 5
    assert {node["id"] for node in bd.json("dep", "tree", leaf, "--reverse")} == {
        root, left, right, leaf,
    }  # fmt: skip
    cut = bd.json("dep", "tree", root, "-d", "1")
    assert [node["truncated"] for node in cut] == [False, True, True]
    bd.ok("update", leaf, "--status", "in_progress")
    way = bd.json("dep", "tree", root, "--status", "in_progress")
    assert [node["id"] for node in way] == [root, left, leaf]
    mermaid = bd.ok("dep", "tree", root, "--format", "mermaid").out
    assert mermaid.startswith("flowchart TD\n")
    assert f"{root.replace('-', '_')} --> {left.replace('-', '_')}" in mermaid


def test_labels(bd: Bd) -> None:
    a, b = bd.create("A"), bd.create("B")
    outcome = [{"issue_id": each, "label": "x,y", "status": "added"} for each in (a, b)]
    assert bd.json("label", "add", a, b, "x,y") == outcome
    assert bd.json("label", "add", a, "x,y")[0]["status"] == "present"
    assert bd.json("label", "list", a) == ["x,y"]
    assert bd.json("label", "list-all") == [{"label": "x,y", "count": 2}]
    assert bd.json("label", "remove", a, "x,y")[0]["status"] == "removed"
    assert bd.json("label", "remove", a, "x,y")[0]["status"] == "absent"
    assert bd.json("label", "list", a) == []


def test_comments(bd: Bd) -> None:
    issue = bd.create()
    comment = bd.json("comments", "add", issue, "First", "-a", "bob")
    assert (comment["author"], comment["text"], comment["issue_id"]) == ("bob", "First", issue)
    bd.ok("comment", issue, "Second")
    listed = bd.json("comments", issue)
    assert {each["text"] for each in listed} == {"First", "Second"}
    assert bd.json("comments", "list", issue) == listed
    assert bd.json("comments", bd.create()) == []


def test_claims(bd: Bd) -> None:
    issue = bd.create()
    (claimed,) = bd.json("update", issue, "--claim")
    assert_is_issue(claimed, "claim_epoch", "already")
    assert (claimed["assignee"], claimed["status"]) == ("ann", "in_progress")
    assert (claimed["claim_epoch"], claimed["already"]) == (1, False)
    (claimed,) = bd.json("update", issue, "--claim")
    assert (claimed["claim_epoch"], claimed["already"]) == (1, True)
    (again,) = bd.json("claim", issue)
    assert (again["already"], again["claim_epoch"]) == (True, 1)
    (beat,) = bd.json("heartbeat", issue, "--lease", "30m", "--epoch", "1")
    assert beat["claim_epoch"] == 1
    (released,) = bd.json("release", issue)
    assert "assignee" not in released
    assert bd("heartbeat", issue).code == 4


def test_one_id_is_answered_by_one_deleted_or_not(bd: Bd) -> None:
    issue = bd.create()
    gone = {"deleted": issue, "dependencies_removed": 0, "references_updated": 0}
    assert bd.json("delete", issue, "--force") == gone
    assert bd.json("delete", issue, "--force") == {"already": [issue], **gone}


def test_what_is_not_known_here_has_what_each_issue_has(bd: Bd) -> None:
    issue = bd.create()
    bd.ok("dep", "add", issue, "external:other:login")
    (shown,) = bd.json("show", issue)
    (need,) = shown["dependencies"]
    assert_is_issue(need, "dependency_type")
    assert (need["id"], need["status"]) == ("external:other:login", "open")


def test_ready_claims_the_first(bd: Bd) -> None:
    low, high = bd.create("Low", "-p", "3"), bd.create("High", "-p", "1")
    (first,) = bd.json("ready", "--claim")
    assert (first["id"], first["claim_epoch"]) == (high, 1)
    (second,) = bd.json("ready", "--claim", "--unassigned", "--json")
    assert second["id"] == low
    assert bd.ok("ready", "--claim", "--json").out == "[]\n"
    assert bd("ready", "--claim", "--sort", "oldest").code == 2


def test_where_and_version(bd: Bd) -> None:
    assert bd.json("where") == {
        "path": str(bd.beads),
        "prefix": "px",
        "database_path": str(bd.beads / "beadwork.db"),
    }
    version = bd.json("version")
    assert set(version) == {"version", "build"}
    assert bd.ok("--version").out == bd.ok("version").out
    assert version["version"] in bd.ok("-V").out


def test_export_and_its_statistics(bd: Bd, family: dict[str, str]) -> None:
    text = bd.ok("export").out
    assert text == bd.records.read_text(encoding="utf-8")
    answer = bd.ok("export", "-o", "copy.jsonl", "--json")
    assert answer.out == ""
    assert answer.error == {
        "exported": 3,
        "output_file": "copy.jsonl",
        "skipped": 0,
        "success": True,
        "total_issues": 3,
    }
    assert (bd.folder / "copy.jsonl").read_text(encoding="utf-8") == text
    bd.ok("close", family["need"])
    assert bd.ok("export", "--status", "closed").out.count("\n") == 1
    assert bd.ok("export", "-p", "2").out.count("\n") == 2
    assert bd.ok("export", "-p", "0").out.count("\n") == 1
    bd.ok("export", "-t", "epic", "-o", "epics.jsonl")
    assert (bd.folder / "epics.jsonl").read_text(encoding="utf-8").count("\n") == 1
    assert bd.ok("export", "-o", ".beads/issues.jsonl", "--json").error["exported"] == 3


def test_sync_and_import_report(bd: Bd) -> None:
    issue = bd.create()
    assert bd.json("sync") == {"imported": None, "is_written": False}
    bd.ok("update", issue, "-p", "1", "--no-auto-flush")
    assert bd.json("sync", "--status") == {"dirty": 1}
    assert bd.json("sync", "--dry-run")["dirty"] == 1
    assert bd.json("sync", "--flush-only")["is_written"] is True
    line = '{"id":"px-new","title":"New","created_at":"2026-01-01T00:00:00Z"}\n'
    report = bd.ok("import", "--json", "-i", "-", given=line).json
    assert (report["lines"], report["created"], report["updated"]) == (1, 1, 0)
    assert report["without_priority"] == ["px-new"]
    again = bd.ok("import", "--json", "-", given=line).json
    assert (again["created"], again["unchanged"]) == (0, 1)
    assert bd.json("import")["is_unchanged"] is True


def test_sync_tells_what_it_took_in(bd: Bd) -> None:
    issue = bd.create("Before")
    text = bd.records.read_text(encoding="utf-8")
    bd.records.write_text(text.replace("Before", "After"), encoding="utf-8")
    shown = bd.json("sync")
    assert shown["imported"]["updated"] == 1
    assert bd.json("show", issue)[0]["title"] == "After"


def test_import_only_what_is_new(bd: Bd) -> None:
    issue = bd.create("Mine")
    (bd.folder / "in.jsonl").write_text(
        bd.ok("export").out.replace("Mine", "Theirs")
        + '{"id":"px-new","title":"New","priority":1,"created_at":"2026-01-01T00:00:00Z"}\n',
        encoding="utf-8",
    )
    report = bd.json("import", "in.jsonl", "--skip-existing")
    assert report["created"] == 1
    assert bd.json("show", issue)[0]["title"] == "Mine"


def test_history_and_undo(bd: Bd) -> None:
    issue = bd.create("Before")
    bd.ok("update", issue, "--title", "After")
    last, first = bd.json("history", issue)
    assert last["changes"] == [{"field": "title", "before": "Before", "after": "After"}]
    assert (first["kind"], first["actor"], first["issue_id"]) == ("created", "ann", issue)
    assert TIME.fullmatch(first["at"])
    undone = bd.json("undo", issue)
    assert undone["request"] == last["request"]
    assert [each["title"] for each in undone["issues"]] == ["Before"]


def test_undo_takes_back_all_of_a_command(bd: Bd) -> None:
    one, two, three = (bd.create(title) for title in ("One", "Two", "Three"))
    bd("close", "px-none", one, two)
    bd.ok("update", three, "--title", "Third")
    bd.ok("undo", three)
    assert {each["id"] for each in bd.json("undo", one)["issues"]} == {one, two}
    assert {each["status"] for each in bd.json("show", one, two)} == {"open"}
    assert bd.json("show", three)[0]["title"] == "Three"


def test_a_repeat_under_a_key_may_name_relative_times(bd: Bd) -> None:
    made = bd.ok("create", "Rel", "--due", "+2d", "--defer", "tomorrow", "--key", "a").out
    assert bd.ok("create", "Rel", "--due", "+2d", "--defer", "tomorrow", "--key", "a").out == made
    issue = bd.create()
    for words in (("update", issue, "--due", "+3d"), ("defer", issue, "--until", "+1w")):
        first = bd.ok(*words, "--key", words[0]).out
        assert bd.ok(*words, "--key", words[0]).out == first
    assert bd("update", issue, "--due", "+4d", "--key", "update", "--json").code == 4


def test_a_blank_assignee_is_refused_and_a_status_offered_can_be_set(bd: Bd) -> None:
    issue = bd.create()
    for words in (
        ("update", issue, "-a", " "),
        ("create", "T", "-a", "  "),
        ("assign", issue, " "),
    ):
        assert bd(*words, "--json").error["code"] == "field.invalid", words
    assert "tombstone" not in bd("update", issue, "--status", "bogus").err


def test_an_issue_without_a_birth_counts_for_no_lead_time(bd: Bd) -> None:
    (bd.folder / "in.jsonl").write_text('{"id":"bd-old","title":"No birth"}\n', encoding="utf-8")
    bd.ok("import", "in.jsonl")
    bd.ok("close", "bd-old", bd.create())
    assert bd.json("stats")["summary"]["average_lead_time_hours"] < 1


def test_a_span_of_what_lies_behind_goes_back(bd: Bd) -> None:
    issue = bd.create()
    for words in (("--created-after", "2d"), ("--updated-after", "-1w"), ("--created-after", "1h")):
        assert [each["id"] for each in bd.json("list", *words)] == [issue], words
    for words in (("--created-before", "2d"), ("--updated-before", "1w")):
        assert bd.json("list", *words) == [], words
    bd.ok("update", issue, "--due", "+1d")
    assert [each["id"] for each in bd.json("list", "--due-before", "2d")] == [issue]


def test_a_claim_of_what_is_new_can_be_asked_for_again(bd: Bd) -> None:
    bd.create()
    words = ("ready", "--claim", "--created-after", "-2d", "--key", "k")
    first = bd.json(*words)
    assert first
    assert bd.json(*words) == first


def test_why(bd: Bd, family: dict[str, str]) -> None:
    shown = bd.json("why", family["child"])
    assert (shown["issue_id"], shown["ready"]) == (family["child"], False)
    (reason,) = shown["reasons"]
    assert (reason["code"], reason["by"]) == ("blocks", [family["need"]])
    assert bd.json("why", family["need"])["ready"] is True


def test_the_environment_can_ask_for_json(bd: Bd) -> None:
    assert bd.ok("list", BD_JSON="1").json == []
    assert bd("list", "--bogus", BD_JSON="1").error["code"] == "request.invalid"


def test_a_cut_list_says_so_beside_the_answer(bd: Bd) -> None:
    for number in range(3):
        bd.create(str(number))
    answer = bd.ok("list", "--limit", "2", "--json")
    assert len(answer.json) == 2
    assert "--limit 0" in answer.err
    assert len(bd.json("list", "--limit", "0")) == 3
    assert bd.ok("list", "--limit", "2", "--quiet").err == ""


def test_unknown_fields_of_a_record_are_shown(bd: Bd) -> None:
    line = (
        '{"id":"px-x","title":"X","status":"open","priority":0,"issue_type":"task",'
        '"created_at":"2026-01-01T00:00:00+01:00","updated_at":"2026-01-01T00:00:00+01:00",'
        '"metadata":{"b":1,"a":[1.10]},"from_the_future":{"x":1}}\n'
    )
    bd.ok("import", "-", given=line)
    (shown,) = bd.json("show", "px-x")
    assert shown["from_the_future"] == {"x": 1}
    assert shown["metadata"] == {"b": 1, "a": [1.1]}
    assert shown["priority"] == 0
    assert shown["created_at"] == "2026-01-01T00:00:00+01:00"


def test_what_stands_before_the_sections_of_a_file_is_kept(bd: Bd) -> None:
    text = "## One\nFirst words.\n\n### Own\nOf one's own.\n\n### Description\nMore words.\n"
    (bd.folder / "in.md").write_text(text, encoding="utf-8")
    (made,) = bd.json("create", "--file", "in.md")
    assert made["description"] == "First words.\n\n### Own\nOf one's own.\n\nMore words."
