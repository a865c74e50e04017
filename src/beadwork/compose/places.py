"""Refuses a place that holds no store of ours, before anything is written there."""

import os

from beadwork.model.errors import InvalidPath, NoStore, StoreCorrupt, StoreReadOnly
from beadwork.sync.locate import Place
from beadwork.sync.locks import refuse_foreign


def require_store(place: Place) -> None:
    """Refuse a place without a store of ours.

    Raises:
        NoStore: there is none.
        InvalidPath: the database is another program's, or a file of another kind.
        StoreReadOnly: it belongs to another user, or its folder is shut.
    """
    require_folder(place)
    if os.path.exists(place.database):
        # In its usual place it is refused as soon as it is opened, which costs nothing.
        if not place.is_database_usual:
            require_ours(place)
    elif not os.path.exists(place.records):
        raise NoStore(f"{place.folder} holds no store yet", path=place.folder)


def require_folder(place: Place) -> None:
    """Refuse a folder that is not there, or that we may not look into.

    Raises:
        NoStore: there is none.
        StoreReadOnly: it belongs to another user, or is shut to all.
    """
    if not os.path.isdir(place.folder):
        raise NoStore(f"There is no folder {place.folder}", path=place.folder)
    if os.access(place.folder, os.R_OK | os.X_OK):
        return
    owner = os.stat(place.folder).st_uid
    if owner != os.geteuid():
        refuse_foreign(place.folder, owner)
    raise StoreReadOnly(
        f"The folder {place.folder} is yours, but its permissions keep you out",
        hint="Run `bd doctor --fix`, or `chmod u+rwx` it.",
        path=place.folder,
    )


def require_ours(place: Place) -> None:
    """Refuse the file of another program in the place of the database; a damaged one goes on.

    Raises:
        InvalidPath: it is another program's.
    """
    if not os.path.isfile(place.database):
        return
    # Late import: a database that is not in its usual place is rare.
    from beadwork.store.backup import Database

    try:
        Database(place.database).version()
    except StoreCorrupt as error:
        if error.data.get("cause") == "NotADBError" and not place.is_database_ours:
            raise InvalidPath(
                f"{place.database} is no database",
                hint="Check --db and BEADS_DB.",
                path=place.database,
            ) from error
    except StoreReadOnly:
        pass  # Whoever opens it says so.
