"""Whether what the store notes of itself can be: its clock, its file, how far that was written."""

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec

from beadwork.model import limits, stamp
from beadwork.model.record import Record
from beadwork.model.stamp import BEFORE_ALL, Stamp
from beadwork.ops.record import FILE_STATE, HEAD, PLAIN_LINES
from beadwork.ops.transaction import FileState
from beadwork.store.sweeps import WALKS
from beadwork.store.walks import Walk

if TYPE_CHECKING:
    from beadwork.store.transaction import StoreTransaction

CLOCK = "clock"
EXPORTED_TO = "exported_to"
REPLICA = "replica"
_COMMIT = re.compile(r"[0-9a-f]{40,64}")


def wrong_settings(tx: "StoreTransaction") -> dict[str, str]:
    """Return the settings of the store that can't be, and why."""
    noted = dict(tx.records.settings())
    found = {
        name: why
        for name, look in _LOOKS.items()
        if name in noted and (why := _tried(look, tx, noted[name]))
    }
    if noted and REPLICA not in noted:
        found[REPLICA] = "is not there"
    return found


def _tried(look: "_Look", tx: "StoreTransaction", value: str) -> str:
    try:
        return look(tx, value)
    except (ValueError, msgspec.MsgspecError):
        return "can't be read"


def _clock(tx: "StoreTransaction", value: str) -> str:
    last = stamp.parse(value)
    if min(last.ms, last.counter) < 0:
        return "can't be read"
    return "is too far ahead of the wall clock" if _is_ahead(last, tx) else ""


def _is_ahead(found: Stamp, tx: "StoreTransaction") -> bool:
    return found.ms > tx.now_us // 1000 + limits.STAMP_AHEAD_MS_MAX


def _exported_to(tx: "StoreTransaction", value: str) -> str:
    return "is beyond the last event" if not 0 <= int(value) <= tx.events.last_seq() else ""


def _file_state(_: "StoreTransaction", value: str) -> str:
    if value:
        msgspec.json.decode(value, type=FileState)
    return ""


def _plain_lines(_: "StoreTransaction", value: str) -> str:
    return "can't be read" if int(value) < 0 else ""


def _head(_: "StoreTransaction", value: str) -> str:
    return "" if not value or _COMMIT.fullmatch(value) else "is no commit"


def _replica(_: "StoreTransaction", value: str) -> str:
    return "" if value.isalnum() else "is no name of a replica"


def _walk(_: "StoreTransaction", value: str) -> str:
    msgspec.json.decode(value, type=Walk)
    return ""


_Look = Callable[["StoreTransaction", str], str]
_LOOKS: dict[str, _Look] = {
    CLOCK: _clock,
    EXPORTED_TO: _exported_to,
    FILE_STATE: _file_state,
    PLAIN_LINES: _plain_lines,
    HEAD: _head,
    REPLICA: _replica,
    **dict.fromkeys((each.name for each in WALKS), _walk),
}


def mend_settings(tx: "StoreTransaction") -> int:
    """Set what can't be to what does no harm; return how much."""
    wrong = wrong_settings(tx)
    for name in wrong:
        if name == CLOCK:
            tx.reset_clock(_latest(tx))
        elif name == REPLICA:
            # Whoever opens it next takes a new name where it is not at home.
            tx.put_setting("home", "")
            tx.put_setting(REPLICA, "0")
        else:
            tx.put_setting(name, _SAFE.get(name, ""))
    return len(wrong)


_SAFE = {
    EXPORTED_TO: "0",
    PLAIN_LINES: "0",
    **{each.name: msgspec.json.encode(Walk()).decode() for each in WALKS},
}


def _latest(tx: "StoreTransaction") -> Stamp:
    """Return the latest stamp of any record that can be."""
    found = BEFORE_ALL
    for record in tx.checks.records():
        ours = [each for each in _stamps(record) if not _is_ahead(each, tx)]
        found = max([found, *ours])
    return found


def _stamps(record: Record) -> list[Stamp]:
    return [record.floor, *(mark.stamp for mark in record.stamps.marks.values())]
