"""What an agent types that knows other trackers: the answer is what was meant, or true."""

import re

import pytest

from tests.doors.program import Bd

Words = tuple[str, ...]
ID = "{id}"
OTHER = "{other}"

MEANT: dict[str, tuple[Words, str]] = {
    "get": (("get", ID), "`bd show ID`"),
    "ls": (("ls",), "`bd list`"),
    "add": (("add", "x"), 'bd create "Title"'),
    "next": (("next",), "`bd ready`, or `bd ready --claim`"),
    "start": (("start", ID), "`bd claim ID`"),
    "unclaim": (("unclaim", ID), "`bd release ID`"),
    "finish": (("finish", ID), "`bd close ID --reason TEXT`"),
    "unassign": (("unassign", ID), 'bd assign ID ""'),
    "unlink": (("unlink", ID, OTHER), "bd dep remove ID NEEDED_ID"),
    "find": (("find", "x"), "`bd search TEXT`"),
    "log": (("log", ID), "`bd history ID`"),
    "labels": (("labels",), "`bd label list ID`, or `bd label list-all`"),
    "issue create": (("issue", "create", "x"), "`bd create`"),
    "issue": (("issue", ID), "`bd show ID`"),
    "rm": (("rm", ID), "`bd delete ID --force`"),
    "molecule": (("mol", "list"), "Classic's command of this name is not there"),
    "mail": (("mail",), "`bd msg inbox`, or `bd msg receive`"),
    "send": (("send", "bob", "hi"), '`bd msg send --to NAME "text"`'),
    "agents": (("agents",), "`bd msg agents`"),
    "read of msg": (("msg", "read"), '"receive"'),
    "wait of msg": (("msg", "wait"), '"receive"'),
    "unread of msg": (("msg", "unread"), '"inbox"'),
    "retry of dead letters": (("msg", "dead", "retry", "x"), '"replay"'),
    "name before the text": (("msg", "send", "bob", "hi there"), "`--to bob 'hi there'`"),
    "--urgent": (("msg", "send", "--to", "bob", "--urgent", "hi"), "`--priority urgent`"),
    "--all of receive": (("msg", "receive", "--all"), "`--limit 100`"),
    "whose inbox": (("msg", "inbox", "bob"), "`bd msg inbox --agent bob`"),
    "any JSON as a note": (
        ("msg", "send", "--to", "b", "--payload", "[1]"),
        "Its fields are text.",
    ),
    "mistyped": (("lst",), 'Did you mean "list"?'),
    "nothing like it": (("get-out-of-here",), "`bd --help` lists the commands."),
    "dep of two": (("dep", ID, OTHER), "`bd dep add {id} {other}`"),
    "label of two": (("label", ID, "db"), "`bd label add {id} db`"),
    "label rm": (("label", "rm", ID, "db"), '"remove"'),
    "worktree rm": (("worktree", "rm", "x"), '"remove"'),
    "hooks status": (("hooks", "status"), '"list"'),
    "epic list": (("epic", "list"), '"status"'),
    "unknown of dep": (("dep", "frob"), "Use one of: add, cycles, list, relate, remove, rm, tree,"),
    "--open": (("list", "--open"), "`--status open`"),
    "--closed": (("list", "--closed"), "`--status closed`"),
    "--mine": (("ready", "--mine"), "`--assignee me`"),
    "--all of ready": (("ready", "--all"), "`--limit 0`"),
    "--tag": (("list", "--tag", "x"), "`--label`"),
    "--since": (("list", "--since", "2026-01-01"), "`--created-after`"),
    "--epic": (("list", "--epic", ID), "`--parent`"),
    "-o": (("list", "-o", "json"), "`--json`"),
    "--p0": (("ready", "--p0"), "`--priority 0`"),
    "--desc of create": (("create", "x", "--desc", "y"), "`--description`"),
    "--desc of list": (("list", "--desc"), "`--reverse`"),
    "--depends-on of create": (("create", "x", "--depends-on", ID), "`--deps`"),
    "--state": (("update", ID, "--state", "open"), "`--status`"),
    "--comment of update": (("update", ID, "--comment", "x"), '`bd comment ID "text"`'),
    "--comment of close": (("close", ID, "--comment", "x"), "`--reason`"),
    "--reason of update": (("update", ID, "--reason", "x"), "`bd close ID --reason TEXT`"),
    "--deps of update": (("update", ID, "--deps", OTHER), "`bd dep add ID NEEDED_ID`"),
    "--next of claim": (("claim", ID, "--next"), "`bd ready --claim`"),
    "--yes": (("close", ID, "--yes"), "Nothing is asked"),
    "beginning of a flag": (("list", "--stat", "open"), "--status"),
    "status as a word": (("list", "in_progress"), "`--status in_progress`"),
    "type as a word": (("list", "bug"), "`--type bug`"),
    "number as a word": (("ready", "3"), "`--limit 3`"),
    "id as a word": (("blocked", ID), "`bd show {id}`"),
    "duplicate of two": (("duplicate", ID, OTHER), "`bd duplicate ID --of {other}`"),
    "supersede of two": (("supersede", ID, OTHER), "`bd supersede ID --with {other}`"),
    "claim of two": (("claim", ID, OTHER), "`bd update ID ID --claim`"),
    "reason as a word": (("close", ID, "It is done"), "give the reason by --reason"),
    "ids with a comma": (("show", f"{ID},{OTHER}"), "Separate ids by spaces"),
    "status done": (("update", ID, "--status", "done"), 'Did you mean "closed"?'),
    "status wip": (("list", "--status", "WIP"), 'Did you mean "in_progress"?'),
    "type story": (("create", "x", "-t", "story"), 'Did you mean "feature"?'),
    "priority high": (("create", "x", "-p", "high"), "Did you mean 1?"),
    "priorities": (("list", "-p", "0,1"), "--priority-min 0 --priority-max 1"),
    "sort by created_at": (("list", "--sort", "updated_at"), 'Did you mean "updated"?'),
    "estimate in hours": (("create", "x", "-e", "2h"), "Give minutes"),
    "limit of all": (("list", "--limit", "all"), "0 shows all."),
    "kind of its own": (("dep", "add", ID, OTHER, "-t", "needs"), 'Did you mean "blocks"?'),
    "kind turned round": (("create", "x", "--deps", f"blocked-by:{ID}"), 'Did you mean "blocks"?'),
    "kind of a child": (("dep", "add", ID, OTHER, "-t", "child-of"), '"parent-child"'),
    "epic of one": (("epic", "status", ID), "`bd children {id}`"),
    "export of one": (("export", ID), "`bd export --id {id}`"),
    "why of two": (("why", ID, OTHER), "Ask for one at a time."),
    "todo of a text": (("todo", "do it"), "`bd todo add 'do it'`"),
    "setting without a verb": (("config", "claim.lease"), "`bd config get claim.lease`"),
    "--global": (("config", "set", "--global", "a", "b"), "`--user`"),
    "comment add": (("comment", "add", ID, "x"), 'bd comment ID "text"'),
    "comment first": (("comments", ID, "add", "x"), '`bd comments add ID "text"`'),
    "query by ~": (("query", "title~login"), "Write title= here"),
    "query of a word": (("query", "login"), "`bd search` finds words"),
    "query by in": (("query", "priority in (0,1)"), "as in priority=a,b"),
    "needs of three": (("dep", "add", ID, OTHER, "px-x"), "one edge at a time"),
    "--id of update": (("update", "--id", ID, "-p", "1"), "`bd update ID`"),
    "--force of claim": (("claim", ID, "--force"), "`bd release ID --force`"),
    "field as a word": (("update", ID, "priority=1"), "Use --priority=1."),
    "assignee of two lines": (("assign", ID, "a\nb"), "one line"),
    "first assignee of two lines": (("create", "x", "-a", "a\nb"), "one line"),
    "status of two words": (("config", "set", "status.custom", "in review"), "Use one word"),
    "unknown category": (("config", "set", "status.custom", "qa:maybe"), "active, wip, frozen,"),
    "type with a category": (("config", "set", "types.custom", "spike:done"), "Leave it out."),
    "--push of sync": (("sync", "--push"), "`git push`"),
    "flag at the end": (("search", "x", "--label"), "See `bd search --help`."),
    "letter at the end": (("close", ID, "-r"), "See `bd close --help`."),
}


