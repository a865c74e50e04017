"""What classic programs and hands write into the file, on ways of git that hide where they began.

No edit is lost where no two wrote the same register, though nobody says what a line was made from
(R2, R3, decision 0022).
"""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from beadwork.model import instants
from tests.doors.program import Bd

pytestmark = pytest.mark.slow


@pytest.fixture
def ours(repository: Bd) -> Bd:
    """A clone with the driver, and two issues."""
    repository.create("One", "--id", "px-1")
    repository.create("Two", "--id", "px-2")
    commit(repository, "Issues")
    return repository


def commit(bd: Bd, message: str) -> None:
    bd.git("add", ".beads")
    bd.git("commit", "--quiet", "--message", message)


def cloned(bd: Bd, folder: Path, name: str) -> Bd:
    """Another clone, in which nobody ever ran `bd init`: git merges by union there."""
    bd.git("clone", "--quiet", str(bd.folder), str(folder))
    clone = bd.at(folder, BD_ACTOR=name)
    clone.git("config", "user.name", name)
    clone.git("config", "user.email", f"{name}@example.org")
    return clone


def edited_by_hand(bd: Bd, note: str, *, later_s: int, is_spaced: bool = False) -> None:
    """Set the notes of px-1 as a classic program does: without stamps, and some time later."""
    separators = (", ", ": ") if is_spaced else (",", ":")
    lines = []
    for line in bd.records.read_text(encoding="utf-8").splitlines():
        record = json.loads(line)
        record.pop("stamps", None)
        if record["id"] == "px-1":
            before = instants.parse_us(record["updated_at"])
            assert before is not None
            moment = before + timedelta(seconds=later_s) // timedelta(microseconds=1)
            record |= {"notes": note, "updated_at": instants.format_us(moment)}
        lines.append(json.dumps(record, separators=separators, ensure_ascii=False))
    bd.records.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def edited_by_us(bd: Bd) -> None:
    bd.ok("comments", "add", "px-1", "Precious")
    bd.ok("update", "px-1", "--title", "Ours")
    bd.ok("label", "add", "px-1", "keep")
    commit(bd, "Ours")


def assert_ours_stands(bd: Bd, note: str) -> None:
    (found,) = bd.json("show", "px-1")
    assert (found["title"], found["labels"], found.get("notes")) == ("Ours", ["keep"], note)
    assert [each["text"] for each in found["comments"]] == ["Precious"]


def test_a_line_rebased_beside_another_takes_nothing_away(ours: Bd, tmp_path: Path) -> None:
    theirs = cloned(ours, tmp_path / "theirs", "bob")
    edited_by_us(ours)
    edited_by_hand(theirs, "By hand", later_s=60)
    commit(theirs, "By hand")
    theirs.git("pull", "--quiet", "--rebase", str(ours.folder))
    assert theirs.records.read_text(encoding="utf-8").count('"id":"px-1"') == 2
    ours.git("pull", "--quiet", "--ff-only", str(theirs.folder))
    assert_ours_stands(ours, "By hand")


def test_a_clone_that_sees_both_lines_first_takes_nothing_away(ours: Bd, tmp_path: Path) -> None:
    theirs = cloned(ours, tmp_path / "theirs", "bob")
    edited_by_us(ours)
    edited_by_hand(theirs, "By hand", later_s=60)
    commit(theirs, "By hand")
    theirs.git("pull", "--quiet", "--no-rebase", "--no-edit", str(ours.folder))
    assert_ours_stands(cloned(theirs, tmp_path / "third", "zoe"), "By hand")


@pytest.mark.parametrize("is_spaced", [False, True])
def test_two_lines_of_a_stash_take_nothing_away(
    ours: Bd,
    tmp_path: Path,
    is_spaced: bool,
) -> None:
    theirs = cloned(ours, tmp_path / "theirs", "bob")
    theirs.ok("list")
    edited_by_us(ours)
    edited_by_hand(theirs, "By hand", later_s=60, is_spaced=is_spaced)
    theirs.git("stash", "--quiet")
    theirs.git("pull", "--quiet", "--ff-only", str(ours.folder))
    theirs.ok("list")
    theirs.git("stash", "pop", "--quiet")
    assert_ours_stands(theirs, "By hand")


def test_a_second_edit_on_a_first_takes_nothing_away(ours: Bd, tmp_path: Path) -> None:
    theirs = cloned(ours, tmp_path / "theirs", "bob")
    edited_by_hand(theirs, "First", later_s=60)
    commit(theirs, "First")
    edited_by_us(ours)
    ours.git("pull", "--quiet", "--no-rebase", "--no-edit", str(theirs.folder))
    assert_ours_stands(ours, "First")
    edited_by_hand(theirs, "Second", later_s=60)
    commit(theirs, "Second")
    theirs.git("pull", "--quiet", "--no-rebase", "--no-edit", str(ours.folder))
    ours.ok("update", "px-2", "--priority", "0")
    commit(ours, "More")
    ours.git("pull", "--quiet", "--no-rebase", "--no-edit", str(theirs.folder))
    assert_ours_stands(ours, "Second")


