"""What agents remember, and their pairs of keys and values: in the store, in no file."""

from typing import TYPE_CHECKING

from beadwork.model import token
from beadwork.model.record import Change
from beadwork.ops.transaction import MemoryRow
from beadwork.store.session import Session

if TYPE_CHECKING:
    from beadwork.store.transaction import StoreTransaction


class MemoryStore:
    """The memories and pairs of one transaction."""

    def __init__(self, session: Session, tx: "StoreTransaction") -> None:
        self._session = session
        self._tx = tx

    def find(self, key: str) -> str | None:
        """Return what is remembered under a key."""
        row = self._session.one("memory.get", key=key)
        return None if row is None else str(row[0])

    def all(self) -> list[MemoryRow]:
        """Return everything that is remembered, by key."""
        return [MemoryRow._make(row) for row in self._session.all("memory.all")]

    def put(self, key: str, text: str) -> None:
        """Remember a text under a key, in the place of what it had."""
        before = self.find(key)
        self._session.run(
            "memory.put",
            key=key,
            text=text,
            actor=self._tx.holder.actor,
            at_us=self._tx.now_us,
        )
        self._log("remembered", Change(("memory", key), before, text))

    def drop(self, key: str) -> None:
        """Forget what is remembered under a key."""
        before = self.find(key)
        self._session.run("memory.drop", key=key)
        self._log("forgotten", Change(("memory", key), before, None))

    def pair(self, key: str) -> str | None:
        """Return the value of a pair."""
        row = self._session.one("memory.pair", key=key)
        return None if row is None else str(row[0])

    def pairs(self) -> dict[str, str]:
        """Return every pair, by key."""
        return dict(self._session.all("memory.pairs"))

    def put_pair(self, key: str, value: str) -> None:
        """Set a pair."""
        before = self.pair(key)
        self._session.run("memory.put_pair", key=key, value=value)
        self._log("set", Change(("pair", key), before, value))

    def drop_pair(self, key: str) -> None:
        """Take a pair away."""
        before = self.pair(key)
        self._session.run("memory.drop_pair", key=key)
        self._log("cleared", Change(("pair", key), before, None))

    def _log(self, kind: str, change: Change) -> None:
        before, after = (
            None if each is None else token.encode(each) for each in (change.before, change.after)
        )
        self._tx.log(kind, None, "", [Change(change.register, before, after)])
