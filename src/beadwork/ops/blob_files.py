"""What a handler may touch of blobs: what the store knows of them, and their files."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol

from beadwork.ops.operation import BlobFiles


class BlobRow(NamedTuple):
    """What the store knows of a blob; `refs` counts what refers to it."""

    digest: str
    size_bytes: int
    created_us: int
    refs: int


class BlobFile(NamedTuple):
    """A blob's file: its age since somebody put or kept it, and its size."""

    digest: str
    age_s: int
    size_bytes: int


class Blobs(Protocol):
    """The blobs that are known, and how much refers to each."""

    def row(self, digest: str) -> BlobRow | None: ...
    def known(self, start: str, *, limit: int) -> list[str]: ...
    def after(self, digest: str, *, limit: int) -> list[BlobRow]: ...
    def refer(self, digest: str, size_bytes: int) -> None: ...
    def release(self, digest: str) -> None: ...
    def note(self, digest: str, size_bytes: int) -> None: ...
    def unreferenced(self, before_us: int, *, after: str = "", limit: int) -> list[str]: ...
    def drop(self, digests: Sequence[str]) -> None: ...


class BlobFolder(BlobFiles, Protocol):
    """The files of all blobs; `sync` satisfies it."""

    def size(self, digest: str) -> int: ...
    def check(self, digest: str) -> int: ...
    def listed(self) -> Iterator[BlobFile]: ...
    def collect(self, digests: Sequence[str], *, older_than_s: int) -> list[str]: ...
    def sweep(self) -> int: ...
