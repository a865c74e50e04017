"""Asking another operation from within a handler, in the same transaction."""

from typing import cast

from beadwork.ops.operation import R, Request
from beadwork.ops.table import operation_of
from beadwork.ops.transaction import Transaction


def ask(tx: Transaction, request: Request[R]) -> R:
    """Carry a request out in the transaction at hand.

    Raises:
        BeadworkError: whatever it raises.
    """
    return cast("R", operation_of(type(request)).handler(request, tx))
