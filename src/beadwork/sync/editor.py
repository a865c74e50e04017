"""Letting a person edit a text in the editor of their choice."""

import os
import sys
from collections.abc import Mapping

from beadwork.model.errors import FileTrouble, InvalidRequest
from beadwork.sync.files import Files

_EDITORS = ("VISUAL", "EDITOR")
_FALLBACK = "vi"


def edited(text: str, environ: Mapping[str, str]) -> str:
    """Open a text in an editor, and return what was made of it.

    Raises:
        InvalidRequest: nobody sits at a terminal, so that an editor would wait for ever.
        FileTrouble: the editor failed, or left something that is not UTF-8.
    """
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise InvalidRequest(
            "An editor needs a terminal, and there is none here",
            hint="Use `bd update ID --description TEXT`, or --body-file FILE.",
        )
    import shlex
    import subprocess
    import tempfile

    named = next((environ[name] for name in _EDITORS if environ.get(name)), _FALLBACK)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "text.md")
        with open(path, "w", encoding="utf-8", newline="") as file:
            file.write(f"{text}\n" if text else "")
        try:
            code = subprocess.run([*shlex.split(named), path], check=False).returncode
        except (OSError, ValueError) as error:
            raise FileTrouble(
                f"The editor {named} can't be started: {error}", hint="Set EDITOR."
            ) from error
        if code:
            raise FileTrouble(f"The editor {named} failed with {code}", hint="Nothing was changed.")
        try:
            return Files().read(path)[0].decode("utf-8").removesuffix("\n")
        except UnicodeDecodeError as error:
            raise FileTrouble("The text is not UTF-8", hint="Nothing was changed.") from error
