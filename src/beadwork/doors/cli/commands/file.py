"""`bd export`: the records as lines, or as tasks; and the events."""

import os
from collections.abc import Iterator
from typing import Any

import click
import msgspec

from beadwork.doors.cli import event_log, text
from beadwork.doors.cli.filters import filter_fields, filter_options, is_asked
from beadwork.doors.cli.obsidian import tasks
from beadwork.doors.cli.options import BeadCommand, pass_session
from beadwork.doors.cli.session import Session
from beadwork.model import codec
from beadwork.model.errors import InvalidField, InvalidPath
from beadwork.model.renaming import id_of
from beadwork.model.view import view
from beadwork.ops.event import Event, ListEvents
from beadwork.ops.issue import ListIssues
from beadwork.ops.record import ShowStore, TakeSnapshot
from beadwork.ops.record_file import ExportFile

_STYLES = ("jsonl", "obsidian")
_TASKS = "ai_docs/changes-log.md"
_EVENTS = "events.jsonl"
_PAGE = 5000


@click.command(cls=BeadCommand)
@filter_options
@click.option("-o", "--output", help="Write to this file; - is standard output, the default.")
@click.option(
    *("-f", "--format", "style"),
    default="jsonl",
    help="jsonl, or obsidian: tasks in Markdown, by default into ai_docs/changes-log.md.",
)
@click.option("--force", is_flag=True, help="Also if nothing changed.")
@click.option("--events", "has_events", is_flag=True, help="Append to .beads/events.jsonl too.")
@click.option("--events-reset", "is_anew", is_flag=True, help="Write .beads/events.jsonl anew.")
@pass_session
def export(session: Session, /, **given: Any) -> None:
    """Write the records, deleted ones too: to standard output, or to a file."""
    if given["style"] not in _STYLES:
        raise InvalidField(
            f'There is no format "{given["style"][:60]}" to export to',
            hint=f"Use one of: {', '.join(_STYLES)}.",
            field="format",
        )
    fields = filter_fields(session, given)
    if given["has_events"] or given["is_anew"]:
        _append_events(session, is_anew=given["is_anew"])
    if given["style"] == "obsidian":
        _export_tasks(session, fields, given["output"])
    elif given["output"] in (None, "-"):
        session.write(_lines(session, fields))
    else:
        _export_records(session, fields, given["output"], is_forced=given["force"])


def _export_records(
    session: Session, fields: dict[str, Any], output: str, *, is_forced: bool
) -> None:
    path = _target(session, output)
    is_own = _is_own(session, path)
    if is_asked(fields):
        _refuse_own(is_own, "The project's file holds every record", "Leave out the filters")
        content = _lines(session, fields)
        session.engine.files.replace(path, content.encode())
        count = content.count("\n")
    else:
        session.run(ExportFile(path="" if is_own else path, force=is_forced))
        count = session.run(TakeSnapshot()).count
    _show_exported(session, output, count)


def _export_tasks(session: Session, fields: dict[str, Any], output: str | None) -> None:
    lines = [each for each in _lines(session, fields).split("\n") if each]
    shown = tasks([view(codec.decode(each)) for each in lines])
    if output == "-":
        session.write(shown)
        return
    if output is None:
        output, path = _TASKS, session.world.full_path(_TASKS)
    else:
        path = _target(session, output)
    _refuse_own(_is_own(session, path), "The project's file holds records", "Leave out --format")
    session.require_writable()
    session.world.put_file(path, shown.encode())
    _show_exported(session, output, len(lines))


def _target(session: Session, output: str) -> str:
    """Return the path of a file to write.

    Raises:
        InvalidPath: there is no folder for it.
    """
    session.require_writable()
    path = session.world.full_path(output)
    if not os.path.isdir(os.path.dirname(path)):
        raise InvalidPath(
            f"There is no folder {os.path.dirname(path)}", hint="Make it, or name another file."
        )
    return path


def _is_own(session: Session, path: str) -> bool:
    own = session.world.where(session.flags.options).records_path
    return os.path.realpath(path) == os.path.realpath(own)


def _refuse_own(is_own: bool, message: str, hint: str) -> None:
    if is_own:
        raise InvalidField(message, hint=f"{hint}, or name another file.", field="output")


def _append_events(session: Session, *, is_anew: bool) -> None:
    """Bring the log of events up to date, from the last one that it holds."""
    session.require_writable()
    path = os.path.join(session.world.where(session.flags.options).path, _EVENTS)
    content = session.read_bytes(path) if os.path.exists(path) and not is_anew else b""
    after = event_log.last_number(content)
    if after is None:
        raise InvalidPath(
            f"{path} is no log of events", hint="--events-reset writes it anew.", path=path
        )
    if after > session.run(ShowStore()).last_event:
        after = 0  # It was written from another database.
    lines = [f"{event_log.line(each)}\n" for each in _events(session, after) if each.issue_id]
    if lines or is_anew:
        is_torn = bool(content) and not content.endswith(b"\n")
        session.world.put_file(path, content + b"\n" * is_torn + "".join(lines).encode())
    if not session.flags.is_json:
        session.warn(f"Exported {len(lines)} events to {text.line(path)}")


def _events(session: Session, after: int) -> Iterator[Event]:
    while events := session.run(ListEvents(since=after, limit=_PAGE)).events:
        yield from events
        after = events[-1].seq


def _lines(session: Session, fields: dict[str, Any]) -> str:
    """Return the lines of the issues that are meant."""
    return _chosen(session, fields) if is_asked(fields) else _whole(session)


def _chosen(session: Session, fields: dict[str, Any]) -> str:
    """Return the lines of the issues that the filters mean, closed ones too."""
    # What the file holds is exported, unless the filters say otherwise.
    wide = {"include_gates": True, "include_templates": True}
    if not fields.keys() & {"statuses", "ready"}:
        wide["all"] = True
    request = ListIssues(**(fields | wide), limit=0)
    ids = {row.issue.id for row in session.run(request).issues}
    lines = _whole(session).split("\n")
    return "".join(f"{each}\n" for each in lines if each and id_of(each) in ids)


def _whole(session: Session) -> str:
    return session.run(TakeSnapshot()).content or ""


def _show_exported(session: Session, output: str, count: int) -> None:
    statistics = {
        "exported": count,
        "output_file": output,
        "skipped": 0,
        "success": True,
        "total_issues": count,
    }
    if session.flags.is_json:
        # Classic's place for it: standard output is for records.
        session.streams.write_error(msgspec.json.encode(statistics).decode() + "\n")
    else:
        session.warn(f"Exported {count} records to {text.line(output)}")
