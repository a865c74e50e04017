"""Search in the engine: 100,000 issues, words that few and many have, parts, and the index."""

import random
from collections.abc import Iterator

import apsw
import data
from figures import Figure, clocked, median, p99, repeated

from beadwork.engine import Engine
from bench import CALLER, Bench, bare, engine_on, request

_SIZE = 100_000
_TARGET_S = 0.01
_RUNS = 30
_RARE = 50
_FLOOR = """
    SELECT i.id, d.body FROM issue i JOIN document d ON d.n = i.n
    WHERE i.n IN (SELECT rowid FROM search_words WHERE search_words MATCH ? LIMIT 50)
"""


def measure(bench: Bench) -> list[Figure]:
    place = bench.imported(data.lines(_varied(_SIZE)))
    with engine_on(place) as engine, bare(place.database) as connection:
        index = clocked(lambda: engine.run(request("search.index", spare=0), CALLER))
        first = Figure(what=f"index of {_SIZE:,} issues", median=index)
        return [first, *_searches(engine, connection), *_queries(engine)]


def _varied(count: int) -> Iterator[dict[str, object]]:
    """Make a backlog whose titles hold rare words too."""
    chance = random.Random(2)
    for record in data.backlog(count):
        record["title"] += f" zeta{chance.randrange(count // _RARE)}"
        yield record


def _searches(engine: Engine, connection: apsw.Connection) -> Iterator[Figure]:
    for what, text, match in (
        ("a word of 50 issues", "zeta77", '"zeta77"'),
        ("a word of half of all", "parser", '"parser"'),
        ("two words of many", "parser queue", '"parser" AND "queue"'),
        ("a part of a word", "eta1234", '"zeta1234"'),
        ("nothing", "unheardof", '"unheardof"'),
    ):
        asked = request("issue.search", query=text)
        floor = repeated(lambda m=match: connection.execute(_FLOOR, (m,)).fetchall(), _RUNS)
        values = repeated(lambda a=asked: engine.run(a, CALLER), _RUNS)
        yield Figure(
            what=f"search for {what}",
            median=median(values),
            worst=p99(values),
            floor=median(floor),
            floor_is="bare index lookup of fifty",
            target=_TARGET_S,
        )


def _queries(engine: Engine) -> Iterator[Figure]:
    for what, name, fields in (
        ("search with a filter", "issue.search", {"query": "zeta77", "statuses": ["open"]}),
        ("search of many with it", "issue.search", {"query": "parser", "statuses": ["open"]}),
        ("two of many with a label", "issue.search", {"query": "parser queue", "labels": ["docs"]}),
        ("many in an order", "issue.search", {"query": "parser", "sort": "created"}),
        ("filter alone", "issue.search", {"labels": ["docs"]}),
        ("query with AND", "issue.query", {"expression": "status=open AND label=docs"}),
        ("query with OR", "issue.query", {"expression": "priority=0 OR label=docs"}),
    ):
        asked = request(name, **fields)
        values = repeated(lambda a=asked: engine.run(a, CALLER), 5)
        target = _TARGET_S if name == "issue.search" else None
        yield Figure(what=what, median=median(values), worst=max(values), target=target)
