"""`bd claim`, `bd release`, `bd heartbeat`."""

import click

from beadwork.doors.cli import shapes, text
from beadwork.doors.cli.options import BeadCommand, duration_s, pass_session
from beadwork.doors.cli.session import Session
from beadwork.ops.claim import Claimed, ClaimIssue, Heartbeat, ReleaseIssue


def _show(session: Session, claimed: Claimed, verb: str) -> None:
    if claimed.issue is None:
        return
    issue = claimed.issue
    shown = shapes.issue(issue) | {"claim_epoch": claimed.claim_epoch, "already": claimed.already}
    session.show(
        [shown],
        lambda: f"{verb} {text.issue_line(issue)} (claim_epoch {claimed.claim_epoch})",
    )


@click.command(cls=BeadCommand)
@click.argument("issue_id", metavar="ID")
@click.option("--lease", help="The claim ends after this time unless renewed: 30m.")
@pass_session
def claim(session: Session, issue_id: str, lease: str | None) -> None:
    """Take an issue. Of several who try, one wins, and only it exits 0."""
    lease_s = None if lease is None else duration_s(lease)
    claimed = session.run(ClaimIssue(issue=issue_id, lease_s=lease_s))
    _show(session, claimed, "You hold" if claimed.already else "Claimed")


@click.command(cls=BeadCommand)
@click.argument("issue_id", metavar="ID")
@click.option("--epoch", type=int, help="The claim_epoch that you were granted.")
@click.option("-f", "--force", is_flag=True, help="Also if another holds it.")
@pass_session
def release(session: Session, issue_id: str, epoch: int | None, force: bool) -> None:
    """Give an issue back: it is open again and nobody's."""
    request = ReleaseIssue(issue=issue_id, claim_epoch=epoch, force=force)
    issue = session.run(request).issue
    session.show([shapes.issue(issue)], lambda: f"Released {text.issue_line(issue)}")


@click.command(cls=BeadCommand)
@click.argument("issue_id", metavar="ID")
@click.option("--epoch", type=int, help="The claim_epoch that you were granted.")
@click.option("--lease", help="How long the claim holds from now: 30m.")
@pass_session
def heartbeat(session: Session, issue_id: str, epoch: int | None, lease: str | None) -> None:
    """Show that you still work on an issue: renew your claim."""
    lease_s = None if lease is None else duration_s(lease)
    request = Heartbeat(issue=issue_id, claim_epoch=epoch, lease_s=lease_s)
    _show(session, session.run(request), "You hold")
