"""Leases exclude or are shared, carry epochs, and are waited for in line (R19, R20)."""

import pytest

from beadwork.model.errors import (
    BeadworkError,
    InvalidField,
    InvalidPath,
    InvalidRequest,
    LeaseHeld,
    LeaseStale,
    UndoConflict,
    UnknownEvent,
    UnknownLease,
)
from beadwork.model.limits import (
    LEASE_KEPT_US,
    LEASE_SESSION_UNSEEN_US,
    LEASE_TOLD_US,
    LEASE_UNASKED_US,
)
from beadwork.ops.agent import LeaveAgent, ListAgents
from beadwork.ops.delivery import ReceiveMessages
from beadwork.ops.event import ListEvents, Undo
from beadwork.ops.issue import ListIssues
from beadwork.ops.issue_create import CreateIssue
from beadwork.ops.lease import (
    Acquired,
    AcquireLease,
    CheckLeases,
    ListLeases,
    ShownLease,
    WithdrawLease,
)
from beadwork.ops.lease_end import BreakLease, ReleaseLeases, RenewLeases
from beadwork.ops.message import SendMessage
from tests.support import SECOND_US, Project, call, query


def acquire(project: Project, *patterns: str, actor: str = "alice", **fields: object) -> Acquired:
    session = str(fields.pop("session", ""))
    return project.run(AcquireLease(patterns=list(patterns), **fields), actor, session)  # type: ignore[arg-type]


def ask(project: Project, *patterns: str, actor: str, **fields: object) -> Acquired:
    """Ask once, as a request that waits does again and again."""
    request = AcquireLease(patterns=list(patterns), wait_s=60.0, **fields)  # type: ignore[arg-type]
    (outcome,) = project.batch(request, actor=actor)
    assert isinstance(outcome, Acquired), outcome
    return outcome


def live(project: Project, **fields: object) -> list[ShownLease]:
    return project.run(ListLeases(**fields)).leases  # type: ignore[arg-type]


def held(project: Project) -> list[tuple[str, list[str]]]:
    return [(each.actor, each.patterns) for each in live(project) if each.state == "held"]


# -- acquiring


def test_an_exclusive_lease_excludes_what_overlaps(project: Project) -> None:
    acquire(project, "src/**", reason="Parser")
    for pattern in ("src/a.py", "**/*.py", "src/", "**", "s*/x"):
        with pytest.raises(LeaseHeld) as caught:
            acquire(project, pattern, actor="bob")
        assert caught.value.data["holder"] == "alice"
        assert caught.value.data["lease"] == 1
        assert caught.value.data["resources"] == ["src/**"]
        assert caught.value.data["reason"] == "Parser"
        assert caught.value.data["until"].startswith("2026-01-01T01:00:00")
        assert "--wait" in caught.value.hint
        assert "bd msg send --to alice" in caught.value.hint
    assert acquire(project, "docs/**", actor="bob").lease.state == "held"


def test_a_plain_path_covers_all_below_it_before_it_is_there(project: Project) -> None:
    acquire(project, "new")
    for pattern in ("new/a.py", "new/", "new/**/x", "*/a"):
        with pytest.raises(LeaseHeld):
            acquire(project, pattern, actor="bob")
    acquire(project, "news", actor="bob")
    found = project.run(CheckLeases(paths=["new/deep/a", "newer"]), actor="bob").covered
    assert [(each.path, each.pattern) for each in found] == [("new/deep/a", "new")]
    assert [each.lease for each in live(project, path="new/a")] == [1]
    assert acquire(project, "new/").already


def test_shared_leases_share_and_an_exclusive_one_does_not_join(project: Project) -> None:
    acquire(project, "src/**", shared=True)
    acquire(project, "src/a", actor="bob", shared=True)
    with pytest.raises(LeaseHeld):
        acquire(project, "src/**", actor="carol")
    project.run(ReleaseLeases(all=True))
    with pytest.raises(LeaseHeld) as caught:
        acquire(project, "src/**", actor="carol")
    assert caught.value.data["holder"] == "bob"


