"""`bd setup`: what is put into the files of agents, and taken out again."""

import json
from pathlib import Path

import pytest

from beadwork.doors.cli import agent_hooks
from beadwork.doors.cli.recipes import RECIPES
from tests.doors.program import Bd, tree

OURS = "BEADS INTEGRATION"


def files(bd: Bd) -> dict[str, bytes]:
    """Answer every file of the project and of the home folder but those of the store."""
    found = {**tree(bd.folder), **{f"~/{name}": each for name, each in tree(bd.home).items()}}
    return {name: each for name, each in found.items() if not name.startswith((".beads", "~/bin"))}


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_is_installed_once_checked_and_taken_out(bd: Bd, name: str) -> None:
    before = files(bd)
    assert bd("setup", name, "--check").code == 1
    assert bd.json("setup", name)["changed"]
    installed = files(bd)
    assert installed != before
    assert bd("setup", name, "--check").code == 0
    assert bd.json("setup", name)["changed"] == []
    assert files(bd) == installed
    assert bd.json("setup", name, "--remove")["changed"]
    assert files(bd) == before
    assert bd.json("setup", name, "--remove")["changed"] == []
    assert not list(bd.folder.glob(".c*"))


@pytest.mark.parametrize("name", [name for name, each in RECIPES.items() if not each.is_global])
@pytest.mark.parametrize(
    "content",
    [
        "",
        "\n",
        "Own text",
        "Own text\n",
        "Own text\n\n",
        "a\r\nb\r\n",
        "a\r\nb",
        "a\r\nb\n",
        "a\nb\r\n",
        "x\r",
        "\r",
        "\r\n",
        "a\r\r",
        "\ufeffÄ\n",
    ],
    ids=repr,
)
def test_what_was_in_a_file_is_there_again_byte_for_byte(bd: Bd, name: str, content: str) -> None:
    paths = [bd.folder / part.project[0] for part in RECIPES[name].parts]
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode())
    bd.ok("setup", name)
    assert all(OURS in path.read_text(encoding="utf-8") for path in paths)
    assert bd("setup", name, "--check").code == 0
    assert bd.json("setup", name)["changed"] == []
    bd.ok("setup", name, "--remove")
    assert [path.read_bytes() for path in paths] == [content.encode()] * len(paths)


def test_bytes_that_are_no_utf8_stay(bd: Bd) -> None:
    path = bd.folder / "AGENTS.md"
    path.write_bytes(b"caf\xe9\n")
    bd.ok("setup", "agents")
    assert path.read_bytes().startswith(b"caf\xe9\n\n<!-- BEGIN")
    bd.ok("setup", "agents", "--remove")
    assert path.read_bytes() == b"caf\xe9\n"


def test_a_file_in_another_encoding_is_refused_untouched(bd: Bd) -> None:
    path = bd.folder / "AGENTS.md"
    content = "Text\n".encode("utf-16")
    path.write_bytes(content)
    assert bd("setup", "agents").code == 5
    assert path.read_bytes() == content


def test_text_after_the_block_stays(bd: Bd) -> None:
    path = bd.folder / "AGENTS.md"
    path.write_text("Before\n", encoding="utf-8")
    bd.ok("setup", "codex")
    with path.open("a", encoding="utf-8") as file:
        file.write("After\n")
    bd.ok("setup", "codex", "--remove")
    assert path.read_text(encoding="utf-8") == "Before\nAfter\n"


def test_a_block_of_classic_is_brought_up_to_date_in_its_place(bd: Bd) -> None:
    path = bd.folder / "AGENTS.md"
    block = "<!-- BEGIN BEADS INTEGRATION v:1 profile:full hash:19cc -->\nOld\n"
    path.write_text(f"A\n{block}<!-- END BEADS INTEGRATION -->\nZ\n", encoding="utf-8")
    answer = bd("setup", "factory", "--check", "--json")
    assert (answer.code, answer.json["files"][0]["state"]) == (1, "outdated")
    bd.ok("setup", "factory")
    now = path.read_text(encoding="utf-8")
    assert now.startswith("A\n<!-- BEGIN")
    assert now.endswith("-->\nZ\n")
    assert "Old" not in now
    bd.ok("setup", "factory", "--remove")
    assert path.read_text(encoding="utf-8") == "A\nZ\n"


