"""Claims: who holds an issue, since when, under which epoch (rule R7)."""

from typing import TYPE_CHECKING

from beadwork.model import limits
from beadwork.model.claim import Claim, Holder
from beadwork.model.late import kept
from beadwork.ops.transaction import LateRow
from beadwork.store.session import Row, Session

if TYPE_CHECKING:
    from beadwork.store.transaction import StoreTransaction

_FLOOR = "claim_floor"


class ClaimStore:
    """The claims of one transaction."""

    def __init__(self, session: Session, tx: "StoreTransaction") -> None:
        self._session = session
        self._tx = tx
        self._read: dict[int, Row | None] = {}

    def of(self, n: int) -> Claim | None:
        """Return the claim of an issue; one that ran out is held by nobody."""
        row = self._row(n)
        if row is None:
            return None
        claim = Claim(
            claim_epoch=row[0], actor=row[1], session=row[2], granted_us=row[3], expires_us=row[4]
        )
        if claim.is_held and not claim.is_live(self._tx.now_us):
            return Claim(claim_epoch=claim.claim_epoch)
        return claim

    def _row(self, n: int) -> Row | None:
        if n not in self._read:
            self._read[n] = self._session.one("claim.of", n=n)
        return self._read[n]

    def _write(self, query: str, n: int, **values: object) -> None:
        self._read.pop(n, None)
        self._session.run(query, n=n, **values)

    def grant(self, n: int, holder: Holder, lease_us: int | None) -> Claim:
        """Grant an issue to a holder, under a new epoch."""
        before = self.of(n)
        claim = Claim(
            claim_epoch=self._next_epoch(before.claim_epoch if before else 0),
            actor=holder.actor,
            session=holder.session,
            granted_us=self._tx.now_us,
            expires_us=None if lease_us is None else self._tx.now_us + lease_us,
        )
        self._write(
            "claim.grant",
            n,
            claim_epoch=claim.claim_epoch,
            actor=claim.actor,
            session=claim.session,
            granted_us=claim.granted_us,
            expires_us=claim.expires_us,
            lease_us=lease_us,
        )
        self._session.run(
            "claim.remember_grant",
            n=n,
            actor=holder.actor,
            session=holder.session,
            claim_epoch=claim.claim_epoch,
        )
        return claim

    def _next_epoch(self, present: int) -> int:
        """Return an epoch that nobody was granted, nor in a store that this one took the place of."""
        return max(present, int(self._tx.setting(_FLOOR) or 0)) + 1

    def end(self, n: int) -> None:
        """Let nobody hold an issue. Who gave it back has not lost it, and may write on."""
        self._session.run("claim.forget_grants", n=n)
        self._write("claim.end", n)

    def let_go(self, n: int, holder: Holder) -> None:
        """Let who lost a claim be like one who never held the issue."""
        if holder.session:
            self._session.run(
                "claim.let_go_of_session", n=n, actor=holder.actor, session=holder.session
            )
        else:
            self._session.run("claim.let_go", n=n, actor=holder.actor)

    def raise_epoch(self, n: int) -> None:
        """End a claim from outside: what its holder still sends is stale."""
        row = self._session.one("claim.of", n=n)
        if row and row[1]:  # Also one whose time is over: `of` shows that as nobody's.
            self._write(
                "claim.grant",
                n,
                claim_epoch=self._next_epoch(row[0]),
                actor="",
                session="",
                granted_us=self._tx.now_us,
                expires_us=None,
                lease_us=None,
            )

    def granted_epoch(self, n: int, holder: Holder) -> int | None:
        """Return the epoch that a holder was last granted, or None if it never was."""
        if holder.session:
            for session in (holder.session, ""):
                row = self._session.one("claim.granted", n=n, actor=holder.actor, session=session)
                if row:
                    return int(row[0])
            return None
        row = self._session.one("claim.granted_to_actor", n=n, actor=holder.actor)
        return int(row[0]) if row and row[0] is not None else None

    def renew(self, n: int, lease_us: int | None) -> Claim:
        """Let a held claim run on; None keeps the length it was granted with."""
        row = self._row(n)
        length = lease_us if lease_us is not None else (row[5] if row else None)
        if length is not None:
            self._write("claim.renew", n, expires_us=self._tx.now_us + length, lease_us=length)
        found = self.of(n)
        if found is None:
            raise LookupError(n)
        return found

    def expired(self) -> list[int]:
        """Return the issues whose claims ran out."""
        rows = self._session.all("claim.expired", now=self._tx.now_us, limit=limits.SWEEP_ROWS_MAX)
        return [row[0] for row in rows]

    def keep_late(self, *, operation: str, request: str, issue_id: str) -> None:
        """Keep what was sent under a stale claim, cut where it is long."""
        self._session.run(
            "claim.keep_late",
            at_us=self._tx.now_us,
            actor=self._tx.holder.actor,
            session=self._tx.holder.session,
            operation=operation,
            request=kept(request),
            issue_id=issue_id,
        )

    def drop_late(self, before_us: int) -> None:
        """Forget what was sent before a time."""
        self._session.run("claim.drop_late", before_us=before_us)

    def late(self, issue_id: str | None, *, limit: int) -> list[LateRow]:
        """Return what was sent under claims that had ended, the latest first."""
        rows = self._session.all("claim.late", issue_id=issue_id, limit=limit)
        return [LateRow(*row) for row in rows]
