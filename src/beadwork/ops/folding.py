"""Folding lines into the store: who is who, what others wrote, what stays (R2-R5)."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from beadwork.model import codec, identity
from beadwork.model import record as records
from beadwork.model.adoption import Held, adopt, adopt_beside, closest, may_be, restamped
from beadwork.model.errors import InvalidField
from beadwork.model.fold import Loss, fold_all, folded_kin
from beadwork.model.identity import is_one
from beadwork.model.issue import require_text
from beadwork.model.memory_line import MemoryLine, memory_line
from beadwork.model.pattern import pattern
from beadwork.model.record import Record
from beadwork.model.view import require_readable
from beadwork.ops.fold_report import Adopted, FoldReport, Moved, Quarantined
from beadwork.ops.left_behind import LeftBehind
from beadwork.ops.memory import require_key
from beadwork.ops.transaction import Arrived, Entry, Line, Transaction

_EVENTS_MAX = 10_000
"""So many changes of an issue are looked at, to see what a register held before."""
_ID = pattern(r'\{\s*"id"\s*:\s*"([^"\\]*)"')


class _Read(NamedTuple):
    """A line that was read; `seen` if the store knows it, with the stamps it stands for."""

    line: Line
    record: Record
    seen: bool


class _Formed(NamedTuple):
    """A line that was read, and its record in the form that can be folded."""

    read: _Read
    form: Record


class Folding:
    """Folds lines into the store, in one transaction, and reports."""

    def __init__(self, tx: Transaction, *, is_project_file: bool, origin: str = "") -> None:
        self._tx = tx
        self._origin = origin
        self._is_own = is_project_file or bool(origin)
        """Whether the lines stand in the one file that holds their issues."""
        self.report = FoldReport()
        self._remembered: list[tuple[str, str | None]] = []
        self._bases: defaultdict[str, list[Record]] = defaultdict(list)
        self._rivals: defaultdict[str, list[Record]] = defaultdict(list)
        self._left_behind = LeftBehind(tx)
        self._is_told = False
        """Whether it is known which lines these took the place of."""

    def fold(
        self,
        lines: Sequence[Line],
        *,
        bases: Sequence[str] | None = None,
        rivals: Sequence[str] = (),
    ) -> None:
        """Fold lines; all lines of one id have to be among them.

        `bases` are the lines that they took the place of; else it is the line last seen in the
        file, or one of the `rivals`, which git may have put in its place.
        """
        lines = self._without_taken(lines) if self._origin else lines
        lines = self._news(lines) if self._is_own else lines
        self._is_told = bases is not None
        self._read_bases(bases or (), self._bases)
        self._read_bases(rivals, self._rivals)
        known = self._tx.records.known([line.digest for line in lines])
        lines = self._without_memories(lines, known)
        groups: defaultdict[str, list[_Read]] = defaultdict(list)
        for line in lines:
            read = self._read(line, known)
            if read is not None:
                groups[read.record.id].append(read)
        there = self._tx.issues.known(list(groups))
        news = [reads for id_, reads in groups.items() if len(reads) == 1 and id_ not in there]
        self._add_all([self._formed(reads[0].record.id, None, reads) for reads in news])
        for issue_id, reads in groups.items():
            if issue_id in there or len(reads) > 1:
                self._fold_id(issue_id, reads, is_there=issue_id in there)
        for carried in self._left_behind.carry_over():
            self._note_losses(carried.n, carried.losses)
        self._tx.records.remember(self._remembered)

    def _without_taken(self, lines: Sequence[Line]) -> list[Line]:
        """Leave out the lines of ids that issues from elsewhere have: neither is to move."""
        ids = [_id_of(line.text) for line in lines]
        taken = self._tx.origins.taken(ids, self._origin)
        self.report.taken += sorted(taken)
        return [line for issue_id, line in zip(ids, lines, strict=True) if issue_id not in taken]

    def _news(self, lines: Sequence[Line]) -> list[Line]:
        """Leave out the lines that the file had already when it was last seen."""
        ids = [_id_of(line.text) for line in lines]
        there = self._tx.records.in_file(ids)
        counts = Counter(ids)
        news = [
            line
            for issue_id, line in zip(ids, lines, strict=True)
            if counts[issue_id] > 1 or there.get(issue_id) != line.digest
        ]
        self.report.unchanged += len(lines) - len(news)
        return news

    def _read_bases(self, bases: Sequence[str], found: defaultdict[str, list[Record]]) -> None:
        digests = [codec.digest(text) for text in bases]
        known = self._tx.records.known(digests)
        for text, digest in zip(bases, digests, strict=True):
            try:
                record = codec.decode(text)
            except (msgspec.MsgspecError, ValueError):
                continue
            found[record.id].append(_restored(record, known.get(digest)))

    def _read(self, line: Line, known: dict[str, str | None]) -> _Read | None:
        try:
            line.text.encode()
            record = codec.decode(line.text)
            require_readable(line.text, record)
        except (msgspec.MsgspecError, ValueError) as error:
            reason = "it is not valid UTF-8" if isinstance(error, UnicodeError) else str(error)
            self._quarantine(line, reason)
            return None
        if line.digest not in known:
            self._note_oddities(line, record)
            return _Read(line, record, seen=False)
        return _Read(line, _restored(record, known[line.digest]), seen=True)

    def _without_memories(self, lines: Sequence[Line], known: dict[str, str | None]) -> list[Line]:
        """Take in the lines that hold memories, and return the others."""
        others = []
        for line in lines:
            memory = memory_line(line.text)
            if memory is None:
                others.append(line)
            elif line.digest in known:
                self.report.unchanged += 1
            elif not self._origin:
                self._remember(line, memory)
        return others

    def _remember(self, line: Line, memory: MemoryLine) -> None:
        """Remember what a line says; a memory that is here has no age to compare, and stays."""
        try:
            key, text = require_key(memory.key, "memory"), require_text(memory.text, "text")
        except InvalidField as error:
            self._quarantine(line, error.message)
            return
        there = self._tx.memories.find(key)
        if there is None:
            self._tx.memories.put(key, text)
            self.report.memories.append(key)
        elif there == text:
            self.report.unchanged += 1
        else:
            self._quarantine(line, f'under "{key}" something else is remembered here')
        self._remembered.append((line.digest, None))

    def _quarantine(self, line: Line, reason: str) -> None:
        # Bytes that are no text are spelled out, so that they can be had again.
        content = line.text.encode("utf-8", "surrogateescape")
        safe = content.decode("utf-8", "backslashreplace")
        self._tx.records.quarantine(line._replace(text=safe), reason)
        self.report.quarantined.append(Quarantined(line_number=line.number, reason=reason))

    def _note_oddities(self, line: Line, record: Record) -> None:
        report, vocabulary = self.report, self._tx.vocabulary
        if '"priority"' not in line.text:
            report.without_priority.append(record.id)
        status, issue_type = record.status, record.text("issue_type")
        if status not in vocabulary.statuses():
            report.unknown_statuses[status] = report.unknown_statuses.get(status, 0) + 1
        if issue_type not in vocabulary.types():
            report.unknown_types[issue_type] = report.unknown_types.get(issue_type, 0) + 1
        if not record.id.startswith(f"{vocabulary.prefix}-"):
            prefix = record.id.rpartition("-")[0]
            count = report.foreign_prefixes.get(prefix, 0)
            report.foreign_prefixes[prefix] = count + 1

    # -- one id

    def _fold_id(self, issue_id: str, reads: list[_Read], *, is_there: bool) -> None:
        # An issue that gave way in this very fold may have taken an id that was free.
        entry = self._tx.issues.by_id(issue_id) if is_there or self.report.moved else None
        known = [] if entry is None else [entry.record]
        rivals = known + [each.record for each in reads]
        births = identity.births(issue_id, rivals)
        if entry is not None and 0 not in births[0].members:
            keepers = [rivals[i] for i in births[0].members]
            mine = next(birth for birth in births if 0 in birth.members)
            self._give_way(entry, mine.issue_id, keepers)
        for birth in births:
            members = [reads[i - len(known)] for i in birth.members if i >= len(known)]
            if members:
                holder = self._tx.issues.by_id(birth.issue_id)
                self._fold_class(birth.issue_id, holder, members)

    def _give_way(self, entry: Entry, new_id: str, keepers: list[Record]) -> None:
        """Let an earlier birth have the id of an issue that the store holds."""
        self.report.moved.append(Moved(issue_id=new_id, former_id=entry.id))
        there = self._tx.issues.by_id(new_id)
        if there is None:
            self._tx.records.move(entry, new_id)
            return
        # This issue came under its new id before: the two rows become one, and the
        # other row is the earlier birth's from now on.
        merged = fold_all([there.record, records.renamed(entry.record, new_id)]).record
        self._tx.records.write_folded(there, merged, line=None, is_clean=False)
        keeper = fold_all(keepers).record
        self._tx.records.write_folded(entry, keeper, line=None, is_clean=False)

    def _fold_class(self, issue_id: str, entry: Entry | None, reads: list[_Read]) -> None:
        """Fold the lines of one issue into its entry, or make one."""
        self.report.doubled += len(reads) - 1
        if entry is None and reads[0].record.id != issue_id:
            self.report.moved.append(Moved(issue_id=issue_id, former_id=reads[0].record.id))
        formed = self._formed(issue_id, entry, reads)
        if entry is None:
            self._add_all([formed])
        else:
            self._write(entry, formed)

    def _formed(self, issue_id: str, entry: Entry | None, reads: list[_Read]) -> list[_Formed]:
        formed = []
        stamped = [each.record for each in reads if each.record.is_stamped]
        for read in reads:
            form, edits = self._adopted(issue_id, read, entry, stamped)
            formed.append(_Formed(read, form))
            if edits:
                self.report.adopted.append(Adopted(issue_id=issue_id, fields=edits))
        return formed

    def _adopted(
        self, issue_id: str, read: _Read, entry: Entry | None, stamped: list[Record]
    ) -> tuple[Record, list[str]]:
        record = _under(read.record, issue_id)
        if read.seen:
            return record, []
        held = self._held(entry)
        given = folded_kin(read.record, self._bases.get(read.record.id, ()))
        beside = self._beside(read.record, entry, stamped) if given is None else None
        if beside is not None:
            adopted = adopt_beside(record, _under(beside, issue_id), held=held)
        else:
            base = self._base_of(read.record, entry, given)
            adopted = adopt(record, None if base is None else _under(base, issue_id), held=held)
        stamps = None
        if not record.is_stamped and adopted.record.is_stamped:
            stamps = codec.stamps_text(adopted.record)
        self._remembered.append((read.line.digest, stamps))
        self._observe(record)
        return adopted.record, [".".join(each) for each in adopted.edits]

    def _beside(self, record: Record, entry: Entry | None, stamped: list[Record]) -> Record | None:
        """Return what an outsider's line stands beside: its writer had not seen that."""
        known = [entry.record] if entry is not None and entry.record.is_stamped else []
        if record.is_stamped or not (stamped or (self._is_told and known)):
            return None
        return fold_all([*stamped, *known]).record

    def _base_of(self, record: Record, entry: Entry | None, given: Record | None) -> Record | None:
        if entry is None:
            return given
        if given is None:
            seen = [self._tx.records.base(entry), *self._rivals.get(record.id, ())]
            return closest(record, [each for each in seen if is_one(each, record)])
        if entry.record.is_stamped and not given.is_stamped:
            return restamped(given, entry.record)
        return given

    def _held(self, entry: Entry | None) -> Held:
        """Return what tells whether a register of an issue had a value once; all that is known."""
        if entry is None:
            return may_be
        now, marks = records.registers(entry.record), entry.record.stamps.marks
        past: dict[records.Register, set[str | None]] = {}

        def held(register: records.Register, value: str | None) -> bool:
            if not past:
                past[()] = set()
                for event in self._tx.events.of_issue(entry.n, limit=_EVENTS_MAX):
                    for change in event.changes:
                        past.setdefault(change.register, set()).update(change[1:])
            if register in past:
                return value in past[register]
            # What was written elsewhere may have stood on anything.
            return register in marks or value == now.get(register)

        return held

    def _observe(self, record: Record) -> None:
        """Let our clock not fall behind what the line brings."""
        if record.is_stamped:
            marks = [mark.stamp for mark in record.stamps.marks.values()]
            self._tx.records.observe(max([record.floor, *marks]))

    def _add_all(self, classes: Sequence[list[_Formed]]) -> None:
        """Add issues under ids that are free, each of the lines that tell of it."""
        folded = [fold_all([each.form for each in formed]) for formed in classes]
        numbers = self._tx.records.add_all(
            [
                self._arrived(formed, each.record)
                for formed, each in zip(classes, folded, strict=True)
            ]
        )
        if self._origin:
            self._tx.origins.put(numbers, self._origin)
        for n, each in zip(numbers, folded, strict=True):
            self._note_losses(n, each.losses)
        self.report.created += len(numbers)

    def _arrived(self, formed: list[_Formed], record: Record) -> Arrived:
        self._left_behind.note(record, ())
        body, last = codec.body(record), formed[-1]
        line = last.read.line
        if not self._is_own:
            return Arrived(record, body, line)
        if len(formed) > 1 or last.read.record != record:
            return Arrived(record, body, line, base=last.form, file_digest=line.digest)
        canonical = codec.join_line(body, codec.stamps_text(record))
        raw = line.text if line.text != canonical else None
        return Arrived(record, body, line, raw, None, line.digest, is_clean=True)

    def _write(self, entry: Entry, formed: list[_Formed]) -> None:
        news = [each.form for each in formed if not each.read.seen]
        folded = fold_all([entry.record, *news])
        record, last = folded.record, formed[-1]
        self._left_behind.note(record, [entry.record, *(each.form for each in formed)])
        line = last.read.line
        says_it = self._is_own and len(formed) == 1 and codec.encode(record) == line.text
        if record != entry.record:
            self._tx.records.write_folded(entry, record, line=line, is_clean=says_it)
            self.report.updated += 1
        else:
            self.report.unchanged += 1
        if self._is_own:
            base = None if last.form == record else last.form
            self._tx.records.set_base(entry.n, base, line.digest, is_clean=says_it)
        self._note_losses(entry.n, folded.losses)

    def _note_losses(self, n: int, losses: Sequence[Loss]) -> None:
        if losses:
            self._tx.records.lost(n, losses)
            self.report.conflicts += len(losses)


def _id_of(text: str) -> str:
    """Return the id in a line; empty where it can't be read."""
    found = _ID.match(text)
    if found:
        return found[1]
    try:
        return codec.decode(text).id
    except (msgspec.MsgspecError, ValueError):
        return ""


def _under(record: Record, issue_id: str) -> Record:
    return record if record.id == issue_id else records.renamed(record, issue_id)


def _restored(record: Record, stamps: str | None) -> Record:
    """Return a record under the stamps that its line is known to stand for, if it has none."""
    if stamps is None or record.is_stamped:
        return record
    return codec.with_stamps(record, stamps)
