"""`bd setup`: tells an agent about `bd`, in the files that the agent reads."""

import os
import re
from collections.abc import Callable
from typing import Any, NamedTuple

import click

from beadwork.doors.cli import guides, text
from beadwork.doors.cli.options import BeadCommand, pass_session
from beadwork.doors.cli.recipes import RECIPES, Part, Recipe, Wanted, own, shows_messages
from beadwork.doors.cli.session import Session
from beadwork.model.errors import BeadworkError, Conflict, FileTrouble, InvalidField, InvalidPath
from beadwork.model.issue import nearest_hint

_RECIPES_FILE = "recipes.toml"
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,49}")


class _Target(NamedTuple):
    """A file of a recipe, as it is now; `content` is None where it is not there."""

    path: str
    until: str
    part: Part
    content: str | None


@click.command(cls=BeadCommand)
@click.argument("words", metavar="[RECIPE]", nargs=-1)
@click.option("--list", "is_list", is_flag=True, help="List the recipes.")
@click.option("--check", "is_check", is_flag=True, help="Only look; exits 1 if not installed.")
@click.option("--remove", "is_remove", is_flag=True, help="Take out what was put in.")
@click.option("--print", "is_print", is_flag=True, help="Print the text, write nothing.")
@click.option("--project", "is_project", is_flag=True, help="Into this project's files.")
@click.option("--global", "is_global", is_flag=True, help="Into the files of your home folder.")
@click.option("--stealth", "is_stealth", is_flag=True, help="A text without git.")
@click.option(
    "--messages", "has_messages", is_flag=True, help="Show new messages at the end of turns too."
)
@click.option("-o", "--output", metavar="PATH", help="Into this file.")
@click.option("--add", "new_name", metavar="NAME", help="Keep a recipe: bd setup --add NAME PATH.")
@pass_session
def setup(session: Session, /, words: tuple[str, ...], **given: Any) -> None:
    """Tell an agent about bd: put hooks or a marked text into the files it reads.

    What else is in a file stays as it is. A second time changes nothing.
    """
    if given["new_name"] is not None:
        _add(session, given["new_name"], words)
    elif given["is_list"]:
        _list(session)
    elif given["is_print"]:
        said = _printed(session, words, given)
        session.show({"text": said}, said)
    else:
        name, recipe = _chosen(session, words, given["output"])
        _work(session, name, recipe, given)


def _printed(session: Session, words: tuple[str, ...], given: dict[str, Any]) -> str:
    """Return what would be written: with --messages the hooks, else the text."""
    if not given["has_messages"]:
        return guides.snippet(is_stealth=given["is_stealth"])
    name, recipe = _chosen(session, words, given["output"])
    _require_hooks(name, recipe)
    return "\n".join(each.put(None, _wanted(given)) for each in recipe.parts if each.events)


def _require_hooks(name: str, recipe: Recipe) -> None:
    if not shows_messages(recipe):
        able = ", ".join(each for each in RECIPES if shows_messages(RECIPES[each]))
        raise InvalidField(
            f"{name} has no hooks that can show messages",
            hint=f"{able} has. Others run `bd msg hook`, or `bd msg receive --wait 30s`.",
            field="messages",
        )


def _wanted(given: dict[str, Any]) -> Wanted:
    return Wanted(is_stealth=given["is_stealth"], has_messages=given["has_messages"])


def _work(session: Session, name: str, recipe: Recipe, given: dict[str, Any]) -> None:
    if given["is_check"] and given["is_remove"]:
        raise InvalidField("--check and --remove say different things", hint="Give one.")
    if given["has_messages"]:
        _require_hooks(name, recipe)
    scopes = _scopes(name, recipe, given)
    if given["is_check"]:
        found = [_targets(session, recipe, is_home=each) for each in scopes]
        _check(session, name, found, has_messages=given["has_messages"])
        return
    session.require_writable()
    targets = _targets(session, recipe, is_home=scopes[0])
    if given["is_remove"]:
        _change(session, name, targets, _taken, "Removed")
    else:
        wanted = _wanted(given)
        _change(session, name, targets, lambda each: _put(each, wanted), "Wrote")