def test_names_are_compared_as_they_are_and_never_with_paths(project: Project) -> None:
    acquire(project, names=["build", "src/**"])
    acquire(project, "src/**", "build", actor="bob")
    acquire(project, names=["Build", "build*"], actor="bob")
    with pytest.raises(LeaseHeld) as caught:
        acquire(project, names=["build"], actor="bob")
    assert caught.value.data["resources"] == ["build"]


def test_all_of_a_lease_is_granted_or_nothing(project: Project) -> None:
    acquire(project, "b/**")
    with pytest.raises(LeaseHeld):
        acquire(project, "a/**", "b/x", actor="bob")
    assert held(project) == [("alice", ["b/**"])]


def test_braces_are_taken_apart_and_a_set_is_one_in_any_order(project: Project) -> None:
    first = acquire(project, "src/{b,a}.py", "x/")
    assert first.lease.patterns == ["src/a.py", "src/b.py", "x/**"]
    again = acquire(project, "x/**", "./src/a.py", "src//b.py")
    assert (again.already, again.lease.lease) == (True, 1)


def test_a_repeat_answers_already_with_its_epoch_and_renews(project: Project) -> None:
    first = acquire(project, "src/**", ttl_s=60.0)
    project.clock.advance(30)
    again = acquire(project, "src/**", ttl_s=60.0)
    assert again.already
    assert again.lease.lease_epoch == first.lease.lease_epoch > 0
    assert again.lease.expires_at > first.lease.expires_at
    assert acquire(project, "src/**", ttl_s=1.0).lease.expires_at >= again.lease.expires_at


def test_what_a_holder_has_does_not_exclude_it_from_more(project: Project) -> None:
    acquire(project, "src/**")
    assert not acquire(project, "src/a.py").already
    assert not acquire(project, "src/**", shared=True).already
    project.run(ReleaseLeases(leases=[1, 3]))
    acquire(project, "src/b.py", actor="bob")
    with pytest.raises(LeaseHeld):
        acquire(project, "src/a.py", actor="bob")


def test_a_shared_lease_becomes_exclusive_only_if_nobody_shares_it(project: Project) -> None:
    acquire(project, "a", shared=True)
    acquire(project, "a", shared=True, actor="bob")
    with pytest.raises(LeaseHeld):
        acquire(project, "a")
    project.run(ReleaseLeases(all=True), "bob")
    assert acquire(project, "a").lease.exclusive


def test_two_sessions_of_one_actor_are_two_holders(project: Project) -> None:
    acquire(project, "a", session="one")
    with pytest.raises(LeaseHeld):
        acquire(project, "a", session="two")
    assert acquire(project, "a").already


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"patterns": []}, InvalidField),
        ({"patterns": ["a["]}, InvalidField),
        ({"patterns": ["/a"]}, InvalidPath),
        ({"patterns": ["../a"]}, InvalidPath),
        ({"patterns": [f"a{i}" for i in range(201)]}, InvalidField),
        ({"names": [" "]}, InvalidField),
        ({"names": ["a\nb"]}, InvalidField),
        ({"names": ["x" * 256]}, InvalidField),
        ({"patterns": ["a"], "until_session_ends": True}, InvalidField),
        ({"patterns": ["a"], "until_session_ends": True, "ttl_s": 1.0}, InvalidField),
        ({"patterns": ["a"], "ttl_s": 0.0}, InvalidRequest),
        ({"patterns": ["a"], "ttl_s": 1e12}, InvalidRequest),
        ({"patterns": ["a"], "wait_s": -1.0}, InvalidRequest),
    ],
)
def test_what_can_be_no_lease_is_refused_with_a_hint(
    project: Project, fields: dict[str, object], error: type[BeadworkError]
) -> None:
    with pytest.raises(error) as caught:
        project.run(AcquireLease(**fields))  # type: ignore[arg-type]
    assert caught.value.hint
    assert live(project) == []


# -- time, sessions, epochs


def test_a_lease_ends_with_its_time_and_a_later_grant_has_a_higher_epoch(project: Project) -> None:
    first = acquire(project, "a", ttl_s=60.0)
    project.clock.advance(59)
    with pytest.raises(LeaseHeld):
        acquire(project, "a", actor="bob")
    project.clock.advance(2)
    assert live(project) == []
    second = acquire(project, "a", actor="bob")
    assert second.lease.lease_epoch > first.lease.lease_epoch
    for request in (RenewLeases(leases=[1]), ReleaseLeases(leases=[1])):
        with pytest.raises(LeaseStale) as caught:
            project.run(request)
        assert caught.value.data["state"] == "expired"


