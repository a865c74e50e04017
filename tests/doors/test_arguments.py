"""The words of a command line: what is a flag, what is its value, what is a text."""

import click
import pytest

from beadwork.doors.cli.arguments import settled
from beadwork.model.errors import InvalidField

OPTIONS = {
    "--json": click.Option(["--json"], is_flag=True),
    "-q": click.Option(["-q"], is_flag=True),
    "-f": click.Option(["-f"], is_flag=True),
    "-p": click.Option(["-p"]),
    "--title": click.Option(["--title"]),
}


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["a", "--json"], ["--json", "--", "a"]),
        (["--json=true", "a"], ["--json", "--", "a"]),
        (["--json=false", "a"], ["--", "a"]),
        (["-p=1"], ["-p", "1"]),
        (["-p1"], ["-p", "1"]),
        (["-p", "1"], ["-p", "1"]),
        (["-qfp", "1", "a"], ["-q", "-f", "-p", "1", "--", "a"]),
        (["-qfp=1"], ["-q", "-f", "-p", "1"]),
        (["-f=false"], []),
        (["-f=true"], ["-f"]),
        (["--title", "--json"], ["--title", "--json"]),
        (["--title=--json"], ["--title=--json"]),
        (["--title"], ["--title"]),
        (["-p"], ["-p"]),
        (["a", "--title"], ["--title"]),
        (["a", "-qp"], ["-q", "-p"]),
        (["a", "--title", "--title"], ["--title", "--title", "--", "a"]),
        (["a", "-p", "-p"], ["-p", "-p", "--", "a"]),
        (["--title", "-p", "a", "-p"], ["--title", "-p", "-p"]),
        (["a", "--", "--json", "b"], ["--", "a", "--json", "b"]),
        (["a", "- item of a list"], ["--", "a", "- item of a list"]),
        (["--- a/file b"], ["--", "--- a/file b"]),
        (["-x the unknown"], ["--", "-x the unknown"]),
        (["-p 1"], ["-p", " 1"]),
        (["-"], ["--", "-"]),
        ([""], ["--", ""]),
        (["--jsn"], ["--jsn"]),
        (["-x"], ["-x"]),
        (["-qx"], ["-qx"]),
        ([], []),
    ],
)
def test_a_command_gets_flags_first_then_texts(words: list[str], expected: list[str]) -> None:
    assert settled(words, OPTIONS) == expected


def test_a_group_reads_its_own_flags_only() -> None:
    words = ["--json=true", "show", "--json=true", "-p=1"]
    assert settled(words, OPTIONS, is_group=True) == ["--json", "show", "--json=true", "-p=1"]


def test_a_yes_or_no_takes_nothing_else() -> None:
    with pytest.raises(InvalidField, match="yes or no"):
        settled(["--json=maybe"], OPTIONS)
