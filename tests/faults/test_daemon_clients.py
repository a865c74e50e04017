"""Clients that misbehave: the daemon goes on, and others are served meanwhile."""

import contextlib
import itertools
import json
import os
import random
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from beadwork import __version__
from beadwork.daemon import exchange, loop
from beadwork.daemon.frames import PAYLOAD_MAX, PROTOCOL, frame, take
from beadwork.daemon.loop import Loop
from beadwork.daemon.workers import Workers
from tests.daemon.running import ANSWER_S, Daemon, Line, running, until
from tests.doors.program import Bd
from tests.faults.daemons import Inside, inside, new_store, place_in, served
from tests.support import query

pytestmark = pytest.mark.slow
MANY = 500
LONG = "long text " * 100
ISSUES = 1500
ROOM_MB = 150
"""So much memory a client that takes no answers may cost at most."""


@pytest.fixture(scope="module")
def bd(tmp_path_factory: pytest.TempPathFactory) -> Bd:
    """`bd` in a folder with a store, for all tests here."""
    return new_store(tmp_path_factory.mktemp("clients"))


@pytest.fixture(scope="module")
def shared(bd: Bd) -> Iterator[Daemon]:
    """One daemon that has to get through all of this, with a store of some size."""
    with running(bd.folder, bd.environment) as daemon:
        steps = [
            {"operation": "create", "args": {"title": f"{each}", "description": LONG}}
            for each in range(ISSUES)
        ]
        daemon.data("batch", {"operations": steps, "atomic": True})
        yield daemon
        assert daemon.stop() == 0


@pytest.fixture
def daemon(shared: Daemon) -> Iterator[Daemon]:
    """The daemon; after each test nobody is left connected, and it is well."""
    before = shared.process
    yield shared
    assert shared.process is before
    assert before is not None
    assert before.poll() is None
    shared.hang_up()
    with shared.line() as line:
        until(lambda: line.ask("status")["data"]["active_connections"] == 1)
        until(lambda: line.ask("status")["data"]["commands"] == 0)
        assert line.ask("health")["data"]["status"] == "healthy"
    log = Path(shared.data("status")["log_path"]).read_text(encoding="utf-8")
    shared.hang_up()
    assert '"fault"' not in log, log


