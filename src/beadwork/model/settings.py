"""Every setting there is: its type, its default, what it means, who may say it.

Values come in layers: a flag, the environment, `.beads/local.yaml`, `.beads/config.yaml`, the
user's file, the default. Words that all users of a store share come from its two files only:
were they to differ from one process to the next, each would set every issue's flags anew.
"""

import re
from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

from beadwork.model import ids
from beadwork.model.errors import BeadworkError, InvalidField
from beadwork.model.instants import duration_s
from beadwork.model.issue import BUILT_IN_STATUSES, BUILT_IN_TYPES

Type = Literal[
    "text", "yes or no", "number", "fraction", "time", "words", "paths", "choice", "prefix"
]
Reach = Literal["any", "store", "machine"]
"""`any`: every layer. `store`: the two files of the store. `machine`: not in a shared file."""

TRUTHS = {"true": True, "yes": True, "on": True, "1": True}
_UNTRUTHS = {"false": False, "no": False, "off": False, "0": False, "": False}
_KEY = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}")


class Setting(NamedTuple):
    """A setting; `is_used` is false where it is kept for classic programs and does nothing here."""

    key: str
    type: Type
    default: str
    meaning: str
    is_used: bool = False
    reach: Reach = "any"
    choices: tuple[str, ...] = ()
    variables: tuple[str, ...] = ()
    """Names in the environment, beside that made of the key."""

    @property
    def variable(self) -> str:
        """Return the name that the environment has for it."""
        return "BD_" + re.sub(r"[.-]", "_", self.key).upper()


def _used(key: str, type_: Type, default: str, meaning: str, **more: Any) -> Setting:
    return Setting(key, type_, default, meaning, is_used=True, **more)


