"""Whether a database has all that the migrations make; and making anew what it lacks."""

from functools import cache
from typing import NamedTuple

from beadwork.model.errors import BeadworkError
from beadwork.store.migrate import migrate
from beadwork.store.session import Session
from beadwork.store.sqlite import SqliteSession, open_memory

_INDEX_OF_TEXTS = "search_"
_FOLLOWS = frozenset(("label", "edge", "prefix_count", "search_queue", "message_index", "mailbox"))
"""Tables whose rows follow from those of others."""
_FROM_THE_FILE = frozenset(("issue", "document"))


class Part(NamedTuple):
    """A table or an index, and the statement that makes it."""

    kind: str
    name: str
    table: str
    text: str

    @property
    def is_index_of_texts(self) -> bool:
        """Tell whether it is a part of full-text search, which is made anew as a whole."""
        return self.table.startswith(_INDEX_OF_TEXTS) and self.table != "search_queue"

    @property
    def is_virtual(self) -> bool:
        """Tell whether it makes further tables by itself."""
        return self.text.upper().startswith("CREATE VIRTUAL")

    @property
    def is_lossy(self) -> bool:
        """Tell whether something is lost with it."""
        return not (self.kind != "table" or self.table in _FOLLOWS or self.is_index_of_texts)

    def loss(self) -> str:
        """Say what it is, and what is lost with it."""
        said = f"{self.kind} {self.name}"
        if not self.is_lossy:
            return said
        if self.table in _FROM_THE_FILE:
            return f"{said}: what the file does not have is lost"
        return f"{said}: what it held is lost"


class Lack(NamedTuple):
    """What a database has not that it should have."""

    parts: list[Part]
    columns: list[str]
    """Of tables that are there: these can't be made anew."""

    @property
    def is_lossy(self) -> bool:
        """Tell whether something is lost with it."""
        return bool(self.columns) or any(each.is_lossy for each in self.parts)

    def lines(self) -> list[str]:
        """Say what is lacking, a line each."""
        return [each.loss() for each in self.parts] + [f"column {each}" for each in self.columns]


def lack(session: Session) -> Lack:
    """Return what a database of the present version lacks."""
    parts, columns = _fresh()
    there = {part.name for part in _parts(session)}
    missing = [part for part in parts if part.name not in there]
    names = {part.name for part in missing}
    owned = _columns(session)
    return Lack(
        missing,
        [each for each in columns if each.partition(".")[0] not in names and each not in owned],
    )


@cache
def _fresh() -> tuple[list[Part], list[str]]:
    session = open_memory()
    try:
        migrate(session)
        return _parts(session), sorted(_columns(session))
    finally:
        session.close()


def _parts(session: Session) -> list[Part]:
    return [Part(*row) for row in session.all("schema.parts")]


def _columns(session: Session) -> set[str]:
    return {f"{table}.{name}" for table, name in session.all("schema.columns")}


def settle(session: SqliteSession) -> list[str]:
    """Make anew what a database lacks, empty; return what that is."""
    found = lack(session).parts
    parts, _ = _fresh()
    session.control("PRAGMA foreign_keys = OFF")
    session.control("BEGIN IMMEDIATE")
    try:
        for name in sorted({_whole(part, parts) for part in found if part.is_index_of_texts}):
            _index_anew(session, name, parts)
        for part in found:
            if not part.is_index_of_texts:
                session.script(part.text)
        _fill(session, {part.name for part in found})
        session.control("COMMIT")
    except BeadworkError:
        session.control("ROLLBACK")
        raise
    return [part.loss() for part in found]


def _whole(part: Part, parts: list[Part]) -> str:
    """Return the name of the virtual table that a part belongs to."""
    names = [each.name for each in parts if each.is_virtual]
    return max((name for name in names if part.name.startswith(name)), key=len)


def _index_anew(session: SqliteSession, name: str, parts: list[Part]) -> None:
    """Make an index of texts anew, also where only pieces of it are there."""
    session.script(f"DROP TABLE IF EXISTS {name}")
    session.script(next(part.text for part in parts if part.name == name))


def _fill(session: SqliteSession, names: set[str]) -> None:
    """Let what was lost of the search be found again."""
    if any(name.startswith(_INDEX_OF_TEXTS) for name in names):
        session.run("schema.queue_issues")
    if "message_index" in names or any(name.startswith("search_message") for name in names):
        session.run("schema.index_messages")
    if "mailbox" in names:
        session.run("schema.count_mailboxes")
