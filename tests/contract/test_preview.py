"""`record.preview`: what an import would do, and nothing of it done."""

from beadwork.ops.preview import PreviewImport
from beadwork.ops.record import ListQuarantine
from beadwork.ops.record_file import ImportFile
from tests.support import Project

TEXT = (
    '{"id":"px-a1","title":"A","created_at":"2024-01-01T00:00:00Z"}\n'
    '{"id":"px-b1.1","title":"B","created_at":"2024-01-01T00:00:00Z",'
    '"dependencies":[{"issue_id":"px-b1.1","depends_on_id":"px-zz","type":"blocks"}]}\n'
    "<<<<<<< HEAD\nbroken\n"
)


def test_a_preview_says_what_an_import_then_does(project: Project) -> None:
    seen = project.run(PreviewImport(text=TEXT))
    assert (seen.report.lines, seen.report.created, seen.report.markers) == (4, 2, 1)
    assert [each.line_number for each in seen.report.quarantined] == [4]
    assert [each.depends_on_id for each in seen.dangling] == ["px-zz"]
    assert seen.orphans == ["px-b1.1"]
    assert project.run(ListQuarantine()).lines == []
    done = project.run(ImportFile(text=TEXT)).report
    assert (done.lines, done.created, done.markers) == (4, 2, 1)
    again = project.run(PreviewImport(text=TEXT)).report
    assert (again.created, again.unchanged) == (0, 2)
