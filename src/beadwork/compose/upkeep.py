"""Puts together what looks after a store's files: doctor, backup, restore."""

import os
from collections.abc import Callable, Mapping

from beadwork.compose.engines import blobs_of, now_us
from beadwork.compose.places import require_ours, require_store
from beadwork.doors.upkeep import Upkeep
from beadwork.doors.upkeep_parts import Parts
from beadwork.engine import Caller, Engine
from beadwork.store.backup import Database
from beadwork.sync.blob_backup import BlobBackup
from beadwork.sync.health import Surroundings
from beadwork.sync.locate import Place
from beadwork.sync.locks import locked


def upkeep_of(
    place: Place,
    environ: Mapping[str, str],
    *,
    open_engine: Callable[[], Engine],
    lock_timeout_s: float,
    caller: Caller,
) -> Upkeep:
    """Return what looks after a store's files."""
    lock_path = place.lock_path("write.lock")
    parts = Parts(
        database=Database(place.database),
        database_at=Database,
        around=Surroundings(place, environ),
        blobs=BlobBackup(blobs_of(place)),
        folder=place.folder,
        open_engine=open_engine,
        require_store=lambda: _require(place),
        write_lock=lambda: locked(lock_path, timeout_s=lock_timeout_s, store=place.folder),
        caller=caller,
        now_us=now_us,
    )
    return Upkeep(parts)


def _require(place: Place) -> None:
    """Refuse what is no store of ours; one that is shut to us can be looked at from outside."""
    if os.access(place.folder, os.R_OK | os.X_OK) or not os.path.isdir(place.folder):
        require_store(place)
        require_ours(place)
