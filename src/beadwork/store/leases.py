"""Leases: who holds which paths and names, and who stands in line for them (R19)."""

from collections import defaultdict
from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from beadwork.model import limits
from beadwork.model.digests import sha256
from beadwork.model.globs import brief, literal_prefix, overlaps
from beadwork.model.lease import Lease, State, prefixes
from beadwork.model.record import Change
from beadwork.store.session import Row, Session, listed

if TYPE_CHECKING:
    from beadwork.store.transaction import StoreTransaction

_LAST = "\U0010ffff"
_KINDS: dict[State, str] = {
    "released": "unleased",
    "expired": "lease.expired",
    "broken": "lease.broken",
    "withdrawn": "lease.withdrawn",
}


class _Resources(NamedTuple):
    patterns: tuple[str, ...] = ()
    names: tuple[str, ...] = ()


_RESOURCES = msgspec.json.Decoder(_Resources)


def _written(lease: Lease) -> str:
    return msgspec.json.encode(_Resources(lease.patterns, lease.names)).decode()


def _digest(lease: Lease) -> str:
    """Return what leases of the same have in common, however it was written: `src`, `src/**`."""
    patterns = tuple(sorted(set(map(brief, lease.patterns))))
    same = msgspec.structs.replace(lease, patterns=patterns)
    return sha256(_written(same).encode()).hexdigest()


