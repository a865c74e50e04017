"""What doctor looks at in the store: each check says what is wrong, and changes nothing.

`store.mends` puts it right.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from beadwork.model import codec, ids
from beadwork.model import readiness as model
from beadwork.model.dependency import PARENT_CHILD, Gate
from beadwork.model.record import Record
from beadwork.store.columns import columns
from beadwork.store.readiness import edge_parameters
from beadwork.store.session import Row, Session, listed
from beadwork.store.setting_checks import wrong_settings

if TYPE_CHECKING:
    from beadwork.store.transaction import StoreTransaction

_CHUNK = 1000
_COLUMNS = (
    *("id", "title", "status", "priority", "issue_type", "assignee", "external_ref"),
    *("birth_ns", "created_us", "updated_us", "closed_us", "due_us", "defer_us"),
    *("comment_count", "pinned", "template", "ephemeral", "unknown", "asleep"),
    *("done", "won", "spent", "shown", "hidden"),
)
_EDGE = ("dst_id", "kind", "dst", "birth_ns", "alt_id", "spawn_id", "spawn", "gate", "added")


class Sheet(NamedTuple):
    """An issue as its row has it, and the record that its document holds, if it can be read."""

    n: int
    issue_id: str
    columns: dict[str, object]
    record: Record | None


class CheckStore:
    """The checks of one transaction."""

    def __init__(self, session: Session, tx: "StoreTransaction") -> None:
        self._session = session
        self._tx = tx

    def orphans(self) -> list[str]:
        """Return which rows name issues that are not there."""
        rows = self._session.all("check.foreign")
        return [f"{count} of {table} name no {parent}" for table, parent, count in rows]

    # -- what follows from the documents

    def _sheets(self) -> Iterator[list[Sheet]]:
        after = 0
        while rows := self._session.all("check.documents", after=after, limit=_CHUNK):
            yield [_sheet(row) for row in rows]
            after = rows[-1][0]

    def records(self) -> Iterator[Record]:
        """Yield every record that can be read."""
        for part in self._sheets():
            yield from (each.record for each in part if each.record is not None)

    def settings(self) -> dict[str, str]:
        """Return what the store notes of itself that can't be, and why."""
        return wrong_settings(self._tx)

    def numbers_ahead(self) -> list[str]:
        """Return the issues that changed later than anything happened."""
        rows = self._session.all("check.numbers_ahead", last=self._tx.events.last_seq())
        return [str(row[0]) for row in rows]

    def documents(self) -> list[str]:
        """Return the issues whose document is absent, or can't be read."""
        return [each.issue_id for part in self._sheets() for each in part if each.record is None]

    def columns(self) -> dict[str, list[str]]:
        """Return, by id, the columns that say something else than the document."""
        found = {}
        for part in self._sheets():
            for sheet in part:
                wrong = self._wrong_columns(sheet)
                if wrong:
                    found[sheet.issue_id] = wrong
        return found

    def _wrong_columns(self, sheet: Sheet) -> list[str]:
        if sheet.record is None:
            return []
        meant = columns(sheet.record, self._tx.vocabulary, self._tx.now_us)
        if meant["defer_us"] is not None and not meant["asleep"]:
            meant["asleep"] = sheet.columns["asleep"]  # It wakes with the next write.
        return [name for name in _COLUMNS if sheet.columns[name] != meant[name]]

    def labels(self) -> list[str]:
        """Return the issues whose rows of labels differ from their documents."""
        found = []
        for part in self._sheets():
            there: defaultdict[int, set[str]] = defaultdict(set)
            for n, label in self._session.all("check.labels", first=part[0].n, last=part[-1].n):
                there[n].add(label)
            found += [
                each.issue_id
                for each in part
                if each.record is not None
                and there[each.n] != {label.replace("\x00", "") for label in each.record.labels}
            ]
        return found

    def edges(self) -> list[str]:
        """Return the issues whose rows of edges differ from their documents, or mean others."""
        holders = {row[0]: (row[1], row[2]) for row in self._session.all("check.holders")}
        found = []
        for part in self._sheets():
            there: defaultdict[int, set[Row]] = defaultdict(set)
            for row in self._session.all("check.edges", first=part[0].n, last=part[-1].n):
                there[row[0]].add(_edge_facts(row[1:]))
            found += [
                sheet.issue_id
                for sheet in part
                if sheet.record is not None and there[sheet.n] != self._meant_edges(sheet, holders)
            ]
        return found

    def _meant_edges(self, sheet: Sheet, holders: dict[str, tuple[int, int]]) -> set[Row]:
        readiness, record = self._tx.readiness, sheet.record
        if record is None:
            return set()
        rows = [
            edge_parameters(readiness.bound(readiness.loose(sheet.n, record, *edge), holders))
            for edge in record.edges
        ]
        return {_edge_facts(tuple(row[name] for name in _EDGE)) for row in rows}

    # -- counts

    def readiness(self) -> list[str]:
        """Return the issues whose index of readiness a computation from scratch contradicts."""
        rows = self._session.all("ready.all_nodes")
        nodes = {row[0]: model.Node(*map(bool, row[1:4])) for row in rows}
        links = {_link(row): row for row in self._session.all("ready.all_links")}
        inert = model.inert_parents(links)
        standings = model.standings(nodes, list(links), inert)
        kids = {n: (each.open_kids, each.won_kids) for n, each in standings.items()}
        wrong = {row[0] for row in rows if model.Standing(*row[4:8]) != standings[row[0]]}
        wrong |= {
            link.source
            for link, row in links.items()
            if (model.holds(link, nodes, kids), link in inert) != (bool(row[7]), bool(row[8]))
        }
        wrong |= {row[0] for row in self._session.all("check.outside")}
        found = self._session.all("check.ids_of", ns=listed(sorted(wrong)))
        return sorted(row[1] for row in found)

    def prefixes(self) -> dict[str, tuple[int, int]]:
        """Return, by prefix, how many top-level issues are counted and how many there are."""
        there: dict[str, int] = dict(self._session.all("check.prefixes"))
        meant = prefix_counts(self._session)
        return {
            prefix: (there.get(prefix, 0), count)
            for prefix, count in meant.items()
            if there.get(prefix) != count
        }

    def child_numbers(self) -> dict[str, tuple[int, int]]:
        """Return, by id, parents that would give a child's number twice: known and highest."""
        rows = self._session.all("check.child_tops")
        highest: defaultdict[str, int] = defaultdict(int)
        for _, issue_id, _ in rows:
            parent = ids.parent_of(issue_id)
            if parent is not None:
                number = min(ids.child_number(issue_id), 2**53)
                highest[parent] = max(highest[parent], number)
        return {
            issue_id: (top, highest[issue_id])
            for _, issue_id, top in rows
            if top < highest.get(issue_id, 0)
        }

    # -- what people made

    def inert(self) -> list[tuple[str, str]]:
        """Return the parent edges that are left out of account."""
        return [(row[0], row[1]) for row in self._session.all("check.inert")]

    def cycles(self) -> list[list[str]]:
        """Return the cycles of issues that wait for one another, none of them done."""
        found = []
        for cycle in self._tx.dependencies.cycles():
            rows = self._session.all("check.live_among", ns=listed(cycle))
            if len(rows) == len(set(cycle)):
                found.append([self._tx.issues.by_number(n).id for n in cycle])
        return found

    def external_refs(self) -> dict[str, list[str]]:
        """Return the issues that share an external reference, by that."""
        found: defaultdict[str, list[str]] = defaultdict(list)
        for reference, issue_id in self._session.all("check.external_refs"):
            found[reference].append(issue_id)
        return dict(found)

    def closed_parents(self) -> list[tuple[str, str]]:
        """Return live issues under parents that are done."""
        return [(row[0], row[1]) for row in self._session.all("check.closed_parents")]

    def odd_claims(self) -> list[tuple[str, str]]:
        """Return claims that can't be: the issue is done, or another's."""
        return [
            (row[1], f"held by {row[2]}, but {row[3]}{f', assigned to {row[4]}' * bool(row[4])}")
            for row in self._session.all("check.odd_claims")
        ]

    def ended_claims(self) -> list[tuple[str, str]]:
        """Return claims whose time is over, and that no write has ended yet."""
        rows = self._session.all("check.ended_claims", now=self._tx.now_us)
        return [(row[1], f"held by {row[2]}") for row in rows]

    def unheld(self) -> list[str]:
        """Return issues in progress that are nobody's."""
        return [row[0] for row in self._session.all("check.unheld")]

    def outdated(self) -> list[str]:
        """Return the issues that the file had in another form when it was last seen."""
        return [row[0] for row in self._session.all("check.outdated")]


