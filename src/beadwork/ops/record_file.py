"""The file of records: taking it in and writing it, as jobs (R5, R12)."""

import contextlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Annotated, ClassVar, NamedTuple

import msgspec
from msgspec import Meta

from beadwork.model import codec, limits
from beadwork.model.errors import FileGone, FileTrouble
from beadwork.model.pattern import pattern
from beadwork.model.splice import splice
from beadwork.model.version import Version
from beadwork.ops.fold_report import Dangling, FoldReport
from beadwork.ops.operation import Request, Response, operation
from beadwork.ops.record import (
    FILE_STATE,
    HEAD,
    NEXT_DIGEST,
    PLAIN_DIGEST,
    PLAIN_LINES,
    UNTIDY,
    FoldLines,
    ListDangling,
    NoteExport,
    NoteFile,
    NoteHead,
    NoteLines,
    NoteNext,
    ShowStore,
    Snapshot,
    TakeSnapshot,
)
from beadwork.ops.transaction import Desk, FileState, ReadFile

_MARKERS = (b"<<<<<<<", b"=======", b">>>>>>>", b"|||||||")
_ID = pattern(rb'\{\s*"id"\s*:\s*"([^"\\]*)"')
_LOOKS = 5
_NOTED_AT_ONCE = 200
"""Of so many lines it is noted at once that they were written, so that no other write waits long."""
_REPLICA = "replica"
"""Another database has another."""
_BOM = b"\xef\xbb\xbf"
"""What some editors put before a text."""
_ENCODING = ("utf-8", "surrogateescape")
_PLAIN_START = b'{"id":"'
_STAMPS = b'"stamps":'


class Imported(Response):
    """What an import found; `is_unchanged` if the file was the one last seen.

    `dangling` are the edges of the store whose targets are not known; they are kept.
    """

    report: FoldReport
    dangling: list[Dangling] = []
    is_unchanged: bool = False


class ImportFile(Request[Imported], frozen=True):
    """Take in a file of records: the project's own, another, or its text."""

    file_fields: ClassVar[tuple[str, ...]] = ("path",)

    path: Annotated[str, Meta(description="Empty: the project's own file.")] = ""
    text: Annotated[str | None, Meta(description="The records themselves.")] = None
    force: Annotated[bool, Meta(description="Also if the file is the one last seen.")] = False
    origin: Annotated[
        str, Meta(description="The other repository that the text is the file of.")
    ] = ""
    is_of_worktree: Annotated[
        bool, Meta(description="The file lies in another worktree of the project.")
    ] = False


@operation("record.import", kind="job", raises=(FileTrouble,), example={"text": ""})
def import_file(request: ImportFile, desk: Desk) -> Imported:
    """Take in a file of records."""
    if request.text is not None:
        content = request.text.encode(*_ENCODING)
        report = _fold_all(desk, content, is_own=False, origin=request.origin)
        return Imported(report=report, dangling=desk.call(ListDangling()).edges)
    path = request.path or desk.export_path
    if path == desk.export_path:
        return _take_in(desk, path, is_forced=request.force).imported
    if not desk.files.exists(path):
        raise FileTrouble(f"There is no file {path}", hint="Check the path.", path=path)
    if request.is_of_worktree:
        report = _take_in_worktree(desk, path)
    else:
        report = _fold_all(desk, _read(desk, path).content, is_own=False)
    return Imported(report=report, dangling=desk.call(ListDangling()).edges)


class _TakenIn(NamedTuple):
    """What was taken in of the project's file, and the file where it was read."""

    imported: Imported
    found: ReadFile | None = None


def _take_in(desk: Desk, path: str, *, is_forced: bool = False) -> _TakenIn:
    """Take in what others committed, and what they wrote into the project's file.

    Git removes it for a moment while it puts another version there.
    """
    for _ in range(_LOOKS):
        if not desk.files.exists(path):
            break
        with contextlib.suppress(FileGone):
            return _take_in_there(desk, path, is_forced=is_forced)
    return _TakenIn(Imported(report=FoldReport(), is_unchanged=True))