def test_epochs_grow_though_the_clock_goes_back(project: Project) -> None:
    first = acquire(project, "a")
    project.run(ReleaseLeases(all=True))
    project.clock.advance(-86400)
    assert acquire(project, "a").lease.lease_epoch > first.lease.lease_epoch


def test_a_lease_of_a_session_ends_with_it_and_not_with_time(project: Project) -> None:
    acquire(project, "a", session="s1", until_session_ends=True)
    acquire(project, "b", session="s1")
    acquire(project, "c", session="s2", until_session_ends=True)
    project.clock.advance(3000)
    with project.transaction() as tx:
        ended = tx.leases.end_session("s1")
        assert [(each.number, each.state) for each in ended] == [(1, "released"), (2, "released")]
        assert [each.number for each in tx.leases.live()] == [3]
        assert tx.leases.end_session("") == []
    project.clock.advance(86400 * 365)
    assert [each.lease for each in live(project)] == [1, 3]


def test_a_renewal_counts_from_now(project: Project) -> None:
    acquire(project, "a", ttl_s=60.0)
    acquire(project, "b", session="s", until_session_ends=True)
    project.clock.advance(50)
    (a, b) = project.run(RenewLeases()).leases
    assert (a.expires_at[:19], b.expires_at) == ("2026-01-01T00:01:50", "")
    (a,) = project.run(RenewLeases(patterns=["a"], lease_epoch=a.lease_epoch, ttl_s=10.0)).leases
    assert a.expires_at[:19] == "2026-01-01T00:01:00"
    with pytest.raises(UnknownLease, match="You hold no lease"):
        project.run(RenewLeases(), actor="bob")


@pytest.mark.parametrize("kind", [RenewLeases, ReleaseLeases])
def test_a_stale_epoch_and_anothers_lease_are_refused(
    project: Project, kind: type[RenewLeases | ReleaseLeases]
) -> None:
    epoch = acquire(project, "a").lease.lease_epoch
    with pytest.raises(LeaseStale):
        project.run(kind(leases=[1], lease_epoch=epoch + 1))
    with pytest.raises(LeaseHeld) as caught:
        project.run(kind(leases=[1]), actor="bob")
    assert "bd lease break 1" in caught.value.hint
    with pytest.raises(UnknownLease):
        project.run(kind(leases=[2]))
    with pytest.raises(UnknownLease):
        project.run(kind(patterns=["b"]))
    with pytest.raises(LeaseStale):
        project.run(kind(patterns=["b"], lease_epoch=epoch))
    with pytest.raises(InvalidField):
        project.run(kind(leases=[1, 2], lease_epoch=epoch))
    assert held(project) == [("alice", ["a"])]


def test_who_renews_what_was_lost_is_told(project: Project) -> None:
    acquire(project, "a")
    acquire(project, "b", ttl_s=60)
    acquire(project, "c")
    project.run(ReleaseLeases(patterns=["c"]))
    project.run(BreakLease(lease=1, reason="Gone"), actor="cy")
    project.clock.advance(120)
    with pytest.raises(LeaseStale, match="lease 1 of a has ended: broken by cy: Gone") as caught:
        project.run(RenewLeases())
    assert "lease 2 of b has ended: expired" in caught.value.message
    assert "lease 3" not in caught.value.message
    with pytest.raises(LeaseStale, match="broken by cy: Gone"):
        project.run(RenewLeases(patterns=["a"]))
    with pytest.raises(LeaseStale, match="expired"):
        project.run(ReleaseLeases(patterns=["b"]))
    with pytest.raises(UnknownLease, match="You hold no lease of c"):
        project.run(RenewLeases(patterns=["c"]))
    project.clock.advance(LEASE_TOLD_US / SECOND_US)
    with pytest.raises(UnknownLease, match="You hold no lease"):
        project.run(RenewLeases())


