"""The examples of the guide on Python work as they stand, with the daemon and without."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.daemon.clients import MODES, site_of
from tests.doors.program import TIMEOUT_S, Bd

PAGE = Path(__file__).resolve().parents[2] / "docs" / "guide" / "python.md"
EXAMPLES = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
SAID = (
    r"",
    r".*\b3\n",
    r"made\n[^\n]+\n",
    r"\d+ created px-\w+ watcher\n",
    r"basket_item\nThe build is red\n",
    r"created\n\d+\n",
)
"""What each example prints."""


@pytest.mark.parametrize("way", MODES)
def test_the_examples_of_the_guide_run(bd: Bd, way: str) -> None:
    assert len(EXAMPLES) == len(SAID)
    with site_of(bd, way):
        for example, said in zip(EXAMPLES, SAID, strict=True):
            done = subprocess.run(
                [sys.executable, "-W", "error", "-c", example],
                cwd=bd.folder,
                env=bd.environment,
                capture_output=True,
                text=True,
                timeout=TIMEOUT_S,
                check=False,
            )
            assert (done.returncode, done.stderr) == (0, ""), done.stderr
            assert re.fullmatch(said, done.stdout, re.DOTALL), done.stdout
    titles = [each["title"] for each in bd.json("list", "--all")]
    assert {"Write the guide", "Design", "Build", "Write more"} <= set(titles)


def test_the_package_alone_loads_nothing_more(bd: Bd) -> None:
    code = "import sys; old = set(sys.modules); import beadwork; print(set(sys.modules) - old)"
    done = subprocess.run(
        [sys.executable, "-c", code], env=bd.environment, capture_output=True, text=True, check=True
    )
    assert done.stdout == "{'beadwork'}\n"
