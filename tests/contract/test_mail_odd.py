"""Messages where something goes wrong around them: waiting, ending, clocks that jump, old age."""

import threading

import pytest

from beadwork.compose.engines import now_us
from beadwork.engine import Call, Caller
from beadwork.model import limits
from beadwork.model.claim import Holder
from beadwork.model.errors import (
    BeadworkError,
    InvalidField,
    InvalidRequest,
    MessageExpired,
    StoreTrouble,
    UnknownReceipt,
)
from beadwork.ops.agent import LeaveAgent, ListAgents
from beadwork.ops.batch import RunBatch, Step
from beadwork.ops.blob import PutBlob
from beadwork.ops.dead_letter import ListDeadLetters
from beadwork.ops.delivery import AcknowledgeMessage, ExtendHold, ReceiveMessages, ReturnMessage
from beadwork.ops.lease import AcquireLease
from beadwork.ops.mailbox import IndexMessages, ListMessages, SearchMessages
from beadwork.ops.message import SendMessage, Sent
from beadwork.ops.reply import AwaitReply, ReplyMessage
from beadwork.ops.table import operation_of
from beadwork.store.claims import ClaimStore
from tests.support import DAY_US, SECOND_US, Project, SetClock


def send(project: Project, to: str, text: str = "hi", actor: str = "alice", **more: object) -> Sent:
    return project.run(SendMessage(to=[to], payload={"text": text}, **more), actor)  # type: ignore[arg-type]


class RealClock(SetClock):
    """The clock on the wall."""

    def __call__(self) -> int:
        return now_us()


# ------------------------------------------------------------------------------- who finds nothing


def test_who_finds_nothing_commits_nothing(project: Project) -> None:
    other = Project(project.root, clock=project.clock)
    other.run(ReceiveMessages(), "carol")
    project.run(ReceiveMessages(), "bob")
    seen = other.engine.foreign_version()
    assert not project.run(ReceiveMessages(), "bob").messages
    with pytest.raises(BeadworkError):
        send(project, "bob", thread="01JZ8Q4N2R0000003YB1C5T7M2")
    assert other.engine.foreign_version() == seen
    other.close()


def test_those_who_wait_without_a_daemon_do_not_wake_one_another(project: Project) -> None:
    send(project, "nobody")
    commits: list[str] = []

    def wait(name: str) -> None:
        own = Project(project.root, clock=RealClock(), at=lambda at: commits.append(f"{name} {at}"))
        own.run(ReceiveMessages(wait_s=0.6), name)
        own.close()

    threads = [threading.Thread(target=wait, args=(name,)) for name in ("bob", "carol", "dave")]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len([each for each in commits if each.endswith("before_commit")]) <= 9


def test_who_holds_much_is_told_how_much_waits_besides(project: Project) -> None:
    for number in range(25):
        send(project, "bob", str(number))
    project.run(ReceiveMessages(limit=24), "bob")
    assert project.run(ReceiveMessages(), "bob").waiting == 1


# ----------------------------------------------------------------------------------------- old age


def dead_letters(project: Project) -> int:
    return len(project.run(ListDeadLetters()).messages)


def test_who_dies_late_is_a_dead_letter_for_as_long_as_others(project: Project) -> None:
    send(project, "bob")
    project.clock.advance(limits.DEAD_LETTER_KEPT_US / SECOND_US + 1)
    (handed,) = project.run(ReceiveMessages(), "bob").messages
    project.run(ReturnMessage(receipt=handed.receipt, dead=True), "bob")
    project.clock.advance(1000)
    send(project, "carol")
    assert dead_letters(project) == 1
    project.clock.advance(limits.DEAD_LETTER_KEPT_US / SECOND_US)
    send(project, "carol")
    assert dead_letters(project) == 0


def test_the_old_are_gone_through_some_at_a_time(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "SWEEP_ROWS_MAX", 3)
    for _ in range(4):
        send(project, "nobody")
    for _ in range(4):
        send(project, "#nobody")
    project.clock.advance(limits.MESSAGE_KEPT_US / SECOND_US)
    send(project, "nobody")
    for expected in (7, 5, 5):
        project.clock.advance(1)
        project.run(ReceiveMessages(), "carol")
        assert len(project.run(ListMessages()).messages) == expected


def test_a_time_far_ahead_does_not_keep_what_was_sent_after_it(project: Project) -> None:
    project.clock.advance(1000 * DAY_US / SECOND_US)
    send(project, "#nobody")
    project.clock.advance(-1000 * DAY_US / SECOND_US)
    send(project, "#nobody")
    project.clock.advance(limits.MESSAGE_KEPT_US / SECOND_US + 1)
    send(project, "nobody")
    assert len(project.run(ListMessages()).messages) == 2


