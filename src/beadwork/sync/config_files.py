"""Looking into the configuration files, and changing them: `bd config`.

A file is changed line by line, so that comments and the order stay. Where that would not say what
was meant, as in maps on one line, the file is written anew from what it says.
"""

import contextlib
import os
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import msgspec

from beadwork.model import settings as rules
from beadwork.model.errors import BeadworkError, FileTrouble, InvalidField
from beadwork.sync import config
from beadwork.sync.files import Files, mapped
from beadwork.sync.locate import database_at
from beadwork.sync.locks import locked
from beadwork.sync.small_files import read_regular

_LINE = re.compile(r"""(?P<indent>\s*)(?P<key>[^\s#:'"-][^:#]*?|"[^"]*"|'[^']*')\s*:(?=\s|$)""")
_REMARK = re.compile(r"""\s*(?:"[^"]*"|'[^']*'|[^#"']*?)(?P<remark>\s+\#.*)?$""")

_LOCK = "config.lock"
_LOCK_TIMEOUT_S = 30.0
_NESTED = frozenset({"repos"})
"""Groups of keys that classic reads as a map only."""


class Layer(NamedTuple):
    """One place that says something of a setting."""

    layer: str
    source: str
    value: str


class Faults(NamedTuple):
    """What is wrong with the settings, and what is only odd."""

    issues: list[str]
    warnings: list[str]


