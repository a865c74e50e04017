"""`bd info`: which store this is, and what this version brings."""

from typing import Any

import click

from beadwork import __version__
from beadwork.doors.cli import text
from beadwork.doors.cli.options import BeadCommand, pass_session
from beadwork.doors.cli.session import Session
from beadwork.ops.issue import ListIssues
from beadwork.ops.schema import ShowSchema
from beadwork.ops.stats import Summarize

_SAMPLES = 3
_NEWS = (
    "`bd claim`, `bd ready --claim`: of several who try one wins, and only it exits 0.",
    "`bd batch`: several commands as one, all of them or none.",
    "`bd create --graph FILE`: issues with edges between them, all or none.",
    "`bd watch`: waits until something changes, shows it and ends.",
    "`bd remember`, `recall`, `memories`, `forget`: notes for later sessions.",
    "`bd show ID --as-of TIME`: an issue as it was.",
    "`bd history`, `bd undo`: what happened, and taking it back.",
    "`bd why ID`: why an issue is or is not ready.",
    "Exit codes say what happened: 0, 1, 2, 3, 4, 5 or 70; with --json errors are JSON.",
)
"""What an agent that knows classic `bd` should know of this version."""


@click.command(cls=BeadCommand)
@click.option("--schema", is_flag=True, help="The tables of the database too.")
@click.option("--whats-new", is_flag=True, help="Only what this version brings.")
@click.option("--thanks", is_flag=True, hidden=True)
@pass_session
def info(session: Session, schema: bool, whats_new: bool, thanks: bool) -> None:
    """Show which store this is and how it is reached."""
    del thanks
    if whats_new:
        change = {"version": __version__, "changes": list(_NEWS)}
        session.show(
            {"current_version": __version__, "recent_changes": [change]},
            "\n".join([f"bd {__version__}:", *(f"  - {each}" for each in _NEWS)]),
        )
        return
    shown = _shown(session)
    if schema:
        shown["schema"] = _schema(session, shown["config"])
    mode = shown["mode"]
    if mode == "direct":
        mode += f" ({shown['daemon_fallback_reason']})"
    lines = [
        f"Database: {text.line(shown['database_path'])}",
        f"Mode: {mode}",
        f"Issues: {shown['issue_count']}",
    ]
    if schema:
        lines.append(f"Schema: version {shown['schema']['schema_version']}")
        lines += [f"  {name}" for name in shown["schema"]["tables"]]
    session.show(shown, "\n".join(lines))


def _shown(session: Session) -> dict[str, Any]:
    where = session.world.where(session.flags.options)
    layers = session.world.config(session.flags.options).all_layers()
    settings = {key: found[0].value for key, found in layers.items() if found}
    return {
        "config": {**settings, "issue_prefix": where.prefix},
        **_reached(session),
        "database_path": where.database_path,
        "issue_count": session.run(Summarize()).summary.total_issues,
    }


def _reached(session: Session) -> dict[str, Any]:
    """Return how this command reaches the store."""
    daemons = session.world.daemons(session.flags.options)
    if not daemons.is_served:
        return {
            "mode": "direct",
            "daemon_connected": False,
            "daemon_fallback_reason": daemons.reason,
        }
    found = daemons.own().ask("status") or {}
    return {
        "mode": "daemon",
        "daemon_connected": True,
        "daemon_fallback_reason": "none",
        "daemon_compatible": True,
        "daemon_status": "healthy",
        "daemon_uptime": found.get("uptime_seconds", 0),
        "daemon_version": found.get("version", __version__),
        "socket_path": daemons.own().socket_path,
    }


def _schema(session: Session, settings: dict[str, Any]) -> dict[str, Any]:
    found = session.run(ShowSchema())
    samples = session.run(ListIssues(all=True, limit=_SAMPLES)).issues
    return {
        "tables": found.tables,
        "schema_version": str(found.version),
        "config": settings,
        "sample_issue_ids": [each.issue.id for each in samples],
        "detected_prefix": settings["issue_prefix"],
    }
