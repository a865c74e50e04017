"""Any sequence of operations leaves what a plain model says, and an index that is right.

The model is a dict of issues by their instant of creation. After every step readiness is
compared with two computations from scratch: the store's own, and one from its lines alone.
"""

import itertools
import json
import random
import shutil
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from beadwork.engine import Caller
from beadwork.model import codec
from beadwork.model import record as records
from beadwork.model.claim import Holder
from beadwork.model.dependency import ORDERING_KINDS, Gate
from beadwork.model.errors import (
    BeadworkError,
    ClaimLost,
    ClaimStale,
    CloseBlocked,
    DependencyCycle,
    Fault,
    InvalidTransition,
    Unavailable,
)
from beadwork.model.ids import derived_id
from beadwork.model.instants import format_ns, format_us, parse_us
from beadwork.model.issue import Vocabulary
from beadwork.model.record import Record
from beadwork.model.stamp import Stamp
from beadwork.ops.claim import ClaimIssue, ReleaseIssue
from beadwork.ops.comment import AddComment
from beadwork.ops.dependency import AddDependency, Relate, RemoveDependency
from beadwork.ops.event import Undo
from beadwork.ops.issue_create import CreateIssue
from beadwork.ops.issue_state import CloseIssue, DeleteIssue, ReopenIssue
from beadwork.ops.issue_update import UpdateIssue
from beadwork.ops.label import AddLabels, RemoveLabels
from beadwork.ops.ready import ListBlocked, ListReady
from beadwork.ops.record_file import ExportFile, ImportFile
from tests.property.oracle import Opinion, Oracle
from tests.support import (
    DAY_US,
    START_US,
    Project,
    SetClock,
    lines_of,
    memory_folder,
    query,
)

ORDERING = ("blocks", "parent-child", "conditional-blocks", "waits-for")
KINDS = (*ORDERING, "related", "discovered-from", "my-own-kind")
STATUSES = ("open", "in_progress", "blocked", "deferred", "pinned", "hooked", "review", "shipped")
LIVE = ("open", "in_progress", "blocked", "deferred", "hooked", "pinned", "review", "shipped")
REASONS = ("Done", "It failed", "Won't fix", "Finished at last")
TYPES = ("task", "bug", "epic", "spike")
LABELS = ("a", "b", "ü")
WORDS = (
    Vocabulary(
        prefix="px",
        custom_statuses=("review", "shipped"),
        done_statuses=("shipped",),
        custom_types=("spike",),
    ),
    Vocabulary(
        prefix="px",
        custom_statuses=("review", "shipped"),
        done_statuses=("review",),
        custom_types=("spike",),
        hidden_id_patterns=("-3",),
    ),
)
POOL = [f"px-{n}" for n in range(7)]
EXTERNAL = "external:other:thing"

picks = st.integers(0, 40)
pool_ids = st.sampled_from(POOL)
kinds = st.sampled_from(KINDS)
priorities = st.integers(0, 4)
statuses = st.sampled_from(STATUSES)
label_sets = st.sets(st.sampled_from(LABELS), max_size=2)
days = st.sampled_from((None, None, None, -1, 1, 3))
edge_specs = st.tuples(
    st.sampled_from((*POOL, EXTERNAL)), kinds, st.sampled_from(("none", "holder", "later")), picks
)
gates = st.sampled_from(Gate)


@dataclass
class Known:
    """An issue as the model knows it."""

    birth: int
    born_as: str
    title: str
    status: str = "open"
    reason: str = ""
    priority: int = 2
    issue_type: str = "task"
    labels: frozenset[str] = frozenset()
    edges: dict[tuple[str, str], int | None] = field(default_factory=dict)
    defer: str = ""
    pinned: bool = False
    ephemeral: bool = False
    comments: int = 0

    def copy(self) -> "Known":
        """Copy it, so that a later change of one leaves the other."""
        return replace(self, edges=dict(self.edges))


def facts_of(record: Record) -> dict[str, Any]:
    """Read from a record what the model knows of an issue."""
    return {
        "id": record.id,
        "title": record.text("title"),
        "status": record.status,
        "reason": record.text("close_reason"),
        "priority": int(record.fields["priority"]),
        "issue_type": record.text("issue_type"),
        "labels": set(record.labels),
        "edges": set(record.edges),
        "defer": record.text("defer_until"),
        "pinned": record.fields.get("pinned") == "true",
        "ephemeral": record.fields.get("ephemeral") == "true",
        "comments": len(record.comments),
    }


