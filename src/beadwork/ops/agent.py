"""Agents: who is here, what they do, and which topics and groups they are in."""

from typing import Annotated

import msgspec
from msgspec import Meta

from beadwork.model import instants, limits
from beadwork.model.address import parse_group_or_topic, require_agent
from beadwork.model.errors import InvalidField
from beadwork.ops.delivery import mailboxes_of
from beadwork.ops.lease_line import end_own
from beadwork.ops.mail import AgentRow
from beadwork.ops.operation import Request, Response, Unrecorded, operation
from beadwork.ops.transaction import Transaction


class Agent(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Somebody who has been here, as their writes tell.

    `state`: here (wrote within a quarter of an hour, or waits for messages), away, or left.
    """

    name: str
    state: str
    since: str
    seen: str
    first: str
    operation: str = ""
    session: str = ""
    issues: list[str] = []
    subscriptions: list[str] = []
    open: int = 0


class Agents(Response):
    """Who has been here, the latest first."""

    agents: list[Agent] = []


class ListAgents(Request[Agents], frozen=True):
    """List who has been here, since when, and what they do: which issues they hold."""

    here: Annotated[bool, Meta(description="Only those who are here now.")] = False


@operation("agent.list", kind="read", example={})
def list_agents(request: ListAgents, tx: Transaction) -> Agents:
    """List who has been here."""
    found = [_agent(tx, row) for row in tx.agents.all()]
    return Agents(agents=[each for each in found if each.state == "here" or not request.here])


def _agent(tx: Transaction, row: AgentRow) -> Agent:
    # Where the clock went back, they may have been seen at a time that is still to come.
    is_here = abs(tx.now_us - row.seen_us) < limits.PRESENCE_US
    return Agent(
        name=row.agent,
        state="left" if row.left_us is not None else "here" if is_here else "away",
        since=instants.format_us(row.since_us),
        seen=instants.format_us(row.seen_us),
        first=instants.format_us(row.first_us),
        operation=row.operation,
        session=row.session,
        issues=tx.agents.held_issues(row.agent),
        subscriptions=tx.agents.subscriptions(row.agent),
        open=tx.deliveries.open_count(row.agent),
    )


class Left(Unrecorded):
    """What ended with it: messages to the session that nobody will take, and leases that it held.

    `returned`: how many messages it held, which wait again. `stays`: another session of the same
    name is here or holds leases, so that the agent is not taken for gone.
    """

    agent: str
    undeliverable: int = 0
    returned: int = 0
    leases: list[int] = []
    stays: bool = False

    @property
    def has_left(self) -> bool:
        """Tell that the caller is not to be noted as here for this."""
        return True


class LeaveAgent(Request[Left], frozen=True):
    """Say that the caller goes. Messages to its session (its attempt) and its leases end with it.

    What it holds of messages waits again. Without a session, what it took without one ends.
    """


@operation("agent.leave", kind="write", example={})
def leave_agent(request: LeaveAgent, tx: Transaction) -> Left:
    """Say that the caller goes."""
    del request
    holder = tx.holder
    count = 0
    if holder.session and not _is_shared(tx):
        said = "The attempt has ended"
        count = tx.deliveries.end_mailbox(f"attempt:{holder.session}", said)
    ended = end_own(tx)
    returned = _give_back(tx)
    stays = _is_elsewhere(tx)
    tx.agents.leave(stays=stays)
    return Left(
        agent=holder.actor,
        undeliverable=count,
        returned=returned,
        leases=[each.number for each in ended],
        stays=stays,
    )


def _give_back(tx: Transaction) -> int:
    """Let messages wait again that the caller holds."""
    holder = tx.holder
    held = tx.deliveries.held(mailboxes_of(tx), limit=limits.MAILBOX_OPEN_MAX)
    mine = [e for e in held if (e.holder, e.holder_session) == (holder.actor, holder.session)]
    for each in mine:
        tx.deliveries.give_back(each, 0, "Its holder left")
    return len(mine)


def _is_shared(tx: Transaction) -> bool:
    """Tell whether another of the caller's session is still here."""
    actor, session = tx.holder
    others = [e for e in tx.agents.all() if (e.agent, e.session) != (actor, session)]
    return any(each.session == session and each.left_us is None for each in others)


def _is_elsewhere(tx: Transaction) -> bool:
    """Tell whether another session of the caller's name is here, or holds leases."""
    actor, session = tx.holder
    row = next((each for each in tx.agents.all() if each.agent == actor), None)
    is_other = row is not None and row.left_us is None and row.session != session
    if row is not None and is_other and tx.now_us - row.seen_us < limits.PRESENCE_US:
        return True
    return any(each.session != session for each in tx.leases.live(actor=actor))


# -- topics and groups


class Membership(Unrecorded):
    """Who is in a topic or group now. `cursor`: what is sent after this event reaches them.

    `changed`: whether it was different before.
    """

    address: str
    members: list[str]
    changed: bool
    cursor: int


AddressText = Annotated[str, Meta(description="A #topic or a @group.", min_length=1)]
Subscriber = Annotated[str | None, Meta(description="Who; by default the caller.")]


class Subscribe(Request[Membership], frozen=True):
    """Get a copy of all that is sent to a #topic, or be one of those who take for a @group.

    Listing what came before the answer's cursor, and receiving, together miss nothing.
    """

    address: AddressText
    agent: Subscriber = None


@operation("agent.subscribe", kind="write", raises=(InvalidField,), example={"address": "#build"})
def subscribe(request: Subscribe, tx: Transaction) -> Membership:
    """Be in a topic or group."""
    address = parse_group_or_topic(request.address).text
    changed = tx.agents.subscribe(address, require_agent(request.agent or tx.holder.actor))
    return _membership(tx, address, changed=changed)


class Unsubscribe(Request[Membership], frozen=True):
    """Be no more in a topic or group. What was delivered stays."""

    address: AddressText
    agent: Subscriber = None


@operation("agent.unsubscribe", kind="write", raises=(InvalidField,), example={"address": "#build"})
def unsubscribe(request: Unsubscribe, tx: Transaction) -> Membership:
    """Be no more in a topic or group."""
    address = parse_group_or_topic(request.address).text
    changed = tx.agents.unsubscribe(address, require_agent(request.agent or tx.holder.actor))
    return _membership(tx, address, changed=changed)


def _membership(tx: Transaction, address: str, *, changed: bool) -> Membership:
    return Membership(
        address=address,
        members=tx.agents.subscribers(address),
        changed=changed,
        cursor=tx.events.last_seq(),
    )


class Gathering(msgspec.Struct, kw_only=True):
    """A topic or group, and who is in it."""

    address: str
    members: list[str]
    open: int = 0


class Gatherings(Response):
    """Topics, or groups, by name."""

    addresses: list[Gathering] = []


class ListAddresses(Request[Gatherings], frozen=True):
    """List the topics and the groups that somebody is in."""

    kind: Annotated[
        str, Meta(description="topic or group; by default both.", pattern="^(topic|group|)$")
    ] = ""


@operation("agent.addresses", kind="read", example={"kind": "topic"})
def list_addresses(request: ListAddresses, tx: Transaction) -> Gatherings:
    """List topics and groups."""
    sign = {"topic": "#", "group": "@"}.get(request.kind, "")
    members: dict[str, list[str]] = {}
    for address, agent, _ in tx.agents.addresses():
        if address.startswith(sign):
            members.setdefault(address, []).append(agent)
    return Gatherings(
        addresses=[
            Gathering(address=each, members=names, open=tx.deliveries.open_count(each))
            for each, names in members.items()
        ]
    )
