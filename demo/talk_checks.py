"""The proof of what the workers told one another, and of their leases."""

import json
from collections import Counter
from collections.abc import Iterator

from evidence import Evidence
from talk import HELD_BY_THE_DEAD

Result = tuple[int, list[str]]
_DEAD = ("undeliverable", "expired")


def sent_messages_are_there(evidence: Evidence) -> Result:
    """each message whose sending was acknowledged is in the store, once"""
    acks = evidence.acked("send")
    counts = Counter(each["message"] for each in acks)
    faults = [f"{each} is not there" for each in counts if each not in evidence.messages]
    faults += [f"{each} was sent twice" for each, count in counts.items() if count > 1]
    return len(acks), faults


def all_deliveries_ended(evidence: Evidence) -> Result:
    """each message was acknowledged once by each who got it, or is in the dead letters"""
    faults = []
    count = 0
    for message, deliveries in evidence.messages.items():
        settled = Counter(
            each["changes"][0]["field"].rpartition(".")[2]
            for each in evidence.delivery_events(message)
            if each["kind"] == "acknowledged"
        )
        for each in deliveries:
            count += 1
            is_settled = each["state"] == "acknowledged" and settled[each["recipient"]] == 1
            is_dead = each["state"] in _DEAD and message in evidence.dead and each.get("reason")
            if not is_settled and not is_dead:
                faults.append(f"{message} to {each['recipient']} is {each['state']}")
    return count, faults


def settled_messages_stay_settled(evidence: Evidence) -> Result:
    """each message whose acknowledgement was answered is acknowledged in the store"""
    acks = evidence.acked("settle")
    faults = [
        f"{ack['message']} is not acknowledged"
        for ack in acks
        if "acknowledged" not in {each["state"] for each in evidence.messages[ack["message"]]}
    ]
    return len(acks), faults


def order_was_kept(evidence: Evidence) -> Result:
    """nobody got a message before an earlier one of the same sender was settled or held with it"""
    handed: dict[tuple[str, str], list[int]] = {}
    for number, mailbox, sender, is_first in evidence.first_handed():
        if is_first and not mailbox.startswith("@"):
            handed.setdefault((mailbox, sender), []).append(number)
    faults = [
        f"{mailbox} got the messages of {sender} out of their order"
        for (mailbox, sender), numbers in handed.items()
        if numbers != sorted(numbers)
    ]
    return sum(map(len, handed.values())), faults


def the_dead_held_what_they_should(evidence: Evidence) -> Result:
    """one worker died holding three messages and a lease, and all of that was let go"""
    messages = [each["message"] for each in evidence.acked("receive") if each.get("dies")]
    leases = [each["lease"] for each in evidence.acked("lease") if each.get("dies")]
    faults = [] if len(messages) == HELD_BY_THE_DEAD else [f"it held {len(messages)} messages"]
    faults += [] if len(leases) == 1 else [f"it held {len(leases)} leases"]
    faults += [f"{each} is no dead letter" for each in messages if each not in evidence.dead]
    ended = {each["lease"]: each["state"] for each in evidence.leases}
    faults += [f"lease {each} is {ended[each]}" for each in leases if ended[each] != "expired"]
    return len(messages) + len(leases), faults


def _held(evidence: Evidence) -> Iterator[tuple[str, int, int, str]]:
    """Yield what was held from which event to which, and by whom, as the log has it."""
    last = evidence.events[-1]["seq"] + 1 if evidence.events else 1
    begun: dict[str, tuple[int, list[str], str]] = {}
    for event in evidence.events:
        change = event["changes"][0] if event.get("changes") else {}
        name = change.get("field", "")
        if not name.startswith("lease."):
            continue
        after = change.get("after") or {}
        if event["kind"] == "leased":
            begun[name] = (event["seq"], after["patterns"], after["actor"])
        elif event["kind"] in ("unleased", "lease.expired", "lease.broken") and name in begun:
            start, patterns, actor = begun.pop(name)
            yield from ((each, start, event["seq"], actor) for each in patterns)
    for start, patterns, actor in begun.values():
        yield from ((each, start, last, actor) for each in patterns)


def no_path_had_two_holders(evidence: Evidence) -> Result:
    """no two held one path at the same time"""
    spans: dict[str, list[tuple[int, int, str]]] = {}
    for path, start, end, actor in _held(evidence):
        spans.setdefault(path, []).append((start, end, actor))
    faults = [
        f"{one[2]} and {other[2]} held {path} at once"
        for path, found in spans.items()
        for one, other in zip(sorted(found), sorted(found)[1:], strict=False)
        if other[0] < one[1]
    ]
    return sum(map(len, spans.values())), faults


def leases_are_in_the_log(evidence: Evidence) -> Result:
    """each lease that was acknowledged is in the log, from its grant to its end"""
    acks = evidence.acked("lease")
    known = {each["lease"] for each in evidence.leases}
    live = {each["lease"] for each in evidence.leases if each["state"] in ("held", "waiting")}
    faults = [f"lease {each['lease']} is not there" for each in acks if each["lease"] not in known]
    faults += [f"lease {each} has not ended" for each in sorted(live)]
    return len(acks), faults


def the_log_files_verify(evidence: Evidence) -> Result:
    """the log files hold each message and event, each line bound to the one before"""
    faults = list(evidence.log_faults)
    logged = {json.loads(line)["id"] for line in evidence.message_log}
    faults += [f"{each} is not in the log" for each in evidence.messages if each not in logged]
    return len(evidence.message_log), faults


TALK_CHECKS = (
    sent_messages_are_there,
    all_deliveries_ended,
    settled_messages_stay_settled,
    order_was_kept,
    the_dead_held_what_they_should,
    no_path_had_two_holders,
    leases_are_in_the_log,
    the_log_files_verify,
)
