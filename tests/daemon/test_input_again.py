"""What the daemon took of standard input is still there where the client runs the command itself."""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator

from beadwork.daemon.frames import PROTOCOL, frame
from tests.daemon.running import Daemon, until
from tests.doors.program import Bd

TEXT = "What is to be done.\nAnd how."


def description(bd: Bd, issue_id: str) -> str:
    (found,) = bd.json("show", issue_id)
    return str(found["description"])


def made_of_input(bd: Bd, *words: str) -> str:
    answer = bd.run("create", "T", "--body-file", "-", "--silent", *words, given=TEXT)
    assert answer.code == 0, answer
    return answer.out.strip()


def test_a_client_of_another_zone_keeps_its_input(bd: Bd, daemon: Daemon) -> None:
    user = bd.at(bd.folder, BEADS_NO_DAEMON="", TZ="Asia/Tokyo")
    assert description(bd, made_of_input(user)) == TEXT


def test_an_issue_for_another_repository_keeps_its_input(bd: Bd, daemon: Daemon) -> None:
    folder = bd.folder / "other"
    folder.mkdir()
    other = bd.at(folder)
    other.ok("init", "--prefix", "qq")
    user = bd.at(bd.folder, BEADS_NO_DAEMON="")
    assert description(other, made_of_input(user, "--repo", "other")) == TEXT


@contextlib.contextmanager
def daemon_that_dies(bd: Bd, behave: Callable[[socket.socket], None]) -> Iterator[None]:
    """Listen where the daemon would; greet a client, and do with it as is said."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(bd.beads / "bd.sock"))
        listener.listen()

        def serve() -> None:
            client, _ = listener.accept()
            with client:
                client.sendall(frame(b"h", PROTOCOL))
                behave(client)

        thread = threading.Thread(target=serve)
        thread.start()
        yield
        thread.join()


def read_until(client: socket.socket, end: bytes) -> None:
    came = b""
    while not came.endswith(end):
        part = client.recv(65536)
        assert part
        came += part


def take_all(client: socket.socket) -> None:
    client.sendall(frame(b"i"))
    read_until(client, frame(b"I"))


def take_a_line(client: socket.socket) -> None:
    client.sendall(frame(b"l"))
    read_until(client, TEXT.splitlines(keepends=True)[0].encode() + frame(b"I"))


def test_what_a_daemon_read_that_died_is_not_lost(bd: Bd) -> None:
    for behave in (take_all, take_a_line):
        with daemon_that_dies(bd, behave):
            made = made_of_input(bd.at(bd.folder, BEADS_NO_DAEMON=""))
        (bd.beads / "bd.sock").unlink(missing_ok=True)
        assert description(bd, made) == TEXT


def test_a_warning_before_a_command_is_handed_back_is_said_once(bd: Bd, daemon: Daemon) -> None:
    issue = bd.create()
    user = bd.at(bd.folder, BEADS_NO_DAEMON="", TZ="Asia/Tokyo")
    for words in (
        ("defer", issue, "--until", "2020-01-01"),
        ("update", issue, "--defer", "2020-01-01"),
        ("delete", issue, "--hard"),
    ):
        assert user.run(*words).err.count("Warning: ") == 1, words


def test_a_setting_that_is_none_is_refused_with_the_daemon_too(bd: Bd, daemon: Daemon) -> None:
    for is_off in ("", "1"):
        user = bd.at(bd.folder, BEADS_NO_DAEMON=is_off, BD_LOCK_TIMEOUT="bogus")
        assert user.run("list").code == 2


def test_who_waits_for_a_stranger_waits_on_when_the_daemon_ends(bd: Bd, daemon: Daemon) -> None:
    user = bd.at(bd.folder, BEADS_NO_DAEMON="")
    asking = user.start("msg", "request", "--to", "newbie", "When?", "--wait", "60s", "--json")
    until(lambda: bd.json("msg", "inbox", "--agent", "newbie"))
    daemon.kill()
    taken = bd.at(bd.folder, BD_ACTOR="newbie").json("msg", "receive")
    bd.at(bd.folder, BD_ACTOR="newbie").ok("msg", "reply", taken[0]["receipt"], "Now")
    out, _ = asking.communicate(timeout=60)
    assert (asking.returncode, "Now" in out) == (0, True)
