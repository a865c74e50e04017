"""The README's tour, command by command: it says what the program says, but for ids and times."""

import contextlib
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.doors.program import ROOT, environment, install

pytestmark = pytest.mark.slow

END = "-- the end of an answer --"
BLOCK = re.compile(r"^```\n(\$ .*?)^```$", re.MULTILINE | re.DOTALL)
IDS = re.compile(r"shop-[0-9a-z]{3}(?![0-9a-z])|01[0-9A-Z]{24}|\b\d+\.\d+\.\d+\.[0-9a-f]{1,8}\b")
OTHER_EACH_TIME = (
    (re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z"), "TIME"),
    (re.compile(r"\b1\d{12}\.\d+\.[0-9a-f]{8}"), "STAMP"),
    (re.compile(r"(pid|active_connections): .*"), r"\1: N"),
    (re.compile(r"\n  last_export: TIME"), ""),
    (re.compile(r"lease_epoch \d+"), "lease_epoch N"),
)
BEFORE = {
    # The other clone, of which the README tells the outcome only.
    "'More urgent'": (
        "git clone -q . ../shop-2 && cd ../shop-2 && bd init -q && export BD_ACTOR=bob",
        "bd update {id} -q --title 'Update the imprint and the terms'",
        "bd label add {id} legal -q && bd sync -q && git commit -qam 'The terms too'",
        "cd ../shop && export BD_ACTOR=ada",
    ),
    # Under CI no command starts one by itself.
    "-t epic": ("bd daemon start",),
}
"""What is done besides, before a command with these words; `{id}` is the one that it names."""


class Shell:
    """A shell that runs one command after the other."""

    def __init__(self, folder: Path, home: Path) -> None:
        install(home)
        (home / ".gitconfig").write_text(
            "[user]\n\tname = Ada\n\temail = ada@example.org\n[init]\n\tdefaultBranch = main\n",
            encoding="utf-8",
        )
        self._process = subprocess.Popen(
            ["bash", "--norc"],
            cwd=folder,
            env=environment(home),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, command: str) -> list[str]:
        """Run a command; return the lines that it wrote."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{command}\nprintf '\\n%s\\n' '{END}'\n")
        self._process.stdin.flush()
        lines = iter(self._process.stdout.readline, f"{END}\n")
        written = "".join(lines)
        assert self._process.poll() is None, written
        return written.removesuffix("\n").splitlines()

    def close(self) -> None:
        """Let it end."""
        self._process.communicate("exit\n")


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    """A shell in an empty folder."""
    home = tmp_path / "home"
    home.mkdir()
    with contextlib.closing(Shell(tmp_path, home)) as shell:
        yield shell
        shell.run(f"cd {tmp_path}/shop && bd daemon stop")


def steps() -> Iterator[tuple[str, list[str]]]:
    """Yield the commands of the README, and what it says that they write."""
    for block in BLOCK.findall((ROOT / "README.md").read_text(encoding="utf-8")):
        for step in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, *answer = step.splitlines()
            yield command, answer


def plain(lines: list[str]) -> list[str]:
    """Leave out of an answer what is another each time."""
    text = "\n".join(lines)
    for pattern, word in OTHER_EACH_TIME:
        text = pattern.sub(word, text)
    return text.splitlines()


def run_hidden(shell: Shell, command: str) -> None:
    """Do what the README does not show, before a command."""
    named = IDS.search(command)
    for words, hidden in BEFORE.items():
        for each in hidden if words in command else ():
            shell.run(each.format(id=named[0] if named else ""))


def test_the_tour_is_what_the_program_says(shell: Shell, tmp_path: Path) -> None:
    here = {"/tmp/shop": str(tmp_path / "shop")}

    def as_here(text: str) -> str:
        for theirs, ours in here.items():
            text = text.replace(theirs, ours)
        return text

    wrong = []
    for command, lines in steps():
        run_hidden(shell, as_here(command))
        written = shell.run(as_here(command))
        found = IDS.findall("\n".join(written))
        for said, ours in zip(IDS.findall("\n".join(lines)), found, strict=False):
            here.setdefault(said, ours)
        expected = plain([as_here(line) for line in lines])
        if plain(written) != expected:
            wrong.append((command, expected, plain(written)))
    assert wrong == []
