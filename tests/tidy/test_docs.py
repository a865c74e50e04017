"""What the documents say is so: commands, files, links, rules and words."""

import ast
import importlib
import re
import shlex
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import click
import msgspec
import pytest

from beadwork.doors.cli.main import bd
from beadwork.ops.table import PLACES, operation_named

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "beadwork"
DOCS = ROOT / "docs"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md")])
HAND_WRITTEN = [page for page in PAGES if page.parent.name != "operations"]
DECISIONS = sorted((DOCS / "decisions").glob("[0-9]*.md"))

FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
FENCED_LINES = re.compile(r"^```\w*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\]\(([^()\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
REMARK = re.compile(r"(?<=\S)\s{3,}.*$")
ASSIGNMENT = re.compile(r"[A-Z_]+=.*")
PATH = re.compile(r"[\w.*-]+(?:/[\w.*-]+)*\.(?:py|sql|toml|md|txt)")
RULE = re.compile(r"\bR(\d{1,2})\b")
SECTION = re.compile(r"classic-bd\.md (\d\.\d)(?: and (\d\.\d))?")

pages = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))


@cache
def text_of(path: Path) -> str:
    """Read a file once."""
    return path.read_text(encoding="utf-8")


def headings(page: Path) -> list[str]:
    """Answer the headings of a page, those in code left out."""
    return HEADING.findall(FENCE.sub("", text_of(page)))


def anchor(heading: str) -> str:
    """Answer the anchor that a heading gets where Markdown is shown."""
    bare = re.sub(r"[^\w\- ]", "", heading.replace("`", "").lower())
    return bare.strip().replace(" ", "-")


def code_in(page: Path) -> Iterator[str]:
    """Answer what a page shows as code: lines of blocks, and pieces of sentences."""
    text = text_of(page)
    for block in FENCED_LINES.findall(text):
        yield from block.splitlines()
    yield from CODE.findall(FENCE.sub("", text))


def simple_commands(line: str) -> Iterator[list[str]]:
    """Split a line of shell into the words of its commands; a wide gap begins a remark."""
    lexer = shlex.shlex(REMARK.sub("", line), posix=True, punctuation_chars=True)
    lexer.whitespace_split, lexer.commenters = True, ""
    words: list[str] = []
    for word in lexer:
        if set(word) <= set(";&|<>()"):
            yield words
            words = []
        elif words or not ASSIGNMENT.fullmatch(word):
            words.append(word)
    yield words


def commands(page: Path, program: str) -> Iterator[list[str]]:
    """Answer the commands of one program that a page shows, as words, its name left out."""
    for code in code_in(page):
        if f"{program} " in code:
            for words in simple_commands(code.removeprefix("$ ")):
                if words[:1] == [program]:
                    yield words[1:]


# -- links and files


@pages
def test_links_lead_somewhere(page: Path) -> None:
    for target in LINK.findall(FENCE.sub("", text_of(page))):
        assert not target.startswith(("http:", "https:", "/")), f"{target}: link within the project"
        name, _, fragment = target.partition("#")
        other = (page.parent / name).resolve() if name else page
        assert other.exists(), f"{page.name}: {target}"
        if fragment:
            assert fragment in map(anchor, headings(other)), f"{page.name}: {target}"


def test_every_page_is_linked() -> None:
    linked = {ROOT / "README.md", ROOT / "CHANGELOG.md"}
    for page in PAGES:
        names = [target.partition("#")[0] for target in LINK.findall(text_of(page))]
        linked |= {(page.parent / name).resolve() for name in names if name}
    assert not [str(page.relative_to(ROOT)) for page in PAGES if page not in linked]


@pytest.mark.parametrize("page", HAND_WRITTEN, ids=lambda page: page.name)
def test_the_files_that_a_page_names_exist(page: Path) -> None:
    folders = (ROOT, SOURCE, SOURCE / "model", SOURCE / "doors" / "cli" / "commands", DOCS)
    named = {code for code in CODE.findall(FENCE.sub("", text_of(page))) if PATH.fullmatch(code)}
    missing = [name for name in named if not any(any(each.glob(name)) for each in folders)]
    assert not missing


# -- commands


def find_command(words: list[str]) -> tuple[click.Command, list[str]]:
    """Answer the command that words name, and the words after its name."""
    command: click.Command = bd
    while isinstance(command, click.Group) and words:
        found = command.get_command(click.Context(command), words[0])
        if found is None:
            break
        command, words = found, words[1:]
    return command, words


def flags_of(command: click.Command) -> set[str]:
    """Answer the flags of a command, for a group those of its commands too."""
    found = {flag for each in command.params for flag in [*each.opts, *each.secondary_opts]}
    if isinstance(command, click.Group):
        for name in command.list_commands(click.Context(command)):
            inner = command.get_command(click.Context(command), name)
            found |= flags_of(inner) if inner else set()
    return found | {"-h", "--help"}


@pages
def test_the_commands_that_a_page_shows_exist(page: Path) -> None:
    for words in commands(page, "bd"):
        command, rest = find_command(words)
        assert command is not bd or words[0].startswith("-") or words == ["COMMAND", "--help"], (
            words
        )
        flags = {word.partition("=")[0] for word in rest if re.match(r"--?[A-Za-z]", word)}
        assert not flags - flags_of(command), words


