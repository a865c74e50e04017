"""What happened as plain lines. What others wrote is shown, never obeyed."""

from typing import Any

import msgspec

from beadwork.doors.cli import message_text, text, times
from beadwork.ops.activity import Deed
from beadwork.ops.event import FieldChange

_WORDS_CHARS = 100
_VALUE_CHARS = 40
_WORDS = {
    "labelled": "labelled", "unlabelled": "took a label from", "linked": "linked",
    "unlinked": "unlinked", "commented": "commented on", "imported": "took in", "folded": "folded",
    "undone": "took back a change of", "moved": "moved", "received": "took a message",
    "acknowledged": "acknowledged a message", "returned": "gave back a message",
    "extended": "holds on to a message", "hold.ended": "a hold of a message ended",
    "expired": "a message expired", "undeliverable": "a message could not be delivered",
    "replayed": "sent a message again", "dropped": "dropped a message", "sent": "sent a message",
    "subscribed": "joined", "unsubscribed": "left", "left": "left", "set": "set",
    "cleared": "cleared", "lease.asked": "waits for", "leased": "leases", "unleased": "released",
    "lease.renewed": "renewed the lease of", "lease.expired": "a lease ran out,",
    "lease.broken": "broke a lease of", "lease.withdrawn": "left the line for",
    "restored": "put a backup in the place of the store",
}  # fmt: skip


def words(deed: Deed) -> str:
    """Say what was done, as a verb."""
    return _WORDS.get(deed.deed, text.line(deed.deed))


def line(deed: Deed) -> str:
    """Show on one line what somebody did: its number, when, who, what."""
    return f"#{deed.seq} {times.shown(deed.at)} {body(deed)}"


def body(deed: Deed) -> str:
    """Show who did what."""
    if deed.message is not None:
        return f"{message_text.head(deed.message)}: {message_text.said(deed.message)}"
    about = f" {text.line(deed.issue_id)}" if deed.issue_id else ""
    title = f" {text.line(deed.title)}" if deed.title else ""
    said = detail(deed)
    more = f"{_after(deed.deed)}{said}" if said else ""
    undone = " (undone)" if deed.undone else ""
    return f"{text.line(deed.actor)} {words(deed)}{about}{title}{more}{undone}"


def detail(deed: Deed) -> str:
    """Show what more there is to say: the reason, the comment, the edge, what changed."""
    changed = {each.field: each for each in deed.changes}
    match deed.deed:
        case "claimed" | "released" | "imported" | "created":
            return ""
        case "closed" | "deleted":
            names = ("close_reason", "delete_reason")
            return next((_short(changed[name].after) for name in names if name in changed), "")
        case "commented":
            return _short(_member(changed["comments"].after, "text"))
        case "assigned":
            return _short(changed["assignee"].after or "nobody")
        case _:
            return ", ".join(_change(each) for each in deed.changes if not _is_aside(each))


def _is_aside(change: FieldChange) -> bool:
    return change.field in ("updated_at", "closed_at", "deleted_at", "deleted_by", "original_type")


def _change(change: FieldChange) -> str:
    value = change.before if change.after is None else change.after
    match change.field.partition(".")[0]:
        case "labels":
            return _short(value)
        case "dependencies":
            return f"needs {_short(_member(value, 'depends_on_id'))} ({_short(_member(value, 'type'))})"
        case "comments":
            return _short(_member(value, "text"))
        case "lease":
            return _lease(value)
        case "subscription":
            return text.line(change.field.partition(".")[2].rpartition(".")[0])
        case "delivery":
            return f"#{text.line(change.field.partition('.')[2].replace('.', ' for ', 1))}"
        case "message" | "agent" | "memory" | "pair":
            return text.line(change.field.partition(".")[2])
        case _:
            before, after = (_short(each, _VALUE_CHARS) for each in (change.before, change.after))
            return f"{text.line(change.field)} {before or 'nothing'} → {after or 'nothing'}"


def _after(deed: str) -> str:
    """Return what stands between a verb and the rest."""
    return " " if "lease" in deed else ": "


def _lease(value: Any) -> str:  # noqa: ANN401 -- any JSON value
    """Say what a lease is of, whose, and why."""
    things = [*_member(value, "patterns"), *_member(value, "names")]
    said = _short(", ".join(map(str, things)))
    why = _short(_member(value, "why") or _member(value, "reason"))
    holder = text.line(str(_member(value, "actor")))
    return f"{said} (lease {_member(value, 'number')}, {holder})" + (f": {why}" if why else "")


def _member(value: Any, name: str) -> Any:  # noqa: ANN401 -- any JSON value
    return value.get(name, "") if isinstance(value, dict) else ""


def _short(value: Any, chars: int = _WORDS_CHARS) -> str:  # noqa: ANN401 -- any JSON value
    if value is None:
        return ""
    said = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    shown = text.line(" ".join(said.split()))
    return shown if len(shown) <= chars else f"{shown[: chars - 1]}…"
