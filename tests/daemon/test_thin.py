"""The thin client: what it loads, and that its frames are the daemon's."""

import os
import re
import stat
import subprocess
import sys
from pathlib import Path

from beadwork import thin
from beadwork.daemon import frames
from tests.daemon.running import Daemon, until
from tests.doors.program import SCRIPT, Bd

LOADED = "import os, sys, _socket; before = set(sys.modules); import beadwork.thin; "
SHOWN = "print(*sorted(set(sys.modules) - before))"


def test_it_loads_three_modules_and_nothing_else(bd: Bd) -> None:
    done = subprocess.run(
        [sys.executable, "-S", "-c", LOADED + SHOWN],
        env=bd.environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["beadwork", "beadwork.thin"]


def test_a_command_that_the_daemon_runs_loads_nothing_more(bd: Bd, daemon: Daemon) -> None:
    code = (
        "import os, sys, _socket; before = set(sys.modules); sys.argv = ['bd', 'list']; "
        "os._exit = print; "
        f"exec(open({str(SCRIPT)!r}).read().replace('raise SystemExit(main())', 'main()')); "
        "print(*sorted(set(sys.modules) - before))"
    )
    done = subprocess.run(
        [sys.executable, "-S", "-c", code],
        cwd=bd.folder,
        env=daemon.environment | {"BEADS_NO_DAEMON": ""},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines()[-1].split() == ["beadwork", "beadwork.thin"]


def test_its_frames_are_those_of_the_daemon() -> None:
    assert thin.PROTOCOL == frames.PROTOCOL
    command = frames.command_of(thin._command(["create", "Ä\udcff", ""], "/a b", "key"))
    assert command.key == "key"
    assert command.folder == "/a b"
    assert command.arguments == ["create", "Ä\udcff", ""]
    assert thin._FRAME_MAX == frames.PAYLOAD_MAX


def test_words_of_the_project_hold_at_once_for_commands_and_soon_for_programs(
    bd: Bd, daemon: Daemon
) -> None:
    user = bd.at(bd.folder, BEADS_NO_DAEMON="")
    made = user.run("create", "One", "--silent").out.strip()
    with daemon.line() as line:
        assert not line.ask("issue.update", {"issue": made, "status": "waiting"})["success"]
        assert user.run("config", "set", "status.custom", "waiting").code == 0
        assert user.run("update", made, "--status", "waiting").code == 0
        again = {"issue": made, "status": "waiting", "title": "Two"}
        until(lambda: line.ask("issue.update", again)["success"])


def test_every_frame_that_a_client_sends_is_known() -> None:
    source = Path(thin.__file__).read_text(encoding="utf-8")
    sent = set(re.findall(r'_send\(b"(.)"', source)) | {"E", "I"}
    assert {"H", "C", "U"} <= sent
    for kind in sent:
        held = bytearray(frames.frame(kind.encode(), b"x"))
        assert [each.kind for each in frames.take(held)] == [kind.encode()]


def test_what_is_no_file_is_written_into_and_stays(bd: Bd, daemon: Daemon) -> None:
    user = bd.at(bd.folder, BEADS_NO_DAEMON="")
    issue = user.run("create", "One", "--silent").out.strip()
    pipe = bd.folder / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        user.run("export", "-o", "pipe")
        assert issue.encode() in os.read(reader, 65536)
    finally:
        os.close(reader)
    assert stat.S_ISFIFO(pipe.stat().st_mode)
