"""Blobs: what is too large for the database, in files named by their SHA-256.

What has a size and a digest here has been put aside before the transaction began: a handler finds
the file in its place, and only counts.
"""

import base64
import binascii
import hashlib
from typing import Annotated

import msgspec
from msgspec import Meta

from beadwork.model import instants, limits
from beadwork.model.blob import is_digest, require_digest, require_start
from beadwork.model.errors import (
    AmbiguousBlob,
    BlobDamaged,
    BlobMismatch,
    FileTrouble,
    InvalidField,
    UnknownBlob,
)
from beadwork.ops.blob_files import BlobRow
from beadwork.ops.operation import BlobFiles, Request, Response, operation
from beadwork.ops.transaction import Transaction

_AMONG_MAX = limits.BLOB_COLLECTED_MAX
Digest = Annotated[str, Meta(description="The SHA-256, or its first 6 digits or more.")]


def require_blob(tx: Transaction, name: str) -> str:
    """Return the digest of the one blob that is meant.

    Raises:
        InvalidField: it is no digest, nor the beginning of one.
        UnknownBlob: none begins so.
        AmbiguousBlob: several do.
    """
    start = require_start(name)
    if is_digest(start):
        return start
    known = tx.blobs.known(start, limit=3)
    if not known:
        raise UnknownBlob(f"There is no blob {start}", digest=start)
    if len(known) > 1:
        raise AmbiguousBlob(f"Several blobs begin with {start}", digests=known)
    return known[0]


class KeptBlob(Response):
    """The blob; new if the store did not know it."""

    digest: str
    size_bytes: int
    is_new: bool


class PutBlob(Request[KeptBlob], frozen=True):
    """Keep a content for as long as something refers to it, and an hour at least.

    Give one of text and content; or the digest alone, of what is in its place already.
    """

    text: Annotated[str, Meta(description="A text.")] | None = None
    content: Annotated[str, Meta(description="Any content of up to 32 MiB, as base64.")] | None = (
        None
    )
    digest: Annotated[str, Meta(description="What the content's digest must be.")] = ""
    size_bytes: Annotated[int, Meta(description="Is found out.", ge=0)] = 0


def put_aside(request: PutBlob, blobs: BlobFiles) -> PutBlob:
    """Write the content to its file, or keep the one that is there.

    Raises:
        InvalidField: there is no content or two, or it is too long.
        BlobMismatch: it is another than was said.
        UnknownBlob: there is none of this digest.
    """
    digest = require_digest(request.digest) if request.digest else ""
    if request.text is None and request.content is None and digest:
        return PutBlob(digest=digest, size_bytes=blobs.keep(digest))
    content = _content(request)
    if digest and digest != (found := hashlib.sha256(content).hexdigest()):
        raise BlobMismatch(
            f"The content's digest is {found}, not {digest}", digest=found, expected=digest
        )
    return PutBlob(digest=blobs.put(content), size_bytes=len(content))


def _content(request: PutBlob) -> bytes:
    if (request.text is None) == (request.content is None):
        raise InvalidField(
            "Give either a text or a content", hint="See docs/operations.", field="text"
        )
    if request.text is not None:
        return _fitting(request.text.encode("utf-8", "surrogatepass"), "text")
    try:
        return _fitting(base64.b64decode(request.content or "", validate=True), "content")
    except (binascii.Error, ValueError) as error:
        raise InvalidField(
            f"The content is no base64: {error}", hint="Encode it, or send a text.", field="content"
        ) from error


def _fitting(content: bytes, field: str) -> bytes:
    if len(content) > limits.BLOB_ANSWER_BYTES_MAX:
        raise InvalidField(
            f"The {field} is longer than {limits.BLOB_ANSWER_BYTES_MAX} bytes",
            hint="`bd blob put FILE` takes any length.",
            field=field,
        )
    return content


@operation(
    "blob.put",
    kind="write",
    raises=(InvalidField, BlobMismatch, UnknownBlob, FileTrouble),
    stage=put_aside,
    example={"text": "A long log"},
)
def put_blob(request: PutBlob, tx: Transaction) -> KeptBlob:
    """Know a content that has been put aside."""
    is_new = tx.blobs.row(request.digest) is None
    tx.blobs.note(request.digest, request.size_bytes)
    return KeptBlob(digest=request.digest, size_bytes=request.size_bytes, is_new=is_new)


