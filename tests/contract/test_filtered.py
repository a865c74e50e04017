"""One definition of every filter: what `list`, `count`, `ready` and `blocked` are asked for."""

import msgspec
import pytest

from beadwork.model.errors import InvalidField, InvalidRequest, UnknownIssue
from beadwork.ops.claim import ClaimReady
from beadwork.ops.filtered import Filtered
from beadwork.ops.issue import CountIssues, ListIssues
from beadwork.ops.issue_state import CloseIssue
from beadwork.ops.ready import ListBlocked, ListReady
from tests.support import Project


def titles(project: Project, request: ListIssues | ListReady) -> list[str]:
    """Answer the titles that a list has, in its order."""
    return [row.issue.title for row in project.run(request).issues]


def test_every_list_has_every_filter() -> None:
    names = set(Filtered.__struct_fields__)
    for request in (ListIssues, CountIssues, ListReady, ListBlocked, ClaimReady):
        assert names <= set(request.__struct_fields__), request.__name__


def test_a_request_of_earlier_days_is_still_understood() -> None:
    text = '{"statuses":["open"],"labels":["a"],"title_contains":"x","limit":3,"sort":"title"}'
    request = msgspec.json.decode(text, type=ListIssues)
    assert msgspec.json.decode(msgspec.json.encode(request)) == msgspec.json.decode(text)


@pytest.mark.parametrize("request_type", [ListIssues, ListReady, ListBlocked])
def test_a_negative_limit_is_refused_at_every_door(project: Project, request_type: type) -> None:
    with pytest.raises(InvalidRequest):
        project.run(request_type(limit=-1))


@pytest.mark.parametrize(
    "fields",
    [
        {"issue_types": ["tusk"]},
        {"exclude_types": ["tusk"]},
        {"priority": 9},
        {"priority_min": -1},
        {"created_after": "2026-02-01", "created_before": "2026-01-01"},
        {"due_after": ""},
        {"title": " "},
        {"label_regex": "["},
        {"assignee": "bob", "no_assignee": True},
        {"labels": ["a"], "exclude_labels": ["a"]},
        {"labels": ["a"], "no_labels": True},
        {"description_contains": "a", "empty_description": True},
        {"metadata_field": ["a"]},
    ],
    ids=str,
)
@pytest.mark.parametrize("request_type", [ListIssues, CountIssues, ListReady, ListBlocked])
def test_what_no_issue_can_be_is_refused_by_every_list(
    project: Project, request_type: type, fields: dict[str, object]
) -> None:
    with pytest.raises(InvalidField):
        project.run(request_type(**fields))


@pytest.mark.parametrize("request_type", [ListReady, ListBlocked, ClaimReady])
def test_closed_issues_are_neither_ready_nor_waiting(project: Project, request_type: type) -> None:
    with pytest.raises(InvalidField):
        project.run(request_type(all=True))


@pytest.mark.parametrize("request_type", [ListIssues, CountIssues, ListReady, ListBlocked])
@pytest.mark.parametrize("fields", [{"parent": "px-no"}, {"ids": ["px-no"]}], ids=str)
def test_an_issue_that_is_not_there_is_refused_by_every_list(
    project: Project, request_type: type, fields: dict[str, object]
) -> None:
    with pytest.raises(UnknownIssue):
        project.run(request_type(**fields))


def test_an_id_may_be_the_start_of_a_hash(project: Project) -> None:
    found = project.create("one")
    project.create("two")
    assert titles(project, ListIssues(ids=[found.removeprefix("px-")])) == ["one"]


def test_texts_are_found_in_any_case_of_any_alphabet(project: Project) -> None:
    project.create("Straße nach ÖRLINGHAUSEN", description="Größe", notes="Ünter")
    project.create("Other")
    for request in (
        ListIssues(title="örlinghausen"),
        ListIssues(title_contains="STRASSE"),
        ListIssues(description_contains="GRÖSSE"),
        ListIssues(notes_contains="ünter"),
    ):
        assert len(titles(project, request)) == 1, request


def test_what_was_closed_in_a_time_is_meant_without_a_word_on_its_status(project: Project) -> None:
    first = project.create("first")
    project.create("second")
    project.run(CloseIssue(issue=first))
    assert titles(project, ListIssues(closed_after="2020-01-01")) == ["first"]
    assert titles(project, ListIssues(closed_before="2020-01-01")) == []


def test_what_is_overdue_is_not_done(project: Project) -> None:
    late = project.create("late", due_at="2025-12-01T00:00:00Z")
    project.create("in time", due_at="2027-01-01T00:00:00Z")
    assert titles(project, ListIssues(overdue=True)) == ["late"]
    project.run(CloseIssue(issue=late))
    assert titles(project, ListIssues(overdue=True, all=True)) == []


def test_issues_are_grouped_by_what_they_have(project: Project) -> None:
    project.create("one", labels=["a"])
    project.create("two", labels=["a", "b"])
    project.create("three")
    found = project.run(CountIssues(by="label"))
    assert found.count == 3
    assert [(each.group, each.count) for each in found.groups or []] == [
        ("(no labels)", 1),
        ("a", 2),
        ("b", 1),
    ]
    assert project.run(CountIssues()).groups is None
    with pytest.raises(InvalidField, match="colour"):
        project.run(CountIssues(by="colour"))


def test_ready_issues_keep_their_order_and_limit_under_a_filter(project: Project) -> None:
    for number in range(6):
        project.create(f"work {number}", description="odd" if number % 2 else "even")
    request = ListReady(description_contains="odd", limit=2)
    found = project.run(request)
    assert [row.issue.title for row in found.issues] == ["work 1", "work 3"]
    assert found.is_cut
    assert not project.run(ListReady(description_contains="odd", limit=3)).is_cut


def test_one_who_claims_the_next_may_say_which(project: Project) -> None:
    project.create("first", labels=["human"])
    project.create("second")
    claimed = project.run(ClaimReady(exclude_labels=["human"]))
    assert claimed.issue is not None
    assert claimed.issue.title == "second"
    assert project.run(ClaimReady(exclude_labels=["human"])).issue is None


def test_an_ephemeral_issue_is_ready_only_where_that_is_asked(project: Project) -> None:
    project.create("lasting")
    brief = project.create("brief", ephemeral=True)
    other = project.create("waits", ephemeral=True, dependencies=[brief])
    assert titles(project, ListReady()) == ["lasting"]
    assert titles(project, ListReady(include_ephemeral=True)) == ["lasting", "brief"]
    project.run(CloseIssue(issue=brief))
    assert titles(project, ListReady(include_ephemeral=True)) == ["lasting", "waits"]
    project.run(CloseIssue(issue=other))
    assert titles(project, ListReady(include_ephemeral=True)) == ["lasting"]
