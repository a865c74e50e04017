"""`bd init`, `bd where`, `bd version`."""

import sys
from typing import Any

import click

from beadwork import __version__
from beadwork.doors.cli import shapes, text
from beadwork.doors.cli.options import BeadCommand, pass_session
from beadwork.doors.cli.session import Session


@click.command(cls=BeadCommand)
@click.option("-p", "--prefix", default="", help="What ids begin with; by default the folder.")
@click.option("--from-jsonl", is_flag=True, hidden=True)  # A file that is there is always read.
@click.option("--backend", type=click.Choice(["sqlite"]), hidden=True)
@click.option("--skip-hooks", is_flag=True, hidden=True)  # None are installed here.
@click.option("--skip-merge-driver", is_flag=True, hidden=True)
@click.option("--force", is_flag=True, hidden=True)
@pass_session
def init(session: Session, /, prefix: str, **given: Any) -> None:
    """Make a store here; over a classic .beads folder, take its records in."""
    session.require_writable()
    session.require_readable_folder()
    made = session.world.init(session.flags.options, prefix, is_quiet=session.flags.is_quiet)
    report = made.report.report if made.report else None
    verb = "Made" if made.is_new else "Using"
    lines = [f"{verb} {text.line(made.path)} with the prefix {text.line(made.prefix)}"]
    lines += [f"  wrote {text.line(path)}" for path in made.written]
    lines += [text.report(report)] if report else []
    shown = {
        "path": made.path,
        "prefix": made.prefix,
        "written": made.written,
        "imported": shapes.report(report) if report else None,
    }
    session.show(shown, "\n".join(lines) if not session.flags.is_quiet else "")
    if given["skip_merge_driver"]:
        session.warn("Warning: --skip-merge-driver makes no difference: the driver is installed.")
    if made.classic_only:
        names = text.line(", ".join(made.classic_only[:5]))
        session.warn(
            f"Warning: the classic database holds {len(made.classic_only)} issues that the file "
            f"lacks ({names}).\n"
            "  Run classic `bd export -o .beads/issues.jsonl`, then `bd import`."
        )


@click.command(cls=BeadCommand)
@pass_session
def where(session: Session) -> None:
    """Show which store is used here."""
    session.require_readable_folder()
    found = session.world.where(session.flags.options)
    shown = {
        "path": found.path,
        "prefix": found.prefix,
        "database_path": found.database_path,
    }
    lines = [found.path, f"  prefix: {found.prefix}", f"  database: {found.database_path}"]
    if found.redirected_from:
        shown["redirected_from"] = found.redirected_from
        lines.append(f"  redirected from: {found.redirected_from}")
    session.show(shown, "\n".join(map(text.safe, lines)))


@click.command(cls=BeadCommand)
@click.option("--daemon", is_flag=True, hidden=True)
@pass_session
def version(session: Session, daemon: bool) -> None:
    """Show the version."""
    del daemon
    python = ".".join(map(str, sys.version_info[:3]))
    shown = {"version": __version__, "build": f"beadwork python-{python}"}
    session.show(shown, f"bd version {__version__} (beadwork)")
