"""The Python client: typed requests, the same errors, and a file that is kept up with."""

import json
from pathlib import Path

import pytest

from beadwork import Client
from beadwork.model.errors import InvalidRequest, NoStore, UnknownIssue
from beadwork.ops.claim import ClaimIssue, ClaimReady
from beadwork.ops.issue import ListIssues, ShowIssue
from beadwork.ops.issue_create import Created, CreateIssue
from beadwork.ops.issue_state import CloseIssue
from tests.support import Project, make_folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    make_folder(tmp_path)
    (tmp_path / ".beads" / "issues.jsonl").write_text("", encoding="utf-8")
    return tmp_path


def test_a_client_works_from_claim_to_close_and_leaves_a_current_file(folder: Path) -> None:
    with Client(str(folder), actor="agent-1") as client:
        client.call(CreateIssue(title="Work"))
        claimed = client.call(ClaimReady())
        assert claimed.issue is not None
        client.call(CloseIssue(issue=claimed.issue.id, reason="Done"))
    (record,) = map(
        json.loads, (folder / ".beads/issues.jsonl").read_text(encoding="utf-8").splitlines()
    )
    assert (record["status"], record["created_by"]) == ("closed", "agent-1")


def test_a_client_raises_the_errors_of_the_operations(folder: Path) -> None:
    with Client(str(folder)) as client, pytest.raises(UnknownIssue):
        client.call(ShowIssue(issue="px-none"))


def test_a_client_sees_what_others_wrote_into_the_file_meanwhile(folder: Path) -> None:
    line = '{"id":"px-a","title":"Theirs","created_at":"2025-01-01T00:00:00Z"}\n'
    with Client(str(folder)) as client:
        assert client.call(ListIssues()).issues == []
        (folder / ".beads/issues.jsonl").write_text(line, encoding="utf-8")
        assert [each.issue.title for each in client.call(ListIssues()).issues] == ["Theirs"]


def test_a_client_calls_by_name_and_in_batches(folder: Path) -> None:
    with Client(str(folder)) as client:
        created = client.call_name("issue.create", {"title": "Named"})
        assert isinstance(created, Created)
        answers = client.call_each([CreateIssue(title="One"), CreateIssue(title="")])
        assert isinstance(answers[0], Created)
        assert isinstance(answers[1], Exception)


def test_a_key_makes_a_call_safe_to_repeat(folder: Path) -> None:
    with Client(str(folder)) as client:
        first = client.call(CreateIssue(title="Once"), key="k")
        assert client.call(CreateIssue(title="Once"), key="k").issue.id == first.issue.id


def test_a_request_out_of_its_bounds_is_refused_also_in_process(project: Project) -> None:
    issue = project.create()
    with pytest.raises(InvalidRequest):
        project.run(ClaimIssue(issue=issue, lease_s=-5))


def test_no_store_is_said(tmp_path: Path) -> None:
    with pytest.raises(NoStore):
        Client(str(tmp_path))
