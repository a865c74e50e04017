"""`bd stats`, which is `bd status` too."""

from typing import Any

import click
import msgspec

from beadwork.doors.cli import views
from beadwork.doors.cli.options import BeadCommand, pass_session
from beadwork.doors.cli.session import Session
from beadwork.model.errors import InvalidField
from beadwork.ops.stats import HOURS_TRACKED, Activity, Summarize, Summary

_NAMES = (
    ("Issues", "total_issues"),
    ("Open", "open_issues"),
    ("In progress", "in_progress_issues"),
    ("Blocked", "blocked_issues"),
    ("Deferred", "deferred_issues"),
    ("Closed", "closed_issues"),
    ("Ready", "ready_issues"),
    ("Pinned", "pinned_issues"),
    ("Deleted", "tombstone_issues"),
    ("Epics to close", "epics_eligible_for_closure"),
)


@click.command(cls=BeadCommand)
@click.option("--all", "has_all", is_flag=True, help="Everybody's issues, which is usual.")
@click.option("--assigned", is_flag=True, help="Only what you are to do.")
@click.option("--no-activity", is_flag=True, help="Without what happened in the last 24 hours.")
@pass_session
def stats(session: Session, has_all: bool, assigned: bool, no_activity: bool) -> None:
    """Count the issues by where they stand, and what happened in the last 24 hours."""
    if has_all and assigned:
        raise InvalidField(
            "It can't be both --all and --assigned", hint="Give one.", field="assigned"
        )
    engine = session.engine
    commits = None if no_activity else session.world.commits_since(engine, HOURS_TRACKED)
    found = session.run(
        Summarize(
            assignee=session.caller.holder.actor if assigned else None,
            hours=0 if commits is None else HOURS_TRACKED,
        )
    )
    shown: dict[str, Any] = {"summary": msgspec.to_builtins(found.summary)}
    happened: list[tuple[str, int]] = []
    if found.activity is not None and commits is not None:
        shown["recent_activity"] = _activity(found.activity, commits)
        happened = _happened(found.activity, commits)
    session.show(
        shown, lambda: _text(found.summary, happened), views.stats(found.summary, happened)
    )


def _activity(value: Activity, commits: int) -> dict[str, int]:
    """Show what happened, in classic's order of keys."""
    return {
        "hours_tracked": value.hours_tracked,
        "commit_count": commits,
        "issues_created": value.issues_created,
        "issues_closed": value.issues_closed,
        "issues_updated": value.issues_updated,
        "issues_reopened": value.issues_reopened,
        "total_changes": sum(count for _, count in _happened(value, 0)),
    }


def _happened(value: Activity, commits: int) -> list[tuple[str, int]]:
    return [
        ("created", value.issues_created),
        ("closed", value.issues_closed),
        ("updated", value.issues_updated),
        ("reopened", value.issues_reopened),
        ("commits", commits),
    ]


def _text(summary: Summary, happened: list[tuple[str, int]]) -> str:
    rows = [(name, str(getattr(summary, key))) for name, key in _NAMES]
    rows.append(("Hours to close, on average", f"{summary.average_lead_time_hours:.1f}"))
    lines = [f"{name}: {count}" for name, count in rows]
    if happened:
        said = ", ".join(f"{count} {name}" for name, count in happened)
        lines += ["", f"In the last {HOURS_TRACKED} hours: {said}"]
    return "\n".join(lines)
