"""Readiness computed from nothing but the lines of the store: a second opinion for the tests."""

import json
from typing import NamedTuple

from beadwork.model import codec, readiness
from beadwork.model.dependency import BLOCKS, EXTERNAL, WAITS_FOR, Gate, waits_for
from beadwork.model.ids import derived_id
from beadwork.model.instants import format_ns, parse_us
from beadwork.model.issue import HIDDEN_TYPES, Vocabulary, names_failure
from beadwork.model.readiness import Link, Node, Standing
from beadwork.model.record import Record

RECENT_US = 48 * 3600 * 1_000_000


class Edge(NamedTuple):
    """An edge as the oracle understands it."""

    source: str
    target_id: str
    kind: str
    target: str | None
    is_holding: bool
    is_inert: bool


class Opinion(NamedTuple):
    """What the lines say: where each issue stands, what each edge does, what is ready."""

    standings: dict[str, Standing]
    external: dict[str, int]
    edges: list[Edge]
    ready: list[str]


class Oracle:
    """Reads lines, and judges."""

    def __init__(self, lines: list[str], vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary
        self.records = {record.id: record for record in map(codec.decode, lines)}
        assert len(self.records) == len(lines), "an id stands in two lines"
        self.numbers = {issue_id: n for n, issue_id in enumerate(sorted(self.records))}
        self.names = {n: issue_id for issue_id, n in self.numbers.items()}

    def meaning(self, issue_id: str, birth: int | None) -> str | None:
        """Find the issue that an edge means by an id (R4)."""
        holder = self.records.get(issue_id)
        if holder is None:
            return None
        if birth is None or min(holder.births) >= birth or birth in holder.births:
            return issue_id
        derived = derived_id(issue_id, format_ns(birth))
        return derived if derived in self.records else None

    def node(self, record: Record) -> Node:
        """Judge an issue's own state."""
        is_gone = record.status == "tombstone"
        is_done = record.status in ("closed", "tombstone", *self.vocabulary.done_statuses)
        is_failed = is_done and names_failure(record.text("close_reason"))
        return Node(is_done, is_done and not is_gone, is_gone or is_failed)

    def links(self) -> dict[Link, tuple[str, str, str, str | None]]:
        """Read every edge."""
        found = {}
        for record in self.records.values():
            for (target_id, kind), payload in record.edges.items():
                mark = record.mark_of(("dependencies", target_id, kind))
                target = self.meaning(target_id, mark.birth)
                spawner, gate = None, Gate.ALL_CHILDREN
                if kind == WAITS_FOR:
                    gate, spawn_id = waits_for(json.loads(payload).get("metadata"), target_id)
                    same = spawn_id == target_id
                    spawner = target if same else self.meaning(spawn_id, None)
                link = Link(
                    self.numbers[record.id],
                    None if target is None else self.numbers[target],
                    kind,
                    None if spawner is None else self.numbers[spawner],
                    gate,
                    f"{mark.stamp.sort_key()} {record.id} {target_id}",
                )
                found[link] = (record.id, target_id, kind, target)
        return found

    def is_shown(self, record: Record, now_us: int) -> bool:
        """Tell whether an issue may be ready, if nothing holds it."""
        until = parse_us(record.text("defer_until"))
        return (
            not self.node(record).is_done
            and record.fields.get("pinned") != "true"
            and record.fields.get("ephemeral") != "true"
            and not any(each in record.id for each in self.vocabulary.hidden_id_patterns)
            and record.text("issue_type") not in HIDDEN_TYPES
            and (until is None or until <= now_us)
        )

    def opinion(self, now_us: int, statuses: tuple[str, ...]) -> Opinion:
        """Judge everything."""
        nodes = {self.numbers[each.id]: self.node(each) for each in self.records.values()}
        links = self.links()
        standings = readiness.standings(nodes, list(links))
        inert = readiness.inert_parents(links)
        kids = {n: (each.open_kids, each.won_kids) for n, each in standings.items()}
        edges = [
            Edge(*names, readiness.holds(link, nodes, kids), link in inert)
            for link, names in links.items()
        ]
        external = dict.fromkeys(self.records, 0)
        for edge in edges:
            external[edge.source] += edge.kind == BLOCKS and edge.target_id.startswith(EXTERNAL)
        ready = [
            record
            for record in self.records.values()
            if record.status in statuses
            and self.is_shown(record, now_us)
            and not standings[self.numbers[record.id]].is_held
            and not external[record.id]
        ]
        return Opinion(
            {self.names[n]: each for n, each in standings.items()},
            external,
            edges,
            [record.id for record in sorted(ready, key=lambda each: _rank(each, now_us))],
        )


def _rank(record: Record, now_us: int) -> tuple[int, int, int, str]:
    created_us = record.created_ns // 1000
    if created_us > now_us - RECENT_US:
        return 0, int(record.fields["priority"]), created_us, record.id
    return 1, 0, created_us, record.id
