"""Every command and flag of the contract, run at least once: its answer, and its failure.

An answer under `--json` is as `bd schema` says; a failure leaves standard output empty, and one
error object on standard error. The tables lie in `contract_runs_*.py`.
"""

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from beadwork.doors.cli import schemas
from tests.doors import contract_runs_daemon as daemon
from tests.doors import contract_runs_finding as finding
from tests.doors import contract_runs_mail as mail
from tests.doors import contract_runs_project as project
from tests.doors import contract_runs_sample as projects
from tests.doors import contract_runs_upkeep as upkeep
from tests.doors import contract_runs_work as work
from tests.doors.contract_runs import Run, filled, global_options, leaves, used
from tests.doors.program import Answer, Bd
from tests.doors.schema_check import Checker, closed
from tests.doors.test_contract_table import ABSENT, REFUSED, find, rows

TABLES = (work, finding, project, upkeep, daemon, mail)
RUNS = [run for table in TABLES for run in table.RUNS]
FAILS = [run for table in TABLES for run in table.FAILS]
NOTES = ("Note: ", "Warning: ", "Only the first ", "  ")
"""What a line on standard error begins with that tells of no failure."""
ALL_FINE = {
    "__complete": "answers the shell, which shows no errors",
    "hooks run": "never stops git: what goes wrong is a note (R14)",
}
"""Commands that never fail, and why."""
ONLY_FAIL = {
    "edit": "needs a terminal; test_verbs.py gives it one",
    "msg request": "needs somebody who answers; journeys/test_messages.py does",
}
"""Commands that only fail here, and why."""
ERROR = Checker(schemas.error_schema())


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The projects, made once."""
    folder = tmp_path_factory.mktemp("contract")
    projects.prepare(folder)
    return folder


@pytest.fixture
def bd(made: Path, tmp_path: Path, run: Run) -> Iterator[Bd]:
    """`bd` in a copy of the project that a run works on, prepared for it."""
    bd = projects.copied(made, run.place, tmp_path)
    try:
        for words in run.before:
            bd.said += bd.ok(*filled(words, bd.said)).out
        yield bd
    finally:
        if (bd.beads / "bd.sock").exists():
            bd("daemon", "stop")


def answer_of(bd: Bd, run: Run, *more: str) -> Answer:
    given = (bd.folder / run.given).read_text("utf-8") if run.given else ""
    return bd(*filled(run.words, bd.said), *more, given=given, **dict(run.environment))


@cache
def checker_of(command: str) -> Checker | None:
    """Answer what checks a command's answer; a field that is not described is a fault too."""
    schema = schemas.schema_of(command)
    return None if schema is None else Checker(closed(schema))


def is_text(run: Run, command: str) -> bool:
    return command in schemas.TEXT_ONLY or "--silent" in run.words


@pytest.mark.parametrize("run", RUNS, ids=[each.line for each in RUNS])
def test_a_run_answers_as_its_schema_says(bd: Bd, run: Run) -> None:
    answer = answer_of(bd, run, "--json")
    assert answer.code == run.code, answer
    assert run.holds in answer.out
    command = used(run.words).command
    if is_text(run, command):
        return
    assert all(line.startswith(NOTES) for line in answer.err.splitlines()), answer.err
    checker = checker_of(command)
    assert checker, f"{command} has no schema"
    assert not checker.faults(answer.json), answer.out


@pytest.mark.parametrize("run", RUNS, ids=[each.line for each in RUNS])
def test_a_run_ends_alike_where_people_read_it(bd: Bd, run: Run) -> None:
    answer = answer_of(bd, run)
    assert answer.code == run.code, answer
    assert not answer.err.startswith("Error: "), answer.err


@pytest.mark.parametrize("run", FAILS, ids=[each.line for each in FAILS])
def test_a_failure_has_its_code_and_leaves_standard_output_empty(bd: Bd, run: Run) -> None:
    before = state_of(bd)
    answer = answer_of(bd, run, "--json")
    assert (answer.code, answer.out) == (run.code, ""), answer
    assert not ERROR.faults(answer.error)
    assert answer.error["code"] == run.error, answer.error
    shown = answer_of(bd, run)
    assert (shown.code, shown.out) == (run.code, ""), shown
    first, *more = sorted(shown.err.splitlines(), key=lambda line: line.startswith("  "))
    assert first.startswith("Error: ")
    assert all(line.startswith("  ") for line in more), shown.err
    assert state_of(bd) == before


def state_of(bd: Bd) -> dict[str, str]:
    return bd.lines() if bd.records.exists() else {}


# -- that the tables are whole


def used_options(table: list[Run]) -> dict[str, set[str]]:
    """Answer the options that runs use, by the commands that they run."""
    found: dict[str, set[str]] = {}
    for run in table:
        use = used(run.words)
        found.setdefault(use.command, set()).update(use.options)
    return found


def test_every_command_is_run_and_fails_once() -> None:
    there = {each.command for each in leaves()}
    succeeding, failing = used_options(RUNS), used_options(FAILS)
    assert not there - succeeding.keys() - ONLY_FAIL.keys()
    assert not there - failing.keys() - ALL_FINE.keys()
    assert not ONLY_FAIL.keys() & succeeding.keys()
    assert not ALL_FINE.keys() & failing.keys()


def test_every_option_is_run() -> None:
    used_ones = used_options(RUNS + FAILS)
    missing = {
        each.command: sorted(each.options - used_ones.get(each.command, set())) for each in leaves()
    }
    assert not {name: options for name, options in missing.items() if options}


def test_every_option_of_all_commands_is_run() -> None:
    taken = set().union(*used_options(RUNS + FAILS).values())
    assert not global_options() - taken


def test_every_flag_of_the_contract_is_run() -> None:
    used_ones = used_options(RUNS + FAILS)
    missing = [
        f"{name} {flag}"
        for name, flags in rows().items()
        if name not in ABSENT
        for flag in flags
        if f"{name} {flag.rpartition('/')[2]}" not in REFUSED and not is_used(name, flag, used_ones)
    ]
    assert not missing


def is_used(name: str, flag: str, used_ones: dict[str, set[str]]) -> bool:
    """Tell whether a flag of the contract is used; a group takes those of its commands."""
    command = find(name)
    assert command is not None, name
    names = set(flag.split("/"))
    taken = [options for each, options in used_ones.items() if f"{each} ".startswith(f"{name} ")]
    return any(names & options for options in taken)
