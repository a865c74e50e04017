"""Taking back, and asking twice: history, undo, idempotency keys (R11, R13)."""

import pytest

from tests.doors.program import Bd


def test_undo_takes_the_callers_last_change_back(bd: Bd) -> None:
    mine, bobs = bd.create("Mine"), bd.create("Bob's")
    bd.ok("update", mine, "--title", "Changed")
    bd.ok("update", bobs, "--title", "By Bob", "--actor", "bob")
    bd.ok("undo")
    assert bd.json("show", mine)[0]["title"] == "Mine"
    assert bd.json("show", bobs)[0]["title"] == "By Bob"
    bd.ok("undo", "--anyone", bobs)
    assert bd.json("show", bobs)[0]["title"] == "Bob's"


@pytest.mark.parametrize(
    "words",
    [
        ("update", "{id}", "--title", "x", "-p", "0", "--notes", "n", "--due", "+1d"),
        ("close", "{id}", "-r", "Done"),
        ("claim", "{id}"),
        ("label", "add", "{id}", "x"),
        ("label", "remove", "{id}", "kept"),
        ("comments", "add", "{id}", "Said"),
        ("dep", "add", "{id}", "{other}"),
        ("dep", "remove", "{id}", "{need}"),
        ("update", "{id}", "--parent", "{other}"),
        ("delete", "{id}", "--force"),
        ("update", "{id}", "--metadata", '{"a":1}'),
    ],
    ids=lambda words: " ".join(words[:2]) if isinstance(words, tuple) else None,
)
def test_undo_restores_every_field(bd: Bd, words: tuple[str, ...]) -> None:
    need, other = bd.create("Need"), bd.create("Other")
    issue = bd.create("Issue", "-l", "kept", "--deps", f"related:{need}")
    (before,) = bd.json("list", "--id", issue)
    ids = {"{id}": issue, "{other}": other, "{need}": need}
    bd.ok(*[ids.get(word, word) for word in words])
    assert bd.json("list", "--id", issue) != [before]
    bd.ok("undo", issue)
    (after,) = bd.json("list", "--id", issue)
    assert after | {"updated_at": ""} == before | {"updated_at": ""}


def test_undo_of_a_creation_deletes(bd: Bd) -> None:
    issue = bd.create()
    bd.ok("undo")
    assert bd.json("list", "--all") == []
    undone = bd.json("history", issue)[0]
    assert undone["kind"] == "undone"
    bd.ok("undo", "--request", str(undone["request"]))
    assert [row["id"] for row in bd.json("list")] == [issue]


def test_undo_refuses_what_was_changed_since(bd: Bd) -> None:
    issue = bd.create("One")
    bd.ok("update", issue, "--title", "Two")
    request = bd.json("history", issue)[0]["request"]
    bd.ok("update", issue, "--title", "Three")
    answer = bd("undo", "--request", str(request), "--json")
    assert (answer.code, answer.error["code"]) == (4, "undo.conflict")
    bd.ok("undo", issue)
    bd.ok("undo", "--request", str(request))
    assert bd.json("show", issue)[0]["title"] == "One"
    assert bd("undo", "--request", str(request)).code == 4


def test_history_names_who_did_what(bd: Bd) -> None:
    need = bd.create("Need")
    issue = bd.create("Issue")
    bd.ok("dep", "add", issue, need)
    bd.ok("comments", "add", issue, "Said")
    bd.ok("close", issue, "--force", "-r", "Done", "--actor", "bob")
    out = bd.ok("history", issue).out
    for part in (
        "bob: updated by issue.close",
        "status: open → closed",
        "comments: nothing → ann: Said",
        f"dependencies: nothing → blocks {need}",
        "ann: created by issue.create",
    ):
        assert part in out
    assert len(bd.json("history", issue, "--limit", "1")) == 1


# -- keys


def test_a_repeat_gets_the_first_answer(bd: Bd) -> None:
    first = bd.ok("create", "Once", "--key", "k1", "--json")
    assert bd.ok("create", "Once", "--key", "k1", "--json") == first
    assert len(bd.json("list")) == 1
    issue = first.json["id"]
    said = bd.ok("comments", "add", issue, "Once", "--key", "k2", "--json")
    assert bd.ok("comments", "add", issue, "Once", "--key", "k2", "--json") == said
    assert len(bd.json("comments", issue)) == 1
    closed = bd.ok("close", issue, "--key", "k3", "--json")
    bd.ok("reopen", issue)
    assert bd.ok("close", issue, "--key", "k3", "--json") == closed
    assert bd.json("show", issue)[0]["status"] == "open"


def test_a_repeat_of_several_ids_is_one_too(bd: Bd) -> None:
    issues = [bd.create(name) for name in "abc"]
    first = bd.ok("update", *issues, "-p", "0", "--key", "k", "--json")
    bd.ok("update", *issues, "-p", "1")
    assert bd.ok("update", *issues, "-p", "0", "--key", "k", "--json") == first
    assert {row["priority"] for row in bd.json("list")} == {1}


def test_a_key_is_for_one_request(bd: Bd) -> None:
    bd.ok("create", "Once", "--key", "k")
    answer = bd("create", "Other", "--key", "k", "--json")
    assert (answer.code, answer.error["code"]) == (4, "key.reused")
    bd.ok("create", "Other", "--key", "k", "--actor", "bob")
    assert len(bd.json("list")) == 2


def test_a_failure_is_not_kept_under_a_key(bd: Bd) -> None:
    issue = bd.create()
    bd.ok("claim", issue, "--actor", "bob")
    assert bd("claim", issue, "--key", "k").code == 4
    bd.ok("release", issue, "--actor", "bob")
    bd.ok("claim", issue, "--key", "k")
