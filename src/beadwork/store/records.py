"""What the store remembers of the file: lines seen, bases, what is dirty (R3, R5)."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from beadwork.model import codec, limits
from beadwork.model import record as records
from beadwork.model.record import Record
from beadwork.model.stamp import Stamp
from beadwork.ops.transaction import Arrived, ConflictRow, Entry, ExportLine, Line, QuarantineRow
from beadwork.store.arrivals import Arrivals
from beadwork.store.session import Session, listed

if TYPE_CHECKING:
    from beadwork.model.fold import Loss
    from beadwork.store.transaction import StoreTransaction

_EXPORTED_TO = "exported_to"


class RecordStore:
    """The memory of the file, in one transaction."""

    def __init__(self, session: Session, tx: "StoreTransaction") -> None:
        self._session = session
        self._tx = tx

    # -- lines and bases

    def known(self, digests: Sequence[str]) -> dict[str, str | None]:
        """Return which of these lines were seen before, with the stamps they stand for."""
        rows = self._session.all("record.known", digests=listed(digests))
        return dict(rows)

    def remember(self, lines: Iterable[tuple[str, str | None]]) -> None:
        """Remember lines by digest, with their stamps where they carry none themselves."""
        self._session.many(
            "record.remember", ({"digest": digest, "stamps": stamps} for digest, stamps in lines)
        )

    def base(self, entry: Entry) -> Record:
        """Return the stamped form of the line last seen in the file for an issue."""
        return entry.record if entry.base is None else codec.decode(entry.base)

    def in_file(self, issue_ids: Sequence[str]) -> dict[str, str]:
        """Return the digests of the lines that the file has for these issues."""
        return dict(self._session.all("record.in_file", ids=listed(issue_ids)))

    def set_base(self, n: int, base: Record | None, digest: str, *, is_clean: bool = False) -> None:
        """Remember the line that stands in the file; a base of None: it is the present record.

        Clean is what the file says just as an export would.
        """
        text = None if base is None else codec.encode(base)
        self._session.run("issue.set_base", n=n, base=text, digest=digest)
        if is_clean:
            self._session.run("record.set_clean", n=n)

    # -- folding

    def add_all(self, news: Sequence[Arrived]) -> list[int]:
        """Add issues that a file brought, each under an id that was free; return their numbers."""
        return Arrivals(self._session, self._tx).add(news) if news else []

    def write_folded(
        self, entry: Entry, after: Record, *, line: Line | None, is_clean: bool
    ) -> Entry:
        """Write what a fold made of an issue; a moved claim ends (R7)."""
        written = records.changes(entry.record, after)
        seq = self._tx.next_seq()
        self._tx.log(
            "folded", entry.n, entry.id, written, line_digest=line.digest if line else None
        )
        folded = self._tx.issues.replace(
            entry,
            after,
            written,
            raw=None,
            base=None,
            changed_seq=0 if is_clean else seq,
            is_filed=True,
        )
        if any(c.register in (("assignee",), records.STATE) for c in written):
            self._tx.claims.raise_epoch(entry.n)
        return folded

    def move(self, entry: Entry, issue_id: str) -> Entry:
        """Give an issue another id: an earlier birth keeps the one it had (R4)."""
        moved = records.renamed(entry.record, issue_id)
        seq = self._tx.next_seq()
        folded = self._tx.issues.replace(
            entry, moved, [], raw=None, base=None, changed_seq=seq, is_filed=True
        )
        self._tx.log("moved", entry.n, issue_id, ())
        self._session.run(
            "issue.former_id", id=entry.id, birth_ns=min(entry.record.births), n=entry.n
        )
        self._tx.readiness.id_appeared(entry.id)
        self._tx.readiness.id_appeared(issue_id)
        return folded

    def lost(self, n: int, losses: "Iterable[Loss]") -> None:
        """Keep the values that lost a fold."""
        # Late import: that is rare.
        import json

        self._session.many(
            "record.lost",
            (
                {
                    "n": n,
                    "register": json.dumps(loss.register, ensure_ascii=False),
                    "stamp": loss.stamp.text(),
                    "winner": loss.winner.text(),
                    "value": loss.value,
                    "at_us": self._tx.now_us,
                }
                for loss in losses
            ),
        )

    def conflicts(self) -> list[ConflictRow]:
        """Return the values that lost a fold."""
        return [ConflictRow(*row) for row in self._session.all("record.conflicts")]

    def quarantine(self, line: Line, reason: str) -> None:
        """Keep a line that could not be read, with its number and the reason."""
        self._session.run(
            "record.quarantine",
            digest=line.digest,
            line_number=line.number,
            reason=reason[: limits.LINE_REASON_CHARS_MAX],
            line=line.text.replace("\x00", "\ufffd"),
            at_us=self._tx.now_us,
        )

    def quarantined(self) -> list[QuarantineRow]:
        """Return the lines that could not be read."""
        return [QuarantineRow(*row) for row in self._session.all("record.quarantined")]

    # -- the export

    def exported_to(self) -> int:
        """Return the last event that the file holds."""
        return int(self._tx.setting(_EXPORTED_TO) or 0)

    def dirty_count(self) -> int:
        """Return how many issues changed since the last export."""
        row = self._session.one("record.dirty_count", seq=self.exported_to())
        return int(row[0]) if row else 0

    def export_lines(self) -> list[str]:
        """Return every line of the file, in its order."""
        return [
            raw if raw is not None else codec.join_line(body, stamps)
            for body, stamps, raw in self._session.all("record.to_export")
        ]

    def dirty_lines(self, *, has_outdated: bool) -> list[ExportLine]:
        """Return the lines of the issues that changed since the last export, by id.

        With `has_outdated` also those for which the file had another line when last seen.
        """
        rows = self._session.all(
            "record.outdated_to_export" if has_outdated else "record.dirty_to_export",
            seq=self.exported_to(),
        )
        return [
            ExportLine(
                n, issue_id, raw if raw is not None else codec.join_line(body, stamps), changed
            )
            for n, body, stamps, raw, changed, issue_id in sorted(rows, key=lambda row: row[5])
        ]

    def note_lines(self, lines: Sequence[tuple[int, str, int]]) -> None:
        """Note that the file holds some lines: n, text, changed_seq of each."""
        digests = [codec.digest(text) for _, text, _ in lines]
        self.remember((digest, None) for digest in digests)
        numbers = [{"n": n} for n, _, _ in lines]
        asked = listed([n for n, _, _ in lines])
        changed: dict[int, int] = dict(self._session.all("record.changed_seqs", ns=asked))
        self._session.many(
            "issue.set_base",
            (
                {"n": n, "base": None if changed.get(n) == seq else text, "digest": digest}
                for (n, text, seq), digest in zip(lines, digests, strict=True)
            ),
        )
        self._session.many("record.set_filed", numbers)

    def note_export(self, to_seq: int) -> None:
        """Note that the file holds all up to an event."""
        if to_seq > self.exported_to():
            self._tx.put_setting(_EXPORTED_TO, str(to_seq))

    def dangling(self) -> list[tuple[str, str, str]]:
        """Return the edges whose target is not known: issue, target, kind."""
        return [(src, dst, kind) for src, dst, kind in self._session.all("edge.dangling")]

    def observe(self, seen: Stamp) -> None:
        """Let the clock not fall behind a stamp that was read."""
        self._tx.clock_observe(seen)

    def settings(self) -> Mapping[str, str]:
        """Return what the store notes about itself and its file."""
        return dict(self._session.all("setting.all"))

    def set_setting(self, name: str, value: str) -> None:
        """Note something about the store or its file."""
        self._tx.put_setting(name, value)
