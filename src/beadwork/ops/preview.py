"""What an import would do: the fold itself, taken back in the same transaction."""

from typing import Annotated

from msgspec import Meta

from beadwork.model import codec
from beadwork.model.renaming import id_of
from beadwork.ops.fold_report import Dangling, FoldReport
from beadwork.ops.folding import Folding
from beadwork.ops.operation import Request, Response, operation
from beadwork.ops.record_file import is_marker
from beadwork.ops.transaction import Line, Transaction


class Previewed(Response):
    """What would become of the lines; nothing was written.

    `dangling` are edges in the file whose targets would not be known, `orphans` the children in
    it whose parent would not be.
    """

    report: FoldReport
    dangling: list[Dangling] = []
    orphans: list[str] = []


class PreviewImport(Request[Previewed], frozen=True):
    """Tell what an import of these records would do, and write nothing."""

    text: Annotated[str, Meta(description="The records, a line each.")]
    is_project_file: Annotated[bool, Meta(description="They stand in this project's own file.")] = (
        False
    )


@operation("record.preview", kind="write", example={"text": '{"id":"px-a3f","title":"Fix it"}'})
def preview_import(request: PreviewImport, tx: Transaction) -> Previewed:
    """Tell what an import would do."""
    lines = []
    markers = 0
    for number, raw in enumerate(request.text.split("\n"), start=1):
        line = raw.rstrip("\r")
        if is_marker(line):
            markers += 1
        elif line.strip():
            lines.append(Line(number, codec.digest(line), line))
    folding = Folding(tx, is_project_file=request.is_project_file)
    ids = {issue_id for line in lines if (issue_id := id_of(line.text))}
    with tx.trial():
        folding.fold(lines)
        dangling = [
            Dangling(issue_id=source, depends_on_id=target, type=kind)
            for source, target, kind in tx.records.dangling()
            if source in ids
        ]
        parents = {each: _parent_of(each) for each in ids if _parent_of(each)}
        known = tx.issues.known(sorted(set(parents.values())))
    folding.report.lines = len(lines) + markers
    folding.report.markers = markers
    orphans = sorted(child for child, parent in parents.items() if parent not in known)
    return Previewed(report=folding.report, dangling=dangling, orphans=orphans)


def _parent_of(issue_id: str) -> str:
    parent, dot, number = issue_id.rpartition(".")
    return parent if dot and number.isdigit() else ""
