"""`bd config`: layers, shapes, files that keep their comments."""

import json
import os
from pathlib import Path

import pytest

from beadwork.compose import DirectWorld
from beadwork.doors.world import Options
from beadwork.model import settings
from beadwork.model.overriding import override
from beadwork.sync import config
from beadwork.sync.locate import Place
from tests.doors.program import ROOT, Bd


def config_text(bd: Bd) -> str:
    return (bd.beads / "config.yaml").read_text(encoding="utf-8")


def test_what_was_set_is_got_and_can_be_unset(bd: Bd) -> None:
    assert bd.json("config", "set", "claim.lease", "30m") == {"key": "claim.lease", "value": "30m"}
    assert bd.json("config", "get", "claim.lease") == {"key": "claim.lease", "value": "30m"}
    assert bd.json("config", "list") == {
        "actor": "ann",
        "claim.lease": "30m",
        "issue-prefix": "px",
        "issue_prefix": "px",
    }
    assert bd.json("config", "unset", "claim.lease") == {"key": "claim.lease"}
    assert bd.json("config", "get", "claim.lease")["value"] == ""


def test_a_project_may_ask_for_descriptions(bd: Bd) -> None:
    bd.ok("config", "set", "create.require-description", "true")
    refused = bd("create", "T", "--json")
    assert (refused.code, refused.error["code"]) == (2, "field.invalid")
    bd.ok("create", "T", "-d", "Why")
    bd.ok("config", "set", "validation.on-create", "warn")
    warned = bd.ok("create", "T", "-t", "bug", "-d", "Why", "--json")
    assert warned.err.startswith("Warning: The description of a bug lacks ")
    bd.ok("config", "set", "validation.on-create", "error")
    assert bd("create", "T", "-t", "bug", "-d", "Why").code == 2
    assert bd("config", "set", "validation.on-create", "maybe").code == 2
    bd.ok("create", "T", "-t", "chore", "-d", "Why")


def test_an_absent_key_is_empty_and_a_default_is_shown(bd: Bd) -> None:
    assert bd.json("config", "get", "nobody.knows")["value"] == ""
    assert bd.json("config", "get", "lock-timeout")["value"] == "30s"


def test_an_unknown_key_is_kept_and_the_nearest_is_named(bd: Bd) -> None:
    answer = bd.ok("config", "set", "clam.lease", "5")
    assert "claim.lease" in answer.err
    assert bd.json("config", "get", "clam.lease")["value"] == "5"
    assert bd.ok("config", "set", "jira.url", "x").err == ""


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("claim.lease", "soon"),
        ("hierarchy.max-depth", "many"),
        ("json", "maybe"),
        ("sync.mode", "realtime"),
        ("max_collision_prob", "7"),
        ("issue-prefix", "other"),
        ("", "x"),
        ("a b", "x"),
        ("db", "x"),
        ("status.custom", "open:done"),
        ("status.custom", "review,closed"),
        ("status.done", "in_progress"),
        ("types.custom", "spike,bug"),
    ],
)
def test_a_wrong_value_is_refused_and_nothing_is_written(bd: Bd, key: str, value: str) -> None:
    before = config_text(bd)
    answer = bd("config", "set", key, value, "--json")
    assert (answer.code, answer.out) == (2, "")
    assert answer.error["hint"]
    assert config_text(bd) == before


@pytest.mark.parametrize(
    ("text", "key", "value", "expected"),
    [
        ("# why\na: 1  # one\nb: 2\n", "a", "3", '# why\na: "3"  # one\nb: 2\n'),
        ("jira:\n  url: x\n  user: y\n", "jira.url", "z", 'jira:\n  url: "z"\n  user: y\n'),
        ("jira:\n  url: x\n# end\nb: 1\n", "jira.user", "z",
         'jira:\n  url: x\n  user: "z"\n# end\nb: 1\n'),
        ("a:\n- x\n- y\nb: 2\n", "a", "z", 'a: "z"\nb: 2\n'),
        ("a: |\n  text\n  b: 1\nc: 2\n", "a", "z", 'a: "z"\nc: 2\n'),
        ("", "a.b", "z", 'a.b: "z"\n'),
        ("b: 2", "a", "z", 'b: 2\na: "z"\n'),
    ],
)  # fmt: skip
def test_a_file_keeps_its_comments_and_order(
    bd: Bd, text: str, key: str, value: str, expected: str
) -> None:
    path = bd.beads / "local.yaml"
    path.write_text(text, encoding="utf-8")
    bd.ok("config", "set", key, value, "--local")
    assert path.read_text(encoding="utf-8") == expected


