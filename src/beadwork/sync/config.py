"""Configuration files: the project's, this machine's, the user's; and the environment over them.

They are parsed only when they changed: parsing costs more than a command.
"""

import contextlib
import os
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NoReturn

import msgspec

from beadwork.model import ids, limits
from beadwork.model.errors import InvalidField
from beadwork.model.instants import duration_s
from beadwork.model.issue import BUILT_IN_STATUSES, BUILT_IN_TYPES, Vocabulary
from beadwork.sync.small_files import read_regular

NAMES = ("config.yaml", "local.yaml")
_CACHE = "config.cache"
_RULES = "2"
"""By which rules a cache was made; one made by older ones is not used."""
_DONE_CATEGORIES = frozenset({"done", "closed"})
_ENVIRONMENT = ("BD_", "BEADS_")
_READ_ELSEWHERE = frozenset(
    [
        "BD_ACTOR",
        "BEADS_ACTOR",
        "BD_JSON",
        "BD_SESSION",
        "BD_DEBUG",
        "BD_AGENT_MODE",
        "BD_DB",
        "BEADS_DB",
        "BEADS_DIR",
        "BD_SOCKET",
        "BEADS_NO_DAEMON",
        "BD_NO_DAEMON",
        "BEADS_AUTO_START_DAEMON",
        "BEADS_DAEMON_MAX_CONNS",
        "BEADS_DAEMON_REQUEST_TIMEOUT",
    ]
)
"""Variables that have a way of their own, so that the table of settings need not be loaded."""
_STORE_KEYS = frozenset(
    (
        "issue-prefix",
        "issue_prefix",
        "allowed_prefixes",
        "status.custom",
        "status.done",
        "types.custom",
        "ready.exclude_id_patterns",
        "claim.lease",
        "repos.additional",
    )
)
_MACHINE_KEYS = frozenset(("store.path", "upgrade.seen"))
_UNHEARD = {"user": _STORE_KEYS | _MACHINE_KEYS, "config.yaml": _MACHINE_KEYS}
"""What a file does not say. The user's would say it of every store; the project's comes with a
clone, and is not to choose where a machine has its database."""

_UNTRUTHS = ("false", "no", "off", "0")


class Settings(msgspec.Struct, kw_only=True):
    """What the files say, flattened: `status.custom` is the key of a nested value."""

    values: dict[str, Any] = {}
    sources: str = ""
    environment: dict[str, str] = {}
    paths: dict[str, str] = {}
    """The files by what they are called here, the weakest first."""

    def text(self, key: str) -> str:
        """Return a setting as text; an absent one as empty."""
        if key in self.environment:
            return self.environment[key]
        return as_text(self.values.get(key))

    def words(self, key: str) -> tuple[str, ...]:
        """Return a setting that is a list, or a text with commas."""
        return tuple(word.strip() for word in self.text(key).split(",") if word.strip())

    def seconds(self, key: str) -> float | None:
        """Return a setting that is a length of time; None where it is not set.

        Raises:
            InvalidField: it is no length of time.
        """
        text = self.text(key)
        with self._blamed(key):
            return duration_s(text) if text else None

    def prefix(self) -> str:
        """Return what ids begin with; empty where it is not set.

        Raises:
            InvalidField: no id can begin so.
        """
        key = "issue-prefix" if self.text("issue-prefix") else "issue_prefix"
        text = self.text(key)
        with self._blamed(key):
            return ids.require_prefix(text) if text else ""

    @contextlib.contextmanager
    def _blamed(self, key: str) -> Iterator[None]:
        """Let an error name the setting, and where it was made."""
        try:
            yield
        except InvalidField as error:
            said = (name for name, path in self.paths.items() if key in _heard(name, path))
            name = "" if key in self.environment else "".join(list(said)[-1:])
            where = self.paths[name] if name else "the environment"
            hint = f"{error.hint} `bd config explain {key}` shows its layers."
            raise InvalidField(
                f"{key} in {where}: {error.message}", hint=hint, field=key
            ) from error

    @property
    def has_logs(self) -> bool:
        """Tell whether events and messages are written to files, too."""
        return self.text("log.files").strip().lower() not in _UNTRUTHS


def as_text(value: object) -> str:
    """Return a value of a file as text: lists with commas, truths as YAML has them."""
    if isinstance(value, list):
        return ",".join(map(as_text, value))
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def user_path(environ: Mapping[str, str]) -> str | None:
    """Return the path of the user's own file; None where there is no home."""
    home = environ.get("HOME", "")
    folder = environ.get("XDG_CONFIG_HOME") or (os.path.join(home, ".config") if home else "")
    return os.path.join(folder, "beadwork", "config.yaml") if folder else None


def _facts(path: str | None) -> str:
    try:
        found = os.stat(path) if path else None
    except OSError:
        found = None
    if found is None:
        return "-"
    return f"{found.st_size}:{found.st_mtime_ns}:{found.st_ctime_ns}:{found.st_ino}"


