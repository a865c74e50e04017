"""`bd admin`, and the older and newer names of its commands."""

from pathlib import Path
from typing import Any

import pytest

from tests.doors.program import Bd, tree

LONG_AGO = "2025-01-01T00:00:00Z"


def line(issue_id: str, **fields: Any) -> str:
    """Answer a record of an issue that was closed long ago."""
    import json

    whole = {
        "id": issue_id,
        "title": issue_id,
        "status": "closed",
        "priority": 2,
        "issue_type": "task",
        "created_at": LONG_AGO,
        "updated_at": LONG_AGO,
        "closed_at": LONG_AGO,
        **fields,
    }
    return json.dumps(whole) + "\n"


@pytest.fixture
def aged(bd: Bd) -> Bd:
    """A store with an issue closed long ago, one closed now, a pinned, a wisp, and a live one."""
    lines = [
        line("px-old", description="long " * 300, notes="more " * 100),
        line("px-pin", pinned=True),
        line("px-wisp", ephemeral=True),
    ]
    bd.ok("import", "-", given="".join(lines))
    bd.ok("close", bd.create("New", "--id", "px-new"))
    bd.create("Live", "--id", "px-live")
    bd.ok("dep", "add", "px-live", "px-new")
    return bd


def alive(bd: Bd) -> set[str]:
    return {each["id"] for each in bd.json("list", "--all", "--limit", "0")}


# -- cleanup


@pytest.mark.parametrize("words", [("admin", "cleanup"), ("cleanup",), ("gc",), ("purge",)])
def test_cleanup_is_refused_without_force(aged: Bd, words: tuple[str, ...]) -> None:
    before = alive(aged)
    answer = aged(*words, "--json")
    assert answer.code == 2
    assert "--force" in answer.error["hint"]
    assert answer.error["data"]["would_delete"]
    assert alive(aged) == before


def test_a_dry_run_says_what_would_go(aged: Bd) -> None:
    before = aged.records.read_bytes()
    shown = aged.json("admin", "cleanup", "--dry-run")
    assert set(shown["would_delete"]) == {"px-old", "px-new", "px-wisp"}
    assert shown["pinned"] == ["px-pin"]
    assert aged.records.read_bytes() == before


@pytest.mark.parametrize(
    ("words", "gone"),
    [
        (("admin", "cleanup"), {"px-old", "px-new", "px-wisp"}),
        (("admin", "cleanup", "--older-than", "30"), {"px-old", "px-wisp"}),
        (("admin", "cleanup", "--older-than", "30d"), {"px-old", "px-wisp"}),
        (("admin", "cleanup", "--ephemeral"), {"px-wisp"}),
        (("admin", "cleanup", "--cascade"), {"px-old", "px-new", "px-wisp", "px-live"}),
        (("cleanup", "--hard"), {"px-old", "px-new", "px-wisp"}),
        (("gc",), {"px-old", "px-wisp"}),
        (("prune", "--older-than", "1w"), {"px-old", "px-wisp"}),
        (("purge",), {"px-wisp"}),
    ],
)
def test_cleanup_deletes_closed_issues_and_keeps_tombstones(
    aged: Bd, words: tuple[str, ...], gone: set[str]
) -> None:
    before = alive(aged)
    shown = aged.json(*words, "--force")
    assert set(shown["deleted"]) == gone
    assert shown["deleted_count"] == len(gone)
    assert shown["tombstones"] == len(gone)
    assert alive(aged) == before - gone
    lines = aged.lines()
    assert gone <= lines.keys(), "the file says that they are deleted"
    assert all('"tombstone"' in lines[each] for each in gone)
    assert aged("doctor", "--check-health").code == 0


def test_a_second_cleanup_has_nothing_to_do(aged: Bd) -> None:
    aged.ok("admin", "cleanup", "--force")
    again = aged.json("admin", "cleanup")
    assert (again["deleted"], again["tombstones"]) == ([], 3)


@pytest.mark.parametrize("days", ["x", "1000000", "", "5 parsecs"])
def test_odd_ages_are_refused(aged: Bd, days: str) -> None:
    assert aged("admin", "cleanup", "--older-than", days, "--dry-run").code == 2


# -- compact


def test_analyze_lists_what_was_closed_long_ago_with_its_texts(aged: Bd) -> None:
    (found,) = aged.json("admin", "compact", "--analyze")
    assert found["id"] == "px-old"
    assert found["size_bytes"] == len("long " * 300) + len("more " * 100)
    assert (found["tier"], found["compacted"]) == (1, False)
    assert found["description"].startswith("long ")
    assert found["age_days"] > 300


def test_a_digest_takes_the_place_of_the_texts(aged: Bd) -> None:
    (aged.folder / "digest.md").write_text("It was done.\n")
    words = ("admin", "compact", "--apply", "--id", "px-old", "--summary", "digest.md")
    assert aged.json(*words, "--dry-run")["compacted_size"] == 12
    shown = aged.json(*words)
    assert shown["success"] is True
    assert (shown["original_size"], shown["compacted_size"]) == (2000, 12)
    assert shown["saved_bytes"] == 1988
    issue = aged.json("show", "px-old")[0]
    assert issue["description"] == "It was done."
    assert "notes" not in issue
    assert (issue["compaction_level"], issue["original_size"]) == (1, 2000)
    assert issue["compacted_at"]
    assert aged.json("admin", "compact", "--analyze") == []
    assert [each["id"] for each in aged.json("admin", "compact", "--analyze", "--tier", "2")] == [
        "px-old"
    ]
    aged.ok("undo", "px-old")
    assert aged.json("show", "px-old")[0]["description"] == "long " * 300


