"""Lists in every order, whole and in parts; names in any case; search among what a filter means."""

import random
from collections.abc import Callable
from typing import Any

import pytest
from msgspec import structs

from beadwork.model import instants, limits
from beadwork.model.issue import Issue
from beadwork.ops.issue import ListIssues
from beadwork.ops.issue_state import CloseIssue
from beadwork.ops.issue_update import UpdateIssue
from beadwork.ops.query import QueryIssues
from beadwork.ops.ready import ListReady
from beadwork.ops.search import IndexTexts, SearchIssues
from tests.support import Project

KEYS: dict[str, Callable[[Issue], Any]] = {
    "created": lambda issue: instants.parse_us(issue.created_at) or 0,
    "updated": lambda issue: instants.parse_us(issue.updated_at) or 0,
    "closed": lambda issue: instants.parse_us(issue.closed_at) or 0,
    "status": lambda issue: issue.status,
    "type": lambda issue: issue.issue_type,
    "title": lambda issue: issue.title,
    "assignee": lambda issue: issue.assignee,
    "id": lambda issue: issue.id,
}
NEWEST_FIRST = ("created", "updated", "closed")


@pytest.fixture
def many(project: Project) -> Project:
    """Issues that are alike in some ways and differ in others."""
    chance = random.Random(5)
    for n in range(24):
        issue = project.create(
            chance.choice(["Ähre", "apple", "Zebra", "東京"]),
            priority=chance.randrange(5),
            issue_type=chance.choice(["task", "bug"]),
            assignee=chance.choice(["", "ann", "Bob"]),
            labels=chance.sample(["Docs", "docs", "api"], 1),
        )
        if n % 3 == 0:
            project.clock.advance(1)
        if n % 4 == 0:
            project.run(CloseIssue(issue=issue, reason="Done"))
        if n % 5 == 0:
            project.run(UpdateIssue(issue=issue, notes="parser"))
    return project


def listed(project: Project, **fields: Any) -> list[Issue]:
    """List issues, closed ones too."""
    return [row.issue for row in project.run(ListIssues(all=True, **fields)).issues]


def in_order(issues: list[Issue], sort: str, *, is_reversed: bool) -> list[str]:
    """Sort as the documentation says: by the key, then by id."""
    found = sorted(issues, key=lambda issue: issue.id)
    if sort == "priority":
        found.sort(
            key=lambda issue: instants.parse_us(issue.created_at) or 0, reverse=not is_reversed
        )
        found.sort(key=lambda issue: issue.priority or 0, reverse=is_reversed)
    else:
        found.sort(key=KEYS[sort], reverse=(sort in NEWEST_FIRST) != is_reversed)
    return [issue.id for issue in found]


@pytest.mark.parametrize("sort", ["priority", *KEYS])
@pytest.mark.parametrize("is_reversed", [False, True])
def test_a_list_stands_in_its_order_whole_and_in_part(
    many: Project, sort: str, is_reversed: bool
) -> None:
    every = listed(many, limit=0)
    wanted = in_order(every, sort, is_reversed=is_reversed)
    for limit in (0, 1, 7, 100):
        found = listed(many, sort=sort, reverse=is_reversed, limit=limit)
        assert [issue.id for issue in found] == wanted[: limit or None]
        # A text in the title is looked at beside the database.
        titled = listed(many, sort=sort, reverse=is_reversed, limit=limit, title="E")
        named = [issue.id for issue in every if "e" in issue.title.casefold()]
        assert [issue.id for issue in titled] == [n for n in wanted if n in named][: limit or None]


@pytest.mark.parametrize("limit", [0, 1, 3, 30])
@pytest.mark.parametrize(
    ("expression", "holds"),
    [
        ("assignee=BOB", lambda issue: issue.assignee == "Bob"),
        ("label=DOCS", lambda issue: bool({"Docs", "docs"}.intersection(issue.labels))),
        ("label=docs AND assignee=ann", lambda i: i.assignee == "ann" and "api" not in i.labels),
        ("NOT type=bug", lambda issue: issue.issue_type != "bug"),
        ("label=docs AND label=api", lambda issue: False),
        ("label!=docs", lambda issue: "api" in issue.labels),
    ],
)
def test_a_query_finds_names_in_any_case_and_the_first_of_all(
    many: Project, expression: str, holds: Callable[[Issue], bool], limit: int
) -> None:
    found = many.run(QueryIssues(expression=expression, all=True, sort="title", limit=limit))
    every = [issue for issue in listed(many, limit=0) if holds(issue)]
    wanted = in_order(every, "title", is_reversed=False)
    assert [row.issue.id for row in found.issues] == wanted[: limit or None]
    assert found.is_cut == bool(limit and len(wanted) > limit)


@pytest.mark.parametrize("is_indexed", [False, True])
@pytest.mark.parametrize("limit", [0, 2])
@pytest.mark.parametrize("text", ["parser", "arse", "docs parser", "nothing"])
@pytest.mark.parametrize("sort", ["relevance", "priority"])
@pytest.mark.parametrize("ranked", [1, 1000])
def test_a_filter_keeps_its_part_of_what_a_search_finds(
    many: Project,
    monkeypatch: pytest.MonkeyPatch,
    text: str,
    sort: str,
    limit: int,
    ranked: int,
    is_indexed: bool,
) -> None:
    monkeypatch.setattr(limits, "SEARCH_RANKED_MAX", ranked)
    if is_indexed:
        many.run(IndexTexts(spare=0))
    every = [row.issue for row in many.run(SearchIssues(query=text, sort=sort, limit=0)).issues]
    for low, high in ((0, 1), (2, 2), (1, 4)):
        asked = SearchIssues(
            query=text,
            sort=sort,
            statuses=["open"],
            priority_min=low,
            priority_max=high,
            limit=limit,
        )
        found = [row.issue.id for row in many.run(asked).issues]
        wanted = [
            issue.id
            for issue in every
            if issue.status == "open" and low <= (issue.priority or 0) <= high
        ]
        assert set(found) <= set(wanted)
        assert len(found) == (min(limit, len(wanted)) if limit else len(wanted))
        if sort == "priority":
            assert found == wanted[: limit or None]


@pytest.mark.parametrize("kind", ["deferred", "ephemeral"])
def test_what_is_ready_besides_comes_in_order_too(project: Project, kind: str) -> None:
    fields: dict[str, Any] = (
        {"ephemeral": True} if kind == "ephemeral" else {"defer_until": "2031-01-01T00:00:00Z"}
    )
    for priority in (3, 0, 2, 1):
        project.create(f"P{priority}", priority=priority, **fields)
    asked = ListReady(include_deferred=True, include_ephemeral=True, sort="priority")
    titles = [row.issue.title for row in project.run(asked).issues]
    assert titles == ["P0", "P1", "P2", "P3"]
    first = project.run(structs.replace(asked, limit=1))
    assert ([row.issue.title for row in first.issues], first.is_cut) == (["P0"], True)
