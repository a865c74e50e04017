"""Doctor's checks of the store: each finds its damage, mends it, and changes nothing else."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from beadwork.engine import Caller
from beadwork.model.claim import Holder
from beadwork.model.errors import ClaimStale, InvalidField
from beadwork.ops.check import CHECKS, CheckStore, MendStore
from beadwork.ops.claim import ClaimIssue
from beadwork.ops.compare import CompareFile
from beadwork.ops.dependency import AddDependency
from beadwork.ops.issue_state import CloseIssue, DeleteIssue
from beadwork.ops.issue_update import UpdateIssue
from beadwork.ops.record_file import ExportFile, ImportFile
from tests.support import DAY_US, Project, query

CALLER = Caller(Holder("alice"))
TABLES = (
    *("issue", "document", "label", "edge", "prefix_count", "claim", "claim_grant", "event"),
    *("event_value", "conflict", "former_id", "seen_line", "quarantine"),
)


@pytest.fixture
def full(tmp_path: Path) -> Any:
    """A project with something of everything."""
    project = Project(tmp_path)
    project.create("epic", id="px-epic", issue_type="epic")
    project.create("one", id="px-epic.1", parent="px-epic", labels=["db", "ui"], priority=1)
    project.create("two", id="px-epic.2", parent="px-epic", external_ref="gh-1")
    project.create("base", id="px-base", description="long " * 2000)
    project.create("done", id="px-done")
    project.create("late", id="px-late", defer_until="2027-01-01T00:00:00Z")
    project.create("outside", id="px-out", dependencies=["external:other:login"])
    edges = [("px-epic.1", "px-base"), ("px-epic.2", "px-done"), ("px-epic.2", "px-epic.1")]
    for source, target in edges:
        project.run(AddDependency(issue=source, needs=target))
    project.run(CloseIssue(issue="px-done"))
    project.run(ClaimIssue(issue="px-base"), "bob")
    project.create("gone", id="px-gone")
    project.run(DeleteIssue(issue="px-gone"))
    project.engine.flush(CALLER)
    yield project
    project.close()


def dump(project: Project) -> dict[str, list[tuple[Any, ...]]]:
    """Read every table."""
    return {
        name: sorted(query(project.place, f"SELECT * FROM {name}"), key=repr) for name in TABLES
    }


def found(project: Project, *names: str) -> dict[str, str]:
    """Answer what is not in order, by the name of the check."""
    findings = project.run(CheckStore(names=list(names))).findings
    return {each.name: each.status for each in findings if each.status != "ok"}


def test_a_store_that_nobody_touched_is_in_order(full: Project) -> None:
    findings = full.run(CheckStore()).findings
    assert [each.name for each in findings] == [check.name for check in CHECKS]
    assert {each.status for each in findings} == {"ok"}


def test_checks_change_nothing(full: Project) -> None:
    before = dump(full)
    full.run(CheckStore())
    full.run(CompareFile())
    assert dump(full) == before


# -- what the index says: a mend brings back exactly what was there

DAMAGES = {
    "columns": [
        "UPDATE issue SET title = 'x' WHERE id = 'px-base'",
        "UPDATE issue SET priority = 4, assignee = 'eve', issue_type = 'bug' WHERE id = 'px-epic.1'",
        "UPDATE issue SET birth_ns = birth_ns + 1 WHERE id = 'px-base'",
        "UPDATE issue SET asleep = 0 WHERE id = 'px-late'",
        "UPDATE issue SET comment_count = 9, pinned = 1 WHERE id = 'px-done'",
        "UPDATE issue SET id = 'px-other' WHERE id = 'px-out'",
    ],
    "labels": [
        "DELETE FROM label WHERE label = 'db'",
        "INSERT INTO label (n, label) SELECT n, 'made-up' FROM issue WHERE id = 'px-base'",
    ],
    "edges": [
        "DELETE FROM edge WHERE dst_id = 'px-base'",
        "UPDATE edge SET dst = NULL WHERE dst_id = 'px-done'",
        "UPDATE edge SET dst = (SELECT n FROM issue WHERE id = 'px-late') WHERE dst_id = 'px-base'",
        "INSERT INTO edge (src, dst_id, kind, added) "
        "SELECT n, 'px-base', 'blocks', '' FROM issue WHERE id = 'px-done'",
        "DELETE FROM edge WHERE kind = 'parent-child'",
    ],
    "readiness": [
        "UPDATE issue SET own_holds = own_holds + 1 WHERE id = 'px-base'",
        "UPDATE issue SET held_up = 1 WHERE id = 'px-done'",
        "UPDATE issue SET open_kids = 0 WHERE id = 'px-epic'",
        "UPDATE issue SET ext = 0 WHERE id = 'px-out'",
        "UPDATE edge SET holds = 0 WHERE dst_id = 'px-base'",
        "UPDATE edge SET inert = 1 WHERE kind = 'parent-child'",
    ],
    "prefix-counts": [
        "UPDATE prefix_count SET top_level = 1",
        "DELETE FROM prefix_count",
    ],
    "child-numbers": ["UPDATE issue SET child_top = 0 WHERE id = 'px-epic'"],
}


@pytest.mark.parametrize(
    ("name", "damage"), [(name, each) for name, all_ in DAMAGES.items() for each in all_]
)
def test_a_damaged_index_is_found_and_mended_to_what_it_was(
    full: Project, name: str, damage: str
) -> None:
    before = dump(full)
    query(full.place, damage)
    assert dump(full) != before
    assert name in found(full)
    wrong = [each for each in found(full) if each in DAMAGES]
    full.run(MendStore(names=wrong))
    assert found(full) == {}
    assert dump(full) == before
    assert full.wrong_rows() == 0


# -- rows that belong to nothing


@pytest.mark.parametrize(
    "row",
    [
        "INSERT INTO label (n, label) VALUES (999, 'x')",
        "INSERT INTO claim VALUES (999, 1, 'eve', '', 1, NULL, NULL)",
        "INSERT INTO claim_grant VALUES (999, 'eve', '', 1)",
        "INSERT INTO edge (src, dst_id, kind, added) VALUES (999, 'px-base', 'blocks', '')",
        "INSERT INTO conflict VALUES (999, '[\"title\"]', '1', '2', NULL, 1)",
        "INSERT INTO former_id VALUES ('px-was', 1, 999)",
        "INSERT INTO document (n, body) VALUES (999, '{}')",
    ],
)
def test_rows_of_no_issue_are_found_and_taken_out(full: Project, row: str) -> None:
    before = dump(full)
    query(full.place, row)
    assert found(full) == {"orphans": "error"}
    full.run(MendStore(names=["orphans"]))
    assert found(full) == {}
    assert dump(full) == before


def test_an_issue_whose_document_is_lost_comes_back_from_the_file(full: Project) -> None:
    before = full.lines()
    query(full.place, "DELETE FROM document WHERE n = (SELECT n FROM issue WHERE id = 'px-base')")
    assert "documents" in found(full)
    full.run(MendStore(names=["documents"]))
    full.run(ImportFile(force=True))
    assert full.lines() == before
    assert found(full) == {}
    assert full.wrong_rows() == 0


def test_a_document_that_can_not_be_read_comes_back_from_the_file(full: Project) -> None:
    before = full.lines()
    query(full.place, "UPDATE document SET body = '{\"id\":\"px-' WHERE body LIKE '%px-done%'")
    assert "documents" in found(full, "documents")
    full.run(MendStore(names=["documents"]))
    full.run(ImportFile(force=True))
    assert full.lines() == before
    assert found(full) == {}


# -- claims


def test_a_claim_of_a_closed_issue_is_ended_and_its_holder_fenced_off(full: Project) -> None:
    lines = full.lines()
    query(
        full.place,
        "INSERT INTO claim SELECT n, 3, 'eve', '', 1, NULL, NULL FROM issue WHERE id = 'px-done'",
    )
    assert found(full) == {"claims": "error"}
    full.run(MendStore(names=["claims"]))
    assert found(full) == {}
    rows = query(full.place, "SELECT claim_epoch, actor FROM claim ORDER BY n DESC")
    assert (4, "") in rows
    assert full.lines() == lines


def test_a_claim_whose_time_is_over_is_found_until_a_write_ends_it(full: Project) -> None:
    full.run(ClaimIssue(issue="px-late", lease_s=60), "carol")
    full.clock.advance(120)
    assert found(full) == {"ended-claims": "warning"}
    full.run(MendStore(names=["ended-claims"]))
    assert found(full) == {}
    assert full.issue("px-late").status == "open"


def test_a_claim_that_ran_out_ends_once_and_fences_its_holder_off(full: Project) -> None:
    full.run(ClaimIssue(issue="px-late", lease_s=60), "carol")
    full.clock.advance(120)
    full.create("any write")
    with pytest.raises(ClaimStale):
        full.run(UpdateIssue(issue="px-late", title="too late"), "carol")
    full.run(UpdateIssue(issue="px-late", status="in_progress", assignee="dave"), "dave")
    full.create("another write")
    assert full.issue("px-late").status == "in_progress"


def test_work_in_progress_that_is_nobodys_is_found(full: Project) -> None:
    full.run(UpdateIssue(issue="px-late", status="in_progress"))
    full.run(UpdateIssue(issue="px-late", assignee=""))
    assert found(full) == {"unheld": "warning"}


# -- what people made


def test_cycles_are_found_only_among_live_issues(full: Project) -> None:
    lines = [
        '{"id":"px-a","title":"a","created_at":"2026-01-01T00:00:00Z","dependencies":'
        '[{"issue_id":"px-a","depends_on_id":"px-b","type":"blocks"}]}',
        '{"id":"px-b","title":"b","created_at":"2026-01-01T00:00:00Z","dependencies":'
        '[{"issue_id":"px-b","depends_on_id":"px-a","type":"blocks"}]}',
    ]
    full.run(ImportFile(text="\n".join(lines)))
    (cycle,) = [each for each in full.run(CheckStore()).findings if each.status != "ok"]
    assert (cycle.name, cycle.status) == ("cycles", "error")
    assert "px-a -> px-b -> px-a" in cycle.detail
    full.run(CloseIssue(issue="px-a", force=True))
    assert found(full) == {}


def test_edges_that_lead_nowhere_are_found_but_not_needs_in_other_projects(full: Project) -> None:
    line = (
        '{"id":"px-a","title":"a","created_at":"2026-01-01T00:00:00Z","dependencies":'
        '[{"issue_id":"px-a","depends_on_id":"px-nowhere","type":"blocks"}]}'
    )
    full.run(ImportFile(text=line))
    assert found(full) == {"dangling": "warning"}


def test_parents_that_make_a_knot_are_found(full: Project) -> None:
    lines = [
        f'{{"id":"px-{a}","title":"{a}","created_at":"2026-01-01T00:00:00Z","dependencies":'
        f'[{{"issue_id":"px-{a}","depends_on_id":"px-{b}","type":"parent-child"}}]}}'
        for a, b in (("a", "b"), ("b", "a"))
    ]
    full.run(ImportFile(text="\n".join(lines)))
    assert found(full)["inert-parents"] == "warning"


def test_shared_references_and_children_of_closed_parents_are_found(full: Project) -> None:
    full.run(UpdateIssue(issue="px-late", external_ref="gh-1"))
    assert found(full) == {"external-refs": "warning"}
    full.run(CloseIssue(issue="px-epic", force=True))
    assert found(full) == {"external-refs": "warning", "closed-parents": "warning"}


def test_lines_in_quarantine_are_found_and_let_go(full: Project) -> None:
    full.run(ImportFile(text='{"id":'))
    assert found(full) == {"quarantine": "warning"}
    full.run(MendStore(names=["quarantine"]))
    assert found(full) == {}


# -- names


def test_an_unknown_check_is_refused_with_the_nearest_name(full: Project) -> None:
    with pytest.raises(InvalidField, match="There is no check") as refused:
        full.run(CheckStore(names=["readyness"]))
    assert "readiness" in refused.value.hint


def test_what_has_no_mend_is_refused(full: Project) -> None:
    with pytest.raises(InvalidField, match="can't be mended"):
        full.run(MendStore(names=["cycles"]))


# -- the file


def compared(project: Project) -> dict[str, str]:
    """Answer what is not in order between file and store."""
    findings = project.run(CompareFile()).findings
    return {each.name: each.message for each in findings if each.status != "ok"}


def _remove(project: Project) -> None:
    project.records.unlink()


def _edit(project: Project) -> None:
    text = project.records.read_text(encoding="utf-8")
    project.records.write_text(
        text.replace('"title":"base"', '"title":"by hand"'), encoding="utf-8"
    )


def _double(project: Project) -> None:
    text = project.records.read_text(encoding="utf-8")
    project.records.write_text(text + text.splitlines()[0] + "\n", encoding="utf-8")


def _mark(project: Project) -> None:
    text = project.records.read_text(encoding="utf-8")
    project.records.write_text(f"<<<<<<< HEAD\n{text}>>>>>>> other\n", encoding="utf-8")


@pytest.mark.parametrize("damage", [_remove, _edit, _double, _mark])
def test_a_file_that_says_other_than_the_store_is_found_and_mended(
    full: Project, damage: Callable[[Project], None]
) -> None:
    assert compared(full) == {}
    damage(full)
    assert "file" in compared(full)
    full.run(ImportFile(force=True))
    full.run(ExportFile(force=True))
    assert compared(full) == {}


def test_a_file_that_lacks_lines_although_it_was_noted_so_is_found(full: Project) -> None:
    lines = full.records.read_text(encoding="utf-8").splitlines(keepends=True)
    full.records.write_text("".join(lines[1:]), encoding="utf-8")
    full.run(ImportFile())
    assert "lacks 1 issues" in compared(full)["file"]
    full.run(ExportFile(force=True))
    assert compared(full) == {}


def test_a_change_that_is_not_in_the_file_is_found(full: Project) -> None:
    full.create("new")
    assert compared(full) == {"exported": "1 changed issues are not in the file yet"}


# -- old events


def events(project: Project) -> list[tuple[Any, ...]]:
    return query(project.place, "SELECT seq, operation, issue_id FROM event ORDER BY seq")


def pass_days(project: Project, days: float) -> None:
    project.clock.advance(days * DAY_US / 1_000_000)


def test_old_events_go_once_their_changes_are_overwritten(full: Project) -> None:
    issue = full.create("a title", id="px-aged", description="first " * 1000)
    for title in ("b", "c", "d"):
        full.run(UpdateIssue(issue=issue, title=title))
    full.run(UpdateIssue(issue=issue, description="second " * 1000))
    full.run(UpdateIssue(issue=issue, description="third " * 1000))
    count = len(query(full.place, "SELECT * FROM event_value"))
    pass_days(full, 181)
    full.run(UpdateIssue(issue="px-late", title="anything"))
    kept = [row[1] for row in events(full) if row[2] == issue]
    assert kept == ["issue.create", "issue.update", "issue.update"]
    assert len(query(full.place, "SELECT * FROM event_value")) < count
    history = query(full.place, "SELECT changes FROM event WHERE issue_id = 'px-aged'")
    assert any('\\"d\\"' in (row[0] or "") for row in history)
    assert found(full) == {}


def test_events_younger_than_180_days_stay(full: Project) -> None:
    full.run(UpdateIssue(issue="px-late", title="b"))
    full.run(UpdateIssue(issue="px-late", title="c"))
    before = events(full)
    pass_days(full, 179)
    full.run(UpdateIssue(issue="px-late", title="d"))
    assert events(full)[: len(before)] == before


def test_a_request_that_can_still_be_undone_whole_stays_whole(full: Project) -> None:
    full.run(DeleteIssue(issue="px-base", cascade=True, force=True))
    before = [row for row in events(full) if row[1] == "issue.delete"]
    full.run(UpdateIssue(issue="px-late", title="b"))
    pass_days(full, 200)
    full.run(UpdateIssue(issue="px-late", title="c"))
    assert [row for row in events(full) if row[1] == "issue.delete"] == before


def test_a_long_log_is_gone_through_a_part_with_each_write(full: Project) -> None:
    for each in range(150):
        full.run(UpdateIssue(issue="px-late", title=f"t{each}"))
    count = len(events(full))
    pass_days(full, 181)
    for each in range(6):
        full.run(UpdateIssue(issue="px-late", title=f"u{each}"))
    gone = count - len([row for row in events(full) if row[0] <= count])
    assert gone >= 149
