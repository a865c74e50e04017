"""`bd schema`: every command's answer is as its schema says."""

import json
import shlex
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
import pytest

from beadwork.doors.cli import schemas
from beadwork.doors.cli.main import bd as root
from tests.doors.program import Bd
from tests.doors.schema_check import faults, undescribed

RUNS = """
init
where
version
create Work --type bug --description Why --labels x,y
show A
show A --children
show A --refs
show B
list
list --all
ready
ready --claim
blocked
why A
why B
update A --priority 1
update C --claim
close C --suggest-next
close A --suggest-next
close A
reopen CLOSED
delete C
delete C --force
delete C D --force
claim C
claim C --lease 1h
release D_HELD
heartbeat D_HELD
dep add C D
dep add B A
dep remove B A
dep list B
dep list A --direction up
dep tree B
dep cycles
dep relate C D
dep unrelate C D
label add C x
label remove A urgent
label list A
label list-all
comments A
comments add A Hello
comment A Hello
history A
undo
assign C bob
priority C 0
note C "A note"
tag C x
link C D
defer C
undefer C
duplicate C --of D
supersede C --with D
rename C NEW
rename-prefix other --dry-run
todo add Something
todo list
todo done C
state A phase
state list A
set-state A phase=two
ship thing --dry-run
search Work
query status=open
children A
stale --days 1
count
count --by-status
count --by-label
status
stats
status --no-activity
epic status
epic close-eligible
epic close-eligible --dry-run
lint
graph A
graph --all
graph check
types
statuses
remember "Mind this"
recall mind
memories
kv set name value
kv get name
kv list
kv clear name
config set custom.name value
config get custom.name
config list
config unset custom.name
config validate
doctor
import
import --dry-run
sync
sync --status
sync --check
preflight --check
setup --list
setup agents
setup agents --check
setup --add mine docs/agents.md
admin cleanup --dry-run
admin cleanup --force
admin compact --analyze
admin compact --stats
admin compact --prune
admin reset
audit record --kind tool_call --tool-name grep
backup
backup status
config explain actor
config explain
info
info --schema
info --whats-new
migrate
migrate --inspect
upgrade status
upgrade review
upgrade ack
duplicates
duplicates --dry-run
find-duplicates --threshold 0.1
label propagate A x
watch --timeout 0
"""
IN_GIT = """
hooks install
hooks list
hooks uninstall
worktree list
worktree info
worktree create side
orphans
"""
CODES = {0, 1}


@pytest.fixture(scope="module")
def stock(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """A store with issues of all sorts, made once, and their ids by a letter each."""
    folder = tmp_path_factory.mktemp("px")
    bd = Bd(folder, folder)
    bd.ok("init", "--prefix", "px", "--quiet")
    return bd.beads, named(bd)


def named(bd: Bd) -> dict[str, str]:
    """Make issues of all sorts: A is held by nobody and needed by B; one is closed, one held."""
    epic = bd.create("Epic", "--type", "epic", "--description", "All")
    ids = {
        "A": bd.create("Work on it", "--labels", "urgent,phase:one", "--description", "Long"),
        "C": bd.create("Third", "--parent", epic, "--design", "So", "--due", "+2d"),
        "D": bd.create("Fourth", "--estimate", "5", "--metadata", '{"a": 1}'),
        "D_HELD": bd.create("Held"),
        "CLOSED": bd.create("Closed", "--labels", "export:thing"),
        "NEW": "px-renamed",
    }
    ids["B"] = bd.create("Second", "--deps", ids["A"], "--notes", "N")
    bd.ok("comment", ids["A"], "First")
    bd.ok("claim", ids["D_HELD"])
    bd.ok("close", ids["CLOSED"])
    return ids


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


def is_there(words: list[str]) -> bool:
    return root.get_command(click.Context(root), words[0]) is not None


@pytest.mark.parametrize("line", RUNS.strip().splitlines())
def test_an_answer_is_as_its_schema_says(
    bare: Bd, stock: tuple[Path, dict[str, str]], line: str
) -> None:
    bd, (store, ids) = bare, stock
    shutil.copytree(store, bd.beads)
    words = shlex.split(line)
    assert is_there(words), f"there is no {words[0]}"
    schema = schemas.schema_of(path_of(words))
    assert schema, f"{path_of(words)} has no schema"
    if words[0] in ("kv", "config") and words[1] != "set":
        bd.ok(words[0], "set", *(("name", "v") if words[0] == "kv" else ("custom.name", "v")))
    answer = bd(*(ids.get(word, word) for word in words), "--json")
    assert answer.code in CODES, answer
    assert not list(faults(answer.json, schema, schema))


@pytest.mark.parametrize("line", IN_GIT.strip().splitlines())
def test_an_answer_about_the_repository_is_as_its_schema_says(bare: Bd, line: str) -> None:
    bare.git("init", "--quiet")
    bare.ok("init", "--quiet")
    issue = bare.create()
    bare.git("add", "--all")
    bare.git("-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", f"Begin ({issue})")
    words = line.split()
    schema = schemas.schema_of(path_of(words))
    assert not list(faults(bare.json(*words), schema, schema))


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
    assert not list(undescribed(schemas.schema_of(name)))


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
    assert not list(faults(error, schema, schema))


def test_the_validator_finds_faults() -> None:
    schema: Any = schemas.schema_of("version")
    find: Callable[[Any], list[str]] = lambda value: list(faults(value, schema, schema))  # noqa: E731
    assert find({"version": 1, "build": "x"})
    assert find({"build": "x"})
    assert find([])
    assert not find({"version": "1", "build": "x"})
