"""Starting and stopping a daemon: there is one, it goes for certain, and nothing stale is in its way."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from beadwork.sync import runtime
from tests.daemon import lives
from tests.daemon.running import Daemon, running, until
from tests.doors.program import NOBODY, Bd
from tests.journeys.test_places import allow_writing, as_nobody

CLASSIC = b'{"pid":1,"parent_pid":0,"database":"beads.db","version":"0.49.6","started_at":"now"}'

pytestmark = pytest.mark.slow


@pytest.fixture
def alive(bd: Bd) -> Iterator[Bd]:
    """A store whose daemon is ended after the test."""
    yield bd
    if bd.beads.is_dir():
        lives.end(bd)


def begun(bd: Bd) -> subprocess.Popen[bytes]:
    """Start a process that wants to be the daemon."""
    return subprocess.Popen(
        [sys.executable, "-m", "beadwork", "daemon", str(bd.folder)],
        env=bd.environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def test_it_is_started_once(alive: Bd) -> None:
    started = alive.run("daemon", "start", "--json")
    assert (started.code, started.json["status"]) == (0, "running")
    assert started.json["workspace"] == str(alive.folder)
    assert started.json["is_current"] is True
    second = alive.run("daemon", "start", "--json")
    assert (second.code, second.out, second.error["code"]) == (4, "", "daemon.running")
    assert str(started.json["pid"]) in second.error["error"]
    assert lives.pid_of(alive) == started.json["pid"]
    assert json.loads(alive.run("info", "--json").out)["mode"] == "daemon"


def await_end_of_one(processes: list[subprocess.Popen[bytes]]) -> None:
    """Wait until one of some processes has ended."""
    until(lambda: any(each.poll() is not None for each in processes))


def test_of_two_that_start_at_once_one_remains(bd: Bd) -> None:
    for _ in range(20):
        both = [begun(bd), begun(bd)]
        try:
            until(lambda: lives.is_answering(bd))
            await_end_of_one(both)
            codes = sorted(each.poll() is None for each in both)
            assert codes == [False, True]
            [loser] = [each for each in both if each.poll() is not None]
            assert loser.returncode == 4
            [winner] = [each for each in both if each is not loser]
            assert lives.pid_of(bd) == winner.pid
        finally:
            for each in both:
                each.kill()
                each.wait()
    assert runtime.failure_of(lives.paths_of(bd)) == runtime.Failure()


def test_two_commands_that_start_it_at_once_both_find_it(alive: Bd) -> None:
    both = [alive.start("daemon", "start", "--json") for _ in range(2)]
    answers = [(each.communicate()[0], each.returncode) for each in both]
    assert sorted(code for _, code in answers) in ([0, 0], [0, 4])
    assert lives.is_alive(alive)


def test_stop_returns_when_it_is_gone(alive: Bd) -> None:
    alive.run("daemon", "start")
    pid = lives.pid_of(alive)
    stopped = alive.run("daemon", "stop", "--json")
    assert not lives.is_alive(alive)
    assert not is_running(pid)
    assert stopped.code == 0
    assert stopped.json == {"workspace": str(alive.folder), "pid": pid, "status": "stopped"}
    assert not (alive.beads / "bd.sock").exists()
    assert not (alive.beads / "daemon.pid").exists()
    again = alive.run("daemon", "stop", "--json")
    assert (again.code, again.json["status"]) == (0, "not_running")


def is_running(pid: int) -> bool:
    """Tell whether a process runs; one that nobody has waited for doesn't."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(") ", 1)[1][0] != "Z"
    except OSError:
        return False


def test_stop_ends_one_that_does_not_answer(alive: Bd) -> None:
    alive.run("daemon", "start")
    (alive.beads / "bd.sock").unlink()
    assert alive.run("daemon", "stop").code == 0
    assert not lives.is_alive(alive)


def test_stop_writes_what_was_changed(alive: Bd) -> None:
    alive.run("daemon", "start", "--interval", "1h")
    issue = alive.run("create", "Written at the end", "--silent").out.strip()
    assert alive.run("daemon", "stop").code == 0
    assert issue in alive.lines()


def test_restart_makes_another(alive: Bd) -> None:
    alive.run("daemon", "start")
    first = lives.pid_of(alive)
    again = alive.run("daemon", "restart", "--json")
    assert again.json["status"] == "running"
    assert lives.pid_of(alive) == again.json["pid"] != first


def test_the_status_of_none_is_no(bd: Bd) -> None:
    answer = bd("daemon", "status", "--json")
    assert answer.code == 1
    assert answer.json == {"workspace": str(bd.folder), "status": "not_running"}
    assert bd("daemon", "--status", "--json") == answer
    assert bd("daemons", "status", "--json") == answer