# ---------------------------------------------------------------------------------- odd payloads


def deep(levels: int) -> object:
    value: object = "needle"
    for _ in range(levels):
        value = [value]
    return value


def test_a_deep_payload_is_found_and_a_deeper_one_refused(project: Project) -> None:
    most = limits.JSON_LEVELS_MAX
    project.run(SendMessage(to=["bob"], type="data", payload=deep(most)))
    with pytest.raises(InvalidField, match="levels"):
        project.run(SendMessage(to=["bob"], type="data", payload=deep(most + 1)))
    with pytest.raises(InvalidField, match="levels"):
        project.run(SendMessage(to=["bob"], type="data", payload=[deep(most), "x" * 5000]))
    assert project.run(IndexMessages()).count == 1
    assert len(project.run(SearchMessages(query="needle")).messages) == 1


def test_what_is_no_payload_does_not_stop_the_index(project: Project) -> None:
    blob = project.run(PutBlob(text="{ no JSON")).digest
    project.run(SendMessage(to=["bob"], type="data", payload="\0aside", blob=blob))
    send(project, "bob", "needle")
    assert len(project.run(SearchMessages(query="needle")).messages) == 1
    assert project.run(IndexMessages()).count == 2
    assert len(project.run(SearchMessages(query="needle")).messages) == 1


def test_much_text_is_indexed_some_at_a_time(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "SEARCH_BATCH_CHARS", 1000)
    for _ in range(3):
        send(project, "bob", "needle " * 100)
    assert [project.run(IndexMessages()).count for _ in range(3)] == [2, 1, 0]
    assert len(project.run(SearchMessages(query="needle")).messages) == 3


def test_what_is_too_deep_to_be_read_is_no_request(project: Project) -> None:
    nested = b"[" * 50_000 + b"]" * 50_000
    with pytest.raises(InvalidRequest):
        project.engine.request("message.send", b'{"to":["bob"],"payload":' + nested + b"}")


# -------------------------------------------------------------------------------- who is here


def state_of(project: Project, name: str) -> str:
    return next(each.state for each in project.run(ListAgents()).agents if each.name == name)


def fate(project: Project, attempt: str) -> str:
    return send(project, f"attempt:{attempt}").deliveries[0].state


def test_who_leaves_in_a_batch_has_left(project: Project) -> None:
    leave = RunBatch(operations=[Step(operation="agent.leave")])
    project.run(leave, "bob", "one")
    project.run(ReceiveMessages(), "carol")
    project.clock.advance(60)
    project.run(leave, "carol")
    assert fate(project, "one") == "skipped"
    assert state_of(project, "carol") == "left"
    project.clock.advance(60)
    project.run(ReceiveMessages(), "carol")
    assert state_of(project, "carol") == "here"


def test_a_session_that_has_ended_stays_so_whatever_its_actor_does_next(project: Project) -> None:
    project.run(ReceiveMessages(), "bob", "one")
    project.run(LeaveAgent(), "bob", "one")
    project.run(ReceiveMessages(), "bob", "two")
    assert (fate(project, "one"), fate(project, "two")) == ("skipped", "waiting")
    project.run(ReceiveMessages(), "bob", "one")
    assert fate(project, "one") == "waiting"


def test_who_ends_a_session_is_still_here_in_another(project: Project) -> None:
    project.run(ReceiveMessages(), "bob", "one")
    project.run(ReceiveMessages(), "bob", "two")
    project.run(LeaveAgent(), "bob", "one")
    assert state_of(project, "bob") == "here"
    assert fate(project, "two") == "waiting"


def test_who_waits_for_messages_is_here(project: Project) -> None:
    asked = project.run(ReceiveMessages(), "bob")
    project.run(AwaitReply(message=send(project, "bob").id))
    assert asked.wake_us is not None
    assert asked.wake_us - project.clock.now_us < limits.PRESENCE_US


def test_where_the_clock_went_back_nobody_is_here_for_the_hours_in_between(
    project: Project,
) -> None:
    project.clock.advance(86_400)
    project.run(ReceiveMessages(), "bob")
    project.run(ReceiveMessages(), "carol")
    project.clock.advance(-86_400)
    project.run(ReceiveMessages(), "carol")
    assert (state_of(project, "bob"), state_of(project, "carol")) == ("away", "here")


