"""`bd msg`: messages as agents and people type and read them."""

import json
from typing import Any

import pytest

from tests.doors.program import TIMEOUT_S, Answer, Bd
from tests.doors.sample import on_terminal

EVIL = "Red \x1b[31mred\x1b[0m\x07 and \x1b]0;title\x07"


def send(bd: Bd, to: str, *words: str, **more: str) -> str:
    """Send a message; answer its id."""
    sent: str = bd.json("msg", "send", "--to", to, *words, **more)["id"]
    return sent


def received(bd: Bd, actor: str, *words: str) -> list[dict[str, Any]]:
    """Receive as somebody."""
    found: list[dict[str, Any]] = bd.json("msg", "receive", "--actor", actor, *words)
    return found


def refused(bd: Bd, *words: str, given: str | bytes = "") -> tuple[int, str, str]:
    """Run what fails; answer its exit code, its code and what it says."""
    answer = bd("msg", *words, "--json", given=given)
    assert answer.out == ""
    return answer.code, answer.error["code"], f"{answer.error['error']} {answer.error['hint']}"


# -- from sending to acknowledging


def test_a_message_with_relative_times_is_sent_once_under_its_key(bd: Bd) -> None:
    words = ("msg", "send", "--to", "bob", "Hi", "--expires", "+2h", "--not-before", "-1m")
    assert bd.json(*words, "--key", "k")["id"] == bd.json(*words, "--key", "k")["id"]


def test_a_text_goes_from_one_agent_to_another_and_is_acknowledged(bd: Bd) -> None:
    message = send(bd, "bob", "Hello", "there")
    said = bd.ok("msg", "receive", "--actor", "bob").out
    (got,) = bd.json("msg", "inbox", "--actor", "bob")
    assert (got["id"], got["delivery"]["state"]) == (message, "held")
    assert "ann → bob: note" in said
    assert "  Hello there\n" in said
    (line,) = [each for each in said.splitlines() if "bd msg ack" in each]
    command = line.partition(": bd ")[2].split()
    assert "✓ bob acknowledged" not in bd.ok("msg", "show", message).out
    assert bd.ok(*command, "--actor", "bob").out == f"{message}: ✓ bob acknowledged\n"
    assert bd.ok("msg", "receive", "--actor", "bob").out == "No message.\n"


def test_what_waits_behind_a_held_one_is_said(bd: Bd) -> None:
    send(bd, "bob", "One")
    send(bd, "bob", "Two")
    (got,) = received(bd, "bob")
    answer = bd.ok("msg", "receive", "--actor", "bob")
    assert answer.out == "No message.\n"
    assert f"bd msg ack {got['receipt']}" in answer.err
    assert bd.ok("msg", "receive", "--actor", "bob", "--quiet").err == ""


def test_of_several_receipts_each_is_settled_by_itself(bd: Bd) -> None:
    send(bd, "bob", "One")
    send(bd, "bob", "Two")
    one, two = received(bd, "bob", "--limit", "2")
    words = ("msg", "ack", one["receipt"], "9.9.9.9", two["receipt"], "--actor", "bob")
    answer = bd(*words)
    assert answer.code == 3
    assert answer.out.count("acknowledged") == 2
    assert "9.9.9.9" in answer.err
    assert bd.json("msg", "inbox", "--actor", "bob") == []


def test_a_stale_receipt_settles_nothing_and_says_who_holds_the_message(bd: Bd) -> None:
    send(bd, "bob", "Hello")
    (first,) = received(bd, "bob")
    bd.ok("msg", "nack", first["receipt"], "--delay", "0s", "--actor", "bob")
    received(bd, "bob")
    code, name, said = refused(bd, "ack", first["receipt"], "--actor", "bob")
    assert (code, name) == (4, "receipt.stale")
    assert "held by bob" in said


