"""Upkeep of blobs: reading all of them, and letting go of what nothing refers to."""

from collections.abc import Iterator
from typing import Annotated

from msgspec import Meta

from beadwork.model import limits
from beadwork.model.errors import BlobDamaged, FileTrouble, InvalidField, UnknownBlob
from beadwork.ops.blob import BlobView, Digest, ListBlobs, StatBlob
from beadwork.ops.blob_files import BlobFile
from beadwork.ops.operation import Request, Response, operation
from beadwork.ops.transaction import Desk, Transaction

_SECOND_US = 1_000_000
_CHUNK = limits.BLOB_COLLECTED_MAX

Grace = Annotated[
    int,
    Meta(
        description="Only what has been there for so long; a minute at least, since whoever puts "
        "a blob refers to it only then.",
        ge=limits.BLOB_GRACE_S_MIN,
    ),
]


class Verified(Response):
    """How many blobs were read, and which are not as they should be."""

    checked: int
    damaged: list[str] = []
    missing: list[str] = []
    unreadable: list[str] = []
    unreferenced: Annotated[
        list[str], Meta(description="Whole or not, nothing refers to them.")
    ] = []


class VerifyBlobs(Request[Verified], frozen=True):
    """Read blobs, and tell which are damaged or missing."""

    digests: Annotated[list[Digest], Meta(description="None: all.")] = []


@operation("blob.verify", kind="job", raises=(InvalidField, UnknownBlob, FileTrouble), example={})
def verify_blobs(request: VerifyBlobs, desk: Desk) -> Verified:
    """Read blobs, and tell which are damaged or missing."""
    report = Verified(checked=0)
    named = [desk.call(StatBlob(digest=each)).blob for each in request.digests]
    wanted = named or list(_all(desk))
    for position, blob in enumerate(wanted):
        desk.progress(position, len(wanted), "blobs")
        report.checked += 1
        if not blob.refs:
            report.unreferenced.append(blob.digest)
        _look(blob, desk, report)
    return report


def _look(blob: BlobView, desk: Desk, report: Verified) -> None:
    try:
        desk.blob_files.check(blob.digest)
    except UnknownBlob:
        report.missing.append(blob.digest)
    except BlobDamaged:
        report.damaged.append(blob.digest)
    except FileTrouble:
        report.unreadable.append(blob.digest)


def _all(desk: Desk) -> Iterator[BlobView]:
    after = ""
    while found := desk.call(ListBlobs(after=after)).blobs:
        yield from found
        after = found[-1].digest


class DroppedBlobs(Response):
    """Which blobs were dropped, or would be; there may be more after as many as the limit."""

    digests: list[str]


class CollectBlobs(Request[DroppedBlobs], frozen=True):
    """Forget blobs that nothing refers to; `blob.gc` removes their files."""

    older_than_s: Grace = limits.BLOB_GRACE_S
    after: Annotated[str, Meta(description="Only those after this digest.")] = ""
    limit: Annotated[int, Meta(ge=1, le=_CHUNK)] = _CHUNK
    dry_run: Annotated[bool, Meta(description="Only say which.")] = False


@operation("blob.collect", kind="write", example={"older_than_s": 3600})
def collect_blobs(request: CollectBlobs, tx: Transaction) -> DroppedBlobs:
    """Forget blobs that nothing refers to."""
    before_us = tx.now_us - request.older_than_s * _SECOND_US
    found = tx.blobs.unreferenced(before_us, after=request.after, limit=request.limit)
    if not request.dry_run:
        tx.blobs.drop(found)
    return DroppedBlobs(digests=found)


class CollectedBlobs(Response):
    """Whose files were removed, or would be, and how long they were in all."""

    digests: list[str]
    freed_bytes: int = 0
    leftovers: Annotated[
        int, Meta(description="Files that were left half written, and were removed.")
    ] = 0


class GcBlobs(Request[CollectedBlobs], frozen=True):
    """Let go of blobs that nothing refers to, and remove their files, safely while others write."""

    older_than_s: Grace = limits.BLOB_GRACE_S
    dry_run: Annotated[bool, Meta(description="Only say which.")] = False


@operation("blob.gc", kind="job", raises=(FileTrouble,), example={"dry_run": True})
def gc_blobs(request: GcBlobs, desk: Desk) -> CollectedBlobs:
    """Let go of blobs that nothing refers to, and remove their files."""
    report = CollectedBlobs(digests=[])
    doomed = set(_forgotten(request, desk))
    # Also what was renamed into place by somebody who then was killed: a file, and no row.
    for chunk in _chunks(desk.blob_files.listed()):
        old = [each for each in chunk if each.age_s > request.older_than_s]
        known = desk.call(ListBlobs(among=[each.digest for each in old])).blobs
        kept = {each.digest for each in known} - doomed
        chosen = [each for each in old if each.digest not in kept]
        names = [each.digest for each in chosen]
        if not request.dry_run:
            names = desk.blob_files.collect(names, older_than_s=request.older_than_s)
        gone = set(names)
        report.digests += names
        report.freed_bytes += sum(each.size_bytes for each in chosen if each.digest in gone)
    report.leftovers = 0 if request.dry_run else desk.blob_files.sweep()
    return report


def _forgotten(request: GcBlobs, desk: Desk) -> Iterator[str]:
    """Yield what nothing refers to any more; only with a dry run it is still known then."""
    after = ""
    while True:
        found = desk.call(
            CollectBlobs(older_than_s=request.older_than_s, after=after, dry_run=request.dry_run)
        ).digests
        if request.dry_run:
            yield from found
        if len(found) < _CHUNK:
            return
        after = found[-1]


def _chunks(files: Iterator[BlobFile]) -> Iterator[list[BlobFile]]:
    chunk: list[BlobFile] = []
    for each in files:
        chunk.append(each)
        if len(chunk) == _CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
