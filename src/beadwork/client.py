"""The Python client: typed requests in, typed answers out, the same errors as everywhere.

with Client(".", actor="agent-1") as client:
    claimed = client.call(ClaimReady())
"""

from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any, Self, TypeVar

from beadwork.engine import Call, Caller, Engine
from beadwork.model.claim import Holder
from beadwork.model.errors import BeadworkError
from beadwork.ops.operation import Request, Response
from beadwork.ops.table import operation_of

R = TypeVar("R", bound=Response)


class Client:
    """One caller of one store, in this process.

    The file is brought up to date when the client closes, and whenever `flush` is called.
    Build it by `beadwork.Client(path, actor=...)`.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        holder: Holder,
        refresh: Callable[[Engine, Caller], object],
        peek: Callable[[Engine], str],
    ) -> None:
        self._engine = engine
        self._caller = Caller(holder)
        self._refresh = refresh
        self._peek = peek
        self._seen = ""
        self._has_written = False
        self.refresh()

    def call(self, request: Request[R], *, key: str = "") -> R:
        """Carry out a request.

        `key` makes a mutation safe to repeat: the second call gets the first one's answer.

        Raises:
            BeadworkError: whatever the operation raises.
        """
        self._prepare([request])
        return self._engine.run(request, self._caller._replace(key=key))

    def call_each(self, requests: Sequence[Request[Any]]) -> list[Response | BeadworkError]:
        """Carry out writes in one commit; each succeeds or fails by itself."""
        self._prepare(requests)
        return self._engine.write_all(
            [Call(operation_of(type(request)), request, self._caller) for request in requests]
        )

    def call_name(self, name: str, payload: dict[str, Any]) -> Response:
        """Carry out an operation by name on plain values."""
        request: Request[Any] = self._engine.request(name, payload)
        answer: Response = self.call(request)
        return answer

    def refresh(self) -> None:
        """Take in what others wrote into the file since it was last seen."""
        self._seen = self._peek(self._engine)
        self._refresh(self._engine, self._caller)

    def flush(self) -> bool:
        """Bring the file up to the store; tell whether it was written."""
        self._has_written = False
        is_written = self._engine.flush(self._caller)
        self._seen = self._peek(self._engine)
        return is_written

    def close(self) -> None:
        """Flush what was written and close the store."""
        try:
            if self._has_written:
                self.flush()
        finally:
            self._engine.close()

    def _prepare(self, requests: Sequence[Request[Any]]) -> None:
        """Look at the file first, if it is another than when it was last seen (R5)."""
        if self._peek(self._engine) != self._seen:
            self.refresh()
        if any(operation_of(type(each)).kind != "read" for each in requests):
            self._has_written = True

    def __enter__(self) -> Self:
        """Use the client in a `with` statement."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the client."""
        self.close()
