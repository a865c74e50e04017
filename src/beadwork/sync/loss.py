"""A database that was lost: its messages and leases are gone, and that is said once."""

import os

from beadwork.sync.locate import Place
from beadwork.sync.runtime import put_mark

_MARK = "database-lost"


def note_loss(place: Place) -> None:
    """Note that the database is made anew, if there was another that had messages."""
    if os.path.exists(place.database) or not os.path.exists(place.records):
        return
    if _has_messages(place):
        put_mark(_mark(place))


def take_loss(place: Place) -> bool:
    """Tell whether the database was made anew and nobody has been told so; now somebody is."""
    try:
        os.unlink(_mark(place))
    except OSError:
        return False
    return True


def _mark(place: Place) -> str:
    return os.path.join(place.log_folder, _MARK)


def _has_messages(place: Place) -> bool:
    try:
        return os.path.getsize(os.path.join(place.log_folder, "messages.jsonl")) > 0
    except OSError:
        return False
