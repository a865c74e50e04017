"""Keeping readiness an index (rule R6): what each change of an issue or edge moves.

A change costs its neighbours; only where the held state of a parent flips, its descendants.
`model.readiness` computes the same from scratch.
"""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from beadwork.model import limits
from beadwork.model import readiness as model
from beadwork.model.dependency import (
    BLOCKS,
    CONDITIONAL,
    EXTERNAL,
    PARENT_CHILD,
    WAITS_FOR,
    Gate,
    waits_for,
)
from beadwork.model.ids import derived_id
from beadwork.model.instants import format_ns
from beadwork.model.record import Record
from beadwork.store.columns import state_flags
from beadwork.store.session import Row, Session, listed

if TYPE_CHECKING:
    from beadwork.store.transaction import StoreTransaction


class Facts(NamedTuple):
    """An issue's own state, as far as others wait for it."""

    done: int
    won: int
    spent: int

    @classmethod
    def of(cls, columns: Mapping[str, object]) -> "Facts":
        """Take the facts from an issue's columns."""
        return cls(*(int(bool(columns[name])) for name in cls._fields))


class EdgeRow(NamedTuple):
    """One edge, as the index has it."""

    src: int
    dst_id: str
    kind: str
    dst: int | None
    spawn: int | None
    gate: str | None
    holds: int
    inert: int
    birth_ns: int | None
    added: str
    spawn_id: str | None


class _WaitsMetadata(msgspec.Struct):
    metadata: msgspec.Raw = msgspec.Raw(b"null")


