"""The store of another repository, as far as its file tells: `bd repo`."""

import contextlib
import os
from collections.abc import Iterator, Mapping

from beadwork.model.errors import FileTrouble
from beadwork.sync import config
from beadwork.sync.files import Files
from beadwork.sync.locate import locate
from beadwork.sync.locks import locked
from beadwork.sync.merge import merge

_LOOKS = 5
_LOCK_TIMEOUT_S = 30.0


class Neighbour:
    """The store that a command in another folder would mean. It satisfies `world.Neighbour`."""

    def __init__(self, folder: str, environ: Mapping[str, str]) -> None:
        place = locate(folder, {})
        self._place = place.with_path(config.load(place.folder).text("store.path"), environ)
        self._files = Files()

    @property
    def path(self) -> str:
        """Return the folder of the store."""
        return self._place.folder

    def content(self) -> str:
        """Return its file of records; empty if there is none.

        Raises:
            FileTrouble: it can't be read.
        """
        return self._read().decode("utf-8", "surrogateescape")

    def _read(self) -> bytes:
        path = self._place.records
        return self._files.read(path)[0] if self._files.exists(path) else b""

    def fold_in(self, lines: str, bases: str) -> None:
        """Fold lines into its file, as the merge driver does; `bases` is what they grew from.

        Raises:
            FileTrouble: it can't be written, or others write it all the time.
        """
        base, ours = (each.encode("utf-8", "surrogateescape") for each in (bases, lines))
        with self._exporting():
            for _ in range(_LOOKS):
                seen = self._files.glance(self._place.records)
                there = self._read()
                merged = merge(base, there, ours).content
                if merged == there or self._replace(merged, seen):
                    return
        raise FileTrouble(
            f"{self._place.records} is changed by others all the time", hint="Try again."
        )

    def _replace(self, content: bytes, seen: str) -> bool:
        return self._files.replace(self._place.records, content, seen=seen) is not None

    def _exporting(self) -> contextlib.AbstractContextManager[None]:
        """Hold the lock under which Beadwork writes the file, where it ever did."""
        if not os.path.exists(self._place.database):
            return _free()
        path = self._place.lock_path("export.lock")
        return locked(path, timeout_s=_LOCK_TIMEOUT_S, store=self._place.folder)


@contextlib.contextmanager
def _free() -> Iterator[None]:
    yield
