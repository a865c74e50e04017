"""What agents get wrong: each ends in the right exit code, with one sentence and a hint."""

import json
import re

import pytest

from tests.doors.program import Bd

Words = tuple[str, ...]
ID = "{id}"
OTHER = "{other}"
LONG = "y" * 100_000

BAD_REQUESTS: dict[str, Words] = {
    "no title": ("create",),
    "empty title": ("create", ""),
    "blank title": ("create", " \t "),
    "long title": ("create", "x" * 501),
    "very long title": ("create", LONG),
    "two titles": ("create", "One", "--title", "Two"),
    "words without quotes": ("create", "Fix", "the", "login"),
    "priority above": ("create", "x", "-p", "5"),
    "priority below": ("create", "x", "--priority=-1"),
    "priority in words": ("create", "x", "-p", "high"),
    "priority in another script": ("create", "x", "-p", "²"),
    "priority twice marked": ("create", "x", "-p", "PP1"),
    "unknown type": ("create", "x", "-t", "bogus"),
    "estimate below zero": ("create", "x", "-e", "-5"),
    "estimate too large": ("create", "x", "-e", "9" * 30),
    "due at no time": ("create", "x", "--due", "someday"),
    "due on no day": ("create", "x", "--due", "2026-13-45"),
    "defer to no time": ("create", "x", "--defer", "next blursday"),
    "metadata not JSON": ("create", "x", "--metadata", "{bad"),
    "id not an id": ("create", "x", "--id", "px-!"),
    "id of another project": ("create", "x", "--id", "foo-1"),
    "empty id": ("create", "x", "--id", ""),
    "two descriptions": ("create", "x", "-d", "one", "--body", "two"),
    "description from nowhere": ("create", "x", "--body-file", "nowhere"),
    "description from a folder": ("create", "x", "--body-file", "."),
    "unknown kind of need": ("create", "x", "--deps", f"bloks:{ID}"),
    "need without a kind": ("create", "x", "--deps", f":{ID}"),
    "external target": ("dep", "add", ID, "external:foo"),
    "missing sections": ("create", "x", "-t", "bug", "--validate"),
    "title with a file": ("create", "x", "-f", "some.md"),
    "unknown gate": ("create", "x", "--waits-for", ID, "--waits-for-gate", "no-children"),
    "NUL": ("create", "a\0b"),
    "not UTF-8": ("create", "a\udcff"),
    "id not UTF-8": ("show", "\udcff"),
    "update of nothing": ("update", ID),
    "update of none": ("update", "--title", "x"),
    "update to no title": ("update", ID, "--title", ""),
    "update to a blank title": ("update", ID, "--title", "  "),
    "update to an unknown status": ("update", ID, "--status", "bogus"),
    "update to an unknown type": ("update", ID, "-t", "bogus"),
    "update to a priority above": ("update", ID, "-p", "9"),
    "update to no time": ("update", ID, "--due", "someday"),
    "update that says both": ("update", ID, "--ephemeral", "--persistent"),
    "claim with a status": ("update", ID, "--claim", "--status", "open"),
    "claim for another": ("update", ID, "--claim", "--assignee", "bob"),
    "metadata of an update": ("update", ID, "--metadata", "{bad"),
    "close of none": ("close",),
    "close of an unset variable": ("close", ""),
    "two reasons": ("close", ID, "--reason", "a", "--message", "b"),
    "show of none": ("show",),
    "show of an unset variable": ("show", ID, " "),
    "delete of none": ("delete", "--force"),
    "list of an unknown status": ("list", "--status", "bogus"),
    "list of an unknown type": ("list", "--type", "bogus"),
    "ready of an unknown type": ("ready", "--type", "bogus"),
    "list in an unknown order": ("list", "--sort", "bogus"),
    "ready in an unknown order": ("ready", "--sort", "bogus"),
    "list below zero": ("list", "--limit", "-1"),
    "list of more than there can be": ("list", "--limit", "9" * 30),
    "ready of more than there can be": ("ready", "--limit", "9" * 30),
    "list from no time": ("list", "--created-after", "someday"),
    "range that ends first": (
        *("list", "--created-after", "2026-02-01"),
        *("--created-before", "2026-01-01"),
    ),
    "due range that ends first": (
        *("list", "--due-after", "2026-02-01"),
        *("--due-before", "2026-01-01"),
    ),
    "priorities that end first": ("list", "--priority-min", "3", "--priority-max", "1"),
    "pinned and not": ("list", "--pinned", "--no-pinned"),
    "ready and closed": ("list", "--ready", "--status", "closed"),
    "broken expression": ("list", "--label-regex", "("),
    "unknown format": ("list", "--format", "bogus"),
    "label without a name": ("label", "add", ID),
    "empty label": ("label", "add", ID, ""),
    "blank label": ("label", "add", ID, "  "),
    "long label": ("label", "add", ID, "x" * 256),
    "empty comment": ("comments", "add", ID, ""),
    "blank comment": ("comments", "add", ID, "  "),
    "comment without a text": ("comments", "add", ID),
    "comment said twice": ("comments", "add", ID, "x", "-f", "file"),
    "comments of none": ("comments",),
    "need of none": ("dep", "add", ID),
    "need of two": ("dep", "add", ID, OTHER, "--depends-on", ID),
    "kind of need too long": ("dep", "add", ID, OTHER, "-t", "x" * 51),
    "tree of no depth": ("dep", "tree", ID, "--max-depth", "0"),
    "tree in no direction": ("dep", "tree", ID, "--direction", "sideways"),
    "lease of no time": ("claim", ID, "--lease", "0"),
    "lease of an age": ("claim", ID, "--lease", "99999999999d"),
    "lease in words": ("claim", ID, "--lease", "a while"),
    "epoch too large": ("heartbeat", ID, "--epoch", "9" * 30),
    "request too large": ("undo", "--request", "9" * 30),
    "history of nothing": ("history", ID, "--limit", "0"),
    "lock time": ("list", "--lock-timeout", "soon"),
    "actor with a line end": ("create", "x", "--actor", "a\nb"),
    "blank actor": ("create", "x", "--actor", "  "),
    "long actor": ("create", "x", "--actor", LONG),
    "prefix": ("init", "--prefix", "!"),
    "import of nothing": ("import", "nowhere.jsonl"),
    "import of two": ("import", "one.jsonl", "-i", "two.jsonl"),
    "sync both ways": ("sync", "--import", "--flush-only"),
    "part of the file in its place": ("export", "--status", "open", "-o", ".beads/issues.jsonl"),
    "unknown command": ("frobnicate",),
    "mistyped command": ("lst",),
    "long command": (LONG,),
    "unknown subcommand": ("dep", "frobnicate"),
    "unknown flag": ("list", "--frobnicate"),
    "mistyped flag": ("list", "--statu", "open"),
    "long flag": ("list", f"--{LONG}"),
    "unknown letter": ("list", "-x"),
    "flag without its value": ("list", "--status"),
    "yes or no": ("list", "--all=perhaps"),
    "extra word": ("list", "extra"),
    "write where none is wanted": ("create", "x", "--readonly"),
    "init where none is wanted": ("init", "--readonly"),
}
UNKNOWN: dict[str, Words] = {
    "show": ("show", "px-nope"),
    "a long id": ("show", LONG),
    "update": ("update", "px-nope", "-p", "1"),
    "claim": ("claim", "px-nope"),
    "update --claim": ("update", "px-nope", "--claim"),
    "close": ("close", "px-nope"),
    "reopen": ("reopen", "px-nope"),
    "delete": ("delete", "px-nope", "--force"),
    "parent": ("create", "x", "--parent", "px-nope"),
    "need": ("create", "x", "--deps", "blocks:px-nope"),
    "need of a need": ("dep", "add", ID, "px-nope"),
    "edge that is not there": ("dep", "remove", ID, OTHER),
    "tree": ("dep", "tree", "px-nope"),
    "label": ("label", "add", "px-nope", "x"),
    "labels": ("label", "list", "px-nope"),
    "comments": ("comments", "px-nope"),
    "comment": ("comments", "add", "px-nope", "x"),
    "history": ("history", "px-nope"),
    "why": ("why", "px-nope"),
    "children": ("list", "--parent", "px-nope"),
    "below": ("ready", "--parent", "px-nope"),
    "undo": ("undo", "px-nope"),
    "undo of nothing": ("undo", "--actor", "nobody"),
    "request": ("undo", "--request", "999999"),
}
CONFLICTS: dict[str, Words] = {
    "id taken": ("create", "x", "--id", ID),
    "need of itself": ("dep", "add", ID, ID),
    "relation to itself": ("dep", "relate", ID, ID),
    "cycle": ("dep", "add", "{needed}", "{needing}"),
    "cycle of parents": ("update", ID, "--parent", ID),
    "close while blocked": ("close", "{needing}"),
    "status closed while blocked": ("update", "{needing}", "--status", "closed"),
    "closed issue": ("claim", "{closed}"),
    "deleted issue": ("update", "{deleted}", "-p", "1"),
    "child of a closed issue": ("create", "x", "--parent", "{closed}"),
    "claim of another's": ("update", "{held}", "--claim"),
    "release of another's": ("release", "{held}"),
    "close of another's": ("close", "{held}"),
    "heartbeat of another's": ("heartbeat", "{held}"),
}
CASES = [
    pytest.param(code, words, id=f"{code}: {name}")
    for code, cases in ((2, BAD_REQUESTS), (3, UNKNOWN), (4, CONFLICTS))
    for name, words in cases.items()
]


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> tuple[Bd, dict[str, str]]:
    """One store for all refusals, as none of them changes it: issues in every state."""
    folder = tmp_path_factory.mktemp("shared") / "px"
    folder.mkdir()
    bd = Bd(folder, folder.parent)
    bd.ok("init", "--quiet")
    names = {name: bd.create(name) for name in ("id", "other", "needed", "closed", "deleted")}
    names["needing"] = bd.create("needing", "--deps", names["needed"])
    names["held"] = bd.create("held")
    bd.ok("claim", names["held"], "--actor", "bob")
    bd.ok("close", names["closed"])
    bd.ok("delete", names["deleted"], "--force")
    return bd, names


