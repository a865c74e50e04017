"""`bd lease`: what is typed, what is answered, and waiting beside other processes."""

import contextlib
import json
import signal
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from beadwork.doors.cli.views.lease_lines import table
from beadwork.doors.cli.views.screen import Screen
from beadwork.ops.lease import ShownLease
from tests.daemon.running import until
from tests.doors.program import TIMEOUT_S, Answer, Bd

WAIT = f"{TIMEOUT_S}s"


@pytest.fixture(params=["direct", "daemon"])
def shop(bd: Bd, request: pytest.FixtureRequest) -> Iterator[Bd]:
    """`bd` with a daemon and without."""
    with served(bd) if request.param == "daemon" else contextlib.nullcontext():
        yield bd


@contextlib.contextmanager
def served(bd: Bd) -> Iterator[None]:
    """Have a daemon."""
    assert bd.run("daemon", "start").code == 0
    try:
        yield
    finally:
        bd.run("daemon", "stop")


def waiting(bd: Bd, *words: str, actor: str = "bob", wait: str = WAIT) -> subprocess.Popen[str]:
    """Start a process that stands in line, and answer it once it does."""
    before = len(listed(bd))
    process = bd.start("lease", "acquire", *words, "--actor", actor, "--wait", wait, "--json")
    until(lambda: len(listed(bd)) > before)
    return process


def ended(process: subprocess.Popen[str]) -> Answer:
    """Wait for a program to end."""
    out, err = process.communicate(timeout=TIMEOUT_S)
    return Answer(process.returncode, out, err)


def listed(bd: Bd) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = bd.json("lease", "list")
    return found


def states(bd: Bd) -> list[tuple[str, str]]:
    return [(each["actor"], each["state"]) for each in listed(bd)]


# -- waiting


@pytest.mark.slow
def test_who_waits_gets_it_as_another_process_gives_it_back(shop: Bd) -> None:
    first = shop.json("lease", "acquire", "src/**")
    bob = waiting(shop, "src/a")
    carol = waiting(shop, "src/**", actor="carol")
    assert shop.run("lease", "release", "--all").code == 0
    got = ended(bob)
    assert got.code == 0, got.err
    shown = json.loads(got.out)
    assert (shown["actor"], shown["state"], shown["already"]) == ("bob", "held", False)
    assert shown["lease_epoch"] > first["lease_epoch"]
    assert states(shop) == [("bob", "held"), ("carol", "waiting")]
    assert shop.run("lease", "release", "src/a", "--actor", "bob").code == 0
    assert ended(carol).code == 0


@pytest.mark.slow
def test_a_wait_that_is_over_is_a_conflict_and_leaves_the_line(shop: Bd) -> None:
    shop.ok("lease", "acquire", "src/**", "--reason", "Parser")
    answer = shop.run("lease", "acquire", "src/a", "--wait", "50ms", "--json", "--actor", "bob")
    assert answer.code == 4
    assert answer.out == ""
    assert answer.error["code"] == "lease.held"
    assert answer.error["data"]["holder"] == "ann"
    assert answer.error["data"]["resources"] == ["src/**"]
    assert states(shop) == [("ann", "held")]


@pytest.mark.slow
def test_who_is_interrupted_leaves_the_line(shop: Bd) -> None:
    shop.ok("lease", "acquire", "src/**")
    process = waiting(shop, "src/a")
    process.send_signal(signal.SIGINT)
    ended(process)
    until(lambda: states(shop) == [("ann", "held")])


@pytest.mark.slow
def test_who_waits_goes_on_waiting_where_the_daemon_ends(bd: Bd) -> None:
    with served(bd):
        bd.ok("lease", "acquire", "src/**")
        process = waiting(bd, "src/a")
    assert process.poll() is None
    assert states(bd) == [("ann", "held"), ("bob", "waiting")]
    bd.ok("lease", "release", "--all")
    got = ended(process)
    assert (got.code, json.loads(got.out)["lease"]) == (0, 2)


@pytest.mark.slow
def test_who_waits_directly_is_woken_by_what_a_daemon_writes(bd: Bd) -> None:
    bd.ok("lease", "acquire", "src/**")
    process = waiting(bd.at(bd.folder, BEADS_NO_DAEMON="1"), "src/a")
    with served(bd):
        assert bd.run("lease", "release", "--all").code == 0
        assert ended(process).code == 0


# -- what is typed


def test_patterns_are_typed_from_where_one_is_and_kept_from_the_root(bd: Bd) -> None:
    (bd.folder / "src" / "deep").mkdir(parents=True)
    (bd.folder / "src" / "[id].tsx").write_text("x", encoding="utf-8")
    inside = bd.at(bd.folder / "src")
    found = inside.json("lease", "acquire", "*.py", "deep", "../docs/", "[id].tsx", "{a,b}/x")
    assert found["patterns"] == [
        "docs/**", "src/*.py", "src/[[]id].tsx", "src/a/x", "src/b/x", "src/deep/**",
    ]  # fmt: skip
    assert inside.json("lease", "check", "[id].tsx") == []
    (covered,) = inside.json("lease", "list", "--path", "../src/[id].tsx")
    assert covered["lease"] == 1
    assert inside.json("lease", "list", "--path", "i.tsx") == []
    assert bd.json("lease", "acquire", str(bd.folder / "src"))["patterns"] == ["src/**"]
    assert bd.json("lease", "acquire", ".")["patterns"] == ["**"]
    assert inside("lease", "acquire", "../..", "--json").error["code"] == "path.invalid"
    assert bd("lease", "acquire", "/etc/x", "--json").error["code"] == "path.invalid"


