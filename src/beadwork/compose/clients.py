"""Builds the clients for Python programs: `beadwork.Client` and `beadwork.AsyncClient`."""

import os
from typing import TYPE_CHECKING

from beadwork.compose.direct import DirectWorld
from beadwork.doors.world import Options

if TYPE_CHECKING:
    from beadwork.client import Client
    from beadwork.client.asynchronous import AsyncClient
    from beadwork.client.means import Means, Mode

_ANSWER_S = 120.0
_RECONNECT_S = 5.0


def connect(  # noqa: PLR0913 -- what a program may set, each by name
    path: str = ".",
    *,
    actor: str = "",
    session: str = "",
    daemon: "Mode" = "auto",
    lock_timeout_s: float | None = None,
    timeout_s: float = _ANSWER_S,
    reconnect_s: float = _RECONNECT_S,
) -> "Client":
    """Return a Python client of the store that a folder means: `beadwork.Client`.

    `daemon`: with the daemon where one answers (`auto`), never without it (`required`), never
    with it (`off`). `timeout_s` is how long an answer of the daemon is waited for; `reconnect_s`,
    how long a daemon that went away is, where there must be one.

    Raises:
        NoStore: there is no store.
        NoDaemon: there is no daemon, and there must be one.
    """
    from beadwork.client import Client

    options = Options(actor=actor, lock_timeout_s=lock_timeout_s)
    means = _means(path, options, session, daemon)
    return Client(means._replace(timeout_s=timeout_s, reconnect_s=reconnect_s))


def connect_async(  # noqa: PLR0913 -- see connect
    path: str = ".",
    *,
    actor: str = "",
    session: str = "",
    daemon: "Mode" = "auto",
    lock_timeout_s: float | None = None,
    timeout_s: float = _ANSWER_S,
    reconnect_s: float = _RECONNECT_S,
) -> "AsyncClient":
    """Return a client for programs with an event loop: `beadwork.AsyncClient`; see `connect`.

    Raises:
        NoStore: there is no store.
    """
    from beadwork.client.asynchronous import AsyncClient

    options = Options(actor=actor, lock_timeout_s=lock_timeout_s)
    means = _means(path, options, session, daemon)
    return AsyncClient(means._replace(timeout_s=timeout_s, reconnect_s=reconnect_s))


def _means(path: str, options: Options, session: str, mode: "Mode") -> "Means":
    """Return what a client is given of the world.

    Raises:
        InvalidField: `daemon` is none of its three words, or the actor no name.
    """
    from beadwork.client.means import MODES, Means
    from beadwork.model.claim import require_holder
    from beadwork.model.errors import InvalidField
    from beadwork.sync.runtime import daemon_paths

    if mode not in MODES:
        raise InvalidField(f'daemon="{mode}" means nothing', hint=f"One of: {', '.join(MODES)}.")
    world = DirectWorld(os.environ, os.path.abspath(path))
    place = world.place(options)
    world.is_alone = mode == "off"
    holder = world.caller(options).holder
    holder = require_holder(holder._replace(session=session) if session else holder)
    return Means(
        holder=holder,
        mode=world.mode(options) if mode == "auto" else mode,
        socket=os.environ.get("BD_SOCKET") or daemon_paths(place).socket,
        database=place.database,
        open_engine=lambda: world.open(options),
        refresh=world.refresh,
        peek=world.peek,
        write_logs=lambda engine, caller: world.write_logs(options, engine, caller),
        new_key=lambda: os.urandom(12).hex(),  # noqa: TID251 -- chance for keys
        timeout_s=_ANSWER_S,
        reconnect_s=_RECONNECT_S,
    )