_OURS = (
    _used("issue-prefix", "prefix", "", "What ids begin with.", reach="store"),
    _used("allowed_prefixes", "words", "", "Further prefixes of chosen ids.", reach="store"),
    _used("status.custom", "words", "", "Further statuses; `name:done` ends work.", reach="store"),
    _used("status.done", "words", "", "Which custom statuses end work.", reach="store"),
    _used("types.custom", "words", "", "Further issue types.", reach="store"),
    _used(
        "ready.exclude_id_patterns",
        "words",
        "-mol-,-wisp-",
        "Ids with one of these texts are not ready.",
        reach="store",
    ),
    _used("claim.lease", "time", "", "How long a claim holds; unset: for ever.", reach="store"),
    _used(
        "lease.guard",
        "choice",
        "block",
        "What the pre-commit hook does where another's lease covers a path.",
        choices=("block", "warn", "off"),
    ),
    _used("store.path", "text", "", "The database, on a disk of this machine.", reach="machine"),
    _used("upgrade.seen", "text", "", "The version last reviewed here.", reach="machine"),
    _used("repos.additional", "paths", "", "Repositories of `bd repo`.", reach="store"),
    _used("actor", "text", "", "Who acts.", variables=("BEADS_ACTOR",)),
    _used("db", "text", "", "The database file; environment only.", variables=("BEADS_DB",)),
    _used("json", "yes or no", "false", "Answer as JSON."),
    _used("no-auto-flush", "yes or no", "false", "Don't write the file after a command."),
    _used("no-auto-import", "yes or no", "false", "Don't read the file before a command."),
    _used("lock-timeout", "time", "30s", "How long to wait for other writers."),
    _used("log.files", "yes or no", "true", "Write .beads/log/events.jsonl and messages.jsonl."),
    _used("create.require-description", "yes or no", "false", "Make no issue without one."),
    _used(
        "validation.on-create",
        "choice",
        "none",
        "What `bd create` does where a description lacks the sections of its type.",
        choices=("none", "warn", "error"),
    ),
    _used(
        "import.orphan_handling",
        "choice",
        "allow",
        "What an import does with children whose parent is not known.",
        choices=("allow", "resurrect", "skip", "strict"),
    ),
    _used(
        "daemon",
        "choice",
        "auto",
        "Whether commands go through the daemon: if there is one, only so, never.",
        choices=("auto", "required", "off"),
    ),
    _used("daemon.export-interval", "time", "5s", "How soon the daemon writes the file."),
    _used("daemon.idle-exit", "time", "30m", "When an idle daemon ends; 0: never."),
    _used(
        "daemon.contention_limit",
        "time",
        "",
        "How long a command without the daemon waits for others; then it is refused.",
    ),
    _used(
        "no-daemon",
        "yes or no",
        "false",
        "Never go through the daemon.",
        variables=("BEADS_NO_DAEMON",),
    ),
    _used(
        "auto-start-daemon",
        "yes or no",
        "true",
        "Start the daemon where there is none.",
        variables=("BEADS_AUTO_START_DAEMON",),
    ),
)
_KEPT = (
    Setting("no-db", "yes or no", "false", ""),
    Setting("events-export", "yes or no", "false", ""),
    Setting("identity", "text", "", "", variables=("BEADS_IDENTITY",)),
    Setting("flush-debounce", "time", "30s", ""),
    Setting("remote-sync-interval", "time", "30s", "", variables=("BEADS_REMOTE_SYNC_INTERVAL",)),
    Setting("no-push", "yes or no", "false", ""),
    Setting("no-git-ops", "yes or no", "false", ""),
    Setting("routing.mode", "text", "", ""),
    Setting("routing.default", "text", ".", ""),
    Setting("routing.maintainer", "text", ".", ""),
    Setting("routing.contributor", "text", "~/.beads-planning", ""),
    Setting("repos.primary", "text", "", ""),
    Setting("sync.mode", "choice", "git-portable", "", choices=("git-portable",)),
    Setting("sync.branch", "text", "", "", variables=("BEADS_SYNC_BRANCH",)),
    Setting("sync.remote", "text", "", ""),
    Setting("sync.export_on", "choice", "push", "", choices=("push", "change")),
    Setting("sync.import_on", "choice", "pull", "", choices=("pull", "change")),
    Setting("sync.require_confirmation_on_mass_delete", "yes or no", "false", ""),
    Setting(
        "conflict.strategy", "choice", "newest", "", choices=("newest", "ours", "theirs", "manual")
    ),
    Setting("validation.on-sync", "choice", "none", "", choices=("none", "warn", "error")),
    Setting("hierarchy.max-depth", "number", "3", ""),
    Setting("git.author", "text", "", ""),
    Setting("git.no-gpg-sign", "yes or no", "false", ""),
    Setting("min_hash_length", "number", "3", ""),
    Setting("max_hash_length", "number", "8", ""),
    Setting("max_collision_prob", "fraction", "0.25", ""),
    Setting("tombstone.ttl_days", "number", "30", ""),
    Setting("daemon.auto_commit", "yes or no", "false", "", variables=("BEADS_AUTO_COMMIT",)),
    Setting("daemon.auto_push", "yes or no", "false", "", variables=("BEADS_AUTO_PUSH",)),
    Setting("daemon.auto_pull", "yes or no", "false", "", variables=("BEADS_AUTO_PULL",)),
    Setting("mail.delegate", "text", "", "", variables=("BEADS_MAIL_DELEGATE",)),
    Setting("auto_compact_enabled", "yes or no", "false", ""),
    Setting("compaction_enabled", "yes or no", "false", ""),
    Setting("compact_tier1_days", "number", "30", ""),
    Setting("compact_tier1_dep_levels", "number", "2", ""),
    Setting("compact_tier2_days", "number", "90", ""),
    Setting("compact_tier2_dep_levels", "number", "5", ""),
    Setting("compact_tier2_commits", "number", "100", ""),
    Setting("compact_batch_size", "number", "50", ""),
    Setting("compact_parallel_workers", "number", "5", ""),
    Setting("compact_model", "text", "", ""),
)
SETTINGS = {each.key: each for each in _OURS + _KEPT}
"""Every setting by its key."""
FAMILIES = {
    "external_projects": "the folder of another project, for needs in it",
    "directory.labels": "",
    "federation": "",
    "jira": "",
    "linear": "",
    "gitlab": "",
    "github": "",
    "custom": "",
    "doctor.suppress": "",
}
"""Beginnings of keys that end in a name of one's own; those with a meaning are used here."""
_ALIASES = {"issue_prefix": "issue-prefix", "prefix": "issue-prefix"}
VARIABLES = {
    name: each.key for each in SETTINGS.values() for name in (*each.variables, each.variable)
}
"""Names in the environment, with the keys that they set."""


def require_key(name: str) -> str:
    """Return the key that was named; an unknown one is a key too.

    Raises:
        InvalidField: it can't be a key.
    """
    key = _ALIASES.get(name.strip(), name.strip())
    if not _KEY.fullmatch(key) or ".." in key or key.endswith("."):
        raise InvalidField(
            f'"{name[:60]}" is no key of a setting',
            hint="Keys are words joined by dots: `status.custom`. See `bd config list --all`.",
            field="key",
        )
    return key


