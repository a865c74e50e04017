"""Which issues `bd list` shows: each filter of the contract."""

import pytest

from tests.doors.program import Bd

CASES = [
    ((), "bug chore late parent child pinned"),
    (("--all",), "bug chore closed late parent child pinned"),
    (("--status", "all"), "bug chore closed late parent child pinned"),
    (("--status=closed",), "closed"),
    (("--status=open,in_progress",), "bug chore late parent child pinned"),
    (("--status=in_progress",), "chore"),
    (("-t", "bug"), "bug"),
    (("-t", "bug,chore"), "bug chore"),
    (("-p", "0"), "bug"),
    (("-p", "P4"), "chore"),
    (("--priority-min", "3"), "chore late"),
    (("--priority-max", "1"), "bug"),
    (("-a", "bob"), "chore"),
    (("--assignee=",), "bug late parent child pinned"),
    (("--no-assignee",), "bug late parent child pinned"),
    (("-l", "tech-a"), "bug late"),
    (("-l", "tech-a,slow"), "late"),
    (("--label-any", "slow,new"), "chore late"),
    (("--label-pattern", "tech-*"), "bug late"),
    (("--label-pattern", "tech"), ""),
    (("--label-regex", "^n.w$"), "chore"),
    (("--no-labels",), "parent child pinned"),
    (("--title", "BUG"), "bug"),
    (("--title-contains", "at"), "late"),
    (("--title", "l", "--title-contains", "c"), "child"),
    (("--desc-contains", "LOGIN"), "bug"),
    (("--notes-contains", "seen"), "chore"),
    (("--empty-description",), "chore late parent child pinned"),
    (("--parent", "{parent}"), "child"),
    (("--filter-parent", "{parent}"), "child"),
    (("--id", "{bug},{late}"), "bug late"),
    (("--due-before", "2026-02-01"), "late"),
    (("--due-after", "2026-02-01"), "chore"),
    (("--due-after", "2026-01-01", "--due-before", "2027-01-01"), "late"),
    (("--overdue",), "late"),
    (("--deferred",), "parent"),
    (("--defer-after", "2090-01-01"), "parent"),
    (("--defer-before", "2090-01-01"), ""),
    (("--pinned",), "pinned"),
    (("--no-pinned",), "bug chore late parent child"),
    (("--spec", "S-"), "bug"),
    (("--created-after", "2020-01-01"), "bug chore late parent child pinned"),
    (("--created-before", "2020-01-01"), ""),
    (("--updated-after", "+1d"), ""),
    (("--closed-after", "2020-01-01", "--all"), "closed"),
    (("--closed-before", "2020-01-01", "--all"), ""),
    (("--ready",), "bug late child"),
    (("--ready", "-t", "bug"), "bug"),
    (("--mol-type", "swarm"), "late"),
    (("-t", "feat"), ""),
    (("--exclude-type", "task"), "bug chore"),
    (("--exclude-type", "bug,chore"), "late parent child pinned"),
    (("--exclude-label", "slow,new"), "bug parent child pinned"),
    (("--no-parent",), "bug chore late parent pinned"),
    (("--closed-after", "2020-01-01"), "closed"),
    (("--priority", "2", "--priority-max", "3"), "parent child pinned"),
    (("--label-pattern", "tech-*", "--label-regex", "slow"), "late"),
    (("--desc-contains", "log", "--title", "b"), "bug"),
    (("--metadata-field", "team=core"), "pinned"),
    (("--metadata-field", "size=3", "--metadata-field", "team=core"), "pinned"),
    (("--metadata-field", "team=web"), ""),
    (("--has-metadata-key", "size"), "pinned"),
    (("--has-metadata-key", "core"), ""),
    (("--ready", "--exclude-label", "slow"), "bug child"),
    (("--ready", "-s", "open"), "bug late child"),
    (("--overdue", "--all"), "late"),
    (("--wisp-type", "patrol"), ""),
]


@pytest.fixture(scope="module")
def stocked(tmp_path_factory: pytest.TempPathFactory) -> tuple[Bd, dict[str, str]]:
    """One store for all filters."""
    folder = tmp_path_factory.mktemp("filters") / "px"
    folder.mkdir()
    bd = Bd(folder, folder.parent)
    bd.ok("init", "--quiet")
    names = {
        "bug": bd.create(
            "bug", "-t", "bug", "-p", "0", "-l", "tech-a", "-d", "Login", "--spec-id", "S-1"
        ),
        "chore": bd.create(
            *("chore", "-t", "chore", "-p", "4", "-a", "bob", "-l", "new"),
            *("--notes", "Seen", "--due", "2090-01-01"),
        ),
        "closed": bd.create("closed", "-l", "old"),
        "late": bd.create(
            *("late", "-p", "3", "-l", "tech-a,slow", "--due", "2026-01-15"),
            *("--mol-type", "swarm"),
        ),
        "parent": bd.create("parent", "--defer", "2099-01-01"),
    }
    names["child"] = bd.create("child", "--parent", names["parent"])
    names["pinned"] = "px-pinned"
    line = (
        '{"id":"px-pinned","title":"pinned","status":"open","priority":2,"issue_type":"task",'
        '"created_at":"2026-01-01T00:00:00Z","updated_at":"2026-01-01T00:00:00Z","pinned":true,'
        '"metadata":{"team":"core","size":3}}\n'
    )
    bd.ok("import", "-", given=line)
    bd.ok("update", names["chore"], "--status", "in_progress")
    bd.ok("close", names["closed"])
    return bd, names