def test_leases_are_given_back_by_number_pattern_and_name(bd: Bd) -> None:
    bd.ok("lease", "acquire", "a/**", "b")
    bd.ok("lease", "acquire", "c", "--name", "build", "--reason", "Release")
    (renewed,) = bd.json("lease", "renew", "--name", "build", "--ttl", "2h")
    assert renewed["lease"] == 2
    assert bd.json("lease", "release", "a/", "b")[0]["state"] == "released"
    assert bd.json("lease", "release", "2")[0]["ended_by"] == "ann"
    assert listed(bd) == []
    assert [each["lease"] for each in bd.json("lease", "list", "--all")] == [2, 1]


def test_what_is_said_to_people(bd: Bd) -> None:
    said = bd.ok("lease", "acquire", "src/**", "--session-bound", BD_SESSION="s").out
    assert said.startswith(
        "Acquired lease 1 of src/** (exclusive, lease_epoch 1, until its session"
    )
    assert bd.ok("lease", "acquire", "src/**", BD_SESSION="s").out.startswith("You hold lease 1")
    bd.ok("lease", "acquire", "docs", "--shared", "--reason", "Reading\x1b[31m", "--actor", "bob")
    lines = bd.ok("lease", "list").out.splitlines()
    assert lines[0].startswith("ann lease 1 of src/** (exclusive, lease_epoch 1, until 20")
    assert lines[1].startswith("bob lease 2 of docs (shared, lease_epoch 3, until 20")
    assert "\x1b" not in lines[1]
    answer = bd("lease", "check", "docs", "src/x")
    assert (answer.code, answer.out.count("\n")) == (1, 1)
    assert bd("lease", "check", "other").out == "Nobody else has a lease of that.\n"
    broke = bd.ok("lease", "break", "2", "--reason", "Gone").out
    assert broke.startswith("Broke bob's lease 2 of docs (shared, lease_epoch 3, broken)")
    lost = bd("lease", "renew", "--actor", "bob")
    assert (lost.code, "broken by ann: Gone" in lost.err) == (4, True)
    assert bd("lease", "renew", "--actor", "carol").code == 3
    refused = bd("lease", "acquire", "src/a", "--actor", "bob")
    assert "ann holds src/** (lease 1" in refused.err
    assert "--wait 10m" in refused.err


def test_errors_say_whose_session_it_is_and_what_to_type(bd: Bd) -> None:
    bd.ok("lease", "acquire", "src", BD_SESSION="s1")
    refused = bd("lease", "acquire", "src/a", BD_SESSION="s2")
    assert "ann, in session s1, holds src (lease 1" in refused.err
    assert "of the session s1" in bd("lease", "release", "1", BD_SESSION="s2").err
    waited = bd("lease", "acquire", "src/a", "--wait", "0.1s", "--actor", "bob")
    assert (waited.code, "Waited 0.1s in vain: ann holds src" in waited.err) == (4, True)
    for words in (("release",), ("release", "all")):
        assert "`bd lease release --all`" in bd("lease", *words).err
    assert "30 days" in bd("lease", "acquire", "x", "--ttl", "31d").err
    assert bd("lease", "break", "src", "1", "--reason", "x").code == 2
    assert "lease 1 of src" in bd.ok("lease", "break", "src", "--reason", "x").out


def test_what_is_there_is_shown_as_it_is_typed(bd: Bd) -> None:
    (bd.folder / "[id].tsx").write_text("x", encoding="utf-8")
    assert "of [id].tsx (" in bd.ok("lease", "acquire", "[id].tsx").out
    assert "ann holds [id].tsx (" in bd("lease", "acquire", "[id].tsx", "--actor", "bob").err
    assert "[id].tsx  held" in bd.ok("lease", "list", FORCE_COLOR="1", NO_COLOR="1").out


def test_locks_are_answered_with_leases(bd: Bd) -> None:
    for word, meant in (
        ("lock", "bd lease acquire"),
        ("reserve", "bd lease acquire"),
        ("acquire", "bd lease acquire"),
        ("unlock", "bd lease release"),
        ("renew", "bd lease renew"),
    ):
        assert meant in bd(word, "x").err


def test_a_terminal_shows_a_table(bd: Bd) -> None:
    bd.ok("lease", "acquire", "src/**", "docs/**", "--reason", "Parser")
    bd.ok("lease", "acquire", "x", "--shared", "--actor", "bob")
    drawn = bd.ok("lease", "list", FORCE_COLOR="1", NO_COLOR="1").out
    assert "src/**" in drawn
    assert "@ann" in drawn
    assert "held, shared" in drawn
    assert "Parser" in drawn
    assert "2 held" in drawn
    found = [ShownLease(**each) for each in listed(bd)]
    assert "held, exclusive" in drawn
    lines = table(Screen(60), found).splitlines()
    assert any("held, exclusive" in line for line in lines)
    assert any("Parser" in line for line in lines)
    for width in (20, 80, 200):
        assert all(len(line) <= width for line in table(Screen(width), found).splitlines())


def test_a_file_system_that_is_blind_to_case_makes_one_path_of_two(bd: Bd) -> None:
    bd.git("init", "--quiet")
    bd.ok("lease", "acquire", "Src/**")
    assert bd.ok("lease", "check", "src/A", "--actor", "bob").code == 0
    bd.git("config", "core.ignorecase", "true")
    assert bd("lease", "check", "src/A", "--actor", "bob").code == 1
    answer = bd("lease", "acquire", "sRC/a", "--actor", "bob", "--json")
    assert answer.error["code"] == "lease.held"
