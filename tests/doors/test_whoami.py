"""`bd whoami`: as whom commands act, and what says so."""

import pytest

from tests.doors.program import Bd


@pytest.mark.parametrize(
    ("words", "more", "actor", "source"),
    [
        (("--actor", "cy"), {}, "cy", "--actor"),
        ((), {}, "ann", "BD_ACTOR"),
        ((), {"BD_ACTOR": "", "BEADS_ACTOR": "bo"}, "bo", "BEADS_ACTOR"),
        ((), {"BD_ACTOR": "", "USER": "di"}, "di", "USER"),
        ((), {"BD_ACTOR": ""}, "unknown", "nothing: no name is set"),
    ],
)
def test_the_actor_is_named_with_what_says_so(
    bd: Bd, words: tuple[str, ...], more: dict[str, str], actor: str, source: str
) -> None:
    shown = bd.at(bd.folder, **more).json("whoami", *words)
    assert (shown["actor"], shown["actor_source"]) == (actor, source)
    assert (shown["session"], shown["session_source"]) == ("", "")


def test_a_setting_names_the_actor(bd: Bd) -> None:
    bd.ok("config", "set", "actor", "cy", "--local")
    shown = bd.at(bd.folder, BD_ACTOR="").json("whoami")
    assert (shown["actor"], shown["actor_source"]) == ("cy", "the setting actor")


def test_the_session_is_named_with_what_says_so(bd: Bd) -> None:
    said = bd.at(bd.folder, BD_SESSION="s1").ok("whoami").out
    assert said == "Actor:   ann  (from BD_ACTOR)\nSession: s1  (from BD_SESSION)\n"
    assert "none" in bd.ok("whoami").out
