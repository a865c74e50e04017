"""Whether commands go through a daemon, and the last act of one that did not (rule R10)."""

import contextlib
import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Literal, NamedTuple

from beadwork.model.errors import BeadworkError, NoDaemon, StoreBusy
from beadwork.model.instants import duration_s
from beadwork.sync.config import Settings
from beadwork.sync.locate import Place
from beadwork.sync.locks import locked
from beadwork.sync.runtime import DaemonPaths, daemon_paths, is_alive

Mode = Literal["auto", "required", "off"]

_TRUTHS = ("1", "true", "yes", "on")
_UNTRUTHS = ("0", "false", "no", "off")
_OFF_VARIABLES = ("BEADS_NO_DAEMON", "BD_NO_DAEMON")
_PROBE_S = 2.0


class Wish(NamedTuple):
    """What the flags, the environment and the settings say of daemons."""

    mode: Mode
    has_auto_start: bool
    why: str = ""
    """Why there is none, in classic's word (classic-bd.md 2.2); empty if there may be one."""


def is_alone(arguments: Sequence[str], environ: Mapping[str, str]) -> bool:
    """Tell whether a command is to do without a daemon, as the thin client decides it."""
    if any(environ.get(name, "").strip().lower() in _TRUTHS for name in _OFF_VARIABLES):
        return True
    return "--no-daemon" in arguments or "--sandbox" in arguments


def mode_of(settings: Settings) -> Mode:
    """Return what the settings say; YAML reads a bare `off` as false."""
    if settings.text("no-daemon").strip().lower() in _TRUTHS:
        return "off"
    said = settings.text("daemon").strip().lower()
    if said in _UNTRUTHS:
        return "off"
    return "required" if said == "required" else "auto"


def wish(settings: Settings, environ: Mapping[str, str], *, alone: bool) -> Wish:
    """Return what is wished of daemons."""
    if alone:
        return Wish("off", has_auto_start=False, why="flag_no_daemon")
    mode = mode_of(settings)
    if mode == "off":
        return Wish(mode, has_auto_start=False, why="flag_no_daemon")
    named = environ.get("BEADS_AUTO_START_DAEMON", "").strip().lower()
    said = named or settings.text("auto-start-daemon").strip().lower()
    in_ci = environ.get("CI", "").strip().lower() not in ("", *_UNTRUTHS) and not named
    is_off = said in _UNTRUTHS or in_ci or bool(environ.get("BD_SOCKET"))
    return Wish(mode, has_auto_start=not is_off, why="auto_start_disabled" if is_off else "")


class Contention:
    """The write lock of a direct command, which notes whether others had it."""

    def __init__(self, limit_s: float | None = None) -> None:
        self.limit_s = limit_s
        self.was_met = False

    def _note(self) -> None:
        self.was_met = True

    @contextlib.contextmanager
    def locked(self, path: str, *, timeout_s: float, store: str) -> Iterator[None]:
        """Hold the lock.

        Raises:
            NoDaemon: others had it for longer than the settings bear with.
            StoreBusy: others had it all the time.
        """
        limit_s = timeout_s if self.limit_s is None else min(timeout_s, self.limit_s)
        with contextlib.ExitStack() as stack:
            lock = locked(path, timeout_s=limit_s, store=store, on_wait=self._note)
            try:
                stack.enter_context(lock)
            except StoreBusy as error:
                if limit_s < timeout_s:
                    raise NoDaemon(limit_s=limit_s) from error
                raise
            yield


def contention(place: Place, settings: Settings, *, mode: Mode) -> Contention:
    """Return the write lock's watch; without a limit where there is a daemon, or is to be none."""
    text = settings.text("daemon.contention_limit")
    limit_s = duration_s(text) if text else 0.0
    if not limit_s or mode == "off" or is_alive(daemon_paths(place).lock):
        return Contention()
    return Contention(limit_s)


def require(place: Place, mode: Mode) -> None:
    """Refuse a direct command where all are to go through the daemon, and none answers.

    Raises:
        NoDaemon: they are, and none does.
    """
    if mode != "required":
        return
    paths = daemon_paths(place)
    if not is_alive(paths.lock) or not answers(paths.socket):
        raise NoDaemon(path=place.folder)


def answers(path: str) -> bool:
    """Tell whether a daemon of ours takes commands at a socket."""
    return _greeted(path, b"", wait_s=_PROBE_S) == b"h"


def poke(path: str) -> None:
    """Let the daemon look at the store, which another process wrote to."""
    _greeted(path, b"P\0\0\0\0", wait_s=0)


def _greeted(path: str, more: bytes, *, wait_s: float) -> bytes:
    """Say hello at a socket, and something more; return how the answer begins."""
    import _socket

    from beadwork import __version__

    payload = b"beadwork 1\0" + __version__.encode() + b"\n"
    hello = b"H" + len(payload).to_bytes(4, "big") + payload + more
    with contextlib.suppress(OSError, ValueError):
        link = os.readlink(path) if os.path.islink(path) else path
        connection = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
        try:
            connection.settimeout(wait_s or _PROBE_S)
            connection.connect(link)
            connection.sendall(hello)
            return connection.recv(1) if wait_s else b""
        finally:
            connection.close()
    return b""


# -- the last act


class Used(NamedTuple):
    """The store that a direct command worked on."""

    place: Place
    settings: Settings
    contention: Contention


_SEEN_MANY = "Multiple bd processes detected, consider using daemon"


def last_act(used: Used, wish: Wish, *, is_bound: bool) -> str:
    """Poke the daemon that lives, or start one where there is none; return what is to be said.

    `is_bound`: the command needed its own process, and would not have gone through a daemon.
    """
    paths = daemon_paths(used.place)
    if is_alive(paths.lock):
        poke(paths.socket)
        return ""
    if wish.mode == "off":
        return ""
    if wish.has_auto_start and not is_bound:
        _start(used.place, paths)
    return _SEEN_MANY if used.contention.was_met and wish.mode == "auto" else ""


def _start(place: Place, paths: DaemonPaths) -> None:
    """Start a daemon, unless that was forbidden, is being done, or failed a short time ago."""
    from beadwork.compose.starting import start_soon

    with contextlib.suppress(OSError, BeadworkError):
        start_soon(place, paths)
