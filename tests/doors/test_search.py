"""`bd search`, `bd query`, `bd duplicates` and `bd find-duplicates` at the command line."""

from typing import Any

import pytest

from tests.doors.program import Answer, Bd


@pytest.fixture
def store(bd: Bd) -> Bd:
    """A store with three issues."""
    bd.ok("create", "The login page", "-d", "Fails in the café", "-p", "1", "-l", "ui")
    bd.ok("create", "Parser", "-d", "reads the login", "-a", "bob", "-t", "bug")
    closed = bd.create("Logout")
    bd.ok("close", closed)
    return bd


def refused(bd: Bd, code: int, *words: str) -> Answer:
    """Run a command that fails with a code."""
    answer = bd(*words)
    assert answer.code == code, answer
    return answer


def issue_of(bd: Bd, name: str) -> Any:
    """Show an issue."""
    return bd.json("show", name)[0]


def titles(bd: Bd, *words: str) -> list[str]:
    """Run a command; return the titles of its answer."""
    return [issue["title"] for issue in bd.ok(*words, "--json").json]


# -- search


def test_a_search_answers_rows_as_a_list_does(store: Bd) -> None:
    (found,) = store.ok("search", "café", "--json").json
    (listed,) = store.ok("list", "-l", "ui", "--json").json
    assert found == listed
    assert store.ok("search", "absent", "--json").json == []


def test_a_search_finds_words_parts_and_closed_issues(store: Bd) -> None:
    assert titles(store, "search", "login") == ["The login page", "Parser"]
    assert sorted(titles(store, "search", "log")) == ["Logout", "Parser", "The login page"]
    assert sorted(titles(store, "search", "ogi", "pag")) == ["The login page"]
    assert titles(store, "search", "--query", "login", "-n", "1") == ["The login page"]
    assert (
        titles(store, "search", "login", "--sort", "id", "-r")
        == titles(store, "search", "login", "--sort", "id")[::-1]
    )


@pytest.mark.parametrize(("query", "first"), [("C++", "Use C++"), ("a_b", "Rename a_b")])
def test_what_has_the_signs_of_a_query_comes_first(bd: Bd, query: str, first: str) -> None:
    for title in ("Use C++ headers", "Rename a_b to it", "Complete it", "A boat", "C"):
        bd.create(title)
    assert titles(bd, "search", query)[0].startswith(first)
    assert titles(bd, "search", query, "-n", "1")[0].startswith(first)
    assert len(titles(bd, "search", query)) > 1
    assert len(set(titles(bd, "search", query))) == len(titles(bd, "search", query))


def test_a_search_takes_the_filters_of_list(store: Bd) -> None:
    assert titles(store, "search", "login", "-a", "bob") == ["Parser"]
    assert titles(store, "search", "log", "--status", "closed") == ["Logout"]
    assert titles(store, "search", "-t", "bug") == ["Parser"]
    assert titles(store, "search", "login", "--priority-max", "1") == ["The login page"]


def test_below_a_hit_stands_where_it_was_found(store: Bd) -> None:
    out = store.ok("search", "cafe").out
    assert out.endswith("The login page\n    Fails in the café\n")
    assert "\x1b" not in out


def test_on_a_terminal_what_was_found_is_bold(store: Bd) -> None:
    out = store.at(store.folder, FORCE_COLOR="1").ok("search", "cafe").out
    assert "    \x1b[2mFails in the \x1b[0m\x1b[1mcafé\x1b[0m\n" in out


def test_a_cut_is_told_beside_the_answer(store: Bd) -> None:
    answer = store.ok("search", "login", "-n", "1")
    assert "--limit 0" in answer.err
    assert store.ok("search", "login").err == ""


def test_a_search_for_nothing_is_refused(store: Bd) -> None:
    for words in ((), ("",), ("  ",)):
        assert refused(store, 2, "search", *words, "--json").error["code"] == "field.invalid"
    assert refused(store, 2, "search", "x", "--sort", "colour", "--json").error["hint"]
    assert refused(store, 2, "search", "x", "--query", "y").out == ""


@pytest.mark.parametrize("query", ['"', "AND", "a:b", "(", "'", "*", "-- --xylophone", "NEAR/2"])
def test_no_text_is_a_mistake(store: Bd, query: str) -> None:
    assert store.ok("search", "--json", "--", query).json == []


def test_a_search_writes_no_file_and_needs_no_write(store: Bd) -> None:
    store.ok("list")
    before = store.records.stat()
    for number in range(25):
        store.ok("create", f"Work {number}", "--no-auto-flush")
    assert len(titles(store, "search", "work", "--readonly")) == 25
    assert len(titles(store, "search", "work")) == 25
    assert store.records.stat().st_mtime_ns == before.st_mtime_ns


# -- query


def test_a_query_answers_rows_as_a_list_does(store: Bd) -> None:
    (found,) = store.ok("query", "label=ui AND status=open", "--json").json
    (listed,) = store.ok("list", "-l", "ui", "--json").json
    assert found == listed
    assert "The login page" in store.ok("query", "label=ui").out
    assert "Fails in" in store.ok("query", "label=ui", "--long").out


