"""The two doors that the workers use: the `bd` command, and `beadwork.Client`.

Both answer in the classic JSON shapes; an answer is returned only where the write was
acknowledged: by exit code 0 and JSON, or by a response.
"""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import msgspec

from beadwork.client import Client
from beadwork.model.errors import BeadworkError

Json = dict[str, Any]

_HIDDEN = ("BD_", "BEADS_", "GIT_", "CLAUDE", "PYTHONDONTWRITEBYTECODE")


class RefusedError(Exception):
    """The answer was no; `code` is the exit code."""

    def __init__(self, command: str, code: int, said: str) -> None:
        super().__init__(f"{command}: exit code {code}: {said.strip()}")
        self.code = code


class Door(Protocol):
    """What a worker asks for."""

    name: str

    def claim_ready(self, types: Sequence[str]) -> Json | None: ...
    def comment(self, issue: str, text: str) -> Json: ...
    def create(self, title: str, *, source: str, parent: str) -> Json: ...
    def close(self, issues: Sequence[str], reason: str) -> list[Json]: ...
    def in_progress(self) -> list[Json]: ...
    def join(self, group: str) -> Json: ...
    def send(self, to: str, kind: str, text: str, issue: str) -> Json: ...
    def receive(self, limit: int, hold_s: float) -> list[Json]: ...
    def acknowledge(self, receipt: str) -> Json: ...
    def reply(self, receipt: str, text: str) -> Json: ...
    def acquire(self, pattern: str, ttl_s: float, wait_s: float) -> Json: ...
    def release(self, lease: int) -> Json: ...


def find_bd() -> Path:
    """Find the `bd` that was installed with this interpreter."""
    bd = Path(sys.executable).parent / "bd"
    if not bd.exists():
        sys.exit(f"There is no {bd}: install Beadwork for this Python first (make demo does)")
    return bd


