"""The store without a daemon: the engine in this process."""

import contextlib
from collections.abc import Sequence
from typing import Any, TypeVar

import msgspec

from beadwork.client.means import Means
from beadwork.client.messages import Keyed, Outcome
from beadwork.engine import Call, Caller
from beadwork.model.errors import BeadworkError, InvalidRequest
from beadwork.ops.operation import Request, Response
from beadwork.ops.table import operation_of

R = TypeVar("R", bound=Response)
_USER = 5
"""So many calls up from the last flush is whoever closes the client."""


class DirectWire:
    """Carries requests out by itself. It takes the file in before, and writes it at the end."""

    def __init__(self, means: Means) -> None:
        self._means = means
        self._caller = Caller(means.holder)
        self._engine = means.open_engine()
        self._seen = ""
        self._has_written = False
        self._has_committed = False
        try:
            self.refresh()
        except BaseException:
            self._engine.close()
            raise

    def run(self, request: Request[R], key: str) -> R:
        """Carry out a request."""
        self._look()
        self._has_written |= operation_of(type(request)).kind != "read"
        self._has_committed |= self._has_written
        return self._engine.run(request, self._caller._replace(key=key))

    def run_each(self, asked: Sequence[Keyed]) -> list[Outcome]:
        """Carry out writes in one commit; each succeeds or fails by itself."""
        self._look()
        self._has_written = self._has_committed = True
        found = [self._call(each) for each in asked]
        calls = [each for each in found if isinstance(each, Call)]
        done = iter(self._engine.write_all(calls))
        return [next(done) if isinstance(each, Call) else each for each in found]

    def _call(self, asked: Keyed) -> Call | InvalidRequest:
        operation = operation_of(type(asked.request))
        try:
            request: Request[Any] = self._engine.request(
                operation.name, msgspec.to_builtins(asked.request)
            )
        except InvalidRequest as error:
            return error
        return Call(operation, request, self._caller._replace(key=asked.key))

    def refresh(self) -> None:
        """Take in what others wrote into the file."""
        self._seen = self._means.peek(self._engine)
        self._means.refresh(self._engine, self._caller)

    def flush(self) -> bool:
        """Bring the file up to the store; tell whether it was written."""
        is_written = self._engine.flush(self._caller)
        self._has_written = False
        self._seen = self._means.peek(self._engine)
        return is_written

    def close(self) -> None:
        """Flush what was written, bring the logs up to it and close the store.

        What was written is durable: a file that can't be brought up to it is warned of.
        """
        try:
            if self._has_written:
                self._flush_last()
            if self._has_committed:
                # They are a copy: whoever writes next writes what is missing.
                with contextlib.suppress(BeadworkError):
                    self._means.write_logs(self._engine, self._caller)
        finally:
            self._engine.close()

    def _flush_last(self) -> None:
        try:
            self.flush()
        except BeadworkError as error:
            # Late import: few have to be warned.
            import warnings

            said = f"All is stored, but the file was not written: {error.message}"
            warnings.warn(said, stacklevel=_USER)

    def _look(self) -> None:
        """Look at the file first, if it is another than when it was last seen (R5)."""
        if self._means.peek(self._engine) != self._seen:
            self.refresh()