def test_a_map_on_one_line_is_changed_too(bd: Bd) -> None:
    path = bd.beads / "local.yaml"
    path.write_text("jira: {url: x, user: y}\n", encoding="utf-8")
    bd.ok("config", "unset", "jira.url", "--local")
    bd.ok("config", "set", "jira.user", "z", "--local")
    assert config.parse(str(path)) == {"jira.user": "z"}


def test_layers_go_over_each_other(bd: Bd) -> None:
    def explained(*words: str, **more: str) -> tuple[str, str]:
        shown = bd.json(*words, "config", "explain", "lock-timeout", **more)
        return shown["layer"], shown["value"]

    assert explained() == ("default", "30s")
    bd.ok("config", "set", "lock-timeout", "1s", "--user")
    assert explained() == ("user", "1s")
    bd.ok("config", "set", "lock-timeout", "2s")
    assert explained() == ("project", "2s")
    bd.ok("config", "set", "lock-timeout", "3s", "--local")
    assert explained() == ("local", "3s")
    assert explained(BD_LOCK_TIMEOUT="4s") == ("environment", "4s")
    assert explained("--lock-timeout", "5s", BD_LOCK_TIMEOUT="4s") == ("flag", "5s")
    shown = bd.json("config", "explain", "lock-timeout")
    assert [each["layer"] for each in shown["layers"]] == ["local", "project", "user", "default"]


def test_a_value_under_a_stronger_layer_is_set_with_a_note(bd: Bd) -> None:
    bd.ok("config", "set", "lock-timeout", "1s", "--local")
    assert "local.yaml" in bd.ok("config", "set", "lock-timeout", "2s").err
    assert bd.ok("config", "set", "lock-timeout", "2s", "--local").err == ""


def test_flags_have_their_defaults_from_the_settings(bd: Bd) -> None:
    bd.ok("config", "set", "json", "true", "--local")
    assert bd.ok("list").json == []
    assert bd("show", "px-none").error["code"] == "issue.unknown"
    assert not bd.ok("list", BD_JSON="0").out.startswith("[")
    bd.ok("config", "unset", "json", "--local")
    bd.ok("config", "set", "no-auto-flush", "true", "--local")
    bd.create()
    assert not bd.records.exists()


def test_the_actor_comes_from_the_settings_where_nobody_says_it(bd: Bd) -> None:
    bd.ok("config", "set", "actor", "zoe", "--user")
    issue = bd.create(BD_ACTOR="")
    assert bd.json("show", issue)[0]["created_by"] == "zoe"
    assert bd.json("show", bd.create())[0]["created_by"] == "ann"


def test_what_all_share_is_not_read_from_the_environment(bd: Bd) -> None:
    issue = bd.create(BD_ISSUE_PREFIX="other", BD_TYPES_CUSTOM="spike")
    assert issue.startswith("px-")
    assert bd("create", "x", "-t", "spike", BD_TYPES_CUSTOM="spike").code == 2
    assert bd("config", "set", "types.custom", "spike", "--user").code == 2


def test_validate_says_what_is_wrong(bd: Bd) -> None:
    assert bd.json("config", "validate") == {"issues": [], "valid": True}
    (bd.beads / "local.yaml").write_text("lock-timeout: soon\nwhat: 1\n", encoding="utf-8")
    answer = bd("config", "validate", "--json")
    assert answer.code == 1
    assert not answer.json["valid"]
    assert "lock-timeout" in answer.json["issues"][0]
    assert "what" in answer.err
    (bd.beads / "local.yaml").write_text("a: [b\n", encoding="utf-8")
    assert bd("config", "validate").code == 1


