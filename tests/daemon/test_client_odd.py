"""The Python client with a daemon that is busy, breaks off, babbles, or is somebody else's."""

import asyncio
import json
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from beadwork import AsyncClient, Client
from beadwork.client import async_wire, socket_wire
from beadwork.model.errors import NoDaemon, Unavailable
from beadwork.ops.issue import ListIssues
from beadwork.ops.issue_create import CreateIssue
from tests.doors.program import Bd

Reply = Callable[[dict[str, Any]], bytes | None]
"""What is answered to a request; None hangs up."""

HELLO = {"program": "beadwork", "protocol": 1, "version": "0.1.0", "pid": 1}


def answer(request: dict[str, Any], **shown: Any) -> bytes:
    return json.dumps({**shown, "request_id": request["request_id"]}).encode() + b"\n"


class OddDaemon:
    """Listens where a daemon would, and answers as it is told to."""

    def __init__(self, path: Path) -> None:
        self.reply: Reply = lambda _: None
        self.hello: dict[str, Any] = HELLO
        self.asked: list[dict[str, Any]] = []
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(str(path))
        self._listener.listen()
        self._clients: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self._clients.append(client)
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, client.makefile("rb") as lines:
            for line in lines:
                request = json.loads(line)
                if request["operation"] == "hello":
                    said: bytes | None = answer(request, success=True, data=self.hello)
                else:
                    self.asked.append(request)
                    said = self.reply(request)
                if said is None:
                    return
                try:
                    client.sendall(said)
                except OSError:
                    return

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


@pytest.fixture
def odd(bd: Bd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[OddDaemon]:
    """Something at the socket of the store of `bd`."""
    path = tmp_path / "odd.sock"
    monkeypatch.setenv("BD_SOCKET", str(path))
    daemon = OddDaemon(path)
    yield daemon
    daemon.close()


def create(folder: Path, **more: Any) -> str:
    """Make an issue by the one client, and by the other under the same key; answer its title."""
    with Client(str(folder), **more) as client:
        first = client.call(CreateIssue(title="Work"), key="k")

    async def again() -> None:
        async with AsyncClient(str(folder), **more) as client:
            assert await client.call(CreateIssue(title="Work"), key="k") == first

    asyncio.run(again())
    return first.issue.title


def refused(folder: Path, **more: Any) -> list[Exception]:
    """Answer the error of the one client, and that of the other."""
    found: list[Exception] = []
    try:
        with Client(str(folder), **more) as client:
            client.call(CreateIssue(title="Work"), key="k")
    except (NoDaemon, Unavailable) as error:
        found.append(error)

    async def again() -> None:
        async with AsyncClient(str(folder), **more) as client:
            await client.call(CreateIssue(title="Work"), key="k")

    try:
        asyncio.run(again())
    except (NoDaemon, Unavailable) as error:
        found.append(error)
    return found


@pytest.mark.parametrize("said", [None, b"\n", b"garbage\n", b'{"success":true,"request_id":99}\n'])
def test_where_no_answer_can_be_had_auto_goes_on_alone_and_required_refuses(
    bd: Bd, odd: OddDaemon, said: bytes | None
) -> None:
    odd.reply = lambda _: said
    assert create(bd.folder) == "Work"
    assert {each["key"] for each in odd.asked} == {"k"}
    one, other = refused(bd.folder, daemon="required")
    assert isinstance(one, Unavailable)
    assert isinstance(other, Unavailable)
    assert one.data == other.data == {"key": "k"}


def test_a_repeat_carries_the_key_that_was_made_for_the_first_try(bd: Bd, odd: OddDaemon) -> None:
    with Client(str(bd.folder)) as client:
        client.call(CreateIssue(title="One"))
        client.call(CreateIssue(title="Two"))
        client.call(ListIssues())
    keys = [(each["args"].get("title"), each["key"]) for each in odd.asked]
    assert len({key for title, key in keys if title == "One"}) == 1
    assert len({key for title, key in keys if title}) == 2
    assert {key for title, key in keys if title is None} == {""}


@pytest.mark.parametrize(
    "hello", [{}, {"program": "other"}, {**HELLO, "protocol": 2}, {**HELLO, "protocol": "x"}]
)
def test_who_is_no_daemon_of_ours_is_left_alone(
    bd: Bd, odd: OddDaemon, hello: dict[str, Any]
) -> None:
    odd.hello = hello
    assert create(bd.folder) == "Work"
    assert odd.asked == []
    assert [type(each) for each in refused(bd.folder, daemon="required")] == [NoDaemon] * 2


def test_a_daemon_with_too_much_to_do_is_asked_again(bd: Bd, odd: OddDaemon) -> None:
    refusal = {"error": "Too many", "code": "unavailable", "data": {"retry_ms": 1}}
    with Client(str(bd.folder), daemon="off") as client:
        made = client.call(CreateIssue(title="Work"), key="k")
    shown = msgspec.to_builtins(made)

    def reply(request: dict[str, Any]) -> bytes:
        if len(odd.asked) % 4:
            return answer(request, success=False, **refusal)
        return answer(request, success=True, data=shown)

    odd.reply = reply
    assert create(bd.folder, daemon="required") == "Work"
    assert len(odd.asked) == 8


def test_an_answer_without_end_is_not_read_on(
    bd: Bd, odd: OddDaemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket_wire, "ANSWER_BYTES_MAX", 1 << 20)
    monkeypatch.setattr(async_wire, "ANSWER_BYTES_MAX", 1 << 20)
    odd.reply = lambda _: b"x" * (4 << 20)
    found = refused(bd.folder)
    assert ["more than" in str(each) for each in found] == [True, True]


def test_a_daemon_that_stays_too_busy_is_told_of(bd: Bd, odd: OddDaemon) -> None:
    refusal = {"error": "Too many", "code": "unavailable", "data": {"retry_ms": 20}}
    odd.reply = lambda request: answer(request, success=False, **refusal)
    found = refused(bd.folder, timeout_s=0.1)
    assert [str(each) for each in found] == ["Too many", "Too many"]
