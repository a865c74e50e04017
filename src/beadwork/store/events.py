"""The event log: appended in the transaction of the write that it tells of (rule R13)."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from beadwork.model import limits
from beadwork.model.digests import sha256
from beadwork.model.record import Change
from beadwork.ops.transaction import EventRow
from beadwork.store.load import with_parts
from beadwork.store.session import Row, Session

if TYPE_CHECKING:
    from beadwork.store.transaction import StoreTransaction

_CHANGES = msgspec.json.Decoder(list[tuple[list[str], str | None, str | None]])
_APART = "sha256:"
_GONE_TO = "events_gone_to"


class Subject(NamedTuple):
    """What an event is about, and of which kind it is."""

    kind: str
    n: int | None
    issue_id: str


class EventStore:
    """The events of one transaction."""

    def __init__(self, session: Session, tx: "StoreTransaction") -> None:
        self._session = session
        self._tx = tx

    def last_seq(self) -> int:
        """Return the number of the latest event."""
        row = self._session.one("event.last_seq")
        return int(row[0]) if row else 0

    def gone_to(self) -> int:
        """Return the latest event that was let go for its age; 0 if none was."""
        return int(self._tx.setting(_GONE_TO) or 0)

    def note_gone(self, seq: int) -> None:
        """Remember that an event was let go for its age."""
        if seq > self.gone_to():
            self._tx.put_setting(_GONE_TO, str(seq))

    def append(
        self, seq: int, subject: Subject, changes: Sequence[Change], line_digest: str | None
    ) -> None:
        """Log what happened to an issue."""
        written = self._written(changes) if changes else None
        row = self._row(seq, subject, line_digest)
        self._session.run("event.insert", **row, changes=written)

    def append_all(self, seq: int, found: Sequence[tuple[Subject, str]]) -> None:
        """Log what happened to many issues; each with the digest of the line that tells it."""
        rows = (self._row(seq + i, subject, digest) for i, (subject, digest) in enumerate(found))
        self._session.many("event.insert", ({**row, "changes": None} for row in rows))

    def _row(self, seq: int, subject: Subject, line_digest: str | None) -> dict[str, object]:
        return {
            "seq": seq,
            "at_us": self._tx.now_us,
            "actor": self._tx.holder.actor,
            "session": self._tx.holder.session,
            "operation": self._tx.operation,
            "request": self._tx.request_seq or seq,
            "kind": subject.kind,
            "n": subject.n,
            "issue_id": subject.issue_id,
            "line_digest": line_digest,
        }

    def _written(self, changes: Sequence[Change]) -> str:
        kept = [(c.register, self._kept(c.before), self._kept(c.after)) for c in changes]
        return msgspec.json.encode(kept).decode()

    def _kept(self, value: str | None) -> str | None:
        """Keep a long value apart, once, under its digest."""
        if value is None or len(value) <= limits.EVENT_VALUE_BYTES_MAX:
            return value
        digest = sha256(value.encode()).hexdigest()
        self._session.run("event.put_value", digest=digest, token=value)
        return _APART + digest

    def _found(self, value: str | None) -> str | None:
        if value is None or not value.startswith(_APART):
            return value
        row = self._session.one("event.value", digest=value.removeprefix(_APART))
        return None if row is None else str(row[0])

    def _event(self, row: Row) -> EventRow:
        changes = _CHANGES.decode(row[9]) if row[9] else []
        shown = tuple(
            Change(tuple(names), self._found(before), self._found(after))
            for names, before, after in changes
        )
        return EventRow._make((*row[:9], shown, row[10]))

    def of_issue(self, n: int, *, limit: int) -> list[EventRow]:
        """Return what happened to an issue, latest first."""
        return [self._event(row) for row in self._session.all("event.of_issue", n=n, limit=limit)]

    def since(self, seq: int, *, limit: int) -> list[EventRow]:
        """Return what happened after an event, earliest first."""
        return [self._event(row) for row in self._session.all("event.since", seq=seq, limit=limit)]

    def found_after(
        self, after: int, *, actor: str | None, n: int | None, limit: int
    ) -> list[EventRow]:
        """Return what happened after an event, earliest first, as far as it is asked for."""
        asked = _given(actor, n)
        query = with_parts("event.found_after", asked or ["all"])
        return self._events(self._session.all(query, after=after, limit=limit, **asked))

    def found_before(
        self, before: int, *, actor: str | None, n: int | None, limit: int
    ) -> list[EventRow]:
        """Return what happened before an event, latest first, as far as it is asked for."""
        asked = _given(actor, n)
        query = with_parts("event.found_before", asked or ["all"])
        return self._events(self._session.all(query, before=before, limit=limit, **asked))

    def _events(self, rows: Iterable[Row]) -> list[EventRow]:
        return [self._event(row) for row in rows]

    def first_at(self, at_us: int) -> int:
        """Return the number of the first event since a time; the next one's if there is none."""
        row = self._session.one("event.first_at", at_us=at_us)
        return self.last_seq() + 1 if row is None or row[0] is None else int(row[0])

    def of_request(self, request: int) -> list[EventRow]:
        """Return what one request did, latest first."""
        rows = self._session.all("event.of_request", request=request)
        return [self._event(row) for row in rows]

    def last_request(self, *, actor: str | None, n: int | None) -> int | None:
        """Return the latest request that can be undone."""
        row = self._session.one("event.last_request", actor=actor, n=n)
        return None if row is None or row[0] is None else int(row[0])

    def mark_undone(self, request: int) -> None:
        """Remember that a request has been undone."""
        self._session.run("event.mark_undone", request=request, seq=self._tx.next_seq())


def _given(actor: str | None, n: int | None) -> dict[str, object]:
    asked: dict[str, object] = {"actor": actor, "n": n}
    return {name: value for name, value in asked.items() if value is not None}
