"""The demo runs through, and its proof can fail."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import child_environment

DEMO = Path(__file__).resolve().parents[2] / "demo"
LIMIT_S = 180


def run(script: str, *arguments: str, temporary: Path) -> subprocess.CompletedProcess[str]:
    """Run a script of the demo, with its temporary folders in ours."""
    return subprocess.run(
        [sys.executable, str(DEMO / script), *arguments],
        capture_output=True,
        text=True,
        env=child_environment() | {"TMPDIR": str(temporary)},
        timeout=LIMIT_S,
        check=False,
    )


def small_demo(temporary: Path, *more: str) -> subprocess.CompletedProcess[str]:
    """Run the demo on a small backlog."""
    return run("run.py", "--issues", "40", "--workers", "2", *more, temporary=temporary)


def prove(root: Path) -> subprocess.CompletedProcess[str]:
    """Run the proof alone on a folder that a demo left."""
    return run("proof.py", str(root), temporary=root.parent)


@pytest.fixture(scope="module")
def left_behind(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a demo that was run with --keep."""
    temporary = tmp_path_factory.mktemp("demo")
    done = small_demo(temporary, "--keep")
    assert done.returncode == 0, done.stdout + done.stderr
    (root,) = temporary.glob("beadwork-demo-*")
    return root


def damaged(root: Path, old: str, new: str) -> subprocess.CompletedProcess[str]:
    """Replace a text in the project's file, prove, and put the file back."""
    path = root / "project" / ".beads" / "issues.jsonl"
    content = path.read_text(encoding="utf-8")
    assert old in content
    path.write_text(content.replace(old, new, 1), encoding="utf-8")
    try:
        return prove(root)
    finally:
        path.write_text(content, encoding="utf-8")


def acked(root: Path, what: str) -> dict[str, str]:
    """Return an acknowledgement of one kind."""
    lines = [
        json.loads(line)
        for path in sorted((root / "acknowledged").glob("*.jsonl"))
        for line in path.read_text(encoding="utf-8").splitlines()
    ]
    found: dict[str, str] = next(each for each in lines if each["what"] == what)
    return found


@pytest.mark.slow
def test_a_small_demo_proves_itself_and_leaves_nothing(tmp_path: Path) -> None:
    done = small_demo(tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "FAILED" not in done.stdout
    assert "checks hold" in done.stdout
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
@pytest.mark.parametrize("way", ["--kill", "--direct"])
def test_it_proves_itself_too_without_the_daemon_or_with_one_that_dies(
    tmp_path: Path, way: str
) -> None:
    done = small_demo(tmp_path, way)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "checks hold" in done.stdout


@pytest.mark.slow
def test_the_proof_of_what_was_left_holds(left_behind: Path) -> None:
    done = prove(left_behind)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.slow
def test_a_comment_gone_from_the_file_fails_the_proof(left_behind: Path) -> None:
    issue = acked(left_behind, "comment")["issue"]
    done = damaged(left_behind, f"Looked into {issue}:", "Looked elsewhere:")
    assert done.returncode == 1
    assert f"on {issue} is not in the file" in done.stdout


@pytest.mark.slow
def test_a_close_gone_from_the_file_fails_the_proof(left_behind: Path) -> None:
    reason = acked(left_behind, "close")["reason"]
    done = damaged(left_behind, f'"close_reason":"{reason}"', '"close_reason":"Other"')
    assert done.returncode == 1
    assert "is not closed in the file" in done.stdout
    assert "differs in close_reason" in done.stdout


@pytest.mark.slow
def test_a_second_claim_of_an_issue_fails_the_proof(left_behind: Path) -> None:
    ack = acked(left_behind, "claim") | {"worker": "agent-9"}
    path = left_behind / "acknowledged" / "agent-9.jsonl"
    path.write_text(f"{json.dumps(ack)}\n", encoding="utf-8")
    try:
        done = prove(left_behind)
    finally:
        path.unlink()
    assert done.returncode == 1
    assert f"{ack['issue']} was claimed by" in done.stdout
