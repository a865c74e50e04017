"""What doctor checks in the store, as a table, and how it mends what it finds.

A check looks and changes nothing. A mend is asked for by name and runs in one transaction; the
mends of a request run in the order of the table, as later ones build on earlier ones.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Annotated

from msgspec import Meta

from beadwork.model import limits
from beadwork.model.errors import InvalidField
from beadwork.model.finding import CORE, DATA, UPKEEP, Finding, Status, listed
from beadwork.model.issue import nearest_hint
from beadwork.ops.blob import size_of
from beadwork.ops.blob_files import BlobRow
from beadwork.ops.health import KeptClaim, KeptMemory, KeptPair
from beadwork.ops.operation import Request, Response, operation
from beadwork.ops.transaction import Transaction


@dataclass(frozen=True, slots=True)
class Check:
    """One check: what it looks at, what it says if that is not in order, and what mends it."""

    name: str
    category: str
    looks_at: str
    look: Callable[[Transaction], list[str]]
    """Returns what is wrong, a line each."""
    wrong: str
    """What is wrong, after how many there are of it."""
    status: Status = "error"
    fix: str = ""
    mend: Callable[[Transaction], int] | None = None


def _settings(tx: Transaction) -> list[str]:
    return [f"{name} {why}" for name, why in tx.checks.settings().items()]


def _columns(tx: Transaction) -> list[str]:
    return [f"{name}: {', '.join(wrong)}" for name, wrong in tx.checks.columns().items()]


def _prefixes(tx: Transaction) -> list[str]:
    wrong = tx.checks.prefixes()
    return [f"{name}: {said} counted, {there} there" for name, (said, there) in wrong.items()]


def _child_numbers(tx: Transaction) -> list[str]:
    wrong = tx.checks.child_numbers()
    return [f"{name}: knows of {top}, there is {there}" for name, (top, there) in wrong.items()]


def _claims(tx: Transaction) -> list[str]:
    return [f"{name}: {said}" for name, said in tx.checks.odd_claims()]


def _ended_claims(tx: Transaction) -> list[str]:
    return [f"{name}: {said}" for name, said in tx.checks.ended_claims()]


def _dangling(tx: Transaction) -> list[str]:
    return [f"{source} {kind} {target}" for source, target, kind in tx.records.dangling()]


def _inert(tx: Transaction) -> list[str]:
    return [f"{child} under {parent}" for child, parent in tx.checks.inert()]


def _cycles(tx: Transaction) -> list[str]:
    return [" -> ".join([*cycle, cycle[0]]) for cycle in tx.checks.cycles()]


def _external_refs(tx: Transaction) -> list[str]:
    found = tx.checks.external_refs()
    return [f"{reference}: {', '.join(names)}" for reference, names in found.items()]


def _closed_parents(tx: Transaction) -> list[str]:
    return [f"{child} under {parent}" for child, parent in tx.checks.closed_parents()]


def _quarantine(tx: Transaction) -> list[str]:
    return [f"line {row.line_number}: {row.reason}" for row in tx.records.quarantined()]


def _blobs(tx: Transaction) -> list[str]:
    return [
        f"{row.digest}: {'missing' if size is None else f'{size} of {row.size_bytes} bytes'}"
        for row in _referred_blobs(tx)
        if (size := size_of(tx, row.digest)) != row.size_bytes
    ]


def _referred_blobs(tx: Transaction) -> Iterator[BlobRow]:
    after = ""
    while rows := tx.blobs.after(after, limit=limits.BLOB_COLLECTED_MAX):
        yield from (row for row in rows if row.refs)
        after = rows[-1].digest


def _sweep_ran(tx: Transaction) -> int:
    """Do nothing: the sweep before every write ended them."""
    return len(tx.checks.ended_claims())


CHECKS = (
    Check(
        "store-settings",
        CORE,
        "what the store notes of itself can be: its clock, what it wrote into the file",
        _settings,
        "notes of the store about itself can't be",
        fix="Set them anew: the clock by the records, the rest as if the file was never written.",
        mend=lambda tx: tx.mends.settings(),
    ),
    Check(
        "change-numbers",
        CORE,
        "no issue changed later than anything happened",
        lambda tx: tx.checks.numbers_ahead(),
        "issues changed later than anything happened",
        fix="Let them have changed last; the file gets them again.",
        mend=lambda tx: tx.mends.numbers_ahead(),
    ),
    Check(
        "documents",
        CORE,
        "every issue has a document that can be read",
        lambda tx: tx.checks.documents(),
        "issues without a document that can be read",
        fix="Take them from the file again; what only the database held stays in the backup.",
        mend=lambda tx: tx.mends.documents(),
    ),
    Check(
        "orphans",
        CORE,
        "no row belongs to an issue that is not there",
        lambda tx: tx.checks.orphans(),
        "kinds of rows that belong to nothing",
        fix="Remove these rows.",
        mend=lambda tx: tx.mends.orphans(),
    ),
    Check(
        "columns",
        CORE,
        "the columns that lists and filters use say what the document says",
        _columns,
        "issues whose columns differ from their documents",
        fix="Set the columns by the documents.",
        mend=lambda tx: tx.mends.columns(),
    ),
    Check(
        "labels",
        CORE,
        "the rows of labels say what the documents say",
        lambda tx: tx.checks.labels(),
        "issues whose labels differ from their documents",
        fix="Write the labels by the documents.",
        mend=lambda tx: tx.mends.labels(),
    ),
    Check(
        "edges",
        CORE,
        "the rows of edges say what the documents say, and lead where they should",
        lambda tx: tx.checks.edges(),
        "issues whose edges differ from their documents",
        fix="Write the edges by the documents.",
        mend=lambda tx: tx.mends.edges(),
    ),
    Check(
        "readiness",
        CORE,
        "the index of readiness says what a computation from scratch says",
        lambda tx: tx.checks.readiness(),
        "issues whose readiness is wrong",
        fix="Compute the index of readiness anew.",
        mend=lambda tx: tx.mends.readiness(),
    ),
    Check(
        "prefix-counts",
        CORE,
        "the counts by which the length of new ids is chosen",
        _prefixes,
        "prefixes with a wrong count",
        fix="Count anew.",
        mend=lambda tx: tx.mends.prefixes(),
    ),
    Check(
        "child-numbers",
        CORE,
        "no child's number could be given twice",
        _child_numbers,
        "parents that don't know their highest child",
        fix="Note the highest numbers.",
        mend=lambda tx: tx.mends.child_numbers(),
    ),
    Check(
        "claims",
        DATA,
        "who holds an issue is its assignee, and it is not done",
        _claims,
        "claims that can't be",
        fix="End these claims.",
        mend=lambda tx: tx.mends.claims(),
    ),
    Check(
        "ended-claims",
        DATA,
        "no claim's time is over",
        _ended_claims,
        "claims whose time is over",
        status="warning",
        fix="End them; the next write does it too.",
        mend=_sweep_ran,
    ),
    Check(
        "unheld",
        DATA,
        "what is in progress is somebody's",
        lambda tx: tx.checks.unheld(),
        "issues in progress that are nobody's",
        status="warning",
        fix="Open them again: `bd release ID`.",
    ),
    Check(
        "cycles",
        DATA,
        "no live issues wait for one another",
        _cycles,
        "cycles of issues that wait for one another",
        fix="Remove one edge of each: `bd dep remove A B`.",
    ),
    Check(
        "inert-parents",
        DATA,
        "no parent edge closes a cycle or makes too long a chain",
        _inert,
        "parent edges that are left out of account",
        status="warning",
        fix="Remove them: `bd dep remove CHILD PARENT`.",
    ),
    Check(
        "dangling",
        DATA,
        "the targets of edges are known",
        _dangling,
        "edges to issues that are not known here",
        status="warning",
        fix="They bind once the issue comes; else `bd dep remove A B`.",
    ),
    Check(
        "external-refs",
        DATA,
        "no two issues refer to the same thing elsewhere",
        _external_refs,
        "external references that several issues share",
        status="warning",
        fix="Close the doubles, or give them another reference.",
    ),
    Check(
        "closed-parents",
        DATA,
        "live issues have live parents",
        _closed_parents,
        "live issues under parents that are done",
        status="warning",
        fix="Close the children, or reopen the parents.",
    ),
    Check(
        "blobs",
        DATA,
        "every blob that something refers to is there, as long as it was",
        _blobs,
        "blobs that are not whole",
        fix="Put the same content again: `bd blob put FILE`. `bd blob verify` reads all of them.",
    ),
    Check(
        "quarantine",
        UPKEEP,
        "every line of the file could be read",
        _quarantine,
        "lines of the file that could not be read",
        status="warning",
        fix="Put them aside in .beads/backups; mend and import them from there.",
        mend=lambda tx: tx.mends.quarantine(),
    ),
)
"""Every check of the store, in the order in which they are mended."""

_BY_NAME = {check.name: check for check in CHECKS}


def _chosen(names: list[str]) -> list[Check]:
    for name in names:
        if name not in _BY_NAME:
            raise InvalidField(
                f'There is no check "{name[:60]}"', hint=nearest_hint(name, _BY_NAME), field="names"
            )
    return [check for check in CHECKS if not names or check.name in names]


class Checked(Response):
    """What each check found, in the order of the table."""

    findings: list[Finding]


class CheckStore(Request[Checked], frozen=True):
    """Check the store: that what it keeps fits together. Nothing is changed."""

    names: Annotated[list[str], Meta(description="Only these checks; all if empty.")] = []


@operation("store.check", kind="read", raises=(InvalidField,), example={"names": ["readiness"]})
def check_store(request: CheckStore, tx: Transaction) -> Checked:
    """Check the store."""
    return Checked(findings=[_finding(check, check.look(tx)) for check in _chosen(request.names)])


def _finding(check: Check, wrong: list[str]) -> Finding:
    if not wrong:
        return Finding(
            name=check.name, category=check.category, status="ok", message=check.looks_at
        )
    return Finding(
        name=check.name,
        category=check.category,
        status=check.status,
        message=f"{len(wrong)} {check.wrong}",
        detail=listed(wrong),
        fix=check.fix,
        can_mend=check.mend is not None,
    )


class Mended(Response):
    """How much each mend changed."""

    counts: dict[str, int]


class MendStore(Request[Mended], frozen=True):
    """Mend what checks found, all in one transaction. Take a backup first."""

    names: Annotated[list[str], Meta(description="The checks whose findings to mend.")]


@operation("store.mend", kind="write", raises=(InvalidField,), example={"names": ["readiness"]})
def mend_store(request: MendStore, tx: Transaction) -> Mended:
    """Mend what checks found."""
    counts = {}
    for check in _chosen(request.names) if request.names else ():
        if check.mend is None:
            raise InvalidField(f"{check.name} can't be mended", hint=check.fix, field="names")
        counts[check.name] = check.mend(tx)
    return Mended(counts=counts)


class Recovered(Response):
    """How many claims were put back."""

    claims: int


class Recover(Request[Recovered], frozen=True):
    """Put back what the file does not tell, read from a damaged database."""

    claims: Annotated[list[KeptClaim], Meta(description="The claims that could be read.")]
    memories: Annotated[list[KeptMemory], Meta(description="What was remembered.")] = []
    pairs: Annotated[list[KeptPair], Meta(description="Pairs of `bd kv`.")] = []
    unfiled: Annotated[
        list[str], Meta(description="Ephemeral issues that stay out of the file.")
    ] = []
    origins: Annotated[
        dict[str, str], Meta(description="Ids of issues of other repositories, and which.")
    ] = {}


@operation("store.recover", kind="write", example={"claims": []})
def recover(request: Recover, tx: Transaction) -> Recovered:
    """Put back what the file does not tell."""
    tx.mends.put_memories(request.memories)
    tx.mends.put_pairs(request.pairs)
    tx.mends.unfile(request.unfiled)
    tx.mends.put_origins(request.origins)
    return Recovered(claims=tx.mends.put_claims(request.claims))
