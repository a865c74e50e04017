"""What users of classic wished for, where no other test shows it (docs/classic-wishes.md)."""

import pytest

from tests.doors.program import Bd


@pytest.mark.parametrize("command", [("close",), ("update", "-p", "1"), ("reopen",), ("show",)])
def test_no_command_guesses_the_issue_touched_last(bd: Bd, command: tuple[str, ...]) -> None:
    bd.create("touched last")
    answer = bd(*command, "--json")
    assert (answer.code, answer.out) == (2, "")
    assert bd.json("list")[0]["status"] == "open"


def test_closing_again_keeps_the_first_reason_and_time(bd: Bd) -> None:
    issue = bd.create()
    (first,) = bd.json("close", issue, "--reason", "Shipped")
    (again,) = bd.json("close", issue)
    assert (again["close_reason"], again["closed_at"]) == ("Shipped", first["closed_at"])


def test_an_issue_without_a_description_is_made_without_a_remark(bd: Bd) -> None:
    assert bd.ok("create", "Short", "--json").err == ""


def test_an_edge_of_another_type_stands_beside_the_first(bd: Bd) -> None:
    first, second = bd.create("first"), bd.create("second")
    bd.ok("dep", "add", second, first)
    bd.ok("dep", "add", second, first, "-t", "related")
    kinds = {each["dependency_type"] for each in bd.json("dep", "list", second)}
    assert kinds == {"blocks", "related"}
    bd.ok("dep", "remove", second, first, "-t", "related")
    assert [each["dependency_type"] for each in bd.json("dep", "list", second)] == ["blocks"]


def test_what_is_deferred_without_a_date_waits_until_somebody_ends_it(bd: Bd) -> None:
    issue = bd.create()
    bd.ok("update", issue, "--status", "deferred")
    assert bd.json("ready") == []
    assert bd.json("list", "--status", "deferred")[0]["id"] == issue
    bd.ok("update", issue, "--status", "open")
    assert bd.json("ready")[0]["id"] == issue


def test_the_ready_flag_and_the_ready_command_agree_on_what_is_blocked(bd: Bd) -> None:
    first = bd.create("first")
    bd.create("second", "--deps", f"blocks:{first}")
    assert [row["title"] for row in bd.json("list", "--ready")] == ["first"]
    assert [row["title"] for row in bd.json("blocked")] == ["second"]


def test_a_need_is_said_by_its_word(bd: Bd) -> None:
    first = bd.create("first")
    second = bd.create("second", "--deps", f"blocks:{first}")
    assert bd.json("blocked")[0]["id"] == second
    assert bd.json("blocked")[0]["blocked_by"] == [first]


def test_an_issue_is_not_the_duplicate_of_its_own_duplicate(bd: Bd) -> None:
    first, second = bd.create("first"), bd.create("second")
    bd.ok("duplicate", second, "--of", first)
    answer = bd("duplicate", first, "--of", second, "--json")
    assert (answer.code, answer.out) == (4, "")
    assert bd.json("show", first)[0]["status"] == "open"


def test_nothing_but_edit_opens_an_editor(bd: Bd) -> None:
    issue = bd.create()
    answer = bd("edit", issue, "--json", EDITOR="false")
    assert (answer.code, answer.out) == (2, "")
    assert "bd update" in answer.error["hint"]
    bd.ok("update", issue, "--notes", "n", EDITOR="false")
    bd.ok("create", "x", EDITOR="false")
