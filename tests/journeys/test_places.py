"""Where the store is: folders, worktrees, links, other people's folders, damaged ones (R15, R16)."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.doors.program import NOBODY, SCRIPT, Answer, Bd, tree
from tests.journeys.conftest import make_repository

AS_NOBODY = """
import importlib, os, pkgutil, sys
import difflib, encodings.ascii, shutil, subprocess, tempfile, traceback, yaml
import beadwork, beadwork.compose
for each in pkgutil.walk_packages(beadwork.__path__, "beadwork."):
    if not each.name.endswith("__main__"):
        importlib.import_module(each.name)
if os.geteuid() == 0:
    os.setgroups([]), os.setgid({nobody}), os.setuid({nobody})
sys.exit(beadwork.compose.run_bd(sys.argv[1:]))
""".replace("{nobody}", str(NOBODY))
"""Loads all first: who runs it may not read the interpreter's folder."""


def test_any_folder_below_uses_the_store_above(bd: Bd) -> None:
    deep = bd.folder / "a" / "b"
    deep.mkdir(parents=True)
    issue = bd.at(deep).create()
    assert list(bd.lines()) == [issue]
    assert bd.at(deep).json("where")["path"] == str(bd.beads)


def test_a_store_does_not_reach_into_another_repository(bd: Bd) -> None:
    inner = make_repository(bd, bd.folder / "inner")
    assert inner("list", "--json").error["code"] == "store.absent"
    inner.ok("init")
    inner.create()
    assert bd.json("list") == []


def test_a_database_that_is_not_there_is_not_taken_for_another(bd: Bd) -> None:
    bd.create()
    for words in (("--db", ".beads/nope.db", "list"), ("where", "--db", ".beads/beadwork-2.db")):
        answer = bd(*words, "--json")
        assert (answer.code, answer.error["code"]) == (3, "store.absent")
        assert str(bd.beads / "beadwork.db") in answer.error["hint"]
    assert sorted(path.name for path in bd.beads.glob("*.db")) == ["beadwork.db"]
    copy = bd.beads / "beadwork-aside.db"
    bd.ok("backup", str(copy))
    bd.create("later")
    assert bd.json("where", "--db", ".beads/beadwork-aside.db")["database_path"] == str(copy)