def environment(actor: str, *, is_direct: bool) -> dict[str, str]:
    """Make the environment of an agent's commands: nothing of this machine's own settings.

    With `is_direct` each command works on the store by itself, without the daemon.

    Compiled modules are kept, as in any installation: without them a command takes twice as long.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_HIDDEN)}
    return kept | {"BD_ACTOR": actor, "BEADS_NO_DAEMON": "1" if is_direct else ""}


class Shell:
    """`bd`, a process for each command."""

    name = "bd"

    def __init__(self, folder: Path, actor: str, *, is_direct: bool) -> None:
        self._folder = folder
        self._environment = environment(actor, is_direct=is_direct)
        self._bd = str(find_bd())

    def run(self, *arguments: str, is_partial: bool = False) -> Any:  # noqa: ANN401 -- JSON
        """Run a command with --json; return what it answered.

        `is_partial`: of several issues some may fail; the answer holds the others.

        Raises:
            RefusedError: the exit code is not 0.
        """
        done = subprocess.run(
            [self._bd, *arguments, "--json"],
            cwd=self._folder,
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode and not (is_partial and done.stdout):
            raise RefusedError(f"bd {' '.join(arguments)}", done.returncode, done.stderr)
        return json.loads(done.stdout)

    def claim(self, issue: str) -> Json:
        claimed: list[Json] = self.run("claim", issue)
        return claimed[0]

    def claim_ready(self, types: Sequence[str]) -> Json | None:
        claimed: list[Json] = self.run("ready", "--claim", "-t", ",".join(types))
        return claimed[0] if claimed else None

    def comment(self, issue: str, text: str) -> Json:
        answer: Json = self.run("comment", issue, text)
        return answer

    def create(self, title: str, *, source: str, parent: str) -> Json:
        under = ("--parent", parent) if parent else ()
        answer: Json = self.run("create", title, "--deps", f"discovered-from:{source}", *under)
        return answer

    def close(self, issues: Sequence[str], reason: str) -> list[Json]:
        closed: list[Json] = self.run("close", *issues, "--reason", reason)
        return closed

    def join(self, group: str) -> Json:
        answer: Json = self.run("msg", "subscribe", group)
        return answer

    def send(self, to: str, kind: str, text: str, issue: str) -> Json:
        payload = json.dumps({"text": text, **({"issue": issue} if issue else {})})
        answer: Json = self.run("msg", "send", "--to", to, "--type", kind, "--payload", payload)
        return answer

    def receive(self, limit: int, hold_s: float) -> list[Json]:
        found: list[Json] = self.run("msg", "receive", "-n", str(limit), "--hold", f"{hold_s}s")
        return found

    def acknowledge(self, receipt: str) -> Json:
        settled: list[Json] = self.run("msg", "ack", receipt)
        return settled[0]

    def reply(self, receipt: str, text: str) -> Json:
        answer: Json = self.run("msg", "reply", receipt, text)
        return answer

    def acquire(self, pattern: str, ttl_s: float, wait_s: float) -> Json:
        times = ("--ttl", f"{ttl_s}s", "--wait", f"{wait_s}s")
        answer: Json = self.run("lease", "acquire", pattern, *times)
        return answer

    def release(self, lease: int) -> Json:
        released: list[Json] = self.run("lease", "release", str(lease))
        return released[0]

    def in_progress(self) -> list[Json]:
        found: list[Json] = self.run("list", "--status", "in_progress", "--limit", "0")
        return found


class Library:
    """`beadwork.Client`, in this process."""

    name = "client"

    def __init__(self, client: Client) -> None:
        self._client = client

    def claim_ready(self, types: Sequence[str]) -> Json | None:
        claimed = self._call("issue.claim_ready", issue_types=types)
        issue: Json | None = claimed.get("issue")
        return None if issue is None else issue | {"claim_epoch": claimed["claim_epoch"]}

    def comment(self, issue: str, text: str) -> Json:
        answer: Json = self._call("comment.add", issue=issue, text=text)["comment"]
        return answer

    def create(self, title: str, *, source: str, parent: str) -> Json:
        needs = [f"discovered-from:{source}"]
        answer = self._call("issue.create", title=title, dependencies=needs, parent=parent)
        made: Json = answer["issue"]
        return made

    def close(self, issues: Sequence[str], reason: str) -> list[Json]:
        return [self._call("issue.close", issue=each, reason=reason)["issue"] for each in issues]

    def in_progress(self) -> list[Json]:
        found = self._call("issue.list", statuses=["in_progress"], limit=0)["issues"]
        return [row["issue"] for row in found]

    def join(self, group: str) -> Json:
        return self._call("agent.subscribe", address=group)

    def send(self, to: str, kind: str, text: str, issue: str) -> Json:
        payload = {"text": text, **({"issue": issue} if issue else {})}
        return self._call("message.send", to=[to], type=kind, payload=payload)

    def receive(self, limit: int, hold_s: float) -> list[Json]:
        found = self._call("message.receive", limit=limit, hold_s=hold_s).get("messages", [])
        return [each["message"] | {"receipt": each["receipt"]} for each in found]

    def acknowledge(self, receipt: str) -> Json:
        return self._call("message.ack", receipt=receipt)

    def reply(self, receipt: str, text: str) -> Json:
        return self._call("message.reply", message=receipt, payload=text)

    def acquire(self, pattern: str, ttl_s: float, wait_s: float) -> Json:
        answer = self._call("lease.acquire", patterns=[pattern], ttl_s=ttl_s, wait_s=wait_s)
        lease: Json = answer["lease"]
        return lease

    def release(self, lease: int) -> Json:
        return self._call("lease.release", leases=[lease])

    def _call(self, operation: str, **request: Any) -> Json:
        try:
            answer: Json = msgspec.to_builtins(self._client.call_name(operation, request))
        except BeadworkError as error:
            said = f"{error.message} {error.hint}"
            raise RefusedError(operation, error.exit_code, said) from error
        return answer
