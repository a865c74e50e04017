"""A message that is sent is seen, or is known not to be."""

import pytest

from beadwork.engine import Caller
from beadwork.model import limits
from beadwork.model.claim import ITSELF
from beadwork.model.errors import (
    InvalidField,
    InvalidRequest,
    KeyReused,
    MailboxFull,
    MessageExpired,
    NoSuchRecipient,
    ReceiptStale,
    RepliesLoop,
    UndoConflict,
    UnknownMessage,
    UnknownReceipt,
)
from beadwork.model.message import GitState, number_in
from beadwork.ops.agent import LeaveAgent, ListAgents, Subscribe, Unsubscribe
from beadwork.ops.batch import RunBatch, Step
from beadwork.ops.claim import ClaimIssue
from beadwork.ops.dead_letter import DropDeadLetter, ListDeadLetters, ReplayDeadLetter
from beadwork.ops.delivery import (
    AcknowledgeMessage,
    ExtendHold,
    Handed,
    PeekMessages,
    ReceiveMessages,
    ReturnMessage,
    ShowNew,
)
from beadwork.ops.event import ListEvents, Undo
from beadwork.ops.issue_create import CreateIssue
from beadwork.ops.mailbox import (
    IndexMessages,
    SearchMessages,
    ShowInbox,
    ShowMessage,
    ShowOutbox,
    ShowThread,
)
from beadwork.ops.message import SendMessage, Sent
from beadwork.ops.reply import AwaitReply, ReplyMessage
from tests.support import Project, query


def send(project: Project, to: str, text: str = "hi", actor: str = "alice", **more: object) -> Sent:
    return project.run(
        SendMessage(to=to.split(","), payload={"text": text}, **more),  # type: ignore[arg-type]
        actor,
    )


def receive(project: Project, actor: str = "bob", **more: object) -> list[Handed]:
    return project.run(ReceiveMessages(**more), actor).messages  # type: ignore[arg-type]


def texts(found: list[Handed]) -> list[str]:
    return [each.message.payload["text"] for each in found]


def state_of(project: Project, message: str, recipient: str = "bob") -> str:
    shown = project.run(ShowMessage(message=message))
    return next(each.state for each in shown.deliveries if each.recipient == recipient)


# ------------------------------------------------------------------- from sending to acknowledging


def test_a_message_goes_from_waiting_to_held_to_acknowledged(project: Project) -> None:
    sent = send(project, "bob", "Hello")
    assert state_of(project, sent.id) == "waiting"
    (handed,) = receive(project)
    assert (handed.message.from_, handed.message.payload) == ("alice", {"text": "Hello"})
    assert state_of(project, sent.id) == "held"
    settled = project.run(AcknowledgeMessage(receipt=handed.receipt), "bob")
    assert (settled.id, settled.delivery.state) == (sent.id, "acknowledged")
    assert receive(project) == []


def test_a_repeated_acknowledgement_changes_nothing(project: Project) -> None:
    send(project, "bob")
    (handed,) = receive(project)
    first = project.run(AcknowledgeMessage(receipt=handed.receipt), "bob")
    again = project.run(AcknowledgeMessage(receipt=handed.receipt), "bob")
    assert (first.already, again.already) == (False, True)


def test_what_is_held_is_not_handed_out_again_until_its_time_is_over(project: Project) -> None:
    send(project, "bob")
    (first,) = receive(project, hold_s=60)
    assert receive(project) == []
    project.clock.advance(61)
    (again,) = receive(project)
    assert again.message.id == first.message.id
    assert (first.attempt, again.attempt) == (1, 2)


def test_a_receipt_whose_time_is_over_settles_nothing(project: Project) -> None:
    send(project, "bob")
    (old,) = receive(project, hold_s=60)
    project.clock.advance(61)
    requests = (
        AcknowledgeMessage(receipt=old.receipt),
        ReturnMessage(receipt=old.receipt),
        ExtendHold(receipt=old.receipt),
        ReplyMessage(message=old.receipt, payload="late"),
    )
    for request in requests:
        with pytest.raises(ReceiptStale):
            project.run(request, "bob")
    (new,) = receive(project)
    for request in requests:
        with pytest.raises(ReceiptStale):
            project.run(request, "bob")
    assert project.run(AcknowledgeMessage(receipt=new.receipt), "bob").delivery.state == (
        "acknowledged"
    )


