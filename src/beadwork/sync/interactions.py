"""The log of interactions, `.beads/interactions.jsonl`: only appended to, a JSON object a line."""

import os

from beadwork.model.errors import FileTrouble, StoreFull
from beadwork.sync.files import sync_descriptor

NAME = "interactions.jsonl"


def append(folder: str, line: bytes) -> None:
    """Append a line, in one piece, after a line that a dead program left unended too.

    Raises:
        StoreFull: the disk is full.
        FileTrouble: it can't be written.
    """
    path = os.path.join(folder, NAME)
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
        try:
            end = os.lseek(descriptor, 0, os.SEEK_END)
            is_torn = bool(end) and os.pread(descriptor, 1, end - 1) != b"\n"
            content = (b"\n" if is_torn else b"") + line + b"\n"
            if os.write(descriptor, content) != len(content):
                raise StoreFull(f"The disk is full: {path} was not written whole", path=path)
            sync_descriptor(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise FileTrouble(f"{path}: {error.strerror}", path=path) from error
