"""Records: folding lines into the store, and what it notes of its file (R1-R5).

`record.import` and `record.export` are jobs: they read and write the file, and call
`record.fold` and `record.note_export` for what must happen in one transaction.
"""

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from beadwork.model import codec
from beadwork.model.errors import InvalidField
from beadwork.ops.fold_report import Dangling, FoldReport
from beadwork.ops.operation import Request, Response, operation
from beadwork.ops.transaction import FileState, Line, Transaction

FILE_STATE = "file_state"
PLAIN_DIGEST = "plain_digest"
"""The digest of the file as an export wrote it, if lines can be put in place there."""
PLAIN_LINES = "plain_lines"
"""How many lines it has."""
NEXT_DIGEST = "next_digest"
"""The digest of the file that an export is about to put in place, or did last."""
UNTIDY = "untidy"
HEAD = "head"
"""The commit whose version of the file has been folded in."""


class Folded(Response):
    """What became of the lines."""

    report: FoldReport


class FoldLines(Request[Folded], frozen=True):
    """Fold lines of a file into the store, all lines of one id in one request.

    Nothing is refused as a whole: a line that can't be read is kept in quarantine.
    """

    lines: Annotated[list[str], Meta(description="One record each, without line ends.")]
    numbers: Annotated[list[int], Meta(description="Where each line stands; 0 where unknown.")] = []
    bases: Annotated[
        list[str] | None,
        Meta(
            description="The lines that these took the place of; null where that is not known. "
            "A line that took the place of none stands beside what its writer had not seen."
        ),
    ] = None
    rivals: Annotated[
        list[str],
        Meta(description="Where bases are not known: lines that git may have put back there."),
    ] = []
    is_project_file: Annotated[
        bool, Meta(description="The lines stand in this project's own file.")
    ] = False
    origin: Annotated[
        str, Meta(description="The other repository whose file the lines stand in.")
    ] = ""


@operation("record.fold", kind="write", example={"lines": ['{"id":"px-a3f","title":"Fix it"}']})
def fold_lines(request: FoldLines, tx: Transaction) -> Folded:
    """Fold lines into the store."""
    numbers = request.numbers or [0] * len(request.lines)
    if len(numbers) != len(request.lines):
        raise InvalidField("Each line has one number", hint="Leave numbers out.", field="numbers")
    lines = [
        Line(number, codec.digest(text), text)
        for number, text in zip(numbers, request.lines, strict=True)
    ]
    # Late import: most commands fold nothing.
    from beadwork.ops.folding import Folding

    folding = Folding(tx, is_project_file=request.is_project_file, origin=request.origin)
    folding.fold(lines, bases=request.bases, rivals=request.rivals)
    return Folded(report=folding.report)


class DanglingEdges(Response):
    """Edges whose targets are not known."""

    edges: list[Dangling]


class ListDangling(Request[DanglingEdges], frozen=True):
    """List the edges whose targets are not known here; they bind once the target comes."""


@operation("record.dangling", kind="read", example={})
def list_dangling(request: ListDangling, tx: Transaction) -> DanglingEdges:
    """List the edges whose targets are not known here."""
    del request
    return DanglingEdges(
        edges=[
            Dangling(issue_id=source, depends_on_id=target, type=kind)
            for source, target, kind in tx.records.dangling()
        ]
    )


class Noted(Response):
    """Noted."""


class NoteFile(Request[Noted], frozen=True):
    """Note the file as seen."""

    signature: str
    digest: str
    is_untidy: Annotated[
        bool, Meta(description="It has conflict markers or doubled lines: write it anew.")
    ] = False


@operation("record.note_file", kind="write", example={"signature": "", "digest": ""})
def note_file(request: NoteFile, tx: Transaction) -> Noted:
    """Note the file as seen."""
    _note(tx, FileState(request.signature, request.digest))
    tx.records.set_setting(UNTIDY, "1" if request.is_untidy else "")
    return Noted()


def _note(tx: Transaction, state: FileState) -> None:
    tx.records.set_setting(FILE_STATE, msgspec.json.encode(state).decode())


class NoteNext(Request[Noted], frozen=True):
    """Note the digest of the file that is about to be written."""

    digest: str


@operation("record.note_next", kind="write", example={"digest": ""})
def note_next(request: NoteNext, tx: Transaction) -> Noted:
    """Note the digest of the file that is about to be written."""
    tx.records.set_setting(NEXT_DIGEST, request.digest)
    return Noted()


class NoteHead(Request[Noted], frozen=True):
    """Note the commit whose version of the file has been folded in."""

    commit: str


@operation("record.note_head", kind="write", example={"commit": ""})
def note_head(request: NoteHead, tx: Transaction) -> Noted:
    """Note the commit whose version of the file has been folded in."""
    tx.records.set_setting(HEAD, request.commit)
    return Noted()


class ExportedLine(msgspec.Struct, kw_only=True, array_like=True):
    """A line of the file, and the change that it is the state of."""

    n: int
    issue_id: str
    text: str
    changed_seq: int