@pytest.mark.parametrize(
    "content", ["<!-- BEGIN BEADS INTEGRATION -->\nx\n", "<!-- BEGIN BEADS INTEGRATION -->\n" * 2]
)
def test_a_block_without_an_end_is_refused_untouched(bd: Bd, content: str) -> None:
    path = bd.folder / "AGENTS.md"
    path.write_text(content, encoding="utf-8")
    for words in ((), ("--remove",), ("--check",)):
        answer = bd("setup", "agents", *words, "--json")
        assert (answer.code, answer.error["code"]) == (5, "file.trouble")
        assert str(path) in answer.error["error"]
    assert path.read_text(encoding="utf-8") == content


class TestHooks:
    """The settings of Claude Code and Gemini CLI."""

    SETTINGS = (
        '{"model":"x"}',
        '{\n    "model": "x"\n}\n',
        '{\n\t"hooks": {\n\t\t"Stop": [{"hooks": []}]\n\t}\n}',
        '{ "hooks": { "SessionStart": [ { "matcher": "a", "hooks": ['
        ' {"type": "command", "command": "mine"} ] } ] }, "z": 1e3 }\n',
        '{\r\n  "hooks": {\r\n    "PreCompact": [\r\n      {"hooks": []}\r\n    ]\r\n  }\r\n}\r\n',
        '{"permissions": {"allow": ["Bash(bd prime)"]}, "hooks": {"PreToolUse": [{"hooks": '
        '[{"type": "command", "command": "bd prime-time"}]}]}}',
    )

    EMPTY = (
        "",
        "\n",
        "{}",
        "{}\n",
        "{ }",
        "{\r\n}\r\n",
        '{"hooks":{}}',
        '{\n  "hooks": {\n  }\n}\n',
        '{"hooks":{"SessionStart":[]}}',
        '{"hooks":{"SessionStart":[ ], "Stop": []}, "x": {}}',
        '{"hooks":{"SessionStart":[{"hooks":[]}]}}',
    )

    @pytest.mark.parametrize("content", EMPTY)
    def test_settings_that_hold_nothing_are_there_again_byte_for_byte(
        self, bd: Bd, content: str
    ) -> None:
        path = bd.home / ".claude" / "settings.json"
        path.parent.mkdir()
        path.write_bytes(content.encode())
        for words in ((), ("--stealth",), ("--messages",), ()):
            bd.ok("setup", "claude", *words)
            assert bd("setup", "claude", "--check").code == 0
            json.loads(path.read_bytes())
        bd.ok("setup", "claude", "--remove")
        assert path.read_bytes() == content.encode()

    def test_what_was_added_to_settings_that_held_nothing_stays(self, bd: Bd) -> None:
        path = bd.home / ".claude" / "settings.json"
        path.parent.mkdir()
        path.write_text("{}", encoding="utf-8")
        bd.ok("setup", "claude")
        settings = json.loads(path.read_bytes())
        path.write_text(json.dumps({"model": "x", **settings}, indent=4), encoding="utf-8")
        bd.ok("setup", "claude", "--remove")
        assert json.loads(path.read_bytes()) == {"model": "x"}

    @pytest.mark.parametrize("content", SETTINGS)
    def test_foreign_entries_stay_byte_for_byte(self, bd: Bd, content: str) -> None:
        path = bd.home / ".claude" / "settings.json"
        path.parent.mkdir()
        path.write_bytes(content.encode())
        bd.ok("setup", "claude")
        merged = json.loads(path.read_bytes())
        for event in ("SessionStart", "PreCompact"):
            assert merged["hooks"][event][-1]["hooks"][0]["command"] == "bd prime"
        for key, value in json.loads(content).items():
            assert key == "hooks" or merged[key] == value
        bd.ok("setup", "claude", "--remove")
        assert path.read_bytes() == content.encode()

    @pytest.mark.parametrize(
        "content", ['{"hooks": ', "[]", '{"hooks": []}', '{"hooks": {"SessionStart": {}}}', "// x"]
    )
    def test_damaged_settings_are_refused_untouched(self, bd: Bd, content: str) -> None:
        path = bd.home / ".claude" / "settings.json"
        path.parent.mkdir()
        path.write_text(content, encoding="utf-8")
        for words in ((), ("--remove",), ("--check",)):
            answer = bd("setup", "claude", *words)
            assert answer.code == 5
        assert path.read_text(encoding="utf-8") == content

    def test_nothing_is_written_if_one_of_several_files_is_damaged(self, bd: Bd) -> None:
        path = bd.home / ".gemini" / "settings.json"
        path.parent.mkdir()
        path.write_text("{", encoding="utf-8")
        assert bd("setup", "gemini").code == 5
        assert not (path.parent / "GEMINI.md").exists()

    def test_one_form_takes_the_place_of_the_other(self, bd: Bd) -> None:
        path = bd.home / ".claude" / "settings.json"
        bd.ok("setup", "claude", "--stealth")
        assert bd("setup", "claude", "--check").code == 0
        assert path.read_text(encoding="utf-8").count("bd prime --stealth") == 2
        bd.ok("setup", "claude")
        assert path.read_text(encoding="utf-8").count("bd prime") == 2
        assert "stealth" not in path.read_text(encoding="utf-8")
        bd.ok("setup", "claude", "--remove")
        assert not path.exists()

    def test_a_hook_is_taken_out_of_a_group_with_others(self) -> None:
        content = (
            '{"hooks": {"SessionStart": [{"hooks": [{"command": "bd prime"}, {"command": "y"}]}]}}'
        )
        assert agent_hooks.take(content) == content.replace('{"command": "bd prime"}, ', "")

    def test_a_project_has_hooks_of_its_own(self, bd: Bd) -> None:
        bd.ok("setup", "claude", "--project")
        assert (bd.folder / ".claude" / "settings.json").exists()
        assert not (bd.home / ".claude").exists()
        assert bd("setup", "claude", "--check").code == 0
        assert bd("setup", "claude", "--check", "--global").code == 1

    def test_hooks_that_classic_wrote_are_found(self, bd: Bd) -> None:
        hook = {"matcher": "", "hooks": [{"type": "command", "command": "bd prime"}]}
        path = bd.folder / ".claude" / "settings.local.json"
        path.parent.mkdir()
        path.write_text(json.dumps({"hooks": {"SessionStart": [hook], "PreCompact": [hook]}}))
        assert bd("setup", "claude", "--project", "--check").code == 0
        bd.ok("setup", "claude", "--project", "--remove")
        assert not path.exists()

    def test_gemini_gets_json(self, bd: Bd) -> None:
        bd.ok("setup", "gemini", "--project")
        settings = (bd.folder / ".gemini" / "settings.json").read_text(encoding="utf-8")
        assert "bd prime --hook-json" in settings


