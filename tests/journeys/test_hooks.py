"""`bd hooks install`, `list`, `uninstall`: beside the hooks of others, for all worktrees (R14)."""

from pathlib import Path

import pytest

from tests.doors.program import Bd

NAMES = ["pre-commit", "post-merge", "pre-push", "post-checkout", "prepare-commit-msg"]
THEIRS = "#!/bin/sh\necho theirs >> theirs\n"


def states(bd: Bd) -> dict[str, dict[str, object]]:
    return {each["Name"]: each for each in bd.json("hooks", "list")["hooks"]}


def put_hook(bd: Bd, text: str = THEIRS, name: str = "pre-commit") -> Path:
    path = bd.folder / ".git" / "hooks" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)
    return path


def commit(bd: Bd, *, code: int = 0) -> None:
    (bd.folder / "README").write_text("More\n", encoding="utf-8")
    bd.git("commit", "--quiet", "--all", "--message", "More", code=code)


def test_hooks_are_installed_listed_and_removed(repository: Bd) -> None:
    assert list(states(repository)) == NAMES
    assert not any(each["Installed"] for each in states(repository).values())
    assert repository.json("hooks", "install")["installed"] == NAMES
    assert states(repository)["pre-commit"] == {
        "Name": "pre-commit",
        "Installed": True,
        "Version": "v2",
        "IsShim": True,
        "Outdated": False,
    }
    assert repository.json("hooks", "install")["kept"] == []
    assert repository.json("hooks", "uninstall")["removed"] == NAMES
    assert repository.json("hooks", "uninstall")["removed"] == []


@pytest.mark.slow
def test_a_commit_takes_the_file_along(repository: Bd) -> None:
    repository.ok("hooks", "install")
    repository.create()
    repository.git("add", ".beads")
    commit(repository)
    issue = repository.create("Later", "--no-auto-flush")
    commit_text = repository.git("show", "HEAD:.beads/issues.jsonl")
    assert issue not in commit_text
    repository.git("commit", "--quiet", "--allow-empty", "--message", "Empty")
    assert issue in repository.git("show", "HEAD:.beads/issues.jsonl")


@pytest.mark.slow
def test_a_hook_that_was_there_runs_first_and_its_answer_counts(repository: Bd) -> None:
    path = put_hook(repository)
    kept = repository.json("hooks", "install")["kept"]
    assert kept == [f"{path}.old"]
    commit(repository)
    assert (repository.folder / "theirs").read_text(encoding="utf-8") == "theirs\n"
    Path(kept[0]).write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")
    repository.git("commit", "--quiet", "--allow-empty", "--message", "No", code=1)
    Path(kept[0]).write_text(THEIRS, encoding="utf-8")
    repository.ok("hooks", "uninstall")
    assert path.read_text(encoding="utf-8") == THEIRS
    assert not Path(kept[0]).exists()


@pytest.mark.slow
def test_a_commit_goes_on_without_bd_and_with_a_broken_one(repository: Bd) -> None:
    repository.ok("hooks", "install")
    program = repository.home / "bin" / "bd"
    program.write_text("#!/bin/sh\nexit 70\n", encoding="utf-8")
    repository.git("commit", "--quiet", "--allow-empty", "--message", "Broken")
    program.unlink()
    repository.git("commit", "--quiet", "--allow-empty", "--message", "Absent")


def test_force_puts_a_hook_aside_and_uninstall_puts_it_back(repository: Bd) -> None:
    path = put_hook(repository)
    assert repository.json("hooks", "install", "--force")["kept"] == [f"{path}.backup"]
    assert ".old" in path.read_text(encoding="utf-8")
    assert repository.json("hooks", "uninstall")["restored"] == [str(path)]
    assert path.read_text(encoding="utf-8") == THEIRS


def test_hooks_of_classic_are_ours_and_outdated(repository: Bd) -> None:
    put_hook(repository, "#!/bin/sh\n# bd-hooks-version: 0.29.0\nbd sync\n")
    put_hook(repository, '#!/bin/sh\nexec bd hooks run pre-push "$@"\n', "pre-push")
    before = states(repository)
    assert (before["pre-commit"]["Version"], before["pre-commit"]["Outdated"]) == ("0.29.0", True)
    assert before["pre-push"]["IsShim"]
    assert repository.json("hooks", "install")["kept"] == []
    assert not any(each["Outdated"] for each in states(repository).values())


@pytest.mark.parametrize(
    ("flag", "folder"), [("--shared", ".beads-hooks"), ("--beads", ".beads/hooks")]
)
def test_hooks_in_a_folder_of_the_work_tree(repository: Bd, flag: str, folder: str) -> None:
    put_hook(repository)
    repository.ok("hooks", "install", flag)
    assert repository.git("config", "core.hooksPath") == f"{folder}\n"
    assert (repository.folder / folder / "pre-commit.old").read_text(encoding="utf-8") == THEIRS
    assert states(repository)["pre-commit"]["Installed"]
    repository.ok("hooks", "uninstall")
    assert repository.git("config", "core.hooksPath", code=1) == ""
    assert list((repository.folder / folder).iterdir()) == []


def test_a_folder_of_another_program_is_not_taken_away(repository: Bd) -> None:
    repository.git("config", "core.hooksPath", ".husky")
    answer = repository("hooks", "install", "--shared", "--json")
    assert (answer.code, answer.error["code"]) == (4, "hook.exists")
    repository.ok("hooks", "install")
    assert (repository.folder / ".husky" / "pre-commit").exists()
    assert "husky" in repository.git("config", "core.hooksPath")


def test_worktrees_share_the_hooks(repository: Bd, tmp_path: Path) -> None:
    repository.ok("hooks", "install")
    repository.git("worktree", "add", "--quiet", str(tmp_path / "side"))
    assert all(each["Installed"] for each in states(repository.at(tmp_path / "side")).values())


def test_flags_that_exclude_each_other(repository: Bd) -> None:
    assert repository("hooks", "install", "--shared", "--beads").code == 2
    assert repository("hooks", "install", "--force", "--chain").code == 2
    repository.ok("hooks", "install", "--chain")


def test_outside_git_there_are_no_hooks(bd: Bd) -> None:
    assert bd("hooks", "list", "--json").error["code"] == "git.absent"
