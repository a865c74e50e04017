"""`bd repo`: other repositories whose issues are here too, and stay in their own files."""

import os
from typing import Any, NamedTuple

import click

from beadwork.doors.cli import text
from beadwork.doors.cli.options import BeadCommand, BeadGroup, pass_session
from beadwork.doors.cli.session import Session
from beadwork.doors.world import Config, Neighbour
from beadwork.model.errors import BeadworkError, InvalidPath, NoStore, UnknownRepository
from beadwork.ops.fold_report import FoldReport
from beadwork.ops.origin import ListChanged, ListOrigins, TakeOut
from beadwork.ops.record_file import ImportFile

_KEY = "repos.additional"
_PRIMARY = "repos.primary"


@click.group(cls=BeadGroup)
def repo() -> None:
    """Work on the issues of other repositories too; `bd repo sync` brings them."""


# -- names and folders


def _root(session: Session) -> str:
    return os.path.dirname(session.world.where(session.flags.options).path)


def _folder(session: Session, name: str) -> str:
    """Return the folder that a name in the settings means."""
    home = session.world.environ.get("HOME", "")
    if home and (name == "~" or name.startswith("~/")):
        name = home + name[1:]
    return os.path.normpath(os.path.join(_root(session), name))


def _name(session: Session, path: str) -> str:
    """Return how the settings name a path: as it was typed, or from the folder of the project."""
    plain = path.rstrip("/") or path
    if plain.startswith("~") or os.path.isabs(plain):
        return plain
    return os.path.relpath(session.world.full_path(plain), _root(session))


def _neighbour(session: Session, name: str) -> Neighbour:
    """Find the store of another repository.

    Raises:
        InvalidPath: there is none, or it is this one.
    """
    folder = _folder(session, name)
    if not os.path.isdir(folder):
        raise InvalidPath(f"There is no folder {folder}", hint="Check the path.", path=folder)
    try:
        found = session.world.neighbour(folder)
    except NoStore as error:
        raise InvalidPath(
            error.message, hint="Name a repository with issues; `bd init` makes one.", path=folder
        ) from error
    if found.path == session.world.where(session.flags.options).path:
        raise InvalidPath(f"{name} is this project itself", hint="Name another.", path=folder)
    return found


def _split(value: str) -> list[str]:
    return [each for each in (part.strip() for part in value.split(",")) if each]


def _shared(files: Config) -> list[str]:
    """Return the repositories that the project's own file of settings names."""
    layers = (each.value for each in files.layers(_KEY) if each.layer == "project")
    return _split(next(layers, ""))


def _put(files: Config, names: list[str]) -> None:
    if names:
        files.set(_KEY, ",".join(names), layer="project")
    else:
        files.unset(_KEY, layer="project")
        files.unset(_PRIMARY, layer="project")


# -- commands


@repo.command("add", cls=BeadCommand)
@click.argument("path")
@pass_session
def add(session: Session, path: str) -> None:
    """Name a repository whose issues shall be here too, in .beads/config.yaml."""
    session.require_writable()
    if "," in path:
        raise InvalidPath("A comma parts the names of repositories", hint="Name another path.")
    name = _name(session, path)
    _neighbour(session, name)
    files = session.world.config(session.flags.options)
    names = _shared(files)
    is_new = _folder(session, name) not in {_folder(session, each) for each in names}
    if is_new:
        # Classic looks at no others where this one is not named.
        if not files.layers(_PRIMARY):
            files.set(_PRIMARY, ".", layer="project")
        files.amend(_KEY, lambda said: ",".join([*_split(said), name]), layer="project")
    said = f"Added {name}: `bd repo sync` brings its issues" if is_new else f"{name} was there"
    session.show({"added": is_new, "path": name}, text.line(said))


@repo.command("remove", cls=BeadCommand)
@click.argument("path")
@click.option("--force", is_flag=True, help="Also if what changed here can't go back there.")
@pass_session
def remove(session: Session, path: str, *, force: bool) -> None:
    """Forget a repository, and take its issues out; what changed here goes back there first."""
    files = session.world.config(session.flags.options)
    names = _shared(files)
    name = _require_named(session, path, names)
    if not force:
        _give_back_before_leaving(session, name)
    count = session.run(TakeOut(repository=name)).issues
    _put(files, [each for each in names if each != name])
    session.show(
        {"removed": True, "path": name, "issues_deleted": count},
        text.line(f"Removed {name}, and took {count} issues out; they stand in its own file"),
    )


