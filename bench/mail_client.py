"""A client of the daemon's socket that sends messages, or sends, receives and acknowledges them.

    python bench/mail_client.py SOCKET COUNT send|round|bulk

In bulk it does fifty at once, each of them a write of its own.

It says when it is connected, begins at a line of input, and prints how long each round took.
"""

import json
import os
import socket
import sys
import time
from typing import Any

_AT_ONCE = 50
_TEXT = "The build of the branch is red since an hour; the log names the test. Who looks into it?"


class Line:
    """A connection that asks and is answered."""

    def __init__(self, path: str) -> None:
        self._connection = socket.socket(socket.AF_UNIX)
        self._connection.connect(path)
        self._reader = self._connection.makefile("rb")

    def ask(self, operation: str, actor: str, args: dict[str, object]) -> Any:  # noqa: ANN401 -- JSON
        line = json.dumps({"operation": operation, "args": args, "actor": actor})
        self._connection.sendall(line.encode() + b"\n")
        answer = self._reader.readline()
        if not answer.startswith(b'{"success":true'):
            sys.exit(answer.decode())
        return answer


def send(line: Line, number: int) -> None:
    me = f"agent-{os.getpid()}"
    to = [f"agent-{number % 50}"]
    line.ask("message.send", me, {"to": to, "type": "note", "payload": {"text": _TEXT}})


def go_round(line: Line, number: int) -> None:
    """Send to oneself, receive, acknowledge."""
    me = f"agent-{os.getpid()}"
    line.ask("message.send", me, {"to": [me], "payload": {"text": f"{number} {_TEXT}"}})
    found = json.loads(line.ask("message.receive", me, {}))["data"]["messages"]
    line.ask("message.ack", me, {"receipt": found[0]["receipt"]})


def go_round_in_bulk(line: Line, number: int) -> None:
    """Send fifty to oneself, receive and acknowledge them."""
    me = f"agent-{os.getpid()}"
    payload = {"text": f"{number} {_TEXT}"}
    sends = [{"operation": "message.send", "args": {"to": [me], "payload": payload}}] * _AT_ONCE
    line.ask("each", me, {"operations": sends})
    found = json.loads(line.ask("message.receive", me, {"limit": _AT_ONCE}))["data"]["messages"]
    acks = [{"operation": "message.ack", "args": {"receipt": each["receipt"]}} for each in found]
    line.ask("each", me, {"operations": acks})


_STEPS = {"send": send, "round": go_round, "bulk": go_round_in_bulk}


def main() -> None:
    path, count, what = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    line = Line(path)
    print("connected", flush=True)
    sys.stdin.readline()
    step = _STEPS[what]
    count //= _AT_ONCE if what == "bulk" else 1
    taken = []
    for number in range(count):
        begun = time.perf_counter()
        step(line, number)
        taken.append(time.perf_counter() - begun)
    print(json.dumps(taken))


if __name__ == "__main__":
    main()
