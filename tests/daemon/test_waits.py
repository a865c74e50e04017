"""Who waits at the socket is let go of as soon as it waits no more."""

import contextlib
import socket
import time
from collections.abc import Callable, Iterator

import pytest

from beadwork.daemon.changes import Changes
from beadwork.daemon.chores import Chores
from beadwork.daemon.connection import Connection
from beadwork.daemon.waits import Waits
from beadwork.daemon.writes import WriteQueue
from beadwork.engine import Call, Caller, Outcome
from beadwork.model.claim import Holder
from beadwork.ops.delivery import Handed, Received, ReceiveMessages
from beadwork.ops.message import Message
from beadwork.ops.table import operation_of
from tests.daemon.running import Daemon, Line, until
from tests.doors.program import Bd

NOTHING = Received(wake_on=["mail:bob"])
SOMETHING = Received(messages=[])


def _raise(_: str, error: Exception) -> None:
    raise error


class Room:
    """What waits, without a loop: what was asked is answered by the test."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.queue = WriteQueue(calls_max=10)
        self.changes = Changes()
        self.posted: list[Callable[[], None]] = []
        self.answers: list[Outcome] = []
        self.waits = Waits(
            self.queue,
            self.changes,
            Chores(on_fault=_raise),
            post=self.posted.append,
            left_s=lambda _: None,
        )

    def begin(self) -> None:
        """Ask for messages, and hear that there are none."""
        request = ReceiveMessages(wait_s=3600.0)
        call = Call(operation_of(type(request)), request, Caller(Holder("bob")))
        self.waits.taken(call, self.connection, self.answers.append)(NOTHING)

    def answer(self, outcome: Outcome) -> None:
        """Answer all that was asked."""
        for each in self.queue.take(10):
            each.done([outcome])

    def tell(self) -> None:
        """Say that something has come."""
        self.changes.tell(["mail:bob"])
        while self.posted:
            self.posted.pop()()


@pytest.fixture
def ends() -> Iterator[tuple[Connection, socket.socket]]:
    ours, theirs = socket.socketpair()
    with contextlib.closing(theirs):
        connection = Connection(ours, request_max=1000, unsent_max=1000)
        yield connection, theirs
        connection.close()


def test_many_waits_on_one_connection_leave_nothing(
    ends: tuple[Connection, socket.socket],
) -> None:
    room = Room(ends[0])
    for _ in range(1000):
        room.begin()
        room.answer(NOTHING)
        room.tell()
        room.answer(SOMETHING)
    assert len(room.answers) == 1000
    assert not room.changes.parked
    assert not room.connection.on_close
    assert len(room.waits._alarms) <= 210


def test_nothing_is_taken_for_a_client_that_has_hung_up(
    ends: tuple[Connection, socket.socket],
) -> None:
    connection, theirs = ends
    room = Room(connection)
    room.begin()
    room.answer(NOTHING)
    theirs.shutdown(socket.SHUT_WR)
    room.tell()
    assert room.queue.depth == 1  # It only sends nothing more.
    room.answer(NOTHING)
    theirs.close()
    room.tell()
    assert room.queue.depth == 0
    assert not room.changes.parked
    assert not connection.on_close


def test_a_client_that_hangs_up_while_it_is_asked_for_waits_no_more(
    ends: tuple[Connection, socket.socket],
) -> None:
    connection, _ = ends
    room = Room(connection)
    connection.close()
    room.begin()
    assert not room.changes.parked
    assert not room.queue.depth


def test_what_is_handed_out_as_the_client_hangs_up_is_given_back(
    ends: tuple[Connection, socket.socket],
) -> None:
    connection, _ = ends
    room = Room(connection)
    room.begin()
    connection.close()  # While it is being asked once more.
    message = Message(seq=1, id="m1", ts="", from_="amy", to=["bob"], type="note", thread="m1")
    room.answer(Received(messages=[Handed(receipt="r1", held_until="", message=message)]))
    (submission,) = room.queue.take(10)
    (call,) = submission.calls
    assert call.operation.name == "message.nack"
    assert getattr(call.request, "receipt", "") == "r1"
    assert not room.answers


@pytest.mark.parametrize("is_half", [False, True])
def test_a_message_is_not_handed_out_to_a_client_that_is_gone(
    daemon: Daemon, is_half: bool
) -> None:
    with Line(daemon.socket_path) as gone:
        gone.request("message.receive", {"wait_s": 60}, actor="bob")
        with Line(daemon.socket_path) as line:
            until(lambda: line.ask("agent.list")["data"].get("agents"))
        if is_half:
            gone._socket.shutdown(socket.SHUT_WR)
            time.sleep(0.1)
    with Line(daemon.socket_path) as line:
        time.sleep(0.1)
        line.ask("message.send", {"to": ["bob"], "payload": "hi"}, actor="amy")
        answer = line.ask("message.receive", {"wait_s": 0}, actor="bob")
        assert len(answer["data"]["messages"]) == 1


def test_who_hangs_up_in_line_for_a_lease_leaves_the_line(daemon: Daemon) -> None:
    wanted = {"names": ["db"]}
    with Line(daemon.socket_path) as line:
        line.ask("lease.acquire", wanted, actor="amy")
        with Line(daemon.socket_path) as gone:
            gone.request("lease.acquire", {**wanted, "wait_s": 600}, actor="bob")
            until(lambda: len(line.ask("lease.list")["data"]["leases"]) == 2)
        until(lambda: len(line.ask("lease.list")["data"]["leases"]) == 1)
        line.ask("lease.release", {"all": True}, actor="amy")
        assert line.ask("lease.acquire", wanted, actor="zoe")["data"]["lease"]["state"] == "held"


def test_nothing_in_a_batch_waits(daemon: Daemon, bd: Bd) -> None:
    bd.ok("msg", "receive")
    step = {"operation": "message.receive", "args": {"wait_s": 60}}
    with Line(daemon.socket_path) as line:
        begun = time.monotonic()
        for is_atomic in (False, True):
            answer = line.ask("batch", {"operations": [step], "atomic": is_atomic})
            assert answer["data"]["results"][0]["success"], answer
        assert time.monotonic() - begun < 30
