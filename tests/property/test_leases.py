"""Whatever is asked of leases, in whatever order and at whatever time: what always holds, holds.

After each step, and by trying every path rather than by comparing patterns: nobody holds what
another has, nobody was granted what an earlier one in line waits for, and nobody waits for what
is free. What a step answers, and what it leaves, is what a plain list of leases says.
"""

import itertools
import random
import re
from pathlib import Path

import pytest

from beadwork.model.errors import LeaseHeld
from beadwork.ops.lease import Acquired, AcquireLease, ListLeases, ShownLease, WithdrawLease
from beadwork.ops.lease_end import BreakLease, ReleaseLeases, RenewLeases
from tests.support import Project, quick_path

__all__ = ["quick_path"]

PATHS = ["/".join(each) for n in (1, 2, 3) for each in itertools.product("abc", repeat=n)]
PATTERNS = {
    "a": "a(/.+)?",
    "a/b": "a/b(/.+)?",
    "a/**": "a(/.+)?",
    "a/*": "a/[^/]+",
    "*/b": "[^/]+/b",
    "**/b": "([^/]+/)*b",
    "[bc]/**": "[bc](/.+)?",
    "c/?/c": "c/[^/]/c",
    "?": "[^/]",
}
"""Patterns, and by what regular expression their paths are found; all overlaps are in PATHS."""
COVERED = {p: frozenset(x for x in PATHS if re.fullmatch(r, x)) for p, r in PATTERNS.items()}
NAMES = ["build", "db"]
HOLDERS = [("ann", ""), ("bob", "1"), ("bob", "2"), ("carol", "")]
STEPS = 800


def things(lease: ShownLease) -> frozenset[str]:
    """Answer all that a lease is of: every path, every name."""
    paths = (COVERED[pattern] for pattern in lease.patterns)
    return frozenset().union(*paths, {f"name {name}" for name in lease.names})


def excludes(a: ShownLease, b: ShownLease) -> bool:
    is_other = (a.actor, a.session) != (b.actor, b.session)
    return is_other and (a.exclusive or b.exclusive) and bool(things(a) & things(b))


def standing(rows: list[ShownLease], wanted: ShownLease) -> list[int]:
    """Answer what stands before a wish: what is held, then what is ahead and waits for others."""
    others = [each for each in rows if excludes(each, wanted)]
    own = [each for each in rows if each.state == "held" and is_by(each, wanted)]
    ahead = [
        each
        for each in others
        if each.state == "waiting"
        and each.lease < wanted.lease
        and not any(excludes(each, mine) for mine in own)
    ]
    return [each.lease for each in others if each.state == "held"] + [each.lease for each in ahead]


def is_by(a: ShownLease, b: ShownLease) -> bool:
    return (a.actor, a.session) == (b.actor, b.session)


