"""JSON requests: a line in, a line out, for classic clients and for ours (classic-bd.md 5.3).

A write waits for the writer's next commit and is answered by it; all else is done in a thread.
"""

import contextlib
import itertools
import os
import time
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import Any, NamedTuple, cast

import msgspec

from beadwork.daemon.batches import Step, all_or_none, object_of, one_by_one, steps_of
from beadwork.daemon.connection import Connection
from beadwork.daemon.lines import NO_ID, encoded, line_of, packed, result_of
from beadwork.daemon.log import Log
from beadwork.daemon.metrics import Metrics
from beadwork.daemon.protocols import Classic
from beadwork.daemon.seats import Seats
from beadwork.daemon.staging import staged_at_once
from beadwork.daemon.waits import Waits
from beadwork.daemon.workers import Workers
from beadwork.daemon.writes import WriteQueue
from beadwork.engine import Call, Caller, Engine, Outcome, patience_s
from beadwork.model.errors import (
    BeadworkError,
    Fault,
    InvalidRequest,
    StoreReadOnly,
    Unavailable,
    UnknownOperation,
)
from beadwork.model.issue import nearest_hint
from beadwork.ops.operation import Request, Response
from beadwork.ops.plan import Ask, Plan
from beadwork.ops.table import PLACES, operation_of

Tell = Callable[[bytes], None]
_HINT_CHARS_MAX = 200
_EACH_CALLS = 200
_LOOK_S = 0.005
"""How long what a look at the file tells holds for writes."""


class _Numbered(msgspec.Struct):
    """What may be known of what is no request."""

    request_id: msgspec.Raw = NO_ID


class Incoming(msgspec.Struct):
    """A request. What is not known here is passed over, as classic does."""

    operation: str
    args: msgspec.Raw = msgspec.Raw(b"{}")
    actor: str = ""
    session: str = ""
    key: str = ""
    request_id: msgspec.Raw = NO_ID
    """Any JSON: it is sent back as it came."""
    expected_db: str = ""
    client_version: str = ""


class Surroundings(NamedTuple):
    """What the answers need of the daemon."""

    writer: Engine
    queue: WriteQueue
    seats: Seats
    readers: Workers
    post: Callable[[Callable[[], None]], None]
    metrics: Metrics
    log: Log
    caller: Callable[[str, str, str], Caller]
    """Returns who calls, of an actor, a session and a key."""
    check_database: Callable[[str], None]
    """Refuses a database that is not this one."""
    is_current: Callable[[Engine], bool]
    """Tells whether the file is the one last seen."""
    refresh: Callable[[Engine], object]
    """Takes the file in (R5)."""
    waits: Waits


