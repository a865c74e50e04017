"""Who gets a message: the mailboxes of its addresses, and what is to be said of each."""

from collections.abc import Sequence
from typing import NamedTuple

from beadwork.model import instants, limits
from beadwork.model.address import Address, is_agent
from beadwork.model.errors import NoSuchRecipient
from beadwork.ops.transaction import Transaction

_ABSENT_MAX = 20
_WAITS = "Nobody of that name was here yet: it waits"
_NEARNESS = 0.6


class Recipients(NamedTuple):
    """The mailboxes, each with the address it came by; who is left out, and why; what to note."""

    mailboxes: dict[str, str]
    skipped: list[tuple[str, str]]
    notes: dict[str, str]


def recipients(tx: Transaction, addresses: Sequence[Address], *, must_exist: bool) -> Recipients:
    """Return who gets what is sent to some addresses, nobody twice.

    Raises:
        NoSuchRecipient: nobody knows one that must exist.
    """
    found = Recipients({}, [], {})
    absent: list[tuple[str, str]] = []
    for address in addresses:
        if must_exist:
            _require_known(tx, address)
        if address.kind == "everyone":
            here, away = _everyone(tx)
            absent += away
        else:
            here = _mailboxes(tx, address, found)
        for each in here:
            found.mailboxes.setdefault(each, address.text)
        if not here and address.kind == "everyone":
            found.skipped.append((address.text, "Nobody else was here within a day"))
    found.skipped.extend([each for each in absent if each[0] not in found.mailboxes][:_ABSENT_MAX])
    return found


def _mailboxes(tx: Transaction, address: Address, found: Recipients) -> list[str]:
    """Return the mailboxes of an address, and note what the sender should know of it."""
    if address.kind == "topic":
        subscribed = tx.agents.subscribers(address.text)
        others = [each for each in subscribed if each != tx.holder.actor]
        if not others:
            who = "Nobody but you" if subscribed else "Nobody"
            near = "" if subscribed else _nearest(tx, address)
            found.skipped.append((address.text, f"{who} is subscribed: nobody gets it{near}"))
        return others
    if address.kind == "attempt" and tx.agents.has_ended(address.name):
        found.skipped.append((address.text, "The attempt has ended"))
        return []
    if not _is_known(tx, address):
        # Where something waits already, the name is meant; to look for a nearer one takes long.
        is_first = not tx.deliveries.open_count(address.text)
        found.notes[address.text] = f"{_WAITS}{_nearest(tx, address) if is_first else ''}"
    return [address.text]


def _everyone(tx: Transaction) -> tuple[list[str], list[tuple[str, str]]]:
    here: list[str] = []
    absent: list[tuple[str, str]] = []
    for row in tx.agents.all():
        if row.agent == tx.holder.actor or not is_agent(row.agent):
            continue
        if row.left_us is None and tx.now_us - row.seen_us < limits.BROADCAST_SEEN_US:
            here.append(row.agent)
        else:
            said = f"Not here since {instants.format_seconds(row.left_us or row.seen_us)}"
            absent.append((row.agent, said))
    return here, absent


def _is_known(tx: Transaction, address: Address) -> bool:
    match address.kind:
        case "agent":
            return tx.agents.is_known(address.name)
        case "attempt":
            return tx.agents.is_in_session(address.name)
        case "group" | "topic":
            return bool(tx.agents.subscribers(address.text))
        case _:
            return bool(_everyone(tx)[0])


_UNKNOWN = {
    "agent": ("{} was never here", "`bd msg agents` lists who was; {waits}"),
    "attempt": ("Nobody was in {}", "`bd msg agents` lists who was here; {waits}"),
    "group": ("Nobody is in {}", "`bd msg groups` lists them; {waits}"),
    "topic": ("Nobody is subscribed to {}", "`bd msg topics` lists them; {gone}"),
    "everyone": ("Nobody else was here within a day", "`bd msg agents` lists who was; {gone}"),
}
_OUTCOMES = {
    "waits": "without --must-exist the message waits.",
    "gone": "without --must-exist it is sent, and nobody gets it.",
}


def _require_known(tx: Transaction, address: Address) -> None:
    if not _is_known(tx, address):
        message, hint = _UNKNOWN[address.kind]
        near = _nearest(tx, address).removeprefix("; ").capitalize()
        raise NoSuchRecipient(
            message.format(address.text),
            hint=f"{near} {hint.format(**_OUTCOMES)}".strip(),
            recipient=address.text,
        )


def _nearest(tx: Transaction, address: Address) -> str:
    """Name the address that was probably meant, if one is near."""
    # Late import: only a mistake needs it.
    import difflib

    known = [row.agent for row in tx.agents.all() if is_agent(row.agent)]
    known += [each for each, _, _ in tx.agents.addresses()]
    # Of one name, that of the same kind counts.
    names = {each.lstrip("@#").lower(): each for each in known}
    names |= {each[1:].lower(): each for each in known if each[:1] == address.text[:1]}
    near = difflib.get_close_matches(address.name.lower(), names, n=1, cutoff=_NEARNESS)
    meant = [names[each] for each in near if names[each] not in (address.text, tx.holder.actor)]
    return f"; did you mean {meant[0]}?" if meant else ""
