"""Issues: finding, adding, changing. Every write of a record goes through `IssueStore`."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from beadwork.model import codec, ids
from beadwork.model import record as records
from beadwork.model.dependency import PARENT_CHILD
from beadwork.model.errors import AmbiguousId, UnknownIssue
from beadwork.model.record import Change, Record, Register
from beadwork.model.view import issue_of
from beadwork.ops.transaction import Entry, Filter, Row
from beadwork.store import filters
from beadwork.store.columns import columns
from beadwork.store.readiness import Facts
from beadwork.store.session import Row as Tuple
from beadwork.store.session import Session, listed

if TYPE_CHECKING:
    from beadwork.store.transaction import StoreTransaction

_AFTER_ALL = "\U0010ffff"
_MATCHES_MAX = 5000
_ROWS = 1000
"""So many rows are read at once: to free them all at once would hold up other threads."""
_SEARCHED = frozenset(
    {"title", "labels", "description", "design", "acceptance_criteria", "notes", "comments"}
)
"""The registers whose change the index of texts must follow."""


def entry_from(row: Tuple) -> Entry:
    """Build an entry from the columns n, id, body, stamps, raw, base, done, filed, child_top."""
    n, _, body, stamps, raw, base, done, filed, child_top = row
    record = codec.with_stamps(codec.decode_canonical(body), stamps)
    return Entry(n, record, body, raw, base, bool(done), bool(filed), child_top)


class IssueStore:
    """The issues of one transaction."""

    def __init__(self, session: Session, tx: "StoreTransaction") -> None:
        self._session = session
        self._tx = tx

    # -- finding

    def by_number(self, n: int) -> Entry:
        """Return the issue of a number, which exists."""
        row = self._session.one("issue.by_number", n=n)
        if row is None:
            raise UnknownIssue(f"There is no issue number {n}")
        return entry_from(row)

    def by_id(self, issue_id: str) -> Entry | None:
        """Return the issue of an exact id."""
        row = self._session.one("issue.by_id", id=issue_id)
        return None if row is None else entry_from(row)

    def require(self, name: str) -> Entry:
        """Return the issue that a name stands for: see `resolve`."""
        found = self.by_id(name) or self.by_id(self.resolve(name))
        if found is None:
            raise UnknownIssue(f"There is no issue {name}", id=name)
        return found

    def number_of(self, name: str) -> int:
        """Return the number of the issue that a name stands for: see `resolve`."""
        row = self._session.one("issue.number_of", id=name)
        row = row or self._session.one("issue.number_of", id=self.resolve(name))
        if row is None:
            raise UnknownIssue(f"There is no issue {name}", id=name)
        return int(row[0])

    def resolve(self, name: str) -> str:
        """Return the id that a name stands for: exact, or the unique start of a hash.

        Never by substring: that made wrong-issue writes possible (classic-bd.md 1.1).

        Raises:
            UnknownIssue: nothing matches.
            AmbiguousId: several issues match.
        """
        if self._exists(name):
            return name
        own = f"{self._tx.vocabulary.prefix}-{name}"
        if self._exists(own):
            return own
        found = self._by_hash_start(name) or self._by_hash_start(own)
        if len(found) == 1:
            return found[0]
        if found:
            raise AmbiguousId(
                f"{name} could be {', '.join(found[:5])}", id=name, candidates=found[:20]
            )
        small = name.lower()
        hint = f"Did you mean {small}? Ids are written in small letters."
        raise UnknownIssue(
            f"There is no issue {name[:100]}",
            hint=hint if small != name and self._means_one(small) else None,
            id=name[:100],
        )

    def _exists(self, issue_id: str) -> bool:
        return self._session.one("issue.number_of", id=issue_id) is not None

    def _means_one(self, name: str) -> bool:
        return self._exists(name) or len(self._by_hash_start(name)) == 1

    def _by_hash_start(self, name: str) -> list[str]:
        """Return the ids whose hash begins with a name's, and whose child tail is the same."""
        prefix, start, tail = ids.split(name)
        if not start:
            return []
        rows = self._session.all(
            "issue.by_hash_start",
            start=start,
            after=start + _AFTER_ALL,
            prefix=prefix or None,
            limit=_MATCHES_MAX,
        )
        matches = set()
        for (issue_id,) in rows:
            its_prefix, part, _ = ids.split(issue_id)
            matches.add(f"{its_prefix}-{part}{tail}" if its_prefix else part + tail)
        return sorted(each for each in matches if self._exists(each))

    def known(self, names: Sequence[str]) -> set[str]:
        """Return which of these ids are in use."""
        return {row[0] for row in self._session.all("issue.known_ids", ids=listed(names))}

    def displaced_from(self, issue_id: str) -> list[str]:
        """Return the issues that had an id before an earlier birth took it (R4)."""
        return [row[0] for row in self._session.all("issue.holders_before", id=issue_id)]

    def is_taken(self, issue_id: str) -> bool:
        """Tell whether an id is in use."""
        return self._exists(issue_id)

    def has_type(self, issue_type: str) -> bool:
        """Tell whether any issue has a type."""
        return self._session.one("issue.of_type", issue_type=issue_type) is not None

    def has_status(self, status: str) -> bool:
        """Tell whether any issue has a status."""
        return self._session.one("issue.of_status", status=status) is not None

    def count_with_prefix(self, prefix: str) -> int:
        """Return how many top-level issues have a prefix."""
        row = self._session.one("issue.count_prefix", prefix=prefix)
        return int(row[0]) if row else 0

    def last_child(self, n: int) -> int:
        """Return the highest child number ever given out under an issue."""
        return self.by_number(n).child_top

    def next_child_number(self, n: int) -> int:
        """Give out the next child number under an issue; none is ever given twice."""
        number = self.last_child(n) + 1
        self._session.run("issue.raise_child_top", n=n, number=number)
        return number

    # -- lists

    def select(self, wanted: Filter, *, sort: str, is_reversed: bool, limit: int) -> list[Row]:
        """Return the issues that a filter lets through; `limit` 0 means all."""
        order = filters.Order(sort, is_reversed, limit)
        return self.rows(filters.ordered(self._session, self._tx, wanted, order))

    def numbers(self, wanted: Filter) -> set[int]:
        """Return the numbers of the issues that a filter lets through."""
        return set(filters.numbers(self._session, self._tx, wanted))

    def count(self, wanted: Filter, by: str | None) -> tuple[int, list[tuple[str, int]]]:
        """Count the issues that a filter lets through, in all and in groups.

        Groups are by status, priority, type, assignee or label, in the order of their names.
        """
        return filters.counted(self._session, self._tx, wanted, by)

    def rows(self, numbers: list[int]) -> list[Row]:
        """Return what a list shows of these issues, in this order."""
        shown: list[Row] = []
        for start in range(0, len(numbers), _ROWS):
            some = numbers[start : start + _ROWS]
            found = {row[0]: row for row in self._session.all("issue.rows", ns=listed(some))}
            shown += [_row(found[n]) for n in some]
        return shown

    def row(self, n: int) -> Row:
        """Return what a list shows of an issue."""
        return self.rows([n])[0]

    # -- writing

    def write_new(self, record: Record, births: Mapping[Register, int]) -> Entry:
        """Add an issue of our own, stamped with its creation."""
        now = self._tx.clock_tick()
        marks: dict[Register, records.Mark] = {
            ("dependencies", *edge): records.Mark(now, birth=births.get(("dependencies", *edge)))
            for edge in record.edges
            if ("dependencies", *edge) in births
        }
        stamped = Record(*record[:-1], records.Stamps(now, marks))
        seq = self._tx.next_seq()
        body = codec.body(stamped)
        entry = self.insert(stamped, body=body, is_filed=False, changed_seq=seq)
        self._tx.log("created", entry.n, entry.id, ())
        return entry

    def insert(self, record: Record, *, body: str, changed_seq: int, is_filed: bool) -> Entry:
        """Add the rows of an issue and let readiness know; `body` is the record's own."""
        n = self._tx.next_number()
        values = columns(record, self._tx.vocabulary, self._tx.now_us)
        has_children, is_named = self._traces(record.id)
        child_top = self.highest_child(record.id) if has_children else 0
        self._session.run(
            "issue.insert",
            n=n,
            filed=int(is_filed),
            changed_seq=changed_seq,
            child_top=child_top,
            **values,
        )
        self._session.run(
            "issue.insert_document",
            n=n,
            body=body,
            stamps=codec.stamps_text(record),
            raw=None,
            base=None,
            file_digest=None,
        )
        self._session.run("search.queue", n=n)
        self._count(record.id)
        for label in record.labels:
            self._session.run("issue.insert_label", n=n, label=label.replace("\x00", ""))
        readiness = self._tx.readiness
        readiness.add_edges(n, record, record.edges)
        if is_named:
            readiness.id_appeared(record.id)
        return Entry(n, record, body, None, None, bool(values["done"]), is_filed, child_top)

    def _traces(self, issue_id: str) -> tuple[bool, bool]:
        """Tell whether a new issue was known by its children already, and by edges that name it."""
        row = self._session.one(
            "issue.traces", id=issue_id, start=f"{issue_id}.", after=f"{issue_id}/"
        )
        return (bool(row[0]), bool(row[1])) if row else (False, False)

    def highest_child(self, issue_id: str) -> int:
        """Return the highest number among the children that came before their parent."""
        rows = self._session.all("issue.ids_from", start=f"{issue_id}.", after=f"{issue_id}/")
        children = [child for (child,) in rows if ids.parent_of(child) == issue_id]
        return max((min(ids.child_number(child), 2**53) for child in children), default=0)

    def _count(self, issue_id: str) -> None:
        parent = ids.parent_of(issue_id)
        prefix = ids.split(issue_id)[0]
        self._session.run("issue.add_to_prefix", prefix=prefix, count=int(parent is None))
        if parent is None:
            return
        row = self._session.one("issue.number_of", id=parent)
        if row:
            number = min(ids.child_number(issue_id), 2**53)
            self._session.run("issue.raise_child_top", n=row[0], number=number)

    def write(self, entry: Entry, after: Record, *, kind: str = "updated") -> Entry:
        """Write a change of ours: stamp what differs, log it, and keep the index right.

        `after` carries the new content; stamps and `updated_at` are set here. What changes
        nothing writes nothing.
        """
        written = records.changes(entry.record, after)
        if not written:
            return entry
        births = {
            change.register: birth
            for change in written
            if change.register[0] == "dependencies"
            and change.after is not None
            and (birth := self._tx.dependencies.birth_of(change.register[1])) is not None
        }
        stamped = records.stamped(
            entry.record, after, written, now=self._tx.clock_tick(), births=births
        )
        seq = self._tx.log(kind, entry.n, entry.id, written)
        base = entry.base
        if base is None:
            base = codec.join_line(entry.body, codec.stamps_text(entry.record))
        return self.replace(entry, stamped, written, raw=None, base=base, changed_seq=seq)

    def replace(  # noqa: PLR0913 -- the columns beside the record
        self,
        entry: Entry,
        after: Record,
        written: list[Change],
        *,
        raw: str | None,
        base: str | None,
        changed_seq: int,
        is_filed: bool | None = None,
    ) -> Entry:
        """Put another record in the place of an issue's, and let readiness know."""
        filed = entry.is_filed if is_filed is None else is_filed
        readiness = self._tx.readiness
        before = readiness.facts(entry.n)
        gone, came = _edge_changes(written)
        again = _edges_again(entry.record, after)
        for edge in [*gone, *again]:
            readiness.remove_edge(entry.n, *edge)
        values = columns(after, self._tx.vocabulary, self._tx.now_us)
        names = {name: values.pop(name) for name in ("id", "birth_ns")}
        is_reborn = after.births != entry.record.births
        if is_reborn or after.id != entry.id:
            self._session.run("issue.rename", n=entry.n, **names)
        self._session.run(
            "issue.update", n=entry.n, filed=int(filed), changed_seq=changed_seq, **values
        )
        body = codec.body(after)
        self._session.run(
            "issue.update_document",
            n=entry.n,
            body=body,
            stamps=codec.stamps_text(after),
            raw=raw,
            base=base,
        )
        self._relabel(entry.n, written)
        if after.id != entry.id or any(c.register[0] in _SEARCHED for c in written):
            self._session.run("search.queue", n=entry.n)
        readiness.state_changed(entry.n, before, Facts.of(values))
        readiness.add_edges(entry.n, after, [*came, *again])
        if is_reborn:
            readiness.id_appeared(after.id)
        is_done = bool(values["done"])
        return Entry(entry.n, after, body, raw, base, is_done, filed, entry.child_top)

    def _relabel(self, n: int, written: list[Change]) -> None:
        for change in written:
            if change.register[0] == "labels" and len(change.register) == 2:
                label = change.register[1].replace("\x00", "")
                is_gone = change.after is None
                name = "issue.delete_label" if is_gone else "issue.insert_label"
                self._session.run(name, n=n, label=label)