@pages
def test_the_targets_of_make_that_a_page_names_exist(page: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", text_of(ROOT / "Makefile"), re.MULTILINE))
    named = {words[0] for words in commands(page, "make") if words}
    assert not named - targets


@pages
def test_the_operations_that_a_page_calls_take_what_it_gives(page: Path) -> None:
    for words in commands(page, "python"):
        match words:
            case ["-m", "beadwork", "call", name, *payload]:
                assert name in PLACES
                msgspec.json.decode(
                    payload[0] if payload else "{}", type=operation_named(name).request
                )
            case ["-m", "beadwork", *others]:
                assert others in ([], ["operations"])
            case _:
                pass


@pages
def test_what_a_piece_of_python_imports_exists(page: Path) -> None:
    for block in re.findall(r"^```python\n(.*?)^```$", text_of(page), re.MULTILINE | re.DOTALL):
        for node in ast.walk(ast.parse(block)):
            if isinstance(node, ast.ImportFrom) and node.module:
                module = importlib.import_module(node.module)
                assert not [each.name for each in node.names if not hasattr(module, each.name)]


def test_every_command_stands_in_the_list_of_commands_and_no_absent_one_is_promised() -> None:
    listed = text_of(DOCS / "classic-bd.md").split("### 1.2 ")[1].split("\n## ")[0]
    words = {word for code in CODE.findall(listed) for word in code.split()}
    context = click.Context(bd)
    assert not set(bd.list_commands(context)) - words
    readme = " ".join(text_of(ROOT / "README.md").split())
    absent = re.search(r"are there; ([^.;]*) are not\.", readme)
    assert absent
    named = CODE.findall(absent[1])
    assert named
    assert not [name for name in named if bd.get_command(context, name)], "they are there now"


# -- rules and sections that are cited


def cited(pattern: re.Pattern[str]) -> dict[str, str]:
    """Answer what the source, the tests and the documents cite, and a place where they do."""
    paths = [*SOURCE.rglob("*.py"), *SOURCE.rglob("*.sql"), *(ROOT / "tests").rglob("*.py"), *PAGES]
    paths.append(ROOT / "pyproject.toml")
    return {
        number: str(path.relative_to(ROOT))
        for path in paths
        if path != Path(__file__)
        for found in pattern.finditer(text_of(path))
        for number in found.groups()
        if number
    }


def test_every_rule_that_is_cited_is_written_down() -> None:
    written = {found[1] for each in headings(DOCS / "rules.md") if (found := RULE.match(each))}
    assert not {f"R{n}: {path}" for n, path in cited(RULE).items() if n not in written}


def test_every_section_on_classic_that_is_cited_is_written_down() -> None:
    written = {each.split()[0] for each in headings(DOCS / "classic-bd.md")}
    assert not {f"{n}: {path}" for n, path in cited(SECTION).items() if n not in written}


# -- decisions


def test_decisions_are_numbered_listed_and_short() -> None:
    assert [int(path.name[:4]) for path in DECISIONS] == list(range(1, len(DECISIONS) + 1))
    index = text_of(DOCS / "decisions" / "README.md")
    for path in DECISIONS:
        lines = text_of(path).splitlines()
        assert lines[0].startswith(f"# {path.name[:4]} ")
        assert f"[{path.name[:4]}]({path.name}) | {lines[0][7:]} |" in index
        assert 10 <= len(lines) <= 27, f"{path.name} has {len(lines)} lines"
        for part in ("**Context.**", "**Decision.**", "**Consequences.**"):
            assert part in text_of(path), path.name


# -- the glossary


def glossary() -> list[tuple[list[str], list[str], list[str]]]:
    """Answer each row's words, the words not used for it, and its names in the code."""
    rows = []
    for line in text_of(DOCS / "glossary.md").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| ") and len(cells) == 4 and cells[0] != "word":
            rows.append((cells[0].split(", "), CODE.findall(cells[2]), CODE.findall(cells[3])))
    return rows


@cache
def names_in_source() -> set[str]:
    """Answer every name of the source: modules, classes, functions, variables, fields."""
    found: set[str] = set()
    for path in SOURCE.rglob("*.py"):
        found.add(path.stem if path.stem != "__init__" else path.parent.name)
        for node in ast.walk(ast.parse(text_of(path))):
            match node:
                case ast.FunctionDef(name=name) | ast.ClassDef(name=name) | ast.arg(arg=name):
                    found.add(name)
                case ast.Name(id=name) | ast.Attribute(attr=name):
                    found.add(name)
                case _:
                    pass
    return found | {path.name for path in SOURCE.rglob("*") if path.is_dir()}


def test_the_words_of_the_glossary_are_those_of_the_source() -> None:
    names = names_in_source()
    missing = {name for _, _, own in glossary() for name in own if name not in names}
    assert len(glossary()) > 60
    assert not missing


def test_words_that_the_glossary_turns_down_are_not_in_the_source() -> None:
    parts = {
        part
        for name in names_in_source()
        for part in re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower().split("_")
    }
    turned_down = {word for _, words, _ in glossary() for word in words}
    assert turned_down
    assert not turned_down & parts


def test_the_nouns_of_operations_are_words_of_the_glossary() -> None:
    words = {word for own, _, _ in glossary() for word in own}
    assert not {name.partition(".")[0] for name in PLACES} - words


def test_a_word_has_one_row() -> None:
    words = [word for own, _, _ in glossary() for word in own if word != "kind"]
    assert len(words) == len(set(words))
