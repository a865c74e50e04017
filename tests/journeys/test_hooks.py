"""`bd hooks install`, `list`, `uninstall`: beside the hooks of others, for all worktrees (R14)."""

from pathlib import Path

import pytest

from beadwork.model.errors import FileTrouble
from beadwork.sync import hook_files
from beadwork.sync.shims import VERSION
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
        "Version": VERSION,
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
    commit(repository)
    assert not (repository.folder / "theirs").exists()
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
    assert states(repository)["pre-commit"]["Installed"]
    commit(repository)
    assert (repository.folder / "theirs").read_text(encoding="utf-8") == "theirs\n"
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


FRAMEWORK = """\
#!/bin/sh
# File generated by a program that puts the hook which it finds aside, and runs it from its own
# ID: 138fd403
# installed {number}
[ -n "$RUNS_LEGACY" ] && echo "installed in migration mode" && exit 1
legacy="{legacy}"
if [ -x "$legacy" ]; then
    RUNS_LEGACY=1 "$legacy" "$@" || exit $?
fi
echo framework >> framework
"""


def install_framework(bd: Bd, number: int = 1) -> Path:
    """Do as the program pre-commit does when it is installed."""
    path = bd.folder / ".git" / "hooks" / "pre-commit"
    legacy = path.with_name("pre-commit.legacy")
    if path.exists() and "ID: 138fd403" not in path.read_text(encoding="utf-8"):
        path.rename(legacy)
    return put_hook(bd, FRAMEWORK.format(legacy=legacy, number=number))


def ran(bd: Bd, name: str) -> int:
    """Tell how often a hook ran that writes into a file of its name; forget it."""
    path = bd.folder / name
    times = path.read_text(encoding="utf-8").count(name) if path.exists() else 0
    path.unlink(missing_ok=True)
    return times


def commit_empty(bd: Bd) -> None:
    bd.git("commit", "--quiet", "--allow-empty", "--message", "More")


V2 = """\
#!/bin/sh
# bd-shim v2
before="$(dirname "$0")/pre-commit.old"
if [ -x "$before" ]; then
    "$before" "$@" || exit $?
fi
bd hooks run pre-commit "$@" </dev/null
exit 0
"""


@pytest.mark.slow
class TestBesideAProgramOfHooks:
    """Programs that put a hook aside, as ours does, and run it from theirs."""

    def test_it_may_be_installed_after_us_and_we_after_it(self, repository: Bd) -> None:
        repository.ok("hooks", "install")
        path = install_framework(repository)
        commit_empty(repository)
        assert ran(repository, "framework") == 1
        assert repository.json("hooks", "install")["kept"] == [f"{path}.old"]
        commit_empty(repository)
        assert ran(repository, "framework") == 1
        repository.ok("hooks", "uninstall")
        commit_empty(repository)
        assert ran(repository, "framework") == 1
        assert not list(path.parent.glob("pre-commit.[ol]*"))

    def test_it_may_be_installed_again_and_again(self, repository: Bd) -> None:
        path = install_framework(repository)
        repository.ok("hooks", "install")
        for number in (1, 2, 2):
            install_framework(repository, number)
            commit_empty(repository)
            assert ran(repository, "framework") == 1
            repository.ok("hooks", "install")
            commit_empty(repository)
            assert ran(repository, "framework") == 1
        repository.ok("hooks", "uninstall")
        assert "installed 2" in path.read_text(encoding="utf-8")

    def test_a_shim_of_an_older_version_that_it_put_aside_is_taken_out(
        self, repository: Bd
    ) -> None:
        put_hook(repository, V2)
        install_framework(repository)
        repository.ok("hooks", "install")
        commit_empty(repository)
        assert ran(repository, "framework") == 1

    def test_the_hook_of_a_user_runs_through_all_of_it(self, repository: Bd) -> None:
        path = put_hook(repository)
        repository.ok("hooks", "install")
        install_framework(repository)
        for words in (("list",), ("install",), ("install",), ("uninstall",)):
            repository.ok("hooks", *words)
            commit_empty(repository)
            assert (ran(repository, "theirs"), ran(repository, "framework")) == (1, 1)
        assert "ID: 138fd403" in path.read_text(encoding="utf-8")

    def test_uninstall_takes_out_what_it_put_aside(self, repository: Bd) -> None:
        repository.ok("hooks", "install")
        path = install_framework(repository)
        assert "pre-commit" in repository.json("hooks", "uninstall")["removed"]
        assert not path.with_name("pre-commit.legacy").exists()
        commit_empty(repository)
        assert ran(repository, "framework") == 1


