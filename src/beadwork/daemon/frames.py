"""Frames of the thin client: a kind of one byte, a length of four bytes, a payload (rule R11).

From the client: `H` hello, `C` command, `I` a piece of input or of a file and an empty one at its
end, `E` an error number instead, `U` nobody reads the output any more. From the daemon: `h`
welcome, `n` no, `o` and `e` output and error output, `i` all of standard input is wanted, `l` a
line of it, `q` whether somebody takes the output, `r` a file is wanted, `w` a file is to be
written, `L` run the command yourself, `x` the exit code. `P` is a poke: somebody else has written
to the store.
"""

from collections.abc import Iterator
from typing import NamedTuple

PROTOCOL = b"beadwork 1"
PAYLOAD_MAX = 64 * 1024 * 1024
_HEAD = 5
_KINDS = b"HCIEUPhnoeilqrwLx"


class BadFrame(Exception):
    """What came is no frame, or is too long."""


class Frame(NamedTuple):
    """A frame: its kind, one byte, and its payload."""

    kind: bytes
    payload: bytes


def frame(kind: bytes, payload: bytes = b"") -> bytes:
    """Pack a frame."""
    return kind + len(payload).to_bytes(4, "big") + payload


def take(held: bytearray) -> Iterator[Frame]:
    """Take the whole frames from the start of what was received.

    Raises:
        BadFrame: there is none, and never will be.
    """
    while len(held) >= _HEAD:
        size = int.from_bytes(held[1:_HEAD], "big")
        if held[0] not in _KINDS or size > PAYLOAD_MAX:
            raise BadFrame
        if len(held) < _HEAD + size:
            return
        found = Frame(bytes(held[:1]), bytes(held[_HEAD : _HEAD + size]))
        del held[: _HEAD + size]
        yield found


class Command(NamedTuple):
    """A command line, and where it was typed."""

    key: str
    folder: str
    is_terminal: tuple[bool, bool, bool]
    """Whether standard input, output and error are terminals."""
    width: int
    umask: int
    environ: dict[str, str]
    arguments: list[str]


def command_of(payload: bytes) -> Command:
    """Unpack a command.

    Raises:
        BadFrame: it is none.
    """
    words = [word.decode("utf-8", "surrogateescape") for word in payload.split(b"\0")]
    try:
        key, folder, terminals, umask, count, *rest = words
        said, width = terminals.split()
        sent = [pair.partition("=") for pair in rest[: int(count)]]
        return Command(
            key=key,
            folder=folder,
            is_terminal=(said[0] == "1", said[1] == "1", said[2] == "1"),
            width=int(width),
            umask=int(umask),
            environ={name: value for name, _, value in sent},
            arguments=rest[int(count) :],
        )
    except (ValueError, IndexError) as error:
        raise BadFrame from error
