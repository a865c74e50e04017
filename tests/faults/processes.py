"""Processes of tests/faults/child.py: started, listened to, ended by their own ids."""

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import msgspec

from tests.support import ROOT, Project, child_environment

TIMEOUT_S = 120


def start(project: Project, command: str, *arguments: str) -> subprocess.Popen[bytes]:
    """Start a process at work on a project's store."""
    return subprocess.Popen(
        [sys.executable, "-m", "tests.faults.child", project.place.folder, command, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=child_environment(),
        cwd=ROOT,
    )


@contextlib.contextmanager
def ending(*processes: subprocess.Popen[bytes]) -> Iterator[None]:
    """See to it that these processes are gone in the end."""
    try:
        yield
    finally:
        for process in processes:
            if process.poll() is None:
                process.kill()
            process.communicate()


def said(process: subprocess.Popen[bytes], *, may_die: bool = False) -> list[dict[str, Any]]:
    """Wait for a process to end; return what it said."""
    out, err = process.communicate(timeout=TIMEOUT_S)
    if not may_die or process.returncode >= 0:
        assert process.returncode == 0, err.decode()
    return heard(out)


def heard(out: bytes) -> list[dict[str, Any]]:
    """Read whole lines; one that the end of a process cut off was not said."""
    lines = out.split(b"\n")[:-1]
    return [msgspec.json.decode(line) for line in lines]


def run(project: Project, command: str, *arguments: str) -> list[dict[str, Any]]:
    """Run a process to its end, which may be its own doing."""
    process = start(project, command, *arguments)
    with ending(process):
        return said(process, may_die=True)
