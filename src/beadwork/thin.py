"""The entry of the `bd` script: asks the daemon, and runs the command itself where there is none.

It imports nothing but `sys`, `os` and `_socket`, which the interpreter has loaded or built in.
The frames are those of `daemon.frames`; a test holds the two together (rule R11).
"""

import _socket
import os
import sys

PROTOCOL = b"beadwork 1"
_DATABASE = "beadwork.db"
_FRAME_MAX = 64 * 1024 * 1024
_CHUNK = 1024 * 1024
_PIECE = 64 * 1024
"""So much is read at once. For more, Python asks the system for memory each time."""
_PATH_BYTES_MAX = 100
_HELLO_S = 2.0
_UNAVAILABLE = 5
_CANCELLED = 130
_BAD_DESCRIPTOR = 9
_BROKEN_PIPE = 32
_SENT = ("BD_", "BEADS_", "LC_", "CLICOLOR", "XDG_")
_SENT_NAMES = (
    *("TZ", "LANG", "TERM", "NO_COLOR", "FORCE_COLOR", "COLUMNS", "CI", "HOME", "USER"),
    *("CLAUDE_SESSION_ID", "CLAUDE_CODE"),
)
_TRUTHS = ("1", "true", "yes", "on")
_ALONE = (["daemon"], ["daemons"], ["hooks"], ["merge"])


class _NoDaemon(Exception):
    """Nobody answers, or asks for the command to be run here."""

    has_begun = False
    """Whether a daemon may have begun to run it."""
    taken = b""
    """What it has read of standard input."""


def _begun() -> _NoDaemon:
    """Return what to raise where a daemon may have begun to run the command."""
    found = _NoDaemon()
    found.has_begun = True
    return found


class _Lost(Exception):
    """The daemon went away in the middle."""


def main() -> None:
    """Run `bd` and leave with its exit code."""
    try:
        code = _run(sys.argv[1:])
    except KeyboardInterrupt:
        code = _CANCELLED
    _leave(code)


def _run(arguments: list[str]) -> int:
    _settle_streams()
    key = os.urandom(8).hex()  # noqa: TID251 -- made by the client, so that nothing runs twice
    try:
        return _served(arguments, key)
    except _NoDaemon as found:
        has_begun, taken = found.has_begun, found.taken
    # Not in the handler: what fails here is not because there is no daemon.
    return _direct(arguments, key if has_begun else "", taken)


def _settle_streams() -> None:
    """Open what is closed, else the socket would be it; and let reading and writing wait."""
    for descriptor, mode in ((0, os.O_RDONLY), (1, os.O_WRONLY), (2, os.O_WRONLY)):
        try:
            # A terminal is one and the same with that of the parent, who would have to wait too.
            if not os.get_blocking(descriptor) and not os.isatty(descriptor):
                os.set_blocking(descriptor, True)
        except OSError:
            os.open(os.devnull, mode)  # gets this number: all below it are open


def _leave(code: int) -> None:
    """Leave at once: to take the interpreter apart takes as long as to ask the daemon."""
    threads = sys.modules.get("threading")
    try:
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                stream.flush()
    except (OSError, ValueError):
        sys.exit(code)
    if threads is not None and threads.active_count() > 1:
        sys.exit(code)
    os._exit(code)


def _direct(arguments: list[str], key: str, taken: bytes) -> int:
    """Run the command in this process, on all of standard input."""
    import gc

    # What is loaded stays; to look for cycles among it takes a tenth of the time.
    gc.disable()
    from beadwork.compose import run_bd

    gc.enable()
    return run_bd(arguments, key, taken)


# -- finding the daemon


def _served(arguments: list[str], key: str) -> int:
    """Let the daemon run the command; return its exit code.

    Raises:
        _NoDaemon: there is none, or it asks for the command to be run here.
    """
    if _is_switched_off(arguments):
        raise _NoDaemon
    cwd = _working_folder()
    path = os.environ.get("BD_SOCKET") or _socket_path(arguments, cwd)
    connection = _connected(path)
    exchange = _Exchange(connection, key)
    try:
        return exchange.run(arguments, cwd)
    except _NoDaemon as found:
        found.taken = exchange.taken
        raise
    finally:
        connection.close()


def _is_switched_off(arguments: list[str]) -> bool:
    environ = os.environ
    # Git and the daemon may wait for these; and a daemon that hangs must not be asked to end itself.
    is_off = arguments[:1] in _ALONE or environ.get("BEADS_NO_DAEMON", "").lower() in _TRUTHS
    is_off = is_off or environ.get("BD_NO_DAEMON", "").lower() in _TRUTHS
    return is_off or "--no-daemon" in arguments or "--sandbox" in arguments


def _working_folder() -> str:
    try:
        return os.getcwd()
    except OSError as error:
        raise _NoDaemon from error  # What runs the command here refuses it.


