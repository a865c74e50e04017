"""The engine alone: reads and writes of a store of 100,000 issues, in this process."""

import random
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import apsw
from figures import Figure, clocked, median, p99, repeated

from beadwork.compose import open_engine
from beadwork.engine import Call, Engine
from beadwork.model.errors import BeadworkError
from beadwork.ops.table import operation_named
from beadwork.sync.locate import Place
from bench import CALLER, Bench, bare, engine_on, request

_SIZES = (1_000, 10_000, 100_000)
_READS = 2_000
_CLOSES = 1_000
_BATCHES = 20
_BATCH = 100
_READY_S, _CLOSE_S = 0.0001, 0.0003
_ROWS = 100_000
_READ_FLOOR = """
    SELECT i.id, d.body FROM issue i JOIN document d ON d.n = i.n
    WHERE i.status = 'open' AND i.workable = 1 AND i.hidden = 0
    ORDER BY i.priority, i.created_us, i.id LIMIT 10
"""


def measure(bench: Bench) -> list[Figure]:
    figures = []
    for size in _SIZES:
        place = bench.store(size)
        with engine_on(place) as engine, bare(place.database) as connection:
            figures.append(_ready(engine, connection, size))
            if size == _SIZES[-1]:
                floor_file = Path(place.folder) / "floor.db"
                figures += _writes(engine, place, floor_file)
    return figures


def _ready(engine: Engine, connection: apsw.Connection, size: int) -> Figure:
    asked = request("issue.ready", limit=10)
    repeated(lambda: engine.run(asked, CALLER), 20)
    floor = repeated(lambda: connection.execute(_READ_FLOOR).fetchall(), _READS)
    values = repeated(lambda: engine.run(asked, CALLER), _READS)
    return Figure(
        what=f"ready, ten of {size:,}",
        median=median(values),
        worst=p99(values),
        floor=median(floor),
        floor_is="bare indexed select of ten",
        target=_READY_S,
    )


def _floor_table(connection: apsw.Connection) -> None:
    connection.execute("CREATE TABLE item (n INTEGER PRIMARY KEY, status TEXT NOT NULL) STRICT")
    with connection:
        rows = ((n, "open") for n in range(_ROWS))
        connection.executemany("INSERT INTO item VALUES (?, ?)", rows)


def _writes(engine: Engine, place: Place, floor_file: Path) -> Iterator[Figure]:
    with bare(place.database) as reader:
        ready = [
            row[0]
            for row in reader.execute(
                "SELECT id FROM issue WHERE workable = 1 AND hidden = 0 AND status = 'open'"
            )
        ]
    chance = random.Random(1)
    chance.shuffle(ready)
    closes = iter(ready)
    with bare(floor_file) as connection:
        _floor_table(connection)
        commits: list[float] = []
        single: list[float] = []
        for _ in range(_CLOSES):
            commits.append(clocked(partial(_update, connection, [chance.randrange(_ROWS)])))
            asked = request("issue.close", issue=next(closes))
            single.append(clocked(partial(engine.run, asked, CALLER)))
        yield Figure(
            what="close, with its own commit, 100,000",
            median=median(single),
            worst=p99(single),
            floor=median(commits),
            floor_is="bare durable commit of a row",
            target=_CLOSE_S,
        )
        yield _close_share(engine, connection, [next(closes) for _ in range(_BATCHES * _BATCH)])
        yield _close_alone(place, [next(closes) for _ in range(_BATCHES * _BATCH)])
        yield from _others(engine, median(commits))


def _update(connection: apsw.Connection, numbers: list[int]) -> None:
    connection.execute("BEGIN IMMEDIATE")
    for n in numbers:
        connection.execute("UPDATE item SET status = 'closed' WHERE n = ?", (n,))
    connection.execute("COMMIT")


def _close_alone(place: Place, ids: list[str]) -> Figure:
    """Close in batches, and stop the time before the commit: what is left is reading and writing."""
    reached: list[float] = []
    engine = open_engine(
        place,
        at=lambda moment: (
            reached.append(time.perf_counter()) if moment == "before_commit" else None
        ),
    )
    values = []
    try:
        for start in range(0, len(ids), _BATCH):
            calls = _closes(ids[start : start + _BATCH])
            reached.clear()
            begun = time.perf_counter()
            _all_well(engine, calls)
            values.append(reached[0] - begun)
    finally:
        engine.close()
    return Figure(
        what="close, its commit left out, 100,000",
        median=median(values) / _BATCH,
        worst=max(values) / _BATCH,
        target=_CLOSE_S,
    )


def _closes(ids: list[str]) -> list[Call]:
    close = operation_named("issue.close")
    return [Call(close, request("issue.close", issue=each), CALLER) for each in ids]


def _close_share(engine: Engine, connection: apsw.Connection, ids: list[str]) -> Figure:
    """Close in batches: the commit is shared, so that what is left is the engine's own work."""
    floor, values = [], []
    for start in range(0, len(ids), _BATCH):
        floor.append(clocked(partial(_update, connection, list(range(start, start + _BATCH)))))
        calls = _closes(ids[start : start + _BATCH])
        values.append(clocked(partial(_all_well, engine, calls)))
    return Figure(
        what="close, one of 100 in a commit, 100,000",
        median=median(values) / _BATCH,
        worst=max(values) / _BATCH,
        floor=median(floor) / _BATCH,
        floor_is="bare update of a row, 100 in a commit",
        target=_CLOSE_S,
    )


def _all_well(engine: Engine, calls: list[Call]) -> None:
    for outcome in engine.write_all(calls):
        if isinstance(outcome, BeadworkError):
            raise outcome


def _others(engine: Engine, floor: float) -> Iterator[Figure]:
    claims = repeated(lambda: engine.run(request("issue.claim_ready"), CALLER), _CLOSES)
    creates = repeated(lambda: engine.run(request("issue.create", title="New"), CALLER), _CLOSES)
    for what, values in (("ready --claim", claims), ("create", creates)):
        yield Figure(
            what=f"{what}, with its own commit, 100,000",
            median=median(values),
            worst=p99(values),
            floor=floor,
            floor_is="bare durable commit of a row",
        )
