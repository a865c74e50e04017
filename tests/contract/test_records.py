"""The file: taking it in, writing it, and losing nothing on the way (R1-R5)."""

import json
from pathlib import Path
from typing import Any

import pytest

from beadwork.model.codec import digest
from beadwork.model.errors import Fault, FileTrouble, InvalidField, InvalidRequest
from beadwork.ops import record_file
from beadwork.ops.claim import ClaimIssue
from beadwork.ops.comment import AddComment
from beadwork.ops.dependency import FindCycles
from beadwork.ops.fold_report import FoldReport
from beadwork.ops.folding import Folding
from beadwork.ops.issue import ListIssues
from beadwork.ops.issue_create import CreateIssue
from beadwork.ops.issue_state import DeleteIssue
from beadwork.ops.issue_update import UpdateIssue
from beadwork.ops.memory import Forget, ListMemories, Remember
from beadwork.ops.ready import ListBlocked, ListReady
from beadwork.ops.record import ListConflicts, ListQuarantine, NoteNext, ShowStore
from beadwork.ops.record_file import ExportFile, ImportFile
from beadwork.ops.transaction import Line
from beadwork.sync.files import Files
from tests.support import Project, make_folder


def line(issue_id: str, **fields: object) -> str:
    record = {
        "id": issue_id,
        "title": f"Issue {issue_id}",
        "status": "open",
        "priority": 1,
        "issue_type": "task",
        "created_at": "2025-01-01T00:00:00Z",
        "updated_at": "2025-01-01T00:00:00Z",
        **fields,
    }
    return json.dumps(record, separators=(",", ":"), ensure_ascii=False)


def edge(source: str, target: str, kind: str = "blocks") -> dict[str, str]:
    return {
        "issue_id": source,
        "depends_on_id": target,
        "type": kind,
        "created_at": "2025-01-01T00:00:00Z",
    }


def put(project: Project, *lines: str) -> FoldReport:
    project.records.write_text("".join(each + "\n" for each in lines), encoding="utf-8")
    return project.run(ImportFile()).report


def read(project: Project) -> dict[str, dict[str, object]]:
    records = map(json.loads, project.records.read_text(encoding="utf-8").splitlines())
    return {each["id"]: each for each in records}


def test_an_untouched_file_is_not_written(project: Project) -> None:
    put(project, line("px-a"), line("px-b", labels=["x"]))
    before = project.records.stat()
    assert not project.run(ExportFile()).is_written
    assert project.records.stat() == before


def test_a_change_of_one_issue_changes_its_line_only(project: Project) -> None:
    odd = '{"title":"Odd order","id":"px-b","created_at":"2025-01-01T00:00:00+01:00","priority":1}'
    put(project, line("px-a"), odd, line("px-c", timeout=1.50, unknown={"x": 1e3}))
    project.run(UpdateIssue(issue="px-a", priority=0))
    project.run(ExportFile())
    lines = project.records.read_text(encoding="utf-8").splitlines()
    assert lines[1:] == [odd, line("px-c", timeout=1.50, unknown={"x": 1e3})]
    assert json.loads(lines[0])["priority"] == 0


def test_the_same_state_gives_the_same_bytes(project: Project) -> None:
    for n in range(20):
        project.create(f"Issue {n}", labels=[f"l{n % 3}"])
    project.run(ExportFile())
    first = project.records.read_bytes()
    project.run(ExportFile(force=True))
    assert project.records.read_bytes() == first
    project.run(ExportFile(path=str(project.root / "copy.jsonl")))
    assert (project.root / "copy.jsonl").read_bytes() == first


def test_lines_put_in_place_are_what_a_whole_export_writes(project: Project) -> None:
    for n in range(30):
        project.create(f"Issue {n}", id=f"px-{n * 7 % 30:02d}")
    project.run(ExportFile())
    project.run(UpdateIssue(issue="px-03", title="<Changed> & é"))
    project.create("New", id="px-035")
    project.run(ExportFile())
    spliced = project.records.read_bytes()
    project.run(ExportFile(force=True))
    assert project.records.read_bytes() == spliced