def _fill(words: Words, names: dict[str, str]) -> list[str]:
    return [word.format(**names) for word in words]


@pytest.mark.parametrize("case", MEANT)
def test_a_guess_is_answered_with_what_was_meant(bd: Bd, case: str) -> None:
    names = {"id": bd.create("One"), "other": bd.create("Two")}
    before = bd.json("list", "--all")
    words, meant = MEANT[case]
    answer = bd("--json", *_fill(words, names))
    assert answer.code == 2, answer
    assert answer.out == ""
    assert meant.format(**names) in answer.error["hint"]
    assert bd.json("list", "--all") == before


def test_a_kind_of_ones_own_is_taken(bd: Bd) -> None:
    one, two = bd.create("One"), bd.create("Two")
    assert bd.json("dep", "add", one, two, "-t", "inspired-by")["status"] == "added"


def test_who_is_given_an_issue_is_not_shut_out_by_who_held_it(bd: Bd) -> None:
    issue = bd.create("Work")
    bd.ok("claim", issue, BD_ACTOR="eve")
    bd.ok("assign", issue, "bob", BD_ACTOR="bob")
    shown = bd.json("show", issue)[0]
    assert (shown["assignee"], shown.get("claimed_by")) == ("bob", None)
    assert bd("doctor", "--check", "claims").code == 0
    stale = bd("update", issue, "--title", "Mine", "--json", BD_ACTOR="eve")
    assert (stale.code, stale.error["code"]) == (4, "claim.stale")
    bd.ok("claim", issue, BD_ACTOR="bob")
    bd.ok("close", issue, "-r", "Done", BD_ACTOR="bob")


