"""The backlog of the demo: what a team might have in a classic `issues.jsonl`.

The same count and seed give the same bytes. Every edge leads to something made earlier, so the
work can always be done in some order; what can't be done is left on purpose and named here.
"""

import json
import random
from typing import Any

PREFIX = "demo"
PERSON = "maria"
"""Somebody else in the project: what is hers is not the agents'."""
WORKED_TYPES = ("task", "bug", "feature", "chore", "spike", "decision")
"""What the agents take; `spike` and `decision` are no types that this project knows."""
HIDDEN_TYPE = "merge-request"
DONE = frozenset({"closed", "tombstone"})
RACE_LABEL = "race"
"""The issue with this label is claimed by all workers at the same time."""

_ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyz"
_FAR_OFF = "2099-01-01T00:00:00Z"
_VERBS = ("Fix", "Add", "Test", "Document", "Speed up", "Simplify", "Rename", "Review")
_NOUNS = ("the parser", "login", "the cache", "exports", "the <nav> & menu", "retries", "größe")
_LABELS = ("backend", "docs", "frontend", "tests", "urgent")
_ODD = (
    "race", "closed", "asleep", "foreign", "unknown_type", "hers", "tombstone", "in_progress",
    "hidden", "needs_asleep", "dangling", "deferred", "foreign", "unknown_type",
)  # fmt: skip
"""What stands among the plain issues: each of these once in every so many."""
_ODD_EVERY = 120

Record = dict[str, Any]


class _Maker:
    """Makes records one after another, each later than the last."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.records: list[Record] = []
        self.doable: list[str] = []
        """What will get done, and so may be needed by what comes later."""
        self._taken: set[str] = set()

    def new_id(self, prefix: str = PREFIX) -> str:
        while True:
            name = f"{prefix}-{''.join(self.random.choices(_ALPHABET, k=4))}"
            if name not in self._taken:
                self._taken.add(name)
                return name

    def add(self, issue_id: str, *, is_doable: bool = True, **fields: Any) -> Record:
        order = len(self.records)
        minute = f"2026-01-{1 + order // 1440:02}T{order // 60 % 24:02}:{order % 60:02}"
        record: Record = {
            "id": issue_id,
            "title": f"{self.random.choice(_VERBS)} {self.random.choice(_NOUNS)} ({order})",
            "description": f"Found in week {order % 52}.\n\nSee `module_{order}`.",
            "status": "open",
            "priority": self.random.choices(range(5), weights=(1, 3, 6, 3, 1))[0],
            "issue_type": self.random.choice(WORKED_TYPES[:4]),
            "created_at": f"{minute}:07.295058-08:00",
            "created_by": PERSON,
            "updated_at": f"{minute}:07.295058123-08:00",
        }
        if self.random.random() < 0.3:
            record["labels"] = sorted(self.random.sample(_LABELS, self.random.randint(1, 2)))
        if self.random.random() < 0.1:
            record["comments"] = [
                {
                    "id": order + 1,
                    "issue_id": issue_id,
                    "author": PERSON,
                    "text": "Is this <still> so & needed?",
                    "created_at": f"{minute}:30Z",
                }
            ]
        record |= fields
        self.records.append(record)
        if is_doable:
            self.doable.append(issue_id)
        return record

    def need(self, record: Record, target: str, kind: str = "blocks", **more: Any) -> None:
        edge = {"issue_id": record["id"], "depends_on_id": target, "type": kind}
        edge |= {"created_at": record["created_at"], "created_by": PERSON, **more}
        record.setdefault("dependencies", []).append(edge)

    def maybe_need_earlier(self, record: Record, chance: float, among: list[str]) -> None:
        if among and self.random.random() < chance:
            self.need(record, self.random.choice(among))


def make(count: int, seed: int) -> list[Record]:
    """Make a backlog of about `count` issues, ordered by id as the classic file is."""
    maker = _Maker(seed)
    for number in range(max(1, count // 16)):
        _make_epic(maker, number)
    position = 0
    while len(maker.records) < count or position < len(_ODD):
        _make_single(maker, position)
        position += 1
    return sorted(maker.records, key=lambda each: each["id"].encode())


def _make_epic(maker: _Maker, number: int) -> None:
    """Make an epic, its children, and a wrap-up that waits for them all."""
    earlier = list(maker.doable)
    epic = maker.add(maker.new_id(), is_doable=False, issue_type="epic", priority=1)
    maker.maybe_need_earlier(epic, 0.4, earlier)
    children: list[str] = []
    for child_number in range(1, maker.random.randint(5, 9) + 1):
        child = maker.add(f"{epic['id']}.{child_number}")
        maker.need(child, epic["id"], "parent-child")
        maker.maybe_need_earlier(child, 0.4, children)
        maker.maybe_need_earlier(child, 0.1, earlier)
        children.append(child["id"])
    wrap_up = maker.add(
        maker.new_id(),
        title=f"Wrap up epic {number}",
        issue_type="task",
        metadata={"epic": epic["id"]},
    )
    gate = json.dumps({"gate": "all-children", "spawner_id": epic["id"]})
    maker.need(wrap_up, epic["id"], "waits-for", metadata=gate)


def _make_single(maker: _Maker, position: int) -> None:
    """Make an issue outside the epics: a plain one, or one of the odd ones."""
    place = position % _ODD_EVERY
    odd = _ODD[place] if place < len(_ODD) else ""
    if odd:
        _ODD_MAKERS.get(odd, _with)(maker, odd)
        return
    earlier = list(maker.doable)
    record = maker.add(maker.new_id())
    maker.maybe_need_earlier(record, 0.25, earlier)
    if earlier and maker.random.random() < 0.1:
        maker.need(record, maker.random.choice(earlier), "related")


_CHANGES: dict[str, Record] = {
    "asleep": {"defer_until": _FAR_OFF},
    "deferred": {"status": "deferred"},
    "hers": {"assignee": PERSON},
    "hidden": {"issue_type": HIDDEN_TYPE},
    "in_progress": {"status": "in_progress", "assignee": PERSON},
}


def _with(maker: _Maker, odd: str) -> None:
    """Make what no agent takes."""
    maker.add(maker.new_id(), is_doable=False, **_CHANGES[odd])


def _race(maker: _Maker, _: str) -> None:
    is_first = not any(RACE_LABEL in each.get("labels", ()) for each in maker.records)
    maker.add(maker.new_id(), priority=0, labels=[RACE_LABEL] if is_first else [])


def _closed(maker: _Maker, _: str) -> None:
    record = maker.add(
        maker.new_id(), is_doable=False, status="closed", close_reason="Done long ago"
    )
    record["closed_at"] = record["updated_at"]
    maker.need(maker.add(maker.new_id()), record["id"])


def _tombstone(maker: _Maker, _: str) -> None:
    record = maker.add(maker.new_id(), is_doable=False, status="tombstone", delete_reason="Mistake")
    record |= {"deleted_at": record["updated_at"], "deleted_by": PERSON, "original_type": "task"}
    maker.need(maker.add(maker.new_id()), record["id"])


def _foreign(maker: _Maker, _: str) -> None:
    maker.add(maker.new_id("upstream"), x_upstream={"rank": 1.10, "seen": [1, 2]})


def _unknown_type(maker: _Maker, _: str) -> None:
    maker.add(maker.new_id(), issue_type=maker.random.choice(WORKED_TYPES[4:]))


def _needs_asleep(maker: _Maker, _: str) -> None:
    """Make what can't be done: it needs what is deferred."""
    asleep = next(each["id"] for each in reversed(maker.records) if "defer_until" in each)
    maker.need(maker.add(maker.new_id(), is_doable=False), asleep)