def _take_in_there(desk: Desk, path: str, *, is_forced: bool) -> _TakenIn:
    noted = desk.call(ShowStore()).settings
    report = _take_in_commits(desk, path, noted.get(HEAD))
    is_new, found = (True, _read(desk, path)) if is_forced else _look(desk, path, noted)
    if is_new and found is not None:
        rivals = _put_back(desk, path, found.content)
        report.add(_fold_all(desk, found.content, is_own=True, rivals=rivals))
        is_untidy = bool(report.markers or report.doubled)
        state = found.state
        note = NoteFile(signature=state.signature, digest=state.digest, is_untidy=is_untidy)
        desk.call(note)
    elif not (report.created or report.updated):
        return _TakenIn(Imported(report=report, is_unchanged=True), found)
    return _TakenIn(Imported(report=report, dangling=desk.call(ListDangling()).edges), found)


def _take_in_worktree(desk: Desk, path: str) -> FoldReport:
    """Take in what was committed in another worktree, and what is not committed there yet.

    Whoever writes there started from what that worktree has, not from what is seen here.
    """
    noted = desk.call(ShowStore()).settings.get(HEAD)
    head = desk.files.head(path)
    versions = desk.files.versions(path, f"{noted}..{head}") if noted and head else None
    content = _read(desk, path).content
    if versions is None:
        return _fold_all(desk, content, is_own=False)
    report = _fold_versions(desk, versions)
    committed = desk.files.committed(path) or b""
    news = set(content.split(b"\n")).difference(committed.split(b"\n"))
    bases = _of_the_same(news, committed)
    report.add(_fold_all(desk, b"\n".join(sorted(news)), is_own=False, bases=bases))
    return report


def _of_the_same(lines: Iterable[bytes], content: bytes) -> list[str]:
    """Return the lines of a content that have the ids of others."""
    ids = {_group_of(line) for line in lines if line.strip() and not line.startswith(_MARKERS)}
    found = [line for line in content.split(b"\n") if line.strip() and _group_of(line) in ids]
    return [line.decode(*_ENCODING) for line in found]


def _take_in_commits(desk: Desk, path: str, noted: str | None) -> FoldReport:
    """Fold what was committed since the noted commit, each commit after its parents (R3)."""
    head = desk.files.head(path)
    if head is None or head == noted:
        return FoldReport()
    if noted is None:
        report = _fold_versions(desk, _first_versions(desk, path))
        versions = None
    else:
        report = FoldReport()
        versions = desk.files.versions(path, f"{noted}..{head}")
    if versions is None:
        report.add(_fold_all(desk, _held_by(desk, path), is_own=False))
    else:
        report.add(_fold_versions(desk, versions))
    # What the file itself says is counted when it is read; these lines were on the way there.
    report.lines = report.unchanged = report.markers = report.doubled = 0
    desk.call(NoteHead(commit=head))
    return report


def _fold_versions(desk: Desk, versions: Iterable[Version]) -> FoldReport:
    report = FoldReport()
    for version in versions:
        content = "\n".join(version.came).encode(*_ENCODING)
        report.add(_fold_all(desk, content, is_own=False, bases=version.gone))
    return report


def _first_versions(desk: Desk, path: str) -> list[Version]:
    """Return what the latest commits did to lines that have lost their stamps.

    At the first look at a project nobody here has seen what such a line was made from, and it
    would count as newer than all that others have written (decision 0012).
    """
    lines = _read(desk, path).content.split(b"\n") + (desk.files.committed(path) or b"").split(
        b"\n"
    )
    bare = {_group_of(line) for line in set(lines) if line.strip() and _STAMPS not in line}
    if not bare:
        return []
    versions = desk.files.versions(path, f"-{limits.FIRST_LOOK_COMMITS}") or []
    kept = [Version(_of(version.gone, bare), _of(version.came, bare)) for version in versions]
    return kept if any(_STAMPS in line.encode(*_ENCODING) for v in kept for line in v.came) else []


def _of(lines: Iterable[str], groups: Collection[bytes]) -> list[str]:
    return [line for line in lines if _group_of(line.encode(*_ENCODING)) in groups]


def _held_by(desk: Desk, path: str) -> bytes:
    """Return what HEAD holds and the file does not, where the commits on the way are not known."""
    there = set(_read(desk, path).content.split(b"\n"))
    lines = (desk.files.committed(path) or b"").split(b"\n")
    return b"\n".join(line for line in lines if line not in there)