def test_a_release_gives_back_no_more_than_is_named(project: Project) -> None:
    acquire(project, "src", "docs/**", names=["db"])
    with pytest.raises(InvalidField, match=r"Lease 1 also covers docs/\*\*, db$") as caught:
        project.run(ReleaseLeases(patterns=["src"]))
    assert "bd lease release 1" in caught.value.hint
    with pytest.raises(UnknownLease) as unknown:
        project.run(ReleaseLeases(patterns=["src/a"]))
    assert "lease 1" in unknown.value.hint
    acquire(project, "src/")
    (released,) = project.run(ReleaseLeases(patterns=["src"])).leases
    assert released.lease == 2
    (released,) = project.run(ReleaseLeases(patterns=["src/**", "docs"], names=["db"])).leases
    assert released.lease == 1


def test_a_lease_is_thirty_days_long_at_most(project: Project) -> None:
    acquire(project, "a", ttl_s=30 * 86400.0)
    for request in (
        AcquireLease(patterns=["b"], ttl_s=30 * 86400.0 + 1),
        RenewLeases(leases=[1], ttl_s=31 * 86400.0),
    ):
        with pytest.raises(InvalidField, match="more than 30 days"):
            project.run(request)


def test_a_release_can_be_repeated(project: Project) -> None:
    acquire(project, "a")
    for _ in range(2):
        (lease,) = project.run(ReleaseLeases(leases=[1])).leases
        assert (lease.state, lease.ended_by) == ("released", "alice")
    assert project.run(ReleaseLeases(all=True)).leases == []
    with pytest.raises(InvalidField):
        project.run(ReleaseLeases())


# -- what a person breaks


def test_a_broken_lease_leaves_a_trace_and_its_holder_learns_of_it(project: Project) -> None:
    acquire(project, "a")
    (broken,) = project.run(BreakLease(lease=1, reason="Gone home"), actor="carol").leases
    assert (broken.state, broken.ended_by, broken.why) == ("broken", "carol", "Gone home")
    with pytest.raises(LeaseStale, match="broken by carol: Gone home"):
        project.run(RenewLeases(leases=[1]))
    event, news = project.run(ListEvents()).events[-2:]
    assert (event.kind, event.actor) == ("lease.broken", "carol")
    assert (news.kind, news.actor) == ("sent", "carol")
    (told,) = project.run(ReceiveMessages(), actor="alice").messages
    assert (told.message.type, told.message.payload["lease"]) == ("alert", 1)
    assert "carol has broken your lease 1 of a: Gone home" in told.message.payload["text"]
    assert event.changes[0].field == "lease.1"
    assert event.changes[0].after["why"] == "Gone home"
    with pytest.raises(LeaseStale):
        project.run(BreakLease(lease=1, reason="Again"), actor="carol")
    with pytest.raises(InvalidField):
        project.run(BreakLease(lease=1, reason=" "), actor="carol")
    with pytest.raises(UnknownLease):
        project.run(BreakLease(lease=2, reason="What"), actor="carol")


def test_a_lease_is_broken_by_what_only_it_is_of(project: Project) -> None:
    acquire(project, "a", "b")
    acquire(project, "b", "c")
    acquire(project, names=["db"])
    ask(project, "a", actor="dan")
    with pytest.raises(InvalidField, match="several leases of b: 1, 2"):
        project.run(BreakLease(patterns=["b"], reason="Gone"), actor="cy")
    with pytest.raises(UnknownLease):
        project.run(BreakLease(patterns=["z"], reason="Gone"), actor="cy")
    for request in (BreakLease(reason="Gone"), BreakLease(lease=1, names=["db"], reason="Gone")):
        with pytest.raises(InvalidField, match="One lease"):
            project.run(request, actor="cy")
    for request, number in (
        (BreakLease(patterns=["a/"], reason="Gone"), 1),
        (BreakLease(names=["db"], reason="Gone"), 3),
    ):
        assert [each.lease for each in project.run(request, actor="cy").leases] == [number]


# -- sessions that go


