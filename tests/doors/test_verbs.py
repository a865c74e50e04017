"""The short commands on issues: their JSON, their text, their exit codes."""

import json
import os
import pty
from pathlib import Path
from typing import Any

import pytest

from tests.doors.program import Bd


def commit(bd: Bd, message: str) -> None:
    """Make a commit with a message and nothing in it."""
    who = ["-c", "user.name=n", "-c", "user.email=n@example.org"]
    bd.git(*who, "commit", "-q", "--allow-empty", "-m", message)


# -- making and closing


def test_q_prints_the_id_and_nothing_else(bd: Bd) -> None:
    answer = bd.ok("q", "Fix", "login", "-p", "P1", "-t", "bug", "-l", "a,b", "--json")
    issue = bd.json("show", answer.out.strip())[0]
    assert answer.out == f"{issue['id']}\n"
    assert (issue["title"], issue["priority"], issue["issue_type"]) == ("Fix login", 1, "bug")
    assert issue["labels"] == ["a", "b"]
    assert bd("q").code == 2


def test_close_claims_the_next(bd: Bd) -> None:
    first, second = bd.create("First", "-p", "0"), bd.create("Second")
    answer = bd.json("close", first, "--claim-next")
    assert [each["id"] for each in answer["closed"]] == [first]
    assert (answer["claimed"]["id"], answer["claimed"]["claim_epoch"]) == (second, 1)
    assert bd.json("close", second, "--claim-next")["claimed"] is None


def test_close_claims_the_next_though_the_last_one_failed(bd: Bd) -> None:
    first, second = bd.create("First"), bd.create("Second")
    answer = bd("close", first, "px-none", "--claim-next", "--json")
    assert answer.code == 3
    assert answer.json["claimed"]["id"] == second
    third = bd.create("Third")
    assert bd("close", "px-none", "--claim-next").code == 3
    assert bd.json("show", third)[0]["status"] == "open"


def test_suggestions_come_beside_the_claim(bd: Bd) -> None:
    blocker = bd.create("Blocker")
    waiting = bd.create("Waiting", "--deps", blocker)
    answer = bd.json("close", blocker, "--suggest-next", "--claim-next")
    assert list(answer) == ["closed", "unblocked", "claimed"]
    assert answer["unblocked"][0]["id"] == answer["claimed"]["id"] == waiting
    assert isinstance(bd.json("close", waiting, "--suggest-next"), list)


def test_what_belongs_to_molecules_is_refused(bd: Bd) -> None:
    issue = bd.create()
    answer = bd("close", issue, "--continue", "--json")
    assert (answer.code, answer.out) == (2, "")
    assert "--claim-next" in answer.error["hint"]
    assert bd.ok("close", issue, "--no-auto").code == 0


@pytest.mark.parametrize("command", ["close", "update"])
def test_without_an_id_nothing_is_guessed(bd: Bd, command: str) -> None:
    issue = bd.create()
    assert issue not in bd(command).err
    (bd.beads / "last-touched").write_text(f"{issue}\n")
    answer = bd(command)
    assert answer.code == 2
    assert issue in answer.err
    assert bd.json("show", issue)[0]["status"] == "open"
    (bd.beads / "last-touched").write_text("\x1b[31mred\n")
    assert "red" not in bd(command).err


def test_delete_shows_what_would_go(bd: Bd) -> None:
    first = bd.create("First")
    second = bd.create("Second", "--deps", first)
    answer = bd.ok("delete", first)
    assert "First" in answer.out
    assert f"needed by {second}" in answer.out
    assert "--force" in answer.out
    (bd.folder / "ids").write_text(f"# both\n{first}\n{second}\n")
    assert bd.json("delete", "--from-file", "ids", "--dry-run", "--force")["would_delete"] == [
        first,
        second,
    ]
    answer = bd.ok("delete", "--from-file", "ids", "--force", "--hard", "--json")
    assert answer.json["deleted_count"] == 2
    assert "--hard" in answer.err


# -- one thing of an issue


