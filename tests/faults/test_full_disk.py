"""A disk that is full: nothing is half written, the old stays, and with room it goes on."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from beadwork.model.errors import StoreFull
from beadwork.ops.issue import ListIssues
from beadwork.ops.record import ExportFile
from tests.faults.processes import run
from tests.support import Project, query


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="no RLIMIT_FSIZE: not on this platform")
def test_an_export_that_finds_no_room_leaves_the_old_file(project: Project) -> None:
    for n in range(20):
        project.create(f"issue {n}", description="x" * 1000)
    project.run(ExportFile())
    old = project.records.read_bytes()
    names = sorted(path.name for path in project.records.parent.iterdir())
    project.close()
    answers = run(project, "small_files", "8192")
    (straw, first, second, left, exported) = answers
    assert first == second
    assert first["refused"] in ("store.full", "file.trouble")
    assert set(left["left"]) <= set(names), "a file was left beside"
    assert exported == {"exported": True}
    assert project.records.read_bytes() != old
    assert straw["created"] in project.records.read_text("utf-8")


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="no RLIMIT_FSIZE: not on this platform")
def test_an_export_without_room_does_not_touch_the_old_file_meanwhile(project: Project) -> None:
    for n in range(20):
        project.create(f"issue {n}", description="x" * 1000)
    project.run(ExportFile())
    old = (project.records.read_bytes(), project.records.stat().st_ino)
    project.close()
    run(project, "small_files_for_ever", "8192")
    assert (project.records.read_bytes(), project.records.stat().st_ino) == old
    assert project.run(ExportFile()).is_written


@pytest.fixture
def tiny(tmp_path: Path) -> Iterator[Path]:
    """A disk of 3 MB."""
    place = tmp_path / "tiny"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(place)]
    mount = shutil.which("mount")
    if mount is None or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("only root can mount a disk of its own: not on this platform")
    try:
        yield place
    finally:
        subprocess.run(["umount", str(place)], check=True)


@pytest.mark.slow
def test_a_full_disk_refuses_writes_and_keeps_what_it_acknowledged(tiny: Path) -> None:
    project = Project(tiny)
    ballast = tiny / "ballast"
    ballast.write_bytes(b"x" * 500_000)
    created = [project.create("the first")]
    project.run(ExportFile())
    old = project.records.read_bytes()
    with pytest.raises(StoreFull) as caught:
        while len(created) < 2000:
            created.append(project.create(f"issue {len(created)}", description="x" * 20_000))
    assert caught.value.exit_code == 5
    assert len(created) > 10
    # Reads go on; so do refusals; the file stays as it was.
    assert {row.issue.id for row in project.run(ListIssues(limit=0)).issues} == set(created)
    with pytest.raises(StoreFull):
        project.create("issue still", description="x" * 20_000)
    with pytest.raises(StoreFull):
        project.run(ExportFile())
    assert project.records.read_bytes() == old
    assert not list(project.records.parent.glob(".beadwork-*"))
    ballast.unlink()
    created.append(project.create("room again"))
    project.close()
    there = Project(tiny)
    assert {row.issue.id for row in there.run(ListIssues(limit=0)).issues} == set(created)
    assert query(there.place, "PRAGMA integrity_check") == [("ok",)]
    assert there.wrong_rows() == 0
    there.close()
