"""The git merge driver: three files of records folded into one (rules R2-R4).

Needs no store. Lines that are equal on all sides are never parsed.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import NamedTuple

import msgspec

from beadwork.model import codec, identity
from beadwork.model import record as records
from beadwork.model.adoption import adopt, restamped
from beadwork.model.fold import fold_all
from beadwork.model.history import forms
from beadwork.model.record import Record
from beadwork.model.version import Version
from beadwork.model.view import view

_ID = re.compile(rb'\{"id":"([^"\\]*)"')
_MARKERS = (b"<<<<<<<", b"=======", b">>>>>>>", b"|||||||")

_Lines = dict[str, list[bytes]]


class Merged(NamedTuple):
    """The merged file, and the lines that could not be read, which are kept at its end."""

    content: bytes
    unreadable: list[bytes]


def _id_of(line: bytes) -> str | None:
    found = _ID.match(line)
    if found:
        return found[1].decode("utf-8", "surrogateescape")
    record = _read(line)
    return None if record is None else record.id


def _read(line: bytes) -> Record | None:
    try:
        record = codec.decode(line)
        view(record)
    except (msgspec.MsgspecError, ValueError):
        return None
    return record


def _lines(content: bytes) -> tuple[_Lines, list[bytes]]:
    found: defaultdict[str, list[bytes]] = defaultdict(list)
    unreadable = []
    for raw in content.split(b"\n"):
        line = raw.rstrip(b"\r")
        if not line.strip() or line.startswith(_MARKERS):
            continue
        issue_id = _id_of(line)
        if issue_id is None:
            unreadable.append(line)
        else:
            found[issue_id].append(line)
    return found, unreadable


def merge(
    base: bytes, left: bytes, right: bytes, *, history: Callable[[], list[Version]] = list
) -> Merged:
    """Merge two files that grew from a common one. It can't fail, only keep what it can't read.

    `history` tells what happened on the way; it is asked only where an outsider had a part in it.
    """
    known: dict[str, Record] | None = None
    ancestors, _ = _lines(base)
    ours, unread_left = _lines(left)
    theirs, unread_right = _lines(right)
    settled: dict[str, bytes] = {}
    open_groups: defaultdict[str, list[Record]] = defaultdict(list)
    unreadable = list(dict.fromkeys(unread_left + unread_right))
    for issue_id in {**ours, **theirs}:
        sides = list(dict.fromkeys(ours.get(issue_id, []) + theirs.get(issue_id, [])))
        if len(sides) == 1:
            settled[issue_id] = sides[0]
            continue
        read = {line: each for line in sides if (each := _read(line)) is not None}
        unreadable += [line for line in sides if line not in read]
        ancestor = _ancestor(ancestors.get(issue_id, []))
        if known is None and not all(each.is_stamped for each in read.values()):
            known = forms(history())
        for line, record in read.items():
            form = (known or {}).get(line.decode("utf-8", "surrogateescape"))
            open_groups[issue_id].append(form or _adopted(record, ancestor, list(read.values())))
    for issue_id, record in _folded(open_groups, settled):
        settled[issue_id] = codec.encode(record).encode()
    lines = [settled[issue_id] for issue_id in sorted(settled)] + unreadable
    return Merged(b"".join(line + b"\n" for line in lines), unreadable)


def _ancestor(lines: list[bytes]) -> Record | None:
    read = [each for line in lines if (each := _read(line)) is not None]
    return fold_all(read).record if read else None


def _adopted(record: Record, ancestor: Record | None, sides: list[Record]) -> Record:
    if ancestor is None or not _is_one(record, ancestor):
        return record
    if not (record.is_stamped or ancestor.is_stamped):
        # An outsider's line, on one that an outsider wrote before: the other side knows its stamps.
        kept = [each for each in sides if each.is_stamped and _is_one(each, ancestor)]
        ancestor = restamped(ancestor, fold_all(kept).record) if kept else ancestor
    return adopt(record, ancestor).record


def _is_one(record: Record, ancestor: Record) -> bool:
    return len(identity.births(record.id, [ancestor, record])) == 1


def _folded(
    groups: dict[str, list[Record]], settled: dict[str, bytes]
) -> Iterable[tuple[str, Record]]:
    """Fold each issue's records; a later birth under an id moves to its own (R4)."""
    final: defaultdict[str, list[Record]] = defaultdict(list)
    for issue_id, members in groups.items():
        for birth in identity.births(issue_id, members):
            for position in birth.members:
                record = members[position]
                is_moved = birth.issue_id != record.id
                final[birth.issue_id].append(
                    records.renamed(record, birth.issue_id) if is_moved else record
                )
    for issue_id, members in final.items():
        there = settled.get(issue_id)
        known = [each] if there is not None and (each := _read(there)) is not None else []
        yield issue_id, fold_all(known + members).record