def test_assign_takes_ids_and_then_a_name(bd: Bd) -> None:
    one, two = bd.create("One"), bd.create("Two")
    assert [each["assignee"] for each in bd.json("assign", one, two, "bob")] == ["bob", "bob"]
    assert bd.json("assign", one, "--to", "eve")[0]["assignee"] == "eve"
    assert bd.ok("assign", one, "eve").out.startswith("Unchanged")
    assert "assignee" not in bd.json("assign", one, "")[0]
    assert bd("assign", one).code == 2
    assert bd("assign", two, "px-none", "eve").code == 3


def test_priority_takes_ids_and_then_a_number(bd: Bd) -> None:
    one = bd.create("One")
    assert bd.json("priority", one, "P0")[0]["priority"] == 0
    assert bd("priority", one, "9").code == 2
    assert bd("priority", one).code == 2


def test_notes_grow_by_arguments_files_and_input(bd: Bd) -> None:
    issue = bd.create()
    bd.ok("note", issue, "first", "line")
    bd.ok("note", issue, "-", given="second\n")
    (bd.folder / "n.md").write_text("third")
    assert bd.json("note", issue, "-f", "n.md")[0]["notes"] == "first line\nsecond\nthird"
    assert bd("note", issue).code == 2
    assert bd("note", issue, " ").code == 2
    assert bd("note", issue, "text", "-f", "n.md").code == 2


def test_tag_and_link_answer_as_their_longer_forms(bd: Bd) -> None:
    one, two = bd.create("One"), bd.create("Two")
    assert bd.json("tag", one, "x", "y") == [
        {"issue_id": one, "label": "x", "status": "added"},
        {"issue_id": one, "label": "y", "status": "added"},
    ]
    assert bd.json("tag", one, "x")[0]["status"] == "present"
    assert bd("tag", one).code == 2
    edge = {"issue_id": one, "depends_on_id": two, "type": "blocks", "status": "added"}
    assert bd.json("link", one, two) == edge
    assert bd.json("link", one, two)["status"] == "present"
    assert bd("link", two, one).code == 4


def test_defer_and_undefer(bd: Bd) -> None:
    one, two = bd.create("One"), bd.create("Two")
    found = bd.json("defer", one, two, "--until", "+2d")
    assert [each["status"] for each in found] == ["deferred", "deferred"]
    assert all(each["defer_until"] for each in found)
    assert bd.json("ready") == []
    answer = bd("undefer", one, "px-none", "--json")
    assert (answer.code, answer.json[0]["status"]) == (3, "open")
    assert bd.ok("undefer", one).out.startswith("Not deferred")
    assert "passed" in bd.ok("defer", one, "--until", "2020-01-01").err
    assert bd("defer", one, "--until", "someday").code == 2
    assert bd("defer").code == 2


def test_duplicate_and_supersede(bd: Bd) -> None:
    one, two, three = bd.create("One"), bd.create("Two"), bd.create("Three")
    shown = {"duplicate": one, "canonical": two, "status": "closed"}
    assert bd.json("duplicate", one, "--of", two) == shown
    assert bd.json("duplicate", one, "--of", two) == shown
    shown = {"superseded": two, "replacement": three, "status": "closed"}
    assert bd.json("supersede", two, "--with", three) == shown
    assert bd("duplicate", one).code == 2
    assert bd("supersede", three, "--with", three).code == 2
    assert bd("supersede", three, "--with", two).code == 4


def test_promote(bd: Bd) -> None:
    bd.create("Another")
    issue = bd.create("Passing", "--ephemeral")
    assert issue not in bd.lines()
    assert "ephemeral" not in bd.json("promote", issue, "-r", "worth it")
    assert issue in bd.lines()
    assert bd.ok("promote", issue).out.startswith("Not ephemeral")


def test_the_words_of_the_project(bd: Bd) -> None:
    assert [each["name"] for each in bd.json("types")["core_types"]][:2] == ["task", "bug"]
    assert "custom_types" not in bd.json("types")
    (bd.beads / "config.yaml").write_text(
        "issue-prefix: px\ntypes.custom: spike\nstatus.custom: 'review,shipped:done'\n"
    )
    assert bd.json("types")["custom_types"] == ["spike"]
    assert bd.json("statuses")["custom_statuses"] == [
        {"name": "review", "category": "unspecified"},
        {"name": "shipped", "category": "done"},
    ]
    assert "in_progress" in bd.ok("statuses").out