def test_what_is_no_receipt_is_refused(project: Project) -> None:
    sent = send(project, "bob")
    for receipt in ("1.2.3.4", "nonsense", sent.id, "99999999999999999999.0.1.f"):
        with pytest.raises(UnknownReceipt):
            project.run(AcknowledgeMessage(receipt=receipt), "bob")


def test_a_hold_can_be_extended(project: Project) -> None:
    send(project, "bob")
    (handed,) = receive(project, hold_s=60)
    project.clock.advance(50)
    project.run(ExtendHold(receipt=handed.receipt, hold_s=60), "bob")
    project.clock.advance(50)
    assert receive(project) == []
    project.run(AcknowledgeMessage(receipt=handed.receipt), "bob")


def test_what_is_given_back_comes_again_later_each_time(project: Project) -> None:
    send(project, "bob")
    for pause in (0, 1, 2, 4):
        project.clock.advance(pause)
        (handed,) = receive(project)
        project.run(ReturnMessage(receipt=handed.receipt, reason="busy"), "bob")
        if pause:
            assert receive(project) == []


def test_a_delay_that_is_asked_for_holds(project: Project) -> None:
    send(project, "bob")
    (handed,) = receive(project)
    project.run(ReturnMessage(receipt=handed.receipt, delay_s=600), "bob")
    project.clock.advance(590)
    nothing = project.run(ReceiveMessages(), "bob")
    assert (nothing.messages, nothing.waiting) == ([], 1)
    assert nothing.wake_us is not None
    assert nothing.wake_us > project.clock.now_us
    project.clock.advance(20)
    assert len(receive(project)) == 1


# ------------------------------------------------------------------------------------ dead letters


def test_who_never_acknowledges_lets_a_message_die_with_a_reason(project: Project) -> None:
    sent = send(project, "bob", attempts_max=3)
    for _ in range(3):
        project.clock.advance(10)
        assert len(receive(project, hold_s=1)) == 1
    project.clock.advance(10)
    assert receive(project) == []
    (dead,) = project.run(ListDeadLetters()).messages
    assert (dead.message.id, dead.delivery.state) == (sent.id, "undeliverable")
    assert "3 times" in dead.delivery.reason


def test_a_message_given_back_too_often_dies(project: Project) -> None:
    send(project, "bob", attempts_max=2)
    for _ in range(2):
        (handed,) = receive(project)
        project.run(ReturnMessage(receipt=handed.receipt, delay_s=0, reason="no idea"), "bob")
    (dead,) = project.run(ListDeadLetters()).messages
    assert "no idea" in dead.delivery.reason


def test_a_dead_letter_is_replayed_or_dropped(project: Project) -> None:
    sent = [send(project, "bob", text).id for text in ("one", "two")]
    for _ in sent:
        (handed,) = receive(project)
        project.run(ReturnMessage(receipt=handed.receipt, dead=True), "bob")
    project.run(ReplayDeadLetter(message=sent[0]))
    dropped = project.run(DropDeadLetter(message=sent[1]))
    assert [each.state for each in dropped.deliveries] == ["dropped"]
    assert project.run(ListDeadLetters()).messages == []
    assert texts(receive(project)) == ["one"]
    with pytest.raises(Exception, match="is dead"):
        project.run(ReplayDeadLetter(message=sent[1]))


def test_a_message_that_nobody_takes_in_time_expires(project: Project) -> None:
    sent = send(project, "bob", ttl_s=60)
    project.clock.advance(61)
    assert receive(project) == []
    (dead,) = project.run(ListDeadLetters()).messages
    assert (dead.message.id, dead.delivery.state) == (sent.id, "expired")
    project.run(ReplayDeadLetter(message=sent.id))
    assert len(receive(project)) == 1


