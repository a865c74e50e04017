"""`bd create --graph`: a plan in a file becomes issues."""

import json
from typing import Any

import pytest

from tests.doors.program import Answer, Bd


def graph(bd: Bd, content: Any, *words: str) -> Answer:
    """Make a graph from standard input."""
    given = content if isinstance(content, str) else json.dumps(content)
    return bd("create", "--graph", "-", *words, given=given)


def test_the_answer_maps_names_to_ids(bd: Bd) -> None:
    plan = {
        "nodes": [
            {"key": "b", "title": "B", "deps": [{"target": "a"}], "parent_key": "e"},
            {"key": "a", "title": "A", "type": "bug", "priority": "P1", "labels": ["x"]},
            {"key": "e", "title": "E", "type": "epic", "metadata": {"k": 1}},
        ],
        "edges": [{"from_key": "e", "to_key": "a", "type": "related"}],
    }
    ids = graph(bd, plan, "--json").json["ids"]
    assert list(ids) == ["b", "a", "e"]
    b, a, e = bd.json("show", *ids.values())
    assert {(each["id"], each["dependency_type"]) for each in b["dependencies"]} == {
        (ids["a"], "blocks"),
        (ids["e"], "parent-child"),
    }
    assert (a["issue_type"], a["priority"], a["labels"]) == ("bug", 1, ["x"])
    assert (e["metadata"], e["dependencies"][0]["id"]) == ({"k": 1}, ids["a"])


@pytest.mark.parametrize(
    "content",
    [
        'issues:\n- {name: a, title: A, due: 2027-01-01}\n- {name: b, title: B, needs: "a"}\n',
        '{"name":"a","title":"A"}\n{"name":"b","title":"B"}\n{"from":"b","to":"a"}\n',
        '[{"name":"a","title":"A"},{"name":"b","title":"B","blocked_by":["blocks:a"]}]',
    ],
)
def test_yaml_and_lines_and_lists_are_read(bd: Bd, content: str) -> None:
    answer = graph(bd, content, "--silent")
    a, b = answer.out.split()
    assert [each["id"] for each in bd.json("dep", "list", b)] == [a]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (
            [
                {"name": "a", "title": "A", "needs": ["b"]},
                {"name": "b", "title": "B", "needs": "a"},
            ],
            4,
        ),
        ([{"name": "a", "title": "A", "needs": ["px-nope"]}], 3),
        ([{"name": "a", "titel": "A"}], 2),
        ([{"title": "A"}], 2),
        ([{"name": "a", "title": 5}], 2),
        ([{"name": "a", "title": "A", "priority": "high"}], 2),
        ([{"name": "a", "title": "A"}, {"from": "a"}], 2),
        ([{"name": "a", "title": "A"}, {"from": "a", "to": "a", "colour": 1}], 2),
        ({"issues": []}, 2),
        ({"issues": [{"name": "a", "title": "A"}], "colour": 1}, 2),
        ([1], 2),
        ("", 2),
        ("just words", 2),
        (": : :", 2),
        ('{"a": ', 2),
    ],
)
def test_a_wrong_plan_makes_nothing(bd: Bd, content: Any, code: int) -> None:
    answer = graph(bd, content, "--json")
    assert (answer.code, answer.out) == (code, ""), answer
    assert answer.error["hint"]
    assert bd.json("list") == []


def test_a_dry_run_shows_the_plan(bd: Bd) -> None:
    plan = [{"name": "a", "title": "A"}, {"name": "b", "title": "B", "needs": ["a"]}]
    shown = graph(bd, plan, "--dry-run", "--json").json
    assert (shown["dry_run"], shown["node_count"], shown["edge_count"]) == (True, 2, 1)
    assert [each["key"] for each in shown["nodes"]] == ["a", "b"]
    assert bd.json("list") == []


def test_other_flags_are_refused_and_not_ignored(bd: Bd) -> None:
    plan = [{"name": "a", "title": "A"}]
    for words in (("-p", "1"), ("Title",), ("-f", "x.md"), ("--parent", "px-a")):
        assert graph(bd, plan, *words).code == 2
    assert graph(bd, plan, "--validate").code == 2


def test_a_status_stands_as_the_plan_says(bd: Bd) -> None:
    plan = [
        {"name": "a", "title": "A", "needs": ["b"], "status": "closed", "metadata": {"k": [1]}},
        {"name": "b", "title": "B", "status": "in_progress", "assignee": "ann"},
        {"name": "c", "title": "C", "type": "event", "event_category": "x", "status": "open"},
    ]
    ids = graph(bd, plan, "--json").json["ids"]
    a, b, c = bd.json("show", *ids.values())
    assert (a["status"], a["close_reason"], a["metadata"]) == ("closed", "Closed", {"k": [1]})
    assert (b["status"], b["assignee"]) == ("in_progress", "ann")
    assert (c["status"], c["event_kind"]) == ("open", "x")


@pytest.mark.parametrize("status", ["done-ish", "tombstone", 5])
@pytest.mark.parametrize("words", [(), ("--dry-run",)])
def test_a_status_that_there_is_not_makes_nothing(
    bd: Bd, status: Any, words: tuple[str, ...]
) -> None:
    plan = [{"name": "a", "title": "A"}, {"name": "b", "title": "B", "status": status}]
    answer = graph(bd, plan, *words, "--json")
    assert (answer.code, answer.out) == (2, "")
    assert 'In "b"' in answer.error["error"]
    assert bd.json("list") == []