class LeaseStore:
    """The leases of one transaction."""

    def __init__(self, session: Session, tx: "StoreTransaction") -> None:
        self._session = session
        self._tx = tx

    # -- finding

    def find(self, number: int) -> Lease | None:
        """Return a lease, whether or not it has ended."""
        row = self._session.one("lease.of", number=number)
        return None if row is None else _lease(row)

    def same(self, wanted: Lease) -> Lease | None:
        """Return the live lease that a holder has of just this; a held one before a waiting one."""
        rows = self._session.all(
            "lease.same",
            actor=wanted.actor,
            digest=_digest(wanted),
            exclusive=int(wanted.is_exclusive),
        )
        found = (_lease(row) for row in rows)
        mine = (each for each in found if each.holder.is_same(wanted.holder))
        live = (each for each in mine if each.state == "waiting" or each.is_live(self._tx.now_us))
        return next(live, None)

    def overlapping(self, wanted: Lease) -> list[Lease]:
        """Return the live leases that have a path or a name in common with this, first ones first.

        Two patterns can only overlap if one's literal prefix begins with the other's; so few rows
        are looked at.
        """
        is_case_blind = self._tx.is_case_blind
        found = {row[0] for row in self._of_names(wanted.names)}
        for pattern in wanted.patterns:
            near: dict[str, list[int]] = defaultdict(list)
            for lease, other in self._near(pattern):
                near[other].append(lease)
            for other, leases in near.items():
                if overlaps(pattern, other, is_case_blind=is_case_blind):
                    found.update(leases)
        found.discard(wanted.number)
        rows = self._session.all("lease.numbered", numbers=listed(sorted(found))) if found else []
        return self._live(rows)

    def _of_names(self, names: tuple[str, ...]) -> list[Row]:
        return self._session.all("lease.of_names", names=listed(names)) if names else []

    def _near(self, pattern: str) -> list[Row]:
        prefix = literal_prefix(pattern)
        return self._session.all(
            "lease.near",
            beginnings=listed(list(prefixes(prefix))),
            prefix=prefix,
            end_of_prefix=prefix + _LAST,
        )

    def live(self, *, actor: str | None = None) -> list[Lease]:
        """Return the live leases, all or an actor's, first ones first."""
        if actor is None:
            return self._live(self._session.all("lease.live"))
        return self._live(self._session.all("lease.live_of", actor=actor))

    def waiting(self, actor: str) -> list[Lease]:
        """Return what an actor waits for, first ones first."""
        rows = self._session.all("lease.waiting_of", actor=actor, now_us=self._tx.now_us)
        return sorted(map(_lease, rows), key=lambda each: each.number)

    def latest(self, *, actor: str | None, limit: int) -> list[Lease]:
        """Return leases, those that have ended too, latest first."""
        return [_lease(row) for row in self._session.all("lease.latest", actor=actor, limit=limit)]

    def of_session(self, session: str) -> list[Lease]:
        """Return what a session holds and waits for."""
        return [_lease(row) for row in self._session.all("lease.of_session", session=session)]

    def _live(self, rows: Iterable[Row]) -> list[Lease]:
        return [lease for lease in map(_lease, rows) if lease.is_live(self._tx.now_us)]

    def over(self) -> list[Lease]:
        """Return what time alone has ended: held for long enough, or not asked for any more."""
        # Where the clock went back, nobody stands in line for the hours in between.
        latest_us = self._tx.now_us + limits.LEASE_UNASKED_US
        self._session.run("lease.bound_patience", latest_us=latest_us)
        numbers = [
            row[0]
            for query in ("lease.expired", "lease.given_up")
            for row in self._session.all(query, now_us=self._tx.now_us, limit=limits.SWEEP_ROWS_MAX)
        ]
        numbers += self._unseen()
        if not numbers:
            return []
        rows = self._session.all("lease.numbered", numbers=listed(sorted(set(numbers))))
        return [_lease(row) for row in rows]

    def _unseen(self) -> list[int]:
        """Return what is bound to sessions of which nothing was seen for a day."""
        before_us = self._tx.now_us - limits.LEASE_SESSION_UNSEEN_US
        rows = self._session.all(
            "lease.unseen",
            before_us=before_us,
            first_seq=self._tx.events.first_at(before_us),
            limit=limits.SWEEP_ROWS_MAX,
        )
        return [row[0] for row in rows]

    # -- changing

    def stand(self, wanted: Lease, waits_until_us: int) -> Lease:
        """Let a wish stand in line, or stand there for longer."""
        before = wanted if wanted.number else None
        lease = self._numbered(msgspec.structs.replace(wanted, waits_until_us=waits_until_us))
        if before is None:
            self._insert(lease)
            self._log("lease.asked", None, lease)
        else:
            self._update(lease)
        return lease

    def grant(self, wanted: Lease) -> Lease:
        """Grant what is free, under a new epoch; from the line where it stood there."""
        now_us = self._tx.now_us
        length_us = wanted.length_us
        is_waiting = bool(wanted.number)
        lease = msgspec.structs.replace(
            self._numbered(wanted),
            state="held",
            granted_us=now_us,
            lease_epoch=self._tx.next_seq(),
            expires_us=None if length_us is None else now_us + length_us,
            waits_until_us=now_us + limits.LEASE_UNASKED_US if is_waiting else None,
        )
        if is_waiting:
            self._update(lease)
        else:
            self._insert(lease)
        self._log("leased", wanted if is_waiting else None, lease)
        self._tx.notify(f"lease:{lease.number}")
        return lease

    def renew(self, lease: Lease, expires_us: int | None, length_us: int | None) -> Lease:
        """Let a held lease run on; who was granted it from the line has come for it."""
        renewed = msgspec.structs.replace(
            lease, expires_us=expires_us, length_us=length_us, waits_until_us=None
        )
        if renewed != lease:
            self._update(renewed)
        if renewed.expires_us != lease.expires_us:
            self._log("lease.renewed", lease, renewed)
        return renewed

    def end(self, lease: Lease, state: State, why: str = "") -> Lease:
        """End a lease, or take a wish out of the line, and wake whoever waits for it."""
        ended = msgspec.structs.replace(
            lease,
            state=state,
            waits_until_us=None,
            ended_us=self._tx.now_us,
            ended_by=self._tx.holder.actor,
            why=why,
        )
        self._update(ended)
        self._session.run("lease.drop_patterns", number=lease.number)
        self._log(_KINDS[state], lease, ended)
        self._tx.notify(f"lease:{lease.number}")
        return ended

    def end_session(self, session: str) -> list[Lease]:
        """End what a session holds and waits for, and let those in line have it."""
        from beadwork.ops.lease_line import end_session

        return end_session(self._tx, session)

    def drop_old(self, before_us: int) -> None:
        """Forget leases that ended before a time."""
        self._session.run("lease.drop_old", before_us=before_us)

    # -- rows

    def _numbered(self, lease: Lease) -> Lease:
        if lease.number:
            return lease
        row = self._session.one("lease.last_number")
        return msgspec.structs.replace(lease, number=(row[0] if row else 0) + 1)

    def _insert(self, lease: Lease) -> None:
        self._session.run(
            "lease.insert",
            **_changing(lease),
            actor=lease.actor,
            session=lease.session,
            exclusive=int(lease.is_exclusive),
            resources=_written(lease),
            digest=_digest(lease),
            asked_us=lease.asked_us,
        )
        rows = [("path", literal_prefix(each), each) for each in lease.patterns]
        rows += [("name", each, each) for each in lease.names]
        self._session.many(
            "lease.insert_pattern",
            [
                {"lease": lease.number, "place": i, "kind": kind, "prefix": prefix, "pattern": text}
                for i, (kind, prefix, text) in enumerate(rows)
            ],
        )

    def _update(self, lease: Lease) -> None:
        self._session.run("lease.update", **_changing(lease))

    def _log(self, kind: str, before: Lease | None, after: Lease) -> None:
        texts = [
            None if each is None else msgspec.json.encode(each).decode() for each in (before, after)
        ]
        self._tx.log(kind, None, "", [Change(("lease", str(after.number)), texts[0], texts[1])])


def _changing(lease: Lease) -> dict[str, object]:
    """Return the columns of a lease that change in its life, and its number."""
    return {
        "number": lease.number,
        "state": lease.state,
        "reason": lease.reason,
        "lease_epoch": lease.lease_epoch,
        "granted_us": lease.granted_us,
        "expires_us": lease.expires_us,
        "length_us": lease.length_us,
        "waits_until_us": lease.waits_until_us,
        "ended_us": lease.ended_us,
        "ended_by": lease.ended_by,
        "why": lease.why,
    }


def _lease(row: Row) -> Lease:
    resources = _RESOURCES.decode(row[5])
    return Lease(
        number=row[0],
        actor=row[1],
        session=row[2],
        state=row[3],
        is_exclusive=bool(row[4]),
        patterns=resources.patterns,
        names=resources.names,
        reason=row[6],
        lease_epoch=row[7],
        asked_us=row[8],
        granted_us=row[9],
        expires_us=row[10],
        length_us=row[11],
        waits_until_us=row[12],
        ended_us=row[13],
        ended_by=row[14],
        why=row[15],
    )