@pytest.mark.slow
class TestWhatWePutAside:
    """A hook that was switched off stays so."""

    def test_a_hook_that_the_user_put_aside_does_not_run(self, repository: Bd) -> None:
        path = put_hook(repository, name="pre-commit.old")
        repository.ok("hooks", "install")
        commit_empty(repository)
        assert ran(repository, "theirs") == 0
        assert repository.json("hooks", "uninstall")["restored"] == []
        assert path.read_text(encoding="utf-8") == THEIRS
        assert not path.with_name("pre-commit").exists()

    def test_nor_where_another_hook_is_put_aside(self, repository: Bd) -> None:
        off = put_hook(repository, "#!/bin/sh\necho off >> off\n", "pre-commit.old")
        path = put_hook(repository)
        assert repository.json("hooks", "install")["kept"] == [f"{off}.2"]
        commit_empty(repository)
        assert (ran(repository, "off"), ran(repository, "theirs")) == (0, 1)
        assert repository.json("hooks", "uninstall")["restored"] == [str(path)]
        assert "echo off" in off.read_text(encoding="utf-8")
        assert path.read_text(encoding="utf-8") == THEIRS

    def test_what_an_older_shim_ran_goes_on_running(self, repository: Bd) -> None:
        put_hook(repository, name="pre-commit.old")
        path = put_hook(repository, V2)
        repository.ok("hooks", "install")
        commit_empty(repository)
        assert ran(repository, "theirs") == 1
        assert repository.json("hooks", "uninstall")["restored"] == [str(path)]


@pytest.mark.slow
class TestOddHooks:
    """What stands where a hook should be."""

    def test_a_folder_in_the_place_of_a_hook_is_kept(self, repository: Bd) -> None:
        folder = repository.folder / ".git" / "hooks" / "pre-commit"
        folder.mkdir(parents=True)
        assert "pre-commit" in repository.ok("init").err
        assert folder.is_dir()
        assert states(repository)["post-merge"]["Installed"]
        repository.ok("hooks", "install")
        commit_empty(repository)
        repository.ok("hooks", "uninstall")
        assert [path for path in folder.parent.iterdir() if path.is_dir()] == [folder]

    def test_a_link_to_nothing_is_kept(self, repository: Bd) -> None:
        link = put_hook(repository)
        link.unlink()
        link.symlink_to("elsewhere")
        assert "pre-commit" in repository.ok("init").err
        repository.ok("hooks", "install")
        commit_empty(repository)
        repository.ok("hooks", "uninstall")
        assert link.readlink() == Path("elsewhere")

    def test_nothing_is_left_of_a_hook_that_can_not_be_written(self, tmp_path: Path) -> None:
        (tmp_path / "hook").mkdir()
        with pytest.raises(FileTrouble):
            hook_files.write(str(tmp_path / "hook"), "text")
        assert [path.name for path in tmp_path.iterdir()] == ["hook"]

    def test_our_mark_alone_is_no_hook_of_ours(self, repository: Bd) -> None:
        text = f"#!/bin/sh\n# bd-shim {VERSION}\nexit 1\n"
        path = put_hook(repository, text)
        assert states(repository)["pre-commit"]["Outdated"]
        assert f"put aside: {path}.backup" in repository.ok("hooks", "install").out
        assert not states(repository)["pre-commit"]["Outdated"]
        assert path.with_name("pre-commit.backup").read_text(encoding="utf-8") == text
        commit_empty(repository)
        assert repository.json("hooks", "uninstall")["restored"] == []

    def test_a_shim_puts_back_only_what_a_shim_put_aside(self, repository: Bd) -> None:
        repository.ok("hooks", "install")
        path = repository.folder / ".git" / "hooks" / "pre-commit"
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace("removes it.", "removes it, and puts ../config back."))
        repository.ok("hooks", "uninstall")
        assert (repository.folder / ".git" / "config").exists()


