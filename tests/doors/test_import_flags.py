"""The flags of `bd import` and `bd sync`: honoured, harmless, or refused with a reason."""

import json
from typing import Any

import pytest

from tests.doors.program import Bd, tree

AT = "2024-01-01T00:00:00Z"


def line(issue_id: str, title: str = "Work", **fields: Any) -> str:
    """Answer a line of a file."""
    record = {"id": issue_id, "title": title, "status": "open", "priority": 1}
    record |= {"issue_type": "task", "created_at": AT, "updated_at": AT, **fields}
    return json.dumps(record) + "\n"


def needs(issue_id: str, target: str) -> list[dict[str, str]]:
    """Answer an edge."""
    edge = {"issue_id": issue_id, "depends_on_id": target, "type": "blocks", "created_at": AT}
    return [edge]


def titles(bd: Bd) -> dict[str, str]:
    return {row["id"]: row["title"] for row in bd.json("list", "--all")}


def test_a_dry_run_says_what_would_be_and_writes_nothing(bd: Bd) -> None:
    bd.create("Here")
    given = line("px-a1") + line("px-b1", dependencies=needs("px-b1", "px-zz")) + "broken\n"
    given += line("px-q.1")
    before = tree(bd.beads)
    answer = bd("import", "-", "--dry-run", "--json", given=given)
    assert answer.code == 0
    shown = answer.json
    assert (shown["dry_run"], shown["created"], shown["lines"]) == (True, 3, 4)
    assert [each["line_number"] for each in shown["quarantined"]] == [3]
    assert [each["depends_on_id"] for each in shown["dangling"]] == ["px-zz"]
    assert shown["orphans"] == ["px-q.1"]
    after = tree(bd.beads)
    assert {k: v for k, v in after.items() if not k.endswith(("-shm", ".lock"))} == {
        k: v for k, v in before.items() if not k.endswith(("-shm", ".lock"))
    }
    assert list(titles(bd).values()) == ["Here"]


def test_a_dry_run_of_the_projects_file_takes_nothing_in(bd: Bd) -> None:
    bd.create()
    bd.records.write_text(bd.records.read_text(encoding="utf-8") + line("px-new"), encoding="utf-8")
    assert bd.json("import", "--dry-run")["created"] == 1
    assert bd.json("sync", "--dry-run")["imported"]["created"] == 1
    assert bd.json("import")["created"] == 1


def test_a_dry_run_is_no_write(bd: Bd) -> None:
    assert bd("--readonly", "import", "-", "--dry-run", given=line("px-a1")).code == 0


def test_strict_takes_all_or_nothing(bd: Bd) -> None:
    bad = line("px-a1") + line("px-b1", dependencies=needs("px-b1", "px-zz"))
    refused = bd("import", "-", "--strict", "--json", given=bad)
    assert (refused.code, refused.out) == (2, "")
    assert refused.error["data"]["dangling"][0]["issue_id"] == "px-b1"
    assert titles(bd) == {}
    assert bd("import", "-", "--strict", given=line("px-a1") + "broken\n").code == 2
    assert titles(bd) == {}
    good = line("px-a1") + line("px-b1", dependencies=needs("px-b1", "px-a1"))
    bd.ok("import", "-", "--strict", given=good)
    assert set(titles(bd)) == {"px-a1", "px-b1"}


def test_strict_looks_at_the_projects_file_before_it_is_taken_in(bd: Bd) -> None:
    bd.records.write_text(line("px-a1", dependencies=needs("px-a1", "px-zz")), encoding="utf-8")
    assert bd("import", "--strict").code == 2
    assert bd.json("list", "--no-auto-import") == []


def test_children_without_a_parent(bd: Bd) -> None:
    given = line("px-p.1") + line("px-k") + line("px-k.1")
    assert bd("import", "-", "--orphan-handling", "strict", given=given).code == 2
    assert titles(bd) == {}
    left_out = bd.ok("import", "-", "--orphan-handling", "skip", given=given)
    assert "px-p.1" in left_out.err
    assert set(titles(bd)) == {"px-k", "px-k.1"}
    bd.ok("config", "set", "import.orphan_handling", "strict")
    assert bd("import", "-", given=given).code == 2
    bd.ok("import", "-", "--orphan-handling", "resurrect", given=given)
    assert "px-p.1" in titles(bd)
    assert bd("import", "-", "--orphan-handling", "eat", given=given).code == 2


def test_foreign_ids_get_the_prefix_with_all_mentions(bd: Bd) -> None:
    given = line("foo-a1", description="first\nfoo-b1, then foo-a10 and foo-b1.")
    given += line("foo-b1", dependencies=needs("foo-b1", "foo-a1")) + line("foo-b1.1")
    bd.ok("import", "-", "--rename-on-import", given=given)
    assert set(titles(bd)) == {"px-a1", "px-b1", "px-b1.1"}
    (shown,) = bd.json("show", "px-a1")
    assert shown["description"] == "first\npx-b1, then foo-a10 and px-b1."
    assert [each["id"] for each in shown["dependents"]] == ["px-b1"]
    assert bd.json("import", "-", "--rename-on-import", "--dry-run")["created"] == 0


def test_equal_texts_are_named_after_an_import(bd: Bd) -> None:
    shown = bd("import", "-", "--dedupe-after", "--json", given=line("px-a1") + line("px-b1"))
    assert shown.json["duplicate_groups"] == [["px-a1", "px-b1"]]


@pytest.mark.parametrize(
    "flag",
    ["--no-git-history", "--protect-left-snapshot", "--clear-duplicate-external-refs", "--force"],
)
def test_flags_that_change_nothing_are_taken(bd: Bd, flag: str) -> None:
    bd.ok("import", "-", flag, given=line("px-a1"))


# -- sync


@pytest.mark.parametrize(
    "flag",
    ["--full", "--merge", "--squash", "--from-main", "--accept-rebase", "--resolve", "--ours"],
)
def test_what_only_git_can_do_is_refused_with_a_hint(bd: Bd, flag: str) -> None:
    answer = bd("sync", flag, "--json")
    assert (answer.code, answer.out) == (2, "")
    assert answer.error["hint"]


def test_harmless_flags_of_sync_are_taken(bd: Bd) -> None:
    bd.ok("sync", "-m", "message", "--no-pull", "--no-push", "--no-git-history")


def test_check_finds_faults_and_exits_1(bd: Bd) -> None:
    bd.create()
    bd.ok("sync", "--check")
    text = bd.records.read_text(encoding="utf-8")
    doubled = text + text.replace('"title":"Work"', '"title":"Other"')
    bd.records.write_text(f"<<<<<<< HEAD\n{doubled}=======\nbroken\n", encoding="utf-8")
    answer = bd("sync", "--check", "--json")
    assert answer.code == 1
    assert not answer.json["ok"]
    assert len(answer.json["issues"]) == 3
    assert "<<<<<<<" in bd.records.read_text(encoding="utf-8")


def test_there_is_one_mode_of_sync(bd: Bd) -> None:
    assert bd.json("sync", "mode", "current")["mode"] == "git-portable"
    bd.ok("sync", "mode", "set", "git-portable")
    assert bd("sync", "mode", "set", "realtime").code == 2
    assert bd("sync", "--set-mode", "dolt-native").code == 2
    assert bd("sync", "bogus").code == 2