class StoreMachine(RuleBasedStateMachine):
    """One store, its model, and other clones that send lines."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = memory_folder()
        self.clock = SetClock(START_US + 10 * DAY_US)
        self.words = WORDS[0]
        self.open()
        self.known: dict[int, Known] = {}
        self.ids_used: set[str] = set()
        self.before_last: dict[int, Known] | None = None
        self.count = 0
        self.old_lines: list[str] = []
        self.is_file_ours = True

    def open(self) -> None:
        """Open the store twice, as two processes would."""
        self.projects = [
            Project(self.folder, clock=self.clock, vocabulary=self.words) for _ in range(2)
        ]
        self.project = self.projects[0]
        self.project.engine.prepare()

    def close_all(self) -> None:
        """Close the store."""
        for each in self.projects:
            each.close()

    def teardown(self) -> None:
        self.close_all()
        shutil.rmtree(self.folder)

    # -- the model

    def number(self) -> int:
        """Return a number that was not given out before."""
        self.count += 1
        return self.count

    def names(self) -> dict[int, str]:
        """Name every issue: of several births under one id the earliest keeps it (R4)."""
        named: dict[int, str] = {}
        holders: set[str] = set()
        for birth in sorted(self.known):
            born_as = self.known[birth].born_as
            first = born_as not in holders
            holders.add(born_as)
            named[birth] = born_as if first else derived_id(born_as, format_ns(birth))
        return named

    def by_name(self) -> dict[str, Known]:
        """Find issues by the id that they have now."""
        return {name: self.known[birth] for birth, name in self.names().items()}

    def pick(self, number: int) -> tuple[str, Known]:
        """Choose an issue."""
        named = sorted((name, birth) for birth, name in self.names().items())
        name, birth = named[number % len(named)]
        return name, self.known[birth]

    def meant(self, target_id: str, birth: int | None) -> str | None:
        """Return the id of the issue that an edge means."""
        issues = self.by_name()
        holder = issues.get(target_id)
        if holder is None:
            return None
        if birth is None or holder.birth >= birth:
            return target_id
        derived = derived_id(target_id, format_ns(birth))
        return derived if derived in issues else None

    def birth_of(self, target_id: str) -> int | None:
        """Return what an edge of ours notes of its target."""
        holder = self.by_name().get(target_id)
        return None if holder is None else holder.birth

    def reaches(self, start: str, goal: str) -> bool:
        """Tell whether one issue waits for another, however indirectly."""
        issues = self.by_name()
        seen, waiting = {start}, [start]
        while waiting:
            issue = issues[waiting.pop()]
            for (target_id, kind), birth in issue.edges.items():
                target = self.meant(target_id, birth) if kind in ORDERING else None
                if target is not None and target not in seen:
                    seen.add(target)
                    waiting.append(target)
        return goal in seen

    def opinion(self) -> Opinion:
        """Ask the oracle."""
        oracle = Oracle(lines_of(self.project.place), self.words)
        return oracle.opinion(self.clock.now_us, LIVE)

    def try_to(
        self,
        request: Any,
        change: Callable[[Any], None],
        *,
        refused: type[BeadworkError] | None = None,
    ) -> None:
        """Run a request of ours; the model follows where it succeeds.

        `refused` is what it must be refused with. Other refusals are the state machine's,
        the claim's or the names', and change nothing: the invariants see to that.
        """
        self.wake_before_a_write()
        before = {birth: each.copy() for birth, each in self.known.items()}
        outcome = self.project.batch(request)[0]
        assert not isinstance(outcome, Fault | Unavailable)
        if isinstance(outcome, BeadworkError):
            others = (InvalidTransition, ClaimStale, ClaimLost)
            assert refused is None or isinstance(outcome, (refused, *others)), outcome
            return
        assert refused is None, f"should be refused with {refused}"
        change(outcome)
        self.before_last = before if before != self.known else None

    # -- our own operations

    @initialize(count=st.integers(1, 4))
    def begin(self, count: int) -> None:
        for n in range(count):
            self.make(POOL[n], CreateIssue(title="begin", id=POOL[n], priority=n))

    def make(self, wanted: str, request: CreateIssue) -> None:
        """Create an issue, and let the model know what it got."""
        title = f"own {self.number()}"
        request = CreateIssue(**{**{n: getattr(request, n) for n in FIELDS}, "title": title})

        def change(answer: Any) -> None:
            assert not wanted or answer.issue.id == wanted
            self.note_created(request, answer)

        self.try_to(request, change)

    def note_created(self, request: CreateIssue, answer: Any) -> None:
        """Let the model know of a new issue."""
        issue = answer.issue
        if request.parent:
            assert issue.id not in self.ids_used, "a child's number was given out twice"
        self.ids_used.add(issue.id)
        edges: dict[tuple[str, str], int | None] = {}
        for text in request.dependencies:
            kind, _, target = text.partition(":")
            if (target, kind) != (request.parent, "parent-child"):
                edges[target, kind] = self.birth_of(target)
        if request.parent:
            edges[request.parent, "parent-child"] = self.birth_of(request.parent)
        if request.waits_for:
            edges[request.waits_for, "waits-for"] = self.birth_of(request.waits_for)
        birth = (parse_us(issue.created_at) or 0) * 1000
        self.known[birth] = Known(
            birth,
            issue.id,
            request.title,
            priority=request.priority,
            issue_type=request.issue_type,
            labels=frozenset(request.labels),
            edges=edges,
            defer=request.defer_until,
            ephemeral=request.ephemeral,
        )

    @rule(
        wanted=st.one_of(st.just(""), pool_ids),
        parent=st.one_of(st.none(), picks),
        needs=st.lists(st.tuples(kinds, picks), max_size=2),
        waits=st.one_of(st.none(), st.tuples(picks, gates)),
        labels=label_sets,
        priority=priorities,
        kind=st.sampled_from(TYPES),
        ahead=days,
        ephemeral=st.sampled_from((False, False, False, True)),
    )
    def create(
        self,
        wanted: str,
        parent: int | None,
        needs: list[tuple[str, int]],
        waits: tuple[int, Gate] | None,
        labels: set[str],
        priority: int,
        kind: str,
        ahead: int | None,
        ephemeral: bool,
    ) -> None:
        above = "" if parent is None else self.pick(parent)[0]
        request = CreateIssue(
            title="to be named",
            id=wanted,
            parent=above if not wanted else "",
            dependencies=[f"{name}:{self.pick(n)[0]}" for name, n in needs],
            waits_for=self.pick(waits[0])[0] if waits else "",
            waits_for_gate=waits[1] if waits else Gate.ALL_CHILDREN,
            labels=sorted(labels),
            priority=priority,
            issue_type=kind,
            defer_until=self.later(ahead),
            ephemeral=ephemeral,
        )
        self.make(wanted, request)

    def later(self, ahead: int | None) -> str:
        """Write a time some days from now."""
        return "" if ahead is None else format_us(self.clock.now_us + ahead * DAY_US)

    @rule(
        n=picks,
        status=st.one_of(st.none(), statuses, st.just("closed")),
        priority=st.one_of(st.none(), priorities),
        ahead=days,
        add=label_sets,
        remove=label_sets,
        pinned=st.sampled_from((None, None, None, True, False)),
        ephemeral=st.sampled_from((None, None, None, None, True, False)),
    )
    def update(
        self,
        n: int,
        status: str | None,
        priority: int | None,
        ahead: int | None,
        add: set[str],
        remove: set[str],
        pinned: bool | None,
        ephemeral: bool | None,
    ) -> None:
        name, issue = self.pick(n)
        values = {"status": status, "priority": priority, "pinned": pinned, "ephemeral": ephemeral}
        given: dict[str, Any] = {key: value for key, value in values.items() if value is not None}
        if ahead is not None:
            given["defer_until"] = self.later(ahead)
        is_done = status is not None and self.words.is_done(status) and status != issue.status
        held = is_done and self.opinion().standings[name].own_holds > 0

        def change(_: Any) -> None:
            if "defer_until" in given:
                issue.defer = given["defer_until"]
            for key in ("priority", "pinned", "ephemeral"):
                if key in given:
                    setattr(issue, key, given[key])
            issue.labels = (issue.labels | add) - remove
            if status is not None and status != issue.status:
                issue.status = status
                issue.reason = "Closed" if status == "closed" else ""

        request = UpdateIssue(
            issue=name, add_labels=sorted(add), remove_labels=sorted(remove), **given
        )
        if not (given or add or remove):
            return
        self.try_to(request, change, refused=CloseBlocked if held else None)

    @rule(n=picks, parent=st.one_of(st.none(), picks))
    def change_parent(self, n: int, parent: int | None) -> None:
        name, issue = self.pick(n)
        above = "" if parent is None else self.pick(parent)[0]
        is_cycle = bool(above) and (above == name or self.reaches(above, name))

        def change(_: Any) -> None:
            kept = issue.edges.get((above, "parent-child"))
            was_there = (above, "parent-child") in issue.edges
            for key in [key for key in issue.edges if key[1] == "parent-child"]:
                del issue.edges[key]
            if above:
                birth = kept if was_there else self.birth_of(above)
                issue.edges[above, "parent-child"] = birth

        refused = DependencyCycle if is_cycle else None
        if issue.status == "tombstone" or (above and self.by_name()[above].status == "tombstone"):
            refused = None
        self.try_to(UpdateIssue(issue=name, parent=above), change, refused=refused)

    @rule(n=picks, reason=st.sampled_from(REASONS), force=st.booleans())
    def close(self, n: int, reason: str, force: bool) -> None:
        name, issue = self.pick(n)
        held = self.opinion().standings[name].own_holds > 0
        must_fail = held and not force and issue.status not in ("closed", "tombstone")

        def change(answer: Any) -> None:
            if not answer.already:
                issue.status, issue.reason = "closed", reason

        request = CloseIssue(issue=name, reason=reason, force=force)
        self.try_to(request, change, refused=CloseBlocked if must_fail else None)

    @rule(n=picks)
    def reopen(self, n: int) -> None:
        name, issue = self.pick(n)

        def change(_: Any) -> None:
            issue.status, issue.reason, issue.defer = "open", "", ""

        self.try_to(ReopenIssue(issue=name), change)

    @rule(n=picks, cascade=st.booleans())
    def delete(self, n: int, cascade: bool) -> None:
        name, _ = self.pick(n)
        doomed, waiting = {name}, [name] if cascade else []
        while waiting:
            goal = waiting.pop()
            for other, issue in self.by_name().items():
                targets = {
                    self.meant(each, birth)
                    for (each, kind), birth in issue.edges.items()
                    if kind in ORDERING_KINDS
                }
                if goal in targets and other not in doomed:
                    doomed.add(other)
                    waiting.append(other)

        def change(answer: Any) -> None:
            assert set(answer.deleted) | set(answer.already) == doomed
            for each in doomed:
                issue = self.by_name()[each]
                issue.status, issue.reason = "tombstone", ""

        self.try_to(DeleteIssue(issue=name, cascade=cascade), change)

    @rule(n=picks, is_release=st.booleans())
    def claim(self, n: int, is_release: bool) -> None:
        name, issue = self.pick(n)

        def change(answer: Any) -> None:
            issue.status = answer.issue.status
            issue.reason = ""

        request = ReleaseIssue(issue=name) if is_release else ClaimIssue(issue=name)
        self.try_to(request, change)

    @rule(n=picks, needs=st.one_of(st.none(), picks), kind=kinds)
    def add_edge(self, n: int, needs: int | None, kind: str) -> None:
        name, issue = self.pick(n)
        target = EXTERNAL if needs is None else self.pick(needs)[0]
        refused = None
        if needs is not None:
            is_cycle = kind in ORDERING and self.reaches(target, name)
            refused = DependencyCycle if is_cycle or target == name else None
            if "tombstone" in (issue.status, self.by_name()[target].status):
                refused = None

        def change(_: Any) -> None:
            if (target, kind) not in issue.edges:
                issue.edges[target, kind] = self.birth_of(target)

        request = AddDependency(issue=name, needs=target, kind=kind)
        self.try_to(request, change, refused=refused)

    @rule(n=picks, which=picks, any_kind=st.booleans())
    def remove_edge(self, n: int, which: int, any_kind: bool) -> None:
        with_edges = [name for name, issue in self.by_name().items() if issue.edges]
        if not with_edges:
            return
        name = sorted(with_edges)[n % len(with_edges)]
        issue = self.by_name()[name]
        target, kind = sorted(issue.edges)[which % len(issue.edges)]

        def change(_: Any) -> None:
            for key in [key for key in issue.edges if key[0] == target]:
                if any_kind or key[1] == kind:
                    del issue.edges[key]

        request = RemoveDependency(issue=name, needs=target, kind="" if any_kind else kind)
        self.try_to(request, change)

    @rule(n=picks, other=picks, remove=st.booleans())
    def relate(self, n: int, other: int, remove: bool) -> None:
        (left, one), (right, two) = self.pick(n), self.pick(other)

        def change(_: Any) -> None:
            for issue, target in ((one, right), (two, left)):
                if remove:
                    issue.edges.pop((target, "relates-to"), None)
                else:
                    issue.edges.setdefault((target, "relates-to"), self.birth_of(target))

        refused = DependencyCycle if left == right else None
        self.try_to(Relate(issue=left, other=right, remove=remove), change, refused=refused)

    @rule(n=picks, labels=st.sets(st.sampled_from(LABELS), min_size=1), remove=st.booleans())
    def label(self, n: int, labels: set[str], remove: bool) -> None:
        name, issue = self.pick(n)

        def change(_: Any) -> None:
            issue.labels = issue.labels - labels if remove else issue.labels | labels

        request = RemoveLabels if remove else AddLabels
        self.try_to(request(issue=name, labels=sorted(labels)), change)

    @rule(n=picks)
    def comment(self, n: int) -> None:
        name, issue = self.pick(n)

        def change(_: Any) -> None:
            issue.comments += 1

        self.try_to(AddComment(issue=name, text="Found it."), change)

    @rule(n=picks, other=picks, labels=st.sets(st.sampled_from(LABELS), min_size=1))
    def batch(self, n: int, other: int, labels: set[str]) -> None:
        """Run several writes in one transaction, of which some fail midway."""
        (left, one), (right, two) = self.pick(n), self.pick(other)
        title = f"own {self.number()}"
        requests: list[tuple[Any, Callable[[Any], None]]] = []

        def labelled(_: Any) -> None:
            one.labels |= labels

        def related(_: Any) -> None:
            one.edges.setdefault((right, "relates-to"), self.birth_of(right))
            two.edges.setdefault((left, "relates-to"), self.birth_of(left))

        def closed(answer: Any) -> None:
            if not answer.already:
                two.status, two.reason = "closed", "Done"

        requests.append((AddLabels(issue=left, labels=sorted(labels)), labelled))
        requests.append((Relate(issue=left, other=right), related))
        requests.append((CloseIssue(issue="px-nothing"), closed))
        requests.append((CloseIssue(issue=right, reason="Done", force=True), closed))
        create = CreateIssue(title=title, parent=left)
        requests.append((create, lambda answer: self.note_created(create, answer)))
        outcomes = self.project.batch(*(each for each, _ in requests))
        for (_, change), outcome in zip(requests, outcomes, strict=True):
            assert not isinstance(outcome, Fault)
            if not isinstance(outcome, BeadworkError):
                change(outcome)
        self.before_last = None

    @precondition(lambda self: self.before_last is not None)
    @rule()
    def undo(self) -> None:
        before = self.before_last or {}
        now = dict(self.known)

        def change(_: Any) -> None:
            for birth, issue in now.items():
                if birth in before:
                    again = before[birth].edges.keys() - issue.edges.keys()
                    self.known[birth] = before[birth]
                    # An edge that comes back is a new one: it means who has the id now.
                    before[birth].edges.update({key: self.birth_of(key[0]) for key in again})
                else:
                    issue.status, issue.reason = "tombstone", ""

        self.try_to(Undo(), change)
        self.before_last = None

    @rule(hours=st.sampled_from((1, 30, 80)))
    def pass_time(self, hours: int) -> None:
        self.clock.advance(hours * 3600)

    @rule(words=st.sampled_from(WORDS))
    def change_words(self, words: Vocabulary) -> None:
        self.close_all()
        self.words = words
        self.open()

    @rule()
    def change_process(self) -> None:
        self.projects.reverse()
        self.project = self.projects[0]

    # -- lines from elsewhere

    def receive(self, lines: Iterable[str], *, by_file: bool) -> None:
        """Take in lines, as a text or in the project's own file."""
        self.before_last = None
        if not by_file:
            report = self.project.run(ImportFile(text="\n".join(lines))).report
        else:
            self.project.engine.flush(Caller(Holder("alice")))
            path = self.project.records
            there = path.read_text("utf-8") if path.exists() else ""
            path.write_text(there + "".join(f"{each}\n" for each in lines), "utf-8")
            self.is_file_ours = False
            report = self.project.run(ImportFile(force=True)).report
        assert not report.quarantined

    def foreign_stamp(self, after: Stamp | None = None) -> Stamp:
        """Return a stamp of another clone, later than another stamp."""
        now = Stamp(self.clock.now_us // 1000, self.number(), "zz")
        return now if after is None else max(now, after.after("zz"))

    def foreign_edge(self, source: str, spec: tuple[str, str, str, int]) -> tuple[Any, ...]:
        """Make an edge as another clone would: its key, its payload, the birth it notes."""
        target, kind, noted, number = spec
        payload: dict[str, Any] = {"issue_id": source, "depends_on_id": target, "type": kind}
        if kind == "waits-for" and number % 3:
            gate = "any-children" if number % 2 else "all-children"
            payload["metadata"] = json.dumps({"gate": gate, "spawner_id": POOL[number % 7]})
        birth = None
        if noted != "none" and kind != "external":
            births = sorted(b for b, each in self.known.items() if each.born_as == target)
            if births:
                birth = births[0] if noted == "holder" else births[-1]
        return (target, kind), json.dumps(payload, separators=(",", ":")), birth

    def foreign(self, issue_id: str, birth: int, specs: list[Any], **fields: Any) -> str:
        """Write the line of an issue that another clone made, and let the model know."""
        title = f"foreign {self.number()}"
        is_stamped = fields.pop("is_stamped")
        created = format_ns(birth)
        values = {"title": title, **fields, "created_at": created, "updated_at": created}
        if values["status"] == "tombstone":
            values["deleted_at"] = created
        edges = {each[0]: each for each in (self.foreign_edge(issue_id, s) for s in specs)}
        tokens = {
            key: json.dumps(value, ensure_ascii=False)
            for key, value in values.items()
            if value not in ("", None) and value is not False
        }
        floor = self.foreign_stamp()
        marks = {
            ("dependencies", *key): records.Mark(floor, birth=noted)
            for key, _, noted in edges.values()
            if noted is not None
        }
        record = Record(
            issue_id,
            tokens,
            edges={key: payload for key, payload, _ in edges.values()},
            stamps=records.Stamps(floor, marks) if is_stamped else records.Stamps(),
        )
        self.known[birth] = Known(
            birth,
            issue_id,
            title,
            status=values["status"],
            reason=values["close_reason"],
            priority=values["priority"],
            issue_type=values["issue_type"],
            edges={key: noted if is_stamped else None for key, _, noted in edges.values()},
            defer=values["defer_until"],
            pinned=values["pinned"],
        )
        return codec.encode(record)

    @rule(
        news=st.lists(
            st.tuples(
                pool_ids,
                st.integers(-9, 0),
                st.lists(edge_specs, max_size=3),
                st.sampled_from((*STATUSES, "open", "open", "closed", "tombstone")),
                st.sampled_from(REASONS),
                st.booleans(),
            ),
            min_size=1,
            max_size=4,
        ),
        ahead=days,
        kind=st.sampled_from((*TYPES, "gate", "unheard-of")),
        priority=priorities,
        pinned=st.sampled_from((False, False, True)),
        by_file=st.booleans(),
    )
    def import_new(
        self,
        news: list[tuple[str, int, list[Any], str, str, bool]],
        ahead: int | None,
        kind: str,
        priority: int,
        pinned: bool,
        by_file: bool,
    ) -> None:
        lines = []
        for issue_id, age, specs, status, reason, is_stamped in news:
            birth = (self.clock.now_us + age * DAY_US) * 1000 + self.number()
            lines.append(
                self.foreign(
                    issue_id,
                    birth,
                    specs,
                    status=status,
                    close_reason=reason if status == "closed" else "",
                    priority=priority,
                    issue_type=kind,
                    defer_until=self.later(ahead),
                    pinned=pinned,
                    is_stamped=is_stamped,
                )
            )
        self.receive(lines, by_file=by_file)

    @rule(
        start=st.integers(0, 60),
        length=st.integers(2, 54),
        ring=st.booleans(),
        kind=st.sampled_from(("parent-child", "parent-child", "blocks")),
    )
    def import_chain(self, start: int, length: int, ring: bool, kind: str) -> None:
        """Bring a chain of issues, each needing the next; chains that overlap grow together."""
        length = min(length, 6) if kind == "blocks" else length
        ids = [f"px-chain{n}" for n in range(start, start + length)]
        pairs = list(itertools.pairwise(ids)) + ([(ids[-1], ids[0])] if ring else [])
        lines = []
        for source, target in pairs:
            issue = self.by_name().get(source)
            if issue is None:
                birth = self.clock.now_us * 1000 + self.number()
                lines.append(
                    self.foreign(
                        source,
                        birth,
                        [(target, kind, "none", 0)],
                        status="open",
                        close_reason="",
                        priority=2,
                        issue_type="task",
                        defer_until="",
                        pinned=False,
                        is_stamped=True,
                    )
                )
            elif (target, kind) not in issue.edges:
                lines.append(self.edited(source, edge=(target, kind, "none", 0)))
        if lines:
            self.receive(lines, by_file=False)

    def line_of(self, name: str) -> str:
        """Return the line of an issue."""
        return next(each for each in lines_of(self.project.place) if codec.decode(each).id == name)

    def edited(self, name: str, *, edge: Any = None, **fields: Any) -> str:
        """Edit an issue as another clone that has seen it would, and let the model know."""
        issue = self.by_name()[name]
        before = codec.decode(self.line_of(name))
        tokens = dict(before.fields)
        for key, value in fields.items():
            if value in ("", None):
                tokens.pop(key, None)
            else:
                tokens[key] = json.dumps(value)
        edges = dict(before.edges)
        marks = dict(before.stamps.marks)
        floor = before.floor
        if edge is not None:
            key, payload, birth = self.foreign_edge(name, edge)
            register = ("dependencies", *key)
            replaced = before.stamp_of(register)
            if key in edges and edge[3] % 2:
                del edges[key]
                issue.edges.pop(key, None)
                birth = None
            else:
                edges[key] = payload
                issue.edges[key] = birth
            marks[register] = records.Mark(self.foreign_stamp(replaced), replaced, birth)
        after = before._replace(fields=tokens, edges=edges)
        for written in records.changes(before, after):
            if written.register[0] != "dependencies":
                replaced = before.stamp_of(written.register)
                stamp = self.foreign_stamp(replaced)
                marks[written.register] = records.Mark(stamp, replaced)
        return codec.encode(after._replace(stamps=records.Stamps(floor, marks)))

    @rule(
        n=picks,
        status=st.one_of(st.none(), st.sampled_from((*STATUSES, "closed", "tombstone"))),
        reason=st.sampled_from(REASONS),
        priority=st.one_of(st.none(), priorities),
        edge=st.one_of(st.none(), edge_specs),
        ahead=days,
        by_file=st.booleans(),
        as_born=st.booleans(),
    )
    def import_edit(
        self,
        n: int,
        status: str | None,
        reason: str,
        priority: int | None,
        edge: Any,
        ahead: int | None,
        by_file: bool,
        as_born: bool,
    ) -> None:
        """Bring an edit of another clone, which may know the issue by the id it was born under."""
        name, issue = self.pick(n)
        fields: dict[str, Any] = {}
        if status is not None:
            issue.status = status
            issue.reason = reason if status == "closed" else ""
            fields |= {"status": status, "close_reason": issue.reason}
        if priority is not None:
            issue.priority = fields["priority"] = priority
        if ahead is not None:
            issue.defer = fields["defer_until"] = self.later(ahead)
        line = self.edited(name, edge=edge, **fields)
        if as_born and name != issue.born_as:
            line = codec.encode(records.renamed(codec.decode(line), issue.born_as))
        self.receive([line], by_file=by_file)

    @rule(n=picks, priority=priorities, status=st.sampled_from(("open", "closed", "review")))
    def import_classic_edit(self, n: int, priority: int, status: str) -> None:
        """Bring an edit of a classic program: without stamps, changed later than all we know."""
        # It can only have edited what stood in the file (R3).
        self.project.engine.flush(Caller(Holder("alice")))
        name, issue = self.pick(n)
        if issue.ephemeral:
            return
        record = codec.decode(self.line_of(name))
        latest = max([record.floor, *(mark.stamp for mark in record.stamps.marks.values())])
        changed_us = max(latest.ms * 1000, self.clock.now_us, record.updated_ns // 1000) + 1_000_000
        reason = "Done" if status == "closed" else ""
        fields = {
            **record.fields,
            "priority": str(priority),
            "status": json.dumps(status),
            "updated_at": json.dumps(format_us(changed_us)),
        }
        for key in (
            "close_reason", "closed_at", "deleted_at", "deleted_by", "delete_reason",
            "original_type", "closed_by_session",
        ):  # fmt: skip
            fields.pop(key, None)
        if reason:
            fields["close_reason"] = json.dumps(reason)
        issue.priority, issue.status, issue.reason = priority, status, reason
        line = codec.encode(record._replace(fields=fields, stamps=records.Stamps()))
        # A classic clone has no births in its edges, but leaves them where they were.
        self.receive([line], by_file=False)

    @rule(start=picks, by_file=st.booleans())
    def import_again(self, start: int, by_file: bool) -> None:
        """Bring lines as they once were: nothing changes."""
        if self.old_lines:
            place = start % len(self.old_lines)
            self.receive(self.old_lines[place : place + 3], by_file=by_file)

    # -- the file

    @rule()
    def export(self) -> None:
        caller = Caller(Holder("alice"))
        # What others left in the file is not rewritten while it says nothing new (R5).
        self.project.run(ExportFile(force=not self.is_file_ours))
        # A deferred issue that an export's own notes wake goes into the next one.
        self.project.run(ExportFile())
        self.is_file_ours = True
        path = self.project.records
        if not path.exists():
            return
        content = path.read_bytes()
        there = content.decode().splitlines()
        self.old_lines += there
        assert there == sorted(there, key=lambda each: str(json.loads(each)["id"]).encode())
        inside = {codec.encode(codec.decode(each)) for each in there}
        missing = set(lines_of(self.project.place)) - inside
        unexplained = [each for each in missing if '"ephemeral":true' not in each]
        assert not unexplained, (unexplained, there)
        assert inside <= set(lines_of(self.project.place))
        mark = path.stat().st_mtime_ns
        assert not self.project.engine.flush(caller)
        assert (path.read_bytes(), path.stat().st_mtime_ns) == (content, mark)

    @rule(seed=st.integers(0, 5))
    def rebuild(self, seed: int) -> None:
        """Build another store from the file, in another order: it is the same."""
        self.export()
        if not self.project.records.exists():
            return
        lines = self.project.records.read_text("utf-8").splitlines()
        random.Random(seed).shuffle(lines)
        root = Path(tempfile.mkdtemp(dir=self.folder))
        other = Project(root, clock=self.clock, vocabulary=self.words)
        try:
            other.records.write_text("".join(f"{each}\n" for each in lines), "utf-8")
            assert not other.run(ImportFile()).report.quarantined
            inside = lines_of(self.project.place)
            if len(inside) == len(lines):
                assert lines_of(other.place) == inside
                assert index_of(other) == index_of(self.project)
        finally:
            other.close()
            shutil.rmtree(root)

    # -- what always holds

    @invariant()
    def the_index_is_what_the_store_computes_from_scratch(self) -> None:
        assert self.project.wrong_rows() == 0

    @invariant()
    def readiness_is_what_the_lines_say(self) -> None:
        opinion = self.opinion()
        rows, edges = index_of(self.project)
        assert rows == {
            name: (*each, opinion.external[name]) for name, each in opinion.standings.items()
        }
        assert edges == sorted(tuple(map(str, each)) for each in opinion.edges)
        self.check_ready(opinion)
        self.check_blocked(opinion)

    def check_ready(self, opinion: Opinion) -> None:
        """Compare the answers of `ready`, whole and cut."""
        answer = self.project.run(ListReady(statuses=LIVE, limit=0))
        assert [each.issue.id for each in answer.issues] == opinion.ready
        first = self.project.run(ListReady(statuses=LIVE, limit=3))
        assert [each.issue.id for each in first.issues] == opinion.ready[:3]
        assert first.is_cut == (len(opinion.ready) > 3)

    def check_blocked(self, opinion: Opinion) -> None:
        """See to it that whatever is held is listed, with what holds it."""
        issues = self.by_name()
        blocked = {each.issue.id: each for each in self.project.run(ListBlocked()).issues}
        for name, standing in opinion.standings.items():
            issue = issues[name]
            is_out = self.words.is_done(issue.status) or issue.pinned or issue.status == "pinned"
            if standing.is_held and not is_out:
                assert blocked[name].blocked_by or blocked[name].blocked_through

    def wake_before_a_write(self) -> None:
        """Let what is deferred and due be open: a write wakes it, whatever it does then."""
        for each in self.known.values():
            until = parse_us(each.defer)
            is_due = until is not None and until <= self.project.clock.now_us
            if each.status == "deferred" and is_due:
                each.status, each.defer = "open", ""

    def wake(self, found: dict[int, dict[str, Any]]) -> None:
        """Let what is deferred and due be open, once a write has come by."""
        for birth, each in self.known.items():
            until = parse_us(each.defer)
            is_due = until is not None and until <= self.project.clock.now_us
            if each.status == "deferred" and is_due and found[birth]["status"] == "open":
                each.status, each.defer = "open", ""

    @invariant()
    def every_issue_is_what_the_model_says(self) -> None:
        found = {
            record.created_ns: facts_of(record)
            for record in map(codec.decode, lines_of(self.project.place))
        }
        self.wake(found)
        names = self.names()
        expected = {
            birth: {
                "id": names[birth],
                "title": each.title,
                "status": each.status,
                "reason": each.reason,
                "priority": each.priority,
                "issue_type": each.issue_type,
                "labels": set(each.labels),
                "edges": set(each.edges),
                "defer": each.defer,
                "pinned": each.pinned,
                "ephemeral": each.ephemeral,
                "comments": each.comments,
            }
            for birth, each in self.known.items()
        }
        assert found == expected

    @invariant()
    def every_edge_means_what_the_model_says(self) -> None:
        _, edges = index_of(self.project)
        expected = [
            (name, target_id, kind, str(self.meant(target_id, birth)))
            for name, issue in self.by_name().items()
            for (target_id, kind), birth in issue.edges.items()
        ]
        assert sorted(each[:4] for each in edges) == sorted(expected)


FIELDS = CreateIssue.__struct_fields__


def index_of(project: Project) -> tuple[dict[str, tuple[int, ...]], list[tuple[str, ...]]]:
    """Read the index of readiness: where issues stand, and what edges do."""
    rows = query(
        project.place,
        "SELECT id, own_holds, held_up, open_kids, won_kids, ext FROM issue ORDER BY id",
    )
    edges = query(
        project.place,
        """SELECT s.id, e.dst_id, e.kind, d.id, e.holds, e.inert
        FROM edge e JOIN issue s ON s.n = e.src LEFT JOIN issue d ON d.n = e.dst""",
    )
    shown = [(*map(str, each[:4]), str(bool(each[4])), str(bool(each[5]))) for each in edges]
    return {row[0]: tuple(row[1:]) for row in rows}, sorted(shown)


TestStore = pytest.mark.slow(StoreMachine.TestCase)
TestStore.settings = settings(
    max_examples=max(1, settings().max_examples // 2),  # each of them is many steps
    stateful_step_count=30,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