class JsonAnswers:
    """Answers requests. `own` are the operations of the daemon itself, each run in the loop."""

    def __init__(self, around: Surroundings, classic: Classic) -> None:
        self._around = around
        self._classic = classic
        self._known = frozenset(classic.names)
        self._is_ending = False
        self.own: dict[str, Callable[[], Any]] = {}
        self.slow: dict[str, Callable[[], Any]] = {}
        self.in_batches: dict[str, Callable[[], Any]] = {}
        """Those of the daemon's own operations that a batch may ask for, in its thread."""
        self.streams: dict[str, Callable[[Incoming, Connection, Tell], None]] = {}
        self._decoder = msgspec.json.Decoder(Incoming)
        self._looked_s = 0.0

    @cached_property
    def names(self) -> frozenset[str]:
        """Return all that can be asked for."""
        apart = (*self.own, *self.slow, *self.streams, "batch", "each")
        return frozenset({*PLACES, *self._known, *apart})

    def end(self) -> None:
        """Refuse what is asked from now on: the daemon ends."""
        self._is_ending = True

    def refusal(self, message: str, line: bytes = b"") -> bytes:
        """Return the answer to what is no request, under the id that it gives itself, if it does."""
        error = InvalidRequest(message, hint="Send one JSON object a line.")
        request_id = NO_ID
        with contextlib.suppress(msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            request_id = msgspec.json.decode(line, type=_Numbered).request_id
        return line_of(result_of(error), request_id)

    def _read(self, line: bytes) -> Incoming:
        """Read a request; null is the same as nothing, as in classic."""
        try:
            return self._decoder.decode(line)
        except msgspec.ValidationError:
            said = msgspec.json.decode(line, type=dict[str, msgspec.Raw])
            kept = {name: value for name, value in said.items() if bytes(value) != b"null"}
            if len(kept) == len(said):
                raise
            return self._decoder.decode(msgspec.json.encode(kept))

    def begin(self, connection: Connection, line: bytes, tell: Tell) -> None:
        """Begin to answer a request; `tell` is called in the loop's thread."""
        begun = time.perf_counter()
        try:
            incoming = self._read(line)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            tell(self.refusal(f"This is no request: {error}", line))
            return

        def answer(outcome: Any) -> None:  # noqa: ANN401 -- any JSON value, or an error
            has_failed = isinstance(outcome, BeadworkError)
            seconds = time.perf_counter() - begun
            self._around.metrics.note_request(counted, seconds, has_failed=has_failed)
            tell(encoded(outcome, incoming.request_id))

        # A client's words are not kept.
        counted = incoming.operation if incoming.operation in self.names else "unknown"
        try:
            if self._is_ending:
                raise Unavailable("The daemon is about to end", hint="Try again.", retry_ms=200)
            self._begin(incoming, connection, tell, answer)
        except BeadworkError as error:
            answer(error)
        except Exception as error:  # noqa: BLE001 -- a bug answers one client, and the loop goes on
            answer(self._fault(incoming.operation, error))

    def _begin(
        self,
        incoming: Incoming,
        connection: Connection,
        tell: Tell,
        answer: Callable[[Any], None],
    ) -> None:
        name = incoming.operation
        if incoming.expected_db:
            self._around.check_database(incoming.expected_db)
        if name in self.own:
            answer(self.own[name]())
        elif name in self.slow:
            work = self.slow[name]
            self._in_thread(incoming, answer, lambda _: work())
        elif name in self.streams:
            self.streams[name](incoming, connection, tell)
            connection.is_streaming = True
        elif name == "batch":
            self._in_thread(incoming, answer, lambda ask: self._batch(incoming, ask))
        elif name == "each":
            self._in_thread(incoming, answer, lambda _: self._each(incoming))
        else:
            plan = self.plan(name, incoming.args, incoming.actor)
            if plan.request is not None and patience_s(plan.request):
                self._await(plan, incoming, connection, answer)
            else:
                self._carry_out(plan, incoming, answer)

    def _await(
        self, plan: Plan, incoming: Incoming, connection: Connection, answer: Callable[[Any], None]
    ) -> None:
        """Carry out what may have to wait for its answer, and keep no thread for it."""
        request = cast("Request[Any]", plan.request)
        shape = plan.shape

        def begin(call: Call) -> None:
            taken = self._around.waits.taken(
                call, connection, lambda outcome: answer(_shaped(outcome, shape))
            )
            self._write(call, incoming, taken)

        call = Call(operation_of(type(request)), request, self._caller(incoming))
        self._stage(call, incoming, answer, begin)

    def _stage(
        self,
        call: Call,
        incoming: Incoming,
        answer: Callable[[Any], None],
        begin: Callable[[Call], None],
    ) -> None:
        """Begin to carry out a call; what has to be written to a file is, in a thread, first."""
        ready = staged_at_once(call, memoryview(incoming.args).nbytes)
        if ready is not None:
            begin(ready)
            return
        staged: list[Call | BeadworkError] = []

        def go_on(trouble: BeadworkError | None) -> None:
            found = trouble or staged[0]
            try:
                if isinstance(found, BeadworkError):
                    raise found
                begin(found)
            except BeadworkError as error:
                answer(error)

        self._in_thread(incoming, go_on, lambda _: staged.extend(self._around.writer.stage([call])))

    def plan(self, name: str, arguments: bytes | msgspec.Raw, actor: str) -> Plan:
        """Return how an operation is carried out, ours or classic's.

        Raises:
            UnknownOperation: there is none of this name.
            InvalidRequest: it is one of the daemon's own that stands by itself.
        """
        if name in PLACES:
            request = self._around.writer.request(name, _said(arguments))
            return Plan(_require_whole_paths(request), _as_it_is)
        if name in self.in_batches:
            work = self.in_batches[name]
            return Plan(work=lambda _: work())
        if name in self._known:
            return self._classic.plan(name, object_of(arguments), actor)
        if name in self.names:
            raise InvalidRequest(f"{name} can't be part of a batch", hint="Ask for it by itself.")
        hint = _nearest(name, sorted(self.names))
        raise UnknownOperation(f"unknown operation: {name[:100]}", hint=hint)

    def _carry_out(self, plan: Plan, incoming: Incoming, answer: Callable[[Any], None]) -> None:
        request, shape = plan.request, plan.shape
        if request is None:
            self._in_thread(incoming, answer, plan.work or _nothing)
        elif operation_of(type(request)).kind == "write":
            call = Call(operation_of(type(request)), request, self._caller(incoming))

            def begin(call: Call) -> None:
                self._write(call, incoming, lambda outcome: answer(_shaped(outcome, shape)))

            self._stage(call, incoming, answer, begin)
        else:
            self._in_thread(incoming, answer, lambda ask: shape(ask(request)))

    def _write(self, call: Call, incoming: Incoming, answer: Callable[[Outcome], None]) -> None:
        """Let a call be written, after what others wrote into the file meanwhile."""
        queue = self._around.queue
        if self._is_current():
            queue.put([call], lambda outcomes: answer(outcomes[0]))
            return

        def put(trouble: BeadworkError | None) -> None:
            if trouble is not None:
                answer(trouble)
                return
            try:
                queue.put([call], lambda outcomes: answer(outcomes[0]))
            except BeadworkError as error:
                answer(error)

        self._in_thread(incoming, put, _nothing)

    def _is_current(self) -> bool:
        """Tell whether the file is the one last seen; for many writes at once one look will do."""
        now_s = time.monotonic()
        if now_s - self._looked_s < _LOOK_S:
            return True
        is_current = self._around.is_current(self._around.writer)
        self._looked_s = now_s if is_current else 0.0
        return is_current

    def _caller(self, incoming: Incoming) -> Caller:
        return self._around.caller(incoming.actor, incoming.session, incoming.key)

    def _in_thread(
        self, incoming: Incoming, answer: Callable[[Any], None], work: Callable[[Ask], Any]
    ) -> None:
        caller = self._caller(incoming)

        def run() -> None:
            outcome = packed(self._outcome(incoming.operation, caller, work))
            self._around.post(lambda: answer(outcome))

        if not self._around.readers.begin(run):
            raise Unavailable(
                "Too many requests are waiting",
                hint="Try again in a second; `bd daemon status` shows how much is waiting.",
                retry_ms=1000,
            )

    def _outcome(self, name: str, caller: Caller, work: Callable[[Ask], Any]) -> Any:  # noqa: ANN401 -- any JSON value, or an error
        try:
            with self._around.seats.taken() as engine:
                with contextlib.suppress(StoreReadOnly):
                    self._around.refresh(engine)
                return work(_asking(engine, caller))
        except BeadworkError as error:
            return error
        except Exception as error:  # noqa: BLE001 -- see begin
            return self._fault(name, error)

    def _fault(self, name: str, error: Exception) -> Fault:
        number = self._around.log.fault(name[:100], error)
        return Fault(f"Beadwork failed in {name[:100]} (report {number})", report=number)

    # -- batches

    def _batch(self, incoming: Incoming, ask: Ask) -> dict[str, Any]:
        arguments = object_of(incoming.args)
        steps = [Step(self.plan, each, incoming.actor) for each in steps_of(arguments)]
        is_atomic = arguments.get("atomic") or False
        if not isinstance(is_atomic, bool):
            raise InvalidRequest('"atomic" is true or false')
        return {"results": all_or_none(steps, ask) if is_atomic else one_by_one(steps, ask)}

    def _each(self, incoming: Incoming) -> dict[str, Any]:
        """Carry out writes, a few hundred in a commit; each succeeds or fails by itself."""
        read = [self._call(each, incoming) for each in steps_of(object_of(incoming.args))]
        staged = iter(self._around.writer.stage([each for each in read if isinstance(each, Call)]))
        found = [next(staged) if isinstance(each, Call) else each for each in read]
        calls = [each for each in found if isinstance(each, Call)]
        done = iter(self._submitted(calls))
        outcomes = [next(done) if isinstance(each, Call) else each for each in found]
        return {"results": [result_of(each) for each in outcomes]}

    def _submitted(self, calls: list[Call]) -> Iterator[Outcome]:
        """Have calls written, some at a time, so that others have their turn."""
        for start in range(0, len(calls), _EACH_CALLS):
            yield from self._around.queue.submit(calls[start : start + _EACH_CALLS])

    def _call(self, step: dict[str, Any], incoming: Incoming) -> Call | BeadworkError:
        name, key = step.get("operation") or "", step.get("key") or ""
        if not isinstance(name, str) or not isinstance(key, str):
            return InvalidRequest("The operation and the key of a step are texts")
        try:
            request = self._around.writer.request(name, step.get("args") or {})
        except BeadworkError as error:
            return error
        operation = operation_of(type(request))
        if operation.kind != "write":
            return InvalidRequest(f"{operation.name} is no write", hint="Ask for it by itself.")
        caller = self._around.caller(incoming.actor, incoming.session, key)
        return Call(operation, request, caller)


def _asking(engine: Engine, caller: Caller) -> Ask:
    writes = itertools.count()

    def ask(request: Request[Any]) -> Response:
        own = caller
        if caller.key and operation_of(type(request)).kind == "write":
            # As for a command that writes several times (R11).
            number = next(writes)
            own = caller._replace(key=f"{caller.key}#{number}" if number else caller.key)
        if patience_s(request):
            # A thread is not kept waiting: it looks once, as in a batch of all or none.
            (outcome,) = engine.write_all([Call(operation_of(type(request)), request, own)])
            if isinstance(outcome, BeadworkError):
                raise outcome
            return outcome
        answer: Response = engine.run(request, own)
        return answer

    return ask


def _require_whole_paths(request: Request[Any]) -> Request[Any]:
    for name in request.file_fields:
        path = getattr(request, name)
        if path and not os.path.isabs(path):
            raise InvalidRequest(f"The {name} is not a whole one", hint="Begin it at the root.")
    return request


def _nearest(name: str, known: Sequence[str]) -> str:
    """Name the operation that was meant; all of them would be too many to read."""
    hint = nearest_hint(name, known)
    return hint if len(hint) <= _HINT_CHARS_MAX else "See docs/operations and docs/socket.md."


def _nothing(ask: Ask) -> None:
    del ask


def _as_it_is(response: Response) -> Response:
    """Leave a response to be encoded as it is: a dictionary of it would be one step more."""
    return response


def _shaped(outcome: Outcome, shape: Callable[[Any], Any]) -> Any:  # noqa: ANN401
    return outcome if isinstance(outcome, BeadworkError) else shape(outcome)


def _said(arguments: bytes | msgspec.Raw) -> bytes:
    said = bytes(arguments)
    return b"{}" if said == b"null" else said
