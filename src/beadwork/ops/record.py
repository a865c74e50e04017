"""Records: folding lines into the store, reading and writing the file (R1-R5).

`record.import` and `record.export` are jobs: they read and write the file, and call
`record.fold` and `record.note_export` for what must happen in one transaction.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, NamedTuple

import msgspec
from msgspec import Meta

from beadwork.model import limits
from beadwork.model import record as records
from beadwork.model.errors import FileTrouble
from beadwork.model.splice import splice
from beadwork.ops.folding import Dangling, Folding, FoldReport
from beadwork.ops.operation import Request, Response, operation
from beadwork.ops.transaction import Desk, FileState, Line, ReadFile, Transaction

_MARKERS = (b"<<<<<<<", b"=======", b">>>>>>>", b"|||||||")
_ID = re.compile(rb'\{\s*"id"\s*:\s*"([^"\\]*)"')
_FILE_STATE = "file_state"
_PLAIN_DIGEST = "plain_digest"
"""The digest of the file as an export wrote it, if lines can be put in place there."""
_NEXT_DIGEST = "next_digest"
"""The digest of the file that an export is about to put in place, or did last."""
_UNTIDY = "untidy"
_LOOKS = 5
_PLAIN_START = b'{"id":"'


class Folded(Response):
    """What became of the lines."""

    report: FoldReport


class FoldLines(Request[Folded], frozen=True):
    """Fold lines of a file into the store, all lines of one id in one request.

    Nothing is refused as a whole: a line that can't be read is kept in quarantine.
    """

    lines: Annotated[list[str], Meta(description="One record each, without line ends.")]
    numbers: Annotated[list[int], Meta(description="Where each line stands; 0 where unknown.")] = []
    is_project_file: Annotated[
        bool, Meta(description="The lines stand in this project's own file.")
    ] = False


@operation("record.fold", kind="write", example={"lines": ['{"id":"px-a3f","title":"Fix it"}']})
def fold_lines(request: FoldLines, tx: Transaction) -> Folded:
    """Fold lines into the store."""
    numbers = request.numbers or [0] * len(request.lines)
    lines = [
        Line(number, records.digest(text), text)
        for number, text in zip(numbers, request.lines, strict=True)
    ]
    folding = Folding(tx, is_project_file=request.is_project_file)
    folding.fold(lines)
    return Folded(report=folding.report)


class Imported(Response):
    """What an import found; `is_unchanged` if the file was the one last seen.

    `dangling` are the edges of the store whose targets are not known; they are kept.
    """

    report: FoldReport
    dangling: list[Dangling] = []
    is_unchanged: bool = False


class ImportFile(Request[Imported], frozen=True):
    """Take in a file of records: the project's own, another, or its text."""

    path: Annotated[str, Meta(description="Empty: the project's own file.")] = ""
    text: Annotated[str | None, Meta(description="The records themselves.")] = None
    force: Annotated[bool, Meta(description="Also if the file is the one last seen.")] = False


@operation("record.import", kind="job", raises=(FileTrouble,), example={"text": ""})
def import_file(request: ImportFile, desk: Desk) -> Imported:
    """Take in a file of records."""
    if request.text is not None:
        report = _fold_all(desk, request.text.encode("utf-8", "surrogateescape"), is_own=False)
        return Imported(report=report, dangling=desk.call(ListDangling()).edges)
    path = request.path or desk.export_path
    is_own = path == desk.export_path
    if not desk.files.exists(path):
        if is_own:
            return Imported(report=FoldReport(), is_unchanged=True)
        raise FileTrouble(f"There is no file {path}", hint="Check the path.", path=path)
    found = _unseen(desk, path) if is_own and not request.force else _read(desk, path)
    if found is None:
        return Imported(report=FoldReport(), is_unchanged=True)
    report = _fold_all(desk, found.content, is_own=is_own)
    if is_own:
        is_untidy = bool(report.markers or report.doubled)
        state = found.state
        note = NoteFile(signature=state.signature, digest=state.digest, is_untidy=is_untidy)
        desk.call(note)
    return Imported(report=report, dangling=desk.call(ListDangling()).edges)


