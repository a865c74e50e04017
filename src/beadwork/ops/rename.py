"""Giving issues other ids: one, or all of a prefix.

The issue itself goes on under its new id, with its claims and its history, and its children with
it. Under the old id stays a tombstone of the same birth, since other clones know the issue by
that id: when they read the tombstone, their copy of it goes too.
"""

import contextlib
from collections.abc import Callable, Collection, Mapping
from typing import Annotated

import msgspec
from msgspec import Meta

from beadwork.model import ids, limits, token
from beadwork.model.dependency import WAITS_FOR
from beadwork.model.errors import (
    ClaimLost,
    ClaimStale,
    Conflict,
    InvalidField,
    InvalidTransition,
    IssueExists,
    PrefixMismatch,
    UnknownIssue,
)
from beadwork.model.mentions import renamer
from beadwork.model.record import Record
from beadwork.model.transition import RENAMED, deleted, require_alive
from beadwork.ops.claim import IssueName, fence, touched, updated
from beadwork.ops.holding import require_not_others
from beadwork.ops.operation import Request, Response, operation
from beadwork.ops.transaction import Entry, Filter, Transaction

_TEXTS = ("title", "description", "design", "acceptance_criteria", "notes")
_LEFT = frozenset({"title", "priority", "issue_type", "created_at", "created_by", "updated_at"})
"""What a tombstone says of an issue that goes on under another id."""


class Move(msgspec.Struct, kw_only=True):
    """An issue's id before and after."""

    old_id: str
    new_id: str


class Renamed(Response):
    """What was renamed, and in how many issues edges and texts were rewritten."""

    moves: list[Move]
    dependencies_updated: int = 0
    references_updated: int = 0


class RenameIssue(Request[Renamed], frozen=True):
    """Give an issue another id, and its children ids to match.

    Edges of other issues follow, and so do whole ids in their titles, descriptions, designs,
    acceptance criteria and notes; comments stay as they were made.
    """

    issue: IssueName
    new_id: Annotated[str, Meta(description="An id that was never used here.")]
    force: Annotated[
        bool, Meta(description="Although the prefix is foreign, or another holds it.")
    ] = False


@operation(
    "issue.rename",
    kind="write",
    raises=(
        UnknownIssue, InvalidField, PrefixMismatch, IssueExists, InvalidTransition, ClaimStale,
        ClaimLost,
    ),
    example={"issue": "px-a3f", "new_id": "px-login"},
)  # fmt: skip
def rename_issue(request: RenameIssue, tx: Transaction) -> Renamed:
    """Give an issue another id."""
    entry = tx.issues.require(request.issue)
    require_alive(entry.record)
    words = tx.vocabulary
    prefixes = (words.prefix, *words.allowed_prefixes)
    new_id = ids.require_explicit(request.new_id, prefixes=prefixes, is_forced=request.force)
    if new_id == entry.id:
        return Renamed(moves=[])
    if not request.force:
        fence(tx, entry)
    require_not_others(tx, entry, is_forced=request.force)
    if new_id.startswith(f"{entry.id}."):
        raise InvalidField(
            f"{new_id} would lie under {entry.id} itself", hint="Choose another id.", field="id"
        )
    renames = {entry.id: new_id}
    for child in tx.moves.ids_below(entry.id):
        renames[child] = new_id + child[len(entry.id) :]
    return _carry_out(tx, _live(tx, renames))


def _live(tx: Transaction, renames: Mapping[str, str]) -> dict[str, str]:
    """Leave out what is deleted, and refuse ids that are taken.

    Raises:
        IssueExists: one is.
    """
    found = {}
    for old, new in renames.items():
        if tx.issues.require(old).record.status == "tombstone":
            continue
        if tx.issues.is_taken(new):
            raise IssueExists(
                f"The id {new} is taken",
                hint="Choose one that was never used; those of deleted issues are kept.",
                id=new,
            )
        found[old] = new
    return found


class PrefixRenamed(Response):
    """The prefix before and after, and what was renamed."""

    old_prefix: str
    new_prefix: str
    moves: list[Move]
    dependencies_updated: int = 0
    references_updated: int = 0


class RenamePrefix(Request[PrefixRenamed], frozen=True):
    """Give every issue of the project's prefix an id with another one.

    The setting of the prefix is the caller's to change. Ids with one of `allowed_prefixes` stay.
    """

    prefix: Annotated[str, Meta(description="The new prefix, without its hyphen.")]
    repair: Annotated[bool, Meta(description="Ids with foreign prefixes too.")] = False
    dry_run: Annotated[bool, Meta(description="Check everything, store nothing.")] = False


@operation(
    "issue.rename_prefix",
    kind="write",
    raises=(InvalidField, IssueExists, Conflict, UnknownIssue),
    example={"prefix": "web", "dry_run": True},
)
def rename_prefix(request: RenamePrefix, tx: Transaction) -> PrefixRenamed:
    """Give every issue of the project's prefix an id with another one."""
    new, old = ids.require_prefix(request.prefix), tx.vocabulary.prefix
    rows = tx.issues.select(Filter(), sort="id", is_reversed=False, limit=0)
    elsewhere = tx.origins.ids()  # Their own repositories name them.
    names = [row.issue.id for row in rows if row.issue.id not in elsewhere]
    renames, foreign = _prefixed(tx, names, new)
    if foreign and not request.repair:
        prefixes = sorted({ids.split(each)[0] for each in foreign})
        raise Conflict(
            f"There are other prefixes too: {', '.join(prefixes[:10])}",
            hint=f"`bd rename-prefix {new} --repair` joins them; allowed_prefixes are left alone.",
            prefixes=prefixes,
        )
    renames |= _joined(tx, foreign, new, {_top_of(each) for each in renames.values()})
    answer = PrefixRenamed(old_prefix=old, new_prefix=new, moves=_moves(renames))
    if not request.dry_run:
        done = _carry_out(tx, renames)
        answer.dependencies_updated = done.dependencies_updated
        answer.references_updated = done.references_updated
    return answer


