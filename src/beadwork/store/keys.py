"""Idempotency keys: the first answer to a mutation, for whoever asks again (R11)."""

from typing import TYPE_CHECKING

from beadwork.model import limits
from beadwork.store.session import Session

if TYPE_CHECKING:
    from beadwork.store.transaction import StoreTransaction


class KeyStore:
    """The keys of one transaction, in the scope of its actor."""

    def __init__(self, session: Session, tx: "StoreTransaction") -> None:
        self._session = session
        self._tx = tx

    def find(self, operation: str, key: str) -> tuple[str, str] | None:
        """Return the digest of the arguments and the answer that a key was used for."""
        row = self._session.one(
            "record.key", actor=self._tx.holder.actor, operation=operation, key=key
        )
        return None if row is None else (row[0], row[1])

    def keep(self, operation: str, key: str, arguments: str, answer: str) -> None:
        """Keep the answer that was given for a key."""
        self._session.run(
            "record.put_key",
            actor=self._tx.holder.actor,
            operation=operation,
            key=key,
            arguments_digest=arguments,
            response=answer,
            at_us=self._tx.now_us,
        )

    def drop_old(self) -> None:
        """Forget keys after seven days."""
        self._session.run("record.drop_keys", before=self._tx.now_us - limits.KEY_KEPT_US)
