"""`bd list`, `count`, `stale`, `children`, `ready`, `blocked` and `export`, and what they refuse."""

import json

import pytest

from tests.doors.program import Bd


def line(issue_id: str, **fields: object) -> str:
    """Write a record as a file brings it."""
    record = {
        "id": issue_id,
        "title": issue_id.removeprefix("px-"),
        "status": "open",
        "priority": 2,
        "issue_type": "task",
        "created_at": "2026-01-01T00:00:00Z",
        "updated_at": "2026-01-01T00:00:00Z",
    }
    return json.dumps(record | fields) + "\n"


def titles(rows: list[dict[str, object]]) -> list[object]:
    """Answer the titles of a list, in its order."""
    return [row["title"] for row in rows]


# -- list


def test_an_unknown_sort_names_the_nearest(bd: Bd) -> None:
    error = bd("list", "--sort", "update", "--json").error
    assert error["hint"] == 'Did you mean "updated"?'
    assert bd("ready", "--sort", "prioritty", "--json").error["hint"] == 'Did you mean "priority"?'


@pytest.mark.parametrize("command", ["list", "ready", "blocked", "stale"])
def test_a_negative_limit_is_refused(bd: Bd, command: str) -> None:
    answer = bd(command, "--limit", "-1", "--json")
    assert (answer.code, answer.out) == (2, "")


def test_a_list_is_not_watched(bd: Bd) -> None:
    answer = bd("list", "-w", "--json")
    assert answer.code == 2
    assert "bd watch" in answer.error["hint"]


def test_a_cut_list_says_so_on_standard_error_and_a_whole_one_does_not(bd: Bd) -> None:
    for number in range(3):
        bd.create(f"Work {number}")
    cut = bd.ok("list", "-n", "2", "--json")
    assert len(cut.json) == 2
    assert "--limit 0" in cut.err
    assert bd.ok("list", "-n", "3", "--json").err == ""


# -- count


@pytest.fixture
def some(bd: Bd) -> Bd:
    """Four issues that differ."""
    bd.create("One", "-t", "bug", "-p", "0", "-l", "a,b", "-a", "bob")
    bd.create("Two", "-l", "a")
    closed = bd.create("Three")
    bd.ok("close", closed)
    bd.create("Four")
    return bd


@pytest.mark.parametrize(
    ("by", "expected"),
    [
        ("status", {"open": 3}),
        ("priority", {"P0": 1, "P2": 2}),
        ("type", {"bug": 1, "task": 2}),
        ("assignee", {"(unassigned)": 2, "bob": 1}),
        ("label", {"(no labels)": 1, "a": 2, "b": 1}),
    ],
)
def test_issues_are_counted_in_groups(some: Bd, by: str, expected: dict[str, int]) -> None:
    found = some.json("count", f"--by-{by}")
    assert found["total"] == 3
    assert {each["group"]: each["count"] for each in found["groups"]} == expected
    assert [each["group"] for each in found["groups"]] == sorted(expected)


def test_a_count_has_the_defaults_of_a_list(some: Bd) -> None:
    assert some.ok("count").out == "3\n"
    assert some.json("count", "--all") == {"count": 4}
    assert some.json("count", "--status", "closed", "--by-status") == {
        "total": 1,
        "groups": [{"group": "closed", "count": 1}],
    }


def test_groups_are_shown_as_lines(some: Bd) -> None:
    assert some.ok("count", "--by-type").out == "Total: 3\n\nbug: 1\ntask: 2\n"


def test_nothing_is_counted_too(bd: Bd) -> None:
    assert bd.json("count") == {"count": 0}
    assert bd.json("count", "--by-label") == {"total": 0, "groups": []}


def test_issues_are_counted_by_one_thing_at_a_time(some: Bd) -> None:
    answer = some("count", "--by-type", "--by-status", "--json")
    assert (answer.code, answer.out) == (2, "")


# -- stale


