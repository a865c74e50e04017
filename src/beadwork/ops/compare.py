"""Comparing the file with the store: what one says that the other does not."""

import re
from collections.abc import Iterable
from typing import Annotated

import msgspec
from msgspec import Meta

from beadwork.model import codec
from beadwork.model.errors import FileGone, FileTrouble
from beadwork.model.finding import DATA, Finding, listed
from beadwork.ops.operation import Request, Response, operation
from beadwork.ops.record import FILE_STATE, NEXT_DIGEST, ShowStore, TakeSnapshot
from beadwork.ops.transaction import Desk, FileState

_MARKERS = ("<<<<<<<", "=======", ">>>>>>>", "|||||||")
_ID = re.compile(r'\{\s*"id"\s*:\s*"([^"\\]+)"')
_SYNC = "Read the file and write it again: `bd sync`."


class Compared(Response):
    """What was found, as doctor shows it."""

    findings: list[Finding]


class CompareFile(Request[Compared], frozen=True):
    """Compare the project's file with the store, line by line. Nothing is changed."""

    path: Annotated[str, Meta(description="Empty: the project's own file.")] = ""


@operation("record.compare", kind="job", raises=(FileTrouble,), example={})
def compare_file(request: CompareFile, desk: Desk) -> Compared:
    """Compare the project's file with the store."""
    path = request.path or desk.export_path
    store = desk.call(ShowStore())
    snapshot = desk.call(TakeSnapshot())
    ours = _by_id((snapshot.content or "").split("\n"))
    dirty = _dirty(store.dirty)
    try:
        content, state = desk.files.read(path)
    except FileGone:
        message = "The file is not there" if ours else "There is no file, and nothing to write"
        return Compared(findings=[_finding(message, is_wrong=bool(ours), is_error=True), dirty])
    noted = store.settings.get(FILE_STATE)
    seen = {store.settings.get(NEXT_DIGEST, "")}
    seen |= {msgspec.json.decode(noted, type=FileState).digest} if noted else set()
    lines = content.decode("utf-8", "replace").split("\n")
    changed = {each.issue_id for each in snapshot.changed}
    found = _differences(ours, lines, known=changed, is_seen=state.digest in seen)
    return Compared(findings=[found, dirty])


def _differences(
    ours: dict[str, str], lines: list[str], *, known: set[str], is_seen: bool
) -> Finding:
    """Say how the file differs; `known` are the issues of which the store knows that."""
    markers = sum(line.startswith(_MARKERS) for line in lines)
    records = [line for line in lines if line.strip() and not line.startswith(_MARKERS)]
    theirs = _by_id(records)
    if markers or len(theirs) < len(records):
        doubled = len(records) - len(theirs)
        return _finding(f"The file has {markers} conflict markers and {doubled} doubled lines")
    if not is_seen:
        news = [name for name, line in theirs.items() if ours.get(name) != line]
        return _finding(
            f"Others changed the file since it was last read; {len(news)} of its lines are news",
            listed(sorted(news)),
        )
    lacking = sorted(ours.keys() - theirs.keys() - known)
    differing = sorted(
        name for name, line in theirs.items() if ours.get(name) != line and name not in known
    )
    if lacking or differing:
        said = [f"lacks {len(lacking)} issues of the store"] if lacking else []
        said += [f"has {len(differing)} lines that the store has not"] if differing else []
        return _finding(f"The file {' and '.join(said)}", listed(lacking + differing))
    return _finding("the file says what the store says", is_wrong=False)


def _finding(
    message: str, detail: str = "", *, is_wrong: bool = True, is_error: bool = False
) -> Finding:
    if not is_wrong:
        return Finding(name="file", category=DATA, status="ok", message=message)
    return Finding(
        name="file",
        category=DATA,
        status="error" if is_error else "warning",
        message=message,
        detail=detail,
        fix=_SYNC,
        can_mend=True,
    )


def _dirty(count: int) -> Finding:
    if not count:
        return Finding(
            name="exported", category=DATA, status="ok", message="every change is in the file"
        )
    return Finding(
        name="exported",
        category=DATA,
        status="warning",
        message=f"{count} changed issues are not in the file yet",
        fix="Write the file: `bd sync`.",
        can_mend=True,
    )


def _by_id(lines: Iterable[str]) -> dict[str, str]:
    """Return the lines by id; one that can't be read stands under its own text."""
    return {_id_of(line): line.rstrip("\r") for line in lines if line.strip()}


def _id_of(line: str) -> str:
    found = _ID.match(line)
    if found:
        return found[1]
    try:
        return codec.decode(line).id
    except (msgspec.MsgspecError, ValueError):
        return line
