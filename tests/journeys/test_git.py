"""Two clones and git between them: merges, hooks, worktrees (R2, R14, R17)."""

import json
from pathlib import Path

import pytest

from tests.doors.program import Bd

pytestmark = pytest.mark.slow


def commit(bd: Bd, message: str) -> None:
    """Commit the file of records."""
    bd.git("add", ".beads")
    bd.git("commit", "--quiet", "--message", message)


def branch_out(bd: Bd, tmp_path: Path) -> tuple[Bd, dict[str, str]]:
    """Make issues, and a clone with a branch of its own that knows them."""
    names = {
        name: bd.create(name, "-l", "old", "-d", "Text")
        for name in ("both", "ours", "theirs", "closed", "deleted", "need")
    }
    commit(bd, "Issues")
    bd.git("clone", "--quiet", str(bd.folder), str(tmp_path / "clone"))
    clone = bd.at(tmp_path / "clone", BD_ACTOR="bob")
    clone.git("config", "user.name", "Bob")
    clone.git("config", "user.email", "bob@example.org")
    clone.git("switch", "--quiet", "--create", "side")
    return clone, names


def edit_both(bd: Bd, clone: Bd, names: dict[str, str]) -> dict[str, str]:
    """Touch everything on both sides, never the same register twice."""
    both = names["both"]
    bd.ok("update", both, "--title", "Our title", "--priority", "0", "--add-label", "ours")
    clone.ok("update", both, "--notes", "Their notes", "-t", "bug", "--add-label", "theirs")
    bd.ok("update", both, "--remove-label", "old")
    bd.ok("comments", "add", both, "Our comment")
    clone.ok("comments", "add", both, "Their comment")
    bd.ok("dep", "add", both, names["need"])
    clone.ok("dep", "add", both, names["theirs"], "-t", "related")
    bd.ok("update", names["ours"], "--design", "Ours")
    clone.ok("update", names["theirs"], "--description", "Theirs")
    bd.ok("close", names["closed"], "--reason", "Done here")
    clone.ok("update", names["closed"], "--title", "Closed there")
    clone.ok("delete", names["deleted"], "--force")
    bd.ok("update", names["deleted"], "--notes", "Edited here")
    made = {"mine": bd.create("Made here"), "bobs": clone.create("Made there")}
    made["child"] = bd.create("Child here", "--parent", both)
    made["other child"] = clone.create("Child there", "--parent", both)
    commit(bd, "Ours")
    commit(clone, "Theirs")
    return made


def assert_nothing_is_lost(bd: Bd, names: dict[str, str]) -> None:
    """Check every edit of both sides."""
    (both,) = bd.json("show", names["both"])
    assert (both["title"], both["priority"]) == ("Our title", 0)
    assert (both["notes"], both["issue_type"]) == ("Their notes", "bug")
    assert both["labels"] == ["ours", "theirs"]
    assert {each["text"] for each in both["comments"]} == {"Our comment", "Their comment"}
    assert {(each["id"], each["dependency_type"]) for each in both["dependencies"]} == {
        (names["need"], "blocks"),
        (names["theirs"], "related"),
    }
    assert bd.json("show", names["ours"])[0]["design"] == "Ours"
    assert bd.json("show", names["theirs"])[0]["description"] == "Theirs"
    (closed,) = bd.json("show", names["closed"])
    assert (closed["title"], closed["close_reason"]) == ("Closed there", "Done here")
    (deleted,) = bd.json("show", names["deleted"])
    assert (deleted["status"], deleted["notes"]) == ("tombstone", "Edited here")
    titles = [row["title"] for row in bd.json("list", "--limit", "0")]
    for title in ("Made here", "Made there", "Child here", "Child there"):
        assert titles.count(title) == 1


def pull(bd: Bd, clone: Bd) -> None:
    """Merge the clone's branch."""
    bd.git("fetch", "--quiet", str(clone.folder), "side")
    bd.git("merge", "--quiet", "--no-edit", "FETCH_HEAD")


def test_the_driver_merges_without_conflict_and_loses_nothing(
    repository: Bd, tmp_path: Path
) -> None:
    clone, names = branch_out(repository, tmp_path)
    clone.ok("init")
    edit_both(repository, clone, names)
    pull(repository, clone)
    text = repository.records.read_text(encoding="utf-8")
    assert "<<<<<<<" not in text
    assert len(repository.lines()) == text.count("\n")
    assert repository.git("status", "--porcelain") == ""
    assert_nothing_is_lost(repository, names)
    commit_any(repository)
    clone.git("pull", "--quiet", "--no-edit", str(repository.folder), "main")
    assert_nothing_is_lost(clone, names)
    clone.ok("sync")
    assert clone.lines() == repository.lines()