@pytest.mark.parametrize("is_receipt", [True, False])
def test_a_question_that_is_delivered_again_after_its_time_can_be_answered(
    project: Project, is_receipt: bool
) -> None:
    sent = send(project, "bob", type="question", ttl_s=60)
    project.clock.advance(61)
    project.run(ReceiveMessages(), "bob")
    project.run(ReplayDeadLetter(message=sent.id))
    (handed,) = receive(project)
    name = handed.receipt if is_receipt else sent.id
    answer = project.run(ReplyMessage(message=name, payload="Late"), "bob")
    assert answer.acknowledged
    assert state_of(project, sent.id) == "acknowledged"
    with pytest.raises(MessageExpired):
        project.run(ReplyMessage(message=sent.id, payload="Not asked"), "carol")


def test_a_message_that_expires_while_it_is_held_can_still_be_acknowledged(
    project: Project,
) -> None:
    send(project, "bob", ttl_s=60)
    (handed,) = receive(project, hold_s=600)
    project.clock.advance(120)
    settled = project.run(AcknowledgeMessage(receipt=handed.receipt), "bob")
    assert settled.delivery.state == "acknowledged"


# ------------------------------------------------------------------------------------------- order


def test_the_most_urgent_comes_first_then_the_earliest(project: Project) -> None:
    for text, priority in (("a", "low"), ("b", "normal"), ("c", "urgent"), ("d", "normal")):
        send(project, "bob", text, priority=priority)
    assert texts(receive(project, limit=10)) == ["c", "b", "d", "a"]


def test_the_next_of_a_sender_waits_until_the_one_before_is_settled(project: Project) -> None:
    send(project, "bob", "a1")
    send(project, "bob", "a2")
    send(project, "bob", "c1", actor="carol")
    first = receive(project)
    assert texts(first) == ["a1"]
    assert texts(receive(project)) == ["c1"]
    nothing = project.run(ReceiveMessages(), "bob")
    assert (nothing.messages, nothing.waiting) == ([], 1)
    assert first[0].receipt in nothing.held
    project.run(ReturnMessage(receipt=first[0].receipt, delay_s=30), "bob")
    assert receive(project) == []
    project.clock.advance(31)
    again = receive(project)
    project.run(AcknowledgeMessage(receipt=again[0].receipt), "bob")
    assert texts(again) + texts(receive(project)) == ["a1", "a2"]


def test_a_message_for_later_does_not_hold_up_those_sent_after_it(project: Project) -> None:
    send(project, "bob", "tomorrow", delay_s=86_400)
    send(project, "bob", "now")
    (now,) = receive(project)
    assert now.message.payload == {"text": "now"}
    project.run(AcknowledgeMessage(receipt=now.receipt), "bob")
    assert receive(project) == []
    project.clock.advance(86_401)
    assert texts(receive(project)) == ["tomorrow"]


# -------------------------------------------------------------------------------------- addresses


def test_one_member_of_a_group_takes_a_message_and_others_work_beside_it(project: Project) -> None:
    for agent in ("bob", "carol"):
        project.run(Subscribe(address="@reviewers"), agent)
    for text in ("one", "two"):
        send(project, "@reviewers", text)
    taken = texts(receive(project, "bob")) + texts(receive(project, "carol"))
    assert taken == ["one", "two"]
    assert receive(project, "bob") + receive(project, "carol") == []


def test_what_is_sent_to_a_group_without_members_waits_for_the_first(project: Project) -> None:
    send(project, "@reviewers", "look")
    assert receive(project) == []
    project.run(Subscribe(address="@reviewers"), "bob")
    assert texts(receive(project)) == ["look"]


def test_each_subscriber_of_a_topic_gets_a_copy_but_not_the_sender(project: Project) -> None:
    for agent in ("alice", "bob", "carol"):
        project.run(Subscribe(address="#build"), agent)
    project.run(Unsubscribe(address="topic:build"), "carol")
    sent = send(project, "#build")
    assert [each.recipient for each in sent.deliveries] == ["bob"]
    assert len(receive(project, "bob")) == 1
    assert receive(project, "carol") == []


def test_subscribing_and_then_listing_leaves_no_gap(project: Project) -> None:
    before = send(project, "#build", "before")
    membership = project.run(Subscribe(address="#build"), "bob")
    after = send(project, "#build", "after")
    assert before.seq <= membership.cursor < after.seq
    assert texts(receive(project)) == ["after"]


