"""What doctor says of the daemon: it needs none, but one of another program matters (R14)."""

from beadwork import __version__
from beadwork.model.finding import UPKEEP, Finding
from beadwork.sync import runtime
from beadwork.sync.locate import Place

_NAME = "daemon"


def daemon_finding(place: Place) -> Finding:
    """Return whether the daemon of a store is in order."""
    paths = runtime.daemon_paths(place)
    if not runtime.is_held(paths.lock):
        return _absent(runtime.failure_of(paths).error)
    holder = runtime.holder_of(paths.lock)
    pid, version = holder.get("pid"), holder.get("version")
    if holder and "socket" not in holder:
        return _warning(
            f"A classic daemon (pid {pid}, version {version}) serves this folder",
            "Stop it by the program that started it; then commands start ours.",
        )
    if holder and version != __version__:
        return _warning(
            f"The daemon (pid {pid}) has version {version}, and this is {__version__}",
            "Run `bd daemon restart`.",
        )
    return Finding(
        name=_NAME, category=UPKEEP, status="ok", message=f"a daemon of this version runs ({pid})"
    )


def _absent(failure: str) -> Finding:
    if failure:
        return _warning(
            f"The daemon could not be started: {failure}",
            "See `bd daemon logs`; commands work without it, too.",
        )
    return Finding(
        name=_NAME, category=UPKEEP, status="ok", message="no daemon runs; commands need none"
    )


def _warning(message: str, fix: str) -> Finding:
    return Finding(name=_NAME, category=UPKEEP, status="warning", message=message, fix=fix)
