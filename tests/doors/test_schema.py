"""`bd schema`: every answer has a schema, which says all; test_contract_runs.py compares them."""

import json
from collections.abc import Iterator

import click
import pytest

from beadwork.doors.cli import schemas
from beadwork.doors.cli.main import bd as root
from tests.doors.program import Bd
from tests.doors.schema_check import Checker, faults, loose, open_places, undescribed

ANY_JSON = {
    "payload",
    *("metadata", "bonded_from", "creator", "validations"),
    *("before", "after", "lost", "holds", "request", "data.*", "result.*"),
}
"""Fields that hold any JSON: what issues carry, what changes in them, what operations answer."""


def path_of(words: list[str]) -> str:
    """Answer the command that words name."""
    command: click.Command = root
    taken: list[str] = []
    for word in words:
        if not isinstance(command, click.Group):
            break
        found = command.get_command(click.Context(command), word)
        if found is None:
            break
        command, taken = found, [*taken, word]
    return " ".join(taken)


def leaves(command: click.Command, path: tuple[str, ...] = ()) -> Iterator[str]:
    """Answer the paths of all commands, hidden ones left out."""
    if isinstance(command, click.Group):
        for name in command.list_commands(click.Context(command)):
            inner = command.get_command(click.Context(command), name)
            if inner is not None and not inner.hidden:
                yield from leaves(inner, (*path, name))
    else:
        yield " ".join(path)


UNDESCRIBED: set[str] = set()
"""Commands whose answer has no schema yet."""


def test_every_command_has_a_schema_or_is_known_to_answer_in_text() -> None:
    known = {*schemas.ANSWERS, *schemas.ALIASES, *schemas.TEXT_ONLY, *UNDESCRIBED}
    there = set(leaves(root))
    assert not there - known
    assert not set(schemas.TEXT_ONLY) & set(schemas.ANSWERS)


def test_every_schema_is_of_a_command_that_is_there() -> None:
    named = {*schemas.ANSWERS, *schemas.ALIASES}
    assert not {name for name in named if path_of(name.split()) != name}


@pytest.mark.parametrize("name", schemas.commands())
def test_every_property_is_described(name: str) -> None:
    assert not undescribed(schemas.schema_of(name))


@pytest.mark.parametrize("name", schemas.commands())
def test_nothing_is_let_through_unseen(name: str) -> None:
    found = loose(schemas.schema_of(name))
    assert not [each for each in found if not each.endswith(tuple(f".{one}" for one in ANY_JSON))]


def test_only_issues_may_carry_fields_of_newer_programs() -> None:
    found = {
        place
        for name in schemas.commands()
        for place in open_places(schemas.schema_of(name))
        if not place.endswith(("Issue", "IssueWithCounts", "IssueDetails", "TreeNode"))
    }
    assert not found


def test_an_unknown_command_is_refused_with_the_nearest(bd: Bd) -> None:
    answer = bd("schema", "shwo", "--json")
    assert answer.code == 2
    assert "show" in answer.error["hint"]


def test_without_a_command_all_are_listed(bare: Bd) -> None:
    assert "show" in bare.json("schema")
    assert "show" in bare.ok("schema").out.splitlines()


def test_a_schema_is_printed_without_a_store(bare: Bd) -> None:
    schema = bare.ok("schema", "dep", "tree").out
    assert json.loads(schema)["type"] == "array"


def test_a_command_that_answers_in_text_says_so(bare: Bd) -> None:
    answer = bare("schema", "prime")
    assert answer.code == 2
    assert "text for agents" in answer.err


def test_an_error_is_as_its_schema_says(bd: Bd) -> None:
    schema = json.loads(bd.ok("schema", "--error").out)
    error = bd("show", "px-none", "--json").error
    assert not faults(error, schema)


def test_the_validator_finds_faults() -> None:
    checker = Checker(schemas.schema_of("version"))
    assert checker.faults({"version": 1, "build": "x"})
    assert checker.faults({"build": "x"})
    assert checker.faults([])
    assert not checker.faults({"version": "1", "build": "x"})


def test_the_validator_reads_times() -> None:
    checker = Checker(schemas.schema_of("history"))
    event = {"seq": 1, "actor": "a", "operation": "o", "kind": "k", "issue_id": "px-a"}
    assert not checker.faults([event | {"at": "2026-01-01T00:00:00.5Z"}])
    assert checker.faults([event | {"at": "yesterday"}])


def test_loose_schemas_are_found() -> None:
    assert loose({}) == ["$"]
    assert loose({"type": "array"}) == ["$"]
    assert loose({"type": "object", "properties": {"a": {"type": "object"}}}) == ["$.a"]
    assert not loose({"type": "object", "additionalProperties": {"type": "string"}})
