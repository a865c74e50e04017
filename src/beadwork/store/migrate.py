"""Migrations: numbered SQL files, applied once each, in order, one transaction a file."""

import re
from pathlib import Path
from typing import Protocol

from beadwork.model.errors import StoreNewer
from beadwork.store.load import Dialect

_FILE = re.compile(r"(\d{4})_\w+\.sql")


class Migratable(Protocol):
    """What a migration needs of a connection."""

    def schema_version(self) -> int:
        """Return the number of the last migration that was applied."""
        ...

    def script(self, text: str) -> None:
        """Run the statements of a migration."""
        ...


def migrations(dialect: Dialect) -> list[tuple[int, str]]:
    """Return the number and text of every migration, in order."""
    folder = Path(__file__).parent / "migrations" / dialect
    found = []
    for path in sorted(folder.glob("*.sql")):
        number = _FILE.fullmatch(path.name)
        if number:
            found.append((int(number[1]), path.read_text(encoding="utf-8")))
    return found


def newest(dialect: Dialect = "sqlite") -> int:
    """Return the number of the newest migration that this program knows."""
    folder = Path(__file__).parent / "migrations" / dialect
    return max(int(path.name[:4]) for path in folder.glob("*.sql"))


def check(session: Migratable) -> int:
    """Return the database's version.

    Raises:
        StoreNewer: a newer program made it.
    """
    version = session.schema_version()
    if version > newest():
        raise StoreNewer(
            f"The database has version {version}; this Beadwork knows {newest()}",
            version=version,
        )
    return version


def migrate(session: Migratable) -> None:
    """Bring a SQLite database up to the newest version. The caller holds the write lock.

    Raises:
        StoreNewer: a newer program made it.
    """
    version = check(session)
    for number, text in migrations("sqlite"):
        if number > version:
            session.script(f"BEGIN IMMEDIATE;\n{text}\nPRAGMA user_version = {number};\nCOMMIT;")
