"""A session of an agent, as classic's guide teaches it, each command a program."""

import pytest

from tests.doors.program import Bd, tree

pytestmark = pytest.mark.slow


def test_from_init_to_the_last_close(bare: Bd) -> None:
    made = bare.run("init")
    assert (made.code, made.err) == (0, "")
    assert made.out.startswith(f"Made {bare.beads} with the prefix px\n")
    assert str(bare.beads / "config.yaml") in made.out

    epic = bare.run("create", "--title=Login", "--type=epic", "--priority=1", "--silent").out
    epic = epic.strip()
    form = bare.run("create", "Form", "--parent", epic, "--json").json["id"]
    assert form == f"{epic}.1"
    check = bare.run("create", "Check", "--parent", epic, "--deps", form, "--json").json["id"]

    assert {row["id"] for row in bare.run("ready", "--json").json} == {epic, form}
    blocked = bare.run("blocked")
    assert blocked.out.splitlines()[1].strip() == f"needs {form}"

    claimed = bare.run("update", form, "--claim")
    assert claimed.out == f"Updated ◐ {form} [P2] [task] in_progress @ann - Form\n"
    found = bare.run("create", "Typo", "--deps", f"discovered-from:{form}", "--json").json["id"]
    bare.run("comments", "add", form, "Half way")
    bare.run("update", form, "--notes", "Done with it", "--status=open")
    bare.run("update", form, "--status=in_progress", "--assignee=ann")

    assert bare.run("close", check).code == 4
    closed = bare.run("close", form, "--reason=Works", "--suggest-next")
    assert closed.code == 0
    assert f"ready now: ○ {check}" in closed.out
    assert {row["id"] for row in bare.run("ready", "--json").json} == {epic, check, found}

    done = bare.run("close", check, found, epic, "--json")
    assert [each["status"] for each in done.json] == ["closed"] * 3
    assert bare.run("ready", "--json").out == "[]\n"
    assert bare.run("list").out == "No issues.\n"
    assert bare.run("sync").out == "The file is up to date.\n"
    assert set(bare.lines()) == {epic, form, check, found}


def test_init_twice_changes_nothing(bd: Bd) -> None:
    issue = bd.create()
    before = tree(bd.beads)
    again = bd.run("init")
    assert (again.code, again.err) == (0, "")
    assert again.out == f"Using {bd.beads} with the prefix px\n"
    assert bd.run("init", "--prefix", "px").code == 0
    assert bd.run("init", "--prefix", "other", "--json").error["code"] == "store.exists"
    assert {k: v for k, v in tree(bd.beads).items() if "beadwork.db" not in k} == {
        k: v for k, v in before.items() if "beadwork.db" not in k
    }
    assert [row["id"] for row in bd.json("list")] == [issue]


def test_a_prefix_is_the_folders_name_or_given(bare: Bd) -> None:
    folder = bare.folder / "My App!"
    folder.mkdir()
    odd = bare.at(folder)
    assert odd.json("init")["prefix"] == "My-App"
    assert odd.create().startswith("My-App-")
    given = bare.at(bare.folder / "other")
    given.folder.mkdir()
    assert given.json("init", "--prefix", "web-")["prefix"] == "web"
    assert given.create().startswith("web-")


def test_custom_words_of_the_config_are_used(bd: Bd) -> None:
    config = bd.beads / "config.yaml"
    config.write_text(
        config.read_text(encoding="utf-8")
        + 'status.custom: "review,shipped:done"\ntypes.custom: [spike, gate]\n',
        encoding="utf-8",
    )
    need = bd.create("Need", "-t", "spike")
    issue = bd.create("Issue", "--deps", need)
    bd.ok("update", need, "--status", "review")
    assert [row["id"] for row in bd.json("blocked")] == [issue]
    bd.ok("update", need, "--status", "shipped")
    assert [row["id"] for row in bd.json("ready")] == [issue]
    gate = bd.create("Gate", "-t", "gate")
    assert gate not in {row["id"] for row in bd.json("list")}
    assert gate in {row["id"] for row in bd.json("list", "--include-gates")}
    assert [row["id"] for row in bd.json("list", "-t", "gate")] == [gate]


def test_a_config_that_is_no_yaml_is_named(bd: Bd) -> None:
    (bd.beads / "config.yaml").write_text("a: [b\n", encoding="utf-8")
    answer = bd("list", "--json")
    assert (answer.code, answer.out) == (2, "")
    assert str(bd.beads / "config.yaml") in answer.error["error"]