def test_the_environment_names_a_store(bd: Bd, bare: Bd, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    other = bd.at(elsewhere)
    assert other("list").code == 3
    issue = other.create("x", BEADS_DIR=str(bd.beads))
    assert list(bd.lines()) == [issue]
    assert [row["id"] for row in other.json("list", BEADS_DB=str(bd.beads / "beadwork.db"))]
    assert [row["id"] for row in other.json("list", BEADS_DB=str(bd.beads / "beads.db"))]
    assert [row["id"] for row in other.json("list", "--db", "../px/.beads/beadwork.db")]
    (bd.beads / "px.db").touch()
    assert other.json("list", BEADS_DB=str(bd.beads / "px.db")), "an older name of classic's"
    assert other("list", BEADS_DIR="/nowhere").code == 3
    own = tmp_path / "own"
    made = other.json("init", "--prefix", "own", BEADS_DIR=str(own))
    assert made["path"] == str(own)
    assert other.create("y", BEADS_DIR=str(own)).startswith("own-")
    assert not (elsewhere / ".beads").exists()


def test_a_linked_folder_is_the_folder_it_leads_to(bd: Bd, tmp_path: Path) -> None:
    linked = tmp_path / "linked"
    linked.mkdir()
    (linked / ".beads").symlink_to(bd.beads, target_is_directory=True)
    other = bd.at(linked)
    issue = other.create()
    assert list(bd.lines()) == [issue]
    assert (linked / ".beads").is_symlink()
    assert [row["id"] for row in bd.json("list")] == [issue]


def test_a_linked_file_stays_a_link(bd: Bd, tmp_path: Path) -> None:
    target = tmp_path / "records.jsonl"
    target.write_text("", encoding="utf-8")
    bd.records.symlink_to(target)
    issue = bd.create()
    assert bd.records.is_symlink()
    assert json.loads(target.read_text(encoding="utf-8"))["id"] == issue


def test_a_redirect_leads_to_another_store(bd: Bd, tmp_path: Path) -> None:
    folder = tmp_path / "pointing"
    (folder / ".beads").mkdir(parents=True)
    (folder / ".beads" / "redirect").write_text("../px/.beads\n", encoding="utf-8")
    where = bd.at(folder).json("where")
    assert where["path"] == str(bd.beads)
    assert where["redirected_from"] == str(folder / ".beads")
    (bd.beads / "redirect").write_text("../pointing/.beads\n", encoding="utf-8")
    assert "circle" in bd.at(folder)("list").err


@pytest.mark.slow
@pytest.mark.parametrize("target", ["../gone/.beads", "a\0b", "../px/.beads/config.yaml"])
def test_a_redirect_that_leads_nowhere_is_named(bd: Bd, tmp_path: Path, target: str) -> None:
    folder = tmp_path / "pointing"
    (folder / ".beads").mkdir(parents=True)
    path = folder / ".beads" / "redirect"
    path.write_text(f"{target}\n", encoding="utf-8")
    for words in (("list",), ("init",), ("create", "x"), ("doctor",)):
        answer = bd.at(folder)(*words, "--json")
        assert (answer.code, answer.error["code"]) == (3, "store.absent")
        assert answer.error["error"].startswith(f"{path} leads to ")
    assert tree(folder) == {".beads/redirect": path.read_bytes()}
    assert bd.at(folder).run("list", "--json").code == 3


@pytest.mark.slow
def test_a_pipe_is_no_redirect(bd: Bd) -> None:
    issue = bd.create()
    os.mkfifo(bd.beads / "redirect")
    assert [row["id"] for row in bd.run("list", "--json").json] == [issue]


def test_reset_behind_a_redirect_takes_nothing_away(bd: Bd, tmp_path: Path) -> None:
    folder = tmp_path / "pointing"
    (folder / ".beads").mkdir(parents=True)
    (folder / ".beads" / "redirect").write_text("../px/.beads\n", encoding="utf-8")
    bd.create()
    before = tree(tmp_path)
    for words in ((), ("--force",)):
        answer = bd.at(folder)("admin", "reset", *words, "--json")
        assert (answer.code, answer.error["code"]) == (2, "path.invalid")
        assert str(folder / ".beads" / "redirect") in answer.error["hint"]
    assert tree(tmp_path).keys() >= before.keys()


def test_a_file_in_the_place_of_the_folder(bare: Bd) -> None:
    (bare.folder / ".beads").write_text("", encoding="utf-8")
    assert bare("list").code == 3
    answer = bare("init", "--json")
    assert (answer.code, answer.out) == (5, "")
    assert ".beads" in answer.error["error"]


@pytest.mark.slow
def test_a_removed_folder_is_not_taken_for_another(bd: Bd, tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    script = 'cd "$1" && rmdir "$1" && shift && exec "$@"'
    started = ("/bin/sh", "-c", script, "sh", str(gone), sys.executable, str(SCRIPT))

    def from_there(*words: str) -> Answer:
        gone.mkdir(exist_ok=True)
        done = subprocess.run(
            [*started, *words], env=bd.environment, capture_output=True, text=True, check=False
        )
        return Answer(done.returncode, done.stdout, done.stderr)

    for words in (
        ("init",),
        ("list",),
        ("create", "x"),
        ("config", "get", "actor"),
        ("-C", ".", "list"),
    ):
        refused = from_there(*words, "--json")
        assert (refused.code, refused.out, refused.error["code"]) == (2, "", "path.invalid")
        assert "removed" in refused.error["error"]
    assert from_there("-C", str(bd.folder), "list", "--json").json == []
    assert from_there("version").code == 0


# -- git


def test_worktrees_share_the_store_of_the_main_one(repository: Bd, tmp_path: Path) -> None:
    repository.git("worktree", "add", "--quiet", "-b", "side", str(tmp_path / "side"))
    side = repository.at(tmp_path / "side")
    assert side.records.exists() or not repository.records.exists()
    issue = side.create("From the side")
    assert list(repository.lines()) == [issue]
    assert side.json("where")["path"] == str(repository.beads)
    assert side.git("status", "--porcelain") == ""
    repository.ok("close", issue)
    assert side.json("show", issue)[0]["status"] == "closed"


@pytest.mark.slow
def test_a_worktree_of_a_git_folder_elsewhere_needs_to_be_told(bare: Bd, tmp_path: Path) -> None:
    bare.git("init", "--quiet", "--separate-git-dir=store.git", "main")
    main = make_repository(bare, bare.folder / "main")
    main.ok("init")
    issue = main.create()
    main.git("worktree", "add", "--quiet", "-b", "side", str(tmp_path / "side"))
    side = main.at(tmp_path / "side")
    for words in (("init",), ("list",), ("create", "x")):
        refused = side(*words, "--json")
        assert (refused.code, refused.error["code"]) == (3, "store.absent")
        assert "core.worktree" in refused.error["hint"]
    assert not (side.beads / "config.yaml").exists()
    assert not (bare.folder / "store.git" / "beads").exists()
    assert [row["id"] for row in side.json("list", BEADS_DIR=str(main.beads))] == [issue]
    assert main.json("worktree", "list")[1]["beads_state"] == "none"
    side.git("-C", str(bare.folder / "store.git"), "config", "core.worktree", str(main.folder))
    assert [row["id"] for row in side.json("list")] == [issue]
    assert side.git("status", "--porcelain") == ""


def test_worktrees_of_a_bare_repository_with_a_config_of_their_own(
    bare: Bd, tmp_path: Path
) -> None:
    made = make_repository(bare, tmp_path / "made")
    bare.git("clone", "--quiet", "--bare", str(made.folder), "hub")
    hub = bare.at(bare.folder / "hub")
    hub.git("config", "extensions.worktreeConfig", "true")
    hub.git("config", "--unset", "core.bare")
    hub.git("config", "--file", "config.worktree", "core.bare", "true")
    hub.git("worktree", "add", "--quiet", "../side", "main")
    side = bare.at(bare.folder / "side")
    side.ok("init", "--prefix", "hub")
    assert side.json("where")["path"] == str(hub.folder / "beads")


@pytest.mark.slow
def test_a_worktree_without_its_repository_gets_no_store_of_its_own(
    repository: Bd, tmp_path: Path
) -> None:
    issue = repository.create()
    repository.git("worktree", "add", "--quiet", "-b", "side", str(tmp_path / "side"))
    side = repository.at(tmp_path / "side")
    side.json("list")
    moved = repository.folder.rename(tmp_path / "moved")
    before = tree(side.folder)
    for words in (("init",), ("list",), ("create", "x"), ("hooks", "install")):
        refused = side(*words, "--json")
        assert refused.code == 3
        assert tree(side.folder) == before
    assert "git worktree repair" in side("list", "--json").error["hint"]
    assert not repository.folder.exists()
    beads = str(moved / ".beads")
    assert [row["id"] for row in side.json("list", BEADS_DIR=beads)] == [issue]
    side.ok("init", "--prefix", "own", BEADS_DIR=str(side.beads / "own"))
    assert not repository.folder.exists()
    side.git("-C", str(moved), "worktree", "repair", str(side.folder), folder=moved)
    assert [row["id"] for row in side.json("list")] == [issue]


def test_a_submodule_has_a_store_of_its_own(repository: Bd, tmp_path: Path) -> None:
    make_repository(repository, tmp_path / "library")
    allow = ("-c", "protocol.file.allow=always")
    repository.git(*allow, "submodule", "--quiet", "add", str(tmp_path / "library"), "lib")
    library = repository.at(repository.folder / "lib")
    assert library("list", "--json").error["code"] == "store.absent"
    library.ok("init")
    assert library.create().startswith("lib-")
    assert repository.json("list") == []


def test_a_bare_repository_keeps_its_store_beside(bare: Bd) -> None:
    bare.git("init", "--quiet", "--bare", "hub.git")
    hub = bare.at(bare.folder / "hub.git")
    hub.ok("init", "--prefix", "hub")
    issue = hub.create()
    assert hub.json("where")["path"] == str(hub.folder / "beads")
    assert [row["id"] for row in hub.json("list")] == [issue]


def test_init_lists_what_it_writes_and_writes_nothing_else(bare: Bd) -> None:
    made = make_repository(bare, bare.folder)
    before = changed_files(made.folder)
    shown = made.json("init")
    after = changed_files(made.folder)
    outside = {
        path for path in after if after[path] != before.get(path) and not path.startswith(".beads/")
    }
    names = ("pre-commit", "post-merge", "pre-push", "post-checkout", "prepare-commit-msg")
    hooks = {f".git/hooks/{name}" for name in names}
    assert outside == {".git/config", ".git/info/attributes"} | hooks
    listed = {os.path.relpath(path, made.folder) for path in shown["written"]}
    assert listed >= outside
    assert made.git("status", "--porcelain") == "?? .beads/\n"
    made.git("add", "--all")
    assert set(made.git("diff", "--cached", "--name-only").split()) == {
        ".beads/.gitattributes",
        ".beads/.gitignore",
        ".beads/config.yaml",
    }


def changed_files(folder: Path) -> dict[str, bytes]:
    """Answer every file below a folder, by its path."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


# -- folders of others


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that everybody may enter: pytest's own may not."""
    with tempfile.TemporaryDirectory(prefix="bd-", dir="/tmp") as name:
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "home").mkdir()
        yield folder


def as_nobody(bd: Bd, *words: str) -> Answer:
    """Run `bd` as a user who may write nothing here."""
    done = subprocess.run(
        [sys.executable, "-c", AS_NOBODY, *words],
        cwd=bd.folder,
        env=bd.environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    return Answer(done.returncode, done.stdout, done.stderr)


def forbid_writing(folder: Path) -> None:
    """Let everybody read what lies in a folder, and nobody but root change it."""
    for path in folder.rglob("*"):
        path.chmod(0o555 if path.is_dir() else 0o444)
    folder.chmod(0o555)


def allow_writing(folder: Path) -> None:
    """Take that back, so that the folder can be removed."""
    for path in [folder, *folder.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)


@pytest.mark.slow
def test_who_may_only_read_reads(open_folder: Path) -> None:
    project = open_folder / "px"
    project.mkdir()
    bd = Bd(project, open_folder / "home")
    bd.ok("init")
    issue = bd.create("Seen")
    bd.ok("list")
    forbid_writing(project)
    try:
        for read in (["list"], ["ready"], ["show", issue], ["history", issue], ["activity"]):
            answer = as_nobody(bd, *read)
            assert (answer.code, answer.err) == (0, "")
            assert "Seen" in answer.out or "created" in answer.out
        assert as_nobody(bd, "export").out == bd.records.read_text(encoding="utf-8")
        for write in (
            ["create", "x"],
            ["close", issue],
            ["update", issue, "--claim"],
            ["sync"],
            ["export", "-o", "copy"],
        ):
            refused = as_nobody(bd, *write, "--json")
            assert (refused.code, refused.out) == (5, "")
            assert "ermission" in refused.error["error"]
            assert refused.error["hint"]
        assert as_nobody(bd, "hooks", "run", "pre-commit").code == 0
    finally:
        allow_writing(project)
    assert list(bd.lines()) == [issue]


@pytest.mark.slow
def test_who_may_only_read_is_told_what_is_not_shown(open_folder: Path) -> None:
    project = open_folder / "px"
    project.mkdir()
    bd = Bd(project, open_folder / "home")
    bd.ok("init")
    bd.create("Seen")
    line = '{"id":"px-new","title":"New","created_at":"2026-01-01T00:00:00Z"}\n'
    bd.records.write_text(bd.records.read_text(encoding="utf-8") + line, encoding="utf-8")
    forbid_writing(project)
    try:
        answer = as_nobody(bd, "list", "--json")
    finally:
        allow_writing(project)
    assert answer.code == 0
    assert [row["title"] for row in answer.json] == ["Seen"]
    assert "not shown" in answer.err


@pytest.mark.slow
def test_init_where_nothing_can_be_made(open_folder: Path) -> None:
    project = open_folder / "px"
    project.mkdir()
    bd = Bd(project, open_folder / "home")
    forbid_writing(project)
    try:
        answer = as_nobody(bd, "init", "--json")
    finally:
        allow_writing(project)
    assert (answer.code, answer.out) == (5, "")
    assert str(bd.beads) in answer.error["error"]


# -- damage


@pytest.mark.parametrize(
    "content",
    [b"garbage that is no database, long enough to be read as one" * 20, b"\x00" * 8192],
    ids=["garbage", "zeros"],
)
def test_a_damaged_database_is_told_and_rebuilt(bd: Bd, content: bytes) -> None:
    issue = bd.create("Kept")
    damage(bd, content)
    for words in (("list",), ("create", "x"), ("show", issue), ("export",), ("sync",)):
        answer = bd(*words, "--json")
        assert (answer.code, answer.out) == (70, "")
        assert answer.error["code"] == "store.corrupt"
        assert "bd init" in answer.error["hint"]
    assert bd.ok("hooks", "run", "pre-commit").out == ""
    assert list(bd.lines()) == [issue]

    (bd.beads / "beadwork.db").rename(bd.beads / "aside")
    assert bd.json("init")["imported"]["created"] == 1
    assert [row["id"] for row in bd.json("list")] == [issue]


def test_an_empty_or_missing_database_is_made_anew(bd: Bd) -> None:
    issue = bd.create("Kept")
    damage(bd, b"")
    assert [row["id"] for row in bd.json("ready")] == [issue]
    for path in bd.beads.glob("beadwork.db*"):
        path.unlink()
    assert [row["id"] for row in bd.json("list")] == [issue]


def damage(bd: Bd, content: bytes) -> None:
    """Put other content in the place of the database."""
    for path in bd.beads.glob("beadwork.db-*"):
        path.unlink()
    (bd.beads / "beadwork.db").write_bytes(content)


def give_away(folder: Path) -> None:
    """Make all in a folder the other user's."""
    if os.geteuid() == 0:
        for path in [folder, *folder.rglob("*")]:
            os.chown(path, NOBODY, NOBODY, follow_symlinks=False)


@pytest.mark.slow
def test_a_folder_that_is_shut_to_its_owner_is_named_and_opened_again(open_folder: Path) -> None:
    bd = Bd(open_folder / "px", open_folder / "home")
    make_repository(bd, bd.folder)
    bd.ok("init", "--quiet")
    issue = bd.create()
    give_away(open_folder)
    bd.beads.chmod(0)
    answer = as_nobody(bd, "list", "--json")
    assert answer.code == 5
    assert "keep you out" in answer.error["error"]
    assert "bd doctor --fix" in answer.error["hint"]
    looked = as_nobody(bd, "doctor", "--json")
    assert looked.code == 1, looked
    checks = {each["name"]: each for each in looked.json["checks"]}
    assert checks["permissions"]["status"] == "warning"
    assert checks["database"]["status"] == "error"
    mended = as_nobody(bd, "doctor", "--fix", "--json")
    assert mended.code == 0, mended
    assert {each["status"] for each in mended.json["checks"]} == {"ok"}
    listed = as_nobody(bd, "list", "--json")
    assert listed.code == 0, listed
    assert [each["id"] for each in listed.json] == [issue]


@pytest.mark.slow
def test_a_git_folder_that_is_shut_ends_no_other_check(open_folder: Path) -> None:
    bd = Bd(open_folder / "px", open_folder / "home")
    make_repository(bd, bd.folder)
    bd.ok("init", "--quiet")
    bd.create()
    give_away(open_folder)
    (bd.folder / ".git").chmod(0)
    try:
        looked = as_nobody(bd, "doctor", "--fix", "--json")
    finally:
        (bd.folder / ".git").chmod(0o755)
    assert looked.code == 1, looked
    checks = {each["name"]: each["status"] for each in looked.json["checks"]}
    assert checks["merge-driver"] == "error"
    assert {checks[name] for name in ("database", "columns", "file", "writes")} == {"ok"}