def family_of(key: str) -> str | None:
    """Return the family that a key of one's own belongs to."""
    return next((each for each in FAMILIES if key.startswith(f"{each}.")), None)


def nearest(key: str) -> str | None:
    """Return the key that an unknown one is probably meant to be."""
    import difflib

    near = difflib.get_close_matches(key, SETTINGS, n=1, cutoff=0.7)
    return near[0] if near else None


def is_known(key: str) -> bool:
    """Tell whether there is a setting of this key, or a family of it."""
    return key in SETTINGS or family_of(key) is not None


def is_yes(text: str) -> bool:
    """Read a value that is yes or no; what is neither is no."""
    return TRUTHS.get(text.strip().lower(), False)


def from_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the settings that the environment makes, by key."""
    found = {}
    for name, key in VARIABLES.items():
        value = environ.get(name)
        if value and SETTINGS[key].reach != "store":
            found[key] = value
    return found


def parsed(key: str, text: str) -> object:
    """Return a value as a file holds it.

    Raises:
        InvalidField: the setting can't have this value.
    """
    setting = SETTINGS.get(key)
    if setting is None:
        return text
    try:
        if key in _CATEGORIES:
            _require_names(text, _CATEGORIES[key], _BUILT_IN[key])
        return _parsed(setting, text)
    except BeadworkError as error:
        raise InvalidField(f"{key}: {error.message}", hint=error.hint, field=key) from error
    except ValueError:
        raise InvalidField(
            f'{key} is {_kind(setting)}, not "{text[:60]}"',
            hint=_hint(setting),
            field=key,
        ) from None


_CATEGORIES = {
    "status.custom": ("active", "wip", "frozen", "done", "closed"),
    "status.done": (),
    "types.custom": (),
}
"""Settings that hold names of one's own, and what may stand behind such a name and a colon."""


_BUILT_IN = {
    "status.custom": BUILT_IN_STATUSES,
    "status.done": BUILT_IN_STATUSES,
    "types.custom": BUILT_IN_TYPES,
}


def _require_names(text: str, categories: tuple[str, ...], built_in: tuple[str, ...]) -> None:
    """Refuse a name that is built in or that nobody could type, and a category that there is not."""
    for word in filter(None, (each.strip() for each in text.split(","))):
        name, colon, category = word.partition(":")
        if not name or any(letter.isspace() for letter in name):
            raise InvalidField(f'"{word[:60]}" is no name', hint="Use one word: in_review.")
        if name in built_in:
            raise InvalidField(
                f"{name} is built in, and means what it means", hint="Use another name."
            )
        if colon and category not in categories:
            hint = f"Use one of: {', '.join(categories)}." if categories else "Leave it out."
            raise InvalidField(f'"{word[:60]}" has no category "{category[:60]}"', hint=hint)


def _kind(setting: Setting) -> str:
    return {"yes or no": "yes or no", "choice": "one of several words"}.get(
        setting.type, f"a {setting.type}"
    )


def _hint(setting: Setting) -> str:
    if setting.choices:
        return f"Use one of: {', '.join(setting.choices)}."
    if setting.type == "yes or no":
        return "Use true or false."
    return f"The default is {setting.default}." if setting.default else ""


def _parsed(setting: Setting, text: str) -> object:
    word = text.strip()
    if setting.type == "yes or no":
        return _truth(word)
    if setting.type == "number":
        return _natural(word)
    if setting.type == "paths":
        # A list, since classic parts no text by commas.
        return [each for each in (part.strip() for part in word.split(",")) if each]
    if setting.type == "fraction":
        return _fraction(word)
    if setting.type == "time":
        duration_s(word)
    elif setting.type == "choice" and word not in setting.choices:
        if "off" in setting.choices and _UNTRUTHS.get(word.lower(), True) is False and word:
            return "off"  # YAML reads a bare `off` as false.
        raise ValueError(word)
    elif setting.type == "prefix":
        ids.require_prefix(word)
    return word if setting.type != "text" else text


def _truth(word: str) -> bool:
    known = TRUTHS | _UNTRUTHS
    if not word or word.lower() not in known:
        raise ValueError(word)
    return known[word.lower()]


def _natural(word: str) -> int:
    number = int(word)
    if number < 0:
        raise ValueError(word)
    return number


def _fraction(word: str) -> float:
    number = float(word)
    if not 0 <= number <= 1:
        raise ValueError(word)
    return number