@pytest.mark.parametrize(("code", "words"), CASES)
def test_a_refusal_is_one_sentence_and_changes_nothing(
    shared: tuple[Bd, dict[str, str]], code: int, words: Words
) -> None:
    bd, names = shared
    typed = [re.sub(r"\{(\w+)\}", lambda found: names[found[1]], word) for word in words]
    before = bd.ok("export").out

    text = bd(*typed)
    as_json = bd(*typed, "--json")

    assert (text.code, text.out) == (code, "")
    assert text.err.startswith("Error: ")
    assert text.err.count("\n") <= 2
    assert len(text.err) < 2_000
    assert (as_json.code, as_json.out) == (code, "")
    assert set(as_json.error) <= {"error", "code", "hint", "data"}
    assert "." in as_json.error["code"]
    assert len(as_json.err) < 4_000
    assert bd.ok("export").out == before


@pytest.mark.parametrize(
    ("words", "nearest"),
    [
        (("lst",), '"list"'),
        (("craete", "x"), '"create"'),
        (("dep", "ad"), '"add"'),
        (("list", "--statu", "open"), "--status"),
        (("list", "--status", "opne"), '"open"'),
        (("create", "x", "-t", "bgu"), '"bug"'),
        (("list", "--sort", "created_at"), "created"),
    ],
)
def test_a_mistyped_word_is_answered_with_the_nearest(bd: Bd, words: Words, nearest: str) -> None:
    assert nearest in bd(*words, "--json").error["hint"]


