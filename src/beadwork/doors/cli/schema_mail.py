"""What `bd msg` and `bd activity` answer under `--json`, as JSON Schema."""

from beadwork.doors.cli.schema_parts import (
    EVENT,
    Schema,
    anything,
    array,
    either,
    number,
    text,
    texts,
    thing,
    time,
    truth,
)

_MESSAGE: dict[str, Schema] = {
    "id": text("A ULID."),
    "seq": number("Its number, which grows."),
    "ts": time("When it was sent."),
    "from": text("Who sent it."),
    "to": texts("Its addresses."),
    "type": text("Its type."),
    "thread": text("The id of the thread's first message."),
    "session?": text("The sender's session."),
    "payload?": anything("What it says."),
    "reply_to?": text("The id of the message that it answers."),
    "priority?": text("urgent, high or low; absent: normal."),
    "not_before?": time("Not delivered before."),
    "expires?": time("Delivered until then."),
    "key?": text("The key that it was sent under."),
    "git_state?": thing(
        "The sender's work tree.",
        {
            "branch?": text("The branch."),
            "commit?": text("The commit."),
            "dirty?": truth("Whether tracked files had changes."),
        },
    ),
    "blob?": thing(
        "A content kept in a file.",
        {"digest": text("Its SHA-256."), "size_bytes": number("Its size.")},
    ),
    "aside?": truth("Whether the blob holds what it says; else it belongs to the message."),
    "head?": text("How it begins, where it is too long to be shown, or damaged."),
    "damaged?": text("Why the payload can't be shown."),
}
_STATE = thing(
    "How far one recipient's copy is.",
    {
        "recipient": text("Whose."),
        "state": text("waiting, held, acknowledged, expired, undeliverable, dropped or skipped."),
        "address?": text("By which address, if it is another."),
        "attempts?": number("How often it was handed out."),
        "holder?": text("Who holds it."),
        "held_until?": time("Until when."),
        "due?": time("Not before."),
        "shown?": truth("Whether it was shown."),
        "reason?": text("Why."),
        "receipt?": text("The receipt under which you hold it."),
        "note?": text("What the sender should know: nobody of that name was here yet."),
    },
)
_STATES = array(_STATE, "For each recipient.")
_SENT = thing(
    "What was sent.",
    {
        "id": text("The message."),
        "seq": number("Its number."),
        "thread": text("The id of the thread's first message."),
        "deliveries": _STATES,
        "already?": truth("Whether it was sent before, under the same key."),
        "acknowledged?": truth("Whether what was answered was acknowledged with it."),
    },
)
_ALONE = thing("A message.", _MESSAGE)
_IN_MAILBOX = array(
    thing("A message and how far it is.", {**_MESSAGE, "delivery": _STATE}), "Messages."
)
_OUT = thing("A message and how far it is.", {**_MESSAGE, "deliveries": _STATES})
_SETTLED = array(
    thing(
        "How far it is now.",
        {
            "id": text("The message."),
            "delivery": _STATE,
            "already?": truth("Whether it was so before."),
            "held_until?": time("Until when it is held."),
        },
    ),
    "Each that was settled.",
)
_MEMBERS = thing(
    "Who is in it now.",
    {
        "address": text("The topic or group."),
        "members": texts("Who is in it."),
        "changed": truth("Whether it was different before."),
        "cursor": number("What is sent after this event reaches them."),
    },
)
_GATHERINGS = array(
    thing(
        "A topic or group.",
        {
            "address": text("Its address."),
            "members": texts("Who is in it."),
            "open": number("What waits for a group."),
        },
    ),
    "By name.",
)
_LETTERS = thing("As they are now.", {"id": text("The message."), "deliveries": _STATES})

MAIL: dict[str, Schema] = {
    "activity": array(
        thing(
            "Something that somebody did.",
            {
                **EVENT,
                "deed": text("claimed, closed, commented, sent, ..."),
                "title?": text("The issue's title."),
                "message?": thing("The message that was sent.", _MESSAGE),
            },
        ),
        "In their order, the latest last. With --follow an object a line.",
    ),
    "msg send": _SENT,
    "msg reply": _SENT,
    "msg request": thing("The answer.", {"request": text("What was asked."), "reply": _ALONE}),
    "msg receive": array(
        thing(
            "A message that was handed out.",
            {
                **_MESSAGE,
                "receipt": text("What `bd msg ack` takes."),
                "held_until": time("Until when it is held."),
                "attempt": number("How often it was handed out."),
                "mailbox": text("Whose."),
            },
        ),
        "What was handed out; nothing if nothing is there. With --follow an object a line.",
    ),
    "msg peek": _IN_MAILBOX,
    "msg ack": _SETTLED,
    "msg nack": _SETTLED,
    "msg extend": _SETTLED,
    "msg hook": either(
        "What is new; with --event what the agent's hook takes.",
        thing("New.", {"messages": _IN_MAILBOX, "more": number("How many more there are.")}),
        thing("The agent goes on.", {"decision": text("block"), "reason": text("The messages.")}),
        thing(
            "The agent knows it.",
            {
                "hookSpecificOutput": thing(
                    "For the hook.",
                    {
                        "hookEventName": text("The hook."),
                        "additionalContext": text("The messages."),
                    },
                )
            },
        ),
    ),
    "msg inbox": _IN_MAILBOX,
    "msg outbox": array(_OUT, "The latest first."),
    "msg show": either(
        "A message; with --output what was written.",
        _OUT,
        thing(
            "A file.",
            {
                "id": text("The message."),
                "path": text("The file."),
                "size_bytes": number("How long it is."),
            },
        ),
    ),
    "msg thread": thing(
        "A thread.",
        {"thread": text("Its first message."), "messages": array(_OUT, "In their order.")},
    ),
    "msg search": array(_ALONE, "The latest first."),
    "msg list": array(_ALONE, "The latest first, or with --since in order."),
    "msg agents": array(
        thing(
            "Somebody who has been here.",
            {
                "name": text("Who."),
                "state": text("here, away or left."),
                "since": time("Since when they are here."),
                "seen": time("When they wrote last."),
                "first": time("When they were here first."),
                "operation?": text("What they did last."),
                "session?": text("In which session."),
                "issues?": texts("The issues that they hold."),
                "subscriptions?": texts("The topics and groups that they are in."),
                "open?": number("What waits for them alone, or is held."),
            },
        ),
        "The latest first.",
    ),
    "msg leave": thing(
        "Gone.",
        {
            "agent": text("Who."),
            "undeliverable?": number("What ended with the attempt."),
            "returned?": number("How many messages it held, which wait again."),
            "leases?": array(number("A number."), "The leases that ended."),
            "stays?": truth("Whether another session of the same name is here."),
        },
    ),
    "msg subscribe": _MEMBERS,
    "msg unsubscribe": _MEMBERS,
    "msg topics": _GATHERINGS,
    "msg groups": _GATHERINGS,
    "msg groups list": _GATHERINGS,
    "msg groups join": _MEMBERS,
    "msg groups leave": _MEMBERS,
    "msg dead": _IN_MAILBOX,
    "msg dead list": _IN_MAILBOX,
    "msg dead replay": _LETTERS,
    "msg dead drop": _LETTERS,
}