def commit_any(bd: Bd) -> None:
    """Commit what is left to commit, if anything is."""
    bd.ok("sync")
    bd.git("add", ".beads")
    bd.git("commit", "--quiet", "--message", "Rest", code=None)


def test_without_the_driver_gits_union_is_repaired_by_sync(repository: Bd, tmp_path: Path) -> None:
    clone, names = branch_out(repository, tmp_path)
    edit_both(repository, clone, names)
    repository.git("config", "--unset", "merge.beads.driver")
    (repository.folder / ".git" / "info" / "attributes").unlink()
    pull(repository, clone)
    text = repository.records.read_text(encoding="utf-8")
    assert "<<<<<<<" not in text
    shown = repository.json("sync")
    assert shown["imported"]["doubled"] > 0
    assert shown["is_written"]
    assert len(repository.lines()) == repository.records.read_text(encoding="utf-8").count("\n")
    assert_nothing_is_lost(repository, names)


def test_a_merge_that_cant_find_the_driver_still_has_no_markers(
    repository: Bd, tmp_path: Path
) -> None:
    clone, names = branch_out(repository, tmp_path)
    edit_both(repository, clone, names)
    (repository.home / "bin" / "bd").unlink()
    repository.git("fetch", "--quiet", str(clone.folder), "side")
    repository.git("merge", "--quiet", "--no-edit", "FETCH_HEAD", code=None)
    repository.ok("sync")
    repository.git("show", "FETCH_HEAD:.beads/issues.jsonl")
    theirs = repository.git("show", "FETCH_HEAD:.beads/issues.jsonl")
    repository.ok("import", "-", given=theirs)
    assert_nothing_is_lost(repository, names)


def test_both_sides_of_a_conflict_agree(repository: Bd, tmp_path: Path) -> None:
    clone, names = branch_out(repository, tmp_path)
    clone.ok("init")
    repository.ok("update", names["both"], "--title", "Ours")
    clone.ok("update", names["both"], "--title", "Theirs")
    commit(repository, "Ours")
    commit(clone, "Theirs")
    pull(repository, clone)
    clone.git("pull", "--quiet", "--no-edit", str(repository.folder), "main")
    shown = [each.json("show", names["both"])[0]["title"] for each in (repository, clone)]
    assert shown == ["Theirs", "Theirs"]


def edit_by_hand(bd: Bd, issue: str, **fields: str) -> None:
    """Change a line as who knows nothing of stamps, and commit it."""
    lines = [json.loads(line) for line in bd.records.read_text(encoding="utf-8").splitlines()]
    for record in lines:
        if record["id"] == issue:
            record.pop("stamps", None)
            record.update(fields)
    text = "".join(f"{json.dumps(record)}\n" for record in lines)
    bd.records.write_text(text, encoding="utf-8")
    commit(bd, "By hand")


LATER = "2999-01-01T00:00:00Z"


@pytest.mark.parametrize("merges", ["driver", "union", "forward"])
def test_an_edit_by_hand_does_not_make_older_writes_below_it_newer(
    repository: Bd, tmp_path: Path, merges: str
) -> None:
    clone, names = branch_out(repository, tmp_path)
    clone.ok("init")
    clone.ok("update", names["both"], "--title", "Older")
    commit(clone, "Older")
    edit_by_hand(clone, names["both"], notes="By hand", updated_at=LATER)
    if merges == "forward":
        repository.ok("update", names["both"], "--title", "Newer", "--no-auto-flush")
    else:
        repository.ok("update", names["both"], "--title", "Newer")
        commit(repository, "Newer")
    if merges == "union":
        repository.git("config", "--unset", "merge.beads.driver")
        (repository.folder / ".git" / "info" / "attributes").unlink()
    pull(repository, clone)
    (shown,) = repository.json("show", names["both"])
    assert (shown["title"], shown["notes"]) == ("Newer", "By hand")
    commit_any(repository)
    clone.git("pull", "--quiet", "--no-edit", str(repository.folder), "main")
    (shown,) = clone.json("show", names["both"])
    assert (shown["title"], shown["notes"]) == ("Newer", "By hand")


def test_what_was_pulled_needs_no_export(repository: Bd, tmp_path: Path) -> None:
    clone, _ = branch_out(repository, tmp_path)
    clone.ok("init")
    made = clone.create("Made there")
    commit(clone, "Made")
    pull(repository, clone)
    assert repository.json("import")["created"] == 1
    before = repository.records.stat().st_mtime_ns
    assert repository.json("show", made)[0]["title"] == "Made there"
    assert not repository.json("sync")["is_written"]
    assert repository.records.stat().st_mtime_ns == before