def _put_back(desk: Desk, path: str, content: bytes) -> list[str]:
    """Return the lines of HEAD that others may have edited: git may have put them back (R3)."""
    lines = set(content.split(b"\n"))
    bare = [line for line in lines if line.strip() and _STAMPS not in line]
    if not bare:
        return []
    committed = (desk.files.committed(path) or b"").split(b"\n")
    return _of_the_same(bare, b"\n".join(line for line in committed if line not in lines))


def _read(desk: Desk, path: str, noted: FileState | None = None) -> ReadFile:
    return ReadFile(*desk.files.read(path, noted))


def _look(desk: Desk, path: str, settings: Mapping[str, str]) -> tuple[bool, ReadFile | None]:
    """Tell whether others changed the file; return it too, unless a glance was enough.

    It is the one last seen, or one that an export just wrote, or news.

    An export notes the digest before it renames the file into place and again after, and the
    notes are read after the file is; so an export that runs meanwhile is not taken for an
    edit by others, but for a moment between two of them.
    """
    noted = _noted_state(settings)
    if noted is not None and desk.files.is_settled(path, noted):
        return False, None
    found = _read(desk, path)
    for _ in range(_LOOKS):
        settings = desk.call(ShowStore()).settings
        noted = _noted_state(settings)
        ours = {settings.get(NEXT_DIGEST), noted.digest if noted else None}
        if found.state.digest in ours:
            return False, found
        again = _read(desk, path)
        if again.state.digest == found.state.digest:
            return True, again
        found = again
    return True, found


def _noted_state(settings: Mapping[str, str]) -> FileState | None:
    found = settings.get(FILE_STATE)
    return msgspec.json.decode(found, type=FileState) if found else None


def _fold_all(  # noqa: PLR0913 -- what is known of the lines, each by name
    desk: Desk,
    content: bytes,
    *,
    is_own: bool,
    bases: Sequence[str] | None = None,
    rivals: Sequence[str] = (),
    origin: str = "",
) -> FoldReport:
    """Fold a file in chunks; each is one transaction, and what was seen is skipped."""
    report = FoldReport()
    before: defaultdict[bytes, list[str]] = defaultdict(list)
    for earlier in (*(bases or ()), *rivals):
        before[_group_of(earlier.encode(*_ENCODING))].append(earlier)
    groups: defaultdict[bytes, list[_Numbered]] = defaultdict(list)
    for number, raw in enumerate(content.removeprefix(_BOM).split(b"\n"), start=1):
        line = raw.rstrip(b"\r")
        if not line.strip():
            continue
        report.lines += 1
        if line.startswith(_MARKERS):
            report.markers += 1
            continue
        groups[_group_of(line)].append(_Numbered(number, line.decode(*_ENCODING)))
    done = 0
    is_first = desk.call(ShowStore()).last_event == 0
    most = limits.IMPORT_FIRST_CHUNK_LINES if is_first else limits.IMPORT_CHUNK_LINES
    for chunk in _chunks(groups, most):
        ids = {_group_of(line.text.encode(*_ENCODING)) for line in chunk} if before else ()
        there = [one for each in ids for one in before[each]]
        answer = desk.call(
            FoldLines(
                lines=[line.text for line in chunk],
                numbers=[line.number for line in chunk],
                bases=None if bases is None else there,
                rivals=there if bases is None else [],
                is_project_file=is_own,
                origin=origin,
            )
        )
        report.add(answer.report)
        done += len(chunk)
        desk.progress(done, report.lines, "records")
    return report


def is_marker(line: str) -> bool:
    """Tell whether git left this line where it could not merge."""
    return line.encode(*_ENCODING).startswith(_MARKERS)


def _group_of(line: bytes) -> bytes:
    found = _ID.match(line)
    if found:
        return found[1]
    try:
        return codec.decode(line).id.encode()
    except (msgspec.MsgspecError, ValueError):
        return b""


class _Numbered(NamedTuple):
    """A line of a file, and where it stands there."""

    number: int
    text: str


