"""Other ids for issues: what follows, what stays, and what other clones make of it."""

from pathlib import Path

import pytest

from beadwork.engine import Caller
from beadwork.model.claim import Holder
from beadwork.model.errors import (
    ClaimLost,
    Conflict,
    InvalidField,
    InvalidTransition,
    IssueExists,
    PrefixMismatch,
    UndoConflict,
)
from beadwork.model.issue import Vocabulary
from beadwork.ops.check import CheckStore
from beadwork.ops.claim import ClaimIssue
from beadwork.ops.comment import AddComment
from beadwork.ops.event import ShowHistory, Undo
from beadwork.ops.issue import ListIssues
from beadwork.ops.issue_state import CloseIssue, DeleteIssue
from beadwork.ops.issue_update import UpdateIssue
from beadwork.ops.ready import ListReady
from beadwork.ops.record_file import ExportFile, ImportFile
from beadwork.ops.rename import RenameIssue, RenamePrefix
from tests.support import Project


def ids(project: Project) -> set[str]:
    """The ids of what is not deleted."""
    return {row.issue.id for row in project.run(ListIssues(all=True, limit=0)).issues}


def test_an_issue_goes_on_under_its_new_id(project: Project) -> None:
    old = project.create("Work", labels=["x"], description="Text")
    project.run(AddComment(issue=old, text="Said"))
    epoch = project.run(ClaimIssue(issue=old)).claim_epoch
    answer = project.run(RenameIssue(issue=old, new_id="px-login"))
    assert [(each.old_id, each.new_id) for each in answer.moves] == [(old, "px-login")]
    found = project.show("px-login")
    assert (found.claimed_by, found.claim_epoch) == ("alice", epoch)
    assert (found.issue.labels, found.issue.description) == (["x"], "Text")
    assert [each.issue_id for each in found.issue.comments] == ["px-login"]
    kinds = [each.kind for each in project.run(ShowHistory(issue="px-login")).events]
    assert kinds[0] == "moved"
    assert kinds[-1] == "created"
    assert ids(project) == {"px-login"}
    left = project.issue(old)
    assert (left.status, left.delete_reason) == ("tombstone", "Renamed to px-login")
    assert (left.description, left.labels) == ("", [])


def unsound(project: Project) -> list[str]:
    """What the checks of the store find."""
    return [
        f"{each.name}: {each.message} {each.detail}"
        for each in project.run(CheckStore()).findings
        if each.status == "error"
    ]


def test_the_index_of_edges_follows(project: Project) -> None:
    parent, gone = project.create("Parent"), project.create("Deleted")
    child = project.create("Child", parent=parent)
    project.create("Orphan", parent=gone)
    project.run(DeleteIssue(issue=gone))
    project.run(RenameIssue(issue=child, new_id="px-child"))
    assert unsound(project) == []
    project.run(RenamePrefix(prefix="qq"))
    assert unsound(project) == []


def test_children_and_edges_follow(project: Project) -> None:
    old = project.create("Parent", issue_type="epic")
    child = project.create("Child", parent=old)
    below = project.create("Below", parent=child)
    waiting = project.create("Waiting", dependencies=[old])
    gated = project.create("Gated", waits_for=old)
    answer = project.run(RenameIssue(issue=old, new_id="px-e"))
    assert {each.new_id for each in answer.moves} == {"px-e", "px-e.1", "px-e.1.1"}
    assert answer.dependencies_updated == 4
    assert project.show("px-e.1").parent == "px-e"
    assert project.show("px-e.1.1").parent == "px-e.1"
    assert [each.depends_on_id for each in project.issue(waiting).dependencies] == ["px-e"]
    assert project.wrong_rows() == 0
    assert {row.issue.id for row in project.run(ListReady()).issues} == {
        "px-e", "px-e.1", "px-e.1.1",
    }  # fmt: skip
    project.run(CloseIssue(issue="px-e.1.1"))
    project.run(CloseIssue(issue="px-e.1"))
    project.run(CloseIssue(issue="px-e"))
    assert {row.issue.id for row in project.run(ListReady()).issues} == {waiting, gated}
    assert project.create("Next", parent="px-e", force=True) == "px-e.2"
    assert below == f"{child}.1"


def test_whole_ids_in_texts_follow_and_comments_stay(project: Project) -> None:
    old = project.create("Work")
    child = project.create("Child", parent=old)
    text = f"After {old}, and ({child}); not {old}x."
    other = project.create(f"See {old}", description=text, notes=text)
    project.run(AddComment(issue=other, text=text))
    answer = project.run(RenameIssue(issue=old, new_id="px-new"))
    assert answer.references_updated == 1
    found = project.issue(other)
    assert found.title == "See px-new"
    assert found.description == found.notes == f"After px-new, and (px-new.1); not {old}x."
    assert found.comments[0].text == text


