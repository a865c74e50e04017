"""Search finds issues by id, by words and by parts of words, from the index and beside it."""

import pytest

from beadwork.model import limits
from beadwork.model.errors import InvalidField
from beadwork.ops.comment import AddComment
from beadwork.ops.issue_state import CloseIssue, DeleteIssue
from beadwork.ops.issue_update import UpdateIssue
from beadwork.ops.label import AddLabels, RemoveLabels
from beadwork.ops.record_file import ExportFile, ImportFile
from beadwork.ops.search import CountQueued, IndexBatch, IndexTexts, SearchIssues
from tests.support import Project


@pytest.fixture(params=["indexed", "beside"])
def is_indexed(request: pytest.FixtureRequest) -> bool:
    """Whether all is indexed before a search, or looked at beside the index."""
    return bool(request.param == "indexed")


def found(project: Project, query: str, *, is_indexed: bool = True, **fields: object) -> list[str]:
    """Search; return the titles."""
    if is_indexed:
        project.run(IndexTexts(spare=0))
        assert project.run(CountQueued()).count == 0
    asked = SearchIssues(query=query, **fields)  # type: ignore[arg-type] # any field of it
    return [row.issue.title for row in project.run(asked).issues]


@pytest.mark.parametrize(
    "query",
    [
        "login", "LOGIN", "login page", "page login", '"login page"', "log*", "logi", "pag",
        "gin pa", "ogin", "cafe", "CAFÉ", "urgent-2", "because nobody", "sketched", "accepted",
        "seen noted", "remarked", '"the café', "login -", "o_p",
    ],
)  # fmt: skip
def test_words_and_parts_of_words_are_found(
    project: Project, query: str, *, is_indexed: bool
) -> None:
    project.create("Something else", description="of no matter")
    wanted = project.create(
        "The login page",
        description="Fails in the café because nobody do_pays",
        design="sketched",
        acceptance_criteria="accepted",
        notes="seen and noted",
        labels=["urgent-2"],
    )
    project.run(AddComment(issue=wanted, text="remarked"))
    assert found(project, query, is_indexed=is_indexed) == ["The login page"]


@pytest.mark.parametrize("query", ["login pages", '"page login"', "logn", "log* xx", "urg* logx"])
def test_what_has_not_all_words_is_not_found(
    project: Project, query: str, *, is_indexed: bool
) -> None:
    project.create("The login page", labels=["urgent"])
    assert found(project, query, is_indexed=is_indexed) == []


@pytest.mark.parametrize(
    "query",
    [
        '"', '""', "*", "a AND", "NOT", "(", ")", "NEAR(", "title:", "^x", "-", "--", "a\x00b",
        "' OR 1=1 --", "a" * 5000, "x " * 5000, "😀", "“quoted”", "\\", "%", "{a b}: c", '"a" "b',
        "+", "a + b", "İ", "ﬃ", "ẞ",
    ],
)  # fmt: skip
def test_no_text_is_a_mistake(project: Project, query: str, *, is_indexed: bool) -> None:
    project.create("Of no matter")
    assert found(project, query, is_indexed=is_indexed) in ([], ["Of no matter"])


def test_signs_and_short_parts_are_found(project: Project, *, is_indexed: bool) -> None:
    project.create("a->b in C++")
    project.create("Other")
    assert found(project, "->", is_indexed=is_indexed) == ["a->b in C++"]
    assert found(project, "C++", is_indexed=is_indexed) == ["a->b in C++"]
    assert found(project, "th", is_indexed=is_indexed) == ["Other"]


def test_an_issue_is_found_by_its_id_and_comes_first(project: Project) -> None:
    first = project.create("First")
    project.create(f"About {first} and {first}", description=first)
    assert found(project, first)[0] == "First"
    assert found(project, first.removeprefix("px-"))[0] == "First"


def test_what_fits_better_comes_first(project: Project) -> None:
    project.create("Notes", notes="parser")
    project.create("The parser")
    project.create("Described", description="the parser fails")
    project.create("Reparsering")
    assert found(project, "parser") == ["The parser", "Described", "Notes", "Reparsering"]
    assert found(project, "parser", reverse=True)[0] == "Reparsering"
    assert found(project, "parser", limit=2) == ["The parser", "Described"]
    assert found(project, "parser", sort="title")[0] == "Described"
    assert found(project, "parser", sort="title", reverse=True)[0] == "The parser"


def test_a_limit_says_that_more_was_found(project: Project) -> None:
    for number in range(4):
        project.create(f"Work {number}")
    assert project.run(SearchIssues(query="work", limit=3)).is_cut
    assert not project.run(SearchIssues(query="work", limit=4)).is_cut
    assert len(project.run(SearchIssues(query="wor", limit=0)).issues) == 4


def test_closed_issues_are_found_and_deleted_ones_are_not(project: Project) -> None:
    for title in ("Work open", "Work closed", "Work deleted"):
        project.create(title)
    ids = {row.issue.title: row.issue.id for row in project.run(SearchIssues(query="work")).issues}
    project.run(CloseIssue(issue=ids["Work closed"]))
    project.run(DeleteIssue(issue=ids["Work deleted"]))
    assert sorted(found(project, "work")) == ["Work closed", "Work open"]
    assert found(project, "work", statuses=["closed"]) == ["Work closed"]
    assert found(project, "work", statuses=["tombstone"]) == ["Work deleted"]