def _read(desk: Desk, path: str) -> ReadFile:
    return ReadFile(*desk.files.read(path))


def _unseen(desk: Desk, path: str) -> ReadFile | None:
    """Return the file, unless it is the one last seen, or one that an export just wrote.

    An export notes the digest before it renames the file into place and again after, and the
    notes are read after the file is; so an export that runs meanwhile is not taken for an
    edit by others, but for a moment between two of them.
    """
    noted = _noted_state(desk.call(ShowStore()).settings)
    if noted is not None and desk.files.is_settled(path, noted):
        return None
    found = _read(desk, path)
    for _ in range(_LOOKS):
        settings = desk.call(ShowStore()).settings
        noted = _noted_state(settings)
        ours = {settings.get(_NEXT_DIGEST), noted.digest if noted else None}
        if found.state.digest in ours:
            return None
        again = _read(desk, path)
        if again.state.digest == found.state.digest:
            return again
        found = again
    return found


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


def _noted_state(settings: Mapping[str, str]) -> FileState | None:
    found = settings.get(_FILE_STATE)
    return msgspec.json.decode(found, type=FileState) if found else None


def _fold_all(desk: Desk, content: bytes, *, is_own: bool) -> FoldReport:
    """Fold a file in chunks; each is one transaction, and what was seen is skipped."""
    report = FoldReport()
    groups: defaultdict[bytes, list[tuple[int, str]]] = defaultdict(list)
    for number, raw in enumerate(content.split(b"\n"), start=1):
        line = raw.rstrip(b"\r")
        if not line.strip():
            continue
        report.lines += 1
        if line.startswith(_MARKERS):
            report.markers += 1
            continue
        text = line.decode("utf-8", "surrogateescape")
        groups[_group_of(line)].append((number, text))
    done = 0
    for chunk in _chunks(groups):
        answer = desk.call(
            FoldLines(
                lines=[text for _, text in chunk],
                numbers=[number for number, _ in chunk],
                is_project_file=is_own,
            )
        )
        report.add(answer.report)
        done += len(chunk)
        desk.progress(done, report.lines, "records")
    return report


def _group_of(line: bytes) -> bytes:
    found = _ID.match(line)
    if found:
        return found[1]
    try:
        return records.decode(line).id.encode()
    except (msgspec.MsgspecError, ValueError):
        return b""


def _chunks(groups: dict[bytes, list[tuple[int, str]]]) -> Iterator[list[tuple[int, str]]]:
    chunk: list[tuple[int, str]] = []
    size = 0
    for lines in groups.values():
        chunk += lines
        size += sum(len(text) for _, text in lines)
        if len(chunk) >= limits.IMPORT_CHUNK_LINES or size > limits.IMPORT_CHUNK_BYTES:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


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
    tx.records.set_setting(_UNTIDY, "1" if request.is_untidy else "")
    return Noted()


def _note(tx: Transaction, state: FileState) -> None:
    tx.records.set_setting(_FILE_STATE, msgspec.json.encode(state).decode())


class NoteNext(Request[Noted], frozen=True):
    """Note the digest of the file that is about to be written."""

    digest: str


@operation("record.note_next", kind="write", example={"digest": ""})
def note_next(request: NoteNext, tx: Transaction) -> Noted:
    """Note the digest of the file that is about to be written."""
    tx.records.set_setting(_NEXT_DIGEST, request.digest)
    return Noted()


class NoteHead(Request[Noted], frozen=True):
    """Note the commit whose version of the file has been folded in."""

    commit: str


@operation("record.note_head", kind="write", example={"commit": ""})
def note_head(request: NoteHead, tx: Transaction) -> Noted:
    """Note the commit whose version of the file has been folded in."""
    tx.records.set_setting("head", request.commit)
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


class NoteExport(Request[Noted], frozen=True):
    """Note that the file holds all up to an event, and what it looks like."""

    to_seq: int
    changed: list[ExportedLine]
    signature: str
    digest: str
    is_plain: Annotated[
        bool, Meta(description="Each line begins with its id, so that lines can be put in place.")
    ] = False


