"""The guard before a commit refuses what another has an exclusive lease of, and nothing else."""

import json
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.daemon.running import running
from tests.doors.program import Bd

pytestmark = pytest.mark.slow


@pytest.fixture
def guarded(repository: Bd) -> Bd:
    """A repository with our hooks."""
    repository.ok("hooks", "install")
    return repository


def commit(bd: Bd, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Commit what is staged, as ann."""
    return subprocess.run(
        ["git", "commit", "--message", "More", *words],
        cwd=bd.folder,
        env={**bd.environment, "GIT_CONFIG_GLOBAL": "/dev/null", **more},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def put(bd: Bd, path: str, text: str = "More\n") -> None:
    full = bd.folder / path
    full.parent.mkdir(parents=True, exist_ok=True)
    full.write_text(text, encoding="utf-8")
    bd.git("add", "--all")


def lease(bd: Bd, *words: str, actor: str = "bob") -> None:
    bd.ok("lease", "acquire", *words, "--actor", actor)


def test_a_commit_of_what_another_has_is_refused_and_says_who_and_how_to_ask(guarded: Bd) -> None:
    lease(guarded, "src/**", "--reason", "Rewriting the parser")
    for name in "abcd":
        put(guarded, f"src/{name}.py")
    done = commit(guarded)
    assert done.returncode == 1
    for said in (
        "bob holds src/** (lease 1, since ",
        "just now, until ",
        "): Rewriting the parser",
        "It covers src/a.py, src/b.py, src/c.py and 1 more",
        'Ask: bd msg send --to bob "May I commit src/a.py?"',
        "BD_LEASE_GUARD=off git commit",
    ):
        assert said in done.stderr
    assert guarded.git("log", "--format=%s") == "Issues\nFirst\n"


def test_a_commit_of_other_paths_of_ones_own_and_of_shared_ones_passes(guarded: Bd) -> None:
    lease(guarded, "src/**")
    lease(guarded, "own/**", actor="ann")
    lease(guarded, "docs/**", "--shared")
    lease(guarded, "--name", "own/a")
    for path in ("README", "own/a", "docs/a", "src2/a", ".beads/notes"):
        put(guarded, path)
    done = commit(guarded)
    assert done.returncode == 0, done.stderr
    assert "lease" not in done.stderr
    guarded.ok("lease", "release", "--all", "--actor", "bob")
    put(guarded, "src/a")
    assert commit(guarded).returncode == 0


@pytest.mark.parametrize("mode", ["off", "warn"])
def test_the_guard_is_switched_off_and_down(guarded: Bd, mode: str) -> None:
    lease(guarded, "src/**")
    put(guarded, "src/a")
    assert commit(guarded).returncode == 1
    done = commit(guarded, BD_LEASE_GUARD=mode)
    assert done.returncode == 0
    assert ("bob holds" in done.stderr) == (mode == "warn")
    guarded.ok("config", "set", "lease.guard", mode)
    put(guarded, "src/b")
    assert commit(guarded).returncode == 0


def test_a_rename_touches_both_its_names(guarded: Bd) -> None:
    put(guarded, "src/a", "A text that is long enough to be known again\n")
    assert commit(guarded).returncode == 0
    lease(guarded, "src/**")
    guarded.git("mv", "src/a", "b")
    done = commit(guarded)
    assert done.returncode == 1
    assert "It covers src/a\n" in done.stderr


def test_names_that_git_would_quote_and_files_that_are_named_like_globs(guarded: Bd) -> None:
    put(guarded, "app/[id]/ü ÿ\n.tsx")
    put(guarded, "app/i/x.tsx")
    lease(guarded, "app/[id]/")
    guarded.git("reset", "--quiet")
    guarded.git("add", "app/i")
    assert commit(guarded).returncode == 0
    guarded.git("add", "--all")
    assert commit(guarded).returncode == 1


def test_a_commit_of_some_paths_is_judged_by_those(guarded: Bd) -> None:
    put(guarded, "src/a")
    put(guarded, "other")
    assert commit(guarded).returncode == 0
    lease(guarded, "src/**")
    for path in ("src/a", "other"):
        (guarded.folder / path).write_text("Changed\n", encoding="utf-8")
    guarded.git("add", "src/a")
    assert commit(guarded, "--", "other").returncode == 0
    assert commit(guarded, "--all").returncode == 1


def test_a_linked_worktree_and_a_folder_below_are_guarded_too(guarded: Bd, tmp_path: Path) -> None:
    lease(guarded, "src/**")
    guarded.git("worktree", "add", "--quiet", str(tmp_path / "side"))
    side = guarded.at(tmp_path / "side")
    put(side, "src/deep/a")
    assert commit(side).returncode == 1
    assert commit(side.at(side.folder / "src" / "deep")).returncode == 1
    assert commit(side, BD_ACTOR="bob").returncode == 0


def test_the_hook_that_was_there_before_is_still_called(guarded: Bd) -> None:
    guarded.ok("hooks", "uninstall")
    path = guarded.folder / ".git" / "hooks" / "pre-commit"
    path.write_text("#!/bin/sh\necho theirs >> theirs\n", encoding="utf-8")
    path.chmod(0o755)
    guarded.ok("hooks", "install")
    lease(guarded, "src/**")
    put(guarded, "src/a")
    assert commit(guarded).returncode == 1
    assert (guarded.folder / "theirs").read_text(encoding="utf-8") == "theirs\n"


def test_whatever_is_wrong_with_us_lets_the_commit_pass(guarded: Bd) -> None:
    lease(guarded, "src/**")
    program = guarded.home / "bin" / "bd"
    for place, text in enumerate(
        (
            "#!/bin/sh\nexit 1\n",
            f"#!/bin/sh\nexec {shlex.quote(sys.executable)} -c 'import nothing_of_this_name'\n",
            "#!/nothing/of/this/name\n",
        )
    ):
        program.write_text(text, encoding="utf-8")
        put(guarded, f"src/{place}")
        assert commit(guarded).returncode == 0


def test_a_damaged_store_lets_the_commit_pass_with_a_note(guarded: Bd) -> None:
    lease(guarded, "src/**")
    put(guarded, "src/a")
    for each in guarded.beads.glob("beadwork.db*"):
        each.unlink()
    (guarded.beads / "beadwork.db").write_bytes(b"no database at all" * 100)
    done = commit(guarded)
    assert done.returncode == 0
    assert "bd: the lease guard let the commit pass: The database is damaged" in done.stderr


def test_a_git_that_hangs_lets_the_commit_pass_with_a_note(guarded: Bd) -> None:
    lease(guarded, "src/**")
    put(guarded, "src/a")
    real = shutil.which("git")
    slow = guarded.home / "bin" / "git"
    text = f'#!/bin/sh\ncase "$*" in *" diff "*) exec sleep 600;; esac\nexec {real} "$@"\n'
    slow.write_text(text, encoding="utf-8")
    slow.chmod(0o755)
    answer = guarded.run("hooks", "run", "pre-commit")
    assert answer.code == 0
    assert "the lease guard let the commit pass: git does not tell what is staged" in answer.err


def test_what_the_hook_answers_is_no_answer_of_a_broken_program(guarded: Bd) -> None:
    lease(guarded, "src/**")
    put(guarded, "src/a")
    answer = guarded("hooks", "run", "pre-commit")
    assert (answer.code, answer.out) == (4, "")
    assert "bob holds src/**" in answer.err
    assert guarded("hooks", "run", "pre-push").code == 0
    assert json.loads(guarded("lease", "list", "--json").out)[0]["actor"] == "bob"


def test_case_counts_as_git_says_now(guarded: Bd) -> None:
    others = guarded.at(guarded.folder, BD_ACTOR="bob")
    with running(guarded.folder, guarded.environment):
        guarded.ok("lease", "acquire", "src/**")
        user = others.at(others.folder, BEADS_NO_DAEMON="")
        assert user.run("lease", "acquire", "src/x").code == 4
        guarded.git("config", "core.ignorecase", "true")
        assert user.run("lease", "acquire", "SRC/a.py").code == 4
        guarded.git("config", "core.ignorecase", "false")
        assert user.run("lease", "acquire", "SRC/a.py").code == 0