def test_received_and_acknowledged_in_one(bd: Bd) -> None:
    message = send(bd, "bob", "Hello")
    assert received(bd, "bob", "--ack")[0]["id"] == message
    assert bd.json("msg", "show", message)["deliveries"][0]["state"] == "acknowledged"


def test_a_repeat_under_a_key_sends_nothing_new(bd: Bd) -> None:
    first = bd.json("msg", "send", "--to", "bob", "Hello", "--key", "k")
    assert bd.json("msg", "send", "--to", "bob", "Hello", "--key", "k") == first
    assert len(received(bd, "bob", "--limit", "9")) == 1


def test_the_overseer_reaches_everyone_who_is_here(bd: Bd) -> None:
    for actor in ("bob", "cy"):
        bd.ok("msg", "receive", "--actor", actor)
    said = bd.ok("msg", "send", "--to", "everyone", "--priority", "urgent", "Stop").out
    assert sorted(said.splitlines()[1:]) == ["  ● bob waiting", "  ● cy waiting"]
    send(bd, "bob", "Before")
    assert received(bd, "bob")[0]["payload"] == {"text": "Stop"}


# -- what a message says


def test_a_subject_alone_is_a_message_and_stands_before_the_text(bd: Bd) -> None:
    send(bd, "bob", "--subject", "Build")
    send(bd, "bob", "--subject", "Build", "It is red")
    shown = bd.ok("msg", "inbox", "--agent", "bob").out
    assert "    Build\n" in shown
    assert "    Build: It is red\n" in shown


@pytest.mark.parametrize("words", [(), ("",), ("--message", " "), ("-",), ("--stdin",)])
def test_a_message_that_says_nothing_is_refused(bd: Bd, words: tuple[str, ...]) -> None:
    code, name, said = refused(bd, "send", "--to", "bob", *words)
    assert (code, name) == (2, "field.invalid")
    assert "must say something" in said
    assert bd.json("msg", "list") == []


def test_a_type_of_ones_own_may_say_nothing(bd: Bd) -> None:
    send(bd, "bob", "--type", "ping")
    assert "payload" not in received(bd, "bob")[0]


def test_a_long_text_comes_whole_and_one_too_long_is_refused(bd: Bd) -> None:
    text = "x" * 10_000_000
    bd.ok("msg", "send", "--to", "bob", "-", given=text)
    shown = bd.ok("msg", "receive", "--actor", "bob").out
    assert "MiB in all: bd msg show" in shown
    code, name, said = refused(bd, "send", "--to", "bob", "--stdin", given="x" * 17_000_000)
    assert (code, name) == (2, "field.invalid")
    assert "bd blob put" in said


def test_what_is_no_utf8_is_refused(bd: Bd) -> None:
    assert refused(bd, "send", "--to", "bob", "--stdin", given=b"\xff")[0] == 2


def test_what_others_wrote_is_shown_and_not_obeyed(bd: Bd) -> None:
    message = send(bd, "bob", EVIL, "--subject", EVIL, "--type", "note")
    for words in (("receive", "--actor", "bob"), ("inbox", "--agent", "bob"), ("show", message),
                  ("thread", message), ("outbox",), ("list",), ("search", "title")):  # fmt: skip
        for program in (bd, on_terminal(bd)):
            if words[0] == "receive":
                send(bd, "bob", EVIL, "--priority", "urgent", BD_ACTOR=f"eve-{program is bd}")
            shown = program.ok("msg", *words).out
            assert not set(shown) & {"\x1b", "\x07"}, words
            assert "\\x1b" in shown, words


# -- questions and answers


def test_an_answer_is_shown_in_its_thread_below_the_question(bd: Bd) -> None:
    message = send(bd, "bob", "Which one?", "--type", "question")
    (got,) = received(bd, "bob")
    bd.ok("msg", "reply", got["receipt"], "The first", "--actor", "bob")
    lines = bd.ok("msg", "thread", message).out.splitlines()
    assert [line.partition("  (")[0] for line in lines] == [
        "ann → bob: question", "  Which one?", "  bob → ann: answer", "    The first",
    ]  # fmt: skip
    assert bd.json("msg", "show", message)["deliveries"][0]["state"] == "acknowledged"


