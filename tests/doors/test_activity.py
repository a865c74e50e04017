"""`bd activity`: events and messages in one list; nothing is missed and nothing shown twice."""

import json
from pathlib import Path

import pytest

from beadwork.model.event_kinds import LEASE_KINDS
from beadwork.ops.activity import KINDS
from tests.doors.program import TIMEOUT_S, Bd


@pytest.fixture
def lived(bd: Bd) -> tuple[str, str]:
    """A store in which something of every kind has happened."""
    one, two = bd.create("Fix the login"), bd.create("Second")
    bob = bd.at(bd.folder, BD_ACTOR="bob")
    bob.ok("claim", one)
    bob.ok("comments", "add", one, "It is the cookie")
    bd.ok("dep", "add", one, two)
    bd.ok("update", one, "--add-label", "red")
    bd.ok("update", one, "-p", "0")
    bd.ok("msg", "send", "--to", "everyone", "--priority", "urgent", "Stop, main is red")
    bob.ok("close", one, "--reason", "Mended", "--force")
    bd.ok("reopen", one)
    bd.ok("undo")
    bd.ok("assign", two, "bob")
    bd.ok("delete", two, "--force")
    bd.ok("remember", "All is well", "--key", "state")
    return one, two


def deeds(bd: Bd, *words: str) -> list[str]:
    return [each["deed"] for each in bd.json("activity", *words)]


def seqs(bd: Bd, *words: str) -> list[int]:
    return [each["seq"] for each in bd.json("activity", *words)]


def test_nothing_has_happened_yet(bd: Bd) -> None:
    assert bd.json("activity") == []
    assert bd.ok("activity").out == "Nothing yet.\n"


def test_what_happened_is_called_by_its_name(bd: Bd, lived: tuple[str, str]) -> None:
    found = deeds(bd)
    assert found == [
        *("created", "created", "claimed", "commented", "linked", "labelled", "updated", "sent"),
        *("closed", "reopened", "undone", "assigned", "deleted", "remembered"),
    ]
    assert set(found) <= KINDS
    assert seqs(bd) == sorted(seqs(bd))


def test_it_is_said_in_words(bd: Bd, lived: tuple[str, str]) -> None:
    one, two = lived
    lines = bd.ok("activity").out.splitlines()
    said = [line.split(" ", 2)[2] for line in lines]
    assert said[:10] == [
        f"ann created {one} Fix the login",
        f"ann created {two} Second",
        f"bob claimed {one} Fix the login",
        f"bob commented on {one} Fix the login: It is the cookie",
        f"ann linked {one} Fix the login: needs {two} (blocks)",
        f"ann labelled {one} Fix the login: red",
        f"ann updated {one} Fix the login: priority 2 → 0",
        "ann → everyone: note [urgent]: Stop, main is red",
        f"bob closed {one} Fix the login: Mended",
        f"ann reopened {one} Fix the login: status closed → open, "
        "close_reason Mended → nothing (undone)",
    ]
    assert lines[0].startswith("#1 20")


def test_a_message_is_shown_as_itself(bd: Bd, lived: tuple[str, str]) -> None:
    (sent,) = bd.json("activity", "--messages")
    assert sent["message"]["payload"] == {"text": "Stop, main is red"}
    assert sent["message"]["to"] == ["everyone"]
    assert sent["seq"] == sent["message"]["seq"]
    rest = bd.json("activity", "--events")
    assert len(rest) == len(bd.json("activity")) - 1
    assert all("message" not in each for each in rest)


def test_filters_hold_together(bd: Bd, lived: tuple[str, str]) -> None:
    one, two = lived
    assert deeds(bd, "--actor", "bob") == ["claimed", "commented", "closed"]
    assert deeds(bd, "--issue", two) == ["created", "assigned", "deleted"]
    assert deeds(bd, "--kind", "closed", "--kind", "commented") == ["commented", "closed"]
    assert deeds(bd, "--issue", one, "--actor", "ann", "--kind", "created") == ["created"]
    assert "claimed" in deeds(bd, "--kind", "updated"), "as the log calls it"


def test_a_number_or_a_time_says_where_to_begin(bd: Bd, lived: tuple[str, str]) -> None:
    assert seqs(bd, "--since", "9") == seqs(bd)[9:]
    assert seqs(bd, "--since", "0") == seqs(bd, "--since", "1h") == seqs(bd, "--limit", "0")
    assert seqs(bd, "--since", "2100-01-01") == []
    made = bd.json("activity")[3]["at"]
    assert seqs(bd, "--since", made) == seqs(bd)[3:]


def test_a_limit_leaves_the_latest(bd: Bd, lived: tuple[str, str]) -> None:
    assert seqs(bd, "--limit", "2") == seqs(bd)[-2:]
    assert seqs(bd, "--since", "3", "--limit", "2") == seqs(bd)[-2:]
    assert deeds(bd, "--kind", "created", "--limit", "1") == ["created"]


