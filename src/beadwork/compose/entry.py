"""Where a process of Beadwork begins."""

import gc
import os

from beadwork.compose.direct import DirectWorld
from beadwork.compose.reach import is_alone, last_act
from beadwork.doors.cli.streams import give_back
from beadwork.doors.world import Starting
from beadwork.sync.locate import Place

_OBJECTS = 200_000
"""So many new objects before Python looks for cycles among them.

A command makes thousands of objects that live until it ends, and hardly a cycle: to look after
every 700, as is usual, takes a third of the time of a long list.
"""


def tune_garbage() -> None:
    """Look for cycles as seldom as a command needs it, and never among what is loaded."""
    gc.freeze()
    gc.set_threshold(_OBJECTS, 50, 50)


def run_bd(arguments: list[str], key: str = "", taken: bytes = b"") -> int:
    """Run the `bd` command line in this process; return its exit code.

    `key` is what a daemon was given for it that may have begun it, and went away; `taken` what
    it has read of standard input.
    """
    tune_garbage()
    from beadwork.doors.cli.main import run

    world = DirectWorld(os.environ, _working_folder())
    if taken:
        give_back(taken)
    world.become_daemon = _become_daemon
    world.is_alone = is_alone(arguments, os.environ)
    code = run(arguments, world, key=key)
    _end(world, arguments, code)
    return code


def _become_daemon(place: Place, wanted: Starting) -> None:
    from beadwork.compose.being import serve_store

    serve_store(place, wanted)


def _end(world: DirectWorld, arguments: list[str], code: int) -> None:
    """Let go of what the user waits for, and see to the daemon (rule R10)."""
    used = world.used
    if used is None or "--readonly" in arguments:
        return
    said = last_act(used, world.wish(used.settings), is_bound=world.is_bound)
    if said and not code and "-q" not in arguments and "--quiet" not in arguments:
        world.streams.write_error(f"Warning: {said}\n")


def _working_folder() -> str:
    """Return the folder that this runs in; empty if it was removed."""
    try:
        return os.getcwd()
    except OSError:
        return ""


def run_module(arguments: list[str]) -> int:
    """Run `python -m beadwork`; return its exit code."""
    if arguments[:1] == ["daemon"]:
        from beadwork.compose.being import be_daemon

        return be_daemon(arguments[1:])
    from beadwork.doors.module import run

    return run(arguments, DirectWorld(os.environ, _working_folder()))