def test_a_revert_to_an_older_line_takes_nothing_of_others_away(ours: Bd, tmp_path: Path) -> None:
    theirs = cloned(ours, tmp_path / "theirs", "bob")
    edited_by_us(ours)
    for note in ("First", "Second"):
        edited_by_hand(theirs, note, later_s=60)
        commit(theirs, note)
    ours.git("pull", "--quiet", "--no-rebase", "--no-edit", str(theirs.folder))
    # What is older says nothing new: git finds nothing to commit.
    ours.git("revert", "--no-edit", theirs.git("rev-parse", "HEAD").strip(), code=1)
    assert_ours_stands(ours, "Second")


def test_two_births_under_one_id_stay_two(ours: Bd, tmp_path: Path) -> None:
    theirs, third = (cloned(ours, tmp_path / name, name) for name in ("bob", "zoe"))
    theirs.ok("init", "--quiet")
    for bd, others in ((ours, ("-d", "Of A")), (third, ())):
        bd.create(f"By {bd.environment['BD_ACTOR']}", "--id", "px-x", *others)
    third.create("Needs the one of Zoe", "--id", "px-n", "--deps", "px-x")
    commit(ours, "A")
    commit(third, "C")
    without_driver(ours, lambda: pull(ours, third))
    ours.ok("update", "px-x", "--add-label", "seen")
    commit(ours, "Folded")
    pull(theirs, ours)
    first, second = sorted(theirs.json("list", "--title", "By"), key=lambda each: each["id"])
    assert {each["title"] for each in (first, second)} == {"By ann", "By zoe"}
    (needs,) = theirs.json("show", "px-n")
    assert [each["title"] for each in needs["dependencies"]] == ["By zoe"]
    third.ok("update", "px-x", "--title", "By zoe, edited")
    commit(third, "Edited")
    theirs.ok("update", "px-2", "--priority", "0")
    commit(theirs, "Other")
    pull(theirs, third)
    titles = {each["title"]: each.get("description") for each in theirs.json("list")}
    assert titles["By ann"] == "Of A"
    assert "By zoe, edited" in titles


def pull(bd: Bd, other: Bd) -> None:
    bd.git("pull", "--quiet", "--no-rebase", "--no-edit", str(other.folder))


def without_driver(bd: Bd, work: Callable[[], None]) -> None:
    """Do something while git merges the file by union."""
    path = bd.folder / ".git" / "info" / "attributes"
    held = path.read_bytes()
    path.unlink()
    work()
    path.write_bytes(held)


def test_what_was_written_under_an_old_id_goes_on_under_the_new_one(
    ours: Bd, tmp_path: Path
) -> None:
    theirs = cloned(ours, tmp_path / "theirs", "bob")
    theirs.ok("init", "--quiet")
    ours.ok("label", "add", "px-1", "kept")
    ours.ok("rename", "px-1", "px-login")
    commit(ours, "Renamed")
    theirs.ok("comments", "add", "px-1", "Precious")
    theirs.ok("update", "px-1", "--notes", "Important", "--add-label", "new", "--priority", "0")
    commit(theirs, "Edited")
    pull(theirs, ours)
    pull(ours, theirs)
    for bd in (theirs, ours):
        (found,) = bd.json("show", "px-login")
        assert (found["notes"], found["labels"]) == ("Important", ["kept", "new"])
        assert (found["priority"], found["status"]) == (0, "open")
        assert [each["text"] for each in found["comments"]] == ["Precious"]
    assert theirs.json("show", "px-1")[0]["status"] == "tombstone"


def renamed_and_edited(ours: Bd, tmp_path: Path, *new_ids: str) -> Bd:
    """Rename px-1 here, and write under its old id in another clone."""
    theirs = cloned(ours, tmp_path / "theirs", "bob")
    theirs.ok("init", "--quiet")
    for old, new in zip(("px-1", *new_ids), new_ids, strict=False):
        ours.ok("rename", old, new)
    commit(ours, "Renamed")
    theirs.ok("comments", "add", "px-1", "Precious")
    return theirs


def meet(ours: Bd, theirs: Bd) -> None:
    commit(theirs, "Edited")
    pull(theirs, ours)
    theirs.ok("list")
    if theirs.git("status", "--porcelain"):
        commit(theirs, "Carried over")
    pull(ours, theirs)


