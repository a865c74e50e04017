"""The flags of `bd create` and `bd update`."""

import pytest

from tests.doors.program import Bd


def test_texts_come_from_files_and_streams(bd: Bd) -> None:
    (bd.folder / "d.md").write_text("A *design*\n", encoding="utf-8")
    (bd.folder / "m.json").write_text('{"a": [1]}', encoding="utf-8")
    words = ("--design-file", "d.md", "--metadata", "@m.json", "--stdin", "--json")
    made = bd.ok("create", "T", *words, given="About\n").json
    assert (made["description"], made["design"], made["metadata"]) == (
        "About",
        "A *design*",
        {"a": [1]},
    )
    changed = bd.ok("update", made["id"], "--body-file", "-", "--json", given="More\n").json[0]
    assert changed["description"] == "More"


def test_an_empty_stream_takes_no_description_away_by_chance(bd: Bd) -> None:
    issue = bd.create("T", "-d", "About")
    assert bd("update", issue, "--stdin").code == 2
    assert bd.json("show", issue)[0]["description"] == "About"
    bd.ok("update", issue, "--stdin", "--allow-empty-description")
    assert "description" not in bd.json("show", issue)[0]
    bd.ok("update", issue, "-d", "Back")
    bd.ok("update", issue, "-d", "")
    assert "description" not in bd.json("show", issue)[0]


def test_single_keys_of_metadata_are_set_and_taken_away(bd: Bd) -> None:
    issue = bd.create("T", "--metadata", '{"a":1,"b":"x"}')
    words = ("--set-metadata", "c=two words", "--set-metadata", "d=[1, 2]", "--unset-metadata", "a")
    assert bd.json("update", issue, *words)[0]["metadata"] == {
        "b": "x",
        "c": "two words",
        "d": [1, 2],
    }
    for wrong in ("c", "=1"):
        assert bd("update", issue, "--set-metadata", wrong).code == 2
    odd = bd.create("T", "--metadata", "[1]")
    assert bd("update", odd, "--set-metadata", "a=1").code == 2


def test_a_claim_takes_a_lease(bd: Bd) -> None:
    issue = bd.create("T")
    (claimed,) = bd.json("update", issue, "--claim", "--lease", "30m", "-a", "ann")
    assert (claimed["status"], claimed["assignee"], claimed["claim_epoch"]) == (
        "in_progress",
        "ann",
        1,
    )
    assert bd("update", issue, "--lease", "30m").code == 2


@pytest.mark.parametrize(
    "words",
    [
        ("--claim", "-s", "open"),
        ("--claim", "-a", "bob"),
        ("--notes", "a", "--append-notes", "b"),
        ("--metadata", "{}", "--set-metadata", "a=1"),
        ("--ephemeral", "--persistent"),
        ("--history", "--no-history", "-p", "1"),
        ("-d", "a", "--body", "b"),
        ("--metadata", "{"),
        ("-p", "urgent"),
        ("--no-history",),
        (),
    ],
)
def test_contradictions_and_nothing_are_refused(bd: Bd, words: tuple[str, ...]) -> None:
    issue = bd.create("T", "--notes", "n")
    before = bd.lines()[issue]
    answer = bd("update", issue, *words, "--json")
    assert (answer.code, bool(answer.error["hint"])) == (2, True)
    assert bd.lines()[issue] == before


def test_several_ids_are_changed_and_a_parent_is_taken_away(bd: Bd) -> None:
    parent = bd.create("P")
    a, b = bd.create("A", "--parent", parent), bd.create("B", "--parent", parent)
    answer = bd("update", a, "px-nope", b, "--parent", "", "--history", "--json")
    assert (answer.code, [each["id"] for each in answer.json]) == (3, [a, b])
    assert bd.json("show", parent, "--children") == {parent: []}


def test_a_prefix_is_one_of_the_projects(bd: Bd) -> None:
    config = bd.beads / "config.yaml"
    config.write_text(config.read_text() + "allowed_prefixes: qq\n", encoding="utf-8")
    assert bd.create("T", "--prefix", "qq").startswith("qq-")
    assert bd.create("T", "--prefix", "px-").startswith("px-")
    answer = bd("create", "T", "--prefix", "zz", "--json")
    assert (answer.code, answer.error["code"]) == (2, "id.prefix")
    assert bd("create", "T", "--prefix", "qq", "--id", "px-a").code == 2


def test_an_issue_is_made_in_another_repository(bd: Bd) -> None:
    folder = bd.folder / "other"
    folder.mkdir()
    other = bd.at(folder)
    other.ok("init", "--prefix", "qq")
    (bd.folder / "plan.md").write_text("## From a file\n", encoding="utf-8")
    (bd.folder / "plan.json").write_text('[{"name": "a", "title": "T"}]', encoding="utf-8")
    made = bd.json("create", "T", "--repo", "other", "--body-file", "plan.md")
    bd.ok("create", "--file", "plan.md", "--repo", str(folder))
    bd.ok("create", "--graph", "plan.json", "--repo", str(folder))
    named = bd.at(bd.folder, BEADS_DIR=str(bd.beads))
    named.ok("create", "T", "--repo", "other")
    assert made["id"].startswith("qq-")
    assert len(other.json("list")) == 4
    assert bd.json("list") == []
    assert made["id"] in other.records.read_text(encoding="utf-8")
    assert bd.create("T", "--repo", ".").startswith("px-")


def test_a_repository_that_is_none_is_refused(bd: Bd) -> None:
    for words in (
        ("--rig", "other"),
        ("--repo", "nowhere"),
        ("--repo", ".", "--db", ".beads/beadwork.db"),
    ):
        assert bd("create", "T", *words).code == 2


def test_rare_fields_are_stored(bd: Bd) -> None:
    words = ("-t", "event", "--event-category", "c", "--event-actor", "a", "--event-payload", "{}")
    made = bd.json("create", "T", *words)
    assert (made["event_kind"], made["actor"], made["payload"]) == ("c", "a", "{}")
    assert bd("create", "T", "--event-actor", "a").code == 2
    assert bd.json("create", "T", "--wisp-type", "patrol", "--agent-rig", "r")["rig"] == "r"
    assert bd("create", "T", "--wisp-type", "bogus").code == 2


def test_an_unknown_target_refuses_the_whole_creation(bd: Bd) -> None:
    answer = bd("create", "T", "--deps", "blocks:px-nope", "--json")
    assert (answer.code, answer.error["code"]) == (3, "issue.unknown")
    assert bd.json("list") == []


def test_a_markdown_file_takes_no_other_fields(bd: Bd) -> None:
    (bd.folder / "plan.md").write_text("## One\n## Two\n", encoding="utf-8")
    assert bd("create", "-f", "plan.md", "-p", "1").code == 2
    assert len(bd.json("create", "-f", "plan.md", "--dry-run")) == 2
    assert bd("create", "-f", "plan.md", "--validate").code == 2
    assert bd.json("list") == []
    assert len(bd.ok("create", "-f", "plan.md", "--silent").out.split()) == 2
