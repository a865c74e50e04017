"""Flags that hold for every command, and the commands about the program itself."""

import pytest

from beadwork import __version__
from tests.doors.program import Bd


def test_c_runs_as_if_started_there(bd: Bd) -> None:
    inner = bd.folder / "a" / "b"
    inner.mkdir(parents=True)
    outside = bd.at(bd.folder.parent)
    issue = outside.create("x", "-C", str(bd.folder))
    assert outside.json("-C", "px", "show", issue)[0]["title"] == "x"
    assert outside.json("-C", "px", "-C", "a", "where")["path"] == str(bd.beads)
    (inner / "text").write_text("Body", encoding="utf-8")
    made = outside.json("-C", str(inner), "create", "y", "--body-file", "text")
    assert made["description"] == "Body"
    answer = outside("-C", "nowhere", "list", "--json")
    assert (answer.code, answer.out) == (2, "")
    assert "nowhere" in answer.error["error"]


def test_debug_shows_what_led_to_an_error(bd: Bd) -> None:
    (bd.beads / "config.yaml").write_text("a: [b\n", encoding="utf-8")
    assert "ParserError" in bd("--debug", "list").err
    assert "ParserError" in bd("list", BD_DEBUG="1").err
    assert "because of" not in bd("list", BD_DEBUG="0").err
    assert "ParserError" in bd("--debug", "list", "--json").error["data"]["causes"][0]


@pytest.mark.parametrize(
    "words",
    [
        ["--no-daemon"],
        ["--no-db"],
        ["--allow-stale"],
        ["--sandbox"],
        ["--profile"],
        ["--dolt-auto-commit", "off"],
        ["--no-auto-flush", "--no-auto-import"],
        ["-q"],
        ["-v"],
        ["--lock-timeout", "5s"],
    ],
)
def test_flags_of_classic_stand_before_and_after(bd: Bd, words: list[str]) -> None:
    bd.ok(*words, "list")
    bd.ok("list", *words)


def test_versions_are_reviewed_once(bd: Bd) -> None:
    assert bd.json("upgrade", "status") == {"upgraded": False, "current_version": __version__}
    assert bd.json("upgrade", "review")["versions"]
    assert bd.json("upgrade", "ack")["acknowledged"]
    assert bd.json("upgrade", "review")["versions"] == []
    bd.ok("config", "set", "upgrade.seen", "0.0.1")
    shown = bd.json("upgrade", "status")
    assert (shown["upgraded"], shown["previous_version"]) == (True, "0.0.1")


def test_migrate_says_that_there_is_nothing_to_do(bd: Bd) -> None:
    shown = bd.json("migrate", "--inspect")
    assert set(shown) == {"current_state", "invariants_to_check", "registered_migrations"}
    assert shown["current_state"]["schema_version"] == len(shown["registered_migrations"])
    assert not bd.json("migrate", "--yes", "--cleanup")["migrated"]
    for words in (["hash-ids"], ["tombstones"], ["bogus"], ["--to-dolt"]):
        answer = bd("migrate", *words, "--json")
        assert (answer.code, answer.out) == (2, "")
        assert answer.error["hint"]


def test_the_daemons_version_is_no_where_there_is_none(bd: Bd) -> None:
    answer = bd("version", "--daemon", "--json")
    assert (answer.code, answer.json["daemon_running"]) == (1, False)
