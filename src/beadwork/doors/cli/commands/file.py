"""`bd import`, `bd export`, `bd sync`, `bd merge`: the file of records."""

import sys
from typing import Any

import click
import msgspec

from beadwork.doors.cli import text
from beadwork.doors.cli.options import BeadCommand, pass_session
from beadwork.doors.cli.session import Session
from beadwork.model.errors import BeadworkError
from beadwork.ops.record import ExportFile, ImportFile

_MERGED, _ERROR = 0, 129


@click.command("import", cls=BeadCommand)
@click.argument("path", required=False)
@click.option("-i", "--input", "source", help="The file to take in; - is standard input.")
@click.option("--force", is_flag=True, help="Also if the file is the one last seen.")
@pass_session
def import_(session: Session, path: str | None, source: str | None, force: bool) -> None:
    """Take in a file of records; without one, the project's own."""
    name = source or path
    session.flags.has_import = session.flags.has_import and name is not None
    if name is None:
        request = ImportFile(force=force)
    else:
        content = sys.stdin.buffer.read() if name == "-" else session.world.read_file(name)
        request = ImportFile(text=content.decode("utf-8", "surrogateescape"))
    found = session.run(request)
    session.show(
        msgspec.to_builtins(found.report) | {"is_unchanged": found.is_unchanged},
        lambda: (
            "The file is the one last seen." if found.is_unchanged else text.report(found.report)
        ),
    )


@click.command(cls=BeadCommand)
@click.option("-o", "--output", help="Write to this file; without, to standard output.")
@click.option("-f", "--format", "style", type=click.Choice(["jsonl"]), default="jsonl")
@click.option("--force", is_flag=True, help="Also if nothing changed.")
@pass_session
def export(session: Session, output: str | None, style: str, force: bool) -> None:
    """Write the records: to standard output, or to a file."""
    del style
    if output is None:
        from beadwork.ops.record import TakeSnapshot

        session.write(session.run(TakeSnapshot()).content)
        return
    own = session.world.where(session.flags.options).records_path
    path = session.world.full_path(output)
    is_own = path == own
    found = session.run(ExportFile(path="" if is_own else path, force=force))
    statistics = {
        "exported": found.exported,
        "output_file": output,
        "skipped": 0,
        "success": True,
        "total_issues": found.exported,
    }
    if session.flags.is_json:
        sys.stderr.write(msgspec.json.encode(statistics).decode() + "\n")
    else:
        session.warn(f"Exported {found.exported} records to {output}")


@click.command(cls=BeadCommand)
@click.option("--import", "is_import", is_flag=True, help="Only read the file.")
@click.option("--import-only", "is_import_too", is_flag=True, help="Only read the file.")
@click.option("--flush-only", is_flag=True, help="Only write the file.")
@click.option("--status", "is_status", is_flag=True, help="Only say how things stand.")
@pass_session
def sync(session: Session, /, **given: Any) -> None:
    """Read the file, and write it if anything changed. Nothing is committed."""
    from beadwork.ops.record import ShowStore

    if given["is_status"]:
        dirty = session.run(ShowStore()).dirty
        session.show({"dirty": dirty}, f"{dirty} changed issues are not in the file yet.")
        return
    if given["flush_only"]:
        session.flags.has_import = True
    engine = session.engine
    imported = None if given["flush_only"] else session.run(ImportFile())
    is_written = False
    if not (given["is_import"] or given["is_import_too"]):
        is_written = engine.flush(session.caller)
    session.show(
        {
            "imported": msgspec.to_builtins(imported.report) if imported else None,
            "is_written": is_written,
        },
        "Wrote the file." if is_written else "The file is up to date.",
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
        session.exit_code = 1
