"""A client of the daemon's socket that creates issues as fast as it is answered.

    python bench/daemon_client.py SOCKET COUNT

It says when it is connected, begins at a line of input, and prints how long each create took.
"""

import json
import os
import socket
import sys
import time


def main() -> None:
    path, count = sys.argv[1], int(sys.argv[2])
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(path)
    reader = connection.makefile("rb")
    print("connected", flush=True)
    sys.stdin.readline()
    taken = []
    for number in range(count):
        asked = {"title": f"Made by {os.getpid()}, number {number}"}
        line = json.dumps({"operation": "issue.create", "args": asked, "actor": "bench"})
        begun = time.perf_counter()
        connection.sendall(line.encode() + b"\n")
        answer = reader.readline()
        taken.append(time.perf_counter() - begun)
        if not answer.startswith(b'{"success":true'):
            sys.exit(answer.decode())
    print(json.dumps(taken))


if __name__ == "__main__":
    main()