@operation(
    "record.note_export",
    kind="write",
    example={"to_seq": 0, "changed": [], "signature": "", "digest": ""},
)
def note_export(request: NoteExport, tx: Transaction) -> Noted:
    """Note that the file holds all up to an event."""
    tx.records.note_export(
        request.to_seq, [(each.n, each.text, each.changed_seq) for each in request.changed]
    )
    tx.records.set_setting(_UNTIDY, "")
    tx.records.set_setting(_PLAIN_DIGEST, request.digest if request.is_plain else "")
    _note(tx, FileState(request.signature, request.digest))
    return Noted()


class Exported(Response):
    """What an export wrote; nothing where nothing changed."""

    exported: int
    is_written: bool
    path: str


class ExportFile(Request[Exported], frozen=True):
    """Write the project's file if anything changed, atomically; or a copy elsewhere."""

    path: Annotated[str, Meta(description="Empty: the project's own file.")] = ""
    force: Annotated[bool, Meta(description="Also if nothing changed.")] = False


@operation("record.export", kind="job", raises=(FileTrouble,), example={})
def export_file(request: ExportFile, desk: Desk) -> Exported:
    """Write the project's file if anything changed."""
    path = request.path or desk.export_path
    if path != desk.export_path:
        snapshot = desk.call(TakeSnapshot())
        desk.files.replace(path, (snapshot.content or "").encode())
        return Exported(exported=snapshot.count, is_written=True, path=path)
    with desk.exporting():
        for _ in range(_LOOKS):
            exported = _export_own(desk, path, is_forced=request.force)
            if exported is not None:
                return exported
    raise FileTrouble(
        f"{path} is changed by others all the time", hint="Try again: `bd sync`.", path=path
    )


def _export_own(desk: Desk, path: str, *, is_forced: bool) -> Exported | None:
    """Write the project's file; None if others changed it meanwhile."""
    seen = desk.files.glance(path)
    # What others wrote is taken in first, never overwritten.
    desk.call(ImportFile())
    store = desk.call(ShowStore())
    is_stale = is_forced or store.dirty or store.settings.get(_UNTIDY)
    if seen and not is_stale:
        return Exported(exported=0, is_written=False, path=path)
    planned = _plan(desk, path, seen, is_forced=is_forced)
    if planned is None:
        return Exported(exported=0, is_written=False, path=path)
    digest = desk.files.digest(planned.content)
    desk.call(NoteNext(digest=digest))
    signature = desk.files.replace(path, planned.content, seen=seen)
    if signature is None:
        return None
    desk.call(
        NoteExport(
            to_seq=planned.snapshot.to_seq,
            changed=planned.snapshot.changed,
            signature=signature,
            digest=digest,
            is_plain=planned.is_plain,
        )
    )
    return Exported(exported=planned.content.count(b"\n"), is_written=True, path=path)


class _Plan(NamedTuple):
    """The next content of the file; `is_plain` if lines can be put in place there."""

    content: bytes
    snapshot: Snapshot
    is_plain: bool


def _plan(desk: Desk, path: str, seen: str, *, is_forced: bool) -> _Plan | None:
    """Put changed lines into what an export wrote; or write all. None: there is nothing."""
    plain_digest = desk.call(ShowStore()).settings.get(_PLAIN_DIGEST)
    if seen and plain_digest and not is_forced:
        found = _read(desk, path)
        if found.state.digest == plain_digest:
            snapshot = desk.call(TakeSnapshot(only_changed=True))
            lines = [(each.issue_id, each.text) for each in snapshot.changed]
            return _Plan(splice(found.content, lines), snapshot, is_plain=True)
    snapshot = desk.call(TakeSnapshot())
    if not seen and not snapshot.count:
        return None
    content = (snapshot.content or "").encode()
    plain = content.count(b"\n" + _PLAIN_START) + content.startswith(_PLAIN_START)
    return _Plan(content, snapshot, is_plain=plain == snapshot.count)


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
