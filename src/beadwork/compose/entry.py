"""Where a process of Beadwork begins."""

import gc
import os

from beadwork.client import Client
from beadwork.compose.direct import DirectWorld
from beadwork.doors.world import Options

_OBJECTS = 200_000
"""So many new objects before Python looks for cycles among them.

A command makes thousands of objects that live until it ends, and hardly a cycle: to look after
every 700, as is usual, takes a third of the time of a long list.
"""


def run_bd(arguments: list[str], key: str = "") -> int:
    """Run the `bd` command line in this process; return its exit code.

    `key` is what a daemon was given for it that may have begun it, and went away.
    """
    gc.set_threshold(_OBJECTS, 50, 50)
    from beadwork.doors.cli.main import run

    return run(arguments, DirectWorld(os.environ, _working_folder()), key=key)


def _working_folder() -> str:
    try:
        return os.getcwd()
    except OSError:
        return "/"


def run_module(arguments: list[str]) -> int:
    """Run `python -m beadwork`; return its exit code."""
    if arguments[:1] == ["daemon"]:
        return _run_daemon(*arguments[1:])
    from beadwork.doors.module import run

    return run(arguments, DirectWorld(os.environ, _working_folder()))


def connect(
    path: str = ".", *, actor: str = "", session: str = "", lock_timeout_s: float | None = None
) -> Client:
    """Return a Python client of the store that a folder means: `beadwork.Client`.

    Raises:
        NoStore: there is none.
    """
    world = DirectWorld(os.environ, os.path.abspath(path))
    options = Options(actor=actor, lock_timeout_s=lock_timeout_s)
    holder = world.caller(options).holder
    if session:
        holder = holder._replace(session=session)
    return Client(world.open(options), holder=holder, refresh=world.refresh, peek=world.peek)


def _run_daemon(folder: str, database: str = "") -> int:
    """Be the daemon of the store that a folder means; return the exit code."""
    from beadwork.compose.daemon import DaemonProcess, Wanted
    from beadwork.model.errors import BeadworkError

    world = DirectWorld(os.environ, folder)
    try:
        DaemonProcess(world, Options(database=database or None), Wanted()).run()
    except BeadworkError as error:
        world.streams.write_error(f"Error: {error.message}\n")
        return error.exit_code
    return 0