def test_a_socket_and_a_lock_that_were_left_are_no_obstacle(alive: Bd) -> None:
    alive.run("daemon", "start")
    os.kill(lives.pid_of(alive), signal.SIGKILL)
    until(lambda: not lives.is_alive(alive))
    assert (alive.beads / "bd.sock").exists()
    assert (alive.beads / "daemon.lock").stat().st_size
    assert alive("daemon", "status").code == 1
    assert alive.run("list").code == 0
    assert alive.run("daemon", "start").code == 0
    assert alive("doctor", "--check", "leftovers").code == 0


def test_beside_a_classic_daemon_ours_does_not_start_and_commands_work(bd: Bd) -> None:
    with lives.held_lock(lives.paths_of(bd).lock, CLASSIC):
        for act in ("start", "stop", "restart"):
            answer = bd.run("daemon", act, "--json")
            assert (answer.code, answer.out, answer.error["code"]) == (4, "", "daemon.foreign")
            assert "classic daemon" in answer.error["hint"]
        assert begun(bd).wait() == 4
        [finding] = bd.json("doctor", "--check", "daemon")["checks"]
        assert finding["status"] == "warning"
        assert "classic" in finding["message"]
        assert lives.eager(bd).run("create", "Beside it").code == 0
        status = bd("daemon", "status", "--json")
        assert (status.code, status.json["status"]) == (1, "unresponsive")
    assert not (bd.beads / "daemon.stopped").exists()


def test_a_socket_at_which_another_program_answers_is_left_alone(bd: Bd) -> None:
    with socket.socket(socket.AF_UNIX) as foreign:
        foreign.bind(str(bd.beads / "bd.sock"))
        foreign.listen()
        answer = bd.at(bd.folder, BEADS_NO_DAEMON="1").run("daemon", "start", "--json")
        assert (answer.code, answer.error["code"]) == (5, "daemon.failed")
        assert "classic daemon first" in answer.error["error"]
        assert (bd.beads / "bd.sock").exists()
    lives.end(bd)


def test_a_classic_daemon_at_the_socket_is_noticed_at_once(bd: Bd) -> None:
    """It reads lines, and answers what is none of its own with an error."""
    with socket.socket(socket.AF_UNIX) as classic:
        classic.bind(str(bd.beads / "bd.sock"))
        classic.listen()
        command = bd.start("create", "Beside it", "--silent")
        client, _ = classic.accept()
        with client, client.makefile("rb") as lines:
            client.settimeout(60)
            assert lines.readline().startswith(b"H")
            client.sendall(b'{"success":false,"error":"invalid request"}\n')
            out, err = command.communicate()
    assert (command.returncode, err) == (0, "")
    assert out.strip() in bd.lines()


def test_it_ends_when_its_folder_is_removed(bd: Bd) -> None:
    with running(bd.folder, bd.environment) as daemon:
        # Out of the way first: it may just now put something into it.
        gone = bd.beads.rename(bd.folder / "gone")
        shutil.rmtree(gone, ignore_errors=True)
        assert daemon.wait() == 0
    assert not bd.beads.exists()


def test_it_ends_when_nobody_asks_for_anything(bd: Bd) -> None:
    bd.ok("config", "set", "daemon.idle-exit", "1s")
    with running(bd.folder, bd.environment) as daemon:
        assert daemon.wait() == 0
    events = [
        json.loads(line)["event"] for line in bd.ok("daemon", "logs", "-n", "2").out.splitlines()
    ]
    assert events == ["daemon.ending", "daemon.ended"]


def hello(daemon: Daemon, version: bytes) -> bytes:
    """Say hello as a client of a version does; answer how the answer begins."""
    payload = b"beadwork 1\0" + version + b"\n"
    with daemon.line() as line:
        line.send(b"H" + len(payload).to_bytes(4, "big") + payload)
        return line._reader.read(1)


def test_for_a_newer_client_it_makes_room_and_an_older_one_is_served(bd: Bd) -> None:
    with running(bd.folder, bd.environment) as daemon:
        assert hello(daemon, b"0.0.1") == b"h"
        assert hello(daemon, b"a fork") == b"h"
        assert hello(daemon, b"99.0.0") == b"n"
        assert daemon.wait() == 0