class Trial:
    """A store, and steps on it that are chosen by chance."""

    def __init__(self, project: Project, seed: int) -> None:
        self.project = project
        self.rng = random.Random(seed)
        self.asked: set[int] = set()
        """What is waited for, or was when it was asked for last."""
        self.seen = {"held": 0, "refused": 0, "waiting": 0, "from the line": 0, "already": 0}

    def rows(self) -> list[ShownLease]:
        return self.project.run(ListLeases()).leases

    def step(self) -> None:
        """Do one thing, and look at all that should hold."""
        self.project.engine.sweep_due()
        before = self.rows()
        self.check([], before)
        choices = [self.acquire] * 6 + [self.release] * 3 + [self.ask_again] * 3
        choices += [self.break_, self.withdraw, self.renew, self.pass_time]
        self.rng.choice(choices)(before)
        self.project.engine.sweep_due()
        after = self.rows()
        self.check(before, after)

    def check(self, before: list[ShownLease], after: list[ShownLease]) -> None:
        """Look at what always holds."""
        held = [each for each in after if each.state == "held"]
        for a, b in itertools.combinations(held, 2):
            assert not excludes(a, b), (a, b)
        for each in after:
            if each.state == "waiting":
                assert standing(after, each), f"{each} waits for what is free"
        if not before:
            return
        held_before = {each.lease for each in before if each.state == "held"}
        for new in held:
            if new.lease not in held_before:
                others = [each for each in after if each.lease != new.lease]
                ahead = set(standing(others, new)) - {each.lease for each in held}
                assert not ahead, f"{new} overtook {ahead}"

    # -- steps

    def acquire(self, before: list[ShownLease]) -> None:
        actor, session = self.rng.choice(HOLDERS)
        patterns = self.rng.sample(sorted(PATTERNS), self.rng.choice((0, 1, 1, 2)))
        names = self.rng.sample(NAMES, 0 if patterns else 1)
        is_waiting = self.rng.random() < 0.6
        request = AcquireLease(
            patterns=patterns,
            names=names,
            shared=self.rng.random() < 0.4,
            ttl_s=self.rng.choice((7.503, 60.503, 3600.503)),
            wait_s=600.0 if is_waiting else None,
        )
        self.ask(before, request, (actor, session))

    def ask(self, before: list[ShownLease], request: AcquireLease, holder: tuple[str, str]) -> None:
        """Ask once, and compare the answer with what the list says."""
        actor, session = holder
        wish = ShownLease(
            lease=10**9, actor=actor, session=session, state="waiting", exclusive=not request.shared,
            patterns=sorted(request.patterns), names=sorted(request.names), asked_at="",
        )  # fmt: skip
        same = [each for each in before if is_same(each, wish)]
        is_held = any(each.state == "held" for each in same)
        expected = [] if is_held else standing(before, same[0] if same else wish)
        outcome = self.outcome(request, holder)
        if isinstance(outcome, LeaseHeld):
            assert request.wait_s is None
            assert [each["lease"] for each in outcome.data["held_by"]] == expected != []
            self.seen["refused"] += 1
            return
        assert [each.lease for each in outcome.held_by] == expected
        assert outcome.lease.state == ("waiting" if expected else "held")
        assert not same or outcome.lease.lease in [each.lease for each in same]
        assert is_held or not outcome.already
        self.asked.discard(outcome.lease.lease)
        self.asked |= {outcome.lease.lease} if expected else set()
        self.seen[outcome.lease.state] += 1
        self.seen["already"] += outcome.already
        self.seen["from the line"] += is_held and not outcome.already

    def outcome(self, request: AcquireLease, holder: tuple[str, str]) -> Acquired | LeaseHeld:
        from beadwork.engine import Call, Caller
        from beadwork.model.claim import Holder
        from beadwork.ops.table import operation_of

        call = Call(operation_of(AcquireLease), request, Caller(Holder(*holder)))
        (outcome,) = self.project.engine.write_all([call])
        assert isinstance(outcome, Acquired | LeaseHeld), outcome
        return outcome

    def ask_again(self, before: list[ShownLease]) -> None:
        """Ask for what somebody waits for, or was granted from the line."""
        # Nobody knows from a list who was granted from the line and has not come for it.
        waiting = [each for each in before if each.lease in self.asked]
        if waiting:
            one = self.rng.choice(waiting)
            request = AcquireLease(
                patterns=one.patterns, names=one.names, shared=not one.exclusive, wait_s=600.0
            )
            self.ask(before, request, (one.actor, one.session))

    def release(self, before: list[ShownLease]) -> None:
        if before:
            one = self.rng.choice(before)
            self.project.run(ReleaseLeases(leases=[one.lease]), one.actor, one.session)
            self.require_ended(before, one)

    def break_(self, before: list[ShownLease]) -> None:
        if before:
            one = self.rng.choice(before)
            self.project.run(BreakLease(lease=one.lease, reason="Chance"))
            self.require_ended(before, one)

    def withdraw(self, before: list[ShownLease]) -> None:
        waiting = [each for each in before if each.state == "waiting"]
        if waiting:
            one = self.rng.choice(waiting)
            request = WithdrawLease(
                patterns=one.patterns, names=one.names, shared=not one.exclusive
            )
            gone = self.project.run(request, one.actor, one.session).leases
            if not any(is_same(each, one) and each.state == "held" for each in before):
                assert [each.lease for each in gone] == [one.lease]
                self.require_ended(before, one)

    def renew(self, before: list[ShownLease]) -> None:
        if before:
            one = self.rng.choice(before)
            self.project.run(RenewLeases(), one.actor, one.session)
            assert states(self.rows()) == states(before)

    def pass_time(self, before: list[ShownLease]) -> None:
        del before
        # Odd lengths: no two of the times that things end at are the same.
        seconds = self.rng.choice((0.371, 0.917, 1.131, 4.931, 9.317, 33.173, -40.611, 4000.077))
        self.project.clock.advance(seconds)

    def require_ended(self, before: list[ShownLease], gone: ShownLease) -> None:
        """Compare what is left with what the list says: those in line come next in their turn."""
        expected = [each for each in before if each.lease != gone.lease]
        for each in expected:
            if each.state == "waiting" and not standing(expected, each):
                each.state = "held"
        assert states(self.rows()) == states(expected)


def is_same(a: ShownLease, b: ShownLease) -> bool:
    return is_by(a, b) and (a.exclusive, a.patterns, a.names) == (b.exclusive, b.patterns, b.names)


def states(rows: list[ShownLease]) -> list[tuple[int, str]]:
    return [(each.lease, each.state) for each in rows]


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_what_always_holds_of_leases_holds(quick_path: Path, seed: int) -> None:
    project = Project(quick_path)
    try:
        trial = Trial(project, seed)
        for _ in range(STEPS):
            trial.step()
        assert all(count > 2 for count in trial.seen.values()), trial.seen
    finally:
        project.close()


def test_the_paths_that_are_tried_tell_every_overlap() -> None:
    from beadwork.model.globs import overlaps

    for a, b in itertools.combinations(PATTERNS, 2):
        assert overlaps(a, b) == bool(COVERED[a] & COVERED[b]), (a, b)