@pytest.mark.slow
@pytest.mark.parametrize("flag", ["--shared", "--beads"])
class TestAnotherFolder:
    """`core.hooksPath` has git look away from all hooks that were there."""

    def test_all_hooks_of_others_go_on_running(self, repository: Bd, flag: str) -> None:
        put_hook(repository, '#!/bin/sh\necho message >> message\ntest -s "$1"\n', "commit-msg")
        put_hook(repository, "#!/bin/sh\necho post >> post\n", "post-commit")
        put_hook(repository)
        repository.ok("hooks", "install", flag)
        commit_empty(repository)
        assert [ran(repository, each) for each in ("message", "post", "theirs")] == [1, 1, 1]
        put_hook(repository, "#!/bin/sh\nexit 1\n", "commit-msg")
        repository.git("commit", "--quiet", "--allow-empty", "--message", "No", code=1)

    def test_what_git_sends_a_hook_arrives(self, repository: Bd, flag: str) -> None:
        put_hook(repository, "#!/bin/sh\ncat >> sent\n", "pre-push")
        put_hook(repository, "#!/bin/sh\ncat >> rewritten\n", "post-rewrite")
        repository.ok("hooks", "install", flag)
        repository.git("init", "--quiet", "--bare", "../hub.git")
        repository.git("push", "--quiet", "../hub.git", "main")
        assert "refs/heads/main" in (repository.folder / "sent").read_text(encoding="utf-8")
        repository.git("commit", "--quiet", "--amend", "--message", "Other")
        assert (repository.folder / "rewritten").read_text(encoding="utf-8")

    def test_so_do_those_that_ours_ran_before(self, repository: Bd, flag: str) -> None:
        path = put_hook(repository)
        repository.ok("hooks", "install")
        repository.ok("hooks", "install", flag)
        commit_empty(repository)
        assert ran(repository, "theirs") == 1
        repository.ok("hooks", "install", flag)
        commit_empty(repository)
        assert ran(repository, "theirs") == 1
        repository.ok("hooks", "uninstall")
        commit_empty(repository)
        assert ran(repository, "theirs") == 1
        assert path.read_text(encoding="utf-8") == THEIRS

    def test_two_hooks_of_one_name_are_refused(self, repository: Bd, flag: str) -> None:
        put_hook(repository, name="commit-msg")
        folder = repository.folder / (".beads-hooks" if flag == "--shared" else ".beads/hooks")
        folder.mkdir()
        other = folder / "commit-msg"
        other.write_text("#!/bin/sh\nexit 0\n", encoding="utf-8")
        answer = repository("hooks", "install", flag, "--json")
        assert (answer.code, answer.error["code"]) == (4, "hook.exists")
        assert repository.git("config", "core.hooksPath", code=1) == ""
        repository.ok("hooks", "install", flag, "--force")
        assert other.with_name("commit-msg.backup").exists()

    def test_hooks_that_others_have_there_keep_the_folder(self, repository: Bd, flag: str) -> None:
        put_hook(repository)
        repository.ok("hooks", "install", flag)
        folder = Path(repository.json("hooks", "install")["path"])
        other = folder / "commit-msg"
        other.write_text("#!/bin/sh\necho message >> message\n", encoding="utf-8")
        other.chmod(0o755)
        repository.ok("hooks", "uninstall")
        commit_empty(repository)
        assert [ran(repository, each) for each in ("message", "theirs")] == [1, 1]
        repository.ok("hooks", "install", flag)
        commit_empty(repository)
        assert [ran(repository, each) for each in ("message", "theirs")] == [1, 1]

    def test_a_hook_that_calls_the_folder_by_itself_runs_once(
        self, repository: Bd, flag: str
    ) -> None:
        folder = ".beads-hooks" if flag == "--shared" else ".beads/hooks"
        put_hook(repository, f"#!/bin/sh\necho theirs >> theirs\nexec {folder}/pre-commit\n")
        repository.ok("hooks", "install", flag)
        commit_empty(repository)
        assert ran(repository, "theirs") == 1