def test_who_answers_by_the_id_acknowledges_what_they_hold(bd: Bd) -> None:
    message = send(bd, "bob", "Which one?", "--type", "question")
    received(bd, "bob")
    answer = bd.ok("msg", "reply", message, "The first", "--actor", "bob")
    assert "acknowledged what it answers" in answer.out
    assert bd.json("msg", "inbox", "--agent", "bob") == []


def test_a_question_without_an_answer_in_time_leaves_with_5_and_expires(bd: Bd) -> None:
    code, name, said = refused(bd, "request", "--to", "bob", "Which?", "--wait", "1ms")
    assert (code, name) == (5, "message.no_reply")
    assert "within 1ms" in said
    assert received(bd, "bob") == []
    (dead,) = bd.json("msg", "dead")
    assert dead["delivery"]["state"] == "expired"


# -- between two turns of an agent


def hooked(bd: Bd, *words: str) -> Answer:
    return bd.ok("msg", "hook", "--actor", "bob", *words)


def test_a_hook_shows_what_is_new_once_and_acknowledges_nothing(bd: Bd) -> None:
    message = send(bd, "bob", "Hello", "--priority", "high")
    said = hooked(bd).out
    assert said.splitlines()[1] == "- ann → bob: note [high]: Hello"
    assert hooked(bd) == (0, "", "")
    assert bd.json("msg", "show", message)["deliveries"] == [
        {"recipient": "bob", "state": "waiting", "shown": True}
    ]
    assert received(bd, "bob")[0]["id"] == message


def test_a_hook_without_a_store_says_nothing(bare: Bd) -> None:
    for event in ((), ("--event", "Stop")):
        assert hooked(bare, *event) == (0, "", "")


def test_a_hook_counts_what_is_too_much_and_does_not_stop_for_it_again(bd: Bd) -> None:
    for number in range(15):
        send(bd, "bob", f"Number {number}")
    said = json.loads(hooked(bd, "--event", "Stop").out)["reason"]
    assert "15 new messages" in said
    assert "and 5 more" in said
    assert hooked(bd, "--event", "Stop") == (0, "", "")


def test_what_a_hook_could_not_write_was_not_shown(bd: Bd) -> None:
    send(bd, "bob", "Hello")
    with open("/dev/full", "w", encoding="utf-8") as full:
        process = bd.start("msg", "hook", "--event", "Stop", "--actor", "bob", stdout=full)
        process.communicate(timeout=TIMEOUT_S)
    assert process.returncode != 0
    assert "Hello" in hooked(bd).out


def test_a_hook_answers_in_the_form_of_its_event(bd: Bd) -> None:
    send(bd, "bob", "Hello")
    stop = json.loads(hooked(bd, "--event", "Stop").out)
    assert stop["decision"] == "block"
    assert "Hello" in stop["reason"]
    assert hooked(bd, "--event", "Stop") == (0, "", "")
    send(bd, "bob", "Again")
    added = json.loads(hooked(bd, "--event", "UserPromptSubmit").out)["hookSpecificOutput"]
    assert added["hookEventName"] == "UserPromptSubmit"
    assert "Again" in added["additionalContext"]


def test_a_thousand_messages_to_one_who_is_away_are_shown_briefly(bd: Bd) -> None:
    steps = "\n".join(
        json.dumps({"operation": "message.send", "args": {"to": ["bob"], "payload": f"m{number}"}})
        for number in range(1000)
    )
    bd.ok("batch", "--file", "-", given=steps)
    said = hooked(bd).out
    assert said.startswith("1000 new messages.")
    assert len(said) < 1000
    assert len(bd.json("msg", "inbox", "--agent", "bob")) == 50
    assert "1000 are open" in bd.ok("msg", "inbox", "--agent", "bob").err


