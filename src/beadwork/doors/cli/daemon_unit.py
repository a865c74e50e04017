"""The unit by which the system runs a daemon from login on: systemd's, or launchd's."""

import hashlib
import os
import re
import sys
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from beadwork.doors.world import Daemon
from beadwork.model.errors import InvalidField

_DIGITS = 8
_FOREVER = "--idle-exit=0"


class Unit(NamedTuple):
    """A file of the system's, and the commands that make it hold and not hold."""

    kind: str
    path: str
    content: str
    on: str
    off: str


def unit_of(daemon: Daemon, environ: Mapping[str, str], kind: str | None) -> Unit:
    """Return the unit of a store's daemon.

    Raises:
        InvalidField: there is no home to put it in, or its path can't be written there.
    """
    home = environ.get("HOME", "")
    if not home:
        raise InvalidField("HOME is not set", hint="Set it, or use --print.", field="HOME")
    if any(ord(each) < ord(" ") for each in "".join((daemon.folder, *daemon.command))):
        raise InvalidField("The path of the store has control characters in it", field="path")
    digest = hashlib.sha256(os.fsencode(daemon.database)).hexdigest()[:_DIGITS]
    project = re.sub(r"[^A-Za-z0-9_.-]+", "-", os.path.basename(daemon.workspace)).strip("-.")
    name = f"beadwork-{project or 'store'}-{digest}"
    chosen = kind or ("launchd" if sys.platform == "darwin" else "systemd")
    command = [*daemon.command, _FOREVER]
    if chosen == "launchd":
        return _launchd(name, daemon, home, command)
    config = environ.get("XDG_CONFIG_HOME") or os.path.join(home, ".config")
    return _systemd(name, daemon, config, command)


def _systemd(name: str, daemon: Daemon, config: str, command: Sequence[str]) -> Unit:
    words = " ".join(_quoted(each) for each in command)
    folder = daemon.folder.replace("%", "%%")
    content = f"""\
[Unit]
Description=Beadwork for {daemon.workspace.replace("%", "%%")}

[Service]
ExecStart={words}
WorkingDirectory={folder}
Restart=on-failure
RestartSec=5
RestartPreventExitStatus=4

[Install]
WantedBy=default.target
"""
    return Unit(
        kind="systemd",
        path=os.path.join(config, "systemd", "user", f"{name}.service"),
        content=content,
        on=f"systemctl --user daemon-reload && systemctl --user enable --now {name}",
        off=f"systemctl --user disable --now {name}",
    )


def _quoted(word: str) -> str:
    """Quote a word of a unit: systemd reads `%` and `$` as its own."""
    safe = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return f'"{safe}"'


def _launchd(name: str, daemon: Daemon, home: str, command: Sequence[str]) -> Unit:
    import plistlib

    path = os.path.join(home, "Library", "LaunchAgents", f"{name}.plist")
    content = plistlib.dumps(
        {
            "Label": name,
            "ProgramArguments": list(command),
            "WorkingDirectory": daemon.folder,
            "RunAtLoad": True,
            "KeepAlive": {"SuccessfulExit": False},
        }
    )
    return Unit(
        kind="launchd",
        path=path,
        content=content.decode(),
        on=f"launchctl load -w '{path}'",
        off=f"launchctl unload -w '{path}'",
    )