def test_what_was_written_under_an_old_id_goes_on_after_two_renames(
    ours: Bd, tmp_path: Path
) -> None:
    theirs = renamed_and_edited(ours, tmp_path, "px-log", "px-login")
    theirs.ok("update", "px-1", "--notes", "Important")
    meet(ours, theirs)
    for bd in (theirs, ours):
        (found,) = bd.json("show", "px-login")
        assert (found["notes"], found["comments"][0]["text"]) == ("Important", "Precious")


def test_who_closes_an_old_id_closes_the_issue(ours: Bd, tmp_path: Path) -> None:
    theirs = renamed_and_edited(ours, tmp_path, "px-login")
    theirs.ok("close", "px-1", "--reason", "Done")
    meet(ours, theirs)
    for bd in (theirs, ours):
        (found,) = bd.json("show", "px-login")
        assert (found["status"], found["close_reason"]) == ("closed", "Done")
        assert found["comments"][0]["text"] == "Precious"
        assert bd.json("show", "px-1")[0]["status"] == "tombstone"
        assert [each["id"] for each in bd.json("list", "--all")].count("px-1") == 0


def test_who_takes_away_under_an_old_id_takes_it_from_the_issue(ours: Bd, tmp_path: Path) -> None:
    ours.ok("dep", "add", "px-1", "px-2")
    commit(ours, "A need")
    theirs = renamed_and_edited(ours, tmp_path, "px-login")
    theirs.ok("dep", "remove", "px-1", "px-2")
    meet(ours, theirs)
    for bd in (theirs, ours):
        assert "px-login" in {each["id"] for each in bd.json("ready")}


@pytest.mark.parametrize("later_s", [0, 60])
@pytest.mark.parametrize(
    "way", [("stash", "--quiet"), ("checkout", "--", ".beads"), ("reset", "--quiet", "--hard")]
)
def test_a_file_that_git_put_back_is_edited_as_it_was_put_back(
    ours: Bd, way: tuple[str, ...], later_s: int
) -> None:
    ours.ok("comments", "add", "px-1", "Precious")
    ours.ok("update", "px-1", "--title", "Ours", "--add-label", "keep")
    ours.git(*way)
    edited_by_hand(ours, "By hand", later_s=later_s)
    assert_ours_stands(ours, "By hand")


def test_what_is_taken_back_by_hand_is_an_edit(ours: Bd) -> None:
    ours.ok("update", "px-1", "--title", "Ours")
    text = ours.records.read_text(encoding="utf-8")
    record = json.loads(text.splitlines()[0])
    record.pop("stamps")
    moment = (instants.parse_us(record["updated_at"]) or 0) + 60_000_000
    record |= {"title": "One", "updated_at": instants.format_us(moment)}
    rest = text.split("\n", 1)[1]
    ours.records.write_text(f"{json.dumps(record)}\n{rest}", encoding="utf-8")
    assert ours.json("show", "px-1")[0]["title"] == "One"


def test_looking_at_anothers_branch_in_a_worktree_takes_nothing_away(
    ours: Bd, tmp_path: Path
) -> None:
    theirs = cloned(ours, tmp_path / "theirs", "bob")
    edited_by_us(ours)
    edited_by_hand(theirs, "By hand", later_s=60)
    commit(theirs, "By hand")
    ours.ok("hooks", "install")
    ours.git("fetch", "--quiet", str(theirs.folder))
    review = tmp_path / "review"
    ours.git("worktree", "add", "--quiet", "-b", "review", str(review), "FETCH_HEAD")
    assert_ours_stands(ours, "By hand")


def test_an_edit_by_hand_in_an_older_worktree_takes_nothing_away(ours: Bd, tmp_path: Path) -> None:
    ours.ok("hooks", "install")
    old = tmp_path / "old"
    ours.git("worktree", "add", "--quiet", "-b", "old", str(old))
    edited_by_us(ours)
    tree = ours.at(old)
    edited_by_hand(tree, "By hand", later_s=60)
    tree.git("add", ".beads")
    tree.git("commit", "--quiet", "--message", "By hand")
    assert_ours_stands(ours, "By hand")
    commit(ours, "Both")
    ours.git("merge", "--quiet", "--no-edit", "old")
    assert_ours_stands(ours, "By hand")


def test_a_first_look_at_a_line_without_stamps_takes_nothing_away(ours: Bd, tmp_path: Path) -> None:
    theirs = cloned(ours, tmp_path / "theirs", "bob")
    edited_by_us(ours)
    edited_by_hand(theirs, "By hand", later_s=60)
    commit(theirs, "By hand")
    third = cloned(theirs, tmp_path / "third", "zoe")
    third.ok("update", "px-1", "--priority", "0")
    commit(third, "First look")
    ours.git("pull", "--quiet", "--no-rebase", "--no-edit", str(third.folder))
    assert_ours_stands(ours, "By hand")
    assert ours.json("show", "px-1")[0]["priority"] == 0
