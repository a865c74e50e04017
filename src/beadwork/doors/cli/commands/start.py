"""`bd` alone on a terminal: what to do next."""

from beadwork.doors.cli import views
from beadwork.doors.cli.session import Session
from beadwork.doors.cli.views.screen import Screen
from beadwork.model.errors import BeadworkError
from beadwork.ops.issue import ListIssues
from beadwork.ops.ready import ListReady
from beadwork.ops.stats import Summarize

_READY_SHOWN = 5
_CLAIMED_SHOWN = 10


def start(session: Session, screen: Screen) -> None:
    """Show what the caller works on, what is ready, and the command to type next."""
    try:
        session.write(_drawn(session, screen))
    except BeadworkError as error:
        if error.code != "store.absent":
            raise
        session.write(views.welcome()(screen))


def _drawn(session: Session, screen: Screen) -> str:
    actor = session.caller.holder.actor
    summary = session.run(Summarize()).summary
    claimed = session.run(
        ListIssues(statuses=["in_progress"], assignee=actor, limit=_CLAIMED_SHOWN)
    ).issues
    ready = session.run(ListReady(limit=_READY_SHOWN)).issues
    return views.start(summary, claimed, ready)(screen)
