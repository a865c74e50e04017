"""What classic's `metadata.json` says of a store: the names of its file and its database."""

import os
from typing import NoReturn

import msgspec

from beadwork.model.errors import InvalidField
from beadwork.model.pattern import pattern
from beadwork.sync.small_files import read_regular

_NAME = "metadata.json"
_RECORDS = ("issues.jsonl", "beads.jsonl")
"""The name of the file, and an older one."""
_CLASSIC_DATABASE = "beads.db"
_RECORDS_NAME = pattern(r"(?!interactions\.)[A-Za-z0-9_][A-Za-z0-9_.-]*\.jsonl")
"""A file of its own: never one of the settings, of the databases, or of what is noted beside."""


class _Metadata(msgspec.Struct):
    database: str | None = None
    jsonl_export: str | None = None


def records_name(folder: str) -> str:
    """Return the name of a store's file: the one that `metadata.json` has, else the usual one.

    Where there is none of that name, one of a usual name is taken.

    Raises:
        InvalidField: `metadata.json` can't be read, or names what can't be the file.
    """
    named = _read(folder).jsonl_export
    if named and not _RECORDS_NAME.fullmatch(named):
        _refuse(folder, f'names "{named[:60]}" as the file of records')
    names = [named, *_RECORDS] if named else list(_RECORDS)
    there = (name for name in names if os.path.exists(os.path.join(folder, name)))
    return next(there, names[0])


def classic_database(folder: str) -> str | None:
    """Return the path of classic's database in a store's folder, if there is one (R14).

    Raises:
        InvalidField: `metadata.json` can't be read.
    """
    named = _read(folder).database or _CLASSIC_DATABASE
    path = os.path.join(folder, os.path.basename(named))
    return path if os.path.isfile(path) else None


def _read(folder: str) -> _Metadata:
    try:
        content = read_regular(os.path.join(folder, _NAME))
        return msgspec.json.decode(content, type=_Metadata)
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        # Where the folder is shut to us, whoever opens it says so.
        return _Metadata()
    except (OSError, ValueError) as error:
        reason = (isinstance(error, OSError) and error.strerror) or str(error)
        _refuse(folder, f"can't be read: {reason}")


def _refuse(folder: str, why: str) -> NoReturn:
    raise InvalidField(
        f"{os.path.join(folder, _NAME)} {why}",
        hint='Mend the file: {"database": "beads.db", "jsonl_export": "issues.jsonl"}.',
        field="jsonl_export",
    )