def test_what_a_failed_commit_said_of_somebody_is_said_again(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        raise StoreTrouble("The disk fails")

    project.run(ReceiveMessages(), "carol")
    with monkeypatch.context() as patched:
        patched.setattr(project.engine._store, "commit", fail)
        with pytest.raises(StoreTrouble):
            project.run(ReceiveMessages(), "bob")
    project.run(ReceiveMessages(), "bob")
    assert state_of(project, "bob") == "here"


def test_of_many_who_were_here_few_are_remembered(project: Project) -> None:
    calls = [
        Call(operation_of(ReceiveMessages), ReceiveMessages(), Caller(Holder("bob", f"s{number}")))
        for number in range(2 * limits.PRESENT_MAX)
    ]
    for start in range(0, len(calls), 100):
        project.clock.advance(60)
        project.engine.write_all(calls[start : start + 100])
    assert len(project.engine._presence._noted_us) <= limits.PRESENT_MAX


# ---------------------------------------------------------------------------- clocks and repeats


def test_where_the_clock_went_back_a_hold_lasts_no_longer_than_it_was_to(project: Project) -> None:
    project.clock.advance(86_400)
    send(project, "bob", "held")
    send(project, "carol", "extended")
    send(project, "dave", "returned")
    project.run(ReceiveMessages(hold_s=60), "bob")
    (extended,) = project.run(ReceiveMessages(hold_s=1), "carol").messages
    project.run(ExtendHold(receipt=extended.receipt, hold_s=60), "carol")
    (returned,) = project.run(ReceiveMessages(hold_s=60), "dave").messages
    project.run(ReturnMessage(receipt=returned.receipt, delay_s=60), "dave")
    project.clock.advance(-86_400)
    assert project.engine.sweep_due()
    assert not project.engine.sweep_due()
    project.clock.advance(59)
    for name in ("bob", "carol", "dave"):
        assert not project.run(ReceiveMessages(), name).messages
    project.clock.advance(2)
    for name in ("bob", "carol", "dave"):
        assert project.run(ReceiveMessages(), name).messages


def test_a_reply_repeated_after_the_deadline_is_the_first_one(project: Project) -> None:
    asked = send(project, "bob", type="question", ttl_s=60)
    (handed,) = project.run(ReceiveMessages(), "bob").messages
    reply = ReplyMessage(message=handed.receipt, payload="yes", key="one")
    first = project.run(reply, "bob")
    project.clock.advance(61)
    again = project.run(reply, "bob")
    assert (again.id, again.already, again.acknowledged) == (first.id, True, True)
    with pytest.raises(MessageExpired):
        project.run(ReplyMessage(message=asked.id, payload="no", key="two"), "bob")


def test_a_lease_asked_for_again_with_less_patience_is_the_same_request(project: Project) -> None:
    first = project.run(AcquireLease(patterns=["src/**"], wait_s=60), key="one")
    again = project.run(AcquireLease(patterns=["src/**"], wait_s=20), key="one")
    assert again == first


# --------------------------------------------------------------------------------------- sweeps


def test_a_sweep_that_fails_stops_neither_the_others_nor_writes(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: ClaimStore) -> list[int]:
        raise ValueError("a bug")

    send(project, "bob", ttl_s=10)
    monkeypatch.setattr(ClaimStore, "expired", fail)
    project.clock.advance(11)
    for _ in range(3):
        send(project, "carol")
    assert dead_letters(project) == 1
    log = (project.root / ".beads" / "beadwork.log").read_text(encoding="utf-8")
    assert log.count("ValueError: a bug") == 1


@pytest.mark.parametrize("receipt", ["9" * 5000 + ".0.1.ab", "1." + "9" * 5000 + ".1.ab"])
def test_a_receipt_of_thousands_of_digits_is_none(project: Project, receipt: str) -> None:
    with pytest.raises(UnknownReceipt):
        project.run(AcknowledgeMessage(receipt=receipt))


@pytest.mark.parametrize("priority", ["9" * 5000, "p" + "1" * 5000, 7])
def test_a_priority_beyond_all_is_refused(project: Project, priority: str | int) -> None:
    with pytest.raises(InvalidField):
        send(project, "bob", priority=priority)


def test_a_time_that_is_given_twice_is_refused(project: Project) -> None:
    moment = "2030-01-31T09:00:00Z"
    twice: tuple[dict[str, object], ...] = (
        {"delay_s": 5, "not_before": moment},
        {"ttl_s": 5, "expires": moment},
    )
    for given in twice:
        with pytest.raises(InvalidField, match="twice"):
            send(project, "bob", "hi", "alice", **given)
