"""Those who exchange messages: who is here, and which topics and groups they are in."""

from typing import TYPE_CHECKING

from beadwork.model.record import Change
from beadwork.ops.mail import AgentRow
from beadwork.store.deliveries import mailbox_name
from beadwork.store.session import Session

if TYPE_CHECKING:
    from beadwork.store.transaction import StoreTransaction

_ISSUES_MAX = 20


class AgentStore:
    """The agents of one transaction."""

    def __init__(self, session: Session, tx: "StoreTransaction") -> None:
        self._session = session
        self._tx = tx

    def all(self) -> list[AgentRow]:
        """Return who has been here, the latest first."""
        return [AgentRow._make(row) for row in self._session.all("agent.all")]

    def is_known(self, agent: str) -> bool:
        """Tell whether somebody has been here."""
        return self._session.one("agent.known", agent=agent) is not None

    def held_issues(self, agent: str) -> list[str]:
        """Return the issues that somebody holds."""
        rows = self._session.all("agent.held_issues", agent=agent, limit=_ISSUES_MAX)
        return [issue_id for (issue_id,) in rows]

    def is_in_session(self, session: str) -> bool:
        """Tell whether somebody is, or was last, in a session."""
        return self._session.one("agent.in_session", session=session) is not None

    def has_ended(self, session: str) -> bool:
        """Tell whether somebody said that a session has ended, and has not written in it since."""
        return self._session.one("agent.has_ended", session=session) is not None

    def leave(self, *, stays: bool) -> None:
        """Note that the caller's session has ended, and that they go, unless they stay in another."""
        holder, now_us = self._tx.holder, self._tx.now_us
        if not stays:
            self._session.run(
                "agent.left", agent=holder.actor, session=holder.session, now_us=now_us
            )
        if holder.session:
            self._session.run("agent.end_session", session=holder.session, now_us=now_us)
        self._tx.log("left", None, "", [Change(("agent", holder.actor), None, None)])

    def subscribe(self, address: str, agent: str) -> bool:
        """Let somebody be in a topic or group; tell whether they were not."""
        self._session.run("agent.subscribe", address=address, agent=agent, now_us=self._tx.now_us)
        is_new = bool(self._session.changed())
        if is_new:
            self._tx.log("subscribed", None, "", [_membership(address, agent, is_member=True)])
            self._tx.notify(mailbox_name(agent))
        return is_new

    def unsubscribe(self, address: str, agent: str) -> bool:
        """Let somebody be no more in a topic or group; tell whether they were."""
        self._session.run("agent.unsubscribe", address=address, agent=agent)
        was_in = bool(self._session.changed())
        if was_in:
            self._tx.log("unsubscribed", None, "", [_membership(address, agent, is_member=False)])
        return was_in

    def subscribers(self, address: str) -> list[str]:
        """Return who is in a topic or group."""
        return [agent for (agent,) in self._session.all("agent.subscribers", address=address)]

    def subscriptions(self, agent: str) -> list[str]:
        """Return the topics and groups that somebody is in."""
        return [address for (address,) in self._session.all("agent.subscriptions", agent=agent)]

    def addresses(self) -> list[tuple[str, str, int]]:
        """Return every topic and group with each who is in it, and since when."""
        return [(row[0], row[1], row[2]) for row in self._session.all("agent.addresses")]


def _membership(address: str, agent: str, *, is_member: bool) -> Change:
    after, before = ("true", None) if is_member else (None, "true")
    return Change(("subscription", address, agent), before, after)
