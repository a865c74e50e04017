"""`bd config`: the settings, in their layers."""

from typing import Any

import click

from beadwork.doors.cli import text
from beadwork.doors.cli.options import BeadGroup, pass_session
from beadwork.doors.cli.session import Session
from beadwork.doors.world import Config
from beadwork.model import settings
from beadwork.model.errors import InvalidField

_NO = 1


@click.group(cls=BeadGroup)
def config() -> None:
    """Settings: of the project, of this machine, of the user."""


def _of(session: Session) -> Config:
    return session.world.config(session.flags.options)


def _flag_values(session: Session) -> dict[str, str]:
    """Return what flags of this command line say of settings."""
    options = session.flags.options
    said = {"actor": options.actor, "db": options.database or ""}
    if options.lock_timeout_s is not None:
        said["lock-timeout"] = f"{options.lock_timeout_s:g}s"
    return {key: value for key, value in said.items() if value}


def _value(session: Session, files: Config, key: str) -> str:
    said = _flag_values(session).get(key)
    if said:
        return said
    layers = files.layers(key)
    return layers[0].value if layers else ""


def _warn_unknown(session: Session, key: str) -> None:
    if settings.is_known(key):
        return
    near = settings.nearest(key)
    meant = f" Did you mean {near}?" if near else " See `bd config list --all`."
    session.warn(f"Warning: there is no setting {text.line(key)}; it does nothing here.{meant}")


@config.command("get")
@click.argument("key")
@pass_session
def get(session: Session, key: str) -> None:
    """Show a value; an absent one is empty."""
    name = settings.require_key(key)
    value = _value(session, _of(session), name)
    if not value:
        _warn_unknown(session, name)
    session.show({"key": key, "value": value}, f"{text.line(value)}\n")


@config.command("set")
@click.argument("key")
@click.argument("value")
@click.option("--local", "is_local", is_flag=True, help="For this machine only: local.yaml.")
@click.option("--user", "is_user", is_flag=True, help="For this user, in every project.")
@pass_session
def set_(session: Session, key: str, value: str, is_local: bool, is_user: bool) -> None:
    """Set a value; comments and the order of the file stay."""
    session.require_writable()
    name = settings.require_key(key)
    files = _of(session)
    layer = _layer(session, name, is_local=is_local, is_user=is_user)
    if name == "issue-prefix":
        _require_same_prefix(session, value)
    path = files.set(name, value, layer=layer)
    _warn_unknown(session, name)
    _note(session, name)
    stronger = next((each for each in files.layers(name) if each.source != path), None)
    if stronger is not None and files.layers(name)[0] == stronger:
        session.warn(f"Note: {text.line(stronger.source)} goes over it, and says otherwise.")
    session.show({"key": key, "value": value}, f"Set {text.line(name)} in {text.line(path)}")


def _layer(session: Session, key: str, *, is_local: bool, is_user: bool) -> str:
    """Return the layer that a value goes to.

    Raises:
        InvalidField: the setting is not read from there.
    """
    if is_local and is_user:
        raise InvalidField("It can't be both --local and --user", hint="Give one.", field="local")
    known = settings.SETTINGS.get(key)
    reach = known.reach if known else "any"
    if key == "db":
        raise InvalidField(
            "db is read from the environment only",
            hint="Set BEADS_DB, pass --db, or set store.path.",
            field="key",
        )
    if is_user and reach != "any":
        raise InvalidField(
            f"{key} belongs to one store, and is not read from the user's file",
            hint="Leave out --user.",
            field="user",
        )
    if is_user:
        return "user"
    # Where there is none to hold the file, this says so.
    session.world.where(session.flags.options)
    return "local" if is_local or reach == "machine" else "project"


def _require_same_prefix(session: Session, value: str) -> None:
    """Refuse another prefix than the issues have.

    Raises:
        InvalidField: the project has another one.
    """
    there = session.world.where(session.flags.options).prefix
    if value.strip().rstrip("-") != there:
        raise InvalidField(
            f"The prefix of this project is {there}",
            hint=f"`bd rename-prefix {value}` changes it, in every id.",
            field="issue-prefix",
        )


