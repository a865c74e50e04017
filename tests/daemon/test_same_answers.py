"""The command suite, run directly and through the daemon: the same answers, byte for byte.

Two copies of a project live through the same commands, one in this process, one as a user's
`bd` with a daemon. What no two runs share is left out of the comparison: times, the ids that
were made up, and how long something took. Where lines are in the order of made-up ids, they are
compared as a bag.
"""

import difflib
import json
import re
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.daemon.running import running
from tests.doors import contract_runs_finding as finding
from tests.doors import contract_runs_mail as mail
from tests.doors import contract_runs_project as project
from tests.doors import contract_runs_sample as projects
from tests.doors import contract_runs_upkeep as upkeep
from tests.doors import contract_runs_work as work
from tests.doors.contract_runs import Run, filled
from tests.doors.program import Answer, Bd

pytestmark = pytest.mark.slow

_STORY = 25
"""So many commands are one story: then both sides begin anew."""
_TABLES = (work, finding, project, upkeep, mail)
_ALONE = ("daemon", "--daemon", "watch", "doctor", "backup", "restore", "info", "preflight")
"""Commands that tell of the daemon itself, or of the machine; their own tests run both ways."""
_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)?")
_STAMP = re.compile(r"\b[0-9a-z]{6,12}[.-][0-9a-z]+[.-][0-9a-f]{8}\b")
_MADE_UP = re.compile(r"\b(?:px|other|int|new)-[0-9a-z]{3,8}\b")
_MESSAGE = re.compile(r"\b[0-9A-HJKMNP-TV-Z]{26}\b")
_RECEIPT = re.compile(r"\b(\d+\.\d+\.\d+)\.[0-9a-f]+\b")
_HEX = re.compile(r"\b[0-9a-f]{8,64}\b")
_TOOK = re.compile(r"\b\d+(?:\.\d+)? ?(?:ms|µs|us)\b")
_SINCE = re.compile(r"\b(?:just now|\d+[smhd] ago|in \d+[smhd])\b")


class Side(NamedTuple):
    """One of the two ways to run a command, and how it is normalised."""

    bd: Bd
    run: Callable[[Run, tuple[str, ...]], Answer]

    def plain(self, text: str) -> str:
        """Answer a text without what no two runs share."""
        text = text.replace(str(self.bd.folder), "<here>").replace(str(self.bd.home), "<home>")
        text = _MADE_UP.sub(lambda found: self._named(found[0]), text)
        text = _RECEIPT.sub(r"\1.<receipt>", _MESSAGE.sub("<message>", text))
        for pattern in (_TIME, _STAMP, _TOOK, _SINCE):
            text = pattern.sub("<time>", text)
        return _HEX.sub("<hex>", text)

    def _named(self, issue_id: str) -> str:
        return issue_id if issue_id in _KNOWN else "<id>"


_KNOWN = {str(each["id"]).split(".")[0] for each in projects.RECORDS} | {"px-new", "px-mine"}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The projects, made once."""
    folder = tmp_path_factory.mktemp("contract")
    projects.prepare(folder)
    return folder


def stories() -> Iterator[tuple[str, list[Run]]]:
    """Answer the runs of the contract, some at a time, by the project that they work on."""
    for table in _TABLES:
        for place in ("store", "git"):
            runs = [
                each
                for each in (*table.RUNS, *table.FAILS)
                if each.place == place and not {*_ALONE} & {*each.words}
            ]
            rest = iter(runs)
            while story := list(islice(rest, _STORY)):
                name = table.__name__.rpartition("_")[2]
                yield f"{name}-{place}-{runs.index(story[0])}", story


STORIES = list(stories())


def directly(bd: Bd) -> Side:
    def run(each: Run, more: tuple[str, ...]) -> Answer:
        given = (bd.folder / each.given).read_text("utf-8") if each.given else ""
        answer = bd(*filled(each.words, bd.said), *more, given=given, **dict(each.environment))
        bd.said += answer.out
        return answer

    return Side(bd, run)


def served(bd: Bd) -> Side:
    def run(each: Run, more: tuple[str, ...]) -> Answer:
        given = (bd.folder / each.given).read_text("utf-8") if each.given else None
        words = filled(each.words, bd.said)
        answer = bd.at(bd.folder, **dict(each.environment)).run(*words, *more, given=given)
        bd.said += answer.out
        return answer

    return Side(bd, run)


def same(left: str, right: str) -> bool:
    """Tell whether two answers say the same, in whatever order made-up ids put it."""
    return left == right or sorted(left.splitlines()) == sorted(right.splitlines())


def difference(left: Answer, right: Answer) -> str:
    before, after = (f"{each.code}\n{each.out}\n{each.err}".splitlines() for each in (left, right))
    names = ("directly", "through the daemon")
    return "\n".join(difflib.unified_diff(before, after, *names, lineterm=""))


@pytest.mark.parametrize("more", [(), ("--json",)], ids=["text", "json"])
@pytest.mark.parametrize("story", [each for _, each in STORIES], ids=[name for name, _ in STORIES])
def test_a_command_answers_alike_with_and_without_the_daemon(
    made: Path, tmp_path: Path, story: list[Run], more: tuple[str, ...]
) -> None:
    place = story[0].place
    direct = directly(projects.copied(made, place, tmp_path / "direct"))
    other = projects.copied(made, place, tmp_path / "served")
    through = served(other.at(other.folder, BEADS_NO_DAEMON=""))
    with running(other.folder, other.environment) as daemon:
        for each in story:
            for words in (*each.before, each.words):
                step = each._replace(words=words)
                answers = [
                    Answer(found.code, side.plain(found.out), side.plain(found.err))
                    for side in (direct, through)
                    for found in [side.run(step, more)]
                ]
                is_same = answers[0].code == answers[1].code and all(
                    same(*pair) for pair in zip(answers[0][1:], answers[1][1:], strict=True)
                )
                assert is_same, f"{words}\n{difference(*answers)}"
        daemon.stop()
    assert contents(direct) == contents(through)


def contents(side: Side) -> list[str]:
    """Answer the records in the file, without what no two runs share."""
    side.bd("sync")
    if not side.bd.records.exists():
        return []
    lines = side.bd.records.read_text("utf-8").splitlines()
    found = [json.loads(line) for line in lines]
    for each in found:
        each.pop("stamps", None)
    return sorted(side.plain(json.dumps(each)) for each in found)
