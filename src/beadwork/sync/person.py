"""What a person at a work tree has: the commits around it, and an editor."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from beadwork.model.errors import InvalidPath

if TYPE_CHECKING:
    from beadwork.model.message import GitState


class Person:
    """Somebody in a folder, under an environment."""

    environ: Mapping[str, str]
    _folder = ""

    @property
    def folder(self) -> str:
        """Return the folder that this person is in.

        Raises:
            InvalidPath: it was removed.
        """
        if not self._folder:
            raise InvalidPath(
                "The folder that this runs in was removed",
                hint="Go to another one, `cd FOLDER`, or pass -C FOLDER with its whole path.",
            )
        return self._folder

    @folder.setter
    def folder(self, folder: str) -> None:
        self._folder = folder

    def commit_messages(self) -> list[tuple[str, str, str]] | None:
        """Return short id, subject and message of each commit, latest first; None outside git."""
        from beadwork.sync.commits import messages

        return messages(self.folder)

    def git_state(self) -> "GitState | None":
        """Return how the work tree of this folder stands; None outside of one."""
        from beadwork.sync import git

        head = git.head(self.folder)
        if head is None:
            return None
        from beadwork.model.message import GitState

        return GitState(branch=head.branch, commit=head.commit, dirty=git.is_dirty(self.folder))

    def edited(self, text: str) -> str:
        """Open a text in the editor of this person, and return what was made of it.

        Raises:
            InvalidRequest: nobody sits at a terminal.
            FileTrouble: the editor failed.
        """
        from beadwork.sync import editor

        return editor.edited(text, self.environ)
