"""`bd ready`, `bd blocked`, `bd why`."""

from typing import Any

import click

from beadwork.doors.cli import shapes, text, views
from beadwork.doors.cli.commands.listing import note_cut
from beadwork.doors.cli.filters import blocked_filter_options, filter_fields, ready_filter_options
from beadwork.doors.cli.options import COUNT, ID, BeadCommand, pass_session
from beadwork.doors.cli.session import Session
from beadwork.model import limits
from beadwork.model.errors import InvalidField, InvalidRequest
from beadwork.ops.claim import ClaimReady
from beadwork.ops.ready import ExplainIssue, ListBlocked, ListReady, ReadyIssues


@click.command(cls=BeadCommand)
@ready_filter_options
@click.option("-u", "--unassigned", is_flag=True, help="Only nobody's.")
@click.option("-n", "--limit", type=COUNT, help="At most so many; 0 for all (10).")
@click.option("-s", "--sort", default="hybrid", show_default=True, help="hybrid, priority, oldest.")
@click.option("--include-deferred", is_flag=True, help="Also what is put off to a later date.")
@click.option("--include-ephemeral", is_flag=True, help="Also what is not kept in the file.")
@click.option("--explain", is_flag=True, help="Say of each why it is ready.")
@click.option("--claim", is_flag=True, help="Take the first one.")
@click.option("--plain", is_flag=True, help="A line an issue, which it is in any case.")
@click.option("--pretty", is_flag=True, hidden=True)
@click.option("--mol", hidden=True)
@click.option("--gated", is_flag=True, hidden=True)
@pass_session
def ready(session: Session, /, **given: Any) -> None:
    """List what can be worked on now: open, and nothing it needs is undone."""
    _require_built(given)
    if given["claim"]:
        _claim(session, given)
        return
    limit = limits.READY_LIMIT_DEFAULT if given["limit"] is None else given["limit"]
    found = session.run(
        ListReady(
            **_fields(session, given),
            include_deferred=given["include_deferred"],
            include_ephemeral=given["include_ephemeral"],
            explain=given["explain"],
            sort=given["sort"],
            limit=limit,
        )
    )
    session.show(
        [
            shapes.with_counts(row, has_edges=False) | _reasons(found, row.issue.id)
            for row in found.issues
        ],
        lambda: _shown(found, is_explained=given["explain"]) or "Nothing is ready.",
        None if given["explain"] else views.listing(found.issues),
    )
    note_cut(session, found, limit)


def _require_built(given: dict[str, Any]) -> None:
    for flag in ("mol", "gated"):
        if given[flag]:
            raise InvalidRequest(
                f"`bd ready` has no --{flag}: molecules are not run here",
                hint="Use --parent ID for what lies under an issue, or `bd why ID`.",
            )


def _fields(session: Session, given: dict[str, Any]) -> dict[str, Any]:
    fields = filter_fields(session, given)
    if given["unassigned"]:
        if fields.get("assignee"):
            raise InvalidField(
                "No issue is somebody's and nobody's",
                hint="Leave out --assignee or --unassigned.",
                field="unassigned",
            )
        fields["unassigned"] = True
    return fields


def _reasons(found: ReadyIssues, issue_id: str) -> dict[str, Any]:
    return {"reasons": found.reasons[issue_id]} if issue_id in found.reasons else {}


def _shown(found: ReadyIssues, *, is_explained: bool) -> str:
    if not is_explained:
        return text.listing(found.issues)
    lines: list[str] = []
    for row in found.issues:
        lines.append(text.issue_line(row.issue))
        lines += [f"  - {text.line(each.message)}" for each in found.reasons[row.issue.id]]
    return "\n".join(lines)


def _claim(session: Session, given: dict[str, Any]) -> None:
    for flag in ("include_deferred", "include_ephemeral", "explain"):
        if given[flag]:
            name = flag.replace("_", "-")
            raise InvalidField(
                f"--claim takes what is ready, and --{name} does not go with it",
                hint=f"Leave out --{name}, or take one by its id: `bd claim ID`.",
                field=flag,
            )
    if given["sort"] != "hybrid":
        raise InvalidField(
            "--claim takes the first in the usual order", hint="Leave out --sort.", field="sort"
        )
    claimed = session.run(ClaimReady(**_fields(session, given)))
    if claimed.issue is None:
        session.show([], "Nothing is ready.")
        return
    issue = claimed.issue
    shown = shapes.issue(issue) | {"claim_epoch": claimed.claim_epoch}
    session.show([shown], lambda: f"Claimed {text.issue_line(issue)}")


@click.command(cls=BeadCommand)
@blocked_filter_options
@click.option("-n", "--limit", type=COUNT, default=0, help="At most so many.")
@pass_session
def blocked(session: Session, /, **given: Any) -> None:
    """List what waits, and for what: its own needs, or what its parents wait for."""
    limit = given["limit"]
    found = session.run(ListBlocked(**filter_fields(session, given), limit=limit))
    session.show(
        [shapes.blocked(each) for each in found.issues],
        lambda: "\n".join(text.blocked(each) for each in found.issues) or "Nothing is blocked.",
        views.blocked(found.issues),
    )
    note_cut(session, found, limit)


@click.command(cls=BeadCommand)
@click.argument("issue_id", metavar="ID", type=ID)
@pass_session
def why(session: Session, issue_id: str) -> None:
    """Say why an issue is or isn't ready, and by whose doing."""
    found = session.run(ExplainIssue(issue=issue_id))
    session.show(found, lambda: text.explained(found), views.explained(found))
