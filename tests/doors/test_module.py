"""`python -m beadwork`: each operation of the table by name, JSON in and JSON out."""

import contextlib
import hashlib
import io
import json
import subprocess
import sys
from typing import Any

import msgspec
import pytest

from beadwork.compose import DirectWorld
from beadwork.doors.module import run
from beadwork.ops.operation import Operation
from beadwork.ops.table import operations
from tests.doors.program import Answer, Bd

DIGEST = hashlib.sha256(b"Short").hexdigest()
READS = [each for each in operations() if each.kind == "read"]


def module(bd: Bd, *words: str | bytes) -> Answer:
    """Run the module as a program."""
    done = subprocess.run(
        [sys.executable, "-m", "beadwork", *words],
        cwd=bd.folder,
        env=bd.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return Answer(done.returncode, done.stdout, done.stderr)


@pytest.mark.parametrize("operation", operations(), ids=[each.name for each in operations()])
def test_an_example_is_a_request(operation: Operation) -> None:
    content = msgspec.json.encode(operation.example)
    assert msgspec.json.decode(content, type=operation.request)


@pytest.fixture(scope="module")
def stocked(tmp_path_factory: pytest.TempPathFactory) -> Bd:
    """One store for all reads."""
    folder = tmp_path_factory.mktemp("module") / "px"
    folder.mkdir()
    bd = Bd(folder, folder.parent)
    bd.ok("init", "--quiet")
    bd.create("--title=x", "--description", "A long text. " * 20, "--id", "px-a3f")
    bd.ok("close", "px-a3f")
    (folder / "digest").write_text("Short", encoding="utf-8")
    bd.ok("admin", "compact", "--apply", "--force", "--id", "px-a3f", "--summary", "digest")
    bd.ok("msg", "send", "--to", "bob", "Hello")
    bd.ok("blob", "put", str(folder / "digest"))
    return bd


def asked_of(bd: Bd, operation: Operation) -> dict[str, Any]:
    """An example with what is there: ids of messages and digests are made by the store."""
    there = {"message": bd.json("msg", "outbox")[0]["id"], "digest": DIGEST}
    return {name: there.get(name, value) for name, value in operation.example.items()}


@pytest.mark.parametrize("operation", READS, ids=[each.name for each in READS])
def test_a_read_answers_with_an_object(stocked: Bd, operation: Operation) -> None:
    out = io.StringIO()
    world = DirectWorld(stocked.environment, str(stocked.folder))
    asked = json.dumps(asked_of(stocked, operation))
    with contextlib.redirect_stdout(out):
        assert run(["call", operation.name, asked], world) == 0
    assert isinstance(json.loads(out.getvalue()), dict)
    assert out.getvalue().count("\n") == 1


@pytest.mark.slow
def test_a_read_answers_as_a_program(bd: Bd) -> None:
    issue = bd.create()
    answer = module(bd, "call", "issue.show", json.dumps({"issue": issue}))
    assert (answer.code, answer.err) == (0, "")
    assert answer.json["details"]["issue"]["id"] == issue
    assert module(bd, "call", "issue.ready").json["issues"]


@pytest.mark.slow
def test_a_write_is_stored_and_exported(bd: Bd) -> None:
    created = module(bd, "call", "issue.create", '{"title":"By name"}')
    assert created.code == 0
    assert created.json["issue"]["id"] in bd.lines()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "code"),
    [
        ((), 2),
        (("frobnicate",), 2),
        (("call", "issue.frobnicate"), 2),
        (("call", "issue.show"), 2),
        (("call", "issue.show", "{"), 2),
        (("call", "issue.show", '{"issue":"px-nope"}'), 3),
        (("call", "issue.show", '{"issue":"x","more":1}'), 2),
    ],
)
def test_an_error_is_one_object(bd: Bd, words: tuple[str, ...], code: int) -> None:
    answer = module(bd, *words)
    assert (answer.code, answer.out) == (code, "")
    assert set(answer.error) >= {"error", "code"}


@pytest.mark.slow
def test_operations_are_listed(bare: Bd) -> None:
    answer = module(bare, "operations")
    assert answer.code == 0
    assert [line.split()[0] for line in answer.out.splitlines()] == [e.name for e in operations()]
