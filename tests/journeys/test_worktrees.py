"""`bd worktree`: made, listed, removed without losing work; one store for all (R16)."""

import json
from pathlib import Path

import pytest

from tests.doors.program import Bd


def names(bd: Bd) -> list[str]:
    return [each["name"] for each in bd.json("worktree", "list")]


def test_a_worktree_works_on_the_store_of_the_main_one(repository: Bd) -> None:
    made = repository.json("worktree", "create", "side")
    assert made == {
        "name": "side",
        "path": str(repository.folder / "side"),
        "branch": "side",
        "is_main": False,
        "beads_state": "shared",
        "redirect_to": str(repository.beads),
    }
    side = repository.at(repository.folder / "side")
    issue = side.create("From the side")
    assert issue in repository.lines()
    assert repository.git("status", "--porcelain").split() in ([], ["??", ".beads/issues.jsonl"])
    main, other = repository.json("worktree", "list")
    assert (main["is_main"], main["branch"], main["beads_state"]) == (True, "main", "shared")
    assert (other["is_main"], other["path"]) == (False, made["path"])
    info = side.json("worktree", "info")
    assert info["is_worktree"]
    assert (info["main_repo"], info["beads_path"]) == (
        str(repository.folder),
        str(repository.beads),
    )
    assert not repository.json("worktree", "info")["is_worktree"]


def test_git_does_not_see_a_worktree_within_another_whatever_its_name(repository: Bd) -> None:
    repository.json("worktree", "create", "side [x]", "-b", "side")
    assert repository.git("status", "--porcelain").split() in ([], ["??", ".beads/issues.jsonl"])


def test_a_branch_may_be_named_or_be_there(repository: Bd, tmp_path: Path) -> None:
    repository.git("branch", "there")
    assert repository.json("worktree", "create", "../one", "--branch", "there")["branch"] == "there"
    assert repository.json("worktree", "create", str(tmp_path / "two"), "-b", "new/one")
    assert names(repository) == ["px", "one", "two"]
    taken = repository("worktree", "create", "../three", "--branch", "there", "--json")
    assert (taken.code, taken.error["code"]) == (4, "git.refused")


@pytest.mark.parametrize(
    "words", [["", "-b", "x"], ["x", "-b", "a..b"], ["a b~", "--branch", "-x"]]
)
def test_names_that_cant_be(repository: Bd, words: list[str]) -> None:
    assert repository("worktree", "create", *words).code == 2
    assert names(repository) == ["px"]


def test_what_is_in_the_way_stays(repository: Bd) -> None:
    (repository.folder / "side").mkdir()
    assert repository("worktree", "create", "side").code == 5


def test_work_is_not_lost(repository: Bd) -> None:
    repository.json("worktree", "create", "side")
    folder = repository.folder / "side"
    (folder / "new").write_text("", encoding="utf-8")
    answer = repository("worktree", "remove", "side", "--json")
    assert (answer.code, answer.error["code"]) == (4, "worktree.dirty")
    assert "new" in answer.error["error"]
    assert folder.exists()
    removed = repository.json("worktree", "remove", "side", "--force")
    assert (removed["removed"], removed["branch"]) == ("side", "side")
    assert not folder.exists()
    assert "side" in repository.git("branch", "--list")


def test_commits_on_no_branch_are_not_lost(repository: Bd) -> None:
    repository.json("worktree", "create", "side")
    folder = repository.folder / "side"
    repository.git("checkout", "--quiet", "--detach", folder=folder)
    repository.git("commit", "--quiet", "--allow-empty", "--message", "x", folder=folder)
    assert "no branch" in repository("worktree", "remove", "side").err
    repository.git("branch", "kept", "HEAD", folder=folder)
    repository.ok("worktree", "remove", "side")


def test_records_in_a_worktree_are_taken_in_first(repository: Bd) -> None:
    issue = repository.create()
    repository.git("add", "--all")
    repository.git("commit", "--quiet", "--message", "Issues")
    repository.json("worktree", "create", "side")
    path = repository.folder / "side" / ".beads" / "issues.jsonl"
    record = json.loads(path.read_text(encoding="utf-8"))
    record |= {"id": "px-zz", "title": "Only there", "created_at": "2026-01-01T00:00:00Z"}
    record.pop("stamps", None)
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(record) + "\n")
    repository.ok("worktree", "remove", "side")
    assert set(repository.lines()) == {issue, "px-zz"}


def test_the_main_one_and_this_one_stay(repository: Bd) -> None:
    repository.json("worktree", "create", "side")
    side = repository.at(repository.folder / "side")
    assert repository("worktree", "remove", "px").code == 2
    assert side("worktree", "remove", "side", "--force").code == 2
    assert repository("worktree", "remove", "nobody", "--json").error["code"] == "worktree.unknown"
    assert repository("worktree", "remove", "").code == 2
    assert names(repository) == ["px", "side"]


def test_a_redirect_is_shown(repository: Bd) -> None:
    repository.json("worktree", "create", "side")
    folder = repository.folder / "side" / ".beads"
    folder.mkdir(exist_ok=True)
    (folder / "redirect").write_text("../.beads\n", encoding="utf-8")
    side = repository.json("worktree", "list")[1]
    assert (side["beads_state"], side["redirect_to"]) == ("redirect", str(repository.beads))


def test_worktrees_of_a_bare_repository_share_a_store(bare: Bd) -> None:
    bare.git("init", "--quiet", "--bare", "--initial-branch=main", ".bare")
    (bare.folder / ".git").write_text("gitdir: ./.bare\n", encoding="utf-8")
    tree = bare.git("-C", ".bare", "hash-object", "-t", "tree", "-w", "/dev/null").strip()
    who = ("-c", "user.name=A", "-c", "user.email=a@example.org")
    first = bare.git(*who, "-C", ".bare", "commit-tree", "-m", "First", tree).strip()
    bare.git("-C", ".bare", "update-ref", "refs/heads/main", first)
    bare.git("worktree", "add", "--quiet", "main", "main")
    bare.git("worktree", "add", "--quiet", "-b", "side", "side", "main")
    bare.at(bare.folder / "main").ok("init", "--prefix", "bb")
    issue = bare.at(bare.folder / "main").create()
    for folder in (bare.folder, bare.folder / "side"):
        assert [row["id"] for row in bare.at(folder).json("list")] == [issue]


def test_a_worktree_of_a_submodule_uses_the_submodules_store(
    repository: Bd, tmp_path: Path
) -> None:
    library = tmp_path / "library"
    library.mkdir()
    repository.git("init", "--quiet", "--initial-branch=main", folder=library)
    who = ("-c", "user.name=A", "-c", "user.email=a@example.org")
    repository.git(*who, "commit", "-q", "--allow-empty", "-m", "First", folder=library)
    allow = ("-c", "protocol.file.allow=always")
    repository.git(*allow, "submodule", "--quiet", "add", str(library), "lib")
    lib = repository.at(repository.folder / "lib")
    lib.ok("init", "--prefix", "lib", "--skip-hooks")
    lib.git("worktree", "add", "--quiet", "-b", "side", str(tmp_path / "side"))
    assert lib.at(tmp_path / "side").json("where")["path"] == str(lib.beads)


def test_outside_git_there_are_no_worktrees(bd: Bd) -> None:
    assert bd("worktree", "list", "--json").error["code"] == "git.absent"
