"""How a request in another program's words is answered by operations of ours."""

from collections.abc import Callable
from typing import Any, NamedTuple

import msgspec

from beadwork.ops.operation import Request

Ask = Callable[[Request[Any]], Any]
"""Carries out a request on behalf of the caller, and returns its response."""


class Plan(NamedTuple):
    """One operation, whose response is shaped for the other program; or some work of several."""

    request: Request[Any] | None = None
    shape: Callable[[Any], Any] = msgspec.to_builtins
    work: Callable[[Ask], Any] | None = None
