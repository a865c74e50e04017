"""Two clones write one field at the same time: the later value holds, the other is kept."""

import shutil
from pathlib import Path

from tests.doors.program import Bd


def test_what_lost_is_shown_with_what_holds(repository: Bd, tmp_path: Path) -> None:
    issue = repository.create("One title")
    repository.git("add", "--all")
    repository.git("commit", "--quiet", "--message", "An issue")
    other = repository.at(tmp_path / "clone")
    repository.git("clone", "--quiet", str(repository.folder), str(other.folder))
    other.git("config", "user.name", "Bob")
    other.git("config", "user.email", "bob@example.org")
    other.ok("init", "--quiet", "--skip-hooks")
    assert other.json("conflicts") == []
    assert other.ok("conflicts").out == "No value was lost to another.\n"

    repository.ok("update", issue, "--title", "Ann's title")
    repository.git("commit", "--quiet", "--all", "--message", "Ann")
    other.ok("update", issue, "--title", "Bob's title")
    other.git("commit", "--quiet", "--all", "--message", "Bob")
    other.git("pull", "--quiet", "--no-rebase", "--no-edit", str(repository.folder), "main")

    (lost,) = other.json("conflicts", issue)
    assert {lost["lost"], lost["holds"]} == {"Ann's title", "Bob's title"}
    assert lost["holds"] == other.json("show", issue)[0]["title"]
    assert lost["lost_at"] < lost["won_at"]
    said = other.ok("conflicts").out
    assert f"lost:  {lost['lost']}" in said
    assert f"holds: {lost['holds']}" in said
    shutil.rmtree(other.folder)