@pytest.mark.parametrize(
    "text",
    [
        "x: !!int abc\n",
        "x: !!int ''\n",
        "x: !!bool perhaps\n",
        "x: 0b_\n",
        "x: !!timestamp foo\n",
        "a: &a {b: *a}\n",
        "a: &a [*a]\n",
        "a: &a {<<: *a}\n",
        'x: "\\ud800"\n',
        "[" * 5000,
        "- " * 5000,
        f"x: {'[' * 30}{']' * 30}\n",
        pytest.param(f"x: [{'a, ' * 3_000}]\n", marks=pytest.mark.slow),
        f"# {'x' * 300_000}\n",
        "a0: &a0 {k: v}\n" + "".join(
            f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 9)}]}}\n" for n in range(1, 9)
        ),
        "a0: &a0 [x]\n" + "".join(
            f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 10)
        ),
    ],
)  # fmt: skip
def test_a_file_that_is_no_plain_yaml_is_named(bd: Bd, text: str) -> None:
    path = bd.beads / "config.yaml"
    path.write_text(text, encoding="utf-8")
    for words in (("list",), ("create", "x"), ("config", "set", "actor", "x")):
        answer = bd(*words, "--json")
        assert (answer.code, answer.error["hint"]) == (2, "Mend the file.")
        assert str(path) in answer.error["error"]
    assert path.read_text(encoding="utf-8") == text
    assert bd("config", "validate").code == 1
    assert bd("doctor").code == 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2024-13-45", "2024-13-45"),
        ("2024-02-30T25:61:61Z", "2024-02-30T25:61:61Z"),
        ("2024-01-31", "2024-01-31"),
        (f"0x{'f' * 5000}", f"0x{'f' * 5000}"),
        (".inf", "inf"),
        ("&here text", "text"),
    ],
)
def test_what_looks_like_a_date_or_is_too_large_is_text(bd: Bd, text: str, expected: str) -> None:
    with (bd.beads / "config.yaml").open("a", encoding="utf-8") as file:
        file.write(f"custom.d: {text}\n")
    for _ in range(2):
        shown = bd.json("config", "get", "custom.d")["value"]
        assert shown == expected
        assert bd.json("config", "explain", "custom.d")["value"] == shown


def test_only_this_machine_says_where_the_database_is(bd: Bd, tmp_path: Path) -> None:
    evil = tmp_path / "evil.db"
    with (bd.beads / "config.yaml").open("a", encoding="utf-8") as file:
        file.write(f"store.path: {evil}\nupgrade.seen: 9.9.9\n")
    bd.create()
    assert not evil.exists()
    assert bd.json("where")["database_path"] == str(bd.beads / "beadwork.db")
    assert "store.path is not read from" in bd("config", "validate").err
    (bd.beads / "local.yaml").write_text(f"store.path: {evil}\n", encoding="utf-8")
    assert bd.json("where")["database_path"] == str(evil)


def test_a_cache_of_older_rules_is_not_used(bd: Bd) -> None:
    bd.ok("list")
    cache = bd.beads / "config.cache"
    kept = json.loads(cache.read_bytes())
    kept["sources"] = kept["sources"].partition("|")[2]
    kept["values"]["store.path"] = "/nowhere/evil.db"
    cache.write_text(json.dumps(kept), encoding="utf-8")
    assert bd.json("where")["database_path"] == str(bd.beads / "beadwork.db")


def test_a_folder_is_no_database(bd: Bd, tmp_path: Path) -> None:
    answer = bd("config", "set", "store.path", str(tmp_path), "--json")
    assert (answer.code, answer.error["data"]["field"]) == (2, "store.path")
    bd.ok("list")
    bd.ok("config", "set", "store.path", str(tmp_path / "a.db"))


