"""Who is at the other end of a socket."""

import os
import socket
import struct
import sys

_LOCAL_PEERCRED = 1
_SOL_LOCAL = 0


def uid_of(client: socket.socket) -> int | None:
    """Return the user behind a connection, as the system knows it; None if it does not say."""
    try:
        if sys.platform == "darwin":
            facts = client.getsockopt(_SOL_LOCAL, _LOCAL_PEERCRED, 8)
            return int(struct.unpack("2I", facts)[1])
        facts = client.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
        return int(struct.unpack("3i", facts)[1])
    except (OSError, AttributeError):
        return None


def is_own(client: socket.socket) -> bool:
    """Tell whether the user of this process is at the other end."""
    return uid_of(client) == os.geteuid()
