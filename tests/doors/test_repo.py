"""`bd repo`: issues of other repositories are here too, and stay in their own files."""

import json
from pathlib import Path

import pytest

from tests.doors.program import Bd


@pytest.fixture
def other(bd: Bd, tmp_path: Path) -> Bd:
    """`bd` in another project, beside the first; it has one issue."""
    folder = tmp_path / "oz"
    folder.mkdir()
    other = bd.at(folder)
    other.ok("init", "--quiet", "--prefix", "oz")
    other.ok("create", "Theirs", "--id", "oz-1")
    return other


@pytest.fixture
def joined(bd: Bd, other: Bd) -> Bd:
    """The other project, whose issues the first has brought."""
    bd.ok("repo", "add", "../oz")
    bd.ok("repo", "sync")
    return other


def config_text(bd: Bd) -> str:
    return (bd.beads / "config.yaml").read_text(encoding="utf-8")


def ids(bd: Bd, *words: str) -> list[str]:
    return sorted(each["id"] for each in bd.json("list", *words))


def test_a_repository_is_named_in_the_settings_as_classic_reads_them(bd: Bd, other: Bd) -> None:
    assert bd.json("repo", "add", "../oz") == {"added": True, "path": "../oz"}
    text = config_text(bd)
    assert text.endswith('repos:\n  primary: "."\n  additional: ["../oz"]\n')
    assert bd.json("repo", "list") == {"primary": ".", "additional": ["../oz"], "issues": {}}
    assert bd.json("repo", "add", str(other.folder))["added"] is False
    assert config_text(bd) == text


def test_a_nested_list_by_hand_is_read_and_changed(bd: Bd, other: Bd, tmp_path: Path) -> None:
    with (bd.beads / "config.yaml").open("a", encoding="utf-8") as file:
        file.write("repos:\n  primary: .\n  additional:\n    - ../oz # the wizard\n")
    (tmp_path / "home" / "plan").mkdir()
    bd.at(tmp_path / "home" / "plan").ok("init", "--quiet")
    bd.ok("repo", "add", "~/plan")
    assert bd.json("repo", "list")["additional"] == ["../oz", "~/plan"]
    bd.ok("repo", "remove", "../oz")
    bd.ok("repo", "remove", "~/plan")
    assert "repos" not in config_text(bd)


def test_a_path_counts_from_the_folder_of_the_project(bd: Bd, other: Bd) -> None:
    below = bd.folder / "src"
    below.mkdir()
    assert bd.at(below).json("repo", "add", "../../oz")["path"] == "../oz"
    assert bd.at(below).json("repo", "sync")["issues_imported"] == 1
    assert bd.at(below).json("repo", "remove", "../../oz")["path"] == "../oz"


def test_what_comes_is_listed_here_and_does_not_stand_in_our_file(bd: Bd, other: Bd) -> None:
    bd.ok("create", "Ours", "--id", "px-1")
    bd.ok("repo", "add", "../oz")
    answer = bd.json("repo", "sync")
    assert (answer["synced"], answer["issues_imported"]) == (True, 1)
    assert ids(bd) == ["oz-1", "px-1"]
    bd.ok("sync")
    assert list(bd.lines()) == ["px-1"]
    assert "oz-1" not in bd.ok("export").out
    assert bd.json("repo", "list")["issues"] == {"../oz": 1}
    assert bd.json("repo", "sync")["repositories"][0]["unchanged"] == 1


def test_what_changes_on_either_side_reaches_the_other(bd: Bd, joined: Bd) -> None:
    joined.ok("update", "oz-1", "--title", "Theirs anew")
    bd.ok("update", "oz-1", "--priority", "0")
    answer = bd.json("repo", "sync")["repositories"][0]
    assert (answer["given_back"], answer["updated"]) == (1, 1)
    for each in (bd, joined):
        (issue,) = each.json("show", "oz-1")
        assert (issue["title"], issue["priority"]) == ("Theirs anew", 0)
    again = bd.json("repo", "sync")["repositories"][0]
    assert (again["given_back"], again["unchanged"]) == (0, 1)


