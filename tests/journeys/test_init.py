"""`bd init` with its flags: what git sees of it, what it takes in, what it refuses."""

import json
import os
from pathlib import Path

import pytest

from tests.doors.program import Bd
from tests.journeys.conftest import make_repository

LINE = (
    '{"id":"zz-abc","title":"A","status":"open","priority":1,"issue_type":"task",'
    '"created_at":"2024-01-01T00:00:00Z","updated_at":"2024-01-01T00:00:00Z"}\n'
)


@pytest.fixture
def fresh(bare: Bd) -> Bd:
    """`bd` in a repository without a store."""
    return make_repository(bare, bare.folder)


def hooks(bd: Bd) -> dict[str, bool]:
    return {each["Name"]: each["Installed"] for each in bd.json("hooks", "list")["hooks"]}


@pytest.mark.parametrize("flag", ["--stealth", "--setup-exclude", "--contributor"])
def test_git_sees_nothing_of_a_hidden_store(fresh: Bd, flag: str) -> None:
    fresh.ok("init", flag)
    fresh.create()
    assert fresh.git("status", "--porcelain") == ""
    assert not any(hooks(fresh).values())
    assert "merge" not in fresh.git("config", "--local", "--list").replace("merge.conflict", "")
    assert fresh.json("init")["written"] == []
    fresh.ok("doctor")
    fresh.ok("doctor", "--fix")
    assert not (fresh.folder / ".git" / "info" / "attributes").exists()
    assert "merge.beads" not in fresh.git("config", "--local", "--list")
    assert fresh.git("status", "--porcelain") == ""


def test_a_store_that_git_tracks_is_not_hidden_in_silence(fresh: Bd) -> None:
    fresh.ok("init", "-q", "--skip-hooks")
    fresh.git("add", "--all")
    fresh.git("commit", "-qm", "Issues")
    assert "git rm" in fresh.ok("init", "--stealth").err


def test_roles_are_noted(fresh: Bd) -> None:
    fresh.ok("init", "--team")
    assert fresh.git("config", "beads.role") == "maintainer\n"
    assert fresh("init", "--team", "--contributor").code == 2


def test_hooks_and_driver_can_be_skipped(fresh: Bd) -> None:
    fresh.ok("init", "--skip-hooks", "--skip-merge-driver")
    assert not any(hooks(fresh).values())
    fresh("doctor", "--fix")
    assert "merge.beads" not in fresh.git("config", "--local", "--list")
    assert not (fresh.folder / ".git" / "info" / "attributes").exists()
    assert (fresh.beads / ".gitattributes").exists()
    fresh.ok("init")
    assert all(hooks(fresh).values())
    assert "merge.beads.driver" in fresh.git("config", "--local", "--list")


def test_a_reset_forgets_that_the_driver_was_skipped(fresh: Bd) -> None:
    fresh.ok("init", "--skip-hooks", "--skip-merge-driver")
    assert "beads" in fresh.git("config", "--local", "--list")
    fresh.ok("admin", "reset", "--force")
    assert "beads" not in fresh.git("config", "--local", "--list")


def test_hooks_of_others_are_left_alone(fresh: Bd) -> None:
    path = fresh.folder / ".git" / "hooks" / "pre-commit"
    path.parent.mkdir(exist_ok=True)
    path.write_text("#!/bin/sh\nexit 0\n", encoding="utf-8")
    answer = fresh.ok("init")
    assert "pre-commit" in answer.err
    assert path.read_text(encoding="utf-8") == "#!/bin/sh\nexit 0\n"
    assert not hooks(fresh)["pre-commit"]
    assert hooks(fresh)["post-merge"]


@pytest.mark.parametrize("words", [["--from", "in"], ["--from-jsonl=in"], ["--from-jsonl", "in"]])
def test_records_are_taken_in(fresh: Bd, words: list[str]) -> None:
    (fresh.folder / "in").write_text(LINE, encoding="utf-8")
    shown = fresh.json("init", *words)
    assert (shown["prefix"], shown["imported"]["created"]) == ("zz", 1)
    assert list(fresh.lines()) == ["zz-abc"]


def test_a_repeat_keeps_everything(fresh: Bd) -> None:
    fresh.ok("init", "--prefix", "ab")
    issue = fresh.create()
    before = {each: (fresh.beads / each).read_bytes() for each in os.listdir(fresh.beads)
              if each.endswith((".yaml", "jsonl", "ignore", "attributes"))}  # fmt: skip
    shown = fresh.json("init", "--force", "--prefix", "ab")
    assert shown["written"] == []
    assert {each: (fresh.beads / each).read_bytes() for each in before} == before
    assert [row["id"] for row in fresh.json("list")] == [issue]
    assert fresh("init", "--force", "--prefix", "other").code == 4


def test_a_branch_is_noted(fresh: Bd) -> None:
    assert fresh.ok("init", "--branch", "issues").err
    assert fresh.json("config", "get", "sync.branch")["value"] == "issues"


@pytest.mark.parametrize(
    "words",
    [
        ["--backend", "dolt"],
        ["--server"],
        ["--server-host", "x"],
        ["--reinit-local"],
        ["--discard-remote"],
        ["somewhere"],
        ["--from", "absent"],
        ["--prefix", "a b"],
    ],
)
def test_what_cant_be_is_refused_and_nothing_is_made(fresh: Bd, words: list[str]) -> None:
    answer = fresh("init", *words, "--json")
    assert (answer.code, answer.out) == (2, "")
    assert json.loads(answer.err)["hint"]
    assert not fresh.beads.exists()


ONE = '"title":"A","created_at":"2026-01-01T00:00:00Z","updated_at":"2026-01-01T00:00:00Z"'


@pytest.mark.parametrize(
    "line",
    [
        f'{{"_type":"issue","id":"old-a3f",{ONE}}}',
        f'{{{ONE},"id":"old-a3f"}}',
        f'{{ "id" : "old-a3f" , {ONE}}}',
        f'{{"id":"\\u006fld-a3f.1",{ONE}}}',
    ],
)
def test_the_prefix_is_that_of_the_records_however_they_are_written(bare: Bd, line: str) -> None:
    bare.beads.mkdir()
    head = '{"_type":"memory","key":"k","value":"v"}\nno JSON\n{"id":7}\n'
    bare.records.write_text(f"{head}{line}\n", encoding="utf-8")
    assert bare.json("init")["prefix"] == "old"


def test_a_long_name_of_a_folder_makes_a_prefix_that_can_be(bare: Bd, tmp_path: Path) -> None:
    folder = tmp_path / ("x" * 63 + "-" + "y" * 10)
    folder.mkdir()
    bd = bare.at(folder)
    assert bd.json("init")["prefix"] == "x" * 63
    assert bd.json("config", "validate")["valid"]


@pytest.mark.parametrize("prefix", ["-", " ", "--", "x" * 65, "a b"])
def test_a_prefix_that_cant_be_is_refused(bare: Bd, prefix: str) -> None:
    answer = bare("init", f"--prefix={prefix}", "--json")
    assert (answer.code, answer.error["data"]["field"]) == (2, "prefix")
    assert not bare.beads.exists()
