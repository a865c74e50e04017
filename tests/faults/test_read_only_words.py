"""A store that takes no write is read although the project's words changed since (R15)."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import ROOT, Project, child_environment

# Everything that is read from files is read before the rights are given up.
SCRIPT = """
import os, sys
from pathlib import Path
from beadwork.model.errors import BeadworkError
from beadwork.ops.issue import ListIssues
from tests.support import Project
warm = Project(Path(sys.argv[2]))
warm.create()
warm.run(ListIssues())
(Path(sys.argv[2]) / ".beads/config.yaml").write_text("issue-prefix: py\\n")
Project(Path(sys.argv[2])).run(ListIssues())
from beadwork.compose import open_engine
from beadwork.engine import Caller
from beadwork.model.claim import Holder
from beadwork.sync.locate import place_of
os.setgroups([])
os.setgid(65534)
os.setuid(65534)
engine = open_engine(place_of(sys.argv[1]))
answer = engine.run(ListIssues(), Caller(Holder("nobody")))
print([each.issue.title for each in answer.issues])
from beadwork.ops.issue_create import CreateIssue
try:
    engine.run(CreateIssue(title="not here"), Caller(Holder("nobody")))
except BeadworkError as error:
    print(error.code)
"""


@pytest.mark.slow
@pytest.mark.skipif(
    sys.platform == "win32" or os.geteuid() != 0,
    reason="only root can become another user: not on this platform",
)
def test_a_read_only_store_is_read_by_the_words_of_its_last_writer(quick_path: Path) -> None:
    project = Project(quick_path / "theirs")
    project.create("theirs")
    project.close()
    folder = Path(project.place.folder)
    (folder / "config.yaml").write_text("issue-prefix: px\ntypes:\n  custom: spike\n")
    for path in folder.iterdir():
        path.chmod(0o444)
    folder.chmod(0o555)
    for above in (folder.parent, quick_path):
        above.chmod(0o755)
    found = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(folder), str(quick_path / "warm")],
        env=child_environment(),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.stdout.splitlines() == ["['theirs']", "store.readonly"], found.stderr
