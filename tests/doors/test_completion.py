"""Completion: what is offered while somebody types, and the scripts of the shells."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from beadwork.ops.suggestion import SUGGESTIONS_MAX
from tests.doors.program import TIMEOUT_S, Bd, tree


def offered(bd: Bd, *words: str) -> dict[str, str]:
    """Answer what the last word may become, with what it means."""
    answer = bd.ok("__complete", "--", *words)
    assert not answer.err
    return dict((line + "\t").split("\t")[:2] for line in answer.out.splitlines())


def test_commands_are_offered_and_hidden_ones_are_not(bd: Bd) -> None:
    found = offered(bd, "")
    assert {"ready", "create", "dep"} <= found.keys()
    assert "__complete" not in found
    assert offered(bd, "dep", "a").keys() == {"add"}
    assert offered(bd, "nonsense", "") == {}


def test_flags_are_offered_with_what_they_do(bd: Bd) -> None:
    found = offered(bd, "close", "--rea")
    assert found["--reason"] == "Why it is done."
    assert "--resolution" not in offered(bd, "close", "--")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("list", "--status", "in"), ["in_progress"]),
        (("list", "--status=clo"), ["--status=closed"]),
        (("list", "--status", "=", "clo"), ["closed"]),
        (("create", "T", "-t", "ep"), ["epic"]),
        (("update", "--type", "bu"), ["bug"]),
        (("dep", "add", "--type", "waits"), ["waits-for"]),
        (("create", "-p", ""), ["0", "1", "2", "3", "4"]),
        (("completion", "f"), ["fish"]),
        (("dep", "list", "X", "--direction", "u"), ["up"]),
    ],
)
def test_values_are_offered(bd: Bd, words: tuple[str, ...], expected: list[str]) -> None:
    assert list(offered(bd, *words)) == expected


def test_after_a_lone_sign_every_value_is_offered(bd: Bd) -> None:
    assert {"open", "closed"} <= offered(bd, "list", "--status", "=").keys()


def test_the_project_s_own_words_are_offered(bd: Bd) -> None:
    with (bd.beads / "config.yaml").open("a", encoding="utf-8") as file:
        file.write("status.custom: review\ntypes.custom: spike\n")
    bd.ok("sync")
    assert list(offered(bd, "list", "--status", "rev")) == ["review"]
    assert list(offered(bd, "create", "--type", "sp")) == ["spike"]


class TestIds:
    """Ids, with titles as what they mean."""

    def test_open_issues_are_offered_where_an_id_stands(self, bd: Bd) -> None:
        first, second = bd.create("One"), bd.create("Two")
        bd.ok("close", second)
        for words in (("close",), ("dep", "add"), ("dep", "add", "X"), ("label", "add")):
            assert offered(bd, *words, "") == {first: "One"}
        assert offered(bd, "create", "T", "--parent", "px-") == {first: "One"}
        assert offered(bd, "reopen", "") == {second: "Two"}
        assert offered(bd, "show", "").keys() == {first, second}
        assert offered(bd, "show", first[:4]).keys() >= {first}

    def test_a_title_is_shown_and_not_obeyed(self, bd: Bd) -> None:
        bd.create("A\tB \x1b[31m" + "x" * 200)
        [title] = offered(bd, "show", "").values()
        assert "\x1b" not in title
        assert len(title) < 100

    def test_many_are_cut_off(self, bd: Bd) -> None:
        rest = '"title":"T","created_at":"2026-01-01T00:00:00Z","updated_at":"2026-01-01T00:00:00Z"'
        lines = [f'{{"id":"px-{n:03}",{rest}}}' for n in range(SUGGESTIONS_MAX + 10)]
        bd.ok("import", "-", given="\n".join(lines))
        assert len(offered(bd, "show", "")) == SUGGESTIONS_MAX
        assert len(offered(bd, "show", "px-05")) == 10

    def test_nothing_is_read_in_and_nothing_written(self, bd: Bd) -> None:
        bd.create("One")
        with bd.records.open("a", encoding="utf-8") as file:
            file.write("damaged\n")
        before = tree(bd.folder).keys()
        assert len(offered(bd, "show", "")) == 1
        assert tree(bd.folder).keys() == before

    def test_the_store_that_is_named_is_asked(self, bd: Bd, tmp_path: Path) -> None:
        issue = bd.create("One")
        other = bd.at(tmp_path)
        database = str(bd.beads / "beadwork.db")
        assert offered(other, "--db", database, "show", "") == {issue: "One"}
        assert offered(other, "-C", str(bd.folder), "show", "") == {issue: "One"}

    def test_where_no_store_is_or_a_damaged_one_nothing_is_said(self, bare: Bd) -> None:
        assert offered(bare, "show", "") == {}
        assert "open" in offered(bare, "list", "--status", "")
        bare.beads.mkdir()
        (bare.beads / "beadwork.db").write_bytes(b"damaged" * 1000)
        assert offered(bare, "show", "") == {}
        assert not (bare.beads / "issues.jsonl").exists()


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_script_is_printed_and_the_shell_can_read_it(bare: Bd, shell: str) -> None:
    script = bare.ok("completion", shell).out
    assert "bd __complete --" in script
    program = shutil.which(shell)
    if program is None:
        assert os.environ.get("CI") != "true", f"{shell} is not here: `make shells` installs it"
        pytest.skip(f"no {shell}: `make shells` installs it")
    path = bare.folder / "script"
    path.write_text(script, encoding="utf-8")
    done = subprocess.run([program, "-n", str(path)], check=False, timeout=TIMEOUT_S)
    assert done.returncode == 0


def test_an_unknown_shell_is_refused(bare: Bd) -> None:
    assert bare("completion", "csh").code == 2


bash = pytest.mark.skipif(shutil.which("bash") is None, reason="no bash: not on this platform")


def in_bash(bd: Bd, *words: str, kind: int = 9) -> list[str]:
    """Answer what bash would offer for the last of the words."""
    script = bd.folder / "completion.bash"
    script.write_text(bd.ok("completion", "bash").out, encoding="utf-8")
    asked = (
        f'source "{script}"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); '
        f"COMP_TYPE={kind}; _bd_complete; "
        'for each in "${COMPREPLY[@]}"; do printf "%s\\n" "$each"; done'
    )
    done = subprocess.run(
        ["bash", "-c", asked, "bash", "-", *words],
        cwd=bd.folder,
        env=bd.environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=TIMEOUT_S,
    )
    assert not done.stderr
    return done.stdout.splitlines()


@bash
@pytest.mark.slow
def test_bash_completes(bd: Bd) -> None:
    issue = bd.create('It\'s $HOME `date` \\ "q"')
    other = bd.create("Other")
    assert "ready" in in_bash(bd, "bd", "re")
    assert in_bash(bd, "bd", "list", "--status", "=", "clo") == ["closed"]
    assert in_bash(bd, "bd", "show", "px-") == sorted([issue, other])
    assert in_bash(bd, "bd", "show", issue) == [issue]
    listed = in_bash(bd, "bd", "show", "px-", kind=63)
    assert f"{other}  Other" in listed
    assert in_bash(bd, "bd", "create", "--body-file", "x") == []