@pytest.mark.parametrize("status", ["open", "deferred"])
def test_who_puts_an_issue_off_or_back_does_not_hold_it(bd: Bd, status: str) -> None:
    issue = bd.create("Work")
    bd.ok("claim", issue)
    (updated,) = bd.json("update", issue, "--status", status)
    assert "assignee" not in updated
    assert "claimed_by" not in bd.json("show", issue)[0]
    assert bd("doctor", "--check", "claims").code == 0


def test_who_gives_an_issue_to_oneself_goes_on_holding_it(bd: Bd) -> None:
    issue = bd.create("Work")
    bd.ok("claim", issue)
    bd.ok("assign", issue, "ann")
    assert bd.json("show", issue)[0]["claimed_by"] == "ann"


def test_a_cut_to_one_is_said_in_the_singular(bd: Bd) -> None:
    bd.create("One")
    bd.create("Two")
    assert bd.ok("list", "-n", "1").err == "Only the first is shown; --limit 0 shows all.\n"


def test_an_id_in_capitals_is_answered_with_the_small_one(bd: Bd) -> None:
    issue = bd.create("Work", "--id", "px-abc")
    answer = bd("show", issue.upper(), "--json")
    assert (answer.code, answer.error["code"]) == (3, "issue.unknown")
    assert answer.error["hint"] == "Did you mean px-abc? Ids are written in small letters."
    assert "Did you mean" not in bd("show", "PX-NOPE", "--json").error["hint"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("dep", "add", ID, OTHER), "{id} needs {other} (blocks)"),
        (("dep", "add", ID, OTHER, "-t", "parent-child"), "{id} is a child of {other}"),
        (("link", ID, OTHER, "-t", "discovered-from"), "{id} points to {other} (discovered-from)"),
    ],
)
def test_an_edge_is_said_to_be_a_need_only_if_it_holds(bd: Bd, words: Words, told: str) -> None:
    names = {"id": bd.create("One"), "other": bd.create("Two")}
    said = told.format(**names)
    assert bd.ok(*_fill(words, names)).out.startswith(said)
    assert "already" in bd.ok(*_fill(words, names)).out


def test_an_answer_of_show_is_no_file_of_records(bd: Bd) -> None:
    issue = bd.create("Work")
    (bd.folder / "shown.json").write_text(bd.ok("show", issue, "--json").out, encoding="utf-8")
    answer = bd("import", "shown.json", "--json")
    assert (answer.code, answer.out) == (2, "")
    assert "jq -c" in answer.error["hint"]
    assert bd("doctor", "--check", "quarantine").code == 0


def test_a_claim_for_a_time_says_how_long_it_holds(bd: Bd) -> None:
    issue = bd.create("Work")
    said = bd.ok("claim", issue, "--lease", "30m").out
    assert re.search(r"claim_epoch 1, until \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\)$", said)
    until = said.rpartition("until ")[2].rstrip(")\n")
    assert f"is held by ann until {until}\n" in bd("claim", issue, BD_ACTOR="eve").err
    other = bd.create("Other")
    assert bd.ok("claim", other).out.endswith("(claim_epoch 1)\n")


