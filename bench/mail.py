"""Messages: sending, receiving and waking over the daemon's socket; mailboxes in the engine."""

import json
import os
import select
import socket
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from daemon import Daemon, bare_row_s, crowd, daemon_on
from figures import Figure, median, p99, repeated

from beadwork.sync.locate import Place
from bench import CALLER, Bench, bare, engine_on, request

_SENDS = 8_000
_ROUNDS = 4_000
_CLIENTS = 8
_ROUNDERS = 4
_RECEIVERS = 200
_WAKES = 400
_KEPT = 1_000_000
_AGENTS = 1_000
_LOOKS = 300
_FLAT = int(os.environ.get("BEADWORK_MESSAGES", "40000"))
"""How many messages go round for the memory; a million takes ten minutes."""


def measure(bench: Bench) -> Iterator[Figure]:
    place = bench.store(1_000)
    with daemon_on(place) as daemon:
        yield from _crowd(bench, daemon, "send", _SENDS, target=4_000)
        yield from _crowd(bench, daemon, "round", _ROUNDS, target=2_000)
        yield from _wakes(daemon)
        yield from _memory(daemon)
    yield from _mailbox(bench)


def _crowd(
    bench: Bench, daemon: Daemon, what: str, count: int, *, target: float
) -> Iterator[Figure]:
    """Clients that are each a process, as fast as they are answered."""
    floor = bare_row_s(bench)
    lasted, each = crowd(daemon, _CLIENTS, "mail_client.py", str(count // _CLIENTS), what)
    times = [seconds for some in each for seconds in some]
    said = "sends" if what == "send" else "send, receive and acknowledge"
    yield Figure(
        what=f"durable {said}, {_CLIENTS} clients: together",
        median=len(times) / lasted,
        floor=1 / floor,
        floor_is="bare durable rows, one client",
        unit="/s",
        is_more_better=True,
        target=target,
    )
    for what_of_it, found, limit in (
        ("one, median", median(times), None),
        ("one, p99", p99(times), 0.010 if what == "send" else None),
    ):
        yield Figure(
            what=f"likewise: {what_of_it}",
            median=found,
            floor=floor,
            floor_is="a bare durable row",
            target=limit,
        )


class _Receiver:
    """A connection that waits for a message."""

    def __init__(self, path: str, number: int) -> None:
        self.name = f"waiting-{number}"
        self.connection = socket.socket(socket.AF_UNIX)
        self.connection.connect(path)
        self.wait()

    def wait(self) -> None:
        args = {"wait_s": 600, "hold_s": 600}
        asked = {"operation": "message.receive", "actor": self.name, "args": args}
        self.connection.sendall(json.dumps(asked).encode() + b"\n")

    def taken(self) -> bytes:
        came = b""
        while not came.endswith(b"\n"):
            came += self.connection.recv(65_536)
        return came


def _wakes(daemon: Daemon) -> Iterator[Figure]:
    """From the moment a message is sent to the moment the one who waits for it has it."""
    receivers = [_Receiver(daemon.path, number) for number in range(_RECEIVERS)]
    daemon.ask("health")
    taken = []
    for number in range(_WAKES):
        one = receivers[number * 7 % _RECEIVERS]
        begun = time.perf_counter()
        daemon.ask("message.send", to=[one.name], payload={"text": "Wake up"})
        select.select([one.connection], [], [])
        receipt = json.loads(one.taken())["data"]["messages"][0]["receipt"]
        taken.append(time.perf_counter() - begun)
        daemon.ask("message.ack", receipt=receipt)
        one.wait()
    for each in receivers:
        each.connection.close()
    said = f"waking one of {_RECEIVERS} receivers that wait, sending included"
    yield Figure(what=f"{said}: median", median=median(taken))
    yield Figure(what=f"{said}: p99", median=p99(taken), target=0.010)


def _memory(daemon: Daemon) -> Iterator[Figure]:
    """What the daemon holds after many messages, to what it held after few."""
    _go_round(daemon, 5_000)
    before = _held(daemon)
    _go_round(daemon, _FLAT)
    after = _held(daemon)
    yield Figure(
        what=f"memory of the daemon after {_FLAT:,} more messages sent and acknowledged",
        median=after,
        floor=before,
        floor_is="after 5,000",
        unit=" MB",
    )


def _held(daemon: Daemon) -> float:
    status = Path(f"/proc/{daemon.process.pid}/status").read_text(encoding="ascii")
    line = next(each for each in status.splitlines() if each.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


def _go_round(daemon: Daemon, count: int) -> None:
    crowd(daemon, _ROUNDERS, "mail_client.py", str(count // _ROUNDERS), "bulk")


def _fill(place: Place) -> None:
    """Put a million messages into the database, each agent's last ones still waiting."""
    with bare(place.database) as connection:
        connection.execute(
            """
            BEGIN;
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :count)
            INSERT INTO message (seq, id, at_us, sender, session, addresses, type, priority, hops,
                payload, key)
            SELECT i + 1000000, printf('%026d', i), i, 'sender-' || (i % 97), '',
                '["agent-' || (i % :agents) || '"]', 'note', 2, 0,
                '{"text":"A message of some length, as they are"}', '' FROM n;
            """,
            {"count": _KEPT, "agents": _AGENTS},
        )
        connection.execute(
            """
            INSERT INTO delivery (seq, place, mailbox, address, sender, priority, state, due_us,
                attempts, attempts_max, receipt, holder, holder_session, changed_us, reason)
            SELECT seq, 0, 'agent-' || ((seq - 1000000) % :agents), '', sender, 2,
                CASE WHEN seq > 1000000 + :count - 20000 THEN 'waiting' ELSE 'acknowledged' END,
                0, 0, 5, '', '', '', at_us, '' FROM message;
            INSERT INTO mailbox (mailbox, open)
            SELECT mailbox, SUM(state = 'waiting') FROM delivery GROUP BY mailbox;
            COMMIT;
            """,
            {"count": _KEPT, "agents": _AGENTS},
        )


def _mailbox(bench: Bench) -> Iterator[Figure]:
    place = bench.store(1_000)
    with engine_on(place):
        pass
    _fill(place)
    with engine_on(place) as engine, bare(place.database) as connection:
        floor = median(
            repeated(
                lambda: connection.execute(
                    "SELECT payload FROM message ORDER BY seq DESC LIMIT 20"
                ).fetchall(),
                _LOOKS,
            )
        )
        for what, asked in (
            ("inbox of an agent", request("message.inbox", agent="agent-7", limit=20)),
            (
                "all that an agent got",
                request("message.inbox", agent="agent-7", all=True, limit=20),
            ),
            ("outbox of an agent", request("message.outbox", agent="sender-5", limit=20)),
        ):
            times = repeated(partial(engine.run, asked, CALLER), _LOOKS)
            yield Figure(
                what=f"{what} among {_KEPT:,} messages, twenty of them",
                median=median(times),
                worst=p99(times),
                floor=floor,
                floor_is="bare select of twenty",
                target=0.001 if what.startswith("inbox") else None,
            )