def _scopes(name: str, recipe: Recipe, given: dict[str, Any]) -> list[bool]:
    """Return whether the home folder or the project is meant, the nearer one first."""
    if given["is_project"] and given["is_global"]:
        raise InvalidField("--project and --global say different things", hint="Give one.")
    has_home = all(part.home for part in recipe.parts)
    if given["is_global"] and not has_home:
        raise InvalidField(
            f"{name} has no files in the home folder", hint="Leave out --global.", field="global"
        )
    if given["is_project"] or given["is_global"]:
        return [given["is_global"]]
    return [recipe.is_global, not recipe.is_global] if has_home else [False]


# -- recipes


def _chosen(session: Session, words: tuple[str, ...], output: str | None) -> tuple[str, Recipe]:
    if output is not None and not words:
        return output, own(session.world.full_path(output))
    if len(words) != 1:
        what = "No recipe was named" if not words else "Several recipes were named"
        raise InvalidField(what, hint="`bd setup --list` shows them.", field="recipe")
    known = RECIPES | _kept(session)
    name = words[0].lower()
    if name not in known:
        raise InvalidField(
            f'There is no recipe "{words[0][:60]}"', hint=nearest_hint(name, known), field="recipe"
        )
    return name, own(session.world.full_path(output)) if output else known[name]


def _kept(session: Session) -> dict[str, Recipe]:
    """Return the project's own recipes."""
    try:
        path = os.path.join(session.world.where(session.flags.options).path, _RECIPES_FILE)
    except BeadworkError:
        return {}
    if not os.path.isfile(path):
        return {}
    # Late import: few projects have recipes of their own.
    import tomllib

    try:
        found = tomllib.loads(session.world.read_file(path).decode())
        entries = {name: entry["path"] for name, entry in found.get("recipes", {}).items()}
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise FileTrouble(f"{path} can't be read: {error}", path=path) from error
    return {name: own(_inner(str(place))) for name, place in entries.items()}


def _inner(path: str) -> str:
    """Return a path that lies in the project.

    Raises:
        InvalidPath: it does not.
    """
    plain = os.path.normpath(path)
    if not path or os.path.isabs(plain) or plain.split(os.sep)[0] in ("..", "."):
        raise InvalidPath(
            f'"{path[:100]}" is no file of this project', hint="Name one below its folder."
        )
    return plain


def _add(session: Session, name: str, words: tuple[str, ...]) -> None:
    if len(words) != 1:
        raise InvalidField("No path was given", hint="bd setup --add NAME PATH", field="add")
    if not _NAME.fullmatch(name) or name in RECIPES:
        what = "is taken" if name in RECIPES else "is no name of a recipe"
        raise InvalidField(
            f'"{name[:60]}" {what}', hint="Use lower-case letters, digits and hyphens.", field="add"
        )
    session.require_writable()
    path = _inner(words[0])
    kept = _kept(session).get(name)
    if kept is not None and kept != own(path):
        raise Conflict(f"There is a recipe {name} for {kept.title}", hint=f"See {_RECIPES_FILE}.")
    file = os.path.join(session.world.where(session.flags.options).path, _RECIPES_FILE)
    if kept is None:
        before = (_content(session, file) or "").rstrip("\n")
        gap = "\n\n" if before else ""
        entry = f'[recipes.{name}]\nname = "{name}"\npath = {_quoted(path)}\ntype = "file"\n'
        session.world.put_file(file, f"{before}{gap}{entry}".encode())
    session.show(
        {"recipe": name, "path": path, "changed": kept is None},
        f"Kept {name}: `bd setup {name}` writes {text.line(path)}",
    )


def _quoted(path: str) -> str:
    import json

    return json.dumps(path, ensure_ascii=False)  # a basic string of TOML has JSON's escapes


def _list(session: Session) -> None:
    known = RECIPES | _kept(session)
    rows = [
        {
            "recipe": name,
            "title": known[name].title,
            "files": [_shown_place(part, recipe=known[name]) for part in known[name].parts],
        }
        for name in sorted(known)
    ]
    width = max(map(len, known))
    session.show(
        rows,
        lambda: "\n".join(
            f"{row['recipe']:{width}}  {text.line(str(row['title']))}: "
            + ", ".join(map(text.line, row["files"]))
            for row in rows
        ),
    )