def test_aider_is_told_to_read_the_text(bd: Bd) -> None:
    path = bd.folder / ".aider.conf.yml"
    path.write_text("read: CONVENTIONS.md\n", encoding="utf-8")
    answer = bd("setup", "aider", "--json")
    assert (answer.code, answer.error["code"]) == (4, "conflict")
    assert not (bd.folder / ".aider").exists()
    path.write_text("read: [CONVENTIONS.md, .aider/BEADS.md]\n", encoding="utf-8")
    bd.ok("setup", "aider")
    assert path.read_text(encoding="utf-8") == "read: [CONVENTIONS.md, .aider/BEADS.md]\n"
    assert bd("setup", "aider", "--check").code == 0


def test_it_writes_at_the_top_of_the_project(bd: Bd) -> None:
    below = bd.folder / "a" / "b"
    below.mkdir(parents=True)
    bd.at(below).ok("setup", "agents")
    assert (bd.folder / "AGENTS.md").exists()
    assert not list(below.iterdir())


def test_a_new_file_has_the_permissions_of_a_new_file(bd: Bd, tmp_path: Path) -> None:
    (tmp_path / "usual").touch()
    bd.ok("setup", "agents")
    assert (bd.folder / "AGENTS.md").stat().st_mode == (tmp_path / "usual").stat().st_mode


def test_a_link_stays_a_link(bd: Bd) -> None:
    (bd.folder / "CLAUDE.md").write_text("Ours\n", encoding="utf-8")
    (bd.folder / "AGENTS.md").symlink_to("CLAUDE.md")
    bd.ok("setup", "agents")
    assert (bd.folder / "AGENTS.md").is_symlink()
    assert OURS in (bd.folder / "CLAUDE.md").read_text(encoding="utf-8")


