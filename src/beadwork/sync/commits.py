"""What the messages of commits say."""

from beadwork.sync import git
from beadwork.sync.locate import git_place


def messages(folder: str) -> list[tuple[str, str, str]] | None:
    """Return the commits that HEAD leads to, latest first: short id, subject, whole message.

    None outside a repository; a repository without a commit has none.
    """
    if git_place(folder) is None:
        return None
    told = git.run(["log", "--format=%h%x00%s%x00%B%x1e"], folder=folder) or b""
    parts = told.decode("utf-8", "replace").split("\x1e")
    found = [part.lstrip("\n").split("\x00", 2) for part in parts if "\x00" in part]
    return [(commit, subject, whole) for commit, subject, whole in found]
