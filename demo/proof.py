"""The proof: holds the file and the store to what the workers were told.

`python demo/proof.py FOLDER` reads everything anew, prints a line for each check, and leaves
with 1 if one failed.
"""

import json
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from backlog import DONE, Record
from doors import Json
from evidence import Evidence, collect
from order import ORDER_CHECKS
from talk_checks import TALK_CHECKS

_SHOWN_MAX = 3


class Result(NamedTuple):
    """How a check went: how many things were looked at, and what is wrong."""

    seen: int
    faults: list[str]


def claims_are_unique(evidence: Evidence) -> Result:
    """each claim that was granted is the only one of its issue"""
    claims = evidence.acked("claim")
    holders: dict[str, list[str]] = {}
    for ack in claims:
        holders.setdefault(ack["issue"], []).append(ack["worker"])
    faults = [
        f"{issue} was claimed by {' and '.join(workers)}"
        for issue, workers in holders.items()
        if len(workers) > 1
    ]
    return Result(len(claims), faults)


def the_race_had_one_winner(evidence: Evidence) -> Result:
    """of the workers that claimed one issue at once, one won and the others were told so"""
    winners = [each["worker"] for each in evidence.acked("claim") if each.get("race")]
    losers = [each["worker"] for each in evidence.acked("lost")]
    workers = {each["worker"] for each in evidence.acks}
    faults = [] if len(winners) == 1 else [f"the winners are {winners}"]
    faults += [] if len(losers) == len(workers) - 1 else [f"the losers are {losers}"]
    return Result(len(winners) + len(losers), faults)


def _sides(evidence: Evidence, issue: str) -> Iterator[tuple[str, Record]]:
    yield "file", evidence.file.get(issue, {})
    yield "store", evidence.store.get(issue, {})


def creates_are_there(evidence: Evidence) -> Result:
    """each acknowledged create is in the store and in the file"""
    acks = evidence.acked("create")
    faults = []
    for ack in acks:
        for side, record in _sides(evidence, ack["issue"]):
            wanted = {(ack["source"], "discovered-from")}
            wanted |= {(ack["parent"], "parent-child")} if ack["parent"] else set()
            if record.get("title") != ack["title"] or not wanted <= edges_of(record):
                faults.append(f"{ack['issue']} is not in the {side} as it was created")
    return Result(len(acks), faults)


def comments_are_there(evidence: Evidence) -> Result:
    """each acknowledged comment is in the store and in the file"""
    acks = evidence.acked("comment")
    faults = [
        f"the comment of {ack['worker']} on {ack['issue']} is not in the {side}"
        for ack in acks
        for side, record in _sides(evidence, ack["issue"])
        if comments_of(record)[ack["worker"], ack["text"]] != 1
    ]
    return Result(len(acks), faults)


def closes_are_there(evidence: Evidence) -> Result:
    """each acknowledged close is in the store and in the file"""
    acks = evidence.acked("close")
    faults = [
        f"{ack['issue']} is not closed in the {side} as {ack['worker']} did it"
        for ack in acks
        for side, record in _sides(evidence, ack["issue"])
        if (record.get("status"), record.get("close_reason")) != ("closed", ack["reason"])
        or not record.get("closed_at")
    ]
    return Result(len(acks), faults)


def holders_are_noted(evidence: Evidence) -> Result:
    """each issue that was claimed names its worker in the store and in the file"""
    acks = evidence.acked("claim")
    faults = [
        f"{ack['issue']} does not name {ack['worker']} in the {side}"
        for ack in acks
        for side, record in _sides(evidence, ack["issue"])
        if record.get("assignee") != ack["worker"]
    ]
    return Result(len(acks), faults)


def nothing_else_is_there(evidence: Evidence) -> Result:
    """the file holds the backlog and what was acknowledged, and nothing besides"""
    created = {each["issue"] for each in evidence.acked("create")}
    closed = {each["issue"] for each in evidence.acked("close")}
    said = Counter(each["issue"] for each in evidence.acked("comment"))
    faults = [f"{each} is gone" for each in sorted(evidence.backlog.keys() - evidence.file.keys())]
    for issue, record in evidence.file.items():
        if issue not in evidence.backlog and issue not in created:
            faults.append(f"nobody created {issue}")
        at_first = json.loads(evidence.backlog.get(issue, "{}"))
        if record["status"] in DONE and at_first.get("status") not in DONE and issue not in closed:
            faults.append(f"nobody closed {issue}")
        if comments_of(record).total() != said[issue] + len(at_first.get("comments", ())):
            faults.append(f"{issue} has {comments_of(record).total()} comments")
    return Result(len(evidence.file), faults)