class Snapshot(Response):
    """What the file should hold, up to which event; `changed` is what it does not hold yet."""

    to_seq: int
    changed: list[ExportedLine]
    content: str | None = None
    count: int = 0


class TakeSnapshot(Request[Snapshot], frozen=True):
    """Read what the file should hold, in one moment."""

    only_changed: Annotated[
        bool, Meta(description="Leave out the content: only what changed since the export.")
    ] = False


@operation("record.snapshot", kind="read", example={})
def take_snapshot(request: TakeSnapshot, tx: Transaction) -> Snapshot:
    """Read what the file should hold."""
    dirty = tx.records.dirty_lines(has_outdated=not request.only_changed)
    changed = [ExportedLine(**each._asdict()) for each in dirty]
    to_seq = tx.events.last_seq()
    if request.only_changed:
        return Snapshot(to_seq=to_seq, changed=changed)
    lines = tx.records.export_lines()
    content = "\n".join([*lines, ""])
    return Snapshot(to_seq=to_seq, changed=changed, content=content, count=len(lines))


class NoteLines(Request[Noted], frozen=True):
    """Note some of many lines that were written; `record.note_export` notes the last ones."""

    changed: Annotated[list[ExportedLine], Meta(description="n, id, text, change of each.")]


@operation("record.note_lines", kind="write", example={"changed": []})
def note_lines(request: NoteLines, tx: Transaction) -> Noted:
    """Note that the file holds some lines."""
    tx.records.note_lines(_lines(request.changed))
    return Noted()


def _lines(changed: list[ExportedLine]) -> list[tuple[int, str, int]]:
    return [(each.n, each.text, each.changed_seq) for each in changed]


class NoteExport(Request[Noted], frozen=True):
    """Note that the file holds all up to an event, and what it looks like."""

    to_seq: int
    changed: list[ExportedLine]
    signature: str
    digest: str
    plain_lines: Annotated[
        int | None,
        Meta(description="So many lines, each begins with its id: more can be put in place."),
    ] = None


@operation(
    "record.note_export",
    kind="write",
    example={"to_seq": 0, "changed": [], "signature": "", "digest": ""},
)
def note_export(request: NoteExport, tx: Transaction) -> Noted:
    """Note that the file holds all up to an event."""
    tx.records.note_lines(_lines(request.changed))
    tx.records.note_export(request.to_seq)
    tx.records.set_setting(UNTIDY, "")
    is_plain = request.plain_lines is not None
    tx.records.set_setting(PLAIN_DIGEST, request.digest if is_plain else "")
    tx.records.set_setting(PLAIN_LINES, str(request.plain_lines or 0))
    _note(tx, FileState(request.signature, request.digest))
    return Noted()


class Store(Response):
    """What the store notes about itself: how many changes are not yet in the file."""

    settings: dict[str, str]
    dirty: int
    last_event: int


class ShowStore(Request[Store], frozen=True):
    """Show what the store notes about itself."""


@operation("record.store", kind="read", example={})
def show_store(request: ShowStore, tx: Transaction) -> Store:
    """Show what the store notes about itself."""
    del request
    return Store(
        settings=dict(tx.records.settings()),
        dirty=tx.records.dirty_count(),
        last_event=tx.events.last_seq(),
    )


class LostValue(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A value that lost against one written without knowledge of it."""

    issue_id: str
    field: list[str]
    value: Any = None
    stamp: str
    winner: str


class Conflicts(Response):
    """The values that lost."""

    conflicts: list[LostValue]


class ListConflicts(Request[Conflicts], frozen=True):
    """List the values that lost in a fold against a truly concurrent write."""


@operation("record.conflicts", kind="read", example={})
def list_conflicts(request: ListConflicts, tx: Transaction) -> Conflicts:
    """List the values that lost in a fold."""
    del request
    return Conflicts(
        conflicts=[
            LostValue(
                issue_id=row.issue_id,
                field=msgspec.json.decode(row.register),
                value=None if row.value is None else msgspec.json.decode(row.value),
                stamp=row.stamp,
                winner=row.winner,
            )
            for row in tx.records.conflicts()
        ]
    )


class QuarantinedLine(msgspec.Struct, kw_only=True):
    """A line that could not be read: where it stood, why, and what it says."""

    line_number: int
    reason: str
    line: str


class Quarantine(Response):
    """The lines that could not be read."""

    lines: list[QuarantinedLine]


class ListQuarantine(Request[Quarantine], frozen=True):
    """List the lines that could not be read."""


@operation("record.quarantine", kind="read", example={})
def list_quarantine(request: ListQuarantine, tx: Transaction) -> Quarantine:
    """List the lines that could not be read."""
    del request
    return Quarantine(
        lines=[
            QuarantinedLine(line_number=row.line_number, reason=row.reason, line=row.line)
            for row in tx.records.quarantined()
        ]
    )