def _sources(folder: str | None, user: str | None) -> str:
    """Return what `stat` says of the files; one of another user is another file."""
    mine = _facts(user)
    of_store = [_facts(os.path.join(folder, name) if folder else None) for name in NAMES]
    return "|".join([_RULES, *of_store, mine if mine == "-" else f"{user}:{mine}"])


def flat(values: Mapping[str, Any], start: str = "") -> dict[str, Any]:
    """Flatten nested maps: `{a: {b: 1}}` is `{"a.b": 1}`."""
    found: dict[str, Any] = {}
    for key, value in values.items():
        if isinstance(value, dict):
            found.update(flat(value, f"{start}{key}."))
        else:
            found[f"{start}{key}"] = value
    return found


def parse(path: str) -> dict[str, Any]:
    """Read one file, flattened; an absent one says nothing.

    Raises:
        InvalidField: it is not YAML, or no map.
    """
    try:
        content = read_regular(path, limits.SETTINGS_BYTES_MAX)
        return parse_text(content.decode("utf-8"), path)
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeError) as error:
        _refuse(path, error)


def parse_text(text: str, path: str) -> dict[str, Any]:
    """Read the text of a file, flattened.

    Raises:
        InvalidField: it is not YAML, or no map.
    """
    from yaml import YAMLError

    from beadwork.sync.plain_yaml import read

    try:
        found = read(text)
    except YAMLError as error:
        _refuse(path, error)
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise InvalidField(f"{path} is not a map of settings", hint="Mend the file.", field=path)
    return flat(found)


def _refuse(path: str, error: Exception) -> NoReturn:
    reason = (isinstance(error, OSError) and error.strerror) or " ".join(str(error).split())[:200]
    raise InvalidField(
        f"{path} can't be read: {reason}", hint="Mend the file.", field=path
    ) from error


def load(folder: str | None, environ: Mapping[str, str] | None = None) -> Settings:
    """Read the settings of a store: the user's file, the project's over it, the machine's over that.

    With an environment, the user's file is read too, and what the environment says goes over all.

    Raises:
        InvalidField: a file is not YAML, or no map.
    """
    environ = environ or {}
    user = user_path(environ)
    settings = _of_files(folder, user)
    settings.environment = _from_environment(environ)
    settings.paths = {"user": user} if user else {}
    if folder:
        settings.paths |= {name: os.path.join(folder, name) for name in NAMES}
    return settings


def _from_environment(environ: Mapping[str, str]) -> dict[str, str]:
    for name in environ:
        if name.startswith(_ENVIRONMENT) and name not in _READ_ELSEWHERE:
            # Late import: seldom does the environment set anything.
            from beadwork.model.settings import from_environment

            return from_environment(environ)
    return {}


def _of_files(folder: str | None, user: str | None) -> Settings:
    sources = _sources(folder, user)
    if sources == f"{_RULES}|-|-|-":
        return Settings()
    cache = os.path.join(folder, _CACHE) if folder else ""
    cached = _cached(cache) if cache else None
    if cached is not None and cached.sources == sources:
        return cached
    values = _heard("user", user) if user else {}
    for name in NAMES:
        values |= _heard(name, os.path.join(folder, name)) if folder else {}
    settings = Settings(values=values, sources=sources)
    if cache:
        _keep(cache, settings)
    return settings


def _heard(name: str, path: str) -> dict[str, Any]:
    unheard = _UNHEARD.get(name, frozenset())
    return {key: value for key, value in parse(path).items() if key not in unheard}


def _cached(path: str) -> Settings | None:
    try:
        return msgspec.json.decode(read_regular(path), type=Settings)
    except (OSError, msgspec.MsgspecError):
        return None


def _keep(cache: str, settings: Settings) -> None:
    """Keep parsed settings; where that can't be done, they are parsed again."""
    beside = f"{cache}.{os.getpid()}"
    try:
        with open(beside, "wb") as file:
            file.write(msgspec.json.encode(settings))
        os.replace(beside, cache)
    except (OSError, UnicodeEncodeError):
        return


def _own(names: Iterable[str], built_in: tuple[str, ...]) -> tuple[str, ...]:
    """Return the names that are the project's own; what is built in means what it means."""
    return tuple(dict.fromkeys(name for name in names if name not in built_in))


def vocabulary(settings: Settings) -> Vocabulary:
    """Return the project's words as the settings declare them.

    A custom status may name its category: `shipped:done` ends work, as closed does.

    Raises:
        InvalidField: a setting can't have its value.
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
        prefix=settings.prefix(),
        allowed_prefixes=tuple(word.rstrip("-") for word in settings.words("allowed_prefixes")),
        custom_statuses=_own(custom, BUILT_IN_STATUSES),
        done_statuses=_own(done, BUILT_IN_STATUSES),
        custom_types=_own(settings.words("types.custom"), BUILT_IN_TYPES),
        hidden_id_patterns=patterns or Vocabulary().hidden_id_patterns,
        claim_lease_s=settings.seconds("claim.lease"),
    )
