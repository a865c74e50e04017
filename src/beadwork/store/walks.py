"""Walks through what is old: begun now and then, some steps with each write, so that none waits."""

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from beadwork.store.transaction import StoreTransaction


class Walk(msgspec.Struct, array_like=True):
    """When a walk began, up to which number it is (0: it begins, or is over), what it let go."""

    began_us: int = 0
    after: int = 0
    dropped: int = 0


def due(tx: "StoreTransaction", name: str, period_us: int) -> Walk | None:
    """Return a walk that is under way, or a new one if it is time; else None."""
    noted = tx.setting(name)
    walk = msgspec.json.decode(noted, type=Walk) if noted else Walk()
    if walk.after:
        return walk
    if 0 <= tx.now_us - walk.began_us < period_us:
        return None
    return Walk(began_us=tx.now_us)


def note(tx: "StoreTransaction", name: str, walk: Walk) -> None:
    """Remember how far a walk is."""
    tx.put_setting(name, msgspec.json.encode(walk).decode())
