"""Processes die while they write the logs: the next goes on, and nothing is missing or doubled."""

import json
from pathlib import Path

import pytest

from beadwork.compose.engines import logs_of
from beadwork.ops.log import AppendLogs
from beadwork.ops.message import SendMessage
from beadwork.sync import log_files
from tests.faults import children
from tests.support import Project

pytestmark = pytest.mark.slow
MOMENTS_MAX = 200


def numbers(project: Project, name: str) -> list[int]:
    """Return the numbers of all lines of a log, those that were rotated away too."""
    path = Path(project.place.log_folder) / name
    old = [Path(f"{path}.{number}") for number in range(log_files.KEPT, 0, -1)]
    content = b"".join(each.read_bytes() for each in (*old, path) if each.exists())
    return [json.loads(line)["seq"] for line in content.splitlines()]


def test_a_killed_writer_leaves_logs_that_the_next_one_makes_whole(
    quick_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_files, "ROTATED_BYTES", children.LOG_BYTES)
    for number in range(1, MOMENTS_MAX):
        root = quick_path / str(number)
        code = children.run(children.log_until_killed, root, number)
        project = Project(root)
        last = project.run(SendMessage(to=["bob"], payload="After")).seq
        project.run(AppendLogs())
        for name in ("events.jsonl", "messages.jsonl"):
            assert numbers(project, name) == list(range(1, last + 1))
        assert logs_of(project.place).verify() == []
        left = {path.name for path in Path(project.place.log_folder).iterdir()}
        assert not [name for name in left if "damaged" in name]
        project.close()
        if code == 0:
            assert number > 5 * children.LOGGED
            return
        assert code == children.KILLED
    raise AssertionError("it was killed for ever")