def test_what_is_built_in_means_what_it_means(bd: Bd) -> None:
    issue = bd.create()
    with (bd.beads / "config.yaml").open("a", encoding="utf-8") as file:
        file.write("status.custom: open:done,shipped:done\nstatus.done: [open]\n")
    assert [row["id"] for row in bd.json("ready")] == [issue]
    bd.ok("update", issue, "--status", "shipped")
    assert bd.json("ready") == []
    assert "open is built in" in bd("config", "validate").out


@pytest.mark.parametrize("name", ["config.yaml", "local.yaml"])
@pytest.mark.parametrize(
    ("key", "value"),
    [("lock-timeout", "soon"), ("claim.lease", "1x"), ("issue-prefix", "[a, b]"),
     ("issue_prefix", "'a b'")],
)  # fmt: skip
def test_a_wrong_value_in_a_file_is_named_with_its_file(
    bd: Bd, name: str, key: str, value: str
) -> None:
    path = bd.beads / name
    if "prefix" in key:
        (bd.beads / "config.yaml").write_text("", encoding="utf-8")
    with path.open("a", encoding="utf-8") as file:
        file.write(f"{key}: {value}\n")
    for words in (("list",), ("create", "x")):
        answer = bd(*words, "--json")
        assert (answer.code, answer.error["data"]["field"]) == (2, key)
        assert answer.error["error"].startswith(f"{key} in {path}: ")
    assert bd("doctor").code == 1


def test_a_wrong_value_in_the_environment_is_named_too(bd: Bd) -> None:
    answer = bd("list", "--json", BD_LOCK_TIMEOUT="soon")
    assert (answer.code, answer.error["data"]["field"]) == (2, "lock-timeout")
    assert "in the environment" in answer.error["error"]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["config.yaml", "local.yaml", "config.cache"])
def test_a_pipe_is_not_waited_for(bd: Bd, name: str) -> None:
    path = bd.beads / name
    path.unlink(missing_ok=True)
    os.mkfifo(path)
    for words in (("list",), ("config", "set", "actor", "x", "--local")):
        done = bd.run(*words, "--json")
        assert done.code == (0 if name == "config.cache" else 2), done
        assert name == "config.cache" or "no regular file" in done.error["error"]


class _Lost(DirectWorld):
    """A world that can't tell where its store is."""

    @override
    def place(self, options: Options) -> Place:
        raise ValueError("embedded null byte")


def test_a_fault_is_told_even_where_no_store_can_be_found(bare: Bd) -> None:
    world = _Lost(bare.environment, str(bare.folder))
    assert world.log_fault(Options(), "a test", RuntimeError("bug"))


def test_settings_can_be_looked_at_without_a_store(bare: Bd) -> None:
    assert bare.json("config", "get", "lock-timeout")["value"] == "30s"
    assert bare("config", "set", "lock-timeout", "1s").code == 3
    bare.ok("config", "set", "lock-timeout", "1s", "--user")
    assert bare.json("config", "list") == {"actor": "ann", "lock-timeout": "1s"}


def test_readonly_forbids_to_set(bd: Bd) -> None:
    assert bd("--readonly", "config", "set", "actor", "x").code == 2


def test_the_cache_is_not_used_for_another_users_file(bd: Bd, tmp_path: Path) -> None:
    bd.ok("config", "set", "actor", "zoe", "--user")
    assert bd.json("config", "get", "actor", BD_ACTOR="")["value"] == "zoe"
    issue = bd.create(BD_ACTOR="", HOME=str(tmp_path / "other"), USER="bob")
    assert bd.json("show", issue)[0]["created_by"] == "bob"


def test_what_only_a_store_may_say_is_known_to_both_tables() -> None:
    reach = {key for key, each in settings.SETTINGS.items() if each.reach != "any"}
    heard = config._STORE_KEYS | config._MACHINE_KEYS
    assert heard - {"issue_prefix"} == reach
    assert all(settings.parsed(each.key, each.default) is not None
               for each in settings.SETTINGS.values() if each.default)  # fmt: skip


def test_every_setting_stands_in_the_documents() -> None:
    text = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    assert [key for key in settings.SETTINGS if f"`{key}`" not in text] == []
    assert [each for each in settings.FAMILIES if f"`{each}." not in text] == []
