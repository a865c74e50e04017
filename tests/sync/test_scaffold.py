"""What `init` writes into the files of git: they keep every byte, and git understands it."""

import subprocess
from pathlib import Path

import pytest

from beadwork.sync import scaffold

ODD_BYTES = b"# caf\xe9\r\n*.tmp\r\n\x0c*.o # \xff"
ODD_FOLDERS = ["my proj [x]", "a[b]", 'q"uo\\te', '"quoted"', "#a", "!a", "st*r?", "new\nline", "ä"]


@pytest.fixture
def top(tmp_path: Path) -> Path:
    """A repository."""
    git(tmp_path, "init", "--quiet")
    return tmp_path


def git(folder: Path, *words: str) -> str:
    done = subprocess.run(["git", *words], cwd=folder, capture_output=True, text=True, check=False)
    return done.stdout


def beads(top: Path) -> Path:
    folder = top / ".beads"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def merged_by(folder: Path, name: str = "issues.jsonl") -> str:
    return git(folder, "check-attr", "-z", "merge", "--", name).split("\0")[2]


def test_what_is_in_the_files_of_git_stays_byte_for_byte(top: Path) -> None:
    folder = beads(top)
    paths = [top / ".git" / "info" / "exclude", top / ".git" / "info" / "attributes"]
    paths += [folder / ".gitignore", folder / ".gitattributes"]
    for path in paths:
        path.write_bytes(ODD_BYTES)
    scaffold.settle_ignores(str(folder))
    scaffold.settle_attributes(str(folder))
    scaffold.hide(str(folder))
    for path in paths:
        assert path.read_bytes().startswith(ODD_BYTES + b"\n")
    written = [path.read_bytes() for path in paths]
    scaffold.settle_ignores(str(folder))
    scaffold.settle_attributes(str(folder))
    scaffold.hide(str(folder))
    assert [path.read_bytes() for path in paths] == written


@pytest.mark.parametrize("before", ["*.png binary", "# issues.jsonl merge=union -text\n", "a\r\n"])
def test_the_union_of_lines_gets_a_line_of_its_own(tmp_path: Path, before: str) -> None:
    path = tmp_path / ".gitattributes"
    path.write_bytes(before.encode())
    scaffold.settle_attributes(str(tmp_path))
    assert path.read_bytes().decode().startswith(before)
    assert path.read_text().splitlines()[-1] == "issues.jsonl merge=union -text"
    assert scaffold.settle_attributes(str(tmp_path)) == []


def test_a_line_that_says_more_is_enough(tmp_path: Path) -> None:
    path = tmp_path / ".gitattributes"
    path.write_text("issues.jsonl  merge=union -text linguist-generated\n")
    assert scaffold.settle_attributes(str(tmp_path)) == []


@pytest.mark.parametrize("name", ODD_FOLDERS)
def test_git_takes_the_driver_in_a_folder_of_any_name(top: Path, name: str) -> None:
    folder = beads(top / name)
    scaffold.settle_attributes(str(folder))
    assert merged_by(folder) == "beads"
    assert merged_by(folder, "other.jsonl") == "unspecified"
    assert scaffold.settle_attributes(str(folder)) == []


@pytest.mark.parametrize("name", ODD_FOLDERS)
def test_git_sees_nothing_of_a_hidden_store_in_a_folder_of_any_name(top: Path, name: str) -> None:
    folder = beads(top / name)
    (folder / "issues.jsonl").touch()
    scaffold.hide(str(folder))
    assert git(top, "status", "--porcelain") == ""
    assert scaffold.is_hidden(str(folder))
    assert scaffold.hide(str(folder)) == []


def test_the_file_of_the_old_name_is_merged_as_well(top: Path) -> None:
    folder = beads(top)
    (folder / "beads.jsonl").touch()
    (folder / ".gitattributes").write_text("issues.jsonl merge=union -text\n")
    scaffold.settle_attributes(str(folder))
    assert merged_by(folder, "beads.jsonl") == "beads"
    (top / ".git" / "info" / "attributes").unlink()
    assert merged_by(folder, "beads.jsonl") == "union"


def test_a_later_line_of_others_does_not_win(top: Path) -> None:
    folder = beads(top)
    scaffold.settle_attributes(str(folder))
    with (top / ".git" / "info" / "attributes").open("a") as file:
        file.write("*.jsonl -merge\n")
    assert merged_by(folder) == "unset"
    scaffold.settle_attributes(str(folder))
    assert merged_by(folder) == "beads"


def test_only_what_was_changed_is_named(top: Path) -> None:
    folder = beads(top)
    config = str(top / ".git" / "config")
    assert config in scaffold.settle_attributes(str(folder))
    assert scaffold.settle_attributes(str(folder)) == []
    git(top, "config", "merge.beads.driver", "false")
    assert scaffold.settle_attributes(str(folder)) == [config]
