"""`bd claim`, `bd release`, `bd heartbeat`, `bd late`."""

import click
import msgspec

from beadwork.doors.cli import shapes, text, times
from beadwork.doors.cli.options import ID, NUMBER, BeadCommand, lease_s, pass_session
from beadwork.doors.cli.session import Session
from beadwork.model.instants import format_seconds
from beadwork.ops.claim import Claimed, ClaimIssue, Heartbeat, ReleaseIssue
from beadwork.ops.late import LateResult, ListLate


def _show(session: Session, claimed: Claimed, verb: str) -> None:
    if claimed.issue is None:
        return
    issue = claimed.issue
    shown = shapes.issue(issue) | {"claim_epoch": claimed.claim_epoch, "already": claimed.already}
    session.show(
        [shown],
        lambda: (
            f"{verb} {text.issue_line(issue)} (claim_epoch {claimed.claim_epoch}{_until(claimed)})"
        ),
    )


def _until(claimed: Claimed) -> str:
    ends = claimed.expires_us
    return "" if ends is None else f", until {format_seconds(ends)}"


@click.command(cls=BeadCommand)
@click.argument("issue_id", metavar="ID", type=ID)
@click.option("--lease", metavar="TIME", help="The claim ends after this time unless renewed: 30m.")
@pass_session
def claim(session: Session, issue_id: str, lease: str | None) -> None:
    """Take an issue. Of several who try, one wins, and only it exits 0."""
    claimed = session.run(ClaimIssue(issue=issue_id, lease_s=lease_s(lease)))
    _show(session, claimed, "You hold" if claimed.already else "Claimed")


@click.command(cls=BeadCommand)
@click.argument("issue_id", metavar="ID", type=ID)
@click.option("--epoch", type=NUMBER, help="The claim_epoch that you were granted.")
@click.option("-f", "--force", is_flag=True, help="Also if another holds it.")
@pass_session
def release(session: Session, issue_id: str, epoch: int | None, force: bool) -> None:
    """Give an issue back: it is open again and nobody's."""
    request = ReleaseIssue(issue=issue_id, claim_epoch=epoch, force=force)
    issue = session.run(request).issue
    session.show([shapes.issue(issue)], lambda: f"Released {text.issue_line(issue)}")


@click.command(cls=BeadCommand)
@click.argument("issue_id", metavar="ID", type=ID)
@click.option("--epoch", type=NUMBER, help="The claim_epoch that you were granted.")
@click.option("--lease", metavar="TIME", help="How long the claim holds from now: 30m.")
@pass_session
def heartbeat(session: Session, issue_id: str, epoch: int | None, lease: str | None) -> None:
    """Show that you still work on an issue: renew your claim."""
    request = Heartbeat(issue=issue_id, claim_epoch=epoch, lease_s=lease_s(lease))
    _show(session, session.run(request), "You hold")


@click.command(cls=BeadCommand)
@click.argument("issue_id", metavar="[ID]", type=ID, required=False)
@click.option(
    *("-n", "--limit"), type=click.IntRange(1, 10_000), default=100, show_default=True,
    help="At most so many.",
)  # fmt: skip
@pass_session
def late(session: Session, issue_id: str | None, limit: int) -> None:
    """Show what was sent under claims that had ended: it was refused, and kept."""
    found = session.run(ListLate(issue=issue_id, limit=limit)).results
    session.show(
        [msgspec.to_builtins(each) for each in found],
        lambda: "\n".join(_late_text(each) for each in found) or "Nothing came late.",
    )


def _late_text(result: LateResult) -> str:
    """Show what came late; what was left at its default says nothing."""
    said = {name: value for name, value in result.request.items() if value not in (None, "", [])}
    head = f"{times.shown(result.at)} {text.line(result.actor)}: {result.operation}"
    lines = [f"    {text.line(name)}: {text.line(_value(said[name]))}" for name in said]
    return "\n".join([head, *lines])


def _value(value: object) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
