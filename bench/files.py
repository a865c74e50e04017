"""Files: taking one in, writing one after a change, merging two."""

import os
import shutil
import time
from functools import partial
from pathlib import Path
from typing import Any

import data
from figures import Figure, clocked, median, repeated

from beadwork.engine import Engine
from beadwork.sync.merge import merge
from bench import CALLER, SETTLED_S, Bench, engine_on, make_folder, request, run_child

_IMPORTS = {10_000: (3, 1.5), 100_000: (3, 15.0)}
_EXPORTS = {10_000: 0.020, 100_000: 0.200}
_EXPORT_RUNS = 9
_PEAK_MB = 400
_FOLD_LINES = 100_000
_FOLD_EVERY = 1_000
_FOLD_RUNS = 5
_FOLD_S = 4.0
_MB = 1_000_000


def measure_import(bench: Bench) -> list[Figure]:
    figures = []
    cpu = {}
    peak = floor_peak = 0.0
    for size, (runs, target) in _IMPORTS.items():
        content = bench.backlog(size)
        answers = [_import(bench, content) for _ in range(runs)]
        values = [each["seconds"] for each, _ in answers]
        cpu[size] = median([each["cpu"] for each, _ in answers])
        peak = max(each["peak"] for each, _ in answers)
        floor_peak = max(floor["peak"] for _, floor in answers)
        figures.append(
            Figure(
                what=f"import of {size:,}",
                median=median(values),
                worst=max(values),
                floor=median([floor["seconds"] for _, floor in answers]),
                floor_is="read, decode, insert the lines",
                target=target,
            )
        )
        figures.append(
            Figure(
                what=f"import of {size:,}, processor time",
                median=cpu[size],
                floor=median([floor["cpu"] for _, floor in answers]),
                floor_is="of the floor",
            )
        )
    small, large = _IMPORTS
    growth = cpu[large] / cpu[small] * small / large
    return [
        *figures,
        Figure(
            what=f"processor time of a line at {large:,} to one at {small:,}",
            median=growth,
            target=1.25,
            unit="times",
        ),
        Figure(
            what=f"peak memory, import of {large:,}",
            median=peak / _MB,
            floor=floor_peak / _MB,
            floor_is="of the floor",
            target=_PEAK_MB,
            unit="MB",
        ),
    ]


def _import(bench: Bench, content: list[str]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Import into a new store, each time in a new process; return it and its floor."""
    root = bench.folder("import")
    make_folder(root, content)
    time.sleep(SETTLED_S)
    floor = run_child("import-floor", root)
    answer = run_child("import", root)
    shutil.rmtree(root)
    return answer, floor


def measure_export(bench: Bench) -> list[Figure]:
    return [_export(bench, size, target) for size, target in _EXPORTS.items()]


def _export(bench: Bench, size: int, target: float) -> Figure:
    place = bench.imported(data.lines(data.plain(size)))
    path = Path(place.records)
    values, floor = [], []
    with engine_on(place) as engine:
        for number in range(_EXPORT_RUNS + 1):
            engine.run(
                request("issue.update", issue=data.issue_id(number), notes=f"{number}"), CALLER
            )
            time.sleep(SETTLED_S)
            seconds = clocked(partial(_flush, engine))
            content = path.read_bytes()
            bare_seconds = clocked(partial(_write, path.with_name("floor"), content))
            if number:
                values.append(seconds)
                floor.append(bare_seconds)
    return Figure(
        what=f"export of {size:,} records, {path.stat().st_size / size:.0f} bytes each",
        median=median(values),
        worst=max(values),
        floor=median(floor),
        floor_is="write the bytes, fsync, rename",
        target=target,
    )


def _flush(engine: Engine) -> None:
    if not engine.flush(CALLER):
        raise RuntimeError("nothing was exported")


def _write(path: Path, content: bytes) -> None:
    beside = path.with_suffix(".new")
    with beside.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)


def measure_fold(bench: Bench) -> list[Figure]:
    del bench
    base = data.lines(data.backlog(_FOLD_LINES))
    left = data.edited(base, _FOLD_EVERY, 0, "(left)")
    right = data.edited(base, _FOLD_EVERY, 500, "(right)")
    right = data.edited(right, _FOLD_EVERY * 10, 0, "(both)")
    sides = ["".join(f"{line}\n" for line in side).encode() for side in (base, left, right)]
    differing = sum(a != b for a, b in zip(left, right, strict=True))
    values = repeated(lambda: merge(*sides), _FOLD_RUNS)
    floor = repeated(lambda: _union(sides), _FOLD_RUNS)
    return [
        Figure(
            what=f"fold of two files of {_FOLD_LINES:,} lines, {differing} different",
            median=median(values),
            worst=max(values),
            floor=median(floor),
            floor_is="split, sort and join the lines",
            target=_FOLD_S,
        )
    ]


def _union(sides: list[bytes]) -> bytes:
    return b"\n".join(sorted({line for side in sides for line in side.split(b"\n")}))