def test_everyone_is_who_was_here_and_each_has_a_result(project: Project) -> None:
    project.run(Subscribe(address="#x"), "carol")
    project.clock.advance(2 * 86_400)
    project.run(Subscribe(address="#x"), "bob")
    sent = send(project, "everyone,dave")
    states = {each.recipient: each.state for each in sent.deliveries}
    assert states == {"bob": "waiting", "dave": "waiting", "carol": "skipped"}


def test_nobody_gets_a_message_twice(project: Project) -> None:
    project.run(Subscribe(address="#build"), "bob")
    sent = send(project, "bob,#build,agent:bob")
    assert [each.recipient for each in sent.deliveries] == ["bob"]


def test_an_unknown_recipients_messages_wait_or_are_refused(project: Project) -> None:
    send(project, "zed", "later")
    for to in ("nobody", "#nowhere", "@none", "attempt:gone"):
        with pytest.raises(NoSuchRecipient):
            send(project, to, must_exist=True)
    assert texts(receive(project, "zed")) == ["later"]
    assert send(project, "zed", must_exist=True).deliveries[0].state == "waiting"


def test_each_address_without_an_effect_is_named_with_the_nearest_known_one(
    project: Project,
) -> None:
    project.run(Subscribe(address="#builds"), "bob")
    project.run(Subscribe(address="#mine"), "alice")
    sent = send(project, "#build,#mine,@none,bobb,bob")
    found = {each.recipient: (each.state, each.reason or each.note) for each in sent.deliveries}
    waits = "Nobody of that name was here yet: it waits"
    assert found == {
        "#build": ("skipped", "Nobody is subscribed: nobody gets it; did you mean #builds?"),
        "#mine": ("skipped", "Nobody but you is subscribed: nobody gets it"),
        "@none": ("waiting", waits),
        "bobb": ("waiting", f"{waits}; did you mean bob?"),
        "bob": ("waiting", ""),
    }
    for to, said in (("#build", "nobody gets it"), ("bobb", "waits"), ("@none", "waits")):
        with pytest.raises(NoSuchRecipient) as refused:
            send(project, to, must_exist=True)
        assert said in refused.value.hint


@pytest.mark.parametrize("name", ["@x", "#y", "topic:z", "attempt:1", "group:x", "agent:bob"])
def test_whose_name_is_an_address_of_something_else_exchanges_no_messages(
    project: Project, name: str
) -> None:
    send(project, "@x", "for the group")
    asked = (ReceiveMessages(), SendMessage(to=["bob"], payload="x"), Subscribe(address="#x"))
    for request in asked:
        with pytest.raises(InvalidField, match="address of something else"):
            project.run(request, name)
    with pytest.raises(InvalidField):
        send(project, f"agent:{name}")
    assert send(project, "everyone", actor="carol").deliveries[0].recipient != name


def test_a_mistyped_receipt_is_told_from_one_that_is_stale(project: Project) -> None:
    send(project, "bob")
    (handed,) = receive(project)
    wrong = f"{handed.receipt.rpartition('.')[0]}.0"
    with pytest.raises(ReceiptStale) as refused:
        project.run(AcknowledgeMessage(receipt=wrong), "bob")
    assert "Check its digits" in refused.value.hint
    assert handed.receipt in refused.value.hint


def test_what_is_sent_to_an_attempt_ends_with_it(project: Project) -> None:
    sent = send(project, "attempt:a1", "for you alone")
    assert receive(project, "bob") == []
    found = project.run(ReceiveMessages(), "bob", session="a1").messages
    assert texts(found) == ["for you alone"]
    project.run(ReturnMessage(receipt=found[0].receipt), "bob", session="a1")
    gone = project.run(LeaveAgent(), "bob", session="a1")
    assert gone.undeliverable == 1
    assert state_of(project, sent.id, "attempt:a1") == "undeliverable"
    late = send(project, "attempt:a1")
    assert [(each.state, each.reason) for each in late.deliveries] == [
        ("skipped", "The attempt has ended")
    ]


@pytest.mark.parametrize("to", ["", "  ", "@", "#", "@a b", "a,b", "a\nb", "x" * 300, "attempt:"])
def test_what_is_no_address_is_refused(project: Project, to: str) -> None:
    with pytest.raises(InvalidField):
        project.run(SendMessage(to=[to], payload={"text": "x"}))


# -------------------------------------------------------------------------------------- bad input


