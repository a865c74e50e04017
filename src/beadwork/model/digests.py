"""SHA-256 and BLAKE2b as Python itself brings them.

`hashlib` loads all of OpenSSL first, 5 ms a command. OpenSSL's SHA-256 is six times faster for
large contents, so blobs take that.
"""

import importlib
import sys
from collections.abc import Callable
from typing import Protocol


class Digest(Protocol):
    """What a digest has in either module."""

    def digest(self) -> bytes:
        """Return it as bytes."""
        ...

    def hexdigest(self) -> str:
        """Return it as hexadecimal digits."""
        ...


def _own(name: str, module: str) -> Callable[..., Digest]:
    """Return a function of a module that a build of Python may lack."""
    try:
        found: Callable[..., Digest] = getattr(importlib.import_module(module), name)
    except ImportError:
        found = getattr(importlib.import_module("hashlib"), name)
    return found


sha256 = _own("sha256", "_sha2" if sys.version_info >= (3, 12) else "_sha256")
blake2b = _own("blake2b", "_blake2")
