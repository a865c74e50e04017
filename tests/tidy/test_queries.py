"""Every named query has a purpose, is used, and every used one exists."""

import ast
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
STORE = ROOT / "src" / "beadwork" / "store"
FILES = sorted((STORE / "queries").glob("*.sql"))

NAME_LINE = re.compile(r"^-- name: ([a-z][a-z0-9_]*)$")
ONLY_LINE = re.compile(r"^-- only: (sqlite|postgres)$")
FRAGMENT = re.compile(r"/\*dialect:[a-z_]+\*/")
COMMENT = re.compile(r"^\s*--.*$|/\*.*?\*/", re.MULTILINE | re.DOTALL)
DOTTED = re.compile(r"^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$")
ASKING = {"all", "one", "run", "many", "sql"}  # of a session; sql(…) is also a function
TEXT = re.compile(r"'(?:[^']|'')*'")
# Not in the subset that both databases share, or not a named parameter.
FOREIGN = {
    "a cast by :: (use CAST)": re.compile(r"::"),
    "a parameter without a name": re.compile(r"\?|%s|\$\d|%\("),
    "a clock of the database": re.compile(r"\b(?:now\(|CURRENT_TIME|strftime\(|datetime\()", re.I),
}


@dataclass(frozen=True)
class Query:
    """One named query, as written in its file."""

    name: str
    only: str | None
    purpose: tuple[str, ...]
    body: str


def read_queries(stem: str, text: str) -> list[Query]:
    """Split the text of a file at its `-- name:` lines."""
    blocks: list[list[str]] = []
    for line in text.splitlines():
        if NAME_LINE.match(line):
            blocks.append([])
        elif not blocks:
            assert not line or line.startswith("--"), f"{stem}.sql: {line!r} has no name above it"
            continue
        blocks[-1].append(line)
    return [read_block(stem, block) for block in blocks]


def read_block(stem: str, lines: list[str]) -> Query:
    """Read one query: its name, its purpose, the database it is for, its SQL."""
    named = NAME_LINE.match(lines[0])
    assert named
    count = next((n for n, line in enumerate(lines) if not line.startswith("--")), len(lines))
    only = next((found[1] for line in lines[:count] if (found := ONLY_LINE.match(line))), None)
    purpose = tuple(line for line in lines[1:count] if not ONLY_LINE.match(line))
    return Query(f"{stem}.{named[1]}", only, purpose, "\n".join(lines[count:]).strip())


def all_queries() -> list[Query]:
    """Read all files."""
    return [q for path in FILES for q in read_queries(path.stem, path.read_text(encoding="utf-8"))]


def names_in(node: ast.AST) -> set[str]:
    """Answer the strings in a piece of code that look like the name of a query."""
    strings = (n.value for n in ast.walk(node) if isinstance(n, ast.Constant))
    return {text for text in strings if isinstance(text, str) and DOTTED.match(text)}


def names_in_store() -> tuple[set[str], set[str]]:
    """Answer the names in the store's code, and those of them that a database is asked for."""
    named: set[str] = set()
    asked: set[str] = set()
    for path in sorted(STORE.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        named |= names_in(tree)
        for node in ast.walk(tree):
            match node:
                case ast.Call(func=ast.Name(id=called), args=[first, *_]) if called == "sql":
                    asked |= names_in(first)
                case ast.Call(func=ast.Attribute(attr=called), args=[first, *_]) if (
                    called in ASKING
                ):
                    asked |= names_in(first)
                case _:
                    pass
    return named, asked


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_query_has_a_name_a_purpose_and_the_shared_subset_of_sql(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count("-- name:") == len(read_queries(path.stem, text)), "a malformed name line"
    for query in read_queries(path.stem, text):
        assert query.purpose, f"{query.name}: say in one line what it yields"
        assert all(line.startswith("-- ") for line in query.purpose), query.name
        assert query.body, f"{query.name} has no SQL"
        bare = TEXT.sub("''", COMMENT.sub(" ", FRAGMENT.sub(" ", query.body)))
        if query.only is None:
            found = [what for what, pattern in FOREIGN.items() if pattern.search(bare)]
            assert not found, f"{query.name}: {found}"


def test_a_name_is_given_once_for_each_database() -> None:
    counts = Counter(
        (query.name, database)
        for query in all_queries()
        for database in ([query.only] if query.only else ["sqlite", "postgres"])
    )
    shared_and_own = {query.name for query in all_queries() if query.only}
    doubled = {name for (name, _), count in counts.items() if count > 1 + (name in shared_and_own)}
    assert not doubled


def test_every_query_is_used() -> None:
    used, _ = names_in_store()
    unused = sorted({query.name for query in all_queries()} - used)
    assert not unused


def test_every_used_query_is_defined() -> None:
    _, asked = names_in_store()
    undefined = sorted(asked - {query.name for query in all_queries()})
    assert not undefined
