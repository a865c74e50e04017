"""Several writes as one: all of them, or none."""

import re
from collections.abc import Callable, Sequence
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from beadwork.model.errors import (
    BeadworkError,
    InvalidField,
    InvalidRequest,
    UnknownOperation,
)
from beadwork.model.issue import nearest_hint
from beadwork.ops.operation import BlobFiles, Operation, Request, Response, operation
from beadwork.ops.table import PLACES, operation_named
from beadwork.ops.transaction import Transaction

_STEPS_MAX = 10_000
_REFERENCE = re.compile(r"((?:[a-z][a-z-]*:)?)\$(\d{1,6})\.([A-Za-z_][\w.]*)")
_APART = ("batch", "record")
"""Nouns whose writes are no part of a batch: itself, and the store's own upkeep."""


class Step(msgspec.Struct, kw_only=True, omit_defaults=True):
    """One operation of a batch, by its name, and what it is asked."""

    operation: str
    arguments: dict[str, Any] = {}


class Result(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What one operation of a batch answered; `id` is that of the issue, if it was about one."""

    operation: str
    id: str = ""
    answer: dict[str, Any] = {}


class Batched(Response):
    """One result for each operation, in their order."""

    results: list[Result]


class RunBatch(Request[Batched], frozen=True):
    """Carry out several writes in order, all of them or none.

    An argument `$0.id` is the id that the first operation answered, `$1.claim_epoch` a field of
    the second's answer; `blocks:$0.id` is a reference too. If one fails, its error says in
    `data.position` which, and nothing is kept of any.
    """

    operations: Annotated[
        list[Step],
        Meta(description="Writes, but for undo and the upkeep of records.", max_length=_STEPS_MAX),
    ]


def stage_steps(request: RunBatch, blobs: BlobFiles) -> RunBatch:
    """Put aside what each step brings that is too large for the database."""
    return RunBatch(operations=[_staged(step, blobs) for step in request.operations])


def _staged(step: Step, blobs: BlobFiles) -> Step:
    found = operation_named(step.operation) if step.operation in PLACES else None
    if found is None or found.stage is None:
        return step
    try:
        asked = msgspec.convert(step.arguments, found.request)
    except msgspec.ValidationError:
        return step  # It is wrong, or a number in it is a reference: both are seen later.
    arguments = msgspec.to_builtins(found.stage(asked, blobs))
    return Step(operation=step.operation, arguments=arguments)


@operation(
    "batch.run",
    kind="write",
    raises=(UnknownOperation, InvalidRequest, InvalidField),
    stage=stage_steps,
    example={
        "operations": [
            {"operation": "issue.create", "arguments": {"title": "Design"}},
            {
                "operation": "issue.create",
                "arguments": {"title": "Build", "dependencies": ["$0.id"]},
            },
        ]
    },
)
def run_batch(request: RunBatch, tx: Transaction) -> Batched:
    """Carry out several writes, all of them or none."""
    results: list[Result] = []
    for position, step in enumerate(request.operations):
        try:
            results.append(_run(step, results, tx))
        except BeadworkError as error:
            where = f"Operation {position} ({step.operation[:60]}) failed, so none was carried out"
            error.message = f"{where}: {error.message}"
            error.data.update(position=position, operation=step.operation[:100])
            raise
    return Batched(results=results)


def _run(step: Step, earlier: Sequence[Result], tx: Transaction) -> Result:
    found = _require_write(step.operation)
    arguments = substituted(step.arguments, lambda *words: _answered(earlier, *words))
    try:
        asked = msgspec.convert(arguments, found.request)
    except msgspec.ValidationError as error:
        raise InvalidRequest(
            f"the arguments do not fit: {error}", hint="See docs/operations."
        ) from error
    if found.stage is not None:
        asked = found.stage(asked, tx.blob_files)
    answer: dict[str, Any] = msgspec.to_builtins(found.handler(asked, tx))
    return Result(operation=found.name, id=_id_of(answer), answer=answer)


def _require_write(name: str) -> Operation:
    if name not in PLACES:
        raise UnknownOperation("there is no such operation", hint=nearest_hint(name, PLACES))
    found = operation_named(name)
    is_apart = name.partition(".")[0] in _APART or name == "event.undo"
    if found.kind != "write" or is_apart:
        raise InvalidRequest(
            "it can't be part of a batch", hint="A batch takes writes, but no undo and no batch."
        )
    return found


def substituted(value: Any, replace: Callable[[str, int, str], Any]) -> Any:  # noqa: ANN401
    """Return a value with each reference in it replaced.

    `replace` gets what stands before the reference, its number and its field.
    """
    if isinstance(value, dict):
        return {key: substituted(each, replace) for key, each in value.items()}
    if isinstance(value, list):
        return [substituted(each, replace) for each in value]
    found = _REFERENCE.fullmatch(value) if isinstance(value, str) else None
    return value if found is None else replace(found[1], int(found[2]), found[3])


def _answered(earlier: Sequence[Result], start: str, number: int, path: str) -> Any:  # noqa: ANN401
    if number >= len(earlier):
        raise InvalidField(
            f"${number}.{path} refers to no earlier operation",
            hint="The first is $0; each may refer to those before it.",
            field="operations",
        )
    result = earlier[number]
    value: Any = result.id if path == "id" and result.id else result.answer
    for name in path.split(".") if value is result.answer else ():
        value = value.get(name) if isinstance(value, dict) else None
    if value is None:
        raise InvalidField(
            f"Operation {number} answered no {path}",
            hint=f"It answered: {', '.join(result.answer) or 'nothing'}.",
            field="operations",
        )
    return f"{start}{value}" if start else value


def _id_of(answer: dict[str, Any]) -> str:
    """Return the id of the issue that an answer is about, if it is about one."""
    outcomes = answer.get("outcomes") or [answer]
    issue = answer.get("issue") or answer.get("comment") or outcomes[0]
    found = issue.get("issue_id") or issue.get("id") or ""
    return found if isinstance(found, str) else ""