def test_it_is_listed_as_long_as_it_runs(alive: Bd, tmp_path: Path) -> None:
    alive.run("daemon", "start")
    elsewhere = alive.at(tmp_path)
    [row] = elsewhere.run("daemon", "list", "--json").json
    assert row["WorkspacePath"] == str(alive.folder)
    assert (row["PID"], row["Alive"], row["Error"]) == (lives.pid_of(alive), True, "")
    health = elsewhere.run("daemon", "health", "--json")
    assert (health.code, health.json["healthy"], health.json["total"]) == (0, 1, 1)
    [each] = elsewhere.run("daemon", "status", "--all", "--json").json
    assert each["status"] == "running"
    assert elsewhere.run("daemon", "stop", str(row["PID"])).code == 0
    assert elsewhere.run("daemon", "list", "--json").json is None
    assert elsewhere.run("daemon", "health", "--json").json["daemons"] is None
    assert elsewhere.run("daemon", "stop", str(row["PID"])).code == 3


def test_one_that_was_killed_is_dropped_from_the_list(alive: Bd, home: Path) -> None:
    entries = home / ".local" / "state" / "beadwork" / "daemons"
    alive.run("daemon", "start")
    os.kill(lives.pid_of(alive), signal.SIGKILL)
    until(lambda: not lives.is_alive(alive))
    assert len(list(entries.iterdir())) == 1
    assert alive.run("daemon", "list", "--no-cleanup", "--json").json is None
    assert len(list(entries.iterdir())) == 1
    assert alive.run("daemon", "list", "--json").json is None
    assert not list(entries.iterdir())


def test_killall_ends_all_and_only_daemons(alive: Bd, home: Path, tmp_path: Path) -> None:
    alive.run("daemon", "start")
    other = Bd(tmp_path / "other", home)
    other.folder.mkdir()
    other.ok("init", "--quiet")
    bystander = subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=-1)
    try:
        with running(other.folder, other.environment) as daemon:
            # An entry that names a process which is no daemon of ours any more.
            entries = home / ".local" / "state" / "beadwork" / "daemons"
            (entries / "0.json").write_text(
                json.dumps({"folder": str(tmp_path), "database": "x", "pid": bystander.pid})
            )
            answer = alive.run("daemon", "killall", "--json")
            assert (answer.code, answer.json["stopped"], answer.json["failed"]) == (0, 2, 0)
            assert daemon.wait() == 0
        assert not lives.is_alive(alive)
        assert bystander.poll() is None
    finally:
        bystander.communicate()


def test_it_runs_where_it_can_not_be_listed(alive: Bd, tmp_path: Path) -> None:
    blocked = tmp_path / "no-folder"
    blocked.write_text("a file")
    unlisted = alive.at(alive.folder, XDG_STATE_HOME=str(blocked))
    assert unlisted.run("daemon", "start").code == 0
    assert len(unlisted.run("daemon", "list", "--json").json) == 1, "it is this store's own"


def test_git_sees_none_of_its_files(alive: Bd) -> None:
    alive.git("init", "--quiet")
    alive.ok("init", "--quiet")
    paths = lives.paths_of(alive)
    other = Path(paths.lock).parent
    names = [*paths, *(str(other / f"other.db.{Path(each).name}") for each in paths)]
    ignored = alive.git("check-ignore", *names).splitlines()
    assert ignored == names
    alive.run("daemon", "start")
    assert (alive.beads / "daemon.pid").read_text() == f"{lives.pid_of(alive)}\n"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be another user: not on this platform")
def test_another_user_is_not_served_and_starts_none(open_folder: Path) -> None:
    project = open_folder / "px"
    project.mkdir()
    bd = Bd(project, open_folder / "home")
    bd.ok("init")
    bd.create("Seen")
    try:
        with running(bd.folder, bd.environment) as daemon:
            allow_writing(project)
            daemon.socket_path.chmod(0o777)
            refused = as_nobody(bd, "daemon", "start", "--json")
            assert (refused.code, refused.error["code"]) == (5, "store.readonly")
            code = (
                f"import os, socket; os.setgroups([]); os.setgid({NOBODY}); os.setuid({NOBODY})\n"
                f"line = socket.socket(socket.AF_UNIX); line.connect({str(daemon.socket_path)!r})\n"
                'line.sendall(b\'{"operation":"ping"}\\n\'); print(line.recv(9))'
            )
            done = subprocess.run(
                [sys.executable, "-c", code], capture_output=True, text=True, check=False
            )
            assert done.stdout.strip() in ("b''", ""), "the connection is closed without an answer"
            assert "PermissionError" not in done.stderr, "the system lets it connect"
            assert daemon.data("ping")["message"] == "pong"
    finally:
        allow_writing(project)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that other users can enter."""
    from tests.support import memory_folder

    folder = memory_folder()
    folder.chmod(0o755)
    (folder / "home").mkdir()
    yield folder
    shutil.rmtree(folder, ignore_errors=True)