# -- groups


def test_state(bd: Bd) -> None:
    issue = bd.create()
    found = bd.json("set-state", issue, "mode=broken", "--reason", "fire")
    assert found == {
        "changed": True,
        "dimension": "mode",
        "event_id": f"{issue}.1",
        "issue_id": issue,
        "new_value": "broken",
        "old_value": None,
    }
    assert bd.json("set-state", issue, "mode=broken")["changed"] is False
    assert bd.ok("state", issue, "mode").out == "broken\n"
    assert bd.json("state", issue, "other") == {
        "issue_id": issue,
        "dimension": "other",
        "value": None,
    }
    assert bd.json("state", "list", issue) == {"issue_id": issue, "states": {"mode": "broken"}}
    assert bd("state", issue).code == 2
    assert bd("set-state", issue, "mode").code == 2
    assert bd("state", "px-none", "mode").code == 3


def test_todo(bd: Bd) -> None:
    made = bd.json("todo", "add", "Buy", "milk", "-p", "1")
    assert (made["title"], made["assignee"], made["issue_type"]) == ("Buy milk", "ann", "task")
    bd.create("Bug", "-t", "bug")
    assert [each["id"] for each in bd.json("todo")] == [made["id"]]
    assert bd.json("todo", "done", made["id"]) == {"closed": [made["id"]], "reason": "Completed"}
    assert bd.json("todo", "list") == []
    assert [each["id"] for each in bd.json("todo", "list", "--all")] == [made["id"]]
    assert bd("todo", "done", "px-none").code == 3
    assert bd("todo", "add").code == 2


def test_epic(bd: Bd) -> None:
    epic = bd.create("Epic", "-t", "epic")
    child = bd.create("Child", "--parent", epic)
    (shown,) = bd.json("epic", "status")
    assert list(shown) == ["epic", "total_children", "closed_children", "eligible_for_close"]
    assert bd.json("epic", "status", "--eligible-only") == []
    bd.ok("close", child)
    assert bd.json("epic", "close-eligible", "--dry-run")[0]["epic"]["id"] == epic
    assert bd.json("epic", "close-eligible") == {"closed": [epic], "count": 1}
    assert bd.json("epic", "close-eligible") == {"closed": [], "count": 0}


def test_label_propagate(bd: Bd) -> None:
    parent = bd.create("Parent")
    assert bd.json("label", "propagate", parent, "x") == []
    child = bd.create("Child", "--parent", parent)
    found = bd.json("label", "propagate", parent, "x")
    assert found == [{"issue_id": child, "label": "x", "status": "added"}]
    assert bd("label", "propagate", parent, " ").code == 2


def test_lint_answers_no_if_anything_is_missing(bd: Bd) -> None:
    assert bd.json("lint") == {"total": 0, "issues": 0, "results": []}
    issue = bd.create("Bug", "-t", "bug")
    answer = bd("lint", "--json")
    assert (answer.code, answer.err) == (1, "")
    assert answer.json == {
        "total": 2,
        "issues": 1,
        "results": [
            {
                "id": issue,
                "title": "Bug",
                "type": "bug",
                "missing": ["## Steps to Reproduce", "## Acceptance Criteria"],
                "warnings": 2,
            }
        ],
    }
    assert bd("lint", "-t", "feature").code == 0
    assert bd("lint", "-s", "nonsense").code == 2
    assert bd("lint", issue, "px-none").code == 3
    assert bd("lint", issue, "-t", "bug").code == 2


def test_ship(bd: Bd) -> None:
    assert bd("ship", "login").code == 3
    issue = bd.create("Login", "-l", "export:login")
    assert bd("ship", "login").code == 4
    bd.ok("close", issue)
    assert bd.json("ship", "login", "--dry-run")["would_add"] == "provides:login"
    assert bd.json("ship", "login") == {
        "status": "shipped",
        "capability": "login",
        "issue_id": issue,
        "label": "provides:login",
    }
    assert bd.json("ship", "login")["status"] == "already_shipped"


