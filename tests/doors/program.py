"""`bd` as tests run it: in this process for what it says, as a program for what it is."""

import contextlib
import io
import json
import os
import shlex
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from beadwork.compose import DirectWorld
from beadwork.doors.cli.main import run

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "scripts" / "bd"
NOBODY = 65534
NO_START = {"CI": "true"}
"""In CI no command starts a daemon by itself: a test that wants one starts it."""
TIMEOUT_S = 120
"""No test waits for it: it ends what would hang for ever."""


class Answer(NamedTuple):
    """What a command left: its exit code and what it wrote."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The answer on standard output."""
        return json.loads(self.out)

    @property
    def error(self) -> Any:
        """The one error object on standard error."""
        assert self.err.count("\n") == 1, self.err
        return json.loads(self.err)


def environment(home: Path, **more: str) -> dict[str, str]:
    """Answer an environment that holds nothing of this machine's user."""
    return {
        "PATH": f"{home / 'bin'}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        "HOME": str(home),
        "PYTHONPATH": str(ROOT / "src"),
        "PYTHONDONTWRITEBYTECODE": "1",
        "GIT_CONFIG_NOSYSTEM": "1",
        "BD_ACTOR": "ann",
        "TZ": "UTC",
        **NO_START,
        **more,
    }


def install(home: Path) -> None:
    """Put `bd` where git finds it."""
    path = home / "bin" / "bd"
    path.parent.mkdir(parents=True, exist_ok=True)
    python, script = shlex.quote(sys.executable), shlex.quote(str(SCRIPT))
    path.write_text(f'#!/bin/sh\nexec {python} {script} "$@"\n', encoding="utf-8")
    path.chmod(0o755)


class _Captured(io.TextIOWrapper):
    """What a stream was given, as a pipe has it: bytes, too."""

    def __init__(self) -> None:
        self._content = io.BytesIO()
        super().__init__(self._content, encoding="utf-8", newline="\n")

    def text(self) -> str:
        self.flush()
        return self._content.getvalue().decode("utf-8", "surrogateescape")


class Bd:
    """`bd` in one folder, under one environment."""

    said = ""
    """What commands said so far, where a test looks back at it."""

    def __init__(self, folder: Path, home: Path, **more: str) -> None:
        self.folder = folder
        self.home = home
        self.environment = environment(home, **more)

    def at(self, folder: Path, **more: str) -> "Bd":
        """Answer the same program in another folder, or under another environment."""
        other = Bd(folder, self.home)
        other.environment = {**self.environment, **more}
        return other

    @property
    def beads(self) -> Path:
        """The folder of the store."""
        return self.folder / ".beads"

    @property
    def records(self) -> Path:
        """The file of records."""
        return self.beads / "issues.jsonl"

    # -- as a program

    def start(self, *words: str | bytes, **settings: Any) -> subprocess.Popen[str]:
        """Start the program."""
        return subprocess.Popen(
            [sys.executable, str(SCRIPT), *words],
            cwd=self.folder,
            env=self.environment,
            text=True,
            encoding="utf-8",
            errors="surrogateescape",
            **{
                "stdin": subprocess.DEVNULL,
                "stdout": subprocess.PIPE,
                "stderr": subprocess.PIPE,
                **settings,
            },
        )

    def run(self, *words: str | bytes, given: str | None = None, **settings: Any) -> Answer:
        """Run the program to its end."""
        if given is not None:
            settings["stdin"] = subprocess.PIPE
        process = self.start(*words, **settings)
        out, err = process.communicate(given, timeout=TIMEOUT_S)
        return Answer(process.returncode, out or "", err or "")

    def git(self, *words: str, folder: Path | None = None, code: int | None = 0) -> str:
        """Run git as a user whose `bd` is on the path."""
        done = subprocess.run(
            ["git", *words],
            cwd=folder or self.folder,
            env={**self.environment, "GIT_CONFIG_GLOBAL": os.devnull},
            capture_output=True,
            text=True,
            check=False,
            timeout=TIMEOUT_S,
        )
        assert code is None or done.returncode == code, done.stdout + done.stderr
        return done.stdout

    # -- in this process

    def __call__(self, *words: str, given: str | bytes = "", **more: str) -> Answer:
        """Run a command line in this process."""
        out, err = _Captured(), _Captured()
        content = given.encode() if isinstance(given, str) else given
        before = sys.stdin
        sys.stdin = io.TextIOWrapper(io.BytesIO(content))
        try:
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
                world = DirectWorld({**self.environment, **more}, str(self.folder))
                code = run(list(words), world)
        finally:
            sys.stdin = before
        answer = Answer(code, out.text(), err.text())
        assert "Traceback" not in answer.err, answer.err
        return answer

    def ok(self, *words: str, given: str | bytes = "", **more: str) -> Answer:
        """Run a command line that succeeds."""
        answer = self(*words, given=given, **more)
        assert answer.code == 0, answer
        return answer

    def json(self, *words: str, **more: str) -> Any:
        """Run a command line that succeeds, and answer its JSON."""
        return self.ok(*words, "--json", **more).json

    def create(self, title: str = "Work", *words: str, **more: str) -> str:
        """Make an issue; answer its id."""
        return self.ok("create", title, *words, "--silent", **more).out.strip()

    def lines(self) -> dict[str, str]:
        """Answer the lines of the file of records, by id."""
        text = self.records.read_text(encoding="utf-8")
        return {json.loads(line)["id"]: line for line in text.splitlines()}


def tree(folder: Path) -> Mapping[str, bytes]:
    """Answer every file below a folder, by its path."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.is_symlink()
    }