def test_what_was_written_is_noted_some_lines_at_a_time(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(record_file, "_NOTED_AT_ONCE", 3)
    for n in range(10):
        project.create(f"Issue {n}")
    project.run(ExportFile())
    assert project.run(ShowStore()).dirty == 0
    assert not project.run(ExportFile()).is_written
    assert project.run(ImportFile()).report.adopted == []


def test_an_export_that_ends_before_all_is_noted_is_made_up_for(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(record_file, "_NOTED_AT_ONCE", 3)
    for n in range(7):
        project.create(f"Issue {n}", id=f"px-{n}")
    with monkeypatch.context() as broken:
        broken.setattr(record_file, "NoteExport", None)
        with pytest.raises(Fault):
            project.run(ExportFile())
    project.run(UpdateIssue(issue="px-1", priority=0))
    project.run(ImportFile())
    project.run(ExportFile())
    assert project.run(ShowStore()).dirty == 0
    assert read(project)["px-1"]["priority"] == 0
    assert sorted(read(project)) == [f"px-{n}" for n in range(7)]


def test_unknown_fields_types_and_statuses_are_kept_and_reported(project: Project) -> None:
    report = put(
        project,
        line("px-a", status="review", issue_type="saga", started_at="2025-02-02T00:00:00Z"),
        line("zz-b"),
        '{"id":"px-c","title":"No priority","created_at":"2025-01-01T00:00:00Z"}',
    )
    assert report.unknown_statuses == {"review": 1}
    assert report.unknown_types == {"saga": 1}
    assert report.foreign_prefixes == {"zz": 1}
    assert report.without_priority == ["px-c"]
    assert project.run(ListIssues(statuses=["review"], issue_types=["saga"])).issues
    assert project.run(ListReady(issue_types=["saga"])).issues == []
    with pytest.raises(InvalidField):
        project.run(ListIssues(statuses=["reviev"]))
    with pytest.raises(InvalidField):
        project.run(ListReady(issue_types=["sago"]))
    project.run(UpdateIssue(issue="px-a", title="New"))
    assert project.issue("px-a").unknown_fields == {"started_at": "2025-02-02T00:00:00Z"}
    assert project.issue("px-c").priority == 2
    project.run(ExportFile())
    assert read(project)["px-a"]["started_at"] == "2025-02-02T00:00:00Z"


def test_an_unreadable_line_is_kept_with_its_number_and_reason(project: Project) -> None:
    report = put(
        project,
        line("px-a"),
        '{"id":"px-b","title":',
        '{"id":"px-c","title":7}',
        '["no record"]',
        '{"title":"no id"}',
        line("px-d"),
    )
    assert report.created == 2
    assert [each.line_number for each in report.quarantined] == [2, 3, 4, 5]
    kept = project.run(ListQuarantine()).lines
    assert [each.line_number for each in kept] == [2, 3, 4, 5]
    assert all(each.reason for each in kept)
    assert kept[0].line == '{"id":"px-b","title":'


def test_invalid_utf8_is_quarantined_and_the_rest_is_taken_in(project: Project) -> None:
    bad = line("px-b").encode().replace(b"Issue", b"\xff\xfe")
    project.records.write_bytes(line("px-a").encode() + b"\n" + bad + b"\n")
    report = project.run(ImportFile()).report
    assert (report.created, len(report.quarantined)) == (1, 1)


def test_a_line_of_any_length_and_windows_line_ends_are_read(project: Project) -> None:
    project.records.write_bytes(
        line("px-a", description="x" * 3_000_000).encode() + b"\r\n\r\n" + line("px-b").encode()
    )
    assert project.run(ImportFile()).report.created == 2
    assert len(project.issue("px-a").description) == 3_000_000


def test_conflict_markers_and_doubled_ids_are_folded_and_the_file_is_mended(
    project: Project,
) -> None:
    later = line("px-a", title="Issue px-a", notes="theirs", updated_at="2025-01-02T00:00:00Z")
    report = put(
        project, "<<<<<<< HEAD", line("px-a"), "=======", later, ">>>>>>> other", line("px-b")
    )
    assert (report.markers, report.doubled, report.created) == (3, 1, 2)
    assert project.issue("px-a").notes == "theirs"
    assert project.run(ExportFile()).is_written
    assert list(read(project)) == ["px-a", "px-b"]
    assert project.run(ImportFile()).is_unchanged


def test_markers_around_what_is_known_are_mended_too(project: Project) -> None:
    put(project, line("px-a"))
    put(project, "<<<<<<< HEAD", line("px-a"), "=======", line("px-a"), ">>>>>>> other")
    assert project.run(ExportFile()).is_written
    assert project.records.read_text(encoding="utf-8") == line("px-a") + "\n"


def test_two_births_under_one_id_both_live(project: Project) -> None:
    first = line("px-a", title="Earlier")
    second = line("px-a", title="Later", created_at="2025-06-01T00:00:00Z")
    report = put(project, second, first)
    assert [each.former_id for each in report.moved] == ["px-a"]
    moved = report.moved[0].issue_id
    assert project.issue("px-a").title == "Earlier"
    assert project.issue(moved).title == "Later"
    assert project.show("px-a").displaced == []
    project.run(ExportFile())
    assert set(read(project)) == {"px-a", moved}


def test_an_issue_that_gives_way_keeps_its_claim_and_its_edges(project: Project) -> None:
    issue = project.create("Mine", id="px-a")
    needy = project.create("Needy", dependencies=[issue])
    project.run(ClaimIssue(issue=issue))
    put(project, line("px-a", title="Earlier birth"))
    moved = project.show(needy).dependencies[0].issue
    assert moved is not None
    assert moved.title == "Mine"
    assert moved.id != "px-a"
    assert project.show(moved.id).claimed_by == "alice"
    assert project.issue("px-a").title == "Earlier birth"
    assert project.show("px-a").displaced == [moved.id]
    assert project.wrong_rows() == 0


def test_edges_to_what_is_not_there_yet_are_kept_and_bind_later(project: Project) -> None:
    put(project, line("px-a", dependencies=[edge("px-a", "px-late")]))
    assert [each.issue.id for each in project.run(ListReady()).issues] == ["px-a"]
    put(
        project,
        line("px-a", dependencies=[edge("px-a", "px-late")]),
        line("px-late"),
    )
    assert [each.issue.id for each in project.run(ListReady()).issues] == ["px-late"]
    assert project.run(ListBlocked()).issues[0].blocked_by == ["px-late"]


def test_a_cycle_in_a_file_holds_its_members_and_is_named(project: Project) -> None:
    put(
        project,
        line("px-a", dependencies=[edge("px-a", "px-b")]),
        line("px-b", dependencies=[edge("px-b", "px-a")]),
    )
    assert project.run(ListReady()).issues == []
    assert [each.id for each in project.run(FindCycles()).cycles[0]] == ["px-a", "px-b"]
    assert project.run(ListBlocked()).issues[0].cycle == ["px-a", "px-b"]


def test_an_edit_by_hand_without_a_new_date_is_taken_over_and_reported(project: Project) -> None:
    issue = project.create("Mine", labels=["keep", "drop"])
    project.run(ExportFile())
    record = read(project)[issue]
    record.pop("stamps")
    record |= {"title": "By hand", "labels": ["keep", "new"]}
    report = put(project, json.dumps(record))
    assert report.adopted[0].issue_id == issue
    assert set(report.adopted[0].fields) == {"title", "labels.drop", "labels.new"}
    assert project.issue(issue).title == "By hand"
    assert project.issue(issue).labels == ["keep", "new"]


def test_an_edit_by_hand_and_one_of_ours_both_stand(project: Project) -> None:
    issue = project.create("Title", notes="notes")
    project.run(ExportFile())
    record = read(project)[issue]
    project.run(UpdateIssue(issue=issue, notes="ours"))
    record.pop("stamps")
    put(project, json.dumps(record | {"title": "theirs"}))
    shown = project.issue(issue)
    assert (shown.title, shown.notes) == ("theirs", "ours")


def test_an_old_branch_does_not_take_anything_back(project: Project) -> None:
    issue = project.create("Old")
    project.run(ExportFile())
    old = project.records.read_bytes()
    project.run(UpdateIssue(issue=issue, title="New"))
    project.run(ExportFile())
    project.records.write_bytes(old)
    assert project.run(ImportFile()).report.updated == 0
    assert project.issue(issue).title == "New"
    assert not project.run(ExportFile()).is_written


def test_an_edit_on_an_old_branch_is_an_edit_of_that_field_only(project: Project) -> None:
    issue = project.create("Old", notes="old")
    project.run(ExportFile())
    old = read(project)[issue]
    project.run(UpdateIssue(issue=issue, title="New"))
    project.run(ExportFile())
    put(project, json.dumps(old))
    put(project, json.dumps(old | {"notes": "from the branch"}))
    shown = project.issue(issue)
    assert (shown.title, shown.notes) == ("New", "from the branch")


def test_a_deleted_issue_does_not_come_back_from_an_old_copy(project: Project) -> None:
    issue = project.create("Gone")
    project.run(ExportFile())
    old = project.records.read_bytes()
    project.run(DeleteIssue(issue=issue))
    project.run(ExportFile())
    project.records.write_bytes(old)
    project.run(ImportFile())
    assert project.issue(issue).status == "tombstone"


def test_a_line_that_is_absent_says_nothing(project: Project) -> None:
    put(project, line("px-a"), line("px-b"))
    put(project, line("px-b"))
    assert project.issue("px-a").status == "open"


def test_two_clones_agree_whoever_folds_first(tmp_path: Path) -> None:
    left, right = Project(tmp_path / "l"), Project(tmp_path / "r")
    issue = left.create("Shared", labels=["a"])
    left.run(ExportFile())
    right.records.write_bytes(left.records.read_bytes())
    right.run(ImportFile())
    left.run(UpdateIssue(issue=issue, title="Left", add_labels=["l"]))
    left.run(AddComment(issue=issue, text="left"))
    right.clock.advance(5)
    right.run(UpdateIssue(issue=issue, title="Right", remove_labels=["a"], due_at="2027-01-01"))
    for project in (left, right):
        project.run(ExportFile())
    theirs = {each: each.records.read_text(encoding="utf-8") for each in (left, right)}
    left.run(ImportFile(text=theirs[right]))
    right.run(ImportFile(text=theirs[left]))
    assert left.lines() == right.lines()
    shown = left.issue(issue)
    assert (shown.title, shown.labels, len(shown.comments)) == ("Right", ["l"], 1)
    assert shown.due_at
    lost = left.run(ListConflicts()).conflicts + right.run(ListConflicts()).conflicts
    assert {(each.field[0], each.value) for each in lost} == {("title", "Left")}
    for project in (left, right):
        assert project.wrong_rows() == 0
        project.close()


def test_a_fold_that_moves_a_held_issue_ends_the_claim(project: Project) -> None:
    issue = project.create("Held")
    project.run(ClaimIssue(issue=issue))
    project.run(ExportFile())
    record = read(project)[issue]
    record.pop("stamps")
    put(project, json.dumps(record | {"assignee": "carol"}))
    claim = project.show(issue)
    assert claim.claimed_by is None
    assert claim.claim_epoch == 2


def test_our_ephemeral_issues_stay_out_of_the_file_and_those_of_a_file_stay_in(
    project: Project,
) -> None:
    put(project, line("px-a", ephemeral=True))
    project.create("Only here", ephemeral=True)
    project.create("Shared", id="px-z")
    project.run(ExportFile())
    assert set(read(project)) == {"px-a", "px-z"}


def test_importing_again_changes_nothing(project: Project) -> None:
    put(project, *[line(f"px-{n}") for n in range(30)])
    before = project.lines()
    report = project.run(ImportFile(force=True)).report
    assert (report.created, report.updated, report.unchanged) == (0, 0, 30)
    assert project.lines() == before


def test_another_file_is_taken_in_and_then_exported(project: Project, tmp_path: Path) -> None:
    other = tmp_path / "other.jsonl"
    other.write_text(line("px-a") + "\n", encoding="utf-8")
    assert project.run(ImportFile(path=str(other))).report.created == 1
    project.run(ExportFile())
    assert set(read(project)) == {"px-a"}
    with pytest.raises(FileTrouble):
        project.run(ImportFile(path=str(tmp_path / "none.jsonl")))


def test_a_copied_store_writes_under_a_replica_of_its_own(tmp_path: Path) -> None:
    first = Project(tmp_path / "first")
    first.create("One")
    first.close()
    copy = make_folder(tmp_path / "second")
    for name in ("beadwork.db", "beadwork.db-wal"):
        source = Path(first.place.folder) / name
        if source.exists():
            (Path(copy.folder) / name).write_bytes(source.read_bytes())
    second = Project(tmp_path / "second")
    second.create("Two")
    replicas = {json.loads(each)["stamps"]["*"].rsplit(".", 1)[1] for each in second.lines()}
    assert len(replicas) == 2
    assert len(second.run(ListIssues()).issues) == 2
    second.close()


def test_after_an_old_branch_a_whole_export_is_the_base_of_later_edits(project: Project) -> None:
    issue = project.create("Old", notes="old")
    project.run(ExportFile())
    old = project.records.read_bytes()
    project.run(UpdateIssue(issue=issue, title="New"))
    project.run(ExportFile())
    project.records.write_bytes(old)
    project.run(ImportFile())
    project.create("Another")
    project.run(ExportFile())
    record = read(project)[issue]
    record.pop("stamps")
    report = put(project, json.dumps(record | {"notes": "by hand"}))
    assert [each.fields for each in report.adopted] == [["notes"]]


def test_a_known_file_that_is_read_again_reads_no_line_of_it(project: Project) -> None:
    put(project, *[line(f"px-{n}") for n in range(5)])
    with project.transaction() as tx:
        folding = Folding(tx, is_project_file=True)
        text = line("px-1")
        assert folding._news([Line(1, digest(text), text)]) == []
        assert folding._news([Line(1, digest(text), text)] * 2) != []


def test_a_file_that_an_export_is_putting_in_place_is_no_edit_by_others(project: Project) -> None:
    project.create("Mine")
    project.run(ExportFile())
    content = project.records.read_bytes().replace(b"Mine", b"Next")
    project.run(NoteNext(digest=project.engine.files.digest(content)))
    project.records.write_bytes(content)
    assert project.run(ImportFile()).is_unchanged


def test_what_others_write_while_an_export_runs_is_not_overwritten(tmp_path: Path) -> None:
    project = Project(tmp_path)
    put(project, line("px-a"))
    project.run(UpdateIssue(issue="px-a", notes="ours"))
    replace = Files.replace
    theirs = line("px-b") + "\n"

    class Interrupted(Files):
        is_done = False

        def replace(self, path: str, content: bytes, *, seen: str | None = None) -> str | None:
            if not self.is_done:
                self.is_done = True
                project.records.write_text(line("px-a") + "\n" + theirs, encoding="utf-8")
            return replace(self, path, content, seen=seen)

    project.engine.files = Interrupted()
    project.run(ExportFile())
    assert set(read(project)) == {"px-a", "px-b"}
    assert read(project)["px-a"]["notes"] == "ours"
    project.close()


def test_a_line_with_too_many_levels_is_kept_apart(project: Project) -> None:
    deep = "[" * 1000 + "]" * 1000
    line = f'{{"id":"px-1","title":"Deep","metadata":{{"a":{deep}}}}}'
    report = project.run(ImportFile(text=line)).report
    assert [each.line_number for each in report.quarantined] == [1]
    assert "200 levels" in report.quarantined[0].reason


@pytest.mark.parametrize("levels", [200, 960])
def test_metadata_that_others_could_not_read_is_refused(project: Project, levels: int) -> None:
    value: Any = 1
    for _ in range(levels - 1):
        value = [value]
    issue = project.create()
    for request in (
        UpdateIssue(issue=issue, set_metadata={"a": value}),
        UpdateIssue(issue=issue, metadata={"a": value}),
        CreateIssue(title="Deep", metadata={"a": value}),
    ):
        with pytest.raises((InvalidField, InvalidRequest)):
            project.run(request)
    project.run(UpdateIssue(issue=issue, set_metadata={"a": [[[1]]]}))


def test_bytes_that_are_no_text_can_be_had_again(project: Project) -> None:
    project.records.parent.mkdir(exist_ok=True)
    project.records.write_bytes(b'{"id":"px-8","title":"caf\xe9"}\n')
    project.run(ImportFile())
    (kept,) = project.run(ListQuarantine()).lines
    assert kept.line == '{"id":"px-8","title":"caf\\xe9"}'


def test_a_mark_of_an_editor_before_the_text_is_none_of_it(project: Project) -> None:
    project.records.write_bytes(b'\xef\xbb\xbf{"id":"px-8","title":"T"}\n')
    report = project.run(ImportFile()).report
    assert (report.created, report.quarantined) == (1, [])


def test_a_deferred_issue_that_arrives_after_its_date_is_opened_by_the_next_write(
    project: Project,
) -> None:
    put(
        project,
        line("px-late", status="deferred", defer_until="2025-06-01T00:00:00Z"),
        line("px-later", status="deferred"),
    )
    assert read(project)["px-late"]["status"] == "deferred"  # What came is not written to at once.
    project.create("Something else")
    found = {each.issue.id: each.issue for each in project.run(ListIssues(all=True)).issues}
    assert (found["px-late"].status, found["px-late"].defer_until) == ("open", "")
    assert found["px-later"].status == "deferred"
    assert "px-late" in {each.issue.id for each in project.run(ListReady()).issues}


def test_a_number_out_of_range_is_kept_in_quarantine(project: Project) -> None:
    bad = line("px-big", x_new=1).replace('"x_new":1', '"x_new":1e999')
    report = put(project, bad, line("px-ok", title="About 1e999", x_new=2))
    assert [each.line_number for each in report.quarantined] == [1]
    assert [each.issue.id for each in project.run(ListIssues()).issues] == ["px-ok"]
    assert project.run(ListQuarantine()).lines[0].line == bad


def memory(key: str, text: str) -> str:
    return json.dumps({"_type": "memory", "key": key, "value": text}, separators=(",", ":"))


def test_memories_of_the_file_are_remembered(project: Project) -> None:
    project.run(Remember(key="here", text="Ours"))
    lines = (
        line("px-a", _type="issue"), memory("k", "One"), memory("here", "Theirs"), memory("", "x")
    )  # fmt: skip
    report = put(project, *lines)
    assert (report.lines, report.created, report.memories) == (4, 1, ["k"])
    assert [each.line_number for each in report.quarantined] == [3, 4]
    found = {each.key: each.text for each in project.run(ListMemories()).memories}
    assert found == {"k": "One", "here": "Ours"}
    kept = [each.line for each in project.run(ListQuarantine()).lines]
    assert kept == list(lines[2:])


def test_a_memory_that_was_forgotten_does_not_come_back_with_its_line(project: Project) -> None:
    put(project, memory("k", "One"))
    project.run(Forget(key="k"))
    report = put(project, memory("k", "One"), line("px-a"))
    assert (report.created, report.unchanged, report.memories) == (1, 1, [])
    assert project.run(ListMemories()).memories == []


def test_memories_of_another_repository_stay_there(project: Project) -> None:
    report = project.run(ImportFile(text=memory("k", "One"), origin="other")).report
    assert (report.memories, report.quarantined) == ([], [])
    assert project.run(ListMemories()).memories == []


class Replaced(Files):
    """Files of which git replaces one whenever it was looked for: it removes it, then writes it."""

    def __init__(self, path: Path, removals: int) -> None:
        super().__init__()
        self._path, self._content, self._removals = path, path.read_bytes(), removals

    def exists(self, path: str) -> bool:
        is_there = self._path.exists()
        self._turn()
        return is_there

    def glance(self, path: str) -> str:
        found = super().glance(path)
        self._turn()
        return found

    def _turn(self) -> None:
        if self._path.exists() and self._removals:
            self._removals -= 1
            self._path.unlink()
        elif not self._path.exists():
            self._path.write_bytes(self._content)


@pytest.mark.parametrize("removals", [1, 2, 3, 50])
def test_a_file_that_git_is_replacing_is_no_error(project: Project, removals: int) -> None:
    issue = project.create()
    project.run(ExportFile())
    text = project.records.read_text(encoding="utf-8")
    project.records.write_text(text.replace("Work", "Edited"), encoding="utf-8")
    project.engine.files = Replaced(project.records, removals)
    project.run(ImportFile(force=True))
    project.run(ImportFile())
    project.engine.files = Files()
    project.records.write_text(text.replace("Work", "Edited"), encoding="utf-8")
    project.run(ImportFile(force=True))
    assert project.issue(issue).title == "Edited"


@pytest.mark.parametrize("removals", [1, 2, 3])
def test_a_file_that_git_is_replacing_is_written_after(project: Project, removals: int) -> None:
    project.create()
    project.run(ExportFile())
    later = project.create("Later")
    project.engine.files = Replaced(project.records, removals)
    project.run(ExportFile())
    assert later in project.records.read_text(encoding="utf-8")