def _dangling(maker: _Maker, _: str) -> None:
    """Make what names an issue that nobody knows; that holds nothing back."""
    maker.need(maker.add(maker.new_id()), f"{PREFIX}-gone")


_ODD_MAKERS = {
    "race": _race,
    "closed": _closed,
    "tombstone": _tombstone,
    "foreign": _foreign,
    "unknown_type": _unknown_type,
    "needs_asleep": _needs_asleep,
    "dangling": _dangling,
}


def closable(records: list[Record]) -> int:
    """Count what the workers will have closed in the end."""
    asleep = {each["id"] for each in records if "defer_until" in each}
    return sum(
        each["status"] == "open"
        and not each.keys() & {"assignee", "defer_until"}
        and each["issue_type"] != HIDDEN_TYPE
        and all(edge["depends_on_id"] not in asleep for edge in each.get("dependencies", ()))
        for each in records
    )


_KEY_ORDER = (
    "id", "title", "description", "status", "priority", "issue_type", "assignee", "created_at",
    "created_by", "updated_at", "closed_at", "close_reason", "defer_until", "metadata", "labels",
    "dependencies", "comments", "deleted_at", "deleted_by", "delete_reason", "original_type",
)  # fmt: skip


def encode(record: Record) -> str:
    """Write a record as classic `bd` does: its key order, its escapes."""
    names = [name for name in _KEY_ORDER if name in record]
    names += sorted(record.keys() - set(names))
    text = json.dumps(
        {name: record[name] for name in names}, ensure_ascii=False, separators=(",", ":")
    )
    for sign in "<>&":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text


def as_file(records: list[Record]) -> str:
    """Write the file."""
    return "".join(f"{encode(record)}\n" for record in records)
