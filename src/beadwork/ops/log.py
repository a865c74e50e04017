"""The logs to `tail -f`: events and messages as lines of files, brought up to the store."""

from collections.abc import Callable, Iterator
from typing import Annotated, NamedTuple

import msgspec
from msgspec import Meta

from beadwork.model.errors import CursorExpired, FileTrouble
from beadwork.ops.event import ListEvents
from beadwork.ops.log_files import LogEnd, LogFile
from beadwork.ops.operation import Request, Unrecorded, operation
from beadwork.ops.record import ShowStore
from beadwork.ops.transaction import Desk

_PAGE = 1000


class _Line(NamedTuple):
    """A line as it is to stand in a log: its number, its time, its text."""

    seq: int
    at: str
    text: bytes
    is_sent: bool = False
    """It tells that a message was sent."""


_Page = Callable[[Desk, int], list[_Line]]
"""Returns the lines after a number, as many as make a page."""


def _events(desk: Desk, since: int) -> list[_Line]:
    try:
        found = desk.call(ListEvents(since=since, limit=_PAGE)).events
    except CursorExpired:
        return []
    return [
        _Line(each.seq, each.at, msgspec.json.encode(each), is_sent=each.kind == "sent")
        for each in found
    ]


def _messages(desk: Desk, since: int) -> list[_Line]:
    # Late import: most commands have sent nothing.
    from beadwork.ops.mailbox import ListMessages

    found = desk.call(ListMessages(since=since, limit=_PAGE)).messages
    return [_Line(each.seq, each.ts, msgspec.json.encode(each)) for each in found]


class LogsAppended(Unrecorded):
    """How many lines were added to each log, and what was found damaged and mended before."""

    events: int = 0
    messages: int = 0
    mended: list[str] = []


class AppendLogs(Request[LogsAppended], frozen=True):
    """Bring `.beads/log/events.jsonl` and `messages.jsonl` up to the store.

    They go on after their last lines, whoever wrote those. If these are not of this store's
    past, since another database lies there, the logs begin anew with all that the store has.
    """

    verify: Annotated[bool, Meta(description="Verify and mend them before.")] = False
    pages_max: Annotated[
        Annotated[int, Meta(ge=1)] | None,
        Meta(description=f"So many times {_PAGE} lines of each, and no more."),
    ] = None


@operation("log.append", kind="job", raises=(FileTrouble,), example={})
def append_logs(request: AppendLogs, desk: Desk) -> LogsAppended:
    """Bring the logs up to the store."""
    logs, events = desk.logs, 0
    with logs.writing():
        mended = logs.mend() if request.verify else []
        added = _bring_up(desk, logs.messages, _messages, None) if request.verify else 0
        # The messages go first: as long as the log of events does not tell of one, it is looked for.
        for lines in _missing(desk, logs.events, _events, request.pages_max):
            if any(each.is_sent for each in lines):
                added += _bring_up(desk, logs.messages, _messages, request.pages_max)
            logs.events.append([each.text for each in lines])
            events += len(lines)
        return LogsAppended(events=events, messages=added, mended=mended)


def _bring_up(desk: Desk, log: LogFile, page: _Page, pages_max: int | None) -> int:
    """Append what a log lacks; return how many lines."""
    count = 0
    for lines in _missing(desk, log, page, pages_max):
        log.append([each.text for each in lines])
        count += len(lines)
    return count


def _missing(desk: Desk, log: LogFile, page: _Page, pages_max: int | None) -> Iterator[list[_Line]]:
    """Yield what a log lacks, a page at a time; each is to be appended before the next."""
    end = log.resume()
    seq, lines = end.seq, page(desk, max(end.seq - 1, 0))
    if not _is_past(desk, end, lines):
        log.rotate()
        seq, lines = 0, page(desk, 0)
    pages = 0
    while lines and pages != pages_max:
        new = [each for each in lines if each.seq > seq]
        if new:
            yield new
        seq, pages = lines[-1].seq, pages + 1
        lines = page(desk, seq) if len(lines) == _PAGE else []


def _is_past(desk: Desk, end: LogEnd, lines: list[_Line]) -> bool:
    """Tell whether the last line of a log is of this store's past, where the store can say so."""
    if not end.seq:
        return True
    if lines and lines[0].seq == end.seq:
        return lines[0].at == end.at
    return desk.call(ShowStore()).last_event >= end.seq
