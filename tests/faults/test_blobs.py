"""Blobs where processes are killed, the disk is full, and one collects what others put."""

import os
from pathlib import Path

import pytest

from beadwork.ops.blob import GetBlob, ListBlobs, PutBlob
from beadwork.ops.blob_upkeep import GcBlobs, VerifyBlobs
from tests.daemon.running import until
from tests.faults import blob_children, children
from tests.support import Project

pytestmark = pytest.mark.slow
PUTTERS = 3


def files_of(project: Project) -> list[Path]:
    found = Path(project.place.blob_folder).rglob("*")
    return [path for path in found if path.is_file() and path.name != ".gitignore"]


@pytest.mark.parametrize(
    ("moment", "is_named", "is_known"),
    [
        ("sync_descriptor", False, False),
        ("sync_folder", True, False),
        ("in_request", True, False),
        ("before_commit", True, False),
        ("after_commit", True, True),
    ],
)
def test_a_killed_process_leaves_no_row_without_its_file(
    quick_path: Path, moment: str, is_named: bool, is_known: bool
) -> None:
    if moment == "sync_folder":
        # The folders are there: the first sync of one is after the rename.
        project = Project(quick_path)
        digest = project.run(PutBlob(text=blob_children.CONTENT)).digest
        with project.transaction() as tx:
            tx.blobs.drop([digest])
            project.engine._store.commit()
        (file,) = files_of(project)
        file.unlink()
        project.close()
    code = children.run(blob_children.put_until_killed, quick_path, moment)
    assert code == children.KILLED
    project = Project(quick_path)
    (file,) = files_of(project)
    assert file.name.endswith(".tmp") is not is_named
    assert bool(project.run(ListBlobs()).blobs) is is_known
    assert project.run(VerifyBlobs()).damaged == []
    assert project.run(VerifyBlobs()).missing == []

    # What is left goes once it is old, and putting it again is no harm.
    os.utime(file, (1, 1))
    project.clock.advance(7200)
    done = project.run(GcBlobs())
    assert (len(done.digests), done.leftovers) == ((1, 0) if is_named else (0, 1))
    assert files_of(project) == []
    digest = project.run(PutBlob(text=blob_children.CONTENT)).digest
    assert project.run(GetBlob(digest=digest)).size_bytes == len(blob_children.CONTENT)
    project.close()


def test_a_blob_that_finds_no_room_leaves_nothing_and_the_next_one_is_kept(
    quick_path: Path,
) -> None:
    root, answers = quick_path / "store", quick_path / "answers"
    project = Project(root)
    project.create("old")
    size = len(blob_children.CONTENT) // 2
    assert children.run(blob_children.put_with_files_of_at_most, root, answers, size) == 0
    assert children.said(answers) == ["store.full True", "5"]
    assert [path.stat().st_size for path in files_of(project)] == [5]
    assert [each.size_bytes for each in project.run(ListBlobs()).blobs] == [5]
    project.close()


def test_collecting_beside_those_who_put_loses_nothing_that_is_referred_to(
    quick_path: Path,
) -> None:
    root, done = quick_path / "store", quick_path / "done"
    project = Project(root)
    project.create("old")
    collector = children.start(blob_children.collect_over_and_over, root, done)
    until(lambda: done.with_name("begun").exists() or collector.exitcode is not None)
    children.run_all([(blob_children.refer_and_release, root, n) for n in range(PUTTERS)])
    done.touch()
    collector.join()
    assert collector.exitcode == 0
    found = project.run(VerifyBlobs())
    assert (found.checked, found.damaged, found.missing) == (PUTTERS, [], [])
    assert len(files_of(project)) == PUTTERS
    project.close()
