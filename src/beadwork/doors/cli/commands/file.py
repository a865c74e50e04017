"""`bd export`: the records as lines."""

import os
from typing import Any

import click
import msgspec

from beadwork.doors.cli import text
from beadwork.doors.cli.filters import filter_fields, filter_options, is_asked
from beadwork.doors.cli.options import BeadCommand, pass_session
from beadwork.doors.cli.session import Session
from beadwork.model.errors import InvalidField, InvalidPath
from beadwork.model.renaming import id_of
from beadwork.ops.issue import ListIssues
from beadwork.ops.record import TakeSnapshot
from beadwork.ops.record_file import ExportFile


@click.command(cls=BeadCommand)
@filter_options
@click.option("-o", "--output", help="Write to this file; without, to standard output.")
@click.option("-f", "--format", "style", default="jsonl", help="jsonl, the only one.")
@click.option("--force", is_flag=True, help="Also if nothing changed.")
@pass_session
def export(session: Session, /, **given: Any) -> None:
    """Write the records, deleted ones too: to standard output, or to a file."""
    output = given["output"]
    if given["style"] != "jsonl":
        raise InvalidField(
            f'There is no format "{given["style"][:60]}" to export to',
            hint="Records are written as jsonl; leave out --format.",
            field="format",
        )
    fields = filter_fields(session, given)
    is_whole = not is_asked(fields)
    if output is None:
        session.write(_whole(session) if is_whole else _chosen(session, fields))
        return
    session.require_writable()
    path = session.world.full_path(output)
    if not os.path.isdir(os.path.dirname(path)):
        raise InvalidPath(
            f"There is no folder {os.path.dirname(path)}", hint="Make it, or name another file."
        )
    own = session.world.where(session.flags.options).records_path
    is_own = os.path.realpath(path) == os.path.realpath(own)
    if is_own and not is_whole:
        raise InvalidField(
            "The project's file holds every record",
            hint="Leave out the filters, or name another file.",
            field="output",
        )
    if is_whole:
        session.run(ExportFile(path="" if is_own else path, force=given["force"]))
        count = session.run(TakeSnapshot()).count
    else:
        content = _chosen(session, fields)
        session.engine.files.replace(path, content.encode())
        count = content.count("\n")
    _show_exported(session, output, count)


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
