"""The log of faults, beside the store: what went wrong, under the number that the user was told."""

import contextlib
import os
from collections.abc import Callable

NAME = "beadwork.log"
_BYTES_MAX = 1_000_000


def fault_log(
    folder: str, *, new_number: Callable[[], str], now_us: Callable[[], int]
) -> Callable[[str, BaseException], str]:
    """Return what logs a fault of an operation, and answers its report number.

    Without a folder there is no store, and nowhere to write.
    """

    def log(operation: str, error: BaseException) -> str:
        # Late import: a fault is rare, and every command would pay for it.
        import traceback

        number = new_number()
        if not folder:
            return number
        path = os.path.join(folder, NAME)
        text = "".join(traceback.format_exception(error))
        with contextlib.suppress(OSError):
            if os.path.exists(path) and os.path.getsize(path) > _BYTES_MAX:
                os.replace(path, f"{path}.1")
            with open(path, "a", encoding="utf-8") as file:
                file.write(f"report {number} in {operation} at {now_us()}\n{text}\n")
        return number

    return log
