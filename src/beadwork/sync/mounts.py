"""On which file systems a database may lie: on those where locks and shared memory work (R15)."""

import os
from typing import NamedTuple

from beadwork.model.errors import StoreRemote

_TABLE = "/proc/self/mounts"
_REMOTE = frozenset(
    [
        "nfs",
        "nfs4",
        "cifs",
        "smb3",
        "smbfs",
        "9p",
        "afs",
        "ceph",
        "glusterfs",
        "lustre",
        "gpfs",
        "beegfs",
        "ncpfs",
        "coda",
    ]
)
_ON_THIS_MACHINE = frozenset(("fuse.fuse-overlayfs", "fuse.mergerfs"))
"""File systems in user space that only join folders of a local disk."""


class Mount(NamedTuple):
    """The file system that holds a path."""

    point: str
    kind: str

    @property
    def is_remote(self) -> bool:
        """Tell whether its locks and shared memory can't be relied on."""
        if self.kind in _ON_THIS_MACHINE:
            return False
        return self.kind in _REMOTE or self.kind == "fuse" or self.kind.startswith("fuse.")


def mount_table(path: str) -> str:
    """Return the table of mounts; empty where the path is on a disk, or there is no such table.

    What is on a block device is local. All else has the major number 0, a few local ones too.
    """
    try:
        if os.major(os.stat(path).st_dev):
            return ""
        with open(_TABLE, encoding="utf-8", errors="surrogateescape") as file:
            return file.read()
    except OSError:
        return ""


def mount_of(path: str, table: str) -> Mount | None:
    """Find the mount that a path lies on: the longest that leads to it, the last of equals."""
    found: Mount | None = None
    for line in table.splitlines():
        parts = line.split(" ")
        if len(parts) < len(("device", "point", "kind")):
            continue
        point = _unescaped(parts[1])
        is_above = path == point or path.startswith(point.rstrip("/") + "/")
        if is_above and (found is None or len(point) >= len(found.point)):
            found = Mount(point, parts[2])
    return found


def _unescaped(text: str) -> str:
    for escape, letter in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")):
        text = text.replace(escape, letter)
    return text


def require_local(folder: str, table: str) -> None:
    """Refuse a folder on a network file system.

    Raises:
        StoreRemote: a database there would be damaged sooner or later.
    """
    mount = mount_of(os.path.realpath(folder), table) if table else None
    if mount is not None and mount.is_remote:
        raise StoreRemote(
            f"{folder} is on a file system of the kind {mount.kind} ({mount.point}), where a "
            "database is not safe",
            path=folder,
            kind=mount.kind,
        )