def test_a_query_leaves_out_closed_issues_unless_asked(store: Bd) -> None:
    assert titles(store, "query", "title=log") == ["The login page"]
    assert sorted(titles(store, "query", "title=log", "-a")) == ["Logout", "The login page"]
    assert titles(store, "query", "status!=open") == ["Logout"]
    assert titles(store, "query", "closed>1d") == ["Logout"]


def test_words_of_a_query_need_no_quotes(store: Bd) -> None:
    assert titles(store, "query", "type=bug", "OR", "priority=1") == ["The login page", "Parser"]
    assert titles(store, "query", "priority=1,2", "-n", "1") == ["The login page"]
    assert titles(store, "query", "priority=1,2", "--sort", "title", "-r")[0] == "The login page"


def test_an_error_points_at_its_place(store: Bd) -> None:
    answer = refused(store, 2, "query", "status=open AND prio=1")
    assert answer.out == ""
    assert "  status=open AND prio=1\n                  ^\n" in answer.err
    error = refused(store, 2, "query", "status=opn", "--json").error
    assert (error["code"], error["data"]["position"]) == ("query.invalid", 7)
    assert error["hint"] == 'Did you mean "open"?'
    assert refused(store, 2, "query", "--json").error["code"] == "query.invalid"
    assert refused(store, 2, "query", "type=bugg", "--json").error["data"]["position"] == 5


def test_parsing_alone_needs_no_store(bare: Bd) -> None:
    answer = bare.ok("query", "--parse-only", "status=open and not label=a")
    assert answer.out == "Parsed query: (status=open AND NOT label=a)\n"
    assert bare.ok("query", "--parse-only", "id=a", "--json").json["parsed"] == "id=a"
    assert refused(bare, 2, "query", "--parse-only", "status").out == ""


def test_short_ids_and_aliases_are_understood(store: Bd) -> None:
    epic = store.create("Epic", "-t", "epic")
    store.ok("create", "Child", "--parent", epic)
    short = epic.split("-")[1]
    assert titles(store, "query", f"parent={short}") == ["Child"]
    assert titles(store, "query", f"id={short}") == ["Epic"]
    assert titles(store, "query", "type=feat") == []


# -- duplicates


def test_issues_that_say_the_same_are_grouped(store: Bd) -> None:
    assert store.ok("duplicates", "--json").json == {"duplicate_groups": 0, "groups": []}
    first, second = (store.create("Twice", "-d", "said") for _ in range(2))
    store.ok("create", "Other", "-d", f"see {second}")
    (group,) = store.ok("duplicates", "--json").json["groups"]
    assert (group["suggested_target"], group["suggested_sources"]) == (second, [first])
    assert {each["id"]: each["references"] for each in group["issues"]} == {first: 0, second: 1}
    dry = store.ok("duplicates", "--auto-merge", "--dry-run", "--json").json
    assert dry["merge_commands"] == [group["suggested_action"]]
    assert "merge_results" not in dry
    assert issue_of(store, first)["status"] == "open"


def test_merging_closes_and_relates_all_but_one(store: Bd) -> None:
    first, second, third = sorted(store.create("Twice") for _ in range(3))
    (merge,) = store.ok("duplicates", "--auto-merge", "--json").json["merge_results"]
    others = [second, third]
    assert merge == {
        "target": first, "sources": others, "closed": others, "linked": others, "errors": [],
    }  # fmt: skip
    issue = issue_of(store, second)
    assert (issue["status"], issue["close_reason"]) == ("closed", f"Duplicate of {first}")
    assert [edge["id"] for edge in issue["dependencies"]] == [first]
    assert store.ok("duplicates", "--auto-merge", "--json").json["merge_results"] == []


def test_what_another_holds_is_left_open(store: Bd) -> None:
    first, second = sorted(store.create("Twice") for _ in range(2))
    for each in (first, second):
        store.at(store.folder, BD_ACTOR="eve").ok("claim", each)
    answer = refused(store, 4, "duplicates", "--auto-merge", "--json")
    (merge,) = answer.json["merge_results"]
    assert (merge["closed"], len(merge["errors"])) == ([], 1)
    assert store.ok("duplicates", "--auto-merge", "--force", "--json").json["merge_results"]
    assert issue_of(store, second)["status"] == "closed"


@pytest.mark.parametrize("name", ["find-duplicates", "find-dups"])
def test_issues_that_are_alike_are_paired(store: Bd, name: str) -> None:
    first = store.create("The login page again", "-d", "Fails in the café")
    found = store.ok(name, "--json").json
    (pair,) = found["pairs"]
    assert (found["count"], found["method"], found["threshold"]) == (1, "mechanical", 0.5)
    assert first in (pair["issue_a_id"], pair["issue_b_id"])
    assert 0.8 < pair["similarity"] < 1
    assert store.ok(name, "--threshold", "1", "--json").json["pairs"] == []
    assert first in store.ok(name, "--threshold", "0.1", "-n", "1").out
    assert store.ok(name, "-s", "closed", "--json").json["pairs"] == []


@pytest.mark.parametrize(
    "words", [("--method", "ai"), ("--method", "magic"), ("--threshold", "2"), ("-s", "opn")]
)
def test_what_is_not_meant_is_refused(store: Bd, words: tuple[str, ...]) -> None:
    error = refused(store, 2, "find-duplicates", *words, "--json").error
    assert (error["code"], bool(error["hint"])) == ("field.invalid", True)