def _note(session: Session, key: str) -> None:
    known = settings.SETTINGS.get(key)
    if key == "store.path":
        session.warn(
            "Note: the next command makes the database there, from the file. Claims and history\n"
            "  stay behind; to keep them, move .beads/beadwork.db* there first."
        )
    elif known is not None and not known.is_used:
        session.warn(f"Note: {key} is kept for classic programs; it does nothing here.")


@config.command("unset")
@click.argument("key")
@click.option("--local", "is_local", is_flag=True, help="From local.yaml only.")
@click.option("--user", "is_user", is_flag=True, help="From the user's file.")
@pass_session
def unset(session: Session, key: str, is_local: bool, is_user: bool) -> None:
    """Remove a value."""
    session.require_writable()
    name = settings.require_key(key)
    if name == "issue-prefix":
        raise InvalidField(
            "A project has a prefix", hint="`bd rename-prefix` changes it.", field="key"
        )
    layer = _layer(session, name, is_local=is_local, is_user=is_user)
    path = _of(session).unset(name, layer=layer)
    said = f"Removed {name} from {path}" if path else f"{name} was not set"
    session.show({"key": key}, text.line(said))


@config.command("list")
@click.option("-a", "--all", "has_all", is_flag=True, help="Defaults too.")
@pass_session
def list_(session: Session, has_all: bool) -> None:
    """List the settings that are set."""
    files = _of(session)
    values = {key: said[0].value for key, said in files.all_layers().items()}
    values |= _flag_values(session)
    if has_all:
        values = {key: each.default for key, each in settings.SETTINGS.items()} | values
    rows = dict(sorted(values.items()))
    shown = "\n".join(f"{text.line(key)} = {text.line(value)}" for key, value in rows.items())
    # Programs of classic ask for it by its other name.
    other = {"issue_prefix": rows["issue-prefix"]} if "issue-prefix" in rows else {}
    session.show({**rows, **other}, shown or "Nothing is set.")


@config.command("validate")
@pass_session
def validate(session: Session) -> None:
    """Check the files; exit 1 if a value is wrong."""
    issues, warnings = _of(session).validate()
    for each in warnings:
        session.warn(f"Warning: {text.line(each)}")
    said = "\n".join(map(text.line, issues)) or "The settings are valid."
    session.show({"issues": issues, "valid": not issues}, said)
    session.exit_code = max(session.exit_code, _NO if issues else 0)


@config.command("explain")
@click.argument("key", required=False)
@pass_session
def explain(session: Session, key: str | None) -> None:
    """Say where a value comes from, and what it means; without KEY, of all that are set."""
    files = _of(session)
    if key is not None:
        shown = _explained(session, files, settings.require_key(key))
        session.show(shown, _told(shown))
        return
    rows = [_explained(session, files, each) for each in files.all_layers()]
    lines = [f"{row['key']} = {row['value']}  ({row['layer']})" for row in rows]
    session.show(rows, "\n".join(map(text.line, lines)) or "Nothing is set.")


def _explained(session: Session, files: Config, key: str) -> dict[str, Any]:
    layers = [
        {"layer": each.layer, "source": each.source, "value": each.value}
        for each in files.layers(key)
    ]
    said = _flag_values(session).get(key)
    if said:
        layers.insert(0, {"layer": "flag", "source": f"--{key}", "value": said})
    first = layers[0] if layers else {"layer": "none", "source": "", "value": ""}
    known = settings.SETTINGS.get(key)
    family = settings.family_of(key)
    return {
        "key": key,
        **first,
        "layers": layers,
        "known": settings.is_known(key),
        "used": known.is_used if known else bool(family and settings.FAMILIES[family]),
        "type": known.type if known else "text",
        "default": known.default if known else "",
        "meaning": known.meaning if known else settings.FAMILIES.get(family or "", ""),
        "environment": [known.variable, *known.variables] if known else [],
    }


def _told(shown: dict[str, Any]) -> str:
    lines = [f"{shown['key']} = {shown['value']}"]
    lines += [f"  {shown['meaning']}"] if shown["meaning"] else []
    if not shown["known"]:
        lines.append("  There is no such setting; it does nothing here.")
    elif not shown["used"]:
        lines.append("  Kept for classic programs; it does nothing here.")
    lines.append(f"  type: {shown['type']}; default: {shown['default'] or 'none'}")
    for each in shown["layers"]:
        lines.append(f"  {each['layer']}: {each['value']}  {each['source']}".rstrip())
    return "\n".join(map(text.line, lines))
