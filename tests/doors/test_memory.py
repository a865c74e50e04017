"""`bd remember` and its kin, `bd kv`, `bd audit` and `bd info`."""

import json

from tests.doors.program import Bd


def test_what_is_remembered_can_be_recalled_and_forgotten(bd: Bd) -> None:
    kept = bd.json("remember", "Tests", "need -race")
    assert kept == {
        "key": "tests-need-race",
        "value": "Tests need -race",
        "action": "remembered",
    }
    assert bd.json("remember", "JWT", "--key", "auth")["key"] == "auth"
    assert bd.json("memories") == {"auth": "JWT", "tests-need-race": "Tests need -race"}
    assert bd.json("memories", "race") == {"tests-need-race": "Tests need -race"}
    assert bd.json("recall", "auth") == {"key": "auth", "value": "JWT", "found": True}
    assert bd.json("recall", "tests race")["key"] == "tests-need-race"
    assert bd.ok("recall", "auth").out == "JWT\n"
    bd.ok("remember", "--stdin", "--key", "b", given="Tests again\n")
    assert set(bd.json("recall", "tests")["memories"]) == {"b", "tests-need-race"}
    assert bd.json("forget", "auth") == {"key": "auth", "deleted": "true"}


def test_what_is_not_there_is_said_by_the_exit_code(bd: Bd) -> None:
    answer = bd("recall", "nothing", "--json")
    assert (answer.code, answer.err) == (1, "")
    assert answer.json == {"key": "nothing", "value": "", "found": False}
    assert bd("recall", "nothing").err
    assert bd("forget", "nothing", "--json").error["code"] == "memory.unknown"
    assert bd("forget", "nothing").code == 3


def test_a_key_is_not_remembered_as_a_text(bd: Bd) -> None:
    for words in (("remember", "auth-jwt"), ("remember", ""), ("remember",), ("recall",)):
        assert bd(*words).code == 2
    assert bd.json("memories") == {}
    bd.ok("remember", "auth-jwt", "--key", "k")


def test_memories_stand_in_no_file(bd: Bd) -> None:
    bd.create("T")
    bd.ok("remember", "A secret of ours")
    bd.ok("kv", "set", "k", "A secret value")
    assert "secret" not in bd.records.read_text(encoding="utf-8")
    assert "secret" not in bd.ok("export").out


def test_pairs(bd: Bd) -> None:
    assert bd.json("kv", "set", "k", "v") == {"key": "k", "value": "v"}
    assert bd.json("kv", "get", "k") == {"key": "k", "value": "v", "found": True}
    assert bd.json("kv", "list") == {"k": "v"}
    assert bd.json("kv", "clear", "k") == {"key": "k", "deleted": "true"}
    absent = bd("kv", "get", "k", "--json")
    assert (absent.code, absent.json) == (1, {"key": "k", "value": "", "found": False})
    gone = bd("kv", "clear", "k", "--json")
    assert (gone.code, gone.json) == (1, {"key": "k", "deleted": "false"})
    assert bd("kv", "set", " ", "v").code == 2
    assert bd("kv", "get", "k", "l").code == 2


def test_interactions_are_appended(bd: Bd) -> None:
    made = bd.json("audit", "record", "--kind", "llm_call", "--model", "m", "--exit-code", "0")
    assert made["id"].startswith("int-")
    path = bd.beads / "interactions.jsonl"
    with path.open("a", encoding="utf-8") as file:
        file.write('{"torn')
    label = bd.json("audit", "label", made["id"], "--label", "good", "--reason", "Right")
    assert (label["parent_id"], label["label"]) == (made["id"], "good")
    first, _, last = path.read_text(encoding="utf-8").splitlines()
    entry = json.loads(first)
    assert (entry["id"], entry["actor"], entry["exit_code"]) == (made["id"], "ann", 0)
    assert json.loads(last)["reason"] == "Right"


def test_an_interaction_is_checked(bd: Bd) -> None:
    assert bd("audit", "record").code == 2
    assert bd("audit", "record", "--kind", "x", "--readonly").code == 2
    for given in ("", "[1]", '{"kind": 1}', '{"kind": "x", "colour": 1}'):
        assert bd("audit", "record", "--stdin", given=given).code == 2
    assert bd.ok("audit", "record", "--stdin", given='{"kind": "x", "extra": {"a": 1}}').out
    assert bd("audit", "label", "int-nope", "--label", "good").code == 3


def test_info_says_which_store_it_is(bd: Bd) -> None:
    issue = bd.create("T")
    shown = bd.json("info", "--schema")
    assert shown["database_path"] == str(bd.beads / "beadwork.db")
    assert (shown["issue_count"], shown["mode"], shown["daemon_connected"]) == (1, "direct", False)
    assert shown["config"]["issue_prefix"] == "px"
    schema = shown["schema"]
    assert {"issue", "edge", "memory", "pair"} <= set(schema["tables"])
    assert (schema["detected_prefix"], schema["sample_issue_ids"]) == ("px", [issue])
    assert bd.json("info", "--whats-new")["recent_changes"][0]["changes"]
    assert bd.ok("info").out
