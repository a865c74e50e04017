"""Who holds an issue, when many want it (R7)."""

import pytest

from tests.doors.program import Bd

CLAIMERS = 12


@pytest.mark.slow
@pytest.mark.parametrize("words", [("update", "{id}", "--claim"), ("claim", "{id}")])
def test_of_many_claimers_one_wins_and_only_it_exits_0(bd: Bd, words: tuple[str, ...]) -> None:
    issue = bd.create()
    typed = [word.format(id=issue) for word in words]
    started = [
        bd.at(bd.folder, BD_ACTOR=f"agent-{number}").start(*typed, "--json")
        for number in range(CLAIMERS)
    ]
    answers = [process.communicate() for process in started]
    codes = [process.returncode for process in started]
    assert sorted(codes) == [0] + [4] * (CLAIMERS - 1)
    winner = codes.index(0)
    (shown,) = bd.json("show", issue)
    assert shown["claimed_by"] == shown["assignee"] == f"agent-{winner}"
    assert shown["claim_epoch"] == 1
    for (out, err), code in zip(answers, codes, strict=True):
        assert (out == "") == (code == 4)
        assert code == 0 or f'"holder":"agent-{winner}"' in err


@pytest.mark.slow
def test_many_take_work_and_none_takes_anothers(bd: Bd) -> None:
    issues = {bd.create(str(number)) for number in range(6)}
    started = [
        bd.at(bd.folder, BD_ACTOR=f"agent-{number}").start("ready", "--claim", "--json")
        for number in range(8)
    ]
    outs = [process.communicate()[0] for process in started]
    assert [process.returncode for process in started] == [0] * 8
    assert sum(out == "[]\n" for out in outs) == 2
    held = {row["id"]: row["assignee"] for row in bd.json("list", "--limit", "0")}
    assert set(held) == issues
    assert len(set(held.values())) == 6


@pytest.mark.slow
def test_many_writers_lose_nothing(bd: Bd) -> None:
    issue = bd.create()
    started = [bd.start("label", "add", issue, f"label-{number}") for number in range(10)]
    started += [bd.start("create", f"Issue {number}") for number in range(5)]
    for process in started:
        process.communicate()
    assert [process.returncode for process in started] == [0] * 15
    assert len(bd.json("show", issue)[0]["labels"]) == 10
    assert len(bd.lines()) == 6
    assert bd.json("sync") == {"imported": None, "is_written": False}


def test_a_repeated_claim_is_no_conflict(bd: Bd) -> None:
    issue = bd.create()
    assert bd.json("claim", issue)[0]["already"] is False
    assert bd.json("claim", issue)[0]["already"] is True
    assert bd.json("update", issue, "--claim")[0]["claim_epoch"] == 1


def test_two_sessions_of_one_name_are_two(bd: Bd) -> None:
    issue = bd.create()
    bd.ok("claim", issue, BD_SESSION="one")
    assert bd("claim", issue, BD_SESSION="two").code == 4
    assert bd("claim", issue, CLAUDE_SESSION_ID="three").code == 4
    assert bd.ok("claim", issue, BD_SESSION="one").code == 0


def test_who_lost_the_claim_is_told_and_changes_nothing(bd: Bd) -> None:
    issue = bd.create()
    bd.ok("claim", issue)
    bd.ok("release", issue, "--force", "--actor", "boss")
    (claimed,) = bd.json("claim", issue, "--actor", "bob")
    before = bd.ok("export").out
    for words in (
        ("close", issue),
        ("update", issue, "--notes", "Late"),
        ("comments", "add", issue, "Late"),
        ("heartbeat", issue),
        ("release", issue),
    ):
        answer = bd(*words, "--json")
        assert (answer.code, answer.error["code"]) == (4, "claim.stale")
        assert answer.error["data"]["holder"] == "bob"
    assert bd("update", issue, "--notes", "x", "--claim").code == 4
    assert bd.ok("export").out == before
    assert bd("close", issue, "--actor", "bob", "--epoch", "1").code == 4
    bd.ok("close", issue, "--actor", "bob", "--epoch", str(claimed["claim_epoch"]))


def test_what_came_late_is_refused_and_can_be_had(bd: Bd) -> None:
    issue = bd.create()
    bd.ok("claim", issue)
    bd.ok("release", issue, "--force", "--actor", "boss")
    refused = bd("comments", "add", issue, "It works now")
    assert f"bd late {issue}" in refused.err
    (kept,) = bd.json("late", issue)
    assert (kept["actor"], kept["operation"]) == ("ann", "comment.add")
    assert kept["request"]["text"] == "It works now"
    assert "text: It works now" in bd.ok("late", issue).out
    assert bd.json("late", bd.create()) == []


def test_who_lost_a_claim_has_a_way_on_from_everywhere(bd: Bd) -> None:
    """Open, closed, given to another: the hint of the refusal names what works."""
    ends = {
        "open": (("update", "--status=open"), "claim", "open"),
        "closed": (("close", "--force"), "reopen", "closed"),
        "assigned": (("update", "--assignee=carol"), "release", "in_progress"),
    }
    for words, way, status in ends.values():
        issue = bd.create()
        bd.ok("claim", issue)
        bd.ok(words[0], issue, *words[1:], "--actor", "bob")
        refused = bd("label", "add", issue, "x")
        assert refused.code == 4
        assert f"`bd {way} {issue}`" in refused.err
        assert bd.json("show", issue)[0]["status"] == status
        bd.ok(way, issue)
        bd.ok("label", "add", issue, "x")
    released = bd.create()
    bd.ok("claim", released)
    bd.ok("close", released, "--force", "--actor", "bob")
    assert bd.json("release", released)[0]["status"] == "closed"
    bd.ok("comments", "add", released, "Well done")


def test_an_epic_whose_claim_was_lost_can_be_closed(bd: Bd) -> None:
    epic = bd.json("create", "Epic", "-t", "epic")["id"]
    child = bd.json("create", "Child", "--parent", epic)["id"]
    bd.ok("claim", epic)
    bd.ok("update", epic, "--status=open", "--actor", "bob")
    bd.ok("close", child)
    assert bd.json("epic", "close-eligible")["closed"] == [epic]


def test_another_session_is_named_where_the_name_is_the_same(bd: Bd) -> None:
    issue = bd.create()
    bd.ok("claim", issue, BD_SESSION="one")
    for words in (("claim", issue), ("close", issue), ("release", issue)):
        assert "session one" in bd(*words, BD_SESSION="two").err, words


def test_work_given_back_can_be_taken(bd: Bd) -> None:
    issue = bd.create()
    bd.ok("update", issue, "--claim")
    bd.ok("update", issue, "--status=open")
    assert [row["id"] for row in bd.json("ready")] == [issue]
    bd.ok("claim", issue, "--actor", "bob")


def test_closing_anothers_work_needs_force(bd: Bd) -> None:
    issue = bd.create()
    bd.ok("claim", issue, "--actor", "bob")
    assert bd("close", issue, "--json").error["code"] == "claim.lost"
    assert bd("update", issue, "--status", "closed").code == 4
    bd.ok("close", issue, "--force")