def test_what_live_issues_need_is_no_candidate(aged: Bd) -> None:
    aged.ok("dep", "add", "px-live", "px-old")
    assert aged.json("admin", "compact", "--analyze") == []


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--id", "px-live", "--summary", "-"), 4),
        (("--id", "px-new", "--summary", "-"), 4),
        (("--id", "px-gone", "--summary", "-"), 3),
        (("--id", "px-old"), 2),
        (("--summary", "-"), 2),
        (("--id", "px-old", "--summary", "no-such-file"), 2),
    ],
)
def test_what_can_not_be_compacted_is_refused(aged: Bd, words: tuple[str, ...], code: int) -> None:
    before = aged.records.read_bytes()
    assert aged("admin", "compact", "--apply", *words, given="short").code == code
    assert aged.records.read_bytes() == before


def test_an_empty_digest_or_one_that_is_no_shorter_is_refused(aged: Bd) -> None:
    words = ("admin", "compact", "--apply", "--id", "px-old", "--summary", "-")
    assert aged(*words, given="").code == 2
    assert aged(*words, given="x" * 3000).code == 2
    aged.ok(*words, "--force", given="x" * 3000)


def test_stats_count_the_candidates(aged: Bd) -> None:
    shown = aged.json("compact", "--stats")
    assert shown["tier1"] == {"candidates": 1, "total_size": 2000}
    assert shown["tier2"] == {"candidates": 0, "total_size": 0}


def test_tombstones_are_never_pruned_and_it_says_so(aged: Bd) -> None:
    aged.ok("admin", "cleanup", "--force")
    for flag in ("--prune", "--purge-tombstones"):
        assert aged.json("admin", "compact", flag) == {"pruned": 0, "tombstones": 3}


@pytest.mark.parametrize("words", [(), ("--auto",), ("--all",), ("--analyze", "--stats")])
def test_compact_without_one_thing_to_do_is_refused(aged: Bd, words: tuple[str, ...]) -> None:
    answer = aged("admin", "compact", *words, "--json")
    assert answer.code == 2
    assert answer.error["hint"]


# -- reset


@pytest.fixture
def repository(bare: Bd) -> Bd:
    """A store in a repository, with hooks and attributes of others."""
    bare.git("init", "-q")
    (bare.folder / "README").write_text("mine\n")
    (bare.folder / ".git" / "info" / "attributes").write_text("*.png binary\n")
    bare.ok("init", "--quiet")
    bare.ok("hooks", "install")
    foreign = bare.folder / ".git" / "hooks" / "commit-msg"
    foreign.write_text("#!/bin/sh\nexit 0\n")
    bare.create("Work")
    return bare


def test_reset_without_force_only_says_what_would_go(repository: Bd) -> None:
    before = tree(repository.folder)
    shown = repository.json("admin", "reset")
    assert shown["dry_run"] is True
    assert any(each.endswith(".beads") for each in shown["would_remove"])
    assert {k: v for k, v in tree(repository.folder).items() if "-shm" not in k} == {
        k: v for k, v in before.items() if "-shm" not in k
    }


@pytest.mark.parametrize("words", [("admin", "reset"), ("reset",)])
def test_reset_removes_what_bd_added_and_nothing_else(
    repository: Bd, words: tuple[str, ...]
) -> None:
    shown = repository.json(*words, "--force")
    assert shown["removed"]
    assert not repository.beads.exists()
    assert (repository.folder / "README").read_text() == "mine\n"
    git = repository.folder / ".git"
    assert (git / "info" / "attributes").read_text() == "*.png binary\n"
    assert "beads" not in (git / "config").read_text()
    hooks = [p.name for p in (git / "hooks").iterdir() if not p.name.endswith(".sample")]
    assert hooks == ["commit-msg"]
    assert repository("list").code == 3
    repository.ok("init", "--quiet")
    assert repository.json("list") == []


def test_reset_refuses_a_folder_that_is_not_its_own(bare: Bd, tmp_path: Path) -> None:
    folder = tmp_path / "papers"
    folder.mkdir()
    (folder / "thesis.txt").write_text("years of work")
    bare("--db", str(folder / "beadwork.db"), "init", "--prefix", "px", "--quiet")
    answer = bare("--db", str(folder / "beadwork.db"), "admin", "reset", "--force")
    assert answer.code == 2
    assert (folder / "thesis.txt").read_text() == "years of work"


def test_reset_obeys_readonly(repository: Bd) -> None:
    assert repository("admin", "reset", "--force", "--readonly").code == 2
    assert repository.beads.exists()


def test_reset_takes_a_link_away_and_leaves_the_store_that_it_leads_to(
    repository: Bd, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere"
    repository.beads.rename(elsewhere)
    repository.beads.symlink_to(elsewhere)
    before = {k: v for k, v in tree(elsewhere).items() if not k.endswith(("-shm", ".lock"))}
    planned = repository.json("admin", "reset")["would_remove"]
    (said,) = [each for each in planned if each.startswith("the link ")]
    assert str(elsewhere) in said
    assert said in repository.json("admin", "reset", "--force")["removed"]
    assert not repository.beads.is_symlink()
    after = {k: v for k, v in tree(elsewhere).items() if not k.endswith(("-shm", ".lock"))}
    assert after == before
    assert "beads" not in (repository.folder / ".git" / "config").read_text()
