"""Which requests at the socket are staged at once, and which in a thread: those that touch files."""

from typing import NoReturn

from beadwork.engine import Call
from beadwork.model import limits


class _Touched(Exception):
    """A file would have to be read or written."""


class _NoFiles:
    """Stands for the files of blobs in the loop, which must not wait for a disk or a lock."""

    def put(self, content: bytes) -> NoReturn:
        """Refuse to write."""
        raise _Touched

    def keep(self, digest: str) -> NoReturn:
        """Refuse to touch."""
        raise _Touched

    def read(self, digest: str) -> NoReturn:
        """Refuse to read."""
        raise _Touched


def staged_at_once(call: Call, size_bytes: int) -> Call | None:
    """Stage a call that touches no file; return None for one that may, or is long.

    Raises:
        BeadworkError: it can't be staged.
    """
    stage = call.operation.stage
    if stage is None:
        return call
    if size_bytes > limits.BLOB_FROM_BYTES:
        return None
    try:
        return call._replace(request=stage(call.request, _NoFiles()), is_staged=True)
    except _Touched:
        return None