def test_a_session_that_is_gone_for_a_day_holds_nothing(project: Project) -> None:
    acquire(project, "a", session="s1", until_session_ends=True)
    acquire(project, "b", session="s2", until_session_ends=True)
    project.clock.advance(LEASE_SESSION_UNSEEN_US / SECOND_US - 10)
    acquire(project, "c", session="s2")
    acquire(project, "d", session="s3")
    project.clock.advance(20)
    project.run(CreateIssue(title="x"), actor="bob")
    assert [each.patterns for each in live(project) if not each.expires_at] == [["b"]]
    (lost,) = [each for each in live(project, all=True) if each.lease == 1]
    assert (lost.state, lost.why) == ("expired", "Its session was not seen for a day")
    project.clock.advance(LEASE_SESSION_UNSEEN_US / SECOND_US)
    project.run(CreateIssue(title="y"), actor="bob")
    assert live(project) == []


def test_who_leaves_without_a_session_gives_back_what_is_of_none(project: Project) -> None:
    acquire(project, "a")
    acquire(project, "b", session="s1")
    project.run(SendMessage(to=["alice"], payload={"text": "x"}), actor="bob")
    assert len(project.run(ReceiveMessages()).messages) == 1
    left = project.run(LeaveAgent())
    assert (left.leases, left.returned, left.stays) == ([1], 1, True)
    (alice,) = [each for each in project.run(ListAgents()).agents if each.name == "alice"]
    assert alice.state == "here"
    assert len(project.run(ReceiveMessages(), session="s1").messages) == 1
    left = project.run(LeaveAgent(), session="s1")
    assert (left.leases, left.returned, left.stays) == ([2], 1, False)
    (alice,) = [each for each in project.run(ListAgents()).agents if each.name == "alice"]
    assert alice.state == "left"


# -- the line


def test_who_waits_is_granted_in_turn_as_leases_end(project: Project) -> None:
    acquire(project, "a")
    bob = ask(project, "a", actor="bob")
    assert (bob.lease.state, bob.held_by[0].holder) == ("waiting", "alice")
    assert bob.is_pending
    carol = ask(project, "a", actor="carol")
    assert [each.holder for each in carol.held_by] == ["alice", "bob"]
    project.run(ReleaseLeases(all=True))
    assert held(project) == [("bob", ["a"])]
    got = ask(project, "a", actor="bob")
    assert (got.lease.state, got.already, got.is_pending) == ("held", False, False)
    assert ask(project, "a", actor="bob").already
    assert ask(project, "a", actor="carol").held_by[0].holder == "bob"
    project.run(BreakLease(lease=2, reason="x"), actor="carol")
    assert ask(project, "a", actor="carol").lease.state == "held"


def test_nobody_overtakes_an_earlier_one_in_line(project: Project) -> None:
    acquire(project, "a", shared=True)
    ask(project, "a", actor="bob")
    with pytest.raises(LeaseHeld) as caught:
        acquire(project, "a", actor="carol", shared=True)
    assert (caught.value.data["holder"], caught.value.data["lease"]) == ("bob", 2)
    assert ask(project, "b", actor="carol").lease.state == "held"
    ask(project, "a", actor="carol", shared=True)
    ask(project, "a", actor="dan", shared=True)
    project.run(ReleaseLeases(all=True))
    assert held(project) == [("bob", ["a"]), ("carol", ["b"])]
    project.run(ReleaseLeases(all=True), actor="bob")
    assert [actor for actor, patterns in held(project) if patterns == ["a"]] == ["carol", "dan"]


def test_who_waits_for_ones_own_lease_does_not_hold_one_up(project: Project) -> None:
    acquire(project, "src/a")
    ask(project, "src/**", actor="bob")
    assert acquire(project, "src/b").lease.state == "held"
    with pytest.raises(LeaseHeld):
        acquire(project, "src/c", actor="carol")


def test_a_grant_lets_its_holder_pass_those_who_wait_for_it_now(project: Project) -> None:
    acquire(project, "a", actor="carol")
    acquire(project, "d", actor="dan")
    ask(project, "a", actor="alice")
    ask(project, "a", "b", "d", actor="bob")
    assert ask(project, "b", actor="alice").held_by[0].holder == "bob"
    project.run(ReleaseLeases(all=True), actor="carol")
    assert held(project) == [("dan", ["d"]), ("alice", ["a"]), ("alice", ["b"])]