def test_an_id_that_can_not_be_taken_is_refused(project: Project) -> None:
    one, two, gone = (project.create(f"Issue {n}") for n in range(3))
    project.run(DeleteIssue(issue=gone))
    for taken in (two, gone):
        with pytest.raises(IssueExists):
            project.run(RenameIssue(issue=one, new_id=taken))
    with pytest.raises(PrefixMismatch):
        project.run(RenameIssue(issue=one, new_id="other-a"))
    with pytest.raises(InvalidField):
        project.run(RenameIssue(issue=one, new_id="no id"))
    with pytest.raises(InvalidField):
        project.run(RenameIssue(issue=one, new_id=f"{one}.1"))
    with pytest.raises(InvalidTransition):
        project.run(RenameIssue(issue=gone, new_id="px-new"))
    assert project.run(RenameIssue(issue=one, new_id=one)).moves == []
    assert ids(project) == {one, two}


def test_what_another_holds_is_renamed_only_by_force(project: Project) -> None:
    issue = project.create()
    project.run(ClaimIssue(issue=issue), actor="bob")
    with pytest.raises(ClaimLost):
        project.run(RenameIssue(issue=issue, new_id="px-new"))
    project.run(RenameIssue(issue=issue, new_id="px-new", force=True))
    assert project.show("px-new").claimed_by == "bob"


def test_undo_refuses_half_a_renaming(project: Project) -> None:
    old = project.create()
    project.create(f"See {old}")
    project.run(RenameIssue(issue=old, new_id="px-new"))
    with pytest.raises(UndoConflict):
        project.run(Undo())
    assert project.issue("px-new").status == "open"


def test_an_ephemeral_issue_leaves_nothing_in_the_file(project: Project) -> None:
    old = project.create(ephemeral=True)
    project.run(RenameIssue(issue=old, new_id="px-new"))
    project.create("Another")
    project.run(ExportFile())
    assert "px-new" not in project.records.read_text()
    assert old not in project.records.read_text()


def test_another_clone_ends_with_the_new_id_alone(project: Project, tmp_path: Path) -> None:
    old = project.create("Work")
    other = project.create("Other", dependencies=[old])
    project.run(ExportFile())
    clone = Project(tmp_path / "clone", clock=project.clock)
    try:
        clone.records.write_text(project.records.read_text())
        clone.run(ImportFile())
        clone.run(UpdateIssue(issue=old, notes="Theirs"))
        clone.run(ExportFile())
        theirs = clone.records.read_text()
        project.run(RenameIssue(issue=old, new_id="px-new"))
        project.run(ExportFile())
        ours = project.records.read_text().splitlines(keepends=True)
        union = "".join(sorted({*theirs.splitlines(keepends=True), *ours}))
        for each in (clone, project):
            each.records.write_text(union)
            each.run(ImportFile())
            each.run(ExportFile())
            assert ids(each) == {"px-new", other}
            assert [e.depends_on_id for e in each.issue(other).dependencies] == ["px-new"]
            assert each.wrong_rows() == 0
        assert clone.records.read_text() == project.records.read_text()
    finally:
        clone.close()


def test_a_prefix_changes_for_all_its_ids(project: Project) -> None:
    parent = project.create("Parent")
    project.create("Child", parent=parent, description=f"Under {parent}")
    gone = project.create("Gone")
    project.run(DeleteIssue(issue=gone))
    planned = project.run(RenamePrefix(prefix="web-", dry_run=True))
    assert ids(project) == {parent, f"{parent}.1"}
    answer = project.run(RenamePrefix(prefix="web-"))
    assert answer.moves == planned.moves
    top = parent.replace("px-", "web-")
    assert ids(project) == {top, f"{top}.1"}
    assert project.issue(f"{top}.1").description == f"Under {top}"
    assert project.wrong_rows() == 0
    assert project.issue(gone).status == "tombstone"


def test_foreign_prefixes_are_joined_only_if_asked(tmp_path: Path) -> None:
    words = Vocabulary(prefix="px", allowed_prefixes=("kept",))
    project = Project(tmp_path, vocabulary=words)
    try:
        own = project.create("Own")
        part = own.removeprefix("px-")
        project.create("Foreign", id=f"zz-{part}", force=True)
        project.create("Child", id="zz-b.1", force=True)
        project.create("Kept", id="kept-1")
        with pytest.raises(Conflict):
            project.run(RenamePrefix(prefix="web"))
        answer = project.run(RenamePrefix(prefix="px", repair=True))
        found = {each.old_id: each.new_id for each in answer.moves}
        assert found["zz-b.1"] == "px-b.1"
        assert found[f"zz-{part}"].startswith("px-")
        assert ids(project) == {own, "kept-1", *found.values()}
    finally:
        project.close()


@pytest.mark.parametrize("prefix", ["", "-", "a b", "ü"])
def test_a_prefix_that_ids_can_not_have_is_refused(project: Project, prefix: str) -> None:
    with pytest.raises(InvalidField):
        project.run(RenamePrefix(prefix=prefix))


def test_a_long_rename_tells_how_far_it_is(project: Project) -> None:
    issues = [project.create(f"Issue {n}") for n in range(3)]
    told: list[tuple[int, int, str]] = []
    project.engine.run(
        RenamePrefix(prefix="qq"), Caller(Holder("ann")), lambda *each: told.append(each)
    )
    assert [each for each in told if each[2] == "renamed"] == [
        (done, len(issues), "renamed") for done in range(len(issues))
    ]
