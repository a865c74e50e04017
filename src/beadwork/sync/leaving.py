"""Taking Beadwork out of a repository: `bd admin reset`."""

import os
import shutil

from beadwork.model.errors import FileTrouble, InvalidPath
from beadwork.sync import git, scaffold
from beadwork.sync.hooks import NAMES, Hooks, state_of
from beadwork.sync.locate import Place, git_place

_FOLDERS = (".beads", "beads")


def leave(place: Place, *, is_dry: bool) -> list[str]:
    """Remove the store's folder, and what was added to git for it; return what that is.

    Raises:
        InvalidPath: the store is that of another folder, or lies among other things.
        FileTrouble: something can't be removed.
    """
    if place.redirected_from:
        raise InvalidPath(
            f"{place.redirected_from} redirects to the store of another folder, {place.folder}",
            hint=f"Remove {os.path.join(place.redirected_from, 'redirect')} to leave it here; or "
            "run this in that folder.",
            path=place.redirected_from,
        )
    if os.path.basename(place.folder) not in _FOLDERS:
        raise InvalidPath(
            f"The store lies in {place.folder}, which is no .beads folder",
            hint="Remove the database and the file by hand.",
            path=place.folder,
        )
    found: list[str] = []
    if git_place(os.path.dirname(place.folder)) is not None:
        found = [*_hooks(place, is_dry=is_dry), *_attributes(place, is_dry=is_dry)]
    is_link = os.path.islink(place.folder)
    target = os.path.realpath(place.folder)
    if not is_dry:
        _remove(place.folder, is_link=is_link)
    if is_link:
        # Others may lead there, too.
        return [*found, f"the link {place.folder}; the store itself stays in {target}"]
    return [*found, f"the folder {place.folder}"]


def _remove(folder: str, *, is_link: bool) -> None:
    try:
        if is_link:
            os.unlink(folder)
        else:
            shutil.rmtree(folder)
    except OSError as error:
        raise FileTrouble(f"{folder}: {error.strerror or error}", path=folder) from error


def _hooks(place: Place, *, is_dry: bool) -> list[str]:
    hooks = Hooks(os.path.dirname(place.folder), place.folder)
    folder = hooks.folder
    paths = [os.path.join(folder, name) for name in NAMES]
    ours = [path for path in paths if state_of(path).is_installed]
    if ours and not is_dry:
        hooks.uninstall()
    return [f"the hook {path}" for path in ours]


def _attributes(place: Place, *, is_dry: bool) -> list[str]:
    """Take the merge driver out of the clone's attributes and config."""
    found: list[str] = []
    repository = git_place(os.path.dirname(place.folder))
    if repository is None:
        return found
    path = os.path.join(repository.common_folder, "info", "attributes")
    lines = scaffold.read_text(path).splitlines(keepends=True)
    kept = [line for line in lines if "merge=beads" not in line.split()]
    if len(kept) < len(lines):
        found.append(f"the merge driver in {path}")
        if not is_dry:
            scaffold.write_text(path, "".join(kept))
    folder = repository.work_tree or repository.git_folder
    if git.run(["config", "--local", "merge.beads.driver"], folder=folder) is not None:
        found.append("merge.beads in git's config")
        if not is_dry:
            git.run(["config", "--local", "--remove-section", "merge.beads"], folder=folder)
    if scaffold.is_without_driver(folder):
        found.append("beads.mergeDriver in git's config")
        if not is_dry:
            scaffold.settle_wish(place.folder, has_driver=True)
    return found