@pytest.mark.parametrize(
    ("kind", "payload"),
    [
        ("note", {}),
        ("note", 5),
        ("question", {"text": 1}),
        ("review", {"verdict": "maybe"}),
        ("result", {"status": "nearly"}),
        ("alert", {"text": "x", "level": "loud"}),
        ("Bad Type", {"text": "x"}),
        ("", {"text": "x"}),
    ],
)
def test_a_payload_has_the_form_of_its_type(project: Project, kind: str, payload: object) -> None:
    with pytest.raises(InvalidField):
        project.run(SendMessage(to=["bob"], type=kind, payload=payload))


def test_a_free_type_takes_any_json(project: Project) -> None:
    for payload in (None, 5, "text", [1, {"a": None}], {"x": {"y": [True]}}):
        project.run(SendMessage(to=["bob"], type="my.type", payload=payload))
    found = receive(project, limit=10)
    assert [each.message.payload for each in found] == [
        None, 5, "text", [1, {"a": None}], {"x": {"y": [True]}},
    ]  # fmt: skip


def test_a_message_that_would_expire_before_it_is_due_is_refused(project: Project) -> None:
    for more in ({"ttl_s": 5, "delay_s": 10}, {"expires": "2020-01-01T00:00:00Z"}):
        with pytest.raises(InvalidField):
            send(project, "bob", **more)
    with pytest.raises(InvalidField):
        send(project, "bob", expires="tomorrow")
    with pytest.raises(InvalidRequest):
        send(project, "bob", ttl_s=-1)


def test_a_full_mailbox_takes_no_more_and_keeps_what_it_has(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "MAILBOX_OPEN_MAX", 3)
    project.run(Subscribe(address="#t"), "bob")
    for _ in range(3):
        send(project, "bob")
    with pytest.raises(MailboxFull):
        send(project, "carol,bob")
    assert receive(project, "carol") == []
    sent = send(project, "#t")
    assert [(each.recipient, each.state) for each in sent.deliveries] == [("bob", "skipped")]
    (handed,) = receive(project)
    project.run(AcknowledgeMessage(receipt=handed.receipt), "bob")
    assert send(project, "bob").deliveries[0].state == "waiting"


def test_the_same_key_sends_one_message(project: Project) -> None:
    first = send(project, "bob", key="k1")
    again = send(project, "bob", key="k1")
    assert (again.id, again.already) == (first.id, True)
    assert send(project, "bob", actor="carol", key="k1").id != first.id
    assert len(receive(project, limit=10)) == 2


def test_another_message_under_a_key_is_refused(project: Project) -> None:
    first = send(project, "bob", "on it", key="k1")
    (handed,) = receive(project)
    for refused in (
        lambda: send(project, "bob", "done", key="k1"),
        lambda: send(project, "carol", "on it", key="k1"),
        lambda: send(project, "bob", "on it", type="alert", key="k1"),
    ):
        with pytest.raises(KeyReused):
            refused()
    asked = send(project, "alice", "when?", actor="bob")
    with pytest.raises(KeyReused) as refusal:
        project.run(ReplyMessage(message=asked.id, payload="on it", key="k1"), "alice")
    assert refusal.value.data["id"] == first.id
    states = [each.state for each in project.run(ShowMessage(message=asked.id)).deliveries]
    assert states == ["waiting"]
    project.run(AcknowledgeMessage(receipt=handed.receipt), "bob")


def test_a_repeat_under_a_key_may_come_from_another_commit(project: Project) -> None:
    def repeated(commit: str, text: str = "hi") -> Sent:
        asked = SendMessage(
            to=["bob"], payload={"text": text}, git_state=GitState(commit=commit, dirty=True)
        )
        return project.run(asked, "alice", key="k1")

    first = repeated("a" * 40)
    assert repeated("b" * 40) == first
    with pytest.raises(KeyReused):
        repeated("b" * 40, "other")


def test_an_id_in_the_place_of_a_receipt_is_answered_with_the_receipt(project: Project) -> None:
    sent = send(project, "bob")
    (got,) = receive(project)
    for actor, hint in (("bob", got.receipt), ("carol", "`bd msg receive`")):
        with pytest.raises(UnknownReceipt) as refused:
            project.run(AcknowledgeMessage(receipt=sent.id), actor)
        assert hint in refused.value.hint