def test_a_dead_waiter_leaves_the_line_by_itself(project: Project) -> None:
    acquire(project, "a", ttl_s=3000.0)
    ask(project, "a", actor="bob")
    project.clock.advance(20)
    ask(project, "a", actor="carol")
    project.clock.advance(11)
    assert [each.actor for each in live(project)] == ["alice", "carol"]
    project.run(ReleaseLeases(all=True))
    assert ask(project, "a", actor="carol").lease.state == "held"
    assert query(project.place, "SELECT why FROM lease WHERE state = 'withdrawn'") == [
        ("Nobody asked for it any more",)
    ]


def test_what_is_granted_from_the_line_and_not_fetched_goes_on(project: Project) -> None:
    acquire(project, "a")
    ask(project, "a", actor="bob")
    ask(project, "a", actor="carol")
    project.run(ReleaseLeases(all=True))
    assert held(project) == [("bob", ["a"])]
    for _ in range(3):
        project.clock.advance(11)
        ask(project, "a", actor="carol")
    assert held(project) == [("carol", ["a"])]


def test_a_short_wait_stands_in_line_for_a_short_time(project: Project) -> None:
    acquire(project, "a")
    (outcome,) = project.batch(AcquireLease(patterns=["a"], wait_s=1.0), actor="bob")
    assert isinstance(outcome, Acquired)
    assert outcome.is_pending
    project.clock.advance(7)
    assert [each.actor for each in live(project)] == ["alice"]


def test_a_clock_that_goes_back_leaves_nobody_in_line_for_hours(project: Project) -> None:
    acquire(project, "a")
    ask(project, "a", actor="bob")
    project.clock.advance(-7200)
    project.run(CreateIssue(title="Any write"))
    project.clock.advance(LEASE_UNASKED_US / SECOND_US + 1)
    assert [each.actor for each in live(project)] == ["alice"]


def test_a_clock_that_leaps_ends_what_is_bound_to_time_and_the_line_goes_on(
    project: Project,
) -> None:
    acquire(project, "a")
    ask(project, "a", actor="bob")
    project.clock.advance(86400)
    assert ask(project, "a", actor="bob").lease.state == "held"


def test_an_interrupted_wait_leaves_the_line(project: Project) -> None:
    acquire(project, "src/**", actor="bob")

    class Interrupted:
        def wait(self, look_s: float | None) -> bool:
            raise KeyboardInterrupt

        def close(self) -> None:
            pass

    project.engine.listen = lambda *_: Interrupted()
    with pytest.raises(KeyboardInterrupt):
        acquire(project, "src/**", actor="carol", wait_s=600)
    states = [each.actor for each in project.run(ListLeases()).leases]
    assert states == ["bob"]


def test_one_can_leave_the_line(project: Project) -> None:
    acquire(project, "a", shared=True)
    ask(project, "a", actor="bob")
    ask(project, "a", actor="carol", shared=True)
    (left,) = project.run(WithdrawLease(patterns=["a"]), actor="bob").leases
    assert left.state == "withdrawn"
    assert ask(project, "a", actor="carol", shared=True).lease.state == "held"
    assert project.run(WithdrawLease(patterns=["a"]), actor="bob").leases == []
    assert project.run(WithdrawLease(patterns=["a"], shared=True), actor="carol").leases == []
    ask(project, "a", actor="bob")
    project.run(ReleaseLeases(patterns=["a"]), actor="bob")
    assert [each.state for each in live(project)] == ["held", "held"]


def test_leaving_gives_back_what_was_granted_meanwhile(project: Project) -> None:
    acquire(project, "a")
    ask(project, "a", actor="bob")
    project.run(ReleaseLeases(all=True))
    (left,) = project.run(WithdrawLease(patterns=["a"]), actor="bob").leases
    assert left.state == "withdrawn"
    assert live(project) == []


def test_a_wait_that_is_over_answers_with_what_stands_before(project: Project) -> None:
    acquire(project, "a")
    answer = acquire(project, "a", actor="bob", wait_s=0.01)
    assert answer.is_pending
    assert answer.held_by[0].resources == ["a"]


