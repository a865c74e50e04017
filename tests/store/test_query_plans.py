"""SQLite answers the hot queries from their indexes, never by going through a whole table."""

import re
from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest

from beadwork.store import load
from beadwork.store.migrate import migrate
from beadwork.store.sqlite import open_writer

INDEX = re.compile(r"USING (?:COVERING )?INDEX (\w+)")
WHOLE = re.compile(r"SCAN (?:i|e|issue|edge)\b")
RIGHT_INDEXES = [
    ("ready.plain_of_priority", {"ready_by_priority"}),
    ("ready.of_priority", {"ready_by_priority"}),
    ("ready.next_priority", {"ready_by_priority"}),
    ("ready.plain_by_age", {"ready_by_age"}),
    ("ready.by_age", {"ready_by_age"}),
    ("ready.glance", {"ready_by_age", "asleep_by_defer", "waiting_outside"}),
    ("ready.due_sleepers", {"asleep_by_defer"}),
    ("record.dirty_to_export", {"issue_by_change"}),
    ("record.dirty_count", {"issue_by_change"}),
    ("issue.by_hash_start", {"sqlite_autoindex_issue_1"}),
    (
        "issue.traces",
        {
            *("sqlite_autoindex_issue_1", "edge_by_target_id"),
            *("edge_by_alternative", "edge_by_spawner_id"),
        },
    ),
    ("edge.naming", {"edge_by_target_id", "edge_by_alternative", "edge_by_spawner_id"}),
    ("edge.of_target_kind", {"edge_by_target"}),
    ("edge.of_spawner", {"edge_by_spawner"}),
    ("claim.expired", {"claim_by_expiry"}),
    ("delivery.next?ordered", {"delivery_waiting", "delivery_held", "delivery_again"}),
    ("delivery.next?any_order", {"delivery_waiting"}),
    ("delivery.next_due", {"delivery_due", "delivery_held"}),
    ("delivery.held", {"delivery_held"}),
    ("delivery.waiting", {"delivery_waiting"}),
    ("delivery.unseen", {"delivery_waiting"}),
    ("delivery.dead", {"delivery_dead"}),
    ("delivery.ended_holds", {"delivery_by_hold_end"}),
    ("delivery.ended", {"delivery_by_expiry"}),
    ("event.of_request", {"event_by_request"}),
    ("event.of_issue", {"event_by_issue"}),
    ("message.sent_by", {"message_by_sender"}),
    ("message.in_thread", {"message_by_thread"}),
    ("message.with_key", {"message_by_key"}),
    ("delivery.held_count", {"delivery_held"}),
    ("lease.expired", {"lease_by_expiry"}),
    ("lease.given_up", {"lease_by_patience"}),
    ("sweep.due?leases", {"lease_by_expiry", "lease_by_patience", "lease_bound"}),
    ("lease.unseen", {"lease_bound"}),
    ("lease.bound_patience", {"lease_by_patience"}),
    ("lease.waiting_of", {"lease_by_patience"}),
    ("lease.same", {"lease_live"}),
    ("lease.live_of", {"lease_live"}),
    ("lease.of_session", {"lease_by_session"}),
    ("lease.near", {"lease_pattern_by_prefix"}),
    ("lease.of_names", {"lease_pattern_by_prefix"}),
    ("lease.drop_old", {"lease_by_end"}),
]
# What goes through all there is, because it is asked for all there is.
WHOLE_BY_NATURE = {
    "check.child_tops",
    "check.closed_parents",
    "check.counts",
    "check.first_ids",
    "check.holders",
    "check.lone_edges",
    "check.numbers_ahead",
    "check.odd_claims",
    "check.outdated",
    "check.outside",
    "check.settle_numbers",
    "check.unheld",
    "counter.child_tops",
    "edge.dangling",
    "edge.ordering",
    "graph.live",
    "issue.assignees",
    "issue.label_counts",
    "issue.last_number",
    "issue.matches",
    "issue.of_status",
    "issue.of_type",
    "moves.mentioning",
    "ready.all_links",
    "ready.all_nodes",
    "ready.all_states",
    "ready.blocked",
    "ready.ephemeral",
    "record.conflicts",
    "record.outdated_to_export",
    "record.to_export",
    "stats.tally",
}


class Anything(dict[str, object]):
    """Parameters of any name."""

    def __missing__(self, name: str) -> object:
        return None


@pytest.fixture(scope="module")
def connection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[apsw.Connection]:
    """An empty store."""
    path: Path = tmp_path_factory.mktemp("plans") / "a.db"
    session = open_writer(str(path), busy_ms=0)
    migrate(session)
    session.close()
    opened = apsw.Connection(str(path))
    yield opened
    opened.close()


def plan(connection: apsw.Connection, name: str) -> list[str]:
    """Return the lines of a query's plan."""
    text = f"EXPLAIN QUERY PLAN {load.sql(name)}"
    return [str(row[3]) for row in connection.execute(text, Anything())]


@pytest.mark.parametrize(("name", "indexes"), RIGHT_INDEXES, ids=[n for n, _ in RIGHT_INDEXES])
def test_a_hot_query_uses_the_index_made_for_it(
    connection: apsw.Connection, name: str, indexes: set[str]
) -> None:
    lines = plan(connection, name)
    used = {found[1] for line in lines if (found := INDEX.search(line))}
    assert indexes <= used, lines


@pytest.mark.parametrize(
    "name", ["ready.plain_of_priority", "ready.of_priority", "ready.plain_by_age", "ready.by_age"]
)
def test_ready_issues_come_in_order_without_sorting(connection: apsw.Connection, name: str) -> None:
    assert not [line for line in plan(connection, name) if "TEMP B-TREE" in line]


@pytest.mark.parametrize(
    "name",
    [name for name, only in load.names() if only != "postgres" and name not in WHOLE_BY_NATURE],
)
def test_no_query_of_a_few_rows_goes_through_all_issues_or_edges(
    connection: apsw.Connection, name: str
) -> None:
    scans = [line for line in plan(connection, name) if WHOLE.search(line)]
    scans = [line for line in scans if "inert_edge" not in line]  # an index of next to nothing
    assert not scans


@pytest.mark.parametrize("part", ["among", "ids", "labels", "labels_alike", "labels_any", "within"])
def test_a_filter_that_names_a_few_issues_looks_at_no_others(
    connection: apsw.Connection, part: str
) -> None:
    parts = ("alive", "open_only", "statuses", "sorted", "by_priority_up", "limit", part)
    lines = plan(connection, load.with_parts("issue.matches", parts))
    assert not [line for line in lines if WHOLE.search(line)]