@pytest.mark.parametrize(("words", "expected"), CASES, ids=lambda value: " ".join(value))
def test_a_filter_shows_what_it_says(
    stocked: tuple[Bd, dict[str, str]], words: tuple[str, ...], expected: str
) -> None:
    bd, names = stocked
    typed = [word.format(**names) for word in words]
    if words == ("-t", "feat"):
        assert bd.json("list", *typed) == []
        return
    assert {row["title"] for row in bd.json("list", *typed)} == set(expected.split())


@pytest.mark.parametrize(("words", "expected"), CASES, ids=lambda value: " ".join(value))
def test_what_is_counted_is_what_is_listed(
    stocked: tuple[Bd, dict[str, str]], words: tuple[str, ...], expected: str
) -> None:
    bd, names = stocked
    typed = [word.format(**names) for word in words]
    assert bd.json("count", *typed) == {"count": len(expected.split())}


REFUSED = [
    (("--status", "opn"), 2, "open"),
    (("--status", ""), 2, "empty"),
    (("-t", "tusk"), 2, "task"),
    (("--exclude-type", "tusk"), 2, "task"),
    (("-l", ","), 2, "empty"),
    (("--title", ""), 2, "empty"),
    (("--spec", " "), 2, "empty"),
    (("--created-after", ""), 2, "empty"),
    (("--created-after", "someday"), 2, "someday"),
    (("--created-after", "2026-02-01", "--created-before", "2026-01-01"), 2, "Swap"),
    (("--due-after", "2026-02-01", "--due-before", "2026-01-01"), 2, "Swap"),
    (("--defer-after", "+2d", "--defer-before", "+1d"), 2, "Swap"),
    (("--priority-min", "3", "--priority-max", "1"), 2, "Swap"),
    (("--priority", "4", "--priority-max", "1"), 2, "Swap"),
    (("--parent", "px-nobody"), 3, "px-nobody"),
    (("--parent", ""), 2, "empty"),
    (("--id", "px-nobody"), 3, "px-nobody"),
    (("--label-regex", "("), 2, "expression"),
    (("--ready", "--status", "closed"), 2, "ready"),
    (("--ready", "--all"), 2, "ready"),
    (("--overdue", "--status", "closed"), 2, "overdue"),
    (("-a", "bob", "--no-assignee"), 2, "assignee"),
    (("-l", "new", "--no-labels"), 2, "labels"),
    (("-l", "new", "--exclude-label", "new"), 2, "new"),
    (("-t", "bug", "--exclude-type", "bug"), 2, "bug"),
    (("--parent", "{parent}", "--no-parent"), 2, "parent"),
    (("--parent", "{parent}", "--filter-parent", "{bug}"), 2, "parent"),
    (("--pinned", "--no-pinned"), 2, "pinned"),
    (("--metadata-field", "team"), 2, "key=value"),
    (("--metadata-field", "=core"), 2, "key=value"),
    (("--has-metadata-key", ""), 2, "empty"),
]


@pytest.mark.parametrize("command", ["list", "count", "export"])
@pytest.mark.parametrize(("words", "code", "said"), REFUSED, ids=lambda value: str(value))
def test_a_filter_that_means_nothing_is_refused(
    stocked: tuple[Bd, dict[str, str]],
    words: tuple[str, ...],
    code: int,
    said: str,
    command: str,
) -> None:
    bd, names = stocked
    answer = bd(command, *(word.format(**names) for word in words), "--json")
    assert (answer.code, answer.out) == (code, "")
    assert said in answer.error["error"] + answer.error["hint"]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("--sort", "title"), "bug chore late parent"),
        (("--sort", "title", "--reverse"), "pinned parent late closed"),
        (("--sort", "priority"), "bug child parent closed"),
        (("--sort", "id", "--limit", "1", "--title", "bug"), "bug"),
        (("--label-pattern", "*", "--limit", "2", "--sort", "title"), "bug chore"),
    ],
)
def test_a_list_has_an_order_and_an_end(
    stocked: tuple[Bd, dict[str, str]], words: tuple[str, ...], expected: str
) -> None:
    bd, _ = stocked
    rows = bd.json("list", "--all", *words)[: len(expected.split())]
    if words == ("--sort", "title"):
        rows = [row for row in rows if row["title"] not in ("child", "closed")]
        expected = "bug chore"
    assert [row["title"] for row in rows] == expected.split()


def test_agents_get_shorter_lists(stocked: tuple[Bd, dict[str, str]]) -> None:
    bd, _ = stocked
    many = "".join(
        f'{{"id":"zz-{n:02}","title":"{n}","created_at":"2026-01-01T00:00:00Z"}}\n'
        for n in range(60)
    )
    bd.ok("import", "-", given=many)
    assert len(bd.json("list")) == 50
    assert len(bd.json("list", BD_AGENT_MODE="1")) == 20
    assert len(bd.json("list", CLAUDE_CODE="1")) == 20
    assert len(bd.json("list", "--limit", "0")) > 60
    assert len(bd.json("ready")) == 10
