"""Batches: several operations in one request, in order, or all of them or none (classic-bd.md 5.3)."""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from beadwork.daemon.lines import result_of
from beadwork.model.errors import BeadworkError, InvalidRequest
from beadwork.ops.operation import Response
from beadwork.ops.plan import Ask, Plan
from beadwork.ops.table import PLACES, operation_named, operation_of


def object_of(arguments: bytes | msgspec.Raw) -> dict[str, Any]:
    """Read arguments; null is the same as none.

    Raises:
        InvalidRequest: they are no JSON object.
    """
    try:
        found = msgspec.json.decode(bytes(arguments) or b"{}")
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidRequest(f"The arguments are no JSON: {error}") from error
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise InvalidRequest("The arguments must be an object")
    return found


def steps_of(arguments: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the steps of a batch; null is the same as none.

    Raises:
        InvalidRequest: they are no list of objects.
    """
    steps = arguments.get("operations", ())
    steps = [] if steps is None else steps
    if not isinstance(steps, list) or not all(isinstance(each, dict) for each in steps):
        raise InvalidRequest('A batch needs "operations", a list of {operation, args}')
    return steps


class Step:
    """One operation of a batch; `plan` tells how an operation is carried out."""

    def __init__(
        self, plan: Callable[[str, bytes, str], Plan], step: dict[str, Any], actor: str
    ) -> None:
        self.name = str(step.get("operation", ""))
        self._given = step.get("args", step.get("arguments")) or {}
        self._plan = plan
        self._actor = actor

    def plan(self) -> Plan:
        """Return how it is carried out."""
        return self._plan(self.name, msgspec.json.encode(self.arguments), self._actor)

    def outcome(self, ask: Ask) -> Any:  # noqa: ANN401 -- any JSON value
        """Carry it out."""
        plan = self.plan()
        if plan.request is None:
            return plan.work(ask) if plan.work else None
        return plan.shape(ask(plan.request))

    @property
    def arguments(self) -> dict[str, Any]:
        """Return what it was asked.

        Raises:
            InvalidRequest: it is no object.
        """
        if isinstance(self._given, str):  # classic's own client nests JSON text
            return object_of(self._given.encode("utf-8", "surrogatepass"))
        if not isinstance(self._given, dict):
            raise InvalidRequest("The arguments must be an object")
        return self._given


def one_by_one(steps: Sequence[Step], ask: Ask) -> list[dict[str, Any]]:
    """Carry out steps in order; at the first that fails the rest is skipped, as in classic."""
    results: list[dict[str, Any]] = []
    for each in steps:
        try:
            results.append(result_of(each.outcome(ask)))
        except BeadworkError as error:
            results.append(result_of(error))
            break
    return results


def all_or_none(steps: Sequence[Step], ask: Ask) -> list[dict[str, Any]]:
    """Carry out steps as one: `batch.run`, whose references may name earlier results."""
    from beadwork.ops.batch import RunBatch
    from beadwork.ops.batch import Step as Write

    plans: list[Plan | None] = []
    named: list[Write] = []
    for each in steps:
        if each.name in PLACES:
            plans.append(None)
            named.append(Write(operation=each.name, arguments=each.arguments))
            continue
        plan = each.plan()
        if plan.request is None:
            raise InvalidRequest(f"{each.name} can't be part of an atomic batch")
        plans.append(plan)
        asked = msgspec.to_builtins(plan.request)
        named.append(Write(operation=operation_of(type(plan.request)).name, arguments=asked))
    done = ask(RunBatch(operations=named))
    return [
        {"success": True, "data": _answered(result.operation, result.answer, plan)}
        for result, plan in zip(done.results, plans, strict=True)
    ]


def _answered(name: str, answer: dict[str, Any], plan: Plan | None) -> Any:  # noqa: ANN401
    if plan is None:
        return answer
    response: type[Response] = operation_named(name).response
    return plan.shape(msgspec.convert(answer, response))
