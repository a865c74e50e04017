"""Adding many issues at once, as an import does: a few statements for all, not a dozen for each.

The index of readiness comes out as if they had come one after another (R6 f).
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from beadwork.model import codec, ids
from beadwork.model.dependency import PARENT_CHILD
from beadwork.ops.transaction import Arrived
from beadwork.store.columns import columns
from beadwork.store.readiness import EdgeRow, Facts, edge_parameters, is_outside
from beadwork.store.session import Session, listed

if TYPE_CHECKING:
    from beadwork.store.transaction import StoreTransaction

_CHILD_NUMBER_MAX = 2**53


class Arrivals:
    """Adds issues whose ids are free, in one transaction."""

    def __init__(self, session: Session, tx: "StoreTransaction") -> None:
        self._session = session
        self._tx = tx

    def add(self, news: Sequence[Arrived]) -> list[int]:
        """Add issues, log that they came, and let readiness know; return their numbers."""
        seq = self._tx.next_seq()
        numbered = {self._tx.next_number(): new for new in news}
        facts = self._insert(numbered, seq)
        self._insert_contents(numbered)
        self._session.run("search.queue_all", ns=listed(list(numbered)))
        self._count({new.record.id for new in news})
        self._tx.log_all(
            "imported", [(n, new.record.id, new.line.digest) for n, new in numbered.items()]
        )
        self._connect(numbered, facts)
        return list(numbered)

    # -- rows

    def _insert(self, numbered: dict[int, Arrived], seq: int) -> dict[int, Facts]:
        rows = []
        for position, (n, new) in enumerate(numbered.items()):
            values = columns(new.record, self._tx.vocabulary, self._tx.now_us)
            values["n"], values["filed"] = n, 1
            values["changed_seq"] = 0 if new.is_clean else seq + position
            values["child_top"] = self._tx.issues.highest_child(new.record.id)
            rows.append(values)
        self._session.many("issue.insert", rows)
        return {n: Facts.of(values) for n, values in zip(numbered, rows, strict=True)}

    def _insert_contents(self, numbered: dict[int, Arrived]) -> None:
        self._session.many(
            "issue.insert_document",
            (
                {
                    "n": n,
                    "body": new.body,
                    "stamps": codec.stamps_text(new.record),
                    "raw": new.raw,
                    "base": None if new.base is None else codec.encode(new.base),
                    "file_digest": new.file_digest,
                }
                for n, new in numbered.items()
            ),
        )
        self._session.many(
            "issue.insert_label",
            (
                {"n": n, "label": label.replace("\x00", "")}
                for n, new in numbered.items()
                for label in new.record.labels
            ),
        )

    def _count(self, issue_ids: Iterable[str]) -> None:
        """Count top-level issues by prefix, and raise what parents know of child numbers."""
        prefixes: Counter[str] = Counter()
        tops: dict[str, int] = {}
        for issue_id in issue_ids:
            parent = ids.parent_of(issue_id)
            prefixes[ids.split(issue_id)[0]] += parent is None
            if parent is not None:
                number = min(ids.child_number(issue_id), _CHILD_NUMBER_MAX)
                tops[parent] = max(number, tops.get(parent, 0))
        self._session.many(
            "issue.add_to_prefix", ({"prefix": p, "count": c} for p, c in prefixes.items())
        )
        holders = self._holders(tops)
        self._session.many(
            "issue.raise_child_top",
            ({"n": n, "number": tops[each]} for each, (n, _) in holders.items()),
        )

    def _holders(self, issue_ids: Iterable[str]) -> dict[str, tuple[int, int]]:
        """Return the number and birth of the issues that hold these ids."""
        rows = self._session.all("issue.births_of", ids=listed(list(issue_ids)))
        return {issue_id: (n, birth_ns) for issue_id, n, birth_ns in rows}

    # -- readiness

    def _connect(self, numbered: dict[int, Arrived], facts: dict[int, Facts]) -> None:
        edges = self._bound(numbered)
        self._session.many("edge.insert", map(edge_parameters, edges))
        outside = Counter(edge.src for edge in edges if is_outside(edge))
        self._session.many("ready.shift_ext", ({"n": n, "by": by} for n, by in outside.items()))
        parents = [e for e in edges if e.kind == PARENT_CHILD and e.dst is not None]
        knotted = self._knotted(parents)
        counting = [edge for edge in parents if edge not in knotted]
        self._count_kids(counting, facts)
        self._inherit(counting)
        readiness = self._tx.readiness
        for edge in edges:
            if edge.kind != PARENT_CHILD:
                readiness.engage(edge)
        for parent in {edge.dst for edge in counting if edge.dst is not None}:
            readiness.weigh_spawned(parent)
        for issue_id in self._awaited(new.record.id for new in numbered.values()):
            readiness.id_appeared(issue_id)
        for edge in knotted:
            readiness.judge_component(edge.src)

    def _bound(self, numbered: dict[int, Arrived]) -> list[EdgeRow]:
        readiness = self._tx.readiness
        loose = [
            readiness.loose(n, new.record, *edge)
            for n, new in numbered.items()
            for edge in new.record.edges
        ]
        named = {edge.dst_id for edge in loose} | {e.spawn_id for e in loose if e.spawn_id}
        holders = self._holders(named)
        return [readiness.bound(edge, holders) for edge in loose]

    def _knotted(self, parents: list[EdgeRow]) -> set[EdgeRow]:
        """Take out the parent edges that can't count, or are not seen at once to fit."""
        if self._session.one("edge.any_inert") is None:
            above = self._among("edge.with_parents", (edge.dst for edge in parents))
            below = self._among("edge.with_children", (edge.src for edge in parents))
            found = {
                edge
                for edge in parents
                if (edge.dst in above or edge.src in below or edge.src == edge.dst)
                and not self._tx.readiness.fits(edge)
            }
        else:
            found = set(parents)
        self._session.many(
            "edge.set_inert",
            ({"src": e.src, "dst_id": e.dst_id, "kind": e.kind, "inert": 1} for e in found),
        )
        return found

    def _count_kids(self, counting: list[EdgeRow], facts: dict[int, Facts]) -> None:
        still_open: Counter[int | None] = Counter()
        won: Counter[int | None] = Counter()
        for edge in counting:
            still_open[edge.dst] += 1 - facts[edge.src].done
            won[edge.dst] += facts[edge.src].won
        self._session.many(
            "ready.shift_kids",
            ({"n": n, "open_by": by, "won_by": won[n]} for n, by in still_open.items()),
        )

    def _inherit(self, counting: list[EdgeRow]) -> None:
        """Let children wait for what their parents wait for."""
        held = self._among("ready.held_among", (edge.dst for edge in counting))
        counts = Counter(edge.src for edge in counting if edge.dst in held)
        if counts:
            self._tx.readiness.shift_held_up(counts, 1)

    def _awaited(self, issue_ids: Iterable[str]) -> list[str]:
        """Return those of these ids that edges from before name, or may mean."""
        rows = self._session.all("edge.awaiting", ids=listed(list(issue_ids)))
        return sorted({issue_id for (issue_id,) in rows})

    def _among(self, query: str, numbers: Iterable[int | None]) -> set[int]:
        rows = self._session.all(query, ns=listed(sorted({n for n in numbers if n})))
        return {n for (n,) in rows}