@pytest.fixture
def old(bd: Bd) -> Bd:
    """Two issues that nobody touched for long, a closed one, and a new one."""
    older = line("px-older", updated_at="2025-01-01T00:00:00Z", created_at="2025-01-01T00:00:00Z")
    done = line("px-done", status="closed", closed_at="2026-01-01T00:00:00Z")
    going = line("px-going", status="in_progress", updated_at="2025-06-01T00:00:00Z")
    bd.ok("import", "-", given=older + done + going)
    bd.create("new")
    return bd


def test_what_is_stale_comes_longest_first(old: Bd) -> None:
    assert titles(old.json("stale")) == ["older", "going"]
    assert titles(old.json("stale", "-n", "1")) == ["older"]
    assert titles(old.json("stale", "-s", "in_progress")) == ["going"]
    assert old.json("stale", "--days", "36500") == []


@pytest.mark.parametrize(
    "words", [("-d", "0"), ("--days=-1",), ("-d", "x"), ("-s", "closed"), ("-s", "opn")]
)
def test_a_time_that_is_none_is_not_stale(old: Bd, words: tuple[str, ...]) -> None:
    answer = old("stale", *words, "--json")
    assert (answer.code, answer.out) == (2, "")


# -- children


def test_children_are_listed_whatever_their_status(bd: Bd) -> None:
    parent = bd.create("parent")
    first = bd.create("first", "--parent", parent)
    bd.create("second", "--parent", parent)
    bd.create("below", "--parent", first)
    bd.ok("close", first, "--force")
    assert set(titles(bd.json("children", parent))) == {"first", "second"}
    assert bd.json("children", first)[0]["parent"] == first
    assert bd("children", "px-nobody", "--json").code == 3
    assert bd("children", "", "--json").code == 2


# -- ready and blocked


def test_what_list_calls_ready_is_what_ready_lists(bd: Bd) -> None:
    first = bd.create("first")
    bd.create("second", "--deps", f"blocks:{first}")
    bd.create("later", "--defer", "2099-01-01")
    taken = bd.create("taken")
    bd.ok("claim", taken)
    listed = titles(bd.json("list", "--ready", "--limit", "0"))
    assert listed == titles(bd.json("ready", "--limit", "0")) == ["first"]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("--exclude-type", "bug"), "two"),
        (("--exclude-label", "a"), "one two"),
        (("--metadata-field", "team=core"), "three"),
        (("--title", "ee"), "three"),
        (("--priority-max", "1"), "one"),
        (("--label-pattern", "a*", "-n", "1"), "three"),
        (("--exclude-type", "bug", "--exclude-label", "b"), "two"),
        (("--no-assignee", "-t", "bug"), "one three"),
        (("--include-ephemeral",), "one two three brief"),
        (("--include-ephemeral", "--title", "brief"), "brief"),
    ],
    ids=lambda value: str(value),
)
def test_ready_takes_the_filters_of_a_list(bd: Bd, words: tuple[str, ...], expected: str) -> None:
    bd.create("one", "-t", "bug", "-p", "0")
    bd.create("two")
    metadata = line("px-three", issue_type="bug", labels=["a"], metadata={"team": "core"})
    bd.ok("import", "-", given=metadata + line("px-brief", ephemeral=True))
    assert set(titles(bd.json("ready", *words))) == set(expected.split())


def test_a_claim_takes_the_first_that_the_filters_let_through(bd: Bd) -> None:
    bd.create("urgent", "-p", "0", "-l", "human")
    bd.create("other")
    taken = bd.json("ready", "--claim", "--exclude-label", "human")
    assert titles(taken) == ["other"]
    assert bd.json("ready", "--claim", "--title", "nothing") == []