class Readiness:
    """The index of one transaction."""

    def __init__(self, session: Session, tx: "StoreTransaction") -> None:
        self._session = session
        self._tx = tx
        self.released: set[int] = set()
        """The issues that an edge of theirs held until this transaction."""

    def facts(self, n: int) -> Facts:
        """Return an issue's own state."""
        row = self._session.one("ready.facts", n=n)
        return Facts(*row[:3]) if row else Facts(0, 0, 0)

    # -- an issue's own state changed

    def state_changed(self, n: int, before: Facts, after: Facts) -> None:
        """Tell all that waits for an issue what became of it."""
        if before == after:
            return
        if before.done != after.done:
            for edge in self._edges("edge.of_target_kind", n=n, kind=BLOCKS):
                self._set_holds(edge, 1 - after.done)
        if before.spent != after.spent:
            for edge in self._edges("edge.of_target_kind", n=n, kind=CONDITIONAL):
                self._set_holds(edge, 1 - after.spent)
        open_by = before.done - after.done
        won_by = after.won - before.won
        if open_by or won_by:
            for edge in self._edges("edge.of_source", n=n):
                if edge.kind == PARENT_CHILD and edge.dst is not None and not edge.inert:
                    self._shift_kids(edge.dst, open_by, won_by)

    # -- edges come and go

    def add_edges(self, n: int, record: Record, edges: Iterable[tuple[str, str]]) -> None:
        """Add an issue's edges."""
        for target_id, kind in edges:
            self._add_edge(n, record, target_id, kind)

    def _add_edge(self, n: int, record: Record, target_id: str, kind: str) -> None:
        edge = self.loose(n, record, target_id, kind)
        target, spawner = self.meant(edge)
        edge = edge._replace(dst=target, spawn=spawner)
        self._session.run("edge.insert", **edge_parameters(edge))
        if is_outside(edge):
            self._session.run("ready.shift_ext", n=n, by=1)
        self.engage(edge)

    def loose(self, n: int, record: Record, target_id: str, kind: str) -> EdgeRow:
        """Return an issue's edge as it is before anybody looked for what it means."""
        mark = record.mark_of(("dependencies", target_id, kind))
        gate, spawn_id = None, None
        if kind == WAITS_FOR:
            payload = msgspec.json.decode(record.edges[target_id, kind], type=_WaitsMetadata)
            gate, spawn_id = waits_for(msgspec.json.decode(payload.metadata), target_id)
        added = f"{mark.stamp.sort_key()} {record.id} {target_id}"
        return EdgeRow(n, target_id, kind, None, None, gate, 0, 0, mark.birth, added, spawn_id)

    def bound(self, edge: EdgeRow, holders: Mapping[str, tuple[int, int]]) -> EdgeRow:
        """Bind an edge, given who holds the ids that it names, each with its birth."""
        n, birth_ns = holders.get(edge.dst_id, (None, 0))
        if n is not None and edge.birth_ns is not None and birth_ns < edge.birth_ns:
            target, spawner = self.meant(edge)
        else:
            target, spawner = n, holders.get(edge.spawn_id or "", (None, 0))[0]
        return edge._replace(dst=target, spawn=spawner if edge.kind == WAITS_FOR else None)

    def remove_edge(self, n: int, target_id: str, kind: str) -> None:
        """Take an edge away, and all that it did."""
        for edge in self._edges("edge.of_source", n=n):
            if (edge.dst_id, edge.kind) == (target_id, kind):
                self._detach(edge)
                self._session.run("edge.delete", src=n, dst_id=target_id, kind=kind)
                if is_outside(edge):
                    self._session.run("ready.shift_ext", n=n, by=-1)
                if kind == PARENT_CHILD and edge.dst is not None:
                    self.judge_component(n)
                    self.judge_component(edge.dst)

    def id_appeared(self, issue_id: str) -> None:
        """Let the edges that name an id find the issue that they mean now."""
        found = self._edges("edge.naming", id=issue_id)
        for key in dict.fromkeys((edge.src, edge.dst_id, edge.kind) for edge in found):
            # One edge may change what another does, so each is read anew.
            (edge,) = self._edges("edge.one", src=key[0], dst_id=key[1], kind=key[2])
            if self.meant(edge) != (edge.dst, edge.spawn):
                self._detach(edge)
                self._attach(edge)
                if edge.kind == PARENT_CHILD and edge.dst is not None:
                    self.judge_component(edge.src)
                    self.judge_component(edge.dst)

    def meant(self, edge: EdgeRow) -> tuple[int | None, int | None]:
        """Return the numbers of an edge's target and spawner (R4)."""
        target = self._meaning(edge.dst_id, edge.birth_ns)
        if edge.kind != WAITS_FOR or edge.spawn_id is None:
            return target, None
        if edge.spawn_id == edge.dst_id:
            return target, target
        return target, self._meaning(edge.spawn_id, None)

    def _meaning(self, issue_id: str, birth_ns: int | None) -> int | None:
        row = self._session.one("issue.birth_of", id=issue_id)
        if row is None:
            return None
        n, holder_birth = row
        if birth_ns is None or holder_birth >= birth_ns:
            return int(n)
        if birth_ns in self._tx.issues.by_number(n).record.births:
            return int(n)
        other = self._session.one("issue.number_of", id=derived_id(issue_id, format_ns(birth_ns)))
        return int(other[0]) if other else None

    def _attach(self, edge: EdgeRow) -> None:
        """Bind an edge to what it means now, and let it do what it does."""
        target, spawner = self.meant(edge)
        self._session.run(
            "edge.bind", src=edge.src, dst_id=edge.dst_id, kind=edge.kind, dst=target, spawn=spawner
        )
        self.engage(edge._replace(dst=target, spawn=spawner, holds=0, inert=0))

    def engage(self, edge: EdgeRow) -> None:
        """Let a bound edge, which does nothing yet, do what it does."""
        if edge.kind != PARENT_CHILD:
            self._set_holds(edge, self._holds(edge))
        elif edge.dst is not None:
            self._attach_parent(edge, edge.dst)

    def _detach(self, edge: EdgeRow) -> None:
        if edge.kind == PARENT_CHILD:
            if edge.dst is not None and not edge.inert:
                self._weigh_parent(edge.src, edge.dst, -1)
        else:
            self._set_holds(edge, 0)

    def _holds(self, edge: EdgeRow) -> int:
        if edge.kind == WAITS_FOR:
            if edge.spawn is None:
                return 0
            row = self._session.one("ready.facts", n=edge.spawn)
            open_kids, won_kids = (row[5], row[6]) if row else (0, 0)
            return int(won_kids == 0 if edge.gate == Gate.ANY_CHILDREN else open_kids > 0)
        if edge.dst is None or edge.kind not in (BLOCKS, CONDITIONAL):
            return 0
        facts = self.facts(edge.dst)
        return 1 - (facts.done if edge.kind == BLOCKS else facts.spent)

    # -- parents

    def _attach_parent(self, edge: EdgeRow, parent: int) -> None:
        """Count a parent edge, unless it makes a knot: then its whole component is judged."""
        is_knotted = self._session.one("edge.any_inert") is not None
        if not is_knotted and self.fits(edge):
            self._weigh_parent(edge.src, parent, 1)
            return
        self._session.run(
            "edge.set_inert", src=edge.src, dst_id=edge.dst_id, kind=edge.kind, inert=1
        )
        self.judge_component(edge.src)

    def fits(self, edge: EdgeRow) -> bool:
        """Tell whether a parent edge closes no cycle and makes no chain too long (R6 e)."""
        child, parent = edge.src, edge.dst
        if parent is None or child == parent:
            return False
        has_children = self._session.one("edge.has_children", n=child) is not None
        if not has_children and self._session.one("edge.has_parents", n=parent) is None:
            return True
        above = self._session.one("edge.height_above", start=parent, other=child) or (0, 0)
        below = (0,)
        if has_children:
            below = self._session.one("edge.depth_below", start=child) or (0,)
        return not above[1] and above[0] + 1 + below[0] <= limits.PARENT_CHAIN_MAX

    def judge_component(self, start: int) -> None:
        """Decide anew which parent edges around an issue are inert."""
        if self._session.one("edge.any_inert") is None:
            return
        links: dict[model.Link, tuple[str, int]] = {}
        seen, found = {start}, [start]
        while found:
            n = found.pop()
            for src, dst, dst_id, added, inert in self._session.all("edge.parent_links", n=n):
                links[model.Link(src, dst, PARENT_CHILD, added=added)] = (dst_id, inert)
                for other in (src, dst):
                    if other not in seen:
                        seen.add(other)
                        found.append(other)
        inert_now = model.inert_parents(links)
        # What turns inert goes first, so that no knot ever counts.
        for link, (dst_id, was_inert) in sorted(links.items(), key=lambda each: each[1][1]):
            self._turn(link, dst_id, was_inert, int(link in inert_now))

    def _turn(self, link: model.Link, dst_id: str, was_inert: int, is_inert: int) -> None:
        if was_inert == is_inert or link.target is None:
            return
        if is_inert:
            self._weigh_parent(link.source, link.target, -1)
        self._session.run(
            "edge.set_inert", src=link.source, dst_id=dst_id, kind=PARENT_CHILD, inert=is_inert
        )
        if not is_inert:
            self._weigh_parent(link.source, link.target, 1)

    def _weigh_parent(self, child: int, parent: int, sign: int) -> None:
        """Let a parent edge begin (1) or cease (-1) to count.

        The edge stands in its table meanwhile, as one that counts. A child that comes or goes
        may hold or free its own parents, which is then passed down along this edge too: so
        what the parent passes on is taken over first, and given up last.
        """
        facts = self.facts(child)
        if sign > 0:
            self._pass_on(parent, child, 1)
        self._shift_kids(parent, sign * (1 - facts.done), sign * facts.won)
        if sign < 0:
            self._pass_on(parent, child, -1)

    def _pass_on(self, parent: int, child: int, sign: int) -> None:
        row = self._session.one("ready.facts", n=parent)
        if row and (row[3] or row[4]):
            self.shift_held_up({child: 1}, sign)

    def _shift_kids(self, parent: int, open_by: int, won_by: int) -> None:
        self._session.run("ready.shift_kids", n=parent, open_by=open_by, won_by=won_by)
        self.weigh_spawned(parent)

    def weigh_spawned(self, parent: int) -> None:
        """Look anew at what waits for the children of an issue."""
        for edge in self._edges("edge.of_spawner", n=parent):
            self._set_holds(edge, self._holds(edge))

    # -- holding

    def _set_holds(self, edge: EdgeRow, holds: int) -> None:
        if edge.holds == holds:
            return
        self._session.run(
            "edge.set_holds", src=edge.src, dst_id=edge.dst_id, kind=edge.kind, holds=holds
        )
        by = holds - edge.holds
        if by < 0:
            self.released.add(edge.src)
        row = self._session.one("ready.facts", n=edge.src)
        own_holds, held_up = (row[3], row[4]) if row else (0, 0)
        self._session.run("ready.shift_own_holds", n=edge.src, by=by)
        if not held_up and (own_holds > 0) != (own_holds + by > 0):
            self._held_flipped([edge.src], by)

    def _held_flipped(self, parents: list[int], sign: int) -> None:
        """Pass a flip of the held state down, level by level."""
        while parents:
            rows = self._session.all("ready.children_to_shift", ns=listed(parents))
            self._session.many(
                "ready.shift_held_up", [{"n": row[0], "by": sign * row[1]} for row in rows]
            )
            parents = [
                n
                for n, count, own_holds, held_up in rows
                if not own_holds and (held_up > 0) != (held_up + sign * count > 0)
            ]

    def shift_held_up(self, counts: Mapping[int, int], sign: int) -> None:
        """Let issues have so many more (1) or fewer (-1) parents that are held."""
        flipped = []
        for n, count in counts.items():
            row = self._session.one("ready.facts", n=n)
            own_holds, held_up = (row[3], row[4]) if row else (0, 0)
            self._session.run("ready.shift_held_up", n=n, by=sign * count)
            if not own_holds and (held_up > 0) != (held_up + sign * count > 0):
                flipped.append(n)
        self._held_flipped(flipped, sign)

    def _edges(self, name: str, **parameters: object) -> list[EdgeRow]:
        return [EdgeRow(*row) for row in self._session.all(name, **parameters)]

    # -- from scratch

    def reflag(self) -> None:
        """Set every issue's flags anew: statuses, types or patterns have changed."""
        vocabulary = self._tx.vocabulary
        rows = []
        for n, issue_id, _, body in self._session.all("ready.all_states"):
            fields = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
            kept: dict[str, str] = {
                name: str(fields[name], "utf-8")
                for name in ("status", "close_reason", "pinned", "ephemeral", "issue_type")
                if name in fields
            }
            rows.append({"n": n, **state_flags(Record(issue_id, kept), vocabulary)})
        self._session.many("ready.put_flags", rows)
        self.recompute()

    def recompute(self) -> int:
        """Compute the whole index from scratch; return how many rows were wrong (R6 f)."""
        rows = self._session.all("ready.all_nodes")
        nodes = {row[0]: model.Node._make(row[1:4]) for row in rows}
        edges = self._session.all("ready.all_links")
        links = [_link(row) for row in edges]
        inert = model.inert_parents(links)
        standings = model.standings(nodes, links, inert)
        wrong = [row[0] for row in rows if standings[row[0]] != row[4:8]]
        self._session.many(
            "ready.put_standing", [{"n": n, **standings[n]._asdict()} for n in wrong]
        )
        kids = {n: (each.open_kids, each.won_kids) for n, each in standings.items()}
        mended = []
        for link, row in zip(links, edges, strict=True):
            holds = link.kind != PARENT_CHILD and model.holds(link, nodes, kids)
            is_inert = bool(inert) and link in inert
            if (holds, is_inert) != row[7:9]:
                key = {"src": row[0], "dst_id": row[6], "kind": row[2]}
                mended.append({**key, "holds": int(holds), "inert": int(is_inert)})
        self._session.many("ready.put_link", mended)
        return len(wrong) + len(mended)


def is_outside(edge: EdgeRow) -> bool:
    """Tell whether an edge needs something of another project."""
    return edge.kind == BLOCKS and edge.dst_id.startswith(EXTERNAL)


def edge_parameters(edge: EdgeRow) -> dict[str, object]:
    """Return what a new edge's row is made of."""
    birth_ns = edge.birth_ns
    return {
        "src": edge.src,
        "dst_id": edge.dst_id,
        "kind": edge.kind,
        "dst": edge.dst,
        "birth_ns": birth_ns,
        "alt_id": None if birth_ns is None else derived_id(edge.dst_id, format_ns(birth_ns)),
        "spawn_id": edge.spawn_id,
        "spawn": edge.spawn,
        "gate": edge.gate,
        "added": edge.added,
    }


def _link(row: Row) -> model.Link:
    source, target, kind, spawner, gate, added, _, _, _ = row
    return model.Link(
        source, target, kind, spawner, Gate(gate) if gate else Gate.ALL_CHILDREN, added
    )
