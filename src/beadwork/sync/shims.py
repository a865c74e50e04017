"""The scripts that stand where git looks for hooks: one calls `bd`, one a clone's own hook."""

import re
from typing import NamedTuple

VERSION = "v3"
_HEAD = """\
#!/bin/sh
# bd-shim {version}
# Calls `bd hooks run`. `bd hooks uninstall` removes it{and_more}.
"""
_ONCE = """\
[ "$BD_SHIM" = "{name} $PWD" ] && exit 0
"""
_ASIDE = """\
here="$(dirname "$0")"
before="$here/{aside}"
# A program that put this file aside to run it from its own is not run from here once more.
if [ "$0" != "$here/{name}" ] &&
    [ "$(head -n 3 "$before")" = "$(head -n 3 "$here/{name}")" ]; then
    before=
fi
"""
_OWN = """\
before="$(git rev-parse --git-common-dir)/hooks/{name}"
"""
_BEFORE = """\
if [ -f "$before" ] && [ -x "$before" ]; then
    BD_SHIM="{name} $PWD" "$before" "$@" || exit $?
fi
"""
_CALL = """\
if command -v bd >/dev/null 2>&1; then
    bd hooks run {name} "$@" </dev/null
    [ $? -eq 4 ] && exit 1
fi
exit 0
"""
_FORWARDER = """\
#!/bin/sh
# bd-forward: git runs hooks from this folder, and this one runs the clone's own.
own="$(git rev-parse --git-common-dir)/hooks/{name}"
[ -x "$own" ] || exit 0
exec "$own" "$@"
"""


class Shim(NamedTuple):
    """One of our hooks: what it runs before it calls `bd`, and what stands there without it."""

    name: str
    aside: str = ""
    """The name that the hook which was here before has now; empty if there was none."""
    is_called: bool = True
    """Whether that one runs first."""
    has_own: bool = False
    """Whether the hook in git's own folder runs first: git itself looks elsewhere."""

    @property
    def text(self) -> str:
        """Return the script."""
        before = [_ASIDE + _BEFORE] * bool(self.aside and self.is_called)
        before += [_OWN + _BEFORE] * self.has_own
        parts = [_HEAD, *[_ONCE] * bool(before), *before, _CALL]
        more = f", and puts {self.aside} back" if self.aside else ""
        facts = {"version": VERSION, "name": self.name, "aside": self.aside, "and_more": more}
        return "".join(parts).format_map(facts)


def parsed(name: str, text: str) -> Shim:
    """Return what the script of a shim says that it is."""
    # Only names that we give: in a folder of the work tree anybody may have written the script.
    found = re.search(rf", and puts ({name}\.(?:old|backup)(?:\.\d+)?) back\.$", text, re.MULTILINE)
    aside = found[1] if found else ""
    is_called = not aside or f'before="$here/{aside}"' in text
    return Shim(name, aside, is_called, "--git-common-dir" in text)


def forwarder(name: str) -> str:
    """Return a script that runs the hook of this name in git's own folder."""
    return _FORWARDER.format(name=name)