# -- other ids


def test_rename(bd: Bd) -> None:
    old = bd.create("Old")
    other = bd.create("Other", "--deps", old, "-d", f"After {old}.")
    answer = bd.json("rename", old, "px-login")
    assert (answer["old_id"], answer["new_id"], answer["changed"]) == (old, "px-login", True)
    assert (answer["dependencies_updated"], answer["references_updated"]) == (1, 1)
    assert bd.json("show", other)[0]["description"] == "After px-login."
    assert json.loads(bd.lines()[old])["status"] == "tombstone"
    assert bd.ok("rename", "px-login", "px-login").out.startswith("Unchanged")
    assert bd("rename", "px-login", other).code == 4
    assert bd("rename", "px-none", "px-x").code == 3
    assert bd("rename", "px-login", "nonsense").code == 2


def test_rename_prefix_sets_the_prefix_too(bd: Bd) -> None:
    issue = bd.create("Work")
    assert bd.json("rename-prefix", "web", "--dry-run")["issues_count"] == 1
    assert "px" in bd.ok("where").out
    answer = bd.json("rename-prefix", "web-")
    assert (answer["old_prefix"], answer["new_prefix"]) == ("px", "web")
    assert bd.json("list")[0]["id"] == issue.replace("px-", "web-")
    assert bd.create("New").startswith("web-")
    assert bd.json("rename-prefix", "web")["issues_count"] == 0
    assert bd("rename-prefix", "a b").code == 2


# -- what is around the store


def test_orphans_are_open_issues_that_commits_mention(bare: Bd) -> None:
    bare.git("init", "-q")
    bare.ok("init", "--quiet", "--prefix", "px")
    one, two, other = bare.create("One"), bare.create("Two"), bare.create("Other")
    commit(bare, f"Fix it ({one})")
    commit(bare, f"Later\n\nSee {two}. Not {other}x.")
    commit(bare, f"{one}: again")
    found = {each["issue_id"]: each for each in bare.json("orphans")}
    assert set(found) == {one, two}
    assert found[one]["latest_commit_message"] == f"{one}: again"
    assert list(found[one]) == [
        "issue_id",
        "title",
        "status",
        "latest_commit",
        "latest_commit_message",
    ]
    assert "Later" in bare.ok("orphans", "--details").out
    assert [each["status"] for each in bare.json("orphans", "--fix")] == ["closed", "closed"]
    assert bare.json("orphans") == []


def test_orphans_need_a_repository(bd: Bd) -> None:
    answer = bd("orphans", "--json")
    assert (answer.code, answer.out) == (3, "")


def test_edit_opens_no_editor_without_a_terminal(bd: Bd) -> None:
    issue = bd.create()
    answer = bd("edit", issue, "--json", EDITOR="false")
    assert (answer.code, answer.out) == (2, "")
    assert "bd update" in answer.error["hint"]
    assert bd("edit", issue, "--title", "--notes").code == 2
    assert bd("edit", "px-none").code == 3


def edit_at_a_terminal(bd: Bd, *words: str, editor: str) -> int:
    """Run `bd edit` as a program at a terminal; return its exit code."""
    master, slave = pty.openpty()
    streams: dict[str, Any] = {"stdin": slave, "stdout": slave}
    process = bd.at(bd.folder, EDITOR=editor).start("edit", *words, **streams)
    os.close(slave)
    process.communicate(timeout=60)
    os.close(master)
    return process.returncode


def test_edit_takes_what_the_editor_leaves(bd: Bd, tmp_path: Path) -> None:
    issue = bd.create("Work", "--notes", "old")
    editor = tmp_path / "editor"
    editor.write_text('#!/bin/sh\necho new >> "$1"\n')
    editor.chmod(0o755)
    assert edit_at_a_terminal(bd, issue, "--notes", editor=str(editor)) == 0
    assert bd.json("show", issue)[0]["notes"] == "old\nnew"
    assert edit_at_a_terminal(bd, issue, "--notes", editor="false") == 5
    assert bd.json("show", issue)[0]["notes"] == "old\nnew"
