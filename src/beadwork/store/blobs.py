"""What the store knows of blobs: how large each is, and how much refers to it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from beadwork.ops.blob_files import BlobRow
from beadwork.store.session import Session

if TYPE_CHECKING:
    from beadwork.store.transaction import StoreTransaction


class BlobStore:
    """The blobs as one transaction sees them."""

    def __init__(self, session: Session, tx: "StoreTransaction") -> None:
        self._session = session
        self._tx = tx

    def row(self, digest: str) -> BlobRow | None:
        """Return what is known of a blob."""
        row = self._session.one("blob.get", digest=digest)
        return None if row is None else BlobRow._make(row)

    def known(self, start: str, *, limit: int) -> list[str]:
        """Return digests that begin so."""
        # No digit of a digest comes after g.
        rows = self._session.all("blob.between", first=start, last=f"{start}g", limit=limit)
        return [str(row[0]) for row in rows]

    def after(self, digest: str, *, limit: int) -> list[BlobRow]:
        """Return the blobs after a digest, in order."""
        rows = self._session.all("blob.after", digest=digest, limit=limit)
        return [BlobRow._make(row) for row in rows]

    def refer(self, digest: str, size_bytes: int) -> None:
        """Count one reference more."""
        self._session.run(
            "blob.refer", digest=digest, size_bytes=size_bytes, now_us=self._tx.now_us
        )

    def release(self, digest: str) -> None:
        """Count one reference less."""
        self._session.run("blob.release", digest=digest)

    def note(self, digest: str, size_bytes: int) -> None:
        """Know a blob that nothing refers to yet."""
        self._session.run("blob.note", digest=digest, size_bytes=size_bytes, now_us=self._tx.now_us)

    def unreferenced(self, before_us: int, *, after: str = "", limit: int) -> list[str]:
        """Return the blobs that nothing refers to and that were put before a time, in order."""
        rows = self._session.all(
            "blob.unreferenced", before_us=before_us, digest=after, limit=limit
        )
        return [str(row[0]) for row in rows]

    def drop(self, digests: Sequence[str]) -> None:
        """Forget blobs, but for those that something refers to."""
        self._session.many("blob.drop", [{"digest": each} for each in digests])
