"""Streams of events: each client gets what it has not seen, as soon as it is committed (R13)."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from beadwork.daemon.answers import Incoming, Tell
from beadwork.daemon.changes import Changes
from beadwork.daemon.connection import Connection
from beadwork.daemon.lines import line_of, result_of
from beadwork.daemon.log import Log
from beadwork.daemon.seats import Seats
from beadwork.engine import Caller, Engine
from beadwork.model.claim import ITSELF
from beadwork.model.errors import BeadworkError, InvalidRequest
from beadwork.ops.event import ListEvents
from beadwork.ops.record import ShowStore

_PAGE = 500
_LOOK_S = 60.0
_CALLER = Caller(ITSELF)


class Wish(msgspec.Struct):
    """What a client follows: all after an event, or all from now on; of some issues, or of all."""

    since: Annotated[int, Meta(ge=0)] | None = None
    issues: list[str] = []


@dataclass
class _Follower:
    connection: Connection
    tell: Tell
    wish: Wish
    request_id: msgspec.Raw
    cursor: int
    is_gone: bool = False
    is_new: bool = True
    """It was told nothing yet: of what it asks for nothing may be gone."""


class Followers:
    """One thread that tells all who follow."""

    def __init__(
        self,
        seats: Seats,
        changes: Changes,
        post: Callable[[Callable[[], None]], None],
        log: Log,
    ) -> None:
        self._seats = seats
        self._log = log
        self._changes = changes
        self._post = post
        self._lock = threading.Lock()
        self._followers: list[_Follower] = []
        self._has_thread = False

    def begin(self, incoming: Incoming, connection: Connection, tell: Tell) -> None:
        """Let a client follow. Its answers are lines with `"stream": true`, and an event each.

        The first line, without an event, says from which cursor on.

        Raises:
            InvalidRequest: what it wants can't be read.
        """
        try:
            wish = msgspec.json.decode(incoming.args, type=Wish)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise InvalidRequest(f"event.follow: {error}") from error
        cursor = -1 if wish.since is None else wish.since
        follower = _Follower(connection, tell, wish, incoming.request_id, cursor)
        connection.on_close.append(lambda: self._end(follower))
        with self._lock:
            self._followers.append(follower)
            if not self._has_thread:
                self._has_thread = True
                threading.Thread(target=self._run, name="followers", daemon=True).start()
        self._changes.note()

    def _end(self, follower: _Follower) -> None:
        follower.is_gone = True
        self._changes.note()

    def _run(self) -> None:
        while True:
            seen = self._changes.number
            with self._lock:
                self._followers = [each for each in self._followers if not each.is_gone]
                followers = list(self._followers)
                if not followers or self._changes.is_ending:
                    self._has_thread = False
                    return
            try:
                with self._seats.taken() as engine:
                    self._tell_all(engine, followers)
            except Exception as error:  # noqa: BLE001 -- they are told with the next change
                self._log.fault("following", error)
            self._changes.wait(seen, _LOOK_S)

    def _tell_all(self, engine: Engine, followers: Sequence[_Follower]) -> None:
        """Tell each what it has not seen, a page at a time, so that none holds up the others."""
        behind = followers
        while behind:
            behind = [each for each in behind if self._serve(engine, each)]

    def _serve(self, engine: Engine, follower: _Follower) -> bool:
        """Tell a follower a page of events; return whether there may be more."""
        try:
            if follower.cursor < 0:
                follower.cursor = engine.run(ShowStore(), _CALLER).last_event
                self._send(follower, [{"cursor": follower.cursor}])
            return self._page(engine, follower)
        except BeadworkError as error:
            follower.is_gone = True
            self._send(follower, [error])
            return False

    def _page(self, engine: Engine, follower: _Follower) -> bool:
        """Send some of the events since the cursor; tell whether there may be more."""
        asked = ListEvents(since=follower.cursor, limit=_PAGE, complete=follower.is_new)
        events = engine.run(asked, _CALLER).events
        follower.is_new = False
        if not events:
            return False
        follower.cursor = events[-1].seq
        wanted = set(follower.wish.issues)
        shown = [
            {"cursor": each.seq, "event": msgspec.to_builtins(each)}
            for each in events
            if not wanted or each.issue_id in wanted
        ]
        self._send(follower, shown)
        return len(events) == _PAGE and not follower.is_gone

    def _send(self, follower: _Follower, shown: list[Any]) -> None:
        lines = b"".join(_line(each, follower.request_id) for each in shown)
        if lines:
            self._post(lambda: follower.tell(lines))


def _line(shown: Any, request_id: msgspec.Raw) -> bytes:  # noqa: ANN401 -- a map, or an error
    if isinstance(shown, BeadworkError):
        return line_of(result_of(shown), request_id)
    return line_of({"success": True, "stream": True, "data": shown}, request_id)
