"""Several processes that write to one store at once, without a daemon."""

import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

from figures import Figure, clocked, median

from bench import Bench, answer_of, bare, bd, engine_on, environment, make_folder, start_child

_PROCESSES = 8
_CREATES = 100
_COMMANDS = 12
_START_S = 2.0
"""All begin at one moment, so long after the first was started."""


def measure(bench: Bench) -> list[Figure]:
    root = bench.folder("crowd")
    place = make_folder(root, bench.backlog(1_000))
    with engine_on(place) as engine, bare(root / "floor.db") as connection:
        connection.execute("CREATE TABLE line (n INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT")
        del engine
    floor_each, floor_rate = _crowd("creates-floor", root)
    each, rate = _crowd("creates", root)
    slow_each, slow_rate = _commands(root)
    who = f"{_PROCESSES} processes x {_CREATES} creates"
    commands = f"{_PROCESSES} x {_COMMANDS} `bd create`, each a process"
    bare_rows = "bare rows, as many processes"
    return [
        _latency(f"{who}: one create", each, median(floor_each), bare_rows),
        _rate(f"{who}: together", rate, floor_rate, bare_rows),
        _latency(f"{commands}: one", slow_each, None, ""),
        _rate(f"{commands}: together", slow_rate, None, ""),
    ]


def _latency(what: str, values: list[float], floor: float | None, floor_is: str) -> Figure:
    longest = max(values)
    return Figure(what=what, median=median(values), worst=longest, floor=floor, floor_is=floor_is)


def _rate(what: str, rate: float, floor: float | None, floor_is: str) -> Figure:
    return Figure(
        what=what, median=rate, floor=floor, floor_is=floor_is, unit="/s", is_more_better=True
    )


def _crowd(mode: str, root: Path) -> tuple[list[float], float]:
    start = time.time() + _START_S
    children = [start_child(mode, root, start, f"p{n}", _CREATES) for n in range(_PROCESSES)]
    answers: list[dict[str, Any]] = [answer_of(child) for child in children]
    lasted = max(a["ended"] for a in answers) - min(a["begun"] for a in answers)
    each = [seconds for answer in answers for seconds in answer["each"]]
    return each, len(each) / lasted


def _commands(root: Path) -> tuple[list[float], float]:
    def one(number: int) -> list[float]:
        return [clocked(partial(_create, root, f"c{number} {n}")) for n in range(_COMMANDS)]

    begun = time.time()
    with ThreadPoolExecutor(_PROCESSES) as pool:
        each = [seconds for some in pool.map(one, range(_PROCESSES)) for seconds in some]
    return each, len(each) / (time.time() - begun)


def _create(root: Path, title: str) -> None:
    subprocess.run(
        [bd(), "create", title, "--json"],
        cwd=root,
        env=environment(),
        stdout=subprocess.DEVNULL,
        check=True,
    )
