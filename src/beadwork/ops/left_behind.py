"""What others write under the old id of an issue that was renamed: it goes on under the new one."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from beadwork.model import record as records
from beadwork.model.fold import Loss, fold_all
from beadwork.model.record import Record
from beadwork.model.transition import RENAMED, deleted, renamed_to
from beadwork.ops.claim import end_claim, updated
from beadwork.ops.transaction import Entry, Transaction


class Carried(NamedTuple):
    """An issue that something was carried over to, and the values that lost by it."""

    n: int
    losses: Sequence[Loss]


class LeftBehind:
    """The old ids that came up in one fold."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx
        self._targets: dict[str, str] = {}

    def note(self, record: Record, forms: Iterable[Record]) -> None:
        """Remember where an issue went on, if the record or one that was folded into it says so."""
        target = next((new for each in (record, *forms) if (new := renamed_to(each))), "")
        if target:
            self._targets[record.id] = target

    def carry_over(self) -> Iterator[Carried]:
        """Bring what stands under each old id to the new one; renames may follow on renames."""
        waiting, seen = list(self._targets.items()), set[str]()
        while waiting:
            old_id, new_id = waiting.pop(0)
            old, new = self._tx.issues.by_id(old_id), self._tx.issues.by_id(new_id)
            if old is None or new is None or old_id in seen:
                continue
            seen.add(old_id)
            if not old.record.births & new.record.births:
                continue
            yield self._carry(old, new)
            further = renamed_to(new.record)
            if further:
                waiting.append((new_id, further))

    def _carry(self, old: Entry, new: Entry) -> Carried:
        is_alive = not renamed_to(old.record)
        late = records.present(old.record, beside=new.record, has_state=is_alive)
        folded = fold_all([new.record, records.renamed(late, new.id)])
        if folded.record != new.record:
            self._tx.records.write_folded(new, folded.record, line=None, is_clean=False)
        if is_alive:
            self._leave(old, new.id)
        return Carried(new.n, folded.losses)

    def _leave(self, old: Entry, new_id: str) -> None:
        """Let an old id be a tombstone again that somebody wrote a state under."""
        actor = self._tx.holder.actor
        reason = f"{RENAMED}{new_id}"
        fields = deleted(old.record, now_us=self._tx.now_us, actor=actor, reason=reason)
        end_claim(self._tx, old)
        self._tx.issues.write(old, updated(self._tx, old.record, fields))