def _sheet(row: Row) -> Sheet:
    record = None
    if row[-2] is not None:
        try:
            record = codec.with_stamps(codec.decode_canonical(row[-2]), row[-1])
            readable = row[1] != "" and bool(record.fields)
        except (msgspec.MsgspecError, ValueError):
            readable = False
        record = record if readable else None
    return Sheet(row[0], row[1], dict(zip(_COLUMNS, row[1:-2], strict=True)), record)


def _edge_facts(row: Row) -> Row:
    """Leave out when an edge was added where that decides nothing: all but parents' (R6 e)."""
    return row if row[1] == PARENT_CHILD else (*row[:-1], "")


def _link(row: Row) -> model.Link:
    source, target, kind, spawner, gate, added, _, _, _ = row
    return model.Link(source, target, kind, spawner, Gate(gate or Gate.ALL_CHILDREN), added)


def prefix_counts(session: Session) -> dict[str, int]:
    """Count the issues that came under a top-level id, by prefix; those that moved as before."""
    counts: Counter[str] = Counter()
    seen: set[int] = set()
    for n, issue_id, former in session.all("check.first_ids"):
        if n not in seen:
            seen.add(n)
            first = former or issue_id
            counts[ids.split(first)[0]] += ids.parent_of(first) is None
    return dict(counts)
