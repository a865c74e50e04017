"""Issues of other repositories in the store: where they came from, and taking them out."""

import pytest

from beadwork.model.errors import UndoConflict
from beadwork.ops.event import ListEvents, Undo
from beadwork.ops.issue import ListIssues
from beadwork.ops.issue_update import UpdateIssue
from beadwork.ops.origin import ListChanged, ListOrigins, TakeOut
from beadwork.ops.record_file import ImportFile
from beadwork.ops.search import IndexTexts, SearchIssues
from tests.support import Project

LINE = (
    '{"id":"oz-1","title":"Changed","status":"open","priority":2,"issue_type":"task",'
    '"created_at":"2026-01-01T00:00:00Z","updated_at":"2026-01-01T00:00:00Z"}\n'
)


def ids(project: Project) -> list[str]:
    return [row.issue.id for row in project.run(ListIssues(sort="id")).issues]


def test_an_index_of_texts_forgets_what_is_taken_out(project: Project) -> None:
    ours = project.create("Changed too")
    project.run(ImportFile(text=LINE, origin="../oz"))
    project.run(IndexTexts(spare=0))
    asked = SearchIssues(query="hange", sort="created")
    assert len(project.run(asked).issues) == 2
    assert project.run(TakeOut(repository="../oz")).issues == 1
    assert [row.issue.id for row in project.run(asked).issues] == [ours]


def test_what_was_done_to_issues_that_are_taken_out_is_not_undone(project: Project) -> None:
    ours = project.create("Ours")
    project.run(ImportFile(text=LINE, origin="../oz"))
    project.run(UpdateIssue(issue="oz-1", title="Changed here"))
    request = project.run(ListEvents()).events[-1].request
    project.run(TakeOut(repository="../oz"))
    with pytest.raises(UndoConflict, match="oz-1 is not here any more"):
        project.run(Undo(request=request))
    assert [each.id for each in project.run(Undo()).issues] == [ours]


def test_only_the_issues_of_one_repository_are_taken_out(project: Project) -> None:
    project.run(ImportFile(text=LINE, origin="../oz"))
    project.run(ImportFile(text=LINE.replace("oz-1", "my-1"), origin="../my"))
    report = project.run(ImportFile(text=LINE, origin="../my")).report
    assert (report.taken, report.created) == (["oz-1"], 0)
    assert [each.repository for each in project.run(ListOrigins()).origins] == ["../my", "../oz"]
    assert project.run(ListChanged(repository="../my")).lines == []
    project.run(TakeOut(repository="../oz"))
    assert ids(project) == ["my-1"]
    assert project.run(TakeOut(repository="../oz")).issues == 0