@pytest.mark.parametrize(
    "words",
    [
        ("--mol", "px-a"),
        ("--gated",),
        ("--claim", "--explain"),
        ("--claim", "--include-ephemeral"),
        ("--claim", "--include-deferred"),
        ("-u", "-a", "bob"),
        ("--parent", ""),
        ("--exclude-type", "tusk"),
        ("--due-after", "+2d", "--due-before", "+1d"),
    ],
    ids=lambda value: str(value),
)
def test_ready_refuses_what_it_does_not_do(bd: Bd, words: tuple[str, ...]) -> None:
    answer = bd("ready", *words, "--json")
    assert (answer.code, answer.out) == (2, "")
    assert answer.error["hint"]


def test_ready_explains_what_held_an_issue_before(bd: Bd) -> None:
    first = bd.create("first")
    bd.create("second", "--deps", f"blocks:{first}")
    bd.ok("close", first)
    (row,) = bd.json("ready", "--explain")
    assert [each["code"] for each in row["reasons"]] == ["ready", "blocks.met"]
    assert row["reasons"][1]["by"] == [first]
    assert f"It needed {first}, which is closed" in bd.ok("ready", "--explain").out
    assert "reasons" not in bd.json("ready")[0]


def test_plain_output_of_ready_is_a_line_an_issue(bd: Bd) -> None:
    bd.create("first")
    assert bd.ok("ready", "--plain").out == bd.ok("ready").out
    assert bd.ok("ready", "--plain").out.count("\n") == 1


def test_what_waits_is_filtered_too(bd: Bd) -> None:
    first = bd.create("first")
    second = bd.create("second", "-t", "epic", "--deps", f"blocks:{first}")
    bd.create("kid", "--parent", second, "-l", "a")
    assert set(titles(bd.json("blocked"))) == {"second", "kid"}
    assert titles(bd.json("blocked", "-t", "epic")) == ["second"]
    assert titles(bd.json("blocked", "--label", "a")) == ["kid"]
    assert titles(bd.json("blocked", "--parent", second)) == ["kid"]
    assert titles(bd.json("blocked", "--parent", second, "--title", "kid")) == ["kid"]
    assert bd.json("blocked", "--status", "blocked") == []
    assert bd("blocked", "-t", "tusk", "--json").code == 2


# -- export


def test_a_filtered_export_never_takes_the_place_of_the_projects_file(bd: Bd) -> None:
    bd.create("one", "-t", "bug")
    bd.create("two")
    before = bd.records.read_bytes()
    answer = bd("export", "-t", "bug", "-o", str(bd.records), "--json")
    assert (answer.code, answer.out) == (2, "")
    assert bd.records.read_bytes() == before


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("-t", "bug"), "one"),
        (("-a", "bob"), "two"),
        (("--status", "closed"), "three"),
        (("-p", "0"), "one"),
        (("-l", "a"), "two"),
        (("--created-after", "2020-01-01"), "one two three kid"),
        (("--updated-before", "2020-01-01"), ""),
        (("--parent", "{two}"), "kid"),
        (("--exclude-type", "bug"), "two three kid"),
    ],
    ids=lambda value: str(value),
)
def test_an_export_writes_the_records_that_are_meant(
    bd: Bd, words: tuple[str, ...], expected: str
) -> None:
    bd.create("one", "-t", "bug", "-p", "0")
    two = bd.create("two", "-a", "bob", "-l", "a")
    bd.ok("close", bd.create("three"))
    bd.create("kid", "--parent", two)
    out = bd.ok("export", *(word.format(two=two) for word in words)).out
    assert {json.loads(each)["title"] for each in out.splitlines()} == set(expected.split())


def test_an_export_to_a_file_tells_how_many_on_standard_error(bd: Bd) -> None:
    bd.create("one", "-t", "bug")
    bd.create("two")
    answer = bd.ok("export", "-t", "bug", "-o", "bugs.jsonl", "--json")
    assert answer.out == ""
    assert answer.error == {
        "exported": 1,
        "output_file": "bugs.jsonl",
        "skipped": 0,
        "success": True,
        "total_issues": 1,
    }
    assert (bd.folder / "bugs.jsonl").read_text(encoding="utf-8").count("\n") == 1