def test_pages_make_no_difference(
    bd: Bd, lived: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, some = seqs(bd), seqs(bd, "--actor", "ann")
    monkeypatch.setattr("beadwork.ops.activity._PAGE", 2)
    monkeypatch.setattr("beadwork.ops.activity._PAGES_MAX", 2)
    monkeypatch.setattr("beadwork.doors.cli.commands.activity._PAGE", 3)
    assert seqs(bd) == seqs(bd, "--since", "0") == whole
    assert seqs(bd, "--actor", "ann") == seqs(bd, "--actor", "ann", "--since", "0") == some
    assert seqs(bd, "--kind", "created") == [1, 2]
    assert seqs(bd, "--limit", "5") == whole[-5:]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--issue", "px-none"), 3),
        (("--kind", "closd"), 2),
        (("--since", "whenever"), 2),
        (("--limit", "-1"), 2),
        (("--messages", "--events"), 2),
    ],
)
def test_what_can_never_come_is_refused(bd: Bd, words: tuple[str, ...], code: int) -> None:
    assert bd("activity", *words).code == code
    assert bd("activity", "--follow", *words).code == code


def test_text_of_others_is_shown_and_not_obeyed(bd: Bd) -> None:
    bd.ok("create", "Red \x1b[31m\nalert")
    bd.ok("msg", "send", "--to", "bob", "Clear \x1b[2J\nall")
    lines = bd.ok("activity").out.splitlines()
    assert len(lines) == 2
    assert not any("\x1b" in line for line in lines)
    shown = bd.ok("activity", FORCE_COLOR="1", COLUMNS="200").out
    assert "\x1b[31m" not in shown
    assert "\x1b[2J" not in shown


def test_a_terminal_gets_colours(bd: Bd, lived: tuple[str, str]) -> None:
    shown = bd.ok("activity", FORCE_COLOR="1").out
    assert "\x1b[" in shown
    assert len(shown.splitlines()) == len(seqs(bd))
    narrow = bd.ok("activity", FORCE_COLOR="1", NO_COLOR="1", COLUMNS="30").out
    assert max(len(line) for line in narrow.splitlines()) <= 30


# -- following


def test_it_follows_and_misses_nothing(bd: Bd) -> None:
    bd.create("First")
    process = bd.start("activity", "--follow", "--json")
    try:
        assert process.stdout is not None
        assert json.loads(process.stdout.readline())["seq"] == 1
        for number in range(2, 6):
            bd.create(f"Number {number}")
            deed = json.loads(process.stdout.readline())
            assert (deed["seq"], deed["title"]) == (number, f"Number {number}")
        bd.ok("msg", "send", "--to", "bob", "Hello")
        assert json.loads(process.stdout.readline())["message"]["payload"] == {"text": "Hello"}
    finally:
        process.terminate()
        process.communicate(timeout=TIMEOUT_S)


def test_it_goes_on_after_a_number(bd: Bd) -> None:
    for title in ("First", "Second", "Third"):
        bd.create(title)
    process = bd.start(
        "activity", "--follow", "--since", "1", "--actor", "ann", "--kind", "created"
    )
    try:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(2)]
        assert [line.split()[0] for line in lines] == ["#2", "#3"]
        bd.ok("create", "Not hers", BD_ACTOR="bob")
        bd.create("Fourth")
        assert process.stdout.readline().split()[0] == "#5"
    finally:
        process.terminate()
        process.communicate(timeout=TIMEOUT_S)


def test_it_ends_quietly_once_nobody_reads(bd: Bd) -> None:
    bd.create("First")
    process = bd.start("activity", "--follow")
    assert process.stdout is not None
    assert process.stderr is not None
    assert "First" in process.stdout.readline()
    process.stdout.close()
    assert process.wait(TIMEOUT_S) == 0
    assert process.stderr.read() == ""
    process.stderr.close()


def test_it_reads_and_no_more(bd: Bd, lived: tuple[str, str]) -> None:
    before = _facts(bd.beads)
    bd.ok("activity")
    bd.ok("activity", "--readonly")
    assert _facts(bd.beads) == before


def _facts(folder: Path) -> dict[str, tuple[int, int]]:
    kept = [path for path in folder.rglob("*") if not path.name.endswith(("-shm", "-wal"))]
    return {str(path): (path.stat().st_size, path.stat().st_mtime_ns) for path in kept}


def test_leases_are_told_in_words(bd: Bd) -> None:
    bd.ok("lease", "acquire", "src/**", "--reason", "Moving it", "--actor", "bob")
    bd.ok("lease", "break", "1", "--reason", "He is gone", "--actor", "ann")
    bd.ok("lease", "acquire", "--name", "deploy", "--actor", "ann")
    bd.ok("lease", "release", "--all", "--actor", "ann")
    said = [line.split(" ", 2)[2] for line in bd.ok("activity", "--events").out.splitlines()]
    assert [each for each in said if "lease" in each] == [
        "bob leases src/** (lease 1, bob): Moving it",
        "ann broke a lease of src/** (lease 1, bob): He is gone",
        "ann leases deploy (lease 2, ann)",
        "ann released deploy (lease 2, ann)",
    ]


def test_leases_are_found_by_their_kind(bd: Bd) -> None:
    bd.ok("lease", "acquire", "src/**")
    bd.ok("lease", "release", "src/**")
    assert [each["deed"] for each in bd.json("activity", "--kind", "leased")] == ["leased"]
    assert [each["deed"] for each in bd.json("activity", "--kind", "unleased")] == ["unleased"]
    for kind in LEASE_KINDS:
        bd.ok("activity", "--kind", kind)
        assert kind in bd("activity", "--kind", "lease").err
