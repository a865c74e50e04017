"""A database that is lost: what the file has comes back, and what is gone is said once."""

from pathlib import Path

import pytest

from tests.daemon.running import running
from tests.doors.program import Bd

GONE = "messages and leases of the old database are gone"


def lose(bd: Bd) -> None:
    for path in bd.beads.glob("beadwork.db*"):
        path.unlink()


def test_the_first_command_after_a_loss_says_what_is_gone_and_no_later_one(bd: Bd) -> None:
    issue = bd.create("First")
    bd.ok("msg", "send", "--to", "bob", "A word")
    lose(bd)
    first = bd("list", "--json")
    assert GONE in first.err
    assert [each["id"] for each in first.json] == [issue]
    assert bd.ok("list").err == ""
    assert "A word" in "".join(
        path.read_text() for path in (bd.beads / "log").glob("messages.jsonl*")
    )


def test_nothing_is_said_where_there_were_no_messages(bd: Bd) -> None:
    bd.create("First")
    lose(bd)
    assert bd.ok("list").err == ""


def test_doctor_that_makes_the_database_anew_says_it(bd: Bd) -> None:
    bd.ok("msg", "send", "--to", "bob", "A word")
    bd.create("First")
    lose(bd)
    assert GONE in bd.ok("doctor", "--fix").err
    assert bd.ok("list").err == ""


@pytest.mark.slow
def test_a_daemon_that_makes_it_anew_lets_the_first_command_say_it(bd: Bd) -> None:
    bd.create("First")
    bd.ok("msg", "send", "--to", "bob", "A word")
    lose(bd)
    with running(Path(bd.folder), bd.environment):
        user = bd.at(bd.folder, BEADS_NO_DAEMON="")
        assert GONE in user.run("list").err
        assert user.run("list").err == ""