# -- who is here


def test_agents_topics_and_groups_are_listed(bd: Bd) -> None:
    bd.ok("msg", "subscribe", "build", "--actor", "bob")
    bd.ok("msg", "groups", "join", "reviewers", "--actor", "bob")
    assert bd.ok("msg", "topics").out == "#build: bob\n"
    assert bd.ok("msg", "groups").out == "@reviewers: bob\n"
    send(bd, "@reviewers", "Look")
    assert bd.ok("msg", "groups").out == "@reviewers: bob (1 open)\n"
    (bob,) = [line for line in bd.ok("msg", "agents").out.splitlines() if line.startswith("bob")]
    assert "here" in bob
    assert "in #build, @reviewers" in bob
    bd.ok("msg", "leave", "--actor", "bob")
    assert "bob: left" in bd.ok("msg", "agents").out
    assert "bob" not in bd.ok("msg", "agents", "--here").out
    assert bd.ok("msg", "unsubscribe", "build").out == "#build: bob (as before)\n"


def test_a_dead_letter_says_why_and_is_replayed(bd: Bd) -> None:
    message = send(bd, "bob", "Hello")
    (got,) = received(bd, "bob")
    bd.ok("msg", "nack", got["receipt"], "--dead", "--reason", "not mine", "--actor", "bob")
    assert "Refused by bob: not mine" in bd.ok("msg", "dead").out
    assert bd.ok("msg", "dead", "replay", message).out == f"{message}: ● bob waiting\n"
    assert received(bd, "bob")[0]["id"] == message


# -- large texts, blobs


def test_a_text_too_long_to_be_shown_keeps_its_subject_and_its_beginning(bd: Bd) -> None:
    long = "The build is red. " + "x" * 300_000
    message = send(bd, "bob", "--subject", "Build", "-", given=long)
    for words in (("inbox", "--agent", "bob"), ("peek", "--actor", "bob"), ("show", message),
                  ("list",), ("thread", message), ("receive", "--actor", "bob")):  # fmt: skip
        for program in (bd, on_terminal(bd))[: 1 + (words[0] != "receive")]:
            shown = program.ok("msg", *words).out
            assert "Build: The build is red." in shown, words
            assert f"bd msg show {message}" in shown, words
    assert "Build: The build is red." in bd.ok("activity", "--messages").out
    assert bd.ok("msg", "show", message, "--raw").out == long
    assert bd.json("msg", "show", message)["aside"] is True
    bd.ok("msg", "show", message, "-o", "text.txt")
    assert (bd.folder / "text.txt").read_text() == long
    assert [each["id"] for each in bd.json("msg", "search", "red")] == [message]


def test_a_long_text_is_shown_whole_up_to_the_limit(bd: Bd) -> None:
    long = "x" * 100_000
    send(bd, "bob", "-", given=long)
    assert long in bd.ok("msg", "receive", "--actor", "bob").out


def test_a_blob_is_shown_with_its_message_and_named_by_its_first_digits(bd: Bd) -> None:
    (bd.folder / "log").write_text("much")
    digest = bd.json("blob", "put", "log")["digest"]
    message = send(bd, "bob", "--blob", digest[:8])
    shown = bd.json("msg", "show", message)
    assert "payload" not in shown
    assert "aside" not in shown
    assert shown["blob"]["digest"] == digest
    for words in (("receive", "--actor", "bob"), ("show", message)):
        assert f"bd blob get {digest[:12]}" in bd.ok("msg", *words).out
    assert f"[blob {digest[:12]}, 4 bytes]" in bd.ok("msg", "inbox", "--agent", "bob").out
    assert bd("msg", "send", "--to", "bob", "--blob", "abcdef").code == 3


