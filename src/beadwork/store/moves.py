"""Giving issues other ids on request; what R4 moves is in `records`."""

from typing import TYPE_CHECKING

from beadwork.model import codec, ids
from beadwork.model import record as records
from beadwork.model.record import Record
from beadwork.ops.transaction import Entry
from beadwork.store.session import Session

if TYPE_CHECKING:
    from beadwork.store.transaction import StoreTransaction


class MoveStore:
    """The ids of one transaction, as far as they change."""

    def __init__(self, session: Session, tx: "StoreTransaction") -> None:
        self._session = session
        self._tx = tx

    def ids_below(self, issue_id: str) -> list[str]:
        """Return the ids that are those of children, all the way down."""
        rows = self._session.all("issue.ids_from", start=f"{issue_id}.", after=f"{issue_id}/")
        return [row[0] for row in rows]

    def sources(self, entry: Entry) -> list[int]:
        """Return the numbers of the issues whose edges name an issue by its id."""
        return [row[0] for row in self._session.all("moves.naming", id=entry.id, n=entry.n)]

    def mentioning(self, text: str) -> list[int]:
        """Return the numbers of the live issues whose record holds a text, in any case."""
        escaped = text.replace("!", "!!").replace("%", "!%").replace("_", "!_")
        rows = self._session.all("moves.mentioning", pattern=f"%{escaped}%")
        return [row[0] for row in rows]

    def rename(self, entry: Entry, issue_id: str, after: Record | None) -> Entry:
        """Give an issue another id. `after` is what stays under the old one, if anything does.

        That is the same birth, so that other copies of the old record end as this says.
        """
        n, line = entry.n, self._session.one("moves.line_of", n=entry.n)
        seq = self._tx.next_seq()
        moved = self._tx.issues.replace(
            entry,
            records.renamed(entry.record, issue_id),
            [],
            raw=None,
            base=None,
            changed_seq=seq,
        )
        self._tx.log("moved", n, issue_id, ())
        self._session.run("moves.forget_line", n=n)
        self._recount(entry.id, issue_id)
        self._tx.readiness.id_appeared(entry.id)
        self._tx.readiness.id_appeared(issue_id)
        if after is not None:
            self._leave(entry, after, line[0] if line else None)
        return moved

    def _recount(self, before: str, after: str) -> None:
        self._count(before, -1)
        self._count(after, 1)
        parent = ids.parent_of(after)
        row = self._session.one("issue.number_of", id=parent) if parent else None
        if row:
            number = min(ids.child_number(after), 2**53)
            self._session.run("issue.raise_child_top", n=row[0], number=number)

    def _count(self, issue_id: str, by: int) -> None:
        count = by if ids.parent_of(issue_id) is None else 0
        self._session.run("issue.add_to_prefix", prefix=ids.split(issue_id)[0], count=count)

    def _leave(self, entry: Entry, after: Record, line_digest: str | None) -> None:
        written = records.changes(entry.record, after)
        stamped = records.stamped(
            entry.record, after, written, now=self._tx.clock_tick(), births={}
        )
        seq = self._tx.next_seq()
        left = self._tx.issues.insert(
            stamped,
            body=codec.body(stamped),
            is_filed=entry.is_filed,
            changed_seq=seq,
        )
        self._tx.log("moved", left.n, left.id, ())
        self._session.run("origin.copy", left=left.n, n=entry.n)
        base = entry.base
        if base is None:
            base = codec.join_line(entry.body, codec.stamps_text(entry.record))
        self._session.run("issue.set_base", n=left.n, base=base, digest=line_digest)
