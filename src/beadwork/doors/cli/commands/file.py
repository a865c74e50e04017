"""`bd import`, `bd export`, `bd sync`, `bd merge`: the file of records."""

import os
import select
import stat
import sys
from typing import Any

import click
import msgspec

from beadwork.doors.cli import shapes, streams, text
from beadwork.doors.cli.filters import filter_options, find, is_asked
from beadwork.doors.cli.options import BeadCommand, pass_session
from beadwork.doors.cli.session import Session
from beadwork.model.errors import BeadworkError, InvalidField, InvalidRequest
from beadwork.ops.issue import ListIssues
from beadwork.ops.record import ShowStore, TakeSnapshot
from beadwork.ops.record_file import ExportFile, Imported, ImportFile

_MERGED, _CONFLICT, _ERROR = 0, 1, 129
_PIPE_WAIT_S = 10.0
"""A pipe on which nothing comes for so long is one that somebody forgot to close."""


@click.command("import", cls=BeadCommand)
@click.argument("path", required=False)
@click.option("-i", "--input", "source", help="The file to take in; - is standard input.")
@click.option("-s", "--skip-existing", is_flag=True, help="Only issues that are not here yet.")
@click.option("--strict", is_flag=True, hidden=True)
@click.option("--force", is_flag=True, help="Also if the file is the one last seen.")
@click.option("--no-git-history", is_flag=True, hidden=True)
@click.option("--protect-left-snapshot", is_flag=True, hidden=True)
@click.option("--clear-duplicate-external-refs", is_flag=True, hidden=True)
@click.option("--orphan-handling", type=click.Choice(["allow", "resurrect"]), hidden=True)
@pass_session
def import_(session: Session, /, **given: Any) -> None:
    """Take in a file of records, or standard input; without either, the project's own."""
    if given["path"] and given["source"] and given["path"] != given["source"]:
        raise InvalidField("Two files were named", hint="Name one.", field="input")
    name = given["source"] or given["path"] or _piped()
    if name is None:
        found = _import_own(session, is_forced=given["force"])
    else:
        content = session.read_bytes(name).decode("utf-8", "surrogateescape")
        if given["skip_existing"]:
            content = _new_only(session, content)
        found = session.run(ImportFile(text=content))
    found.report.quarantined.sort(key=lambda each: each.line_number)
    session.show(
        shapes.report(found.report) | {"is_unchanged": found.is_unchanged},
        lambda: (
            "The file is the one last seen." if found.is_unchanged else text.report(found.report)
        ),
    )
    unread = found.report.quarantined
    if unread:
        raise InvalidRequest(
            f"{len(unread)} of {found.report.lines} lines can't be read; quarantine keeps them",
            hint="Mend the lines and import them again.",
            lines=[msgspec.to_builtins(each) for each in unread],
        )


def _piped() -> str | None:
    """Return `-` if something stands ready on standard input that nobody has to type."""
    try:
        descriptor = sys.stdin.fileno()
        mode = os.fstat(descriptor).st_mode
    except OSError:
        return None
    if stat.S_ISREG(mode):
        return "-"
    if not (stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)):
        return None
    if not select.select([descriptor], [], [], _PIPE_WAIT_S)[0]:
        raise InvalidRequest(
            "Nothing came on standard input", hint="Name a file, or - to wait for the pipe."
        )
    return "-"


def _import_own(session: Session, *, is_forced: bool) -> Imported:
    _ = session.engine  # Opening it takes the file in.
    session.require_writable()
    before = session.imported
    again = session.run(ImportFile(force=is_forced))
    return before if before is not None and again.is_unchanged else again


def _new_only(session: Session, content: str) -> str:
    """Return the lines whose issues this store does not know, deleted ones included."""
    everything = ListIssues(all=True, limit=0, include_gates=True, include_templates=True)
    deleted = msgspec.structs.replace(everything, statuses=["tombstone"])
    rows = session.run(everything).issues + session.run(deleted).issues
    known = {row.issue.id for row in rows}
    return "\n".join(each for each in content.split("\n") if _id_of(each) not in known)