def test_a_commit_wakes_those_who_were_granted_from_the_line(project: Project) -> None:
    acquire(project, "a")
    bob = ask(project, "a", actor="bob")
    woken: list[frozenset[str]] = []
    project.engine.on_woken = woken.append
    project.run(ReleaseLeases(all=True))
    assert set(bob.wake_on) <= woken[0]


# -- looking


def test_leases_are_listed_by_holder_path_and_age(project: Project) -> None:
    acquire(project, "src/**", session="s")
    acquire(project, "*.md", actor="bob", shared=True)
    ask(project, "src/a", actor="bob")
    assert [each.lease for each in live(project)] == [1, 2, 3]
    assert [each.lease for each in live(project, mine=True)] == [1]
    assert [each.lease for each in live(project, holder="bob")] == [2, 3]
    assert [each.lease for each in live(project, path="./src/a")] == [1, 3]
    assert [each.lease for each in live(project, path="src")] == [1]
    project.run(ReleaseLeases(all=True), actor="bob")
    assert [each.lease for each in live(project)] == [1]
    assert [each.lease for each in live(project, all=True)] == [3, 2, 1]
    assert [each.lease for each in live(project, all=True, limit=1)] == [3]
    with pytest.raises(InvalidPath):
        live(project, path="/a")


def test_a_check_names_what_others_cover(project: Project) -> None:
    acquire(project, "src/**", "x")
    acquire(project, "docs/*", shared=True)
    ask(project, "x", actor="carol")
    check = CheckLeases(paths=["src/a", "src", "docs/b", "other"])
    found = project.run(check, actor="bob").covered
    assert [(each.path, each.pattern) for each in found] == [
        ("src/a", "src/**"),
        ("src", "src/**"),
        ("docs/b", "docs/*"),
    ]
    only = CheckLeases(paths=["src/a", "docs/b"], only_exclusive=True)
    assert [each.path for each in project.run(only, actor="bob").covered] == ["src/a"]
    assert project.run(check).covered == []
    project.clock.advance(3601)
    assert project.run(check, actor="bob").covered == []


# -- the log


def test_what_happens_to_leases_is_logged_and_is_no_event_of_an_issue(project: Project) -> None:
    acquire(project, "a")
    ask(project, "a", actor="bob")
    project.run(RenewLeases())
    project.run(ReleaseLeases(all=True))
    project.run(WithdrawLease(patterns=["a"]), actor="bob")
    acquire(project, "a", ttl_s=1.0)
    project.clock.advance(2)
    project.run(CreateIssue(title="Any write"))
    events = project.run(ListEvents()).events
    kinds = ["leased", "lease.asked", "lease.renewed", "unleased", "leased", "lease.withdrawn",
             "leased", "lease.expired", "created"]  # fmt: skip
    assert [each.kind for each in events] == kinds
    assert {each.issue_id for each in events[:-1]} == {""}
    assert len(project.run(ListIssues()).issues) == 1


def test_undo_passes_over_leases(project: Project) -> None:
    acquire(project, "a")
    with pytest.raises(UnknownEvent):
        project.run(Undo())
    with pytest.raises(UndoConflict) as caught:
        project.run(Undo(request=1))
    assert "file" not in caught.value.hint


def test_old_leases_and_their_events_go(project: Project) -> None:
    acquire(project, "a", ttl_s=1.0)
    acquire(project, "b", ttl_s=1.0)
    project.clock.advance(5)
    project.run(CreateIssue(title="Any write"))
    project.clock.advance(LEASE_KEPT_US / SECOND_US + 10)
    project.run(CreateIssue(title="Another"))
    assert query(project.place, "SELECT number FROM lease") == [(2,)]
    kinds = [each.kind for each in project.run(ListEvents()).events]
    assert kinds == ["created", "created"]
    assert acquire(project, "c").lease.lease == 3


def test_one_transaction_grants_a_path_once(project: Project) -> None:
    outcomes = project.engine.write_all(
        [call(AcquireLease(patterns=["a/**"]), f"agent{i}") for i in range(20)]
    )
    assert sum(isinstance(each, Acquired) for each in outcomes) == 1
    assert sum(isinstance(each, LeaseHeld) for each in outcomes) == 19