def _edge_changes(
    written: list[Change],
) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """Return the edges that went and those that came; a changed one does both."""
    edges = [change for change in written if change.register[0] == "dependencies"]
    gone = [(c.register[1], c.register[2]) for c in edges if c.before is not None]
    came = [(c.register[1], c.register[2]) for c in edges if c.after is not None]
    return gone, came


def _edges_again(before: Record, after: Record) -> list[tuple[str, str]]:
    """Return the edges that look the same, but were written by another write than before.

    The stamp of a parent edge decides which one closes a cycle (R6 e), the birth in any
    edge's stamp what it means (R4); an edge of an issue that moved is another one too.
    """
    if not after.edges or (before.id == after.id and before.stamps == after.stamps):
        return []
    was_marked, is_marked = before.stamps.marks, after.stamps.marks
    is_moved = before.id != after.id  # Then each of its edges names it by its new id.
    is_other = is_moved or before.floor != after.floor
    return [
        edge
        for edge, value in after.edges.items()
        if (edge in before.edges if is_moved else before.edges.get(edge) == value)
        and (is_other or was_marked.get(_of(edge)) != is_marked.get(_of(edge)))
        and _written(before, edge) != _written(after, edge)
    ]


def _of(edge: tuple[str, str]) -> Register:
    return ("dependencies", *edge)


def _written(record: Record, edge: tuple[str, str]) -> tuple[object, ...]:
    mark = record.mark_of(_of(edge))
    return (mark.birth, mark.stamp, record.id) if edge[1] == PARENT_CHILD else (mark.birth,)


def _row(row: Tuple) -> Row:
    _, body, unknown, comments, needed_by, parent = row
    issue = issue_of(body, has_unknown=bool(unknown))
    return Row(issue, len(issue.dependencies), needed_by, comments, parent)