def _socket_path(arguments: list[str], cwd: str) -> str:
    """Return where the socket of the store is that is probably meant; the daemon looks closer."""
    folder, database = _named_on_the_line(arguments, cwd)
    database = database or os.environ.get("BEADS_DB") or os.environ.get("BD_DB") or ""
    if database:
        path, name = os.path.split(os.path.join(cwd, database))
        return os.path.join(path, "bd.sock" if name == _DATABASE else f"{name}.bd.sock")
    named = os.environ.get("BEADS_DIR")
    beads = os.path.join(cwd, named) if named else _nearest(folder)
    return os.path.join(_redirected(beads), "bd.sock")


def _named_on_the_line(arguments: list[str], cwd: str) -> tuple[str, str]:
    """Return the folder of -C and the file of --db."""
    folder, database = cwd, ""
    for at, word in enumerate(arguments):
        following = arguments[at + 1] if at + 1 < len(arguments) else ""
        if word == "-C":
            folder = os.path.join(folder, following)
        elif word == "--db":
            database = following
        elif word.startswith("--db="):
            database = word[5:]
    return folder, database


def _nearest(start: str) -> str:
    """Return the nearest `.beads` upward; in a linked worktree, that of the main one (R16)."""
    folder = os.path.abspath(start)
    beads = ""
    while True:
        candidate = os.path.join(folder, ".beads")
        if not beads and os.path.isdir(candidate):
            beads = candidate
        git = os.path.join(folder, ".git")
        if os.path.isfile(git):
            return _of_main_worktree(git, folder) or beads
        above = os.path.dirname(folder)
        if (beads and os.path.exists(git)) or above == folder:
            break
        folder = above
    if not beads:
        raise _NoDaemon
    return beads


def _of_main_worktree(git: str, folder: str) -> str:
    """Return the store of the main worktree; empty for a submodule, which has its own."""
    line = _first_line(git)
    own = os.path.normpath(os.path.join(folder, line[len("gitdir:") :].strip()))
    common = _first_line(os.path.join(own, "commondir"))
    if not line.startswith("gitdir:") or not common:
        return ""
    return os.path.join(os.path.dirname(os.path.normpath(os.path.join(own, common))), ".beads")


def _redirected(beads: str) -> str:
    named = _first_line(os.path.join(beads, "redirect"))
    return os.path.normpath(os.path.join(os.path.dirname(beads), named)) if named else beads


def _first_line(path: str) -> str:
    if not os.path.isfile(path):
        return ""  # A pipe would be waited for.
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            return file.readline().strip()
    except OSError:
        return ""


def _connected(path: str) -> "_socket.socket":
    """Connect to a socket; where its path is too long for one, it is a link to a shorter."""
    connection = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
    try:
        if len(os.fsencode(path)) > _PATH_BYTES_MAX:
            path = os.readlink(path)
        connection.settimeout(_HELLO_S)
        connection.connect(path)
    except (OSError, ValueError) as error:
        connection.close()
        raise _NoDaemon from error
    return connection


# -- talking to it


class _Exchange:
    """One command over one connection."""

    def __init__(self, connection: "_socket.socket", key: str) -> None:
        self._connection = connection
        self._key = key
        self._held = bytearray()
        self._has_output = False
        self._is_unread = False
        self._failed_write = 0
        self.taken = b""
        """What was read of standard input."""

    def run(self, arguments: list[str], cwd: str) -> int:
        """Send the command, copy what comes, return the exit code."""
        try:
            # A classic daemon reads lines: with an end of line it answers at once, an error.
            self._send(b"H", PROTOCOL + b"\0" + _version() + b"\n")
            kind, _ = self._receive()
        except (OSError, _Lost) as error:
            raise _NoDaemon from error
        if kind != b"h":
            raise _NoDaemon
        self._connection.settimeout(None)
        try:
            self._send(b"C", _command(arguments, cwd, self._key))
            return self._follow()
        except (OSError, _Lost) as error:
            if not self._has_output:
                # It runs again under the same key: what was done is not done twice.
                raise _begun() from error
            return _complain(self._key)

    def _follow(self) -> int:
        while True:
            kind, payload = self._receive()
            if kind == b"x":
                return max(payload[0], self._failed_write and _complain_of(self._failed_write))
            if kind == b"L":
                # It may have written before it had to wait: it runs again under the same key.
                raise _begun()
            self._act(kind, payload)

    def _act(self, kind: bytes, payload: bytes) -> None:
        if kind == b"o":
            self._copy(1, payload)
        elif kind == b"e":
            self._copy(2, payload)
        elif kind == b"i":
            self._send_input(self._kept(_read_all(0)))
        elif kind == b"l":
            self._send_input(self._kept(_read_line()))
        elif kind == b"q":
            self._send(*((b"E", b"%d" % _BROKEN_PIPE) if self._is_unread else (b"I", b"")))
        elif kind == b"r":
            self._send_file(payload)
        elif kind == b"w":
            self._write_file(payload)

    def _copy(self, descriptor: int, content: bytes) -> None:
        # A warning may be said again; an answer may not.
        self._has_output |= descriptor == 1
        if descriptor == 1 and self._is_unread:
            return
        try:
            _write_all(descriptor, content)
        except OSError as error:
            if descriptor == 1:
                self._is_unread = True
                # Where nobody reads any more, there is nobody to tell.
                self._failed_write = 0 if error.errno == _BROKEN_PIPE else error.errno or 0
                self._tell_unread()

    def _tell_unread(self) -> None:
        """Let a command end that would go on and on."""
        try:  # noqa: SIM105 -- contextlib is not loaded
            self._send(b"U", b"")
        except OSError:
            pass

    def _kept(self, content: "bytes | OSError") -> "bytes | OSError":
        if isinstance(content, bytes):
            self.taken += content
        return content

    def _send_input(self, content: "bytes | OSError") -> None:
        if isinstance(content, OSError):
            self._send(b"E", str(content.errno or 0).encode())
            return
        for start in range(0, len(content), _CHUNK):
            self._send(b"I", content[start : start + _CHUNK])
        self._send(b"I", b"")

    def _send_file(self, path: bytes) -> None:
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except OSError as error:
            self._send_input(error)
            return
        try:
            self._send_input(_read_all(descriptor))
        finally:
            os.close(descriptor)

    def _write_file(self, payload: bytes) -> None:
        path, _, content = payload.partition(b"\0")
        try:
            _replace(path, content)
        except OSError as error:
            self._send(b"E", str(error.errno or 0).encode())
        else:
            self._send(b"I", b"")

    # -- frames: a kind of one byte, a length of four, the payload

    def _send(self, kind: bytes, payload: bytes) -> None:
        self._connection.sendall(kind + len(payload).to_bytes(4, "big") + payload)

    def _receive(self) -> tuple[bytes, bytes]:
        head = self._take(5)
        size = int.from_bytes(head[1:], "big")
        if size > _FRAME_MAX:
            raise _Lost
        return head[:1], self._take(size)

    def _take(self, size: int) -> bytes:
        while len(self._held) < size:
            came = self._connection.recv(_PIECE)
            if not came:
                raise _Lost
            self._held += came
        taken = bytes(self._held[:size])
        del self._held[:size]
        return taken


