"""The git merge driver: three files of records folded into one (rules R2-R4).

Needs no store. Lines that are equal on all sides are never parsed.
"""

import itertools
import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import NamedTuple

import msgspec

from beadwork.model import codec, identity
from beadwork.model import record as records
from beadwork.model.adoption import adopt, adopt_beside, may_be, restamped
from beadwork.model.fold import fold_all, folded_kin
from beadwork.model.history import Past, past
from beadwork.model.record import Record
from beadwork.model.version import Version
from beadwork.model.view import view

_ID = re.compile(rb'\{"id":"([^"\\]*)"')
_MARKERS = (b"<<<<<<<", b"=======", b">>>>>>>", b"|||||||")

_BOM = b"\xef\xbb\xbf"

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
    for raw in content.removeprefix(_BOM).split(b"\n"):
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
    known: Past | None = None
    ancestors, _ = _lines(base)
    ours, unread_left = _lines(left)
    theirs, unread_right = _lines(right)
    files = (ours, theirs)
    settled: dict[str, bytes] = {}
    open_groups: defaultdict[str, list[Record]] = defaultdict(list)
    unreadable = list(dict.fromkeys(unread_left + unread_right))
    for issue_id in {**ours, **theirs}:
        sides = list(dict.fromkeys(ours.get(issue_id, []) + theirs.get(issue_id, [])))
        if len(sides) == 1:
            settled[issue_id] = sides[0]
            continue
        read = {line: each for line in sides if (each := _read(line)) and each.id == issue_id}
        unreadable += [line for line in sides if line not in read]
        if known is None and not all(each.is_stamped for each in read.values()):
            known = past(history())
        group = _Group(
            [each for line in ancestors.get(issue_id, []) if (each := _read(line)) is not None],
            [[read[line] for line in side.get(issue_id, []) if line in read] for side in files],
        )
        for line, record in read.items():
            open_groups[issue_id].append(group.formed(line, record, known))
    for issue_id, record in _folded(open_groups, settled):
        settled[issue_id] = codec.encode(record).encode()
    lines = [settled[issue_id] for issue_id in sorted(settled)] + unreadable
    return Merged(b"".join(line + b"\n" for line in lines), unreadable)


class _Group(NamedTuple):
    """The lines of an id: those of the ancestor, and those of each side."""

    ancestors: list[Record]
    sides: list[list[Record]]

    def formed(self, line: bytes, record: Record, known: Past | None) -> Record:
        """Return what a line stands for: by the history, else by what there is beside it."""
        text = line.decode("utf-8", "surrogateescape")
        if known is not None and text in known.forms:
            return known.forms[text]
        told = known.bases.get(text) if known is not None else None
        beside = self._beside(record)
        if told is None and beside is not None:
            return adopt_beside(record, beside, held=may_be).record
        ancestor = told or folded_kin(record, self.ancestors)
        if ancestor is None:
            return record
        if not (record.is_stamped or ancestor.is_stamped):
            # An outsider's line, on one that an outsider wrote: the other side knows its stamps.
            others = itertools.chain(*self.sides)
            later = folded_kin(ancestor, [each for each in others if each.is_stamped])
            ancestor = ancestor if later is None else restamped(ancestor, later)
        return adopt(record, ancestor).record

    def _beside(self, record: Record) -> Record | None:
        """Return what stands beside an outsider's line in one file: it is not what he started from."""
        if record.is_stamped:
            return None
        beside = itertools.chain(*[side for side in self.sides if record in side])
        return folded_kin(record, [each for each in beside if each.is_stamped])


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