class TestOwnRecipes:
    """`--add`, `--output`, `--print`."""

    def test_a_kept_recipe_is_used_like_any_other(self, bd: Bd) -> None:
        assert bd.json("setup", "--add", "mine", "docs/bots.md")["changed"]
        assert not bd.json("setup", "--add", "mine", "docs/bots.md")["changed"]
        assert "docs/bots.md" in bd.ok("setup", "--list").out
        bd.ok("setup", "mine")
        assert (bd.folder / "docs" / "bots.md").exists()
        assert bd("setup", "mine", "--check").code == 0
        assert bd("setup", "--add", "mine", "else.md").code == 4
        bd.ok("setup", "--add", "other", 'we"ird.md')
        bd.ok("setup", "mine", "--remove")
        assert not (bd.folder / "docs").exists()

    @pytest.mark.parametrize("path", ["/etc/passwd", "../up.md", ".", "a/../../b", ""])
    def test_a_recipe_stays_in_the_project(self, bd: Bd, path: str) -> None:
        assert bd("setup", "--add", "mine", path).code == 2

    @pytest.mark.parametrize("name", ["claude", "Mine!", ""])
    def test_a_name_that_can_not_be_is_refused(self, bd: Bd, name: str) -> None:
        assert bd("setup", "--add", name, "a.md").code == 2

    def test_damaged_recipes_are_named(self, bd: Bd) -> None:
        (bd.beads / "recipes.toml").write_text("[recipes", encoding="utf-8")
        assert "recipes.toml" in bd("setup", "--list").err

    def test_any_file_can_be_written(self, bd: Bd) -> None:
        bd.ok("setup", "-o", "notes/agent.md")
        assert bd("setup", "-o", "notes/agent.md", "--check").code == 0
        bd.ok("setup", "-o", "notes/agent.md", "--remove")
        assert not (bd.folder / "notes").exists()

    def test_the_text_is_printed_and_nothing_written(self, bd: Bd) -> None:
        before = tree(bd.folder)
        assert "bd prime" in bd.ok("setup", "--print").out
        assert tree(bd.folder) == before


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("claud",),
        ("claude", "codex"),
        ("claude", "--project", "--global"),
        ("cursor", "--global"),
        ("agents", "--check", "--remove"),
        ("agents", "--readonly"),
        ("--add", "mine"),
    ],
)
def test_what_makes_no_sense_is_refused(bd: Bd, words: tuple[str, ...]) -> None:
    before = files(bd)
    assert bd("setup", *words).code == 2
    assert files(bd) == before


def test_the_nearest_recipe_is_named(bd: Bd) -> None:
    assert "claude" in bd("setup", "claud", "--json").error["hint"]


class TestMessages:
    """`bd setup claude --messages`: what is new is shown between turns."""

    def hooks(self, bd: Bd) -> dict[str, list[str]]:
        found = json.loads((bd.home / ".claude" / "settings.json").read_text("utf-8"))["hooks"]
        return {
            event: [each["command"] for group in groups for each in group["hooks"]]
            for event, groups in found.items()
        }

    def test_the_hooks_of_messages_stand_beside_the_others(self, bd: Bd) -> None:
        before = files(bd)
        bd.ok("setup", "claude", "--messages")
        assert self.hooks(bd) == {
            "SessionStart": ["bd prime"],
            "PreCompact": ["bd prime"],
            "Stop": ["bd msg hook --event Stop"],
            "UserPromptSubmit": ["bd msg hook --event UserPromptSubmit"],
        }
        assert bd.json("setup", "claude", "--messages")["changed"] == []
        assert bd("setup", "claude", "--check").code == 0
        assert bd("setup", "claude", "--check", "--messages").code == 0
        bd.ok("setup", "claude", "--remove")
        assert files(bd) == before

    def test_without_them_a_check_for_messages_says_no(self, bd: Bd) -> None:
        bd.ok("setup", "claude")
        assert bd("setup", "claude", "--check").code == 0
        assert bd("setup", "claude", "--check", "--messages").code == 1
        bd.ok("setup", "claude", "--messages")
        bd.ok("setup", "claude")
        assert set(self.hooks(bd)) == {"SessionStart", "PreCompact"}

    def test_what_would_be_written_is_printed(self, bd: Bd) -> None:
        before = files(bd)
        said = json.loads(bd.ok("setup", "claude", "--messages", "--print").out)
        assert set(said["hooks"]) == {"SessionStart", "PreCompact", "Stop", "UserPromptSubmit"}
        assert files(bd) == before

    def test_hooks_of_others_at_the_same_events_stay(self, bd: Bd) -> None:
        path = bd.home / ".claude" / "settings.json"
        path.parent.mkdir()
        own = {"hooks": {"Stop": [{"hooks": [{"type": "command", "command": "beep"}]}]}}
        path.write_text(json.dumps(own), encoding="utf-8")
        bd.ok("setup", "claude", "--messages")
        assert self.hooks(bd)["Stop"] == ["beep", "bd msg hook --event Stop"]
        bd.ok("setup", "claude", "--messages", "--remove")
        assert json.loads(path.read_text("utf-8")) == own

    def test_an_agent_without_such_hooks_is_refused_them(self, bd: Bd) -> None:
        answer = bd("setup", "codex", "--messages", "--json")
        assert answer.code == 2
        assert "bd msg hook" in answer.error["hint"]
