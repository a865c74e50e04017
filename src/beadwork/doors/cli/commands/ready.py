"""`bd ready`, `bd blocked`, `bd why`."""

from typing import Any

import click

from beadwork.doors.cli import shapes, text
from beadwork.doors.cli.commands.listing import note_cut
from beadwork.doors.cli.options import COUNT, ID, PRIORITY, BeadCommand, pass_session, split_words
from beadwork.doors.cli.session import Session
from beadwork.model import limits
from beadwork.model.errors import InvalidField
from beadwork.ops.claim import ClaimReady
from beadwork.ops.ready import ExplainIssue, ListBlocked, ListReady


@click.command(cls=BeadCommand)
@click.option("-n", "--limit", type=COUNT, help="At most so many; 0 for all (10).")
@click.option("-p", "--priority", type=PRIORITY, help="Only this priority.")
@click.option("-t", "--type", "issue_type", multiple=True, help="Only these types.")
@click.option("-a", "--assignee", help='Only of this assignee; "" for nobody\'s.')
@click.option("-u", "--unassigned", is_flag=True, help="Only nobody's.")
@click.option("-l", "--label", multiple=True, help="With all of these labels.")
@click.option("--label-any", multiple=True, help="With any of these labels.")
@click.option("--parent", type=ID, help="Anything under this issue.")
@click.option("-s", "--sort", default="hybrid", show_default=True, help="hybrid, priority, oldest.")
@click.option("--include-deferred", is_flag=True, help="Also what is put off to a later date.")
@click.option("--claim", is_flag=True, help="Take the first one.")
@click.option("--pretty", is_flag=True, hidden=True)
@pass_session
def ready(session: Session, /, **given: Any) -> None:
    """List what can be worked on now: open, and nothing it needs is undone."""
    if given["claim"]:
        _claim(session, given)
        return
    limit = limits.READY_LIMIT_DEFAULT if given["limit"] is None else given["limit"]
    found = session.run(
        ListReady(
            issue_types=split_words(given["issue_type"]),
            priority=given["priority"],
            assignee=given["assignee"] or None,
            unassigned=given["unassigned"] or given["assignee"] == "",
            labels=split_words(given["label"]),
            labels_any=split_words(given["label_any"]),
            parent=given["parent"],
            include_deferred=given["include_deferred"],
            sort=given["sort"],
            limit=limit,
        )
    )
    session.show(
        [shapes.with_counts(row, has_edges=False) for row in found.issues],
        lambda: text.listing(found.issues) or "Nothing is ready.",
    )
    note_cut(session, found, limit)


def _claim(session: Session, given: dict[str, Any]) -> None:
    if given["sort"] != "hybrid" or given["include_deferred"]:
        raise InvalidField(
            "--claim takes the first in the usual order", hint="Leave out --sort.", field="sort"
        )
    assignee = given["assignee"]
    claimed = session.run(
        ClaimReady(
            issue_types=split_words(given["issue_type"]),
            labels=split_words(given["label"]),
            labels_any=split_words(given["label_any"]),
            priority=given["priority"],
            assignee=assignee or None,
            unassigned=given["unassigned"] or assignee == "",
            parent=given["parent"],
        )
    )
    if claimed.issue is None:
        session.show([], "Nothing is ready.")
        return
    issue = claimed.issue
    shown = shapes.issue(issue) | {"claim_epoch": claimed.claim_epoch}
    session.show([shown], lambda: f"Claimed {text.issue_line(issue)}")


@click.command(cls=BeadCommand)
@click.option("--parent", type=ID, help="Anything under this issue.")
@click.option("-n", "--limit", type=COUNT, default=0, help="At most so many.")
@pass_session
def blocked(session: Session, parent: str | None, limit: int) -> None:
    """List what waits, and for what: its own needs, or what its parents wait for."""
    found = session.run(ListBlocked(parent=parent, limit=limit))
    session.show(
        [shapes.blocked(each) for each in found.issues],
        lambda: "\n".join(text.blocked(each) for each in found.issues) or "Nothing is blocked.",
    )
    note_cut(session, found, limit)


@click.command(cls=BeadCommand)
@click.argument("issue_id", metavar="ID", type=ID)
@pass_session
def why(session: Session, issue_id: str) -> None:
    """Say why an issue is or isn't ready, and by whose doing."""
    found = session.run(ExplainIssue(issue=issue_id))
    session.show(found, lambda: text.explained(found))
