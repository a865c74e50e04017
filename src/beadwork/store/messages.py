"""Messages: each is written once, and found by its number, its thread, its sender, its words."""

import contextlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from beadwork.model import limits
from beadwork.model.errors import BeadworkError
from beadwork.model.message import new_id, number_in
from beadwork.model.record import Change
from beadwork.model.search import Term, words
from beadwork.ops.mail import Draft, MessageRow
from beadwork.store.session import Row, Session, listed
from beadwork.store.walks import Walk

if TYPE_CHECKING:
    from beadwork.store.transaction import StoreTransaction

_NEWEST = 2**62


class MessageStore:
    """The messages of one transaction."""

    def __init__(self, session: Session, tx: "StoreTransaction") -> None:
        self._session = session
        self._tx = tx

    def add(self, draft: Draft) -> MessageRow:
        """Write a message, and the event that tells of it and gives it its number."""
        seq = self._tx.next_seq()
        tx, holder = self._tx, self._tx.holder
        message_id = new_id(tx.now_us, tx.replica, seq)
        addresses = msgspec.json.encode(draft.addresses).decode()
        told = f'{{"to":{addresses},"type":"{draft.type}"}}'
        tx.log("sent", None, "", [Change(("message", message_id), None, told)])
        row = MessageRow(seq, message_id, tx.now_us, holder.actor, holder.session, *draft)
        self._session.run("message.insert", **(row._asdict() | {"addresses": addresses}))
        if row.blob is not None and row.blob_bytes is not None:
            tx.blobs.refer(row.blob, row.blob_bytes)
        return row

    def by_number(self, seq: int) -> MessageRow | None:
        """Return a message by its number."""
        found = self._session.one("message.of", seq=seq)
        return None if found is None else _row(found)

    def by_numbers(self, seqs: Sequence[int]) -> dict[int, MessageRow]:
        """Return messages by their numbers."""
        rows = self._session.all("message.of_all", seqs=listed(seqs)) if seqs else ()
        return {row[0]: _row(row) for row in rows}

    def by_id(self, message_id: str) -> MessageRow | None:
        """Return a message by its id."""
        seq = number_in(message_id)
        found = None if seq is None else self.by_number(seq)
        return found if found is not None and found.id == message_id else None

    def with_key(self, key: str) -> MessageRow | None:
        """Return what the caller sent under a key."""
        found = self._session.one("message.with_key", sender=self._tx.holder.actor, key=key)
        return None if found is None else self.by_number(found[0])

    def ids(self, seqs: Sequence[int]) -> dict[int, str]:
        """Return the ids of messages by their numbers."""
        if not seqs:
            return {}
        return dict(self._session.all("message.ids", seqs=listed(seqs)))

    def id_of(self, seq: int) -> str:
        """Return the id of a message."""
        found = self._session.one("message.id", seq=seq)
        return "" if found is None else str(found[0])

    def in_thread(self, thread: int, *, limit: int) -> list[int]:
        """Return the numbers of the messages of a thread, in their order."""
        return self._numbers("message.in_thread", thread=thread, limit=limit)

    def sent_by(self, sender: str, *, before: int | None, limit: int) -> list[int]:
        """Return what somebody sent, the latest first."""
        return self._numbers(
            "message.sent_by", sender=sender, before=before or _NEWEST, limit=limit
        )

    def latest(self, *, before: int | None, limit: int) -> list[int]:
        """Return the latest messages."""
        return self._numbers("message.latest", before=before or _NEWEST, limit=limit)

    def since(self, seq: int, *, limit: int) -> list[int]:
        """Return the messages after a number, in their order."""
        return self._numbers("message.since", seq=seq, limit=limit)

    def _numbers(self, query: str, **parameters: object) -> list[int]:
        return [seq for (seq,) in self._session.all(query, **parameters)]

    # -- words

    def unindexed(self, *, limit: int) -> list[int]:
        """Return messages that the index does not know yet."""
        row = self._session.one("message.indexed_to")
        return self.since(row[0] if row else 0, limit=limit)

    def index(self, limit: int) -> int:
        """Index some more messages; return how many."""
        rows: list[dict[str, object]] = []
        chars = 0
        for seq in self.unindexed(limit=limit):
            text = self.text(seq)
            rows.append({"seq": seq, "words": " ".join(words(text))})
            chars += len(text)
            if chars > limits.SEARCH_BATCH_CHARS:
                break
        self._session.many("message.put_words", rows)
        if rows:
            self._session.run("message.note_indexed", seq=rows[-1]["seq"])
        return len(rows)

    def text(self, seq: int) -> str:
        """Return what a message can be found by: the beginning of what it says, if that is long."""
        row = self.by_number(seq)
        if row is None:
            return ""
        about = "\n".join([row.type, row.sender, *row.addresses])
        said = "\n".join(_texts(self._payload(row)))
        return f"{about}\n{said[: limits.MESSAGE_SEARCHED_CHARS_MAX]}"

    def _payload(self, row: MessageRow) -> object:
        """Return what a message says; of one that is damaged or too large, how it begins."""
        with contextlib.suppress(BeadworkError, msgspec.MsgspecError, RecursionError):
            if row.payload is not None:
                return msgspec.json.decode(row.payload)
            if row.blob is not None and (row.blob_bytes or 0) <= limits.PAYLOAD_SHOWN_BYTES_MAX:
                return msgspec.json.decode(self._tx.blob_files.read(row.blob))
        return row.head

    def with_words(self, terms: Sequence[Term], *, before: int | None, limit: int) -> list[int]:
        """Return the latest messages that have the words, as far as they are indexed."""
        asked = " AND ".join(
            f'"{" ".join(term.words)}"{" *" if term.is_prefix else ""}'
            for term in terms
            if term.words
        )
        if not asked:
            return []
        return self._numbers(
            "message.with_words", match=asked, before=before or _NEWEST, limit=limit
        )

    # -- going

    def drop_some(self, walk: Walk) -> None:
        """Go on through the messages in their order, and let old ones go that nobody needs."""
        limit = limits.SWEEP_ROWS_MAX
        rows = self._session.all("message.ages", after=walk.after, limit=limit)
        before_us = self._tx.now_us - limits.MESSAGE_KEPT_US
        old = [(seq, blob) for seq, at_us, blob in rows if at_us < before_us]
        for seq, blob in old:
            if not self._is_needed(seq):
                self._drop(seq, blob)
        walk.after = int(rows[-1][0]) if old and len(rows) == limit else 0

    def _is_needed(self, seq: int) -> bool:
        dead_since = self._tx.now_us - limits.DEAD_LETTER_KEPT_US
        return self._session.one("message.needed", seq=seq, dead_since=dead_since) is not None

    def _last_before(self, before_us: int) -> int:
        """Return a number that all messages sent before a time have, or less; they are in order.

        Where the clock went back, some of them stay for longer.
        """
        newest = self._session.one("message.last_seq")
        low, high = 0, int(newest[0]) if newest else 0
        while low < high:
            middle = (low + high + 1) // 2
            found = self._session.one("message.from", seq=middle)
            if found is not None and found[1] < before_us:
                low = max(middle, found[0])
            else:
                high = middle - 1
        return low

    def _drop(self, seq: int, blob: str | None) -> None:
        self._session.run("message.drop_deliveries", seq=seq)
        self._session.run("message.drop_words", seq=seq)
        self._session.run("message.drop", seq=seq)
        if blob is not None:
            self._tx.blobs.release(blob)


def _row(found: Row) -> MessageRow:
    return MessageRow._make((*found[:5], msgspec.json.decode(found[5]), *found[6:]))


def _texts(value: object) -> list[str]:
    """Return every text in a JSON value."""
    found: list[str] = []
    rest = [value]
    while rest:
        each = rest.pop()
        if isinstance(each, str):
            found.append(each)
        elif isinstance(each, (dict, list)):
            inside = each.values() if isinstance(each, dict) else each
            rest.extend(reversed(list(inside)))
    return found