def _chunks(groups: dict[bytes, list[_Numbered]], most: int) -> Iterator[list[_Numbered]]:
    chunk: list[_Numbered] = []
    size = 0
    for lines in groups.values():
        chunk += lines
        size += sum(len(line.text) for line in lines)
        if len(chunk) >= most or size > limits.IMPORT_CHUNK_BYTES:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


class Exported(Response):
    """What an export wrote; nothing where nothing changed."""

    exported: int
    is_written: bool
    path: str


class ExportFile(Request[Exported], frozen=True):
    """Write the project's file if anything changed, atomically; or a copy elsewhere."""

    file_fields: ClassVar[tuple[str, ...]] = ("path",)

    path: Annotated[str, Meta(description="Empty: the project's own file.")] = ""
    force: Annotated[bool, Meta(description="Also if nothing changed.")] = False
    whole: Annotated[
        bool,
        Meta(description="Also if the file alone is another: it was put back to an older one."),
    ] = False


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
            with contextlib.suppress(FileGone):
                exported = _export_own(desk, path, request)
                if exported is not None:
                    return exported
    raise FileTrouble(
        f"{path} is changed by others all the time", hint="Try again: `bd sync`.", path=path
    )


def _export_own(desk: Desk, path: str, request: ExportFile) -> Exported | None:
    """Write the project's file; None if others changed it meanwhile, or replaced the database."""
    seen = desk.files.glance(path)
    replica = desk.call(ShowStore()).settings.get(_REPLICA)
    # What others wrote is taken in first, never overwritten.
    found = _take_in(desk, path).found
    store = desk.call(ShowStore())
    is_stale = request.force or store.dirty or store.settings.get(UNTIDY)
    if seen and not (is_stale or request.whole):
        return Exported(exported=0, is_written=False, path=path)
    if found is None and seen:
        found = _read(desk, path, _noted_state(store.settings))
    is_plain = found is not None and found.state.digest == store.settings.get(PLAIN_DIGEST)
    if seen and is_plain and not is_stale:
        # What an export of ours wrote is whole.
        return Exported(exported=0, is_written=False, path=path)
    plain_lines = int(store.settings.get(PLAIN_LINES) or 0) if is_plain else 0
    planned = _plan(desk, found, plain_lines=0 if request.force else plain_lines)
    if desk.call(ShowStore()).settings.get(_REPLICA) != replica:
        return None
    is_same = planned is not None and found is not None and planned.content == found.content
    if planned is None or (is_same and not is_stale):
        return Exported(exported=0, is_written=False, path=path)
    digest = desk.files.digest(planned.content)
    desk.call(NoteNext(digest=digest))
    signature = desk.files.replace(path, planned.content, seen=seen)
    if signature is None:
        return None
    changed = planned.snapshot.changed
    last = max(0, len(changed) - 1) // _NOTED_AT_ONCE * _NOTED_AT_ONCE
    for start in range(0, last, _NOTED_AT_ONCE):
        desk.call(NoteLines(changed=changed[start : start + _NOTED_AT_ONCE]))
    desk.call(
        NoteExport(
            to_seq=planned.snapshot.to_seq,
            changed=changed[last:],
            signature=signature,
            digest=digest,
            plain_lines=planned.lines if planned.is_plain else None,
        )
    )
    return Exported(exported=planned.lines, is_written=True, path=path)


class _Plan(NamedTuple):
    """The next content of the file, how many lines it has, whether more can be put in place."""

    content: bytes
    lines: int
    snapshot: Snapshot
    is_plain: bool


def _plan(desk: Desk, found: ReadFile | None, *, plain_lines: int) -> _Plan | None:
    """Put changed lines into the lines that an export wrote; or write all. None: there is nothing."""
    if found is not None and plain_lines:
        snapshot = desk.call(TakeSnapshot(only_changed=True))
        spliced = splice(found.content, [(each.issue_id, each.text) for each in snapshot.changed])
        return _Plan(spliced.content, plain_lines + spliced.added, snapshot, is_plain=True)
    snapshot = desk.call(TakeSnapshot())
    if found is None and not snapshot.count:
        return None
    content = (snapshot.content or "").encode()
    plain = content.count(b"\n" + _PLAIN_START) + content.startswith(_PLAIN_START)
    return _Plan(content, snapshot.count, snapshot, is_plain=plain == snapshot.count)