class BlobContent(Response):
    """A content, verified."""

    digest: str
    size_bytes: int
    content: Annotated[str, Meta(description="As base64.")]


class GetBlob(Request[BlobContent], frozen=True):
    """Get the content of a blob of up to 32 MiB."""

    digest: Digest


@operation(
    "blob.get",
    kind="read",
    raises=(InvalidField, UnknownBlob, AmbiguousBlob, BlobDamaged, FileTrouble),
    example={"digest": "ad6d63"},
)
def get_blob(request: GetBlob, tx: Transaction) -> BlobContent:
    """Get the content of a blob."""
    digest = require_blob(tx, request.digest)
    size = _require_size(tx, digest)
    if size > limits.BLOB_ANSWER_BYTES_MAX:
        raise InvalidField(
            f"Blob {digest} is too long for an answer: {size} bytes",
            hint=f"`bd blob get {digest[:12]} -o FILE` writes it to a file.",
            field="digest",
        )
    content = tx.blob_files.read(digest)
    return BlobContent(
        digest=digest, size_bytes=len(content), content=base64.b64encode(content).decode()
    )


def _require_size(tx: Transaction, digest: str) -> int:
    size = size_of(tx, digest)
    if size is not None:
        return size
    row = tx.blobs.row(digest)
    if row is None:
        raise UnknownBlob(f"There is no blob {digest}", digest=digest)
    raise lost(digest, row.refs)


def lost(digest: str, refs: int) -> UnknownBlob:
    """Return the error for a blob that is known, and whose file is gone."""
    return UnknownBlob(
        f"Blob {digest} is lost: its file is missing, and {refs} things refer to it",
        hint="Put the same content again, `bd blob put FILE`: from the .blobs folder beside a backup "
        "(`bd backup status`), another clone, or who made it.",
        digest=digest,
        refs=refs,
    )


class BlobView(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What the store knows of a blob; `refs` counts what refers to it."""

    digest: str
    size_bytes: int
    created_at: str
    refs: int = 0


def _shown(row: BlobRow) -> BlobView:
    return BlobView(
        digest=row.digest,
        size_bytes=row.size_bytes,
        created_at=instants.format_us(row.created_us),
        refs=row.refs,
    )


class BlobFacts(Response):
    """A blob, and what a look at its file tells: whether it is there, and as long as it was."""

    blob: BlobView
    is_missing: bool = False
    is_damaged: bool = False


class StatBlob(Request[BlobFacts], frozen=True):
    """Show what is known of a blob. `blob.verify` reads it, too."""

    digest: Digest


@operation(
    "blob.stat",
    kind="read",
    raises=(InvalidField, UnknownBlob, AmbiguousBlob, FileTrouble),
    example={"digest": "ad6d63"},
)
def stat_blob(request: StatBlob, tx: Transaction) -> BlobFacts:
    """Show what is known of a blob."""
    digest = require_blob(tx, request.digest)
    row = tx.blobs.row(digest)
    if row is None:
        raise UnknownBlob(f"There is no blob {digest}", digest=digest)
    size = size_of(tx, digest)
    return BlobFacts(
        blob=_shown(row),
        is_missing=size is None,
        is_damaged=size is not None and size != row.size_bytes,
    )


def size_of(tx: Transaction, digest: str) -> int | None:
    """Return how long the file of a blob is; None if it is not there."""
    try:
        return tx.blob_files.size(digest)
    except UnknownBlob:
        return None


class Blobs(Response):
    """Blobs, by digest."""

    blobs: list[BlobView]


class ListBlobs(Request[Blobs], frozen=True):
    """List the blobs that the store knows, by digest."""

    after: Annotated[str, Meta(description="Only those after this digest.")] = ""
    among: (
        Annotated[
            list[str],
            Meta(description="Only what is known of these digests.", max_length=_AMONG_MAX),
        ]
        | None
    ) = None
    limit: Annotated[int, Meta(ge=1, le=limits.BLOB_COLLECTED_MAX)] = limits.BLOB_COLLECTED_MAX


@operation("blob.list", kind="read", example={"limit": 10})
def list_blobs(request: ListBlobs, tx: Transaction) -> Blobs:
    """List blobs."""
    if request.among is None:
        rows = tx.blobs.after(request.after, limit=request.limit)
    else:
        found = (tx.blobs.row(each) for each in sorted(request.among) if each > request.after)
        rows = [each for each in found if each is not None][: request.limit]
    return Blobs(blobs=[_shown(row) for row in rows])