def untouched_lines_are_as_they_were(evidence: Evidence) -> Result:
    """each line that nobody worked on is the same, byte for byte"""
    touched = {each["issue"] for each in evidence.acks}
    now = set(evidence.lines)
    kept = {issue: line for issue, line in evidence.backlog.items() if issue not in touched}
    faults = [f"the line of {issue} changed" for issue, line in kept.items() if line not in now]
    return Result(len(kept), faults)


def the_file_is_well_formed(evidence: Evidence) -> Result:
    """the file is JSON, a line an issue, ordered by id"""
    faults = [f"a line is no record: {line[:60]!r}" for line in evidence.unreadable]
    faults += [] if all(line.endswith("\n") for line in evidence.lines) else ["its end is cut off"]
    if len(evidence.lines) != len(evidence.file) + len(evidence.unreadable):
        faults.append(f"{len(evidence.lines)} lines hold {len(evidence.file)} issues")
    names = [issue.encode() for issue in evidence.file]
    faults += [] if names == sorted(names) else ["it is not ordered by id"]
    return Result(len(evidence.lines), faults)


def file_and_store_agree(evidence: Evidence) -> Result:
    """the file and the store say the same, issue by issue, field by field"""
    names = evidence.file.keys() | evidence.store.keys()
    deleted = {issue for issue, each in evidence.file.items() if each["status"] == "tombstone"}
    faults = []
    for issue in sorted(names):
        record, shown = evidence.file.get(issue), evidence.store.get(issue)
        if record is None or shown is None:
            faults.append(f"{issue} is only in the {'store' if record is None else 'file'}")
            continue
        differing = sorted(differences(record, shown, deleted))
        if differing:
            faults.append(f"{issue} differs in {', '.join(differing)}")
    return Result(len(names), faults)


_NOT_IN_THE_FILE = {"dependents", "parent", "claimed_by", "claim_epoch"}
_NOT_SHOWN = {"stamps"}
_COMPARED_APART = {"comments", "dependencies"}


def differences(record: Record, shown: Json, deleted: set[str]) -> Iterator[str]:
    """Name the fields in which a record of the file and an issue of the store differ.

    `bd show` leaves out the edges to deleted issues, as classic does; the file keeps them.
    """
    left = record.keys() - _NOT_SHOWN - _COMPARED_APART
    right = shown.keys() - _NOT_IN_THE_FILE - _COMPARED_APART
    for name in left | right:
        if record.get(name) != shown.get(name):
            yield name
    alive = {edge for edge in edges_of(record) if edge[0] not in deleted}
    if alive != edges_of(shown):
        yield "dependencies"
    if comments_of(record) != comments_of(shown):
        yield "comments"


def edges_of(record: Record) -> set[tuple[str, str]]:
    """Return (target, type) of the edges, as the file or as `bd show` writes them."""
    return {
        (each.get("depends_on_id") or each["id"], each.get("dependency_type") or each["type"])
        for each in record.get("dependencies", ())
    }


def comments_of(record: Record) -> Counter[tuple[str, str]]:
    """Count comments by author and text."""
    return Counter((each["author"], each["text"]) for each in record.get("comments", ()))


def only_our_folder_changed(evidence: Evidence) -> Result:
    """git sees changes under .beads/ only, and HEAD stands where it stood"""
    faults = [
        f"{path} changed" for path in evidence.changed_paths if not path.startswith(".beads/")
    ]
    faults += [] if evidence.head_before == evidence.head_after else ["HEAD moved"]
    return Result(len(evidence.changed_paths), faults)


CHECKS: tuple[Callable[[Evidence], tuple[int, list[str]]], ...] = (
    claims_are_unique,
    the_race_had_one_winner,
    creates_are_there,
    comments_are_there,
    closes_are_there,
    holders_are_noted,
    nothing_else_is_there,
    *ORDER_CHECKS,
    the_file_is_well_formed,
    file_and_store_agree,
    untouched_lines_are_as_they_were,
    only_our_folder_changed,
    *TALK_CHECKS,
)


def show(what: str, count: int, faults: Iterable[str]) -> bool:
    """Print how a check went; tell whether it held."""
    found = list(faults)
    print(f"  {'FAILED' if found else 'OK    '}  {count:>6,}  {what}")
    for fault in found[:_SHOWN_MAX]:
        print(f"                  {fault}")
    if len(found) > _SHOWN_MAX:
        print(f"                  and {len(found) - _SHOWN_MAX:,} more")
    return not found


def main() -> int:
    if len(sys.argv) != 2:
        sys.exit("usage: proof.py FOLDER")
    evidence = collect(Path(sys.argv[1]))
    held = [show((check.__doc__ or "").strip(), *check(evidence)) for check in CHECKS]
    print(f"  {sum(held)} of {len(held)} checks hold" if all(held) else "  The proof FAILED")
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(main())
