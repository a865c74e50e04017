"""`override`, which Python has from 3.12 on."""

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from typing_extensions import override as override
else:
    _M = TypeVar("_M")

    def override(method: _M) -> _M:
        """Mark a method that takes the place of an inherited one."""
        return method