def _moves(renames: Mapping[str, str]) -> list[Move]:
    return [Move(old_id=old, new_id=new) for old, new in renames.items()]


def _prefixed(tx: Transaction, names: list[str], new: str) -> tuple[dict[str, str], list[str]]:
    """Return the new ids of those with the project's prefix, and the ids with a foreign one."""
    old = f"{tx.vocabulary.prefix}-"
    kept = tuple(f"{each}-" for each in (new, *tx.vocabulary.allowed_prefixes))
    others = [each for each in names if not each.startswith(kept)]
    own = [each for each in others if each.startswith(old)]
    renames = _live(tx, {each: f"{new}-{each[len(old) :]}" for each in own})
    return renames, [each for each in others if not each.startswith(old)]


def _joined(
    tx: Transaction, foreign: list[str], new: str, planned: Collection[str]
) -> dict[str, str]:
    """Return new ids for those with foreign prefixes: the same hash, or one of their own."""
    tops: dict[str, str] = {}
    renames = {}
    for each in foreign:
        prefix, part, tail = ids.split(each)
        top = _top_of(each)
        if top not in tops:
            wanted = f"{new}-{part}"
            if tx.issues.is_taken(wanted) or wanted in (*planned, *tops.values()):
                wanted = f"{new}-{ids.split(ids.derived_id(top, prefix))[1]}"
            tops[top] = wanted
        renames[each] = tops[top] + tail
    return _live(tx, renames)


def _top_of(issue_id: str) -> str:
    """Return an id without the numbers of children."""
    prefix, part, _ = ids.split(issue_id)
    return f"{prefix}-{part}" if prefix else part


def _carry_out(tx: Transaction, renames: dict[str, str]) -> Renamed:
    entries = [tx.issues.require(old) for old in renames]
    sources = {n for entry in entries for n in tx.moves.sources(entry)}
    for done, entry in enumerate(entries):
        tx.tell(done, len(entries), "renamed")
        new_id = renames[entry.id]
        is_known = entry.is_filed or entry.record.fields.get("ephemeral") != "true"
        tx.moves.rename(entry, new_id, _remains(tx, entry, new_id) if is_known else None)
    mentioning = {n for text in _sought(renames) for n in tx.moves.mentioning(text)}
    rewrite = renamer(renames)
    answer = Renamed(moves=_moves(renames))
    followers = sorted(sources | mentioning)
    for done, n in enumerate(followers):
        tx.tell(done, len(followers), "looked through")
        entry = tx.issues.by_number(n)
        linked = _relinked(entry.record, renames) if n in sources else entry.record
        told = linked._replace(fields=_rewritten(linked.fields, rewrite))
        answer.dependencies_updated += linked != entry.record
        answer.references_updated += told != linked
        if told != entry.record:
            tx.issues.write(entry, touched(tx, told))
    return answer


def _remains(tx: Transaction, entry: Entry, new_id: str) -> Record:
    """Return the tombstone that stays under an old id."""
    reason = f"{RENAMED}{new_id}"
    fields = deleted(entry.record, now_us=tx.now_us, actor=tx.holder.actor, reason=reason)
    kept = {name: text for name, text in entry.record.fields.items() if name in _LEFT}
    return updated(tx, Record(entry.id, kept, stamps=entry.record.stamps), fields)


def _sought(renames: Mapping[str, str]) -> set[str]:
    """Return what to look for in texts: few ids themselves, of many what they begin with."""
    if len(renames) == 1:
        return set(renames)
    return {ids.split(each)[0] or each for each in renames}


def _relinked(record: Record, renames: Mapping[str, str]) -> Record:
    edges = {}
    for (target, kind), edge in record.edges.items():
        key = (renames.get(target, target), kind)
        text = edge if kind != WAITS_FOR and key[0] == target else _edge(edge, renames)
        edges[key] = text
    return record._replace(edges=edges)


def _edge(edge: str, renames: Mapping[str, str]) -> str:
    """Let an edge name its target, and the spawner in its metadata, by their new ids."""
    pairs = token.members(edge)
    target = token.decode_text(pairs["depends_on_id"])
    pairs["depends_on_id"] = token.encode(renames.get(target, target))
    metadata = token.decode_text(pairs.get("metadata"))
    # It is JSON in a text; what can't be read names no spawner.
    with contextlib.suppress(msgspec.DecodeError, msgspec.ValidationError):
        parts = token.members(metadata)
        spawner = token.decode_text(parts.get("spawner_id"))
        if spawner in renames:
            parts["spawner_id"] = token.encode(renames[spawner])
            pairs["metadata"] = token.encode(token.compose(parts))
    return token.compose(pairs)


def _rewritten(fields: dict[str, str], rewrite: Callable[[str], str]) -> dict[str, str]:
    changed = {}
    for name in _TEXTS:
        before = token.decode_text(fields.get(name))
        after = rewrite(before)
        is_long = name == "title" and len(after) > limits.TITLE_CHARS_MAX
        if after != before and not is_long:
            changed[name] = token.encode(after)
    return {**fields, **changed} if changed else fields
