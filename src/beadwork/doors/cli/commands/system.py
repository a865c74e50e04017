"""`bd init`, `bd where`, `bd version`."""

import sys

import click
import msgspec

from beadwork import __version__
from beadwork.doors.cli import text
from beadwork.doors.cli.options import BeadCommand, pass_session
from beadwork.doors.cli.session import Session


@click.command(cls=BeadCommand)
@click.option("-p", "--prefix", default="", help="What ids begin with; by default the folder.")
@click.option("--skip-hooks", is_flag=True, hidden=True)
@click.option("--skip-merge-driver", is_flag=True, hidden=True)
@click.option("--force", is_flag=True, hidden=True)
@pass_session
def init(session: Session, prefix: str, **_: bool) -> None:
    """Make a store here; over a classic .beads folder, take its records in."""
    made = session.world.init(session.flags.options, prefix, is_quiet=session.flags.is_quiet)
    report = made.report.report if made.report else None
    lines = [f"{'Made' if made.is_new else 'Using'} {made.path} with the prefix {made.prefix}"]
    lines += [f"  wrote {path}" for path in made.written]
    lines += [text.report(report)] if report else []
    shown = {
        "path": made.path,
        "prefix": made.prefix,
        "written": made.written,
        "imported": msgspec.to_builtins(report) if report else None,
    }
    session.show(shown, "\n".join(lines) if not session.flags.is_quiet else "")
    if made.classic_only:
        session.warn(
            f"Warning: the classic database holds {len(made.classic_only)} issues that the file "
            f"lacks ({', '.join(made.classic_only[:5])}).\n"
            "  Run classic `bd export -o .beads/issues.jsonl`, then `bd import`."
        )


@click.command(cls=BeadCommand)
@pass_session
def where(session: Session) -> None:
    """Show which store is used here."""
    found = session.world.where(session.flags.options)
    shown = {
        "path": found.path,
        "prefix": found.prefix,
        "database_path": found.database_path,
    }
    if found.redirected_from:
        shown["redirected_from"] = found.redirected_from
    session.show(
        shown, f"{found.path}\n  prefix: {found.prefix}\n  database: {found.database_path}"
    )


@click.command(cls=BeadCommand)
@click.option("--daemon", is_flag=True, hidden=True)
@pass_session
def version(session: Session, daemon: bool) -> None:
    """Show the version."""
    del daemon
    python = ".".join(map(str, sys.version_info[:3]))
    shown = {"version": __version__, "build": f"beadwork python-{python}"}
    session.show(shown, f"bd version {__version__} (beadwork)")