class ConfigFiles:
    """The settings of one store in their layers. It satisfies `doors.world.Config`."""

    def __init__(self, folder: str | None, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._paths = {
            "local": os.path.join(folder, "local.yaml") if folder else None,
            "project": os.path.join(folder, "config.yaml") if folder else None,
            "user": config.user_path(environ),
        }

    # -- looking

    def layers(self, key: str) -> list[Layer]:
        """Return what is said of a setting, the strongest first, the default last."""
        return self.all_layers().get(key) or self._default(key)

    def all_layers(self) -> dict[str, list[Layer]]:
        """Return what is said of every setting that anything is said of."""
        found: dict[str, list[Layer]] = {}
        for name, key in rules.VARIABLES.items():
            value = self._environ.get(name)
            if value and rules.SETTINGS[key].reach != "store":
                found.setdefault(key, []).append(Layer("environment", name, value))
        for layer, path in self._paths.items():
            for key, value in (config.parse(path) if path else {}).items():
                key = rules.require_key(key) if key == "issue_prefix" else key
                if path and _is_heard(key, layer):
                    found.setdefault(key, []).append(Layer(layer, path, config.as_text(value)))
        return {key: said + self._default(key) for key, said in sorted(found.items())}

    def _default(self, key: str) -> list[Layer]:
        setting = rules.SETTINGS.get(key)
        return [Layer("default", "", setting.default)] if setting and setting.default else []

    def validate(self) -> Faults:
        """Check every file: what can't be read, wrong values, unknown and unheard keys."""
        faults = Faults([], [])
        for layer, path in self._paths.items():
            try:
                values = config.parse(path) if path else {}
            except InvalidField as error:
                faults.issues.append(error.message)
                continue
            for key, value in values.items():
                self._check(key, config.as_text(value), f"{layer} ({path})", faults)
                if not _is_heard(key, layer):
                    faults.warnings.append(f"{key} is not read from {path}")
        for key, value in rules.from_environment(self._environ).items():
            self._check(key, value, "environment", faults)
        return faults

    def _check(self, key: str, value: str, where: str, faults: Faults) -> None:
        try:
            name = rules.require_key(key)
            if value:
                rules.parsed(name, value)
        except BeadworkError as error:
            faults.issues.append(f"{where}: {error.message}")
            return
        if not rules.is_known(name):
            near = rules.nearest(name)
            meant = f"; did you mean {near}?" if near else ""
            faults.warnings.append(f"{where}: there is no setting {name}{meant}")

    # -- changing

    def path(self, layer: str) -> str:
        """Return the file of a layer.

        Raises:
            InvalidField: there is no such file here.
        """
        path = self._paths[layer]
        if path is None:
            raise InvalidField("There is no file for this setting", hint="Set HOME.", field="key")
        return path

    def set(self, key: str, text: str, *, layer: str) -> str:
        """Set a value in the file of a layer; return the path.

        Raises:
            InvalidField: the setting can't have this value, or the file can't be read.
            FileTrouble: the file can't be written.
        """
        return self.amend(key, lambda _: text, layer=layer)

    def amend(self, key: str, change: Callable[[str], str], *, layer: str) -> str:
        """Set a value that follows from the one before, as `set` does; nobody comes in between."""
        path = self.path(layer)
        with alone_with(path):
            before = config.parse(path).get(key)
            text = change("" if before is None else config.as_text(before))
            value = rules.parsed(key, text)
            if key == "store.path":
                database_at(os.path.dirname(path), text, self._environ)
            self._write(path, changed(self._read(path), key, value, path))
        return path

    def unset(self, key: str, *, layer: str) -> str | None:
        """Remove a value from the file of a layer; return the path, None if it was not there.

        Raises:
            InvalidField: the file can't be read.
            FileTrouble: the file can't be written.
        """
        path = self.path(layer)
        names = [key, "issue_prefix"] if key == "issue-prefix" else [key]
        if not os.path.exists(path):
            return None
        with alone_with(path):
            there = [name for name in names if name in config.parse(path)]
            for name in there:
                self._write(path, removed(self._read(path), name, path))
        return path if there else None

    def _read(self, path: str) -> str:
        try:
            with mapped(path):
                return read_regular(path).decode("utf-8") if os.path.exists(path) else ""
        except UnicodeDecodeError as error:
            raise InvalidField(
                f"{path} is not valid UTF-8", hint="Mend the file.", field=path
            ) from error

    def _write(self, path: str, text: str) -> None:
        Files().replace(path, text.encode())


@contextlib.contextmanager
def alone_with(path: str) -> Iterator[None]:
    """Have a file of settings for oneself: it is read, changed and replaced.

    Raises:
        FileTrouble: its folder can't be made.
        StoreBusy: another has it all the time.
    """
    folder = os.path.dirname(path)
    try:
        os.makedirs(folder, exist_ok=True)
    except OSError as error:
        raise FileTrouble(f"{path} can't be made: {error.strerror}", path=path) from error
    with locked(os.path.join(folder, _LOCK), timeout_s=_LOCK_TIMEOUT_S):
        yield


def _is_heard(key: str, layer: str) -> bool:
    setting = rules.SETTINGS.get(key)
    if setting is None or setting.reach == "any":
        return True
    return layer == "local" or (layer == "project" and setting.reach == "store")


class _Spot(NamedTuple):
    """Lines of a file that hold one key: the first, the one after the last, the indentation."""

    start: int
    end: int
    indent: str
    key: str


def _spots(lines: list[str]) -> Iterator[_Spot]:
    """Find the keys of a file, by their whole path, with the lines of their values."""
    above: list[tuple[int, str]] = []
    for number, line in enumerate(lines):
        found = _LINE.match(line)
        if found is None:
            continue
        width = len(found["indent"])
        while above and above[-1][0] >= width:
            above.pop()
        above.append((width, found["key"].strip("'\"")))
        key = ".".join(name for _, name in above)
        yield _Spot(number, _end_of(lines, number, width), found["indent"], key)


def _end_of(lines: list[str], start: int, width: int) -> int:
    """Return the line after a value: those below it are indented more, or items of its list."""
    end = start + 1
    for number in range(start + 1, len(lines)):
        line = lines[number]
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        indent = len(line) - len(line.lstrip())
        if indent < width or (indent == width and not line.lstrip().startswith("- ")):
            break
        end = number + 1
    return end


def _spot_of(lines: list[str], key: str) -> _Spot | None:
    return next((spot for spot in reversed(list(_spots(lines))) if spot.key == key), None)


def put(text: str, key: str, value: object) -> str:
    """Return the text of a file with one key set; all else stays as it is."""
    lines = text.split("\n")
    shown = msgspec.json.encode(value).decode()
    spot = _spot_of(lines, key)
    if spot is not None:
        head = lines[spot.start].partition(":")
        remark = _REMARK.match(head[2]) if spot.end == spot.start + 1 else None
        kept = (remark["remark"] or "") if remark else ""
        lines[spot.start : spot.end] = [f"{head[0]}: {shown}{kept}"]
        return "\n".join(lines)
    group, _, name = key.rpartition(".")
    block = _spot_of(lines, group) if group else None
    if block is not None and block.end > block.start + 1 and _LINE.match(lines[block.start + 1]):
        indent = re.match(r"\s*", lines[block.start + 1])
        lines.insert(block.end, f"{indent[0] if indent else '  '}{name}: {shown}")
        return "\n".join(lines)
    end = "" if not text or text.endswith("\n") else "\n"
    if group in _NESTED:
        return f"{text}{end}{group}:\n  {name}: {shown}\n"
    return f"{text}{end}{key}: {shown}\n"


def changed(text: str, key: str, value: object, path: str) -> str:
    """Return the text of a file with one key set, whatever its form.

    Raises:
        InvalidField: the file is not YAML, or no map.
    """
    wanted = {**config.parse_text(text, path), key: value}
    if key == "issue-prefix" and "issue_prefix" in wanted:
        del wanted["issue_prefix"]
        text = removed(text, "issue_prefix", path)
    return _sure(put(text, key, value), wanted, path)


def removed(text: str, key: str, path: str) -> str:
    """Return the text of a file without a key.

    Raises:
        InvalidField: the file is not YAML, or no map.
    """
    wanted = config.parse_text(text, path)
    wanted.pop(key, None)
    lines = text.split("\n")
    spot = _spot_of(lines, key)
    if spot is not None:
        del lines[spot.start : spot.end]
        _drop_empty(lines, key.rpartition(".")[0])
    return _sure("\n".join(lines), wanted, path)


def _drop_empty(lines: list[str], key: str) -> None:
    """Remove the heading of a map that holds nothing any more."""
    spot = _spot_of(lines, key) if key else None
    if spot is not None and spot.end == spot.start + 1 and lines[spot.start].rstrip().endswith(":"):
        del lines[spot.start]


def _sure(text: str, wanted: dict[str, Any], path: str) -> str:
    """Return the text if it says what is wanted; else one written anew."""
    try:
        if config.parse_text(text, path) == wanted:
            return text
    except InvalidField:
        pass
    lines = [f"{_shown(key)}: {_shown(value)}\n" for key, value in wanted.items()]
    return "".join(lines)


def _shown(value: object) -> str:
    """Return a value as JSON, which YAML reads."""
    return msgspec.json.encode(value).decode()