# ------------------------------------------------------------------------- large payloads, threads


def test_a_large_payload_is_put_aside_and_read_back(project: Project) -> None:
    text = "é" * 5000
    sent = send(project, "bob", text)
    (handed,) = receive(project)
    assert handed.message.payload == {"text": text}
    assert handed.message.blob is not None
    (row,) = query(project.place, "SELECT payload, blob_bytes FROM message WHERE id = ?", sent.id)
    assert row[0] is None
    assert row[1] > 10_000


def test_a_message_whose_blob_is_damaged_says_so(project: Project) -> None:
    send(project, "bob", "x" * 9000)
    (blob,) = (project.root / ".beads" / "blobs").rglob("[0-9a-f]" * 64)
    blob.write_bytes(b"y" * blob.stat().st_size)
    (handed,) = receive(project)
    assert handed.message.payload is None
    assert handed.message.damaged


def test_a_reply_goes_to_the_sender_in_the_thread_and_acknowledges(project: Project) -> None:
    sent = send(project, "bob", "Ready?", type="question")
    (handed,) = receive(project)
    reply = project.run(ReplyMessage(message=handed.receipt, payload="Yes"), "bob")
    assert state_of(project, sent.id) == "acknowledged"
    (answer,) = receive(project, "alice")
    assert answer.message.payload == {"text": "Yes"}
    assert (answer.message.reply_to, answer.message.thread) == (sent.id, sent.id)
    thread = project.run(ShowThread(message=reply.id))
    assert [each.message.id for each in thread.messages] == [sent.id, reply.id]


def test_the_answer_to_a_request_is_taken_by_who_waits_for_it(project: Project) -> None:
    asked = send(project, "bob", "Which?", type="question", ttl_s=60)
    send(project, "alice", "something else", actor="bob")
    assert project.run(AwaitReply(message=asked.id)).is_pending
    (handed,) = receive(project)
    project.run(ReplyMessage(message=handed.receipt, payload="This"), "bob")
    replied = project.run(AwaitReply(message=asked.id))
    assert replied.reply is not None
    assert replied.reply.payload == {"text": "This"}
    assert texts(receive(project, "alice")) == ["something else"]


def test_after_its_deadline_a_request_takes_no_answer(project: Project) -> None:
    asked = send(project, "bob", "Which?", type="question", ttl_s=60)
    receive(project, hold_s=600)
    project.clock.advance(61)
    with pytest.raises(MessageExpired):
        project.run(ReplyMessage(message=asked.id, payload="This"), "bob")
    over = project.run(AwaitReply(message=asked.id))
    assert (over.is_pending, over.expired) == (False, True)


def test_replies_without_end_are_stopped(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "HOPS_MAX", 4)
    last = send(project, "bob").id
    who = ["bob", "alice"]
    for number in range(4):
        last = project.run(ReplyMessage(message=last, payload="and?"), who[number % 2]).id
    with pytest.raises(RepliesLoop):
        project.run(ReplyMessage(message=last, payload="and?"), "bob")


# ------------------------------------------------------------------------------- looking, searching


def test_peeking_and_the_inbox_hold_nothing(project: Project) -> None:
    send(project, "bob", "one")
    send(project, "bob", "two")
    peeked = project.run(PeekMessages(), "bob").messages
    inbox = project.run(ShowInbox(), "bob")
    assert [each.message.payload["text"] for each in peeked] == ["one", "two"]
    assert [each.delivery.state for each in inbox.messages] == ["waiting", "waiting"]
    assert inbox.open == 2
    assert texts(receive(project)) == ["one"]


def test_the_inbox_shows_all_that_came_when_asked(project: Project) -> None:
    send(project, "bob", "one")
    (handed,) = receive(project)
    project.run(AcknowledgeMessage(receipt=handed.receipt), "bob")
    send(project, "bob", "two")
    open_ones = project.run(ShowInbox(agent="bob")).messages
    everything = project.run(ShowInbox(agent="bob", all=True)).messages
    assert [each.message.payload["text"] for each in open_ones] == ["two"]
    assert [each.message.payload["text"] for each in everything] == ["two", "one"]