@contextlib.contextmanager
def connected(daemon: Daemon | Inside) -> Iterator[socket.socket]:
    """A connection on which a test sends what it likes."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.settimeout(ANSWER_S)
        client.connect(str(daemon.socket_path))
        yield client


def hello(version: str = __version__, protocol: bytes = PROTOCOL) -> bytes:
    """The first frame of a client."""
    return frame(b"H", protocol + b"\0" + version.encode())


def command(folder: Path, *arguments: str, zone: str = "UTC") -> bytes:
    """The frame of a command typed in the folder of a store."""
    words = ["", str(folder), "000 0", "18", "1", f"TZ={zone}", *arguments]
    return frame(b"C", b"\0".join(word.encode() for word in words))


def is_ended(client: socket.socket) -> bool:
    """Read what comes, and tell whether the daemon hung up."""
    try:
        while client.recv(1 << 20):
            pass
    except ConnectionError:
        return True
    return True


# ------------------------------------------------------------------------- who does not read


def test_who_asks_and_does_not_read_is_kept_waiting_and_no_answer_is_lost(daemon: Daemon) -> None:
    asked = 80
    before_mb = daemon.data("health")["memory_alloc_mb"]
    with connected(daemon) as client:
        client.settimeout(0)
        line = b'{"operation":"list","args":{"limit":300},"request_id":%d}\n'
        unsent = b"".join(line % each for each in range(asked))
        while unsent:
            with contextlib.suppress(BlockingIOError):
                unsent = unsent[client.send(unsent) :]
        served(daemon)
        until(lambda: daemon.data("status")["queue_depth"] == 0)
        served(daemon)
        assert daemon.data("health")["memory_alloc_mb"] < before_mb + ROOM_MB
        client.settimeout(ANSWER_S)
        with client.makefile("rb") as reader:
            for each in range(asked):
                answer = json.loads(reader.readline())
                assert (answer["success"], answer["request_id"]) == (True, each)
                assert len(answer["data"]) == 300


def test_requests_sent_ahead_without_end_are_not_kept_in_memory(daemon: Daemon) -> None:
    before_mb = daemon.data("health")["memory_alloc_mb"]
    with connected(daemon) as client:
        client.settimeout(0.2)
        line = b'{"operation":"list","args":{"limit":0}}\n'
        block = line * 10_000
        sent = 0
        with contextlib.suppress(TimeoutError):
            while sent < 2 * PAYLOAD_MAX:
                sent += client.send(block)
        assert sent < PAYLOAD_MAX / 8
        served(daemon)
        assert daemon.data("health")["memory_alloc_mb"] < before_mb + ROOM_MB


def test_a_command_whose_output_nobody_takes_does_not_hold_up_others(daemon: Daemon) -> None:
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(connected(daemon)) for _ in range(8)]
        for client in clients:
            client.sendall(hello() + command(daemon.folder, "list", "--limit", "0", "--json"))
        until(lambda: daemon.data("status")["commands"] == len(clients))
        served(daemon)
        done = Bd.__new__(Bd)
        done.folder, done.environment = daemon.folder, daemon.environment
        assert done.run("list", "--limit", "3").code == 0
        assert daemon.data("status")["commands"] == len(clients)


def test_a_command_that_waits_for_input_ends_when_its_client_does(daemon: Daemon) -> None:
    with connected(daemon) as client:
        client.sendall(hello() + command(daemon.folder, "create", "--body-file", "-", "from input"))
        until(lambda: daemon.data("status")["commands"] == 1)
        client.sendall(frame(b"I", b"half of it")[:9])
    until(lambda: daemon.data("status")["commands"] == 0)
    found = daemon.data("list", {"title_contains": "from input"})
    assert not [each for each in found if each["title"] == "from input"]


def test_a_follower_that_does_not_read_is_let_go_or_kept_at_no_cost(daemon: Daemon) -> None:
    before_mb = daemon.data("health")["memory_alloc_mb"]
    with connected(daemon) as client:
        client.sendall(b'{"operation":"event.follow","args":{"since":0}}\n')
        served(daemon, 50)
        assert daemon.data("health")["memory_alloc_mb"] < before_mb + ROOM_MB


# -------------------------------------------------------------------- who dies, or talks rubbish


def test_clients_that_die_anywhere_leave_nothing_behind(daemon: Daemon) -> None:
    whole = hello() + command(daemon.folder, "create", "half a frame")
    json_line = b'{"operation":"create","args":{"title":"half a line"}}\n'
    with daemon.line() as line:
        for sent in (whole, json_line):
            for end in range(0, len(sent), 3):
                with connected(daemon) as client:
                    client.sendall(sent[:end])
            assert line.ask("ping")["success"]
    found = [each["title"] for each in daemon.data("list", {"limit": 0, "query": "half"})]
    assert "half a line" not in found
    assert "half a frame" not in found


def test_half_a_hello_keeps_nobody_else_waiting(daemon: Daemon) -> None:
    with contextlib.ExitStack() as stack:
        for end in range(1, 20):
            client = stack.enter_context(connected(daemon))
            client.sendall(hello()[:end])
        served(daemon)


RUBBISH = {
    "http": b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "tls": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(64),
    "a list": b"[1, 2, 3]\n",
    "an unknown kind": b"Z" + (4).to_bytes(4, "big") + b"what",
    "a command that is none": hello() + frame(b"C", b"\0\0\0"),
    "a command of bytes": hello() + frame(b"C", bytes(range(256))),
    "an answer": hello() + frame(b"x", b"\0"),
    "too long a frame": b"H" + (PAYLOAD_MAX + 1).to_bytes(4, "big"),
    "a frame of 4 GB": b"C\xff\xff\xff\xff",
}


@pytest.mark.parametrize("content", RUBBISH.values(), ids=RUBBISH)
def test_who_talks_rubbish_is_dropped(daemon: Daemon, content: bytes) -> None:
    with connected(daemon) as client:
        client.sendall(content)
        assert is_ended(client)
    served(daemon, 2)


NO_REQUESTS = {
    "no JSON": b"{not json}\n",
    "no operation": b"{}\n",
    "a number for a name": b'{"operation": 7}\n',
    "deep": b'{"operation":"ping","request_id":' + b"[" * 100_000 + b"]" * 100_000 + b"}\n",
    "deep arguments": b'{"operation":"create","args":' + b"[" * 100_000 + b"]" * 100_000 + b"}\n",
    "deep map": b'{"operation":"create","args":'
    + b'{"a":' * 50_000
    + b"1"
    + b"}" * 50_000
    + b"}\n",
    "bytes": b'{"operation":"\xff\xfe\x00"}\n',
    "half a surrogate": b'{"operation":"create","args":{"title":"\\ud800"}}\n',
    "an unknown name": b'{"operation":"' + b"x" * 1_000_000 + b'"}\n',
    "arguments of another kind": b'{"operation":"create","args":"what"}\n',
    "a stream that is none": b'{"operation":"event.follow","args":{"since":"yesterday"}}\n',
    "a batch of nothing": b'{"operation":"batch","args":{"operations":[7]}}\n',
    "a huge number": b'{"operation":"list","args":{"limit":1e999}}\n',
}


@pytest.mark.parametrize("content", NO_REQUESTS.values(), ids=NO_REQUESTS)
def test_what_is_no_request_is_refused_and_the_next_is_answered(
    daemon: Daemon, content: bytes
) -> None:
    with daemon.line() as line:
        line.send(content)
        answer = line.receive()
        assert answer["success"] is False
        assert answer["error"]
        assert answer["code"] != "fault", answer
        assert line.ask("ping", request_id=7)["request_id"] == 7


def test_random_bytes_do_no_harm(daemon: Daemon) -> None:
    chance = random.Random(5)
    starts = (b"", b"{", hello(), hello()[:3], b'{"operation":"ping"}\n')
    for each in range(200):
        with connected(daemon) as client, contextlib.suppress(OSError):
            client.sendall(starts[each % len(starts)] + chance.randbytes(chance.randrange(400)))
    served(daemon, 2)


def test_a_line_over_the_limit_is_refused(daemon: Daemon) -> None:
    with connected(daemon) as client:
        block = b'{"operation":"create","args":{"title":"' + b"x" * (1 << 20)
        with contextlib.suppress(ConnectionError):
            for _ in range(PAYLOAD_MAX // (1 << 20) + 8):
                client.sendall(block)
        with contextlib.suppress(ConnectionError):
            answer = json.loads(client.recv(1 << 16).splitlines()[0])
            assert answer["success"] is False
        assert is_ended(client)
    served(daemon, 2)
    until(lambda: daemon.data("health")["memory_alloc_mb"] < 2 * ROOM_MB)


def test_unknown_names_are_not_kept(daemon: Daemon) -> None:
    with daemon.line() as line:
        for each in range(50):
            assert line.ask(f"unknown {each}")["code"] == "operation.unknown"
        counted = {each["operation"] for each in line.ask("metrics")["data"]["operations"]}
    assert not [name for name in counted if name.startswith("unknown ")]


# ------------------------------------------------------------------------------------- many


def test_five_hundred_clients_at_once_are_all_served(daemon: Daemon) -> None:
    with contextlib.ExitStack() as stack:
        lines = [stack.enter_context(daemon.line()) for _ in range(MANY)]
        for number, line in enumerate(lines):
            line.request("issue.create", {"title": f"many {number}"}, request_id=number)
        for number, line in enumerate(lines):
            answer = line.receive()
            assert (answer["success"], answer["request_id"]) == (True, number)
        for line in lines:
            line.request("list", {"limit": 1})
        assert all(line.receive()["success"] for line in lines)
        assert daemon.data("health")["active_connections"] == MANY + 1
    found = daemon.data("list", {"limit": 0, "query": "many"})
    assert len({each["title"] for each in found if each["title"].startswith("many ")}) == MANY


def test_where_descriptors_are_few_some_are_sent_away_and_the_rest_is_served(
    tmp_path: Path,
) -> None:
    bd = new_store(tmp_path)
    few = 256
    code = (
        f"import resource; resource.setrlimit(resource.RLIMIT_NOFILE, ({few}, {few})); "
        "import runpy, sys; sys.argv = ['beadwork', 'daemon', sys.argv[1]]; "
        "runpy.run_module('beadwork', run_name='__main__')"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(bd.folder)],
        cwd=bd.folder,
        env=bd.environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    daemon = Daemon(bd.folder, bd.environment)
    daemon.process = process
    try:
        until(daemon._answers)
        with contextlib.ExitStack() as stack:
            lines: list[Line] = [stack.enter_context(daemon.line()) for _ in range(few + 50)]
            answered = sum(_is_answered(line) for line in lines)
            assert few / 8 < answered < few
            # Who finds no room runs its command without the daemon.
            assert bd.run("create", "without").code == 0
        until(lambda: _is_there(daemon))
        served(daemon)
        assert bd.run("create", "with").code == 0
        assert daemon.stop() == 0
    finally:
        daemon.kill()


def _is_answered(line: Line) -> bool:
    try:
        return bool(line.ask("issue.create", {"title": "few"})["success"])
    except OSError:
        return False


def _is_there(daemon: Daemon) -> bool:
    with contextlib.suppress(OSError), daemon.line() as line:
        return bool(line.ask("ping")["success"])
    return False


# ------------------------------------------------------------------------- old and new versions


def greeted(daemon: Daemon, content: bytes) -> bytes:
    """Answer the kind of frame that a hello is answered by."""
    with connected(daemon) as client:
        client.sendall(content)
        return client.recv(1)


def test_a_client_of_an_older_version_is_served_and_one_of_another_protocol_is_not(
    daemon: Daemon,
) -> None:
    for version in ("0.0.1", "", "unknown", "0.0.0.dev1"):
        assert greeted(daemon, hello(version)) == b"h"
    for protocol in (b"beadwork 0", b"beadwork 2", b"", b"other"):
        assert greeted(daemon, hello(protocol=protocol)) == b"n"
    with daemon.line() as line:
        for version in ("0.49.6", "0.0.1", "99.0.0"):
            assert line.ask("ping", client_version=version)["success"]


@pytest.mark.parametrize(
    ("change", "is_served"),
    [
        ("beadwork.__version__ = '0.0.1'", True),
        ("thin.PROTOCOL = b'beadwork 0'", False),
    ],
    ids=["an older version", "another protocol"],
)
def test_a_command_of_another_version_works(
    daemon: Daemon, bd: Bd, change: str, is_served: bool
) -> None:
    before = _commands(daemon)
    assert _run_changed(bd, change, "create", "of another version") == 0
    assert _commands(daemon) - before == is_served


def test_a_daemon_makes_room_for_a_newer_client_whose_command_works(tmp_path: Path) -> None:
    bd = new_store(tmp_path)
    with running(bd.folder, bd.environment) as daemon:
        assert daemon.data("create", {"title": "before"})
        daemon.hang_up()
        assert _run_changed(bd, "beadwork.__version__ = '99.0.0'", "create", "newer") == 0
        assert daemon.wait() == 0
        assert not daemon.socket_path.exists()
    assert {each["title"] for each in bd.json("list")} == {"before", "newer"}


def _commands(daemon: Daemon) -> int:
    operations = daemon.data("metrics")["operations"]
    return sum(each["total_count"] for each in operations if each["operation"] == "command")


def _run_changed(bd: Bd, change: str, *words: str) -> int:
    code = (
        "import os, sys; import beadwork; from beadwork import thin; "
        f"{change}; sys.argv = ['bd', *sys.argv[1:]]; sys.exit(thin.main())"
    )
    return subprocess.run(
        [sys.executable, "-c", code, *words],
        cwd=bd.folder,
        env={**bd.environment, "BEADS_AUTO_START_DAEMON": "false"},
        capture_output=True,
        check=False,
        timeout=ANSWER_S,
    ).returncode


# ------------------------------------------------------------------------------ who reads slowly


def listed(client: socket.socket) -> tuple[bytes, bytes]:
    """Read the answer to a command to its end; answer its output and its last frame."""
    held, output = bytearray(), b""
    while True:
        for kind, payload in take(held):
            if kind == b"o":
                output += payload
            elif kind != b"h":
                return output, kind + payload
        came = client.recv(1 << 20)
        if not came:
            return output, b""
        held += came


@pytest.mark.parametrize("is_scarce", [False, True])
def test_who_pauses_in_a_pager_gets_the_rest_unless_threads_are_scarce(
    bd: Bd, shared: Daemon, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_scarce: bool
) -> None:
    del shared  # It has made the store large.
    folder = tmp_path / "copy"
    copy_store(bd.folder, folder)
    waits = itertools.count()
    patience = Loop._has_patience

    def counted(loop: Loop, waited_s: float) -> bool:
        next(waits)
        return patience(loop, waited_s)

    monkeypatch.setattr(exchange, "_LOOK_S", 0.02)
    monkeypatch.setattr(loop, "_PATIENCE_S", 0.05)
    monkeypatch.setattr(Loop, "_has_patience", counted)
    monkeypatch.setattr(Workers, "is_scarce", property(lambda _: is_scarce))
    with inside(folder, bd.home) as daemon, connected(daemon) as client:
        zone = os.environ.get("TZ", "")
        client.sendall(hello() + command(folder, "list", "--limit", "0", "--json", zone=zone))
        if is_scarce:
            until(lambda: not daemon.ask("status")["data"]["commands"] and next(waits))
        else:
            until(lambda: next(waits) > 20)
        output, last = listed(client)
        if is_scarce:
            assert last == b""
        else:
            assert last == b"x\0"
            assert len(json.loads(output)) >= ISSUES


def test_clients_that_take_nothing_do_not_keep_the_daemon_from_ending(
    bd: Bd, shared: Daemon, tmp_path: Path
) -> None:
    del shared
    folder = tmp_path / "copy"
    copy_store(bd.folder, folder)
    with running(folder, bd.environment) as daemon, contextlib.ExitStack() as stack:
        for content in (
            hello() + command(folder, "list", "--limit", "0", "--json"),
            b'{"operation":"list","args":{"limit":0}}\n' * 20,
            b'{"operation":"event.follow","args":{"since":0}}\n',
        ):
            client = stack.enter_context(connected(daemon))
            client.sendall(content)
        served(daemon)
        assert daemon.stop() == 0


def copy_store(source: Path, target: Path) -> None:
    """Copy a store whose daemon runs."""
    shutil.copytree(source, target, ignore=shutil.ignore_patterns("*.sock", "daemon*", "*.db*"))
    (target / ".beads" / "issues.jsonl").unlink(missing_ok=True)
    place = place_in(source)
    query(place, "VACUUM INTO ?", str(target / ".beads" / "beadwork.db"))
