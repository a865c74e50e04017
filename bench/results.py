"""results.md: the last figures of each part, with the day and the machine they come from."""

import os
import platform
import re
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import apsw
from figures import Figure, table
from parts import PARTS

_FILE = Path(__file__).resolve().parent / "results.md"
_HEAD = """\
# Measured

Written by `make bench`; a run of some parts replaces those parts only. *worst* is the 99th
percentile of many, or the longest of few. *floor* is what the machine takes for the bare minimum
of the same work, in the same run, and *ratio* the figure to its floor. Targets are those of the
design.
"""
_SECTION = re.compile(r"^## .*?\((\w+)\)\n", re.MULTILINE)


def machine() -> str:
    """Name what the figures depend on: the day, the machine, the versions."""
    facts = [
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        f"{os.cpu_count()} cores",
        f"{platform.system()} {platform.machine()}",
        f"{platform.python_implementation()} {platform.python_version()}",
        f"SQLite {apsw.sqlite_lib_version()}",
        f"load {os.getloadavg()[0]:.1f}",
    ]
    commit = _git("rev-parse", "--short", "HEAD")
    if commit:
        is_changed = bool(_git("status", "--porcelain", "--", "../src"))
        facts.append(f"commit {commit}{' and changes' if is_changed else ''}")
    return ", ".join(facts)


def _git(*arguments: str) -> str:
    try:
        done = subprocess.run(
            ["git", *arguments], cwd=_FILE.parent, capture_output=True, text=True, check=False
        )
    except OSError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def record(name: str, title: str, figures: Sequence[Figure]) -> None:
    """Put a part's figures in the place of those that were there."""
    sections = _sections()
    sections[name] = f"## {title} ({name})\n\n{machine()}\n\n{table(figures)}\n"
    ordered = [sections[each] for each in PARTS if each in sections]
    _FILE.write_text("\n".join([_HEAD, *ordered]), encoding="utf-8")


def _sections() -> dict[str, str]:
    if not _FILE.exists():
        return {}
    text = _FILE.read_text(encoding="utf-8")
    starts = list(_SECTION.finditer(text))
    ends = [each.start() for each in starts[1:]] + [len(text)]
    return {
        each[1]: text[each.start() : end].rstrip() + "\n"
        for each, end in zip(starts, ends, strict=True)
    }