def test_filters_narrow_a_search_and_stand_alone(project: Project) -> None:
    project.create("Work one", assignee="bob", labels=["db"])
    project.create("Work two")
    assert found(project, "work", assignee="bob") == ["Work one"]
    assert found(project, "ork", labels=["db"]) == ["Work one"]
    assert found(project, "", labels=["db"]) == ["Work one"]
    with pytest.raises(InvalidField):
        project.run(SearchIssues(query="  "))
    with pytest.raises(InvalidField):
        project.run(SearchIssues(query="work", sort="nothing"))


def test_the_index_follows_every_change_of_a_text(project: Project) -> None:
    issue = project.create("Alpha", labels=["old"])
    assert found(project, "alpha old") == ["Alpha"]
    project.run(UpdateIssue(issue=issue, title="Beta", notes="gamma"))
    project.run(RemoveLabels(issue=issue, labels=["old"]))
    project.run(AddLabels(issue=issue, labels=["young"]))
    project.run(AddComment(issue=issue, text="delta"))
    for query in ("beta", "gamma", "young", "delta"):
        assert found(project, query) == ["Beta"]
    for query in ("alpha", "old"):
        assert found(project, query) == []


def test_a_change_of_state_needs_no_index(project: Project) -> None:
    issue = project.create("Alpha")
    project.run(IndexTexts(spare=0))
    project.run(CloseIssue(issue=issue))
    project.run(UpdateIssue(issue=issue, priority=0))
    assert project.run(CountQueued()).count == 0


def test_what_a_file_brings_is_found(project: Project) -> None:
    project.create("Here")
    project.run(ExportFile())
    line = '{"id":"px-x1","title":"From afar","created_at":"2025-01-01T00:00:00Z"}'
    project.run(ImportFile(text=line))
    assert found(project, "afar") == ["From afar"]
    again = line.replace("afar", "nearby").replace("}", ',"updated_at":"2027-01-01T00:00:00Z"}')
    project.run(ImportFile(text=again))
    assert (found(project, "afar"), found(project, "nearby")) == ([], ["From nearby"])


def test_a_few_new_issues_wait_for_the_index(project: Project) -> None:
    project.create("One")
    assert project.run(IndexTexts()).count == 0
    for number in range(30):
        project.create(f"Work {number}")
    assert project.run(IndexTexts()).count == 31
    assert project.run(IndexBatch()).count == 0


def test_of_very_many_hits_those_in_titles_come_first(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "SEARCH_RANKED_MAX", 5)
    project.create("The parser")
    for number in range(9):
        project.create(f"Work {number}", description="parser")
    assert found(project, "parser", limit=3) == ["The parser", "Work 8", "Work 7"]
    assert len(found(project, "parser", limit=0)) == 10


@pytest.mark.parametrize("sort", ["created", "priority", "title", "updated", "id"])
@pytest.mark.parametrize("query", ["parser", "arse", "parser fast", "rare"])
def test_a_search_in_an_order_begins_like_the_whole_of_it(
    project: Project, monkeypatch: pytest.MonkeyPatch, query: str, sort: str
) -> None:
    monkeypatch.setattr(limits, "SEARCH_RANKED_MAX", 3)
    for number in range(40):
        words = "sparser" if number % 5 == 0 else "parser" if number % 2 else "other"
        rare = "rare" if number in (0, 39) else "fast"
        project.create(f"{number * 7 % 40} {words} {rare}", priority=number % 5)
    project.run(CloseIssue(issue=project.create("parser closed")))
    for fields in ({}, {"reverse": True}, {"statuses": ["open"]}, {"priority": 4}):
        whole = found(project, query, sort=sort, limit=0, **fields)
        assert whole
        assert found(project, query, sort=sort, limit=4, **fields) == whole[:4]
        project.create("parser, arse, fast and rare, and not in the index")
        again = found(project, query, sort=sort, limit=0, is_indexed=False, **fields)
        assert found(project, query, sort=sort, limit=4, is_indexed=False, **fields) == again[:4]


def test_labels_of_a_search_are_met_exactly(project: Project) -> None:
    for label in ("ui", "UI", "u-i", "ui-kit", "+", "two words", "words"):
        project.create(f"work {label}", labels=[label])
    project.create("work both", labels=["ui", "words"])
    for label, expected in (
        ("ui", ["work both", "work ui"]),
        ("UI", ["work UI"]),
        ("u-i", ["work u-i"]),
        ("+", ["work +"]),
        ("two words", ["work two words"]),
        ("words", ["work both", "work words"]),
    ):
        assert sorted(found(project, "work", labels=[label])) == expected
        assert sorted(found(project, "work", labels_any=[label, "none"])) == expected
    assert found(project, "work", labels=["ui", "words"]) == ["work both"]
    assert len(found(project, "work", labels_any=["ui", "+"])) == 3
