"""What others hold: changes of an issue's state that are not the caller's to make."""

from beadwork.model.errors import ClaimLost
from beadwork.ops.transaction import Entry, Transaction


def require_not_others(tx: Transaction, entry: Entry, *, is_forced: bool) -> None:
    """Refuse to put away what another is working on.

    Raises:
        ClaimLost: another holds the issue.
    """
    claim = tx.claims.of(entry.n)
    if is_forced or claim is None or not claim.is_held or claim.is_by(tx.holder):
        return
    raise ClaimLost(
        f"The issue {entry.id} is held by {claim.actor}",
        hint="Leave it to its holder, or pass --force.",
        id=entry.id,
        holder=claim.actor,
    )
