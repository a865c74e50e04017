"""Leases in the engine, among 10,000 live ones; their commit is left out."""

import time
from collections.abc import Sequence

from figures import Figure, median

from beadwork.compose import open_engine
from beadwork.engine import Call, Caller, Engine
from beadwork.model.claim import Holder
from beadwork.model.errors import LeaseHeld
from beadwork.ops.table import operation_named
from bench import Bench, make_folder, request

_LIVE = 10_000
_CHUNK = 500
_BATCHES = 20
_BATCH = 50
_ACQUIRE_S = 0.001
_HERE = Caller(Holder("bench"))


def measure(bench: Bench) -> list[Figure]:
    reached: list[float] = []

    def at(moment: str) -> None:
        if moment == "before_commit":
            reached.append(time.perf_counter())

    engine = open_engine(make_folder(bench.folder("leases"), []), at=at)
    try:
        _fill(engine)
        return _figures(engine, reached)
    finally:
        engine.close()


def _fill(engine: Engine) -> None:
    """Let a hundred agents have a hundred leases each, of folders and of files."""
    for start in range(0, _LIVE, _CHUNK):
        calls = [
            _acquire(f"src/part{n % 100}/unit{n}/**" if n % 2 else f"src/part{n % 100}/f{n}.py", n)
            for n in range(start, start + _CHUNK)
        ]
        _all_well(engine, calls)


def _acquire(pattern: str, number: int | None = None) -> Call:
    caller = _HERE if number is None else Caller(Holder(f"agent{number % 100}"))
    return Call(
        operation_named("lease.acquire"), request("lease.acquire", patterns=[pattern]), caller
    )


def _release(pattern: str) -> Call:
    return Call(
        operation_named("lease.release"), request("lease.release", patterns=[pattern]), _HERE
    )


def _all_well(engine: Engine, calls: Sequence[Call]) -> None:
    failed = [each for each in engine.write_all(calls) if isinstance(each, Exception)]
    assert not failed, failed[0]


def _figures(engine: Engine, reached: list[float]) -> list[Figure]:
    def timed(calls: Sequence[Call]) -> float:
        reached.clear()
        begun = time.perf_counter()
        _all_well(engine, calls)
        return (reached[0] - begun) / len(calls)

    acquired, released = [], []
    for batch in range(_BATCHES):
        patterns = [f"src/part{n}/new{batch}/**" for n in range(_BATCH)]
        acquired.append(timed([_acquire(each) for each in patterns]))
        released.append(timed([_release(each) for each in patterns]))
    return [
        Figure(what="acquire", median=median(acquired), worst=max(acquired), target=_ACQUIRE_S),
        Figure(what="release", median=median(released), worst=max(released), target=_ACQUIRE_S),
        _refusal(
            engine,
            "refusal",
            pattern="src/part{0}/unit{1}/deep/file.py",
            target=_ACQUIRE_S,
        ),
        _refusal(engine, "refusal of what overlaps with half of them", pattern="**/x{1}.md"),
    ]


def _refusal(engine: Engine, what: str, *, pattern: str, target: float | None = None) -> Figure:
    values = []
    for n in range(1, 2 * _BATCH, 2):
        begun = time.perf_counter()
        (outcome,) = engine.write_all([_acquire(pattern.format(n % 100, n))])
        values.append(time.perf_counter() - begun)  # Nothing was changed: there is no commit.
        assert isinstance(outcome, LeaseHeld)
    return Figure(what=what, median=median(values), worst=max(values), target=target)