def _command(arguments: list[str], cwd: str, key: str) -> bytes:
    """Pack the command: key, folder, terminals, environment, arguments, joined by NUL."""
    sent = [
        f"{name}={value}"
        for name, value in os.environ.items()
        if name in _SENT_NAMES or name.startswith(_SENT)
    ]
    mask = os.umask(0)
    os.umask(mask)
    head = [key, cwd, _terminals(), str(mask), str(len(sent))]
    return b"\0".join(os.fsencode(each) for each in [*head, *sent, *arguments])


def _terminals() -> str:
    """Return which of the three streams are terminals, and how wide they are: `011 80`."""
    width = 0
    said = ""
    for descriptor in (0, 1, 2):
        is_terminal = _is_terminal(descriptor)
        said += "1" if is_terminal else "0"
        if is_terminal and descriptor and not width:
            try:  # noqa: SIM105 -- contextlib is not loaded
                width = os.get_terminal_size(descriptor).columns
            except OSError:
                pass
    return f"{said} {width}"


def _is_terminal(descriptor: int) -> bool:
    try:
        return os.isatty(descriptor)
    except OSError:
        return False


def _read_all(descriptor: int) -> "bytes | OSError":
    parts = []
    try:
        while part := os.read(descriptor, _CHUNK):
            parts.append(part)
    except OSError as error:
        # A closed stream has nothing to say.
        return b"" if descriptor == 0 and error.errno == _BAD_DESCRIPTOR else error
    return b"".join(parts)


def _read_line() -> bytes:
    line = b""
    while not line.endswith(b"\n"):
        try:
            one = os.read(0, 1)
        except OSError:
            break
        if not one:
            break
        line += one
    return line


def _write_all(descriptor: int, content: bytes) -> None:
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def _replace(path: bytes, content: bytes) -> None:
    """Put a content into a file of the user's: written beside, synced, renamed into place.

    What is no file, a device or a pipe, is written into.

    Raises:
        OSError: it can't be written.
    """
    if os.path.exists(path) and not os.path.isfile(path):
        with open(path, "wb", buffering=0) as device:
            _write_all(device.fileno(), content)
        return
    target = os.path.realpath(path)
    os.makedirs(os.path.dirname(target), exist_ok=True)
    try:
        mode = os.stat(target).st_mode & 0o777
    except OSError:
        mode = 0o666
    beside = target + b".beadwork-%d" % os.getpid()
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    try:
        _write_all(descriptor, content)
        os.fsync(descriptor)
        os.close(descriptor)
        os.rename(beside, target)
    except OSError:
        os.unlink(beside)
        raise


def _version() -> bytes:
    version: str = sys.modules["beadwork"].__version__
    return version.encode()


def _complain_of(errno: int) -> int:
    _say(
        f"Error: Standard output can't be written: {os.strerror(errno)}\n"
        "  What was asked for is done; only its answer is lost.\n"
    )
    return _UNAVAILABLE


def _complain(key: str) -> int:
    _say(
        "Error: The daemon went away in the middle of the answer\n"
        f"  What was asked for may be done. Ask again with --key {key}, or look first.\n"
    )
    return _UNAVAILABLE


def _say(text: str) -> None:
    try:  # noqa: SIM105 -- contextlib is not loaded
        _write_all(2, text.encode())
    except OSError:
        pass
