"""`bd blob`: large contents, in files named by their SHA-256."""

import codecs
from collections.abc import Iterable, Iterator
from typing import Any

import click
import msgspec

from beadwork.doors.cli import text, times
from beadwork.doors.cli.options import BeadCommand, BeadGroup, pass_session
from beadwork.doors.cli.session import Session
from beadwork.doors.cli.views import moments
from beadwork.model import limits
from beadwork.model.blob import require_digest
from beadwork.model.errors import BeadworkError, InvalidField
from beadwork.model.instants import duration_s
from beadwork.ops.blob import BlobFacts, BlobView, GetBlob, ListBlobs, PutBlob, StatBlob, lost
from beadwork.ops.blob_upkeep import GcBlobs, Verified, VerifyBlobs

_SHORT = 12


@click.group(cls=BeadGroup)
def blob() -> None:
    """Large contents, in files named by their SHA-256."""


@blob.command("put", cls=BeadCommand)
@click.argument("path", metavar="FILE|-")
@click.option("--digest", default="", help="Keep it only if this is its digest.")
@pass_session
def put(session: Session, path: str, digest: str) -> None:
    """Keep a file, or standard input, for as long as something refers to it.

    What nothing refers to stays an hour at least, and goes with the next `bd blob gc`.
    """
    expected = require_digest(digest) if digest else ""
    session.require_writable()
    # First of all it must be known that there is a store.
    _ = session.engine
    blobs = session.world.blobs(session.flags.options)
    made = blobs.put_stream(session.world.pieces(path), expected=expected)
    kept = session.run(PutBlob(digest=made.digest))
    session.show(
        msgspec.to_builtins(kept),
        lambda: f"{kept.digest}  {text.size(kept.size_bytes)}" + ("" if kept.is_new else ", known"),
    )


@blob.command("get", cls=BeadCommand)
@click.argument("digest")
@click.option("-o", "--output", default="-", metavar="FILE", help="Where to; by default, stdout.")
@pass_session
def get(session: Session, digest: str, output: str) -> None:
    """Write a content that is whole; DIGEST may be its first 6 digits or more.

    Nothing is written of one that is damaged. With --json and without -o, the answer holds the
    content as base64.
    """
    if output == "-" and session.flags.is_json:
        session.show(msgspec.to_builtins(session.run(GetBlob(digest=digest))))
        return
    whole = _require_there(session.run(StatBlob(digest=digest)))
    blobs = session.world.blobs(session.flags.options)
    if output == "-":
        blobs.check(whole)
        _print(session, blobs.stream(whole))
        return
    size = session.world.put_pieces(output, blobs.stream(whole))
    path = session.world.full_path(output)
    session.show(
        {"digest": whole, "size_bytes": size, "path": path},
        lambda: f"Wrote {text.line(path)}: {text.size(size)}",
    )


def _require_there(facts: BlobFacts) -> str:
    if facts.is_missing:
        raise lost(facts.blob.digest, facts.blob.refs)
    return facts.blob.digest


def _print(session: Session, pieces: Iterable[bytes]) -> None:
    """Write a content as it is; a terminal shall show it, not obey it."""
    if not session.streams.terminals.output:
        for each in pieces:
            session.streams.write_bytes(each)
        return
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    for each in pieces:
        session.write(text.safe(decoder.decode(each)))


@blob.command("stat", cls=BeadCommand)
@click.argument("digest")
@pass_session
def stat(session: Session, digest: str) -> None:
    """Show how large a blob is, when it was put, and how much refers to it; 1 if it is damaged."""
    facts = session.run(StatBlob(digest=digest))
    state = _state(facts)
    if state != "whole":
        session.exit_code = max(session.exit_code, 1)
    session.show(
        {**msgspec.to_builtins(facts.blob), "refs": facts.blob.refs, "state": state},
        lambda: _facts(facts, state),
    )


def _state(facts: BlobFacts) -> str:
    return "missing" if facts.is_missing else "damaged" if facts.is_damaged else "whole"


