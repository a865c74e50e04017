"""Commands that change the same file of settings at the same time."""

from tests.doors.program import TIMEOUT_S, Bd


def test_settings_that_are_set_at_once_are_all_kept(bd: Bd) -> None:
    setting = [bd.start("config", "set", f"custom.k{each}", f"v{each}") for each in range(8)]
    for each in setting:
        _, err = each.communicate(timeout=TIMEOUT_S)
        assert each.returncode == 0, err
    for number in range(8):
        assert bd.ok("config", "get", f"custom.k{number}").out.strip() == f"v{number}"


def test_of_several_that_found_a_store_one_names_its_prefix(bare: Bd) -> None:
    founding = [bare.start("init", "--prefix", f"p{each}") for each in range(4)]
    for each in founding:
        each.communicate(timeout=TIMEOUT_S)
    codes = [each.returncode for each in founding]
    assert sorted(codes) == [0, 4, 4, 4]
    assert bare.json("where")["prefix"] == f"p{codes.index(0)}"


def test_who_is_ended_while_it_waits_leaves_the_line(bd: Bd) -> None:
    bd.ok("lease", "acquire", "src/**", "--actor", "amy")
    waiting = bd.start("lease", "acquire", "src/**", "--wait", "10m", "--actor", "bob")
    while "bob" not in bd.ok("lease", "list").out:
        assert waiting.poll() is None
    waiting.terminate()
    waiting.communicate(timeout=TIMEOUT_S)
    assert waiting.returncode == 130
    assert "bob" not in bd.ok("lease", "list").out
