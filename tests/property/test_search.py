"""What the index finds is what a look at every issue finds, whatever was written and is sought."""

import random
import shutil
from collections.abc import Sequence
from unittest.mock import patch

from hypothesis import given, settings
from hypothesis import strategies as st

from beadwork.model import similarity
from beadwork.model.query import parse
from beadwork.model.query_fields import Subject
from beadwork.model.query_match import Asking, matcher_of
from beadwork.model.search import Document, sought
from beadwork.model.similarity import alike, bag, likeness
from beadwork.ops.comment import AddComment
from beadwork.ops.issue_state import CloseIssue, DeleteIssue
from beadwork.ops.issue_update import UpdateIssue
from beadwork.ops.label import AddLabels
from beadwork.ops.query import QueryIssues
from beadwork.ops.record_file import ExportFile, ImportFile
from beadwork.ops.search import IndexBatch, IndexTexts, SearchIssues
from tests.support import Project, memory_folder, query

PIECES = ("log", "login", "in", "Über", "café", "a_b", "C++", "東京都", "x-1", "->", "ﬃ", "İ", "ab")
texts = st.lists(st.sampled_from(PIECES), min_size=1, max_size=4).map(" ".join)
glued = st.lists(st.sampled_from(PIECES), min_size=1, max_size=3).map("".join)
anything = st.text(max_size=12) | texts | glued | glued.map('"{}"'.format) | glued.map("{}*".format)
writes = st.lists(
    st.tuples(
        st.sampled_from(
            ("create", "title", "notes", "comment", "label", "close", "delete", "file", "index")
        ),
        st.integers(0, 9),
        texts | glued,
    ),
    max_size=14,
)


def write(project: Project, ids: list[str], what: str, place: int, text: str) -> None:
    """Do one thing that may change what is found."""
    if what == "create" or not ids:
        ids.append(project.create(text, description=text[::-1]))
        return
    issue = ids[place % len(ids)]
    match what:
        case "title":
            project.run(UpdateIssue(issue=issue, title=text))
        case "notes":
            project.run(UpdateIssue(issue=issue, notes=text))
        case "comment":
            project.run(AddComment(issue=issue, text=text))
        case "label":
            project.run(AddLabels(issue=issue, labels=[text]))
        case "close":
            project.run(CloseIssue(issue=issue))
        case "delete":
            project.run(DeleteIssue(issue=issue))
            ids.remove(issue)
        case "file":
            project.run(ExportFile())
            edited = project.records.read_text(encoding="utf-8").replace("log", "gol")
            project.records.write_text(edited, encoding="utf-8")
            project.run(ImportFile())
        case _:
            project.run(IndexBatch(limit=1 + place))


def looked_up(project: Project, asked: str) -> set[str]:
    """Look at every issue."""
    terms = sought(asked)
    rows = query(
        project.place,
        "SELECT i.id, d.body FROM issue i JOIN document d ON d.n = i.n"
        " WHERE i.status <> 'tombstone'",
    )
    return {
        issue_id
        for issue_id, body in rows
        if (document := Document(body)).score(terms) is not None or document.has_parts(terms)
    }


@settings(max_examples=40)
@given(writes, st.lists(anything, min_size=1, max_size=4))
def test_the_index_finds_what_a_look_at_every_issue_finds(
    steps: Sequence[tuple[str, int, str]], queries: Sequence[str]
) -> None:
    folder = memory_folder()
    project = Project(folder)
    try:
        ids: list[str] = []
        for step in steps:
            write(project, ids, *step)
        project.engine.prepare()
        for _ in ("some beside the index", "all in the index"):
            for asked in filter(str.strip, queries):
                found = project.run(SearchIssues(query=asked, limit=0)).issues
                names = [row.issue.id for row in found]
                assert len(names) == len(set(names))
                assert set(names) == looked_up(project, asked)
                by_id = project.run(SearchIssues(query=asked, limit=0, sort="id")).issues
                assert [row.issue.id for row in by_id] == sorted(names)
            project.run(IndexTexts(spare=0))
    finally:
        project.close()
        shutil.rmtree(folder)


comparisons = st.sampled_from(
    (
        "status=open", "status!=open", "priority<2", "priority>=2", "priority=1,3", "type=bug",
        "type!=bug", "label=a", "label=none", "label=A,b", "assignee=none", "assignee=BOB",
        "title=wo", "title=*2", "created<1d", "created>2026-01-01", "created=2026-01-01",
        "updated<=2026-01-02", "closed=none", "closed!=none", "closed>1d", "parent=none",
        "parent!=none", "description=none", "due<7d", "pinned=false", "id=px-*", "notes=x",
    )
)  # fmt: skip
expressions = st.recursive(
    comparisons,
    lambda inner: st.one_of(
        inner.map("NOT ({})".format),
        st.tuples(inner, inner).map(" AND ".join).map("({})".format),
        st.tuples(inner, inner).map(" OR ".join).map("({})".format),
        st.tuples(inner, inner).map(" AND ".join),
    ),
    max_leaves=6,
)


def filled(project: Project) -> None:
    """Make issues that differ in what queries ask for."""
    chance = random.Random(1)
    epic = project.create("Epic", issue_type="epic")
    for number in range(12):
        issue = project.create(
            f"Work {number}",
            issue_type=chance.choice(("task", "bug")),
            priority=chance.randrange(5),
            labels=chance.sample(("a", "b", "c"), chance.randrange(3)),
            assignee=chance.choice(("", "bob")),
            parent=chance.choice(("", epic)),
            description=chance.choice(("", "words")),
            due_at=chance.choice(("", "2026-01-04", "2026-02-01")),
        )
        project.clock.advance(chance.randrange(80_000))
        if chance.random() < 0.3:
            project.run(CloseIssue(issue=issue))


def test_a_query_finds_what_it_says_whatever_the_store_sorts_out_before() -> None:
    folder = memory_folder()
    project = Project(folder)
    filled(project)

    @settings(max_examples=150)
    @given(expressions)
    def check(expression: str) -> None:
        everything = project.run(QueryIssues(expression="id!=none", all=True, limit=0)).issues
        asking = Asking(expression, project.clock.now_us)
        matches = matcher_of(parse(expression), asking)
        found = project.run(QueryIssues(expression=expression, all=True, limit=0)).issues
        assert [row.issue.id for row in found] == [
            row.issue.id for row in everything if matches(Subject(row.issue, row.parent))
        ]

    try:
        check()
    finally:
        project.close()
        shutil.rmtree(folder)


words = st.lists(st.sampled_from(["ab", "cd", "ef", "gh", "ij", "kl", "mn"]), max_size=9).map(
    " ".join
)


@given(
    st.lists(words, max_size=8),
    st.sampled_from((0.0, 0.05, 0.3, 0.5, 0.8, 1.0)),
    st.integers(0, 6),
    st.integers(1, 4),
)
def test_the_pairs_that_are_most_alike_are_found(
    found: list[str], threshold: float, limit: int, block: int
) -> None:
    bags = [bag(text) for text in found]
    every = [
        (likeness(bags[one], bags[other]), one, other)
        for other in range(len(bags))
        for one in range(other)
        if bags[one].counts.keys() & bags[other].counts.keys()
    ]
    every.sort(key=lambda pair: (-pair[0], *pair[1:]))
    wanted = [pair for pair in every if pair[0] >= threshold]
    with patch.object(similarity, "_BLOCK", block):
        assert alike(bags, threshold, limit) == (wanted[:limit] if limit else wanted)