def test_the_outbox_tells_how_far_each_delivery_is(project: Project) -> None:
    send(project, "bob,carol", "one")
    (handed,) = receive(project)
    project.run(AcknowledgeMessage(receipt=handed.receipt), "bob")
    (out,) = project.run(ShowOutbox(), "alice").messages
    assert {each.recipient: each.state for each in out.deliveries} == {
        "bob": "acknowledged", "carol": "waiting",
    }  # fmt: skip


@pytest.mark.parametrize("is_indexed", [False, True])
def test_messages_are_found_by_their_words(project: Project, is_indexed: bool) -> None:
    send(project, "bob", "The Login page is broken")
    send(project, "carol", "Nothing about it")
    project.run(SendMessage(to=["bob"], type="my.type", payload={"deep": ["Zürich login"]}))
    if is_indexed:
        while project.run(IndexMessages()).count:
            pass

    def found(words: str) -> int:
        return len(project.run(SearchMessages(query=words)).messages)

    assert [found(each) for each in ("login", "zurich", '"login page"', "bro", "absent")] == [
        2, 1, 1, 1, 0,
    ]  # fmt: skip
    with pytest.raises(InvalidField):
        found("!!!")


@pytest.mark.parametrize("is_indexed", [False, True])
def test_a_long_message_is_found_by_its_beginning(project: Project, is_indexed: bool) -> None:
    long = "filler " * (limits.MESSAGE_SEARCHED_CHARS_MAX // 7)
    send(project, "bob", f"beginning {long} ending")
    if is_indexed:
        project.run(IndexMessages())
    found = [
        len(project.run(SearchMessages(query=f'"{word}"')).messages)
        for word in ("bob", "beginning", "filler", "ending")
    ]
    assert found == [1, 1, 1, 0]


def test_what_is_new_is_shown_once_and_stays_to_be_acknowledged(project: Project) -> None:
    for number in range(3):
        send(project, "bob", str(number))
    first = project.run(ShowNew(limit=2), "bob")
    assert ([each.message.payload["text"] for each in first.messages], first.more) == (
        ["0", "1"], 1,
    )  # fmt: skip
    assert project.run(ShowNew(), "bob").messages == []
    assert len(receive(project, limit=5)) == 3


def test_who_looks_first_marks_what_it_saw_and_nothing_that_came_since(project: Project) -> None:
    send(project, "bob", "one")
    seen = project.run(ShowNew(only_look=True), "bob")
    assert project.run(ShowNew(only_look=True), "bob").messages == seen.messages
    send(project, "bob", "two")
    project.run(ShowNew(last=seen.last), "bob")
    (new,) = project.run(ShowNew(), "bob").messages
    assert new.message.payload == {"text": "two"}


def test_ids_hold_the_number_of_their_message(project: Project) -> None:
    sent = send(project, "bob")
    assert number_in(sent.id) == sent.seq
    assert len(sent.id) == 26
    with pytest.raises(UnknownMessage):
        project.run(ShowMessage(message=sent.id[:-1] + ("0" if sent.id[-1] != "0" else "1")))


# -------------------------------------------------------------------------- in one with other work


def test_a_message_and_a_change_of_an_issue_are_one(project: Project) -> None:
    steps = [
        Step(operation="issue.create", arguments={"title": "Work"}),
        Step(
            operation="message.send",
            arguments={"to": ["bob"], "type": "task", "payload": {"issue": "$0.id"}},
        ),
    ]
    done = project.run(RunBatch(operations=steps))
    (handed,) = receive(project)
    assert handed.message.payload == {"issue": done.results[0].id}
    failing = [*steps, Step(operation="issue.close", arguments={"issue": "px-none"})]
    with pytest.raises(Exception, match="px-none"):
        project.run(RunBatch(operations=failing))
    assert project.run(ShowInbox(), "bob").open == 1


def test_what_was_done_in_one_with_a_message_is_not_undone(project: Project) -> None:
    steps = [
        Step(operation="issue.create", arguments={"title": "Work"}),
        Step(operation="message.send", arguments={"to": ["bob"], "payload": {"text": "x"}}),
    ]
    project.run(RunBatch(operations=steps))
    with pytest.raises(UndoConflict):
        project.run(Undo())


def test_events_tell_of_messages(project: Project) -> None:
    send(project, "bob")
    (handed,) = receive(project)
    project.run(AcknowledgeMessage(receipt=handed.receipt), "bob")
    kinds = [each.kind for each in project.run(ListEvents()).events]
    assert kinds == ["sent", "received", "acknowledged"]


def test_who_writes_is_here_and_who_is_silent_is_away(project: Project) -> None:
    issue = project.run(CreateIssue(title="Work"), "alice").issue.id
    project.run(ClaimIssue(issue=issue), "bob")
    agents = {each.name: each for each in project.run(ListAgents()).agents}
    assert (agents["bob"].state, agents["bob"].issues) == ("here", [issue])
    project.clock.advance(3600)
    send(project, "alice", actor="bob")
    agents = {each.name: each for each in project.run(ListAgents()).agents}
    assert (agents["alice"].state, agents["bob"].state) == ("away", "here")
    assert agents["alice"].open == 1
    project.run(LeaveAgent(), "bob")
    assert [each.name for each in project.run(ListAgents(here=True)).agents] == []


def test_a_clock_that_jumps_loses_no_message_and_no_receipt(project: Project) -> None:
    sent = send(project, "bob")
    (got,) = receive(project)
    project.clock.advance(-86400)
    assert receive(project) == []
    assert project.run(AcknowledgeMessage(receipt=got.receipt), "bob").id == sent.id
    later = send(project, "bob", "Later")
    (got,) = receive(project)
    project.clock.advance(2 * 86400)
    with pytest.raises(ReceiptStale):
        project.run(AcknowledgeMessage(receipt=got.receipt), "bob")
    (again,) = receive(project)
    assert (again.message.id, again.attempt) == (later.id, 2)


def test_who_leaves_has_left_until_they_write_again(project: Project) -> None:
    def state() -> list[str]:
        return [each.state for each in project.run(ListAgents()).agents if each.name == "bob"]

    send(project, "alice", actor="bob")
    for _ in range(2):
        project.clock.advance(3600)
        project.run(LeaveAgent(), "bob")
        assert state() == ["left"]
        send(project, "alice", actor="bob")
        assert state() == ["here"]


def test_what_is_done_by_itself_makes_no_agent(project: Project) -> None:
    project.engine.run(IndexMessages(), Caller(ITSELF))
    sent = send(project, "everyone")
    assert [each.state for each in sent.deliveries] == ["skipped"]
    assert [each.name for each in project.run(ListAgents()).agents] == ["alice"]


def test_who_waits_for_messages_stays_here(project: Project) -> None:
    waited = project.run(ReceiveMessages(wait_s=0), "bob")
    assert waited.wake_us is not None
    assert waited.wake_us - project.clock.now_us < limits.PRESENCE_US
    project.clock.advance((waited.wake_us - project.clock.now_us) / 1_000_000)
    project.run(ReceiveMessages(), "bob")
    project.clock.advance(limits.PRESENCE_US / 1_000_000 - 10)
    (bob,) = project.run(ListAgents()).agents
    assert bob.state == "here"


def test_old_messages_go_and_dead_letters_stay_longer(project: Project) -> None:
    done = send(project, "bob", "x" * 9000)
    (handed,) = receive(project)
    project.run(AcknowledgeMessage(receipt=handed.receipt), "bob")
    waiting = send(project, "carol")
    dead = send(project, "dave", ttl_s=1)
    project.clock.advance(31 * 86_400)
    send(project, "eve")
    left = {row[0] for row in query(project.place, "SELECT id FROM message")}
    assert left & {done.id, waiting.id, dead.id} == {waiting.id, dead.id}
    assert query(project.place, "SELECT refs FROM blob") == [(0,)]


def test_what_comes_due_between_a_look_and_its_mark_is_shown_the_next_time(
    project: Project,
) -> None:
    delayed = send(project, "bob", "later", delay_s=5)
    send(project, "bob", "now")
    look = project.run(ShowNew(only_look=True), "bob")
    project.clock.advance(6)
    project.run(ShowNew(last=look.last, as_of=look.as_of), "bob")
    new = project.run(ShowNew(), "bob").messages
    assert [each.message.id for each in new] == [delayed.id]
