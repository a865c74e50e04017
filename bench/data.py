"""Files of records to measure with. The same arguments give the same bytes."""

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

PREFIX = "bm"
_CHILDREN = 8
"""How many issues in a row are children of the epic before them."""
_HUB_EVERY = 1000
_HUB_NEEDED_BY = 100
_WORDS = (
    "agent", "branch", "cache", "commit", "daemon", "edge", "export", "field", "graph", "import",
    "index", "issue", "label", "lease", "merge", "parser", "queue", "record", "socket", "worker",
)  # fmt: skip
_LABELS = ("backend", "docs", "frontend", "tests", "urgent")
_ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyz"


def issue_id(number: int) -> str:
    """Name an issue as a hash id would: six letters or digits, each number its own."""
    scrambled = number * 1_000_003 % 36**6
    text = ""
    for _ in range(6):
        scrambled, digit = divmod(scrambled, 36)
        text = _ALPHABET[digit] + text
    return f"{PREFIX}-{text}"


def _time(number: int) -> str:
    minutes, second = divmod(number, 60)
    hours, minute = divmod(minutes, 60)
    day, hour = divmod(hours, 24)
    return f"2026-01-{1 + day % 28:02}T{hour:02}:{minute:02}:{second:02}.295058Z"


def _text(chance: random.Random, size: int) -> str:
    return " ".join(chance.choices(_WORDS, k=size))


def plain_record(number: int, chance: random.Random) -> dict[str, Any]:
    """Make a record of about 300 bytes, without edges."""
    at = _time(number)
    return {
        "id": issue_id(number),
        "title": f"{_text(chance, 4)} {number}",
        "description": _text(chance, 10),
        "status": "open",
        "priority": chance.randrange(5),
        "issue_type": "task",
        "created_at": at,
        "created_by": "maria",
        "updated_at": at,
    }


def _need(record: dict[str, Any], number: int, kind: str) -> None:
    edge = {"issue_id": record["id"], "depends_on_id": issue_id(number), "type": kind}
    edge |= {"created_at": record["created_at"], "created_by": "maria"}
    if edge["depends_on_id"] not in [e["depends_on_id"] for e in record.get("dependencies", ())]:
        record.setdefault("dependencies", []).append(edge)


def backlog(count: int, seed: int = 1) -> Iterator[dict[str, Any]]:
    """Make a backlog: epics of eight children, needs, hubs that a hundred need, closed ones."""
    chance = random.Random(seed)
    for number in range(count):
        record = plain_record(number, chance)
        place = number % (_CHILDREN + 1)
        if place == 0:
            record["issue_type"] = "epic"
        if chance.random() < 0.4:
            record["status"] = "closed"
            record["closed_at"] = record["updated_at"]
            record["close_reason"] = "Done"
        if chance.random() < 0.3:
            record["labels"] = sorted(chance.sample(_LABELS, 2))
        if place:
            _need(record, number - place, "parent-child")
        if place and chance.random() < 0.15:
            _need(record, chance.randrange(number - place, number), "blocks")
        hub = number - number % _HUB_EVERY
        if hub < number <= hub + _HUB_NEEDED_BY and place:
            _need(record, hub, "blocks")
        if chance.random() < 0.1:
            comment = {"id": number, "issue_id": record["id"], "author": "maria"}
            comment |= {"text": _text(chance, 8), "created_at": record["created_at"]}
            record["comments"] = [comment]
        yield record


def plain(count: int, seed: int = 1) -> Iterator[dict[str, Any]]:
    """Make records of about 300 bytes, without edges."""
    chance = random.Random(seed)
    return (plain_record(number, chance) for number in range(count))


def epic(children: int, seed: int = 1) -> Iterator[dict[str, Any]]:
    """Make issue 0, epic 1 that needs it, and so many children of the epic."""
    chance = random.Random(seed)
    for number in range(children + 2):
        record = plain_record(number, chance)
        if number == 1:
            record["issue_type"] = "epic"
            _need(record, 0, "blocks")
        elif number:
            _need(record, 1, "parent-child")
        yield record


def lines(records: Iterator[dict[str, Any]]) -> list[str]:
    """Write records as lines without ends, in the order of the file."""
    found = sorted(records, key=lambda each: each["id"].encode())
    return [json.dumps(each, ensure_ascii=False, separators=(",", ":")) for each in found]


def write(path: Path, content: list[str]) -> Path:
    """Write a file of records."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8") as file:
        file.writelines(f"{line}\n" for line in content)
    return path


def edited(content: list[str], every: int, start: int, word: str) -> list[str]:
    """Change the title of every so many lines, beginning with line `start`, as a hand would."""
    changed = list(content)
    for position in range(start, len(content), every):
        record = json.loads(content[position])
        record["title"] = f"{record['title']} {word}"
        record["updated_at"] = "2026-03-01T00:00:00Z"
        changed[position] = json.dumps(record, ensure_ascii=False, separators=(",", ":"))
    return changed