def _facts(facts: BlobFacts, state: str) -> str:
    found = facts.blob
    lines = [
        found.digest,
        f"  Size:        {text.size(found.size_bytes)}",
        f"  Put:         {found.created_at}",
        f"  Referred to: {found.refs}",
    ]
    return "\n".join([*lines, f"  The file is {state}"] if state != "whole" else lines)


@blob.command("list", cls=BeadCommand)
@click.option("--unreferenced", is_flag=True, help="Only those that nothing refers to.")
@pass_session
def listing(session: Session, unreferenced: bool) -> None:
    """List the blobs: how large each is, how much refers to it, and how old it is."""
    found = [each for each in _all(session) if not (unreferenced and each.refs)]
    session.show(
        [{**msgspec.to_builtins(each), "refs": each.refs} for each in found],
        lambda: _listed(found),
    )


def _all(session: Session) -> Iterator[BlobView]:
    after = ""
    while found := session.run(ListBlobs(after=after)).blobs:
        yield from found
        after = found[-1].digest


def _listed(found: list[BlobView]) -> str:
    now_us = times.now_us()
    lines = [
        f"{each.digest[:_SHORT]}  {text.size(each.size_bytes):>10}  {each.refs:>5} refs"
        f"  {moments.ago(each.created_at, now_us)}"
        for each in found
    ]
    return "\n".join(lines) or "No blobs."


@blob.command("verify", cls=BeadCommand)
@click.argument("digests", metavar="[DIGEST]...", nargs=-1)
@pass_session
def verify(session: Session, digests: tuple[str, ...]) -> None:
    """Read blobs, without DIGEST all; 1 if one is damaged or missing."""
    found = session.run(VerifyBlobs(digests=list(digests)))
    bad = [*found.damaged, *found.missing, *found.unreadable]
    if bad:
        session.exit_code = max(session.exit_code, 1)
    session.show(
        {**_EMPTY_VERIFIED, **msgspec.to_builtins(found)}, lambda: "\n".join(_verified(found))
    )


_EMPTY_VERIFIED: dict[str, Any] = {
    "damaged": [],
    "missing": [],
    "unreadable": [],
    "unreferenced": [],
}


def _verified(found: Verified) -> Iterator[str]:
    for what in ("damaged", "missing", "unreadable"):
        yield from (f"{what}: {each}" for each in getattr(found, what))
    bad = len(found.damaged) + len(found.missing) + len(found.unreadable)
    count = "1 blob" if found.checked == 1 else f"{found.checked} blobs"
    free = f", {len(found.unreferenced)} that nothing refers to" if found.unreferenced else ""
    yield f"{count} read{free}: {bad} not whole" if bad else f"{count} read{free}: all whole"


@blob.command("gc", cls=BeadCommand)
@click.option(
    "--older-than", default="1h", show_default=True, help="Only what is as old; a minute at least."
)
@click.option("--dry-run", is_flag=True, help="Only show what would go.")
@pass_session
def gc(session: Session, older_than: str, dry_run: bool) -> None:
    """Remove blobs that nothing refers to, safely while others write."""
    done = session.run(GcBlobs(older_than_s=_grace_s(older_than), dry_run=dry_run))
    verb = "Would remove" if dry_run else "Removed"
    shown = {
        "digests": done.digests,
        "count": len(done.digests),
        "freed_bytes": done.freed_bytes,
        "leftovers": done.leftovers,
        "dry_run": dry_run,
    }
    count = "1 blob" if len(done.digests) == 1 else f"{len(done.digests)} blobs"
    half = f", and {done.leftovers} left half written" if done.leftovers else ""
    said = [f"  {each[:_SHORT]}" for each in done.digests]
    session.show(
        shown, lambda: "\n".join([f"{verb} {count}, {text.size(done.freed_bytes)}{half}", *said])
    )


def _grace_s(given: str) -> int:
    try:
        seconds = int(duration_s(given))
    except BeadworkError as error:
        error.data["field"] = "older-than"
        raise
    if seconds < limits.BLOB_GRACE_S_MIN:
        raise InvalidField(
            f"--older-than {given} is too short",
            hint="Use 1m or more: whoever puts a blob refers to it only a moment later.",
            field="older-than",
        )
    return seconds