def test_an_epic_that_is_closed_over_open_children_says_so(bd: Bd) -> None:
    epic = bd.create("Epic", "-t", "epic")
    first, second = (bd.create(title, "--parent", epic) for title in ("One", "Two"))
    bd.ok("close", first)
    answer = bd.ok("close", epic)
    assert answer.err == f"Note: open children of {epic}: 1. See `bd children {epic}`.\n"
    assert bd.ok("close", epic).err == ""
    bd.ok("reopen", epic)
    assert bd.ok("close", epic, second).err == ""


@pytest.mark.parametrize(
    ("flag", "field"),
    [
        ("--description", "description"),
        ("--design", "design"),
        ("--acceptance", "acceptance_criteria"),
        ("--notes", "notes"),
        ("--append-notes", "notes"),
    ],
)
def test_a_hyphen_for_a_text_is_standard_input(bd: Bd, flag: str, field: str) -> None:
    issue = bd.ok("create", "Work", flag, "-", "--silent", given="What was piped\n").out.strip()
    assert bd.json("show", issue)[0][field] == "What was piped"
    bd.ok("update", issue, flag, "-", given="More\n")
    assert bd.json("show", issue)[0][field].splitlines()[-1] == "More"


def test_a_hyphen_for_a_comment_is_standard_input(bd: Bd) -> None:
    issue = bd.create()
    bd.ok("comments", "add", issue, "-", given="A long report")
    bd.ok("comment", issue, "-", given="Another")
    assert [each["text"] for each in bd.json("comments", issue)] == ["A long report", "Another"]


def test_a_hyphen_is_standard_input_for_what_is_remembered(bd: Bd) -> None:
    bd.ok("remember", "--key", "k", "-", given="What was learnt")
    assert bd.json("recall", "k")["value"] == "What was learnt"
    bd.ok("kv", "set", "k", "-", given="A value")
    assert bd.json("kv", "get", "k")["value"] == "A value"


def test_standard_input_is_read_once(bd: Bd) -> None:
    for words in (("--stdin",), ("--body-file", "-")):
        answer = bd("create", "T", *words, "--design-file", "-", "--json", given="text")
        assert (answer.code, answer.error["code"]) == (2, "field.invalid")
    assert bd.json("list") == []


def test_a_merge_that_is_to_write_nothing_writes_nothing(bd: Bd) -> None:
    out = bd.folder / "out"
    out.write_text("precious", encoding="utf-8")
    assert bd("--readonly", "merge", "out", *["/dev/null"] * 3).code != 0
    assert out.read_text(encoding="utf-8") == "precious"


def test_the_start_of_a_hash_in_capitals_is_answered_with_the_small_one(bd: Bd) -> None:
    bd.create("Work", "--id", "px-abcd")
    refused = bd("show", "ABC")
    assert (refused.code, "Did you mean abc?" in refused.err) == (3, True)


def test_a_sharp_before_an_id_is_none_of_it(bd: Bd) -> None:
    issue = bd.create("Here")
    assert bd.json("show", f"#{issue}")[0]["title"] == "Here"


def test_who_waits_is_told_from_who_is_linked(bd: Bd) -> None:
    epic, need = bd.create("Epic", "-t", "epic"), bd.create("Need")
    child = bd.create("Child", "--parent", epic, "--deps", f"{need},related:{epic}")
    shown = bd.ok("show", child).out
    headings = [line for line in shown.splitlines() if line.endswith(":")]
    assert headings == ["Parent:", "Needs:", "Links to:"]
    assert "Children:" in bd.ok("show", epic).out
    assert "Needed by:" in bd.ok("show", need).out
    assert (
        bd.ok("dep", "rm", child, epic, "-t", "related").out.strip().endswith("points to " + epic)
    )


def test_what_is_taken_out_of_a_file_of_others_is_not_said_to_remove_it(bd: Bd) -> None:
    bd.ok("setup", "agents")
    guide = bd.folder / "AGENTS.md"
    guide.write_text(f"{guide.read_text(encoding='utf-8')}\nOwn words.\n", encoding="utf-8")
    assert bd.ok("setup", "agents", "--remove").out.startswith("Took it out of ")
    assert "Own words." in guide.read_text(encoding="utf-8")
    bd.ok("setup", "cursor")
    assert bd.ok("setup", "cursor", "--remove").out.startswith("Removed ")
