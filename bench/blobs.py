"""Blobs: a gigabyte in and out, beside a bare copy of the same bytes, and the memory for it."""

import os
from pathlib import Path
from typing import Any

from figures import Figure, median

from bench import Bench, make_folder, run_child

_LARGE_BYTES = 1 << 30
_SMALL_BYTES = 1 << 20
_PIECE_BYTES = 1 << 20
_RUNS = 3
_MB = 1_000_000
_PEAK_MB = 60


def measure(bench: Bench) -> list[Figure]:
    large = [_run(bench, _LARGE_BYTES) for _ in range(_RUNS)]
    small = _run(bench, _SMALL_BYTES)
    figures = []
    for what in ("put", "get"):
        values = [each[what]["seconds"] for each in large]
        figures.append(
            Figure(
                what=f"blob {what}, 1 GiB",
                median=median(values),
                worst=max(values),
                floor=median([each["floor"]["seconds"] for each in large]),
                floor_is="copy, SHA-256, sync",
            )
        )
    figures += [
        Figure(
            what=f"peak memory, blob {what}, 1 GiB",
            median=max(each[what]["peak"] for each in large) / _MB,
            floor=small[what]["peak"] / _MB,
            floor_is="for 1 MiB",
            target=_PEAK_MB,
            unit="MB",
        )
        for what in ("put", "get")
    ]
    return figures


def _run(bench: Bench, size: int) -> dict[str, Any]:
    """Put a new content and get it again, each in a new process, and copy it barely."""
    root = bench.folder("blob")
    make_folder(root, [])
    source = root / "source"
    with source.open("wb") as file:
        for _ in range(size // _PIECE_BYTES):
            file.write(os.urandom(_PIECE_BYTES))
        os.fsync(file.fileno())
    before = _measured("floor", root)
    answers = {name: _measured(name, root) for name in ("put", "get")}
    # Those that come first find the disk idle: the floor is taken before and after.
    seconds = (before["seconds"] + _measured("floor", root)["seconds"]) / 2
    _drop(root)
    return {**answers, "floor": {"seconds": seconds}}


def _measured(name: str, root: Path) -> dict[str, float]:
    """Measure on a disk that has nothing else to write."""
    os.sync()
    return dict(run_child(f"blob-{name}", root))


def _drop(folder: Path) -> None:
    """Make room for the next one."""
    for path in (each for each in folder.rglob("*") if each.is_file()):
        path.unlink()
