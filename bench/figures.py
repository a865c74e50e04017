"""Figures: what was measured, beside its floor and its target, and how they are shown."""

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One measured thing. Times are seconds; `floor` was measured in the same run."""

    what: str
    median: float
    worst: float | None = None
    """The 99th percentile of many, or the longest of few."""
    floor: float | None = None
    floor_is: str = ""
    target: float | None = None
    unit: str = "s"
    """`s` is shown as s, ms or µs; other units as they are."""
    is_more_better: bool = False
    ratio: float | None = None
    """Shown instead of the ratio to the floor."""

    @property
    def to_floor(self) -> float | None:
        if self.ratio is not None or not self.floor:
            return self.ratio
        return self.floor / self.median if self.is_more_better else self.median / self.floor

    @property
    def is_reached(self) -> bool | None:
        if self.target is None:
            return None
        return self.median >= self.target if self.is_more_better else self.median <= self.target


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value that this share of all do not exceed."""
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, int(len(ranked) * share))]


def median(values: Sequence[float]) -> float:
    return statistics.median(values)


def p99(values: Sequence[float]) -> float:
    return percentile(values, 0.99)


def clocked(work: Callable[[], object]) -> float:
    """Return how long a call took."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def repeated(work: Callable[[], object], times: int) -> list[float]:
    """Return how long each of several calls took."""
    return [clocked(work) for _ in range(times)]


def quantity(value: float | None, unit: str) -> str:
    """Show a value with three digits that mean something."""
    if value is None:
        return ""
    if unit != "s":
        return f"{value:,.0f} {unit}" if value >= 100 else f"{value:.3g} {unit}"
    scale, name = next((each for each in _SCALES if value >= each[0]), _SCALES[-1])
    shown = value / scale
    digits = max(0, 3 - len(str(int(shown))))
    return f"{shown:.{digits}f} {name}"


_SCALES = ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs"))
HEADS = ("what", "median", "worst", "floor", "ratio", "target", "reached")


def row(figure: Figure) -> tuple[str, ...]:
    """Show a figure as the cells of a table."""
    floor = quantity(figure.floor, figure.unit)
    ratio = figure.to_floor
    reached = {None: "", True: "yes", False: "NO"}[figure.is_reached]
    return (
        figure.what,
        quantity(figure.median, figure.unit),
        quantity(figure.worst, figure.unit),
        f"{floor} {figure.floor_is}".strip(),
        "" if ratio is None else f"{ratio:.3g}",
        quantity(figure.target, figure.unit),
        reached,
    )


def table(figures: Sequence[Figure]) -> str:
    """Show figures as a Markdown table whose columns stand under one another."""
    cells = [HEADS, *(row(each) for each in figures)]
    widths = [max(len(line[i]) for line in cells) for i in range(len(HEADS))]

    def line(words: Sequence[str]) -> str:
        first, *others = words
        shown = [first.ljust(widths[0])]
        shown += [word.rjust(widths[i]) for i, word in enumerate(others, start=1)]
        return f"| {' | '.join(shown)} |"

    rule = [f"{'-' * widths[0]}", *(f"{'-' * (width - 1)}:" for width in widths[1:])]
    return "\n".join([line(cells[0]), f"| {' | '.join(rule)} |", *map(line, cells[1:])])
