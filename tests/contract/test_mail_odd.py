"""Messages where something goes wrong around them: waiting, ending, clocks that jump, old age."""

import threading

import pytest

from beadwork.compose.engines import now_us
from beadwork.model.errors import BeadworkError
from beadwork.ops.delivery import ReceiveMessages
from beadwork.ops.message import SendMessage, Sent
from tests.support import Project, SetClock


def send(project: Project, to: str, text: str = "hi", actor: str = "alice", **more: object) -> Sent:
    return project.run(SendMessage(to=[to], payload={"text": text}, **more), actor)  # type: ignore[arg-type]


class RealClock(SetClock):
    """The clock on the wall."""

    def __call__(self) -> int:
        return now_us()


# ------------------------------------------------------------------------------- who finds nothing


def test_who_finds_nothing_commits_nothing(project: Project) -> None:
    other = Project(project.root, clock=project.clock)
    other.run(ReceiveMessages(), "carol")
    project.run(ReceiveMessages(), "bob")
    seen = other.engine.foreign_version()
    assert not project.run(ReceiveMessages(), "bob").messages
    with pytest.raises(BeadworkError):
        send(project, "bob", thread="01JZ8Q4N2R0000003YB1C5T7M2")
    assert other.engine.foreign_version() == seen
    other.close()


def test_those_who_wait_without_a_daemon_do_not_wake_one_another(project: Project) -> None:
    send(project, "nobody")
    commits: list[str] = []

    def wait(name: str) -> None:
        own = Project(project.root, clock=RealClock(), at=lambda at: commits.append(f"{name} {at}"))
        own.run(ReceiveMessages(wait_s=0.6), name)
        own.close()

    threads = [threading.Thread(target=wait, args=(name,)) for name in ("bob", "carol", "dave")]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len([each for each in commits if each.endswith("before_commit")]) <= 9
