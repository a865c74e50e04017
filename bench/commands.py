"""Direct commands: the whole process, from its start to its end."""

import subprocess
import sys
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from figures import Figure, clocked, median

from bench import SETTLED_S, Bench, bd, environment, make_folder

_ISSUES = 10_000
_ROUNDS = 15
_TARGET_S = 0.150
_TARGET_OF_ALL_S = 0.400
_UNKNOWN = 3


class _Runner:
    def __init__(self, root: Path) -> None:
        self._root = root
        self._environment = environment()

    def run(self, arguments: Sequence[str], code: int = 0) -> bytes:
        done = subprocess.run(
            arguments, cwd=self._root, env=self._environment, capture_output=True, check=False
        )
        if done.returncode != code:
            raise RuntimeError(f"{arguments[1:]} left with {done.returncode}: {done.stderr!r}")
        return done.stdout


def measure(bench: Bench) -> list[Figure]:
    root = bench.folder("commands")
    make_folder(root, bench.backlog(_ISSUES))
    runner = _Runner(root)
    runner.run(["git", "init", "--quiet"])
    time.sleep(SETTLED_S)
    runner.run([bd(), "init", "--quiet"])
    some = runner.run([bd(), "list", "--limit", "1"]).split()[1].decode()
    all_of_them = f"bd list --all --limit 0 --json, {_ISSUES:,} issues"
    commands: dict[str, tuple[list[str], int]] = {
        "python -c pass": ([sys.executable, "-c", "pass"], 0),
        "bd ready --json": ([bd(), "ready", "--json"], 0),
        "bd show ID --json": ([bd(), "show", some, "--json"], 0),
        "bd list --json": ([bd(), "list", "--json"], 0),
        all_of_them: ([bd(), "list", "--all", "--limit", "0", "--json"], 0),
        "bd --help": ([bd(), "--help"], 0),
        "bd show, of an unknown id (exit code 3)": ([bd(), "show", "bm-none", "--json"], _UNKNOWN),
        "bd create --json, with the file written": ([bd(), "create", "New", "--json"], 0),
        "bd update ID --json, likewise": (
            [bd(), "update", some, "--append-notes", "x", "--json"],
            0,
        ),
    }
    taken: dict[str, list[float]] = {what: [] for what in commands}
    for each in range(_ROUNDS + 1):
        for what, (arguments, code) in commands.items():
            seconds = clocked(partial(runner.run, arguments, code))
            if each:  # the first round warms up
                taken[what].append(seconds)
    floor = median(taken.pop("python -c pass"))
    return [
        Figure(
            what=what,
            median=median(values),
            worst=max(values),
            floor=floor,
            floor_is="python -c pass",
            target=_TARGET_OF_ALL_S if what == all_of_them else _TARGET_S,
        )
        for what, values in taken.items()
    ]
