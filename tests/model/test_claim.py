"""Claims: who holds an issue (R7)."""

import pytest

from beadwork.model.claim import Claim, Holder


def claim(actor: str = "ann", session: str = "", expires_us: int | None = None) -> Claim:
    """Make a claim."""
    return Claim(claim_epoch=1, actor=actor, session=session, expires_us=expires_us)


@pytest.mark.parametrize(
    ("held", "asking", "is_holder"),
    [
        (claim("ann"), Holder("ann"), True),
        (claim("ann"), Holder("bob"), False),
        (claim("ann", "s1"), Holder("ann", "s1"), True),
        (claim("ann", "s1"), Holder("ann", "s2"), False),
        (claim("ann", "s1"), Holder("ann"), True),
        (claim("ann"), Holder("ann", "s1"), True),
        (claim("ann", "s1"), Holder("bob", "s1"), False),
    ],
)
def test_actor_and_session_make_a_holder(held: Claim, asking: Holder, is_holder: bool) -> None:
    assert held.is_by(asking) is is_holder


def test_a_claim_lives_until_it_ends() -> None:
    assert claim().is_live(10**18)
    assert claim(expires_us=100).is_live(99)
    assert not claim(expires_us=100).is_live(100)


def test_a_claim_that_was_given_back_is_held_by_nobody() -> None:
    assert not claim(actor="").is_held
    assert not claim(actor="").is_live(0)