def _require_named(session: Session, path: str, names: list[str]) -> str:
    """Return the name of a repository that is named, or that issues came from.

    Raises:
        UnknownRepository: it is neither.
    """
    known = [*names, *_counts(session)]
    wanted = (path, path.rstrip("/"))
    meant = _folder(session, _name(session, path))
    for name in known:
        if name in wanted or _folder(session, name) == meant:
            return name
    raise UnknownRepository(f"{path} is not among the repositories", path=path)


def _give_back_before_leaving(session: Session, name: str) -> None:
    try:
        _give_back(session, name)
    except BeadworkError as error:
        error.hint = "Mend that first; or --force drops what was changed here."
        raise


@repo.command("list", cls=BeadCommand)
@pass_session
def list_(session: Session) -> None:
    """List the repositories, and how many issues came from each."""
    names, counts = _names(session), _counts(session)
    primary = session.world.setting(session.flags.options, _PRIMARY) or "."
    lines = [f"{primary} (this one)"]
    lines += [f"{name}: {counts.get(name, 0)} issues" for name in names]
    lines += [
        f"{each}: {counts[each]} issues, not named any more" for each in counts.keys() - names
    ]
    session.show(
        {"primary": primary, "additional": names, "issues": counts},
        "\n".join(map(text.line, lines)),
    )


def _names(session: Session) -> list[str]:
    return _split(session.world.setting(session.flags.options, _KEY))


def _counts(session: Session) -> dict[str, int]:
    return {each.repository: each.issues for each in session.run(ListOrigins()).origins}


@repo.command("sync", cls=BeadCommand)
@pass_session
def sync(session: Session) -> None:
    """Bring the issues of all repositories; what changed of them here goes into their files."""
    session.require_writable()
    done: list[_Synced] = []
    failed: list[tuple[str, BeadworkError]] = []
    for name in _names(session):
        try:
            done.append(_synced(session, name))
        except BeadworkError as error:
            failed.append((name, error))
    imported = sum(each.report.created + each.report.updated for each in done)
    session.show(
        {
            "synced": not failed,
            "issues_imported": imported,
            "repositories": [_shown(each) for each in done],
            "errors": [f"{name}: {error.message}" for name, error in failed],
        },
        "\n".join(map(_told, done)) or ("" if failed else "No repositories: `bd repo add PATH`."),
    )
    session.fail_each(failed)


class _Synced(NamedTuple):
    """What became of one repository: how many issues went there, and what came."""

    name: str
    given_back: int
    report: FoldReport


def _synced(session: Session, name: str) -> _Synced:
    given_back = _give_back(session, name)
    content = _neighbour(session, name).content()
    return _Synced(name, given_back, session.run(ImportFile(text=content, origin=name)).report)


def _give_back(session: Session, name: str) -> int:
    """Fold what changed here of a repository's issues into its file; return how many did."""
    changed = session.run(ListChanged(repository=name))
    if changed.lines:
        lines, bases = ("".join(f"{each}\n" for each in k) for k in (changed.lines, changed.bases))
        _neighbour(session, name).fold_in(lines, bases)
    return len(changed.lines)


def _shown(each: _Synced) -> dict[str, Any]:
    return {
        "path": each.name,
        "created": each.report.created,
        "updated": each.report.updated,
        "unchanged": each.report.unchanged,
        "given_back": each.given_back,
        "taken": each.report.taken,
        "unread": len(each.report.quarantined),
    }


def _told(each: _Synced) -> str:
    report = each.report
    lines = [
        f"{each.name}: {report.created} created, {report.updated} updated, "
        f"{report.unchanged} unchanged; {each.given_back} given back"
    ]
    if report.taken:
        lines.append(f"  left out, since issues here have these ids: {', '.join(report.taken)}")
    if report.quarantined:
        lines.append(f"  {len(report.quarantined)} lines can't be read; quarantine keeps them")
    return "\n".join(map(text.line, lines))
