"""Being the daemon of a store: how it runs follows the command line, the settings, the environment."""

import os
from collections.abc import Sequence

from beadwork.compose import starting
from beadwork.compose.daemon import DaemonProcess, Wanted
from beadwork.compose.direct import DirectWorld
from beadwork.compose.engines import now_us
from beadwork.doors.world import Options, Starting
from beadwork.model.errors import BeadworkError, DaemonFailed, DaemonRunning
from beadwork.model.instants import duration_s
from beadwork.model.settings import SETTINGS
from beadwork.sync import config, runtime
from beadwork.sync.locate import DATABASE, Place


def _wanted_of(words: Sequence[str]) -> Starting:
    given = dict(word.split("=", 1) for word in words if "=" in word)
    return Starting(
        interval=given.get("--interval", ""),
        idle_exit=given.get("--idle-exit", ""),
        log=given.get("--log", ""),
    )


def be_daemon(words: Sequence[str]) -> int:
    """Be the daemon of a store: FOLDER [DATABASE] [--detached] [--interval=TIME] ...

    Returns the exit code.
    """
    named = [word for word in words if not word.startswith("--")]
    folder, database = (*named, "", "")[:2]
    is_detached = "--detached" in words
    folder = os.path.abspath(folder)
    environ = {**os.environ, "BEADS_DB": "", "BD_DB": ""}
    if os.path.basename(folder) in (".beads", "beads"):
        environ["BEADS_DIR"] = folder
    world = DirectWorld(environ, folder)
    try:
        place = world.place(Options(database=database or None))
    except BeadworkError as error:
        world.streams.write_error(f"Error: {error.message}\n")
        return error.exit_code
    try:
        if is_detached:
            starting.detach(place.folder)
            starting.settle_environment()
        serve_store(place, _wanted_of(words), is_detached=is_detached)
    except BeadworkError as error:
        return _failed(world, place, error)
    except OSError as error:
        return _failed(world, place, DaemonFailed(str(error)))
    return 0


def _failed(world: DirectWorld, place: Place, error: BeadworkError) -> int:
    """Note why there is no daemon, for those who would start one; return the exit code."""
    paths = runtime.daemon_paths(place)
    if isinstance(error, DaemonRunning):
        runtime.forget(paths.error)  # another was faster
    else:
        reason = f"{error.message}. {error.hint}" if error.hint else error.message
        runtime.note_reason(paths, reason, now_us())
    world.streams.write_error(f"Error: {error.message}\n")
    return error.exit_code


def serve_store(place: Place, wanted: Starting, *, is_detached: bool = False) -> None:
    """Serve a store from this process, until there is a reason to end."""
    settings = config.load(place.folder, os.environ)
    paths = runtime.daemon_paths(place)

    def started() -> None:
        runtime.forget(paths.error)
        if is_detached:
            os.close(starting.START_LOCK)

    base = os.path.basename(place.database)
    is_named = os.path.dirname(place.database) == place.folder and base != DATABASE
    options = Options(database=place.database if is_named else None)
    world = DirectWorld({**os.environ, "BEADS_DIR": place.folder}, place.folder)
    full = Wanted(
        export_period_s=_length_s(wanted.interval, settings, "daemon.export-interval"),
        idle_exit_s=_length_s(wanted.idle_exit, settings, "daemon.idle-exit") or float("inf"),
        connections_max=_connections_max(),
        echo=wanted.echo,
        log=wanted.log,
        on_start=started,
        keeps_lock=True,
    )
    DaemonProcess(world, options, full).run()


def _length_s(given: str, settings: config.Settings, key: str) -> float:
    found = duration_s(given) if given else settings.seconds(key)
    return duration_s(SETTINGS[key].default) if found is None else found


def _connections_max() -> int:
    """Return how many clients there may be: classic's BEADS_DAEMON_MAX_CONNS."""
    said = os.environ.get("BEADS_DAEMON_MAX_CONNS", "")
    return int(said) if said.isdigit() and int(said) else Wanted().connections_max