class _Named(msgspec.Struct):
    id: str = ""


def _id_of(line: str) -> str:
    try:
        return msgspec.json.decode(line, type=_Named).id
    except (msgspec.MsgspecError, UnicodeError):
        return ""


@click.command(cls=BeadCommand)
@filter_options
@click.option("-o", "--output", help="Write to this file; without, to standard output.")
@click.option("-f", "--format", "style", type=click.Choice(["jsonl"]), default="jsonl")
@click.option("--force", is_flag=True, help="Also if nothing changed.")
@pass_session
def export(session: Session, /, **given: Any) -> None:
    """Write the records, deleted ones too: to standard output, or to a file."""
    output = given["output"]
    is_whole = not is_asked(given)
    if output is None:
        session.write(_whole(session) if is_whole else _chosen(session, given))
        return
    session.require_writable()
    path = session.world.full_path(output)
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
        content = _chosen(session, given)
        session.engine.files.replace(path, content.encode())
        count = content.count("\n")
    _show_exported(session, output, count)


def _chosen(session: Session, given: dict[str, Any]) -> str:
    """Return the lines of the issues that the filters mean."""
    everything = given | {"has_all": given["has_all"] or not given["status"]}
    ids = {row.issue.id for row in find(session, everything, ListIssues(limit=0)).issues}
    lines = _whole(session).split("\n")
    return "".join(f"{each}\n" for each in lines if each and _id_of(each) in ids)


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
        streams.write_error(msgspec.json.encode(statistics).decode() + "\n")
    else:
        session.warn(f"Exported {count} records to {text.line(output)}")


@click.command(cls=BeadCommand)
@click.option("--import", "is_import", is_flag=True, help="Only read the file.")
@click.option("--import-only", "is_import_too", is_flag=True, hidden=True)
@click.option("--flush-only", is_flag=True, help="Only write the file.")
@click.option("--status", "is_status", is_flag=True, help="Only say how things stand.")
@click.option("--dry-run", is_flag=True, help="Only say what would be done.")
@click.option("-m", "--message", hidden=True)
@click.option("--no-pull", is_flag=True, hidden=True)
@click.option("--no-push", is_flag=True, hidden=True)
@click.option("--no-git-history", is_flag=True, hidden=True)
@pass_session
def sync(session: Session, /, **given: Any) -> None:
    """Read the file, and write it if anything changed. Nothing is committed."""
    is_import = given["is_import"] or given["is_import_too"]
    if is_import and given["flush_only"]:
        raise InvalidField(
            "It can't be both --import and --flush-only",
            hint="`bd sync` alone does both.",
            field="import",
        )
    engine = session.engine
    if given["is_status"] or given["dry_run"]:
        dirty = session.run(ShowStore()).dirty
        session.show({"dirty": dirty}, f"{dirty} changed issues are not in the file yet.")
        return
    session.require_writable()
    imported = session.imported
    if not session.flags.has_import:
        imported = session.run(ImportFile())
    is_written = False if is_import else engine.flush(session.caller)
    if is_import:
        session.flags.has_flush = False
    lines = [text.report(imported.report)] if imported and not imported.is_unchanged else []
    lines.append("Wrote the file." if is_written else "The file is up to date.")
    session.show(
        {
            "imported": shapes.report(imported.report) if imported else None,
            "is_written": is_written,
        },
        "\n".join(lines),
    )


@click.command(cls=BeadCommand)
@click.argument("out")
@click.argument("base")
@click.argument("left")
@click.argument("right")
@click.option("--debug", is_flag=True, hidden=True)
@pass_session
def merge(session: Session, /, **given: Any) -> None:
    """Merge three files of records into OUT: git's merge driver. Exits 0, 1 or 129."""
    try:
        unread = session.world.merge_files(
            given["out"], given["base"], given["left"], given["right"]
        )
    except BeadworkError as error:
        session.fail(error)
        session.exit_code = _ERROR
        return
    session.exit_code = _MERGED
    if unread:
        session.warn(f"{unread} lines can't be read; they are kept at the end of the file")
        session.exit_code = _CONFLICT
