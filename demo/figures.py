"""What the agents' work cost: how much in how long, and how the daemon put writes together."""

from collections import defaultdict
from pathlib import Path
from typing import Any

from acks import read_all

_WIDTH = 28


def _part(times: list[float], share: float) -> float:
    return times[min(int(len(times) * share), len(times) - 1)]


def show(logs: Path, seconds: float) -> None:
    """Print how long the agents waited for each kind of answer, as they saw it."""
    times: defaultdict[tuple[str, str], list[float]] = defaultdict(list)
    count = 0
    for ack in read_all(logs):
        count += 1
        waited_ms = (ack["answered"] - ack["asked"]) / 1e6
        times[ack.get("door", "bd"), ack["what"]].append(waited_ms)
    print(f"  {count:,} answers in {seconds:.1f} s: {count / seconds:,.0f} a second")
    print("  waited for, in ms (`bd` with the start of its process)")
    print(f"    {'':<16} {'count':>6} {'median':>8} {'p99':>8}")
    for (door, what), found in sorted(times.items()):
        found.sort()
        name = f"{door} {what}"
        print(
            f"    {name:<16} {len(found):>6} {_part(found, 0.5):>8.1f} {_part(found, 0.99):>8.1f}"
        )


def show_commits(metrics: dict[str, Any]) -> None:
    """Print how many writes the daemon put into one commit."""
    commits = metrics["commits"]
    each = commits["calls"] / max(1, commits["count"])
    mean_ms = 1000 * commits["seconds"] / max(1, commits["count"])
    print(
        f"  the daemon: {commits['calls']:,} writes in {commits['count']:,} commits,"
        f" {each:.2f} in one, {mean_ms:.1f} ms for each commit;"
        f" {metrics['memory_alloc_mb']} MB, {metrics['descriptors']} descriptors"
    )
    before = 0
    for step in commits["batch_sizes"]:
        count = step["count"] - before
        before = step["count"]
        if count:
            bar = "█" * max(1, _WIDTH * count // commits["count"])
            print(f"    up to {step['up_to']:>4}  {bar} {count}")
