"""Migrations: numbered SQL files, applied once each, in order, one transaction a file."""

import os
import re
from functools import cache
from typing import Protocol

from beadwork.model.errors import StoreNewer
from beadwork.store.load import Dialect

_FOLDER = os.path.join(os.path.dirname(__file__), "migrations")
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
    folder = os.path.join(_FOLDER, dialect)
    found = []
    for name in sorted(os.listdir(folder)):
        number = _FILE.fullmatch(name)
        if number:
            with open(os.path.join(folder, name), encoding="utf-8") as file:
                found.append((int(number[1]), file.read()))
    return found


def names(dialect: Dialect = "sqlite") -> list[str]:
    """Return the name of every migration, in order."""
    files = sorted(os.listdir(os.path.join(_FOLDER, dialect)))
    return [each.removesuffix(".sql") for each in files if _FILE.fullmatch(each)]


@cache
def newest(dialect: Dialect = "sqlite") -> int:
    """Return the number of the newest migration that this program knows."""
    return max(int(name[:4]) for name in os.listdir(os.path.join(_FOLDER, dialect)))


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
