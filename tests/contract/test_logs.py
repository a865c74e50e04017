"""The logs hold what the store has, each thing once, whoever appends and whenever."""

import json
from pathlib import Path
from typing import Any

import pytest

from beadwork.ops.issue import ShowIssue
from beadwork.ops.log import AppendLogs
from beadwork.ops.message import SendMessage
from beadwork.sync import log_files
from tests.support import Project


def read(project: Project, name: str = "events") -> list[Any]:
    content = (Path(project.place.folder) / "log" / f"{name}.jsonl").read_bytes()
    return [json.loads(line) for line in content.splitlines()]


def seqs(project: Project, name: str = "events") -> list[int]:
    return [each["seq"] for each in read(project, name)]


def test_events_and_messages_are_there_as_they_are_shown(project: Project) -> None:
    issue = project.create("Work")
    sent = project.run(SendMessage(to=["bob"], payload="é\n\u2028"))
    answer = project.run(AppendLogs())
    assert (answer.events, answer.messages) == (2, 1)
    created, told = read(project)
    assert (created["kind"], created["issue_id"], told["kind"]) == ("created", issue, "sent")
    (message,) = read(project, "messages")
    assert (message["id"], message["from"]) == (sent.id, "alice")
    assert message["payload"] == {"text": "é\n\u2028"}
    assert told["seq"] == message["seq"]


def test_nothing_is_there_twice(project: Project) -> None:
    project.create()
    for _ in range(2):
        project.run(AppendLogs())
    other = Project(project.root)
    other.create()
    other.run(SendMessage(to=["bob"], payload="Hello"))
    other.run(AppendLogs())
    assert project.run(AppendLogs()).events == 0
    assert (seqs(project), seqs(project, "messages")) == ([1, 2, 3], [3])


def test_a_large_payload_is_shown_as_far_as_it_is_anywhere(project: Project) -> None:
    project.run(SendMessage(to=["bob"], payload="x" * 5000))
    project.run(AppendLogs())
    (message,) = read(project, "messages")
    assert message["payload"] == {"text": "x" * 5000}
    assert message["blob"]["size_bytes"] > 5000


def test_a_look_at_the_store_writes_nothing(project: Project) -> None:
    issue = project.create()
    project.run(AppendLogs())
    before = (Path(project.place.folder) / "log" / "events.jsonl").stat()
    project.run(ShowIssue(issue=issue))
    project.run(AppendLogs())
    assert (Path(project.place.folder) / "log" / "events.jsonl").stat().st_mtime_ns == (
        before.st_mtime_ns
    )


def test_what_is_much_comes_in_pages(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("beadwork.ops.log._PAGE", 3)
    for number in range(10):
        project.run(SendMessage(to=["bob"], payload=f"{number}"))
    assert project.run(AppendLogs(pages_max=1)).events == 3
    assert seqs(project, "messages")[:3] == [1, 2, 3]
    project.run(AppendLogs(pages_max=1))
    project.run(AppendLogs())
    assert seqs(project) == seqs(project, "messages") == list(range(1, 11))


def test_where_another_database_was_put_they_begin_anew(project: Project, tmp_path: Path) -> None:
    project.create("Kept")
    project.run(AppendLogs())
    saved = Project(tmp_path / "saved")
    saved.create("Another past")
    saved.close()
    project.create("Gone")
    project.run(AppendLogs())
    project.close()
    for ending in ("", "-wal"):
        path = Path(saved.place.database + ending)
        if path.exists():
            Path(project.place.database + ending).write_bytes(path.read_bytes())
    restored = Project(project.root)
    restored.run(AppendLogs())
    assert seqs(restored) == [1]
    restored.create()
    restored.run(AppendLogs())
    assert seqs(restored) == [1, 2]
    assert restored.engine.logs.mend() == []
    assert (Path(project.place.folder) / "log" / "events.jsonl.1").exists()


def test_an_event_of_the_same_number_and_another_past_is_not_taken_for_it(
    project: Project, tmp_path: Path
) -> None:
    project.create("One past")
    project.run(AppendLogs())
    project.close()
    other = Project(tmp_path / "other")
    other.clock.advance(60)
    other.create("Another")
    other.close()
    for ending in ("", "-wal"):
        path = Path(other.place.database + ending)
        if path.exists():
            Path(project.place.database + ending).write_bytes(path.read_bytes())
    restored = Project(project.root)
    restored.run(AppendLogs())
    (event,) = read(restored)
    assert event["at"].startswith("2026-01-01T00:01:00")


def test_what_was_damaged_is_written_anew(project: Project) -> None:
    for _ in range(3):
        project.create()
    project.run(AppendLogs())
    path = Path(project.place.folder) / "log" / "events.jsonl"
    whole = path.read_bytes()
    path.write_bytes(whole.replace(b"created", b"deleted", 1))
    answer = project.run(AppendLogs(verify=True))
    assert len(answer.mended) == 1
    assert path.read_bytes() == whole
    path.write_bytes(whole[:-20])
    project.run(AppendLogs())
    assert path.read_bytes() == whole


def test_a_log_of_messages_that_is_gone_comes_back(project: Project) -> None:
    project.run(SendMessage(to=["bob"], payload="Hello"))
    project.run(AppendLogs())
    path = Path(project.place.folder) / "log" / "messages.jsonl"
    whole = path.read_bytes()
    path.unlink()
    project.run(AppendLogs(verify=True))
    assert path.read_bytes() == whole


def test_they_rotate(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_files, "ROTATED_BYTES", 600)
    for _ in range(8):
        project.create()
        project.run(AppendLogs())
    old = (Path(project.place.folder) / "log" / "events.jsonl.1").read_text(encoding="utf-8")
    kept = [json.loads(line)["seq"] for line in old.splitlines()]
    assert [*kept, *seqs(project)] == list(range(1, 9))
    assert project.engine.logs.mend() == []
