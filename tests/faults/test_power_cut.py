"""The power is cut: every acknowledged write survives though unsynced ones are gone.

The work is done once, on a disk that records its steps; then the power is cut at each of many
places of that record, and the store opened on what was left.
"""

import itertools
from collections.abc import Callable
from pathlib import Path

import pytest

from beadwork.model.errors import BeadworkError
from beadwork.ops.issue_create import CreateIssue
from beadwork.ops.issue_update import UpdateIssue
from beadwork.ops.record_file import ImportFile
from tests.faults.failing_disk import AfterCut, FailingDisk, power_cuts
from tests.faults.test_kill import CALLER, LINES, require_sound, titles, write_file
from tests.support import Project, make_folder

pytestmark = pytest.mark.slow
SURVIVORS = {
    "nothing unsynced": lambda _: False,
    "every other write": lambda number: number % 2 == 0,
    "all but the first": lambda number: number > 0,
}


class Cuts:
    """Opens what each power cut left, in a folder of its own."""

    def __init__(self, root: Path) -> None:
        self._roots = (root / f"cut-{each}" for each in itertools.count())

    def open(self, cut: AfterCut) -> Project:
        """Open the store after a cut."""
        root = next(self._roots)
        cut.write(Path(make_folder(root).folder))
        project = Project(root)
        project.engine.prepare()
        return project


@pytest.mark.parametrize("survives", SURVIVORS.values(), ids=SURVIVORS)
def test_every_acknowledged_write_survives_a_power_cut(
    quick_path: Path, survives: Callable[[int], bool]
) -> None:
    disk = FailingDisk(records=True)
    project = Project(quick_path / "store", opener=disk.opener)
    for title in ("single 0", "single 1", "single 2"):
        project.create(title)
        disk.note(title)
    together = ["together 0", "together 1", "together 2"]
    first = project.create("first", id="px-first")
    disk.note("first")
    outcomes = project.batch(
        *(CreateIssue(title=title, dependencies=[f"blocks:{first}"]) for title in together),
        UpdateIssue(issue=first, title="first and last", status="closed"),
    )
    assert not [each for each in outcomes if isinstance(each, BeadworkError)]
    disk.note("together")
    project.create("last")
    disk.note("last")
    project.close()
    disk.close()

    cuts = Cuts(quick_path)
    count = 0
    for cut in power_cuts(disk.log, every=3, survives=survives):
        after = cuts.open(cut)
        found = titles(after)
        acknowledged = set(cut.notes)
        if "together" in acknowledged:
            acknowledged |= {*together, "first and last"}
        assert acknowledged - {"together", "first"} <= set(found)
        assert len([title for title in found if title in together]) in (0, len(together))
        assert ("first and last" in found) == ("together 0" in found)
        assert len(found) == len(set(found))
        require_sound(after)
        after.create("after")
        after.close()
        count += 1
    assert count > 80


@pytest.mark.usefixtures("small_chunks")
def test_an_import_survives_a_power_cut_as_far_as_it_had_come(quick_path: Path) -> None:
    write_file(quick_path / "store")
    disk = FailingDisk(records=True)
    project = Project(quick_path / "store", opener=disk.opener)
    project.engine.run(
        ImportFile(), CALLER, progress=lambda done, total, what: disk.note((done, total, what))
    )
    assert [step.note[0] for step in disk.log if step.what == "note"][-1] == LINES
    whole = project.lines()
    content = project.records.read_bytes()
    project.close()
    disk.close()
    checkpoints = [
        step for step in disk.log if step.what == "sync" and not step.path.endswith("-wal")
    ]
    assert len(checkpoints) > 1, "the log was folded back into the database meanwhile"

    cuts = Cuts(quick_path)
    every = len(disk.log) // 24
    resumed = 0
    for number, cut in enumerate(power_cuts(disk.log, every=every)):
        after = cuts.open(cut)
        done = cut.notes[-1][0] if cut.notes else 0
        there = len(titles(after))
        assert done <= there <= LINES
        assert there % 200 == 0, "a chunk is there in whole or not at all"
        require_sound(after)
        if number % 8 == 4:
            after.records.write_bytes(content)
            report = after.run(ImportFile(force=True)).report
            assert (report.created, report.unchanged) == (LINES - there, there)
            assert after.lines() == whole
            resumed += 1
        after.close()
    assert resumed >= 3
