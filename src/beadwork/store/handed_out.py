"""What a store has handed out, so that another in its place hands none of it out again.

Who still has an epoch, a number or a cursor of the store that was there is to be told apart from
whoever gets one of the store that is there now.
"""

import contextlib
from typing import NamedTuple

from beadwork.model.claim import Holder
from beadwork.model.errors import BeadworkError
from beadwork.store.session import Row, Session

RESTORED = "restored"
_CLAIM_FLOOR = "claim_floor"
_LEASE_FLOOR = "lease_floor"


class HandedOut(NamedTuple):
    """The highest numbers of a store, who was granted what, and the numbers of children."""

    event: int
    lease: int
    claim_epoch: int
    grants: list[Row]
    child_tops: list[Row]

    def above(self, other: "HandedOut") -> "HandedOut":
        """Return this with the numbers of another where those are higher."""
        return self._replace(
            event=max(self.event, other.event),
            lease=max(self.lease, other.lease),
            claim_epoch=max(self.claim_epoch, other.claim_epoch),
        )


def handed_out(session: Session) -> HandedOut:
    """Return what a store has handed out, as far as it can be read."""
    return HandedOut(
        event=_number(session, "event.last_seq"),
        lease=_number(session, "lease.last_number"),
        claim_epoch=_number(session, "counter.last_epoch"),
        grants=_rows(session, "counter.grants"),
        child_tops=_rows(session, "counter.child_tops"),
    )


def go_on_after(session: Session, found: HandedOut, holder: Holder, at_us: int) -> None:
    """Have a store go on after what another has handed out; an event tells of it."""
    highest = found.above(handed_out(session))
    session.run("setting.put", name=_CLAIM_FLOOR, value=str(highest.claim_epoch))
    session.run("setting.put", name=_LEASE_FLOOR, value=str(highest.lease))
    session.many(
        "counter.raise_child_top", [{"id": n, "number": top} for n, top in found.child_tops]
    )
    put_grants(session, found)
    _log(session, highest.event + 1, holder, at_us)


def put_grants(session: Session, found: HandedOut) -> None:
    """Have those who were granted an issue know that their claims have ended."""
    rows = [{"id": row[0], "actor": row[1], "session": row[2]} for row in found.grants]
    session.many("counter.put_grant", rows)


def _log(session: Session, seq: int, holder: Holder, at_us: int) -> None:
    session.run(
        "event.insert",
        seq=seq,
        at_us=at_us,
        actor=holder.actor,
        session=holder.session,
        operation="store.restore",
        request=seq,
        kind=RESTORED,
        n=None,
        issue_id="",
        changes=None,
        line_digest=None,
    )


def _number(session: Session, query: str) -> int:
    rows = _rows(session, query)
    return int(rows[0][0]) if rows else 0


def _rows(session: Session, query: str) -> list[Row]:
    # It may be damaged, or of a version without that table.
    with contextlib.suppress(BeadworkError):
        return session.all(query)
    return []