def test_several_ids_do_what_they_can_and_exit_with_the_worst(bd: Bd) -> None:
    good, held = bd.create("Good"), bd.create("Held")
    bd.ok("claim", held, "--actor", "bob")

    answer = bd("update", good, "px-nope", held, "--claim", "--json")

    assert answer.code == 4
    assert [each["id"] for each in answer.json] == [good]
    failed = answer.error["data"]["failed"]
    assert [(each["id"], each["code"]) for each in failed] == [
        ("px-nope", "issue.unknown"),
        (held, "claim.lost"),
    ]


@pytest.mark.parametrize("command", [("show",), ("update", "-p", "1"), ("close",), ("reopen",)])
def test_one_failure_of_several_is_its_own_error(bd: Bd, command: Words) -> None:
    good = bd.create()
    answer = bd(*command, good, "px-nope", "--json")
    assert answer.code == 3
    assert [each["id"] for each in answer.json] == [good]
    assert answer.error["code"] == "issue.unknown"
    assert answer.error["data"] == {"id": "px-nope"}


def test_without_a_store_every_command_says_so(bare: Bd) -> None:
    for words in (("list",), ("ready",), ("create", "x"), ("where",), ("sync",), ("export",)):
        answer = bare(*words, "--json")
        assert (answer.code, answer.error["code"]) == (3, "store.absent")
        assert "bd init" in answer.error["hint"]


@pytest.mark.parametrize("content", [b"a\0b", b"a\xffb"], ids=["NUL", "not UTF-8"])
def test_a_file_that_is_no_text_is_refused(bd: Bd, content: bytes) -> None:
    issue = bd.create()
    (bd.folder / "file").write_bytes(content)
    for words in (
        ("create", "x", "--body-file", "file"),
        ("create", "x", "--design-file", "file"),
        ("update", issue, "--body-file", "file"),
        ("comments", "add", issue, "-f", "file"),
        ("close", issue, "--reason-file", "file"),
    ):
        assert bd(*words, "--json").code == 2
    assert bd("create", "x", "--body-file", "-", given=content).code == 2


@pytest.mark.slow
def test_ten_megabytes_are_taken_and_given_back(bd: Bd) -> None:
    text = "0123456789" * 1_000_000
    issue = bd.ok("create", "Big", "--body-file", "-", "--silent", given=text).out.strip()
    bd.ok("comments", "add", issue, "-f", "-", given=text)
    (shown,) = bd.json("show", issue)
    assert shown["description"] == text
    assert shown["comments"][0]["text"] == text
    assert json.loads(bd.lines()[issue])["description"] == text


def test_a_text_above_the_bound_is_refused(bd: Bd) -> None:
    answer = bd("create", "Huge", "--body-file", "-", "--json", given="x" * (64 * 2**20 + 1))
    assert answer.code == 2
    assert "bytes" in answer.error["error"]


def test_texts_that_look_like_flags_are_texts(bd: Bd) -> None:
    issue = bd.create("--title", "--json")
    bd.ok("comments", "add", issue, "- [ ] an item")
    bd.ok("update", issue, "--notes=--note", "--design", "-d")
    (shown,) = bd.json("show", issue)
    assert (shown["title"], shown["notes"], shown["design"]) == ("--json", "--note", "-d")
    assert shown["comments"][0]["text"] == "- [ ] an item"
    assert bd.ok("create", "--silent", "--", "--force").out
