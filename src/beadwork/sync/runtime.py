"""Where the files of a running daemon are: its lock, its socket, its log (classic-bd.md 5.2)."""

import os
from typing import NamedTuple

from beadwork.sync.locate import DATABASE, Place


class DaemonPaths(NamedTuple):
    """The files of the daemon of one store, all in the store's folder."""

    lock: str
    socket: str
    log: str
    pid: str
    start_lock: str
    error: str
    stopped: str


def daemon_paths(place: Place) -> DaemonPaths:
    """Return where the files of a store's daemon are; databases in one folder have their own."""
    base = os.path.basename(place.database)
    is_here = os.path.dirname(place.database) == place.folder
    start = "" if base == DATABASE or not is_here else f"{base}."

    def at(name: str) -> str:
        return os.path.join(place.folder, start + name)

    return DaemonPaths(
        lock=at("daemon.lock"),
        socket=at("bd.sock"),
        log=at("daemon.log"),
        pid=at("daemon.pid"),
        start_lock=at("start.lock"),
        error=at("daemon-error"),
        stopped=at("daemon.stopped"),
    )