def test_a_rebase_keeps_every_edit(repository: Bd, tmp_path: Path) -> None:
    clone, names = branch_out(repository, tmp_path)
    clone.ok("init")
    edit_both(repository, clone, names)
    clone.git("fetch", "--quiet", str(repository.folder), "main")
    clone.git("rebase", "--quiet", "FETCH_HEAD")
    assert_nothing_is_lost(clone, names)


def test_a_branch_switch_loses_nothing(repository: Bd) -> None:
    base = repository.create("Base")
    commit(repository, "Base")
    repository.git("switch", "--quiet", "--create", "side")
    side = repository.create("On the side")
    commit(repository, "Side")
    repository.git("switch", "--quiet", "main")
    before = repository.records.read_bytes()
    assert {row["id"] for row in repository.json("list")} == {base, side}
    assert repository.records.read_bytes() == before
    assert repository.git("status", "--porcelain") == ""


@pytest.mark.parametrize(
    ("base", "left", "right", "code"),
    [
        (b"", b"", b"", 0),
        (b"", b'{"id":"a-1","title":"L"}\n', b'{"id":"a-2","title":"R"}\n', 0),
        (b"", b"nonsense\n", b"", 1),
        (b"\xff", b"\xff\n", b'{"id":"a-1","title":"R"}\n', 1),
    ],
    ids=["nothing", "apart", "nonsense", "bytes"],
)
def test_the_driver_needs_no_store(
    bare: Bd, base: bytes, left: bytes, right: bytes, code: int
) -> None:
    for name, content in (("base", base), ("left", left), ("right", right)):
        (bare.folder / name).write_bytes(content)
    answer = bare.run("merge", "out", "base", "left", "right")
    assert (answer.code, answer.out) == (code, "")
    merged = (bare.folder / "out").read_bytes()
    assert set(merged.split(b"\n")) >= {line for line in (left + right).split(b"\n") if line}


def test_the_driver_says_what_it_cant_read(bare: Bd) -> None:
    answer = bare.run("merge", "out", "base", "nowhere", "nowhere")
    assert answer.code == 129
    assert answer.err.startswith("Error: ")


# -- hooks


def test_hooks_never_fail(bare: Bd, bd: Bd, tmp_path: Path) -> None:
    nowhere = tmp_path / "nowhere"
    nowhere.mkdir()
    cases = [
        (bare.at(nowhere), ("pre-commit",)),
        (bare.at(nowhere), ("post-merge", "0")),
        (bd, ("pre-commit",)),
        (bd, ("pre-push", "origin", "https://example.org/x")),
        (bd, ("post-checkout", "a", "b", "1")),
        (bd, ("prepare-commit-msg", ".git/COMMIT_EDITMSG", "message")),
        (bd, ("post-rewrite", "--unknown", "-x")),
        (bd, ("no-such-hook",)),
        (bd, ()),
    ]
    for program, words in cases:
        assert program("hooks", "run", *words) == (0, "", "")
    for path in bd.beads.glob("beadwork.db*"):
        path.write_bytes(b"damage" * 1000)
    damaged = bd.run("hooks", "run", "pre-commit")
    assert (damaged.code, damaged.out) == (0, "")
    assert damaged.err.startswith("bd: the pre-commit hook did nothing: ")


def install_hooks(bd: Bd) -> None:
    """Install the hooks that classic's clones have."""
    for name in ("pre-commit", "post-merge", "post-checkout"):
        path = bd.folder / ".git" / "hooks" / name
        path.write_text(f'#!/bin/sh\nexec bd hooks run {name} "$@"\n', encoding="utf-8")
        path.chmod(0o755)


def test_a_commit_takes_the_file_along(repository: Bd) -> None:
    first = repository.create("First")
    commit(repository, "First")
    install_hooks(repository)
    second = repository.create("Second", "--no-auto-flush")
    assert second not in repository.lines()
    (repository.folder / "code").write_text("x", encoding="utf-8")
    repository.git("add", "code")
    repository.git("commit", "--quiet", "--message", "Code")
    committed = repository.git("show", "HEAD:.beads/issues.jsonl")
    assert first in committed
    assert second in committed
    assert repository.git("status", "--porcelain") == ""


def with_code(repository: Bd) -> str:
    """Commit code and issues, change both, and let the file lag behind; return the new issue."""
    repository.create("First")
    code = repository.folder / "code"
    code.write_text("x", encoding="utf-8")
    repository.git("add", "code")
    commit(repository, "First")
    install_hooks(repository)
    code.write_text("y", encoding="utf-8")
    return repository.create("Second", "--no-auto-flush")


