"""Claims: who holds an issue, and the epoch that fences off those who held it before (R7).

The store's clock rules. A claim is named by (issue, claim_epoch): each grant raises the
epoch, so a write that names an older one comes from somebody who lost the claim.
"""

from functools import lru_cache
from typing import NamedTuple

import msgspec

from beadwork.model import limits
from beadwork.model.errors import InvalidField
from beadwork.model.pattern import pattern

_ME = "me"
_NO_NAME = pattern(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


class Holder(NamedTuple):
    """Who acts: an actor, in a session if one is known."""

    actor: str
    session: str = ""

    def is_same(self, other: "Holder") -> bool:
        """Tell whether two are one; without a session on either side the actor decides."""
        if self.actor != other.actor:
            return False
        return not (self.session and other.session) or self.session == other.session


ITSELF = Holder("beadwork")
"""Whoever does what nobody asked for: the daemon, a sweep. It is no agent."""


def named(name: str, holder: Holder) -> str:
    """Return whom a name means: `me` is whoever asks."""
    return holder.actor if name == _ME else name


@lru_cache(maxsize=256)
def require_holder(holder: Holder) -> Holder:
    """Return who acts, if the names are such as a line can hold.

    Raises:
        InvalidField: a name is blank, too long, or not UTF-8.
    """
    for what, name in (("actor", holder.actor), ("session", holder.session)):
        fault = _fault(name)
        if fault:
            variable = "BD_ACTOR, or pass --actor NAME" if what == "actor" else "BD_SESSION"
            raise InvalidField(
                f"The name of the {what} {fault}", hint=f"Set {variable}.", field=what
            )
    return holder


def _fault(name: str) -> str:
    """Say why a line can't hold a name; nothing if it can."""
    if name and not name.strip():
        return "is blank"
    if len(name) > limits.ID_CHARS_MAX:
        return f"has {len(name)} characters; {limits.ID_CHARS_MAX} are allowed"
    return "has control characters in it, or is not UTF-8" if _NO_NAME.search(name) else ""


class Claim(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The claim of one issue. An empty actor: granted before, held by nobody now."""

    claim_epoch: int
    actor: str = ""
    session: str = ""
    granted_us: int = 0
    expires_us: int | None = None

    @property
    def is_held(self) -> bool:
        """Tell whether somebody holds the issue."""
        return bool(self.actor)

    def is_live(self, now_us: int) -> bool:
        """Tell whether somebody holds the issue at this time."""
        return self.is_held and (self.expires_us is None or self.expires_us > now_us)

    def is_by(self, holder: Holder) -> bool:
        """Tell whether this holder holds it."""
        return Holder(self.actor, self.session).is_same(holder)