@pytest.mark.parametrize(
    "words",
    [
        ("--stdin", "both"),
        ("-m", "one", "two"),
        ("--ttl", "1h", "--expires", "2030-01-01", "text"),
        ("--delay", "1h", "--not-before", "2030-01-01", "text"),
    ],
)
def test_what_is_said_twice_is_refused(bd: Bd, words: tuple[str, ...]) -> None:
    code, name, said = refused(bd, "send", "--to", "bob", *words, given="more")
    assert (code, name, "twice" in said) == (2, "field.invalid", True)


def test_a_question_to_nobody_fails_at_once(bd: Bd) -> None:
    code, name, said = refused(bd, "request", "--to", "topic:nowhere", "Which?", "--wait", "1h")
    assert (code, name) == (3, "recipient.unknown")
    assert "Nobody is subscribed" in said


def test_a_bad_name_is_told_what_is_wrong_with_it(bd: Bd) -> None:
    for name, fault in ((" ", "blank"), ("x" * 9999, "9999 characters"), ("a\nb", "control")):
        assert fault in refused(bd, "receive", "--actor", name)[2]
    assert "address of something else" in refused(bd, "receive", "--actor", "@x")[2]


def test_what_is_held_is_found_again_after_its_receipt_was_lost(bd: Bd) -> None:
    send(bd, "bob", "One")
    send(bd, "bob", "Two")
    (got,) = received(bd, "bob")
    receipt = got["receipt"]
    assert bd.json("msg", "inbox", "--actor", "bob")[0]["delivery"]["receipt"] == receipt
    assert f"receipt {receipt}" in bd.ok("msg", "inbox", "--actor", "bob").out
    assert receipt not in bd.ok("msg", "inbox", "--agent", "bob").out
    for words in (("receive",), ("peek",)):
        said = bd.ok("msg", *words, "--actor", "bob").err
        assert said.index(f"bd msg show {got['seq']}") < said.index(f"bd msg ack {receipt}")
        assert "1 message may wait behind that" in said


def test_a_message_is_named_by_its_number(bd: Bd) -> None:
    message = send(bd, "bob", "Hello")
    seq = bd.json("msg", "show", message)["seq"]
    for name in (f"#{seq}", str(seq)):
        assert bd.json("msg", "show", name)["id"] == message
    for words in (("inbox", "--agent", "bob"), ("outbox",), ("list",)):
        assert f"#{seq} {message}" in bd.ok("msg", *words).out
    assert bd("msg", "show", "999999").code == 3


def test_the_inbox_tells_what_was_never_shown_or_handed_out(bd: Bd) -> None:
    send(bd, "bob", "One")
    hooked(bd)
    new = send(bd, "bob", "Two")
    assert [each["id"] for each in bd.json("msg", "inbox", "--agent", "bob", "--unread")] == [new]


def test_what_is_acknowledged_already_is_not_asked_for(bd: Bd) -> None:
    send(bd, "bob", "Hello")
    assert "msg ack" not in bd.ok("msg", "receive", "--ack", "--actor", "bob").out


def test_a_review_says_its_verdicts_and_takes_them_as_they_are_spoken(bd: Bd) -> None:
    assert (
        "verdict (approved, rejected, comment)"
        in refused(bd, "send", "--to", "bob", "-t", "review", "Fine")[2]
    )
    send(bd, "bob", "-t", "review", "--payload", '{"verdict": "approve"}')
    assert received(bd, "bob")[0]["payload"] == {"verdict": "approved"}


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (("broadcast", "x"), "bd msg send --to everyone"),
        (("log",), "bd activity"),
        (("events",), "bd activity"),
        (("msg", "status"), "inbox"),
        (("msg", "topics", "create", "x"), "bd msg subscribe NAME"),
        (("msg", "send", "--to", "bob", "--issue", "px-1", "x"), '"issue": "ID"'),
    ],
)
def test_what_is_guessed_is_answered_with_what_was_meant(
    bd: Bd, words: tuple[str, ...], meant: str
) -> None:
    answer = bd(*words, "--json")
    assert (answer.code, meant in answer.error["hint"]) == (2, True)