def test_a_commit_of_all_that_changed_takes_the_file_along(repository: Bd) -> None:
    second = with_code(repository)
    repository.git("commit", "--quiet", "--all", "--message", "Code")
    assert second in repository.git("show", "HEAD:.beads/issues.jsonl")
    assert repository.git("status", "--porcelain") == ""


def test_a_commit_of_named_paths_holds_only_these(repository: Bd) -> None:
    second = with_code(repository)
    repository.git("commit", "--quiet", "--message", "Code", "code")
    assert second not in repository.git("show", "HEAD:.beads/issues.jsonl")
    assert repository.git("status", "--porcelain") == " M .beads/issues.jsonl\n"
    repository.git("commit", "--quiet", "--all", "--message", "Issues")
    assert second in repository.git("show", "HEAD:.beads/issues.jsonl")


@pytest.mark.parametrize("is_shared", [True, False], ids=["shared", "kept out"])
def test_the_first_commit_of_the_folder_takes_the_file_along(bare: Bd, *, is_shared: bool) -> None:
    bare.git("init", "--quiet")
    bare.git("config", "user.name", "Ann")
    bare.git("config", "user.email", "ann@example.org")
    bare.ok("init", "--quiet", *([] if is_shared else ["--stealth"]))
    first = bare.create("First", "--no-auto-flush")
    (bare.folder / "code").write_text("x", encoding="utf-8")
    bare.git("add", ".")
    bare.git("commit", "--quiet", "--message", "Begin")
    tracked = bare.git("ls-files", ".beads").split()
    assert (".beads/issues.jsonl" in tracked) == is_shared
    if is_shared:
        assert first in bare.git("show", "HEAD:.beads/issues.jsonl")
    assert bare.git("status", "--porcelain") == ""


def test_a_file_that_is_taken_out_of_git_stays_out(repository: Bd) -> None:
    repository.create("One")
    commit(repository, "First")
    install_hooks(repository)
    repository.git("rm", "--quiet", "--cached", ".beads/issues.jsonl")
    repository.git("commit", "--quiet", "--message", "Out")
    assert ".beads/issues.jsonl" not in repository.git("ls-files", ".beads").split()


@pytest.mark.parametrize("way", ["checkout", "emptied", "hook"])
def test_a_file_that_was_put_back_is_written_anew_when_asked_for(repository: Bd, way: str) -> None:
    repository.create("One", "--id", "px-1")
    commit(repository, "First")
    repository.ok("update", "px-1", "--notes", "Precious")
    repository.create("Two", "--id", "px-2")
    if way == "emptied":
        repository.records.write_text("", encoding="utf-8")
    else:
        repository.git("checkout", "--", ".beads")
    repository.ok("list")
    assert "px-2" not in repository.lines()
    if way == "hook":
        install_hooks(repository)
        (repository.folder / "code").write_text("x", encoding="utf-8")
        repository.git("add", "code")
        repository.git("commit", "--quiet", "--message", "Code")
        assert "px-2" in repository.git("show", "HEAD:.beads/issues.jsonl")
    else:
        assert repository.ok("sync").out == "Wrote the file.\n"
    assert "Precious" in repository.lines()["px-1"]
    assert "px-2" in repository.lines()
    assert repository.ok("sync").out == "The file is up to date.\n"


def test_a_commit_in_a_worktree_leaves_the_main_index_alone(repository: Bd, tmp_path: Path) -> None:
    repository.create("First")
    commit(repository, "First")
    install_hooks(repository)
    repository.git("worktree", "add", "--quiet", "-b", "side", str(tmp_path / "side"))
    side = repository.at(tmp_path / "side")
    side.create("Second")
    (side.folder / "code").write_text("x", encoding="utf-8")
    side.git("add", "code")
    side.git("commit", "--quiet", "--message", "Code")
    assert side.git("show", "--name-only", "--format=", "HEAD").split() == ["code"]
    assert repository.git("diff", "--cached", "--name-only") == ""


def test_what_a_worktrees_branch_brings_is_taken_in(repository: Bd, tmp_path: Path) -> None:
    clone, _ = branch_out(repository, tmp_path)
    bobs = clone.create("Bob's")
    commit(clone, "Bob's")
    install_hooks(repository)
    repository.git("worktree", "add", "--quiet", "-b", "work", str(tmp_path / "work"))
    work = repository.at(tmp_path / "work")
    work.git("pull", "--quiet", "--no-edit", str(clone.folder), "side")
    assert bobs in {row["id"] for row in repository.json("list")}