def test_a_file_of_classic_is_given_back_what_changed_and_nothing_else(
    bd: Bd, tmp_path: Path
) -> None:
    folder = tmp_path / "old" / ".beads"
    folder.mkdir(parents=True)
    stamps = {"created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z"}
    lines = [
        json.dumps({"id": f"old-{n}", "title": "T", "status": "open", "priority": 2, **stamps})
        for n in (1, 2)
    ]
    path = folder / "issues.jsonl"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    bd.ok("repo", "add", "../old")
    bd.ok("repo", "sync")
    assert path.read_text(encoding="utf-8").splitlines() == lines
    bd.ok("close", "old-1")
    assert bd.json("repo", "sync")["repositories"][0]["given_back"] == 1
    first, second = path.read_text(encoding="utf-8").splitlines()
    assert json.loads(first)["status"] == "closed"
    assert second == lines[1]
    assert sorted(each.name for each in folder.iterdir()) == ["issues.jsonl"]


def test_an_id_that_an_issue_here_has_is_left_out(bd: Bd, other: Bd) -> None:
    bd.ok("config", "set", "allowed_prefixes", "oz")
    bd.ok("create", "Ours", "--id", "oz-1")
    bd.ok("repo", "add", "../oz")
    assert bd.json("repo", "sync")["repositories"][0]["taken"] == ["oz-1"]
    assert bd.json("show", "oz-1")[0]["title"] == "Ours"
    assert list(bd.lines()) == ["oz-1"]


def test_removing_takes_the_issues_out_and_frees_what_waited_for_them(bd: Bd, joined: Bd) -> None:
    bd.ok("create", "Ours", "--id", "px-1", "--deps", "oz-1")
    assert bd.json("blocked")[0]["id"] == "px-1"
    bd.ok("update", "oz-1", "--title", "Changed here")
    assert len(bd.json("search", "hang")) == 1
    assert bd.json("repo", "remove", "../oz")["issues_deleted"] == 1
    assert ids(bd, "--all") == ["px-1"]
    assert [each["id"] for each in bd.json("ready")] == ["px-1"]
    assert joined.json("show", "oz-1")[0]["title"] == "Changed here"
    assert bd("doctor", "--check", "edges").code == 0
    for words in (("Changed",), ("hang", "--sort", "created")):
        assert bd.json("search", *words) == []
    bd.ok("repo", "add", "../oz")
    bd.ok("repo", "sync")
    assert bd.json("blocked")[0]["id"] == "px-1"


def test_what_can_not_go_back_keeps_a_repository_from_being_removed(bd: Bd, joined: Bd) -> None:
    bd.ok("update", "oz-1", "--title", "Changed here")
    joined.folder.rename(joined.folder.with_name("away"))
    answer = bd("repo", "remove", "../oz", "--json")
    assert (answer.code, "--force" in answer.error["hint"]) == (2, True)
    assert ids(bd) == ["oz-1"]
    bd.ok("repo", "remove", "../oz", "--force")
    assert ids(bd) == []


def test_one_repository_that_is_gone_does_not_keep_others_from_coming(
    bd: Bd, other: Bd, tmp_path: Path
) -> None:
    (tmp_path / "gone" / ".beads").mkdir(parents=True)
    bd.ok("repo", "add", "../gone")
    bd.ok("repo", "add", "../oz")
    (tmp_path / "gone" / ".beads").rmdir()
    answer = bd("repo", "sync", "--json")
    assert answer.code == 2
    assert answer.json["issues_imported"] == 1
    assert "gone" in answer.json["errors"][0]
    assert answer.error["code"] == "path.invalid"


def test_what_goes_over_all_issues_leaves_those_of_others_alone(bd: Bd, joined: Bd) -> None:
    bd.ok("close", bd.create("Ours"))
    bd.ok("close", "oz-1")
    assert bd.json("rename-prefix", "web-")["issues_count"] == 1
    assert bd.json("rename-prefix", "web", "--repair", "--dry-run")["renamed"] == []
    bd.ok("admin", "cleanup", "--force")
    bd.ok("repo", "sync")
    assert [each["status"] for each in joined.json("list", "--all")] == ["closed"]
    assert ids(bd, "--all") == ["oz-1"]


def test_a_renamed_issue_leaves_nothing_of_it_in_our_file(bd: Bd, joined: Bd) -> None:
    bd.ok("create", "Ours", "--id", "px-1")
    bd.ok("rename", "oz-1", "oz-2", "--force")
    assert list(bd.lines()) == ["px-1"]
    bd.ok("repo", "sync")
    assert ids(joined) == ["oz-2"]
