"""Readiness: what a change costs that many wait for, and the whole index from scratch."""

from pathlib import Path

import apsw
import data
from figures import Figure, clocked, median

from beadwork.compose.engines import blobs_of
from beadwork.model.claim import Holder
from beadwork.model.issue import Vocabulary
from beadwork.store.store import SqliteStore
from beadwork.sync.locate import Place
from bench import CALLER, Bench, bare, engine_on, request

_CHILDREN = 10_000
_ISSUES = 100_000
_RUNS = 5
_BLOCKER = data.issue_id(0)
_FLOOR_TABLE = """
    CREATE TABLE item (
        n INTEGER PRIMARY KEY,
        id TEXT NOT NULL,
        held INTEGER NOT NULL,
        workable INTEGER NOT NULL GENERATED ALWAYS AS (held = 0) STORED
    ) STRICT;
    CREATE INDEX item_workable ON item (id) WHERE workable = 1;
"""


def measure(bench: Bench) -> list[Figure]:
    return [*_epic(bench), _recompute(bench)]


def _epic(bench: Bench) -> list[Figure]:
    place = bench.imported(data.lines(data.epic(_CHILDREN)))
    freeing, holding, floor = [], [], []
    with engine_on(place) as engine, bare(Path(place.folder) / "floor.db") as connection:
        _fill(connection)
        for _ in range(_RUNS):
            freeing.append(
                clocked(lambda: engine.run(request("issue.close", issue=_BLOCKER), CALLER))
            )
            holding.append(
                clocked(lambda: engine.run(request("issue.reopen", issue=_BLOCKER), CALLER))
            )
            floor.append(clocked(lambda: _shift(connection, -1)))
            _shift(connection, 1)
    return [
        Figure(
            what=f"{what} an epic of {_CHILDREN:,} children",
            median=median(values),
            worst=max(values),
            floor=median(floor),
            floor_is="bare update of as many rows",
        )
        for what, values in (("freeing", freeing), ("holding up", holding))
    ]


def _fill(connection: apsw.Connection) -> None:
    connection.execute(_FLOOR_TABLE)
    with connection:
        rows = ((n, data.issue_id(n)) for n in range(_CHILDREN))
        connection.executemany("INSERT INTO item (n, id, held) VALUES (?, ?, 1)", rows)


def _shift(connection: apsw.Connection, by: int) -> None:
    with connection:
        connection.execute("UPDATE item SET held = held + ?", (by,))


def _recompute(bench: Bench) -> Figure:
    place = bench.store(_ISSUES)
    values, floor = [], []
    with bare(place.database) as connection:
        for _ in range(_RUNS):
            values.append(_recompute_once(place))
            floor.append(
                clocked(
                    lambda: [
                        connection.execute("SELECT * FROM issue").fetchall(),
                        connection.execute("SELECT * FROM edge").fetchall(),
                    ]
                )
            )
    return Figure(
        what=f"readiness of {_ISSUES:,} issues from scratch",
        median=median(values),
        worst=max(values),
        floor=median(floor),
        floor_is="bare read of issues and edges",
    )


def _recompute_once(place: Place) -> float:
    store = SqliteStore(
        place.database, busy_ms=1000, new_replica=lambda: "bench", blob_files=blobs_of(place)
    )
    try:
        store.begin()
        transaction = store.writing(
            now_us=0,
            holder=Holder("bench"),
            vocabulary=Vocabulary(prefix=data.PREFIX),
            operation="bench",
        )
        seconds = clocked(lambda: _none_wrong(transaction.ready.recompute()))
        store.rollback()
    finally:
        store.close()
    return seconds


def _none_wrong(wrong: int) -> None:
    if wrong:
        raise RuntimeError(f"the index of readiness was wrong in {wrong} rows")