def _shown_place(part: Part, recipe: Recipe) -> str:
    return f"~/{part.home}" if recipe.is_global else part.project[0]


# -- files


def _root(session: Session) -> str:
    """Return the folder that holds the project: the nearest with a .git or a .beads."""
    here = session.world.full_path(".")
    folder = here
    while True:
        if any(os.path.exists(os.path.join(folder, name)) for name in (".git", ".beads")):
            return folder
        above = os.path.dirname(folder)
        if above == folder:
            return here
        folder = above


def _targets(session: Session, recipe: Recipe, *, is_home: bool) -> list[_Target]:
    if not is_home:
        root = _root(session)
        return [_nearest(session, root, part, part.project) for part in recipe.parts]
    home = session.world.environ.get("HOME", "")
    if not home:
        raise InvalidPath("There is no home folder", hint="Set HOME, or pass --project.")
    return [_nearest(session, home, part, (part.home,)) for part in recipe.parts]


def _nearest(session: Session, root: str, part: Part, places: tuple[str, ...]) -> _Target:
    """Return the file that has the part already, or the first."""
    targets = [
        _Target(os.path.join(root, place), root, part, _content(session, os.path.join(root, place)))
        for place in places
    ]
    return next((each for each in targets if _state(each) != "absent"), targets[0])


def _content(session: Session, path: str) -> str | None:
    if not os.path.exists(path):
        return None
    content = session.world.read_file(path).decode("utf-8", "surrogateescape")
    if "\0" in content:
        raise FileTrouble(f"{path} is no text in UTF-8", hint="It was left as it is.", path=path)
    return content


def _changed(target: _Target, change: Callable[[_Target], str | None]) -> str | None:
    """Work out a file's new content, and let an error say which file it is about."""
    try:
        return change(target)
    except BeadworkError as error:
        error.message = f"{target.path}: {error.message}"
        raise


def _state(target: _Target, *, has_messages: bool = False) -> str:
    def looked(each: _Target) -> str:
        return each.part.state(each.content, has_messages=has_messages)

    return _changed(target, looked) or ""


def _put(target: _Target, wanted: Wanted) -> str | None:
    return target.part.put(target.content, wanted)


def _taken(target: _Target) -> str | None:
    return None if target.content is None else target.part.take(target.content)


def _change(
    session: Session,
    name: str,
    targets: list[_Target],
    change: Callable[[_Target], str | None],
    verb: str,
) -> None:
    """Work out every file before the first is written: a recipe is installed whole or not."""
    planned = [(each, _changed(each, change)) for each in targets]
    changed = [(each, after) for each, after in planned if after != each.content]
    for each, after in changed:
        if after is None:
            session.world.drop_file(each.path, each.until)
        else:
            session.world.put_file(each.path, after.encode("utf-8", "surrogateescape"))
    paths = [each.path for each, _ in changed]
    said = [
        f"{verb if after is None or verb != 'Removed' else 'Took it out of'} {text.line(each.path)}"
        for each, after in changed
    ]
    session.show(
        {"recipe": name, "changed": paths, "files": [each.path for each in targets]},
        lambda: "\n".join(said) or f"Nothing to do: {text.line(name)} is as it should be.",
    )


def _check(session: Session, name: str, scopes: list[list[_Target]], *, has_messages: bool) -> None:
    """Say whether a recipe is installed, in either of its scopes."""
    states = [[_state(each, has_messages=has_messages) for each in row] for row in scopes]
    best = max(range(len(scopes)), key=lambda at: _rank(states[at]))
    files = [
        {"path": each.path, "state": state}
        for each, state in zip(scopes[best], states[best], strict=True)
    ]
    is_installed = all(state == "current" for state in states[best])
    session.show(
        {"recipe": name, "installed": is_installed, "files": files},
        lambda: "\n".join(f"{text.line(row['path'])}: {row['state']}" for row in files),
    )
    session.exit_code = max(session.exit_code, 0 if is_installed else 1)


def _rank(states: list[str]) -> int:
    order = ("absent", "outdated", "current")
    return min(order.index(state) for state in states) * 10 + max(map(order.index, states))
