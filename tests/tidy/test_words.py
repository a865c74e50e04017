"""Words that no file's name may have, and text that no file of the repository may hold."""

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

EMPTY_NAMES = {"util", "utils", "helper", "helpers", "common", "manager", "service", "misc"}

# Put together from pieces, so that this file does not break its own rule.
FORBIDDEN = {
    "a path of one machine": re.compile(r"(?<![\w.~}\-])/(?:" + "work|" + r"root)/"),
    "a registry's address": re.compile(
        "|".join(
            [
                "index" + "-url",
                "index" + "_url",
                "find" + "-links",
                r"files\.python" + "hosted",
                r"pypi\.org/" + "simple",
                r"registry\.npm" + "js",
                r"proxy\.go" + r"lang\.org",
            ]
        ),
        re.IGNORECASE,
    ),
}


def repository_files() -> list[Path]:
    """Answer the files that git tracks or would track."""
    command = ["git", "-C", str(ROOT), "ls-files", "-z", "-co", "--exclude-standard"]
    names = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split("\0")
    paths = [ROOT / name for name in names if name]
    return [path for path in paths if path.is_file() and not path.is_symlink()]


def test_no_module_has_an_empty_name() -> None:
    names = [path.relative_to(ROOT / "src") for path in (ROOT / "src").rglob("*.py")]
    empty = [
        str(name)
        for name in names
        if EMPTY_NAMES & {word for part in name.with_suffix("").parts for word in part.split("_")}
    ]
    assert not empty, "say what it is about"


def test_no_file_names_a_machine_or_a_registry() -> None:
    files = repository_files()
    assert ROOT / "pyproject.toml" in files
    found = [
        f"{path.relative_to(ROOT)}: {match.group()} ({what})"
        for path in files
        for what, pattern in FORBIDDEN.items()
        for match in pattern.finditer(path.read_bytes().decode("utf-8", "replace"))
    ]
    assert not found
