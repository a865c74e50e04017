"""The part of the proof about order: nothing was taken up before what it needs was done.

Computed anew and plainly, from the edges as they stand in the file.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Iterator

from backlog import DONE, HIDDEN_TYPE, WORKED_TYPES, Record
from evidence import Evidence

_CLAIMS = ("issue.claim", "issue.claim_ready")
_CLOSE = "issue.close"


def edges(record: Record, kind: str) -> Iterator[Record]:
    """Return the edges of one kind."""
    return (each for each in record.get("dependencies", ()) if each["type"] == kind)


class Graph:
    """What needs what."""

    def __init__(self, file: dict[str, Record]) -> None:
        self._file = file
        self._children: dict[str, list[str]] = defaultdict(list)
        for issue, record in file.items():
            for edge in edges(record, "parent-child"):
                self._children[edge["depends_on_id"]].append(issue)

    def needs(self, issue: str) -> set[str]:
        """Return all that must be done before an issue: its own needs, and its ancestors'."""
        found: set[str] = set()
        seen, waiting = {issue}, [issue]
        while waiting:
            record = self._file.get(waiting.pop(), {})
            found |= {each["depends_on_id"] for each in edges(record, "blocks")} & self._file.keys()
            for edge in edges(record, "waits-for"):
                found |= set(self._children[json.loads(edge["metadata"])["spawner_id"]])
            above = {each["depends_on_id"] for each in edges(record, "parent-child")} - seen
            seen |= above
            waiting += above
        return found


def _needed(evidence: Evidence) -> Iterator[tuple[str, str]]:
    """Return each claimed issue with each issue that it had to wait for."""
    graph = Graph(evidence.file)
    for ack in evidence.acked("claim"):
        for needed in sorted(graph.needs(ack["issue"])):
            if not evidence.was_done_at_first(needed):
                yield ack["issue"], needed


def order_by_the_clock(evidence: Evidence) -> tuple[int, list[str]]:
    """by the workers' clocks: nothing was claimed before what it needs was being closed"""
    claimed = {each["issue"]: each["answered"] for each in evidence.acked("claim")}
    closing = {each["issue"]: each["asked"] for each in evidence.acked("close")}
    pairs = list(_needed(evidence))
    faults = [
        f"{issue} was claimed before {needed} was closed"
        for issue, needed in pairs
        if needed not in closing or claimed[issue] < closing[needed]
    ]
    return len(pairs), faults


def order_by_the_log(evidence: Evidence) -> tuple[int, list[str]]:
    """by the store's log: nothing was claimed before what it needs was closed"""
    claimed: dict[str, int] = {}
    closed: dict[str, int] = {}
    for event in evidence.events:
        if event["operation"] in _CLAIMS:
            claimed.setdefault(event["issue_id"], event["seq"])
        elif event["operation"] == _CLOSE:
            closed[event["issue_id"]] = event["seq"]
    pairs = list(_needed(evidence))
    faults = [
        f"{issue} was claimed in event {claimed.get(issue)}, "
        f"{needed} was closed in event {closed.get(needed)}"
        for issue, needed in pairs
        if not closed.get(needed, claimed.get(issue, 0)) < claimed.get(issue, 0)
    ]
    return len(pairs), faults


def writes_are_in_the_log(evidence: Evidence) -> tuple[int, list[str]]:
    """each acknowledged write is an event of the store, by that worker"""
    wanted = {
        "claim": _CLAIMS,
        "comment": ("comment.add",),
        "create": ("issue.create",),
        "close": (_CLOSE,),
    }
    logged = {(each["operation"], each["issue_id"], each["actor"]) for each in evidence.events}
    acks = [each for each in evidence.acks if each["what"] in wanted]
    faults = [
        f"no event says that {ack['worker']} did {ack['what']} {ack['issue']}"
        for ack in acks
        if not any((name, ack["issue"], ack["worker"]) in logged for name in wanted[ack["what"]])
    ]
    return len(acks), faults


def nothing_ready_is_left(evidence: Evidence) -> tuple[int, list[str]]:
    """all that is left undone waits for something, is put off, or is somebody else's"""
    graph = Graph(evidence.file)
    left = [each for each in evidence.file.values() if each["status"] not in DONE]
    faults = [
        f"{record['id']} was ready and nobody took it"
        for record in left
        if _is_for_workers(record) and _is_free(graph, evidence, record["id"])
    ]
    return len(left), faults


def _is_for_workers(record: Record) -> bool:
    return (
        record["status"] == "open"
        and "defer_until" not in record
        and "assignee" not in record
        and record["issue_type"] in WORKED_TYPES
        and record["issue_type"] != HIDDEN_TYPE
    )


def _is_free(graph: Graph, evidence: Evidence, issue: str) -> bool:
    return all(evidence.file[each]["status"] in DONE for each in graph.needs(issue))


ORDER_CHECKS: tuple[Callable[[Evidence], tuple[int, list[str]]], ...] = (
    order_by_the_clock,
    order_by_the_log,
    writes_are_in_the_log,
    nothing_ready_is_left,
)
