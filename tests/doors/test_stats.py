"""`bd stats`, which is `bd status`: the shape of classic, and true counts."""

from tests.doors.program import Bd

SUMMARY = [
    "total_issues", "open_issues", "in_progress_issues", "closed_issues", "blocked_issues",
    "deferred_issues", "ready_issues", "tombstone_issues", "pinned_issues",
    "epics_eligible_for_closure", "average_lead_time_hours",
]  # fmt: skip
ACTIVITY = [
    "hours_tracked", "commit_count", "issues_created", "issues_closed", "issues_updated",
    "issues_reopened", "total_changes",
]  # fmt: skip


def test_outside_git_there_is_a_summary_only(bd: Bd) -> None:
    bd.create("One")
    found = bd.json("stats")
    assert list(found) == ["summary"]
    assert list(found["summary"]) == SUMMARY
    assert found["summary"]["total_issues"] == found["summary"]["ready_issues"] == 1
    assert isinstance(found["summary"]["average_lead_time_hours"], float)
    assert bd.json("status") == found


def test_in_git_the_last_day_is_told(bd: Bd) -> None:
    bd.git("init", "--quiet")
    bd.git("config", "user.name", "ann")
    bd.git("config", "user.email", "ann@example.org")
    issue = bd.create("One")
    bd.ok("update", issue, "--title", "Two")
    bd.ok("close", issue)
    found = bd.json("stats")["recent_activity"]
    assert list(found) == ACTIVITY
    assert found == {
        "hours_tracked": 24,
        "commit_count": 0,
        "issues_created": 1,
        "issues_closed": 1,
        "issues_updated": 1,
        "issues_reopened": 0,
        "total_changes": 3,
    }
    bd.git("add", "-A")
    bd.git("commit", "--quiet", "-m", "Issues")
    assert bd.json("stats")["recent_activity"]["commit_count"] == 1
    assert "recent_activity" not in bd.json("stats", "--no-activity")
    assert "1 created, 1 closed, 1 updated, 0 reopened, 1 commits" in bd.ok("stats").out


def test_assigned_counts_what_the_caller_is_to_do(bd: Bd) -> None:
    bd.create("Mine", "-a", "ann")
    bd.create("Theirs", "-a", "bob")
    assert bd.json("stats", "--assigned")["summary"]["total_issues"] == 1
    assert bd.json("stats", "--all")["summary"]["total_issues"] == 2
    answer = bd("stats", "--all", "--assigned")
    assert (answer.code, answer.out) == (2, "")


def test_people_read_a_line_a_count(bd: Bd) -> None:
    bd.create("One")
    lines = bd.ok("stats").out.splitlines()
    assert lines[:2] == ["Issues: 1", "Open: 1"]
    assert lines[-1] == "Hours to close, on average: 0.0"
