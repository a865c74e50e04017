"""The hot queries walk an index, in its order, however many issues there are."""

import re
from collections.abc import Iterator

import apsw
import pytest

from beadwork.store.load import sql
from beadwork.store.migrate import migrations

_PARAMETER = re.compile(r"(?<![:\w]):([a-z_]\w*)")
NOT_SORTED = "USE TEMP B-TREE"


@pytest.fixture(scope="module")
def empty() -> Iterator[apsw.Connection]:
    """A database with the schema and no statistics, as every store is."""
    connection = apsw.Connection(":memory:")
    for _, text in migrations("sqlite"):
        connection.execute(text)
    yield connection
    connection.close()


def plan(connection: apsw.Connection, name: str) -> list[str]:
    """Ask how a query would be carried out."""
    text = sql(name)
    parameters = dict.fromkeys(_PARAMETER.findall(text), None)
    return [str(row[3]) for row in connection.execute(f"EXPLAIN QUERY PLAN {text}", parameters)]


USED = {
    "ready.of_priority": "ready_by_priority",
    "ready.plain_of_priority": "ready_by_priority",
    "ready.next_priority": "ready_by_priority",
    "ready.by_age": "ready_by_age",
    "ready.plain_by_age": "ready_by_age",
    "ready.any_recent": "ready_by_age",
    "ready.any_sleeper": "asleep_by_defer",
    "ready.due_sleepers": "asleep_by_defer",
    "ready.sleepers": "asleep_by_defer",
    "ready.waiting_outside": "waiting_outside",
    "record.dirty_to_export": "issue_by_change",
    "record.dirty_count": "issue_by_change",
    "issue.by_hash_start": "issue_by_hash",
    "claim.expired": "claim_by_expiry",
    "event.of_issue": "event_by_issue",
    "event.of_request": "event_by_request",
    "edge.of_target_kind": "edge_by_target",
    "edge.of_spawner": "edge_by_spawner",
    "edge.any_inert": "inert_edge",
    "record.drop_keys": "request_key_by_time",
}
SORTED_BY_INDEX = (
    "ready.of_priority",
    "ready.plain_of_priority",
    "ready.by_age",
    "ready.plain_by_age",
    "ready.due_sleepers",
    "claim.expired",
    "event.of_issue",
    "event.since",
)


@pytest.mark.parametrize("name", USED)
def test_a_hot_query_uses_its_index(empty: apsw.Connection, name: str) -> None:
    steps = plan(empty, name)
    assert any(f"INDEX {USED[name]} " in f"{step} " for step in steps), steps


@pytest.mark.parametrize("name", SORTED_BY_INDEX)
def test_a_hot_query_takes_its_order_from_the_index(empty: apsw.Connection, name: str) -> None:
    steps = plan(empty, name)
    assert not [step for step in steps if step.startswith(NOT_SORTED)], steps


@pytest.mark.parametrize(
    "name",
    [
        "issue.by_id",
        "issue.by_number",
        "issue.number_of",
        "issue.birth_of",
        "issue.known_ids",
        "issue.rows",
        "claim.of",
        "edge.of_source",
        "edge.naming",
        "edge.one",
        "edge.neighbours",
        "edge.dependents",
        "edge.parent",
        "edge.parent_links",
        "edge.height_above",
        "edge.depth_below",
        "edge.descendants",
        "ready.children_to_shift",
        "ready.facts",
        "ready.standing",
        "ready.workable_dependents",
        "record.known",
        "record.key",
    ],
)
def test_a_query_about_one_issue_never_reads_a_whole_table(
    empty: apsw.Connection, name: str
) -> None:
    scans = [
        step
        for step in plan(empty, name)
        if re.match(r"SCAN (?!json_each|up\b|down\b|CONSTANT ROW)", step) and "VIRTUAL" not in step
    ]
    assert not scans
