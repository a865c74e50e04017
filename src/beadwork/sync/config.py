"""Configuration files: `.beads/config.yaml`, tracked, and `.beads/local.yaml`, of one machine.

They are parsed only when they changed: parsing costs more than a command.
"""

import os
import re
from typing import Any

import msgspec

from beadwork.model.errors import InvalidField
from beadwork.model.instants import duration_s
from beadwork.model.issue import Vocabulary

_NAMES = ("config.yaml", "local.yaml")
_CACHE = "config.cache"
_DONE_CATEGORIES = frozenset({"done", "closed"})


class Settings(msgspec.Struct, kw_only=True):
    """What the files say, flattened: `status.custom` is the key of a nested value."""

    values: dict[str, Any] = {}
    sources: str = ""

    def text(self, key: str) -> str:
        """Return a setting as text; an absent one as empty."""
        value = self.values.get(key)
        if isinstance(value, list):
            return ",".join(map(str, value))
        return "" if value is None else str(value)

    def words(self, key: str) -> tuple[str, ...]:
        """Return a setting that is a list, or a text with commas."""
        return tuple(word.strip() for word in self.text(key).split(",") if word.strip())


def _sources(folder: str) -> str:
    facts = []
    for name in _NAMES:
        try:
            found = os.stat(os.path.join(folder, name))
        except OSError:
            facts.append("-")
        else:
            facts.append(f"{found.st_size}:{found.st_mtime_ns}:{found.st_ctime_ns}:{found.st_ino}")
    return "|".join(facts)


def _flat(values: dict[str, Any], start: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in values.items():
        if isinstance(value, dict):
            flat.update(_flat(value, f"{start}{key}."))
        else:
            flat[f"{start}{key}"] = value
    return flat


def _parse(path: str) -> dict[str, Any]:
    import yaml

    try:
        with open(path, encoding="utf-8") as file:
            found = yaml.safe_load(file)
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeError, yaml.YAMLError) as error:
        reason = " ".join(str(error).split())[:200]
        raise InvalidField(
            f"{path} can't be read: {reason}", hint="Mend the file.", field=path
        ) from error
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise InvalidField(f"{path} is not a map of settings", hint="Mend the file.", field=path)
    return _flat(found)


def load(folder: str) -> Settings:
    """Read the settings of a store; what the machine's file says goes over the project's.

    Raises:
        InvalidField: a file is not YAML, or no map.
    """
    sources = _sources(folder)
    if sources == "-|-":
        return Settings()
    cache = os.path.join(folder, _CACHE)
    try:
        with open(cache, "rb") as file:
            cached = msgspec.json.decode(file.read(), type=Settings)
        if cached.sources == sources:
            return cached
    except (OSError, msgspec.MsgspecError):
        pass
    values: dict[str, Any] = {}
    for name in _NAMES:
        values.update(_parse(os.path.join(folder, name)))
    settings = Settings(values=values, sources=sources)
    _keep(cache, settings)
    return settings


def _keep(cache: str, settings: Settings) -> None:
    """Keep parsed settings; where that can't be done, they are parsed again."""
    beside = f"{cache}.{os.getpid()}"
    try:
        with open(beside, "wb") as file:
            file.write(msgspec.json.encode(settings, enc_hook=str))
        os.replace(beside, cache)
    except OSError:
        return


def vocabulary(settings: Settings) -> Vocabulary:
    """Return the project's words as the settings declare them.

    A custom status may name its category: `shipped:done` ends work, as closed does.
    """
    custom, done = [], []
    for word in settings.words("status.custom"):
        name, _, category = word.partition(":")
        custom.append(name)
        if category in _DONE_CATEGORIES:
            done.append(name)
    done += settings.words("status.done")
    patterns = settings.words("ready.exclude_id_patterns")
    return Vocabulary(
        prefix=settings.text("issue-prefix") or settings.text("issue_prefix"),
        allowed_prefixes=tuple(word.rstrip("-") for word in settings.words("allowed_prefixes")),
        custom_statuses=tuple(dict.fromkeys(custom)),
        done_statuses=tuple(dict.fromkeys(done)),
        custom_types=settings.words("types.custom"),
        hidden_id_patterns=patterns or Vocabulary().hidden_id_patterns,
        claim_lease_s=_length_s(settings.text("claim.lease")),
    )


def _length_s(text: str) -> float | None:
    return duration_s(text) if text else None


def put(text: str, key: str, value: str) -> str:
    """Return the text of a config file with one top-level key set; all else stays as it is."""
    quoted = msgspec.json.encode(value).decode()
    line = f"{key}: {quoted}"
    pattern = re.compile(rf"^{re.escape(key)}\s*:.*$", re.MULTILINE)
    if pattern.search(text):
        return pattern.sub(lambda _: line, text, count=1)
    if text and not text.endswith("\n"):
        text += "\n"
    return f"{text}{line}\n"
