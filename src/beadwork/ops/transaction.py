"""All that a handler may touch. The store satisfies these protocols; handlers own them."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, NamedTuple, Protocol

from beadwork.model.claim import Claim, Holder
from beadwork.model.fold import Loss
from beadwork.model.history import Version
from beadwork.model.issue import Issue, Vocabulary
from beadwork.model.record import Change, Record
from beadwork.model.stamp import Stamp
from beadwork.ops.blob_files import BlobFolder, Blobs
from beadwork.ops.health import Checks, Mends
from beadwork.ops.mail import Agents, Deliveries, Messages
from beadwork.ops.operation import R, Request
from beadwork.ops.tallies import Happened as Happened
from beadwork.ops.tallies import Statistics as Statistics
from beadwork.ops.tallies import Tally as Tally
from beadwork.ops.wanted import Filter as Filter
from beadwork.ops.wanted import ReadyFilter as ReadyFilter

if TYPE_CHECKING:
    from beadwork.model.search import Term
    from beadwork.ops.leasing import Leases


class Entry(NamedTuple):
    """An issue as the store holds it: its number, which never changes, and its record.

    `body` is the record's own text without stamps; `raw` is the line that it came as, where that is not its canonical form; `base` the stamped
    line last seen in the file, where that is not this record's.
    """

    n: int
    record: Record
    body: str
    raw: str | None = None
    base: str | None = None
    is_done: bool = False
    is_filed: bool = False
    child_top: int = 0

    @property
    def id(self) -> str:
        """Return the issue's id."""
        return self.record.id


class Arrived(NamedTuple):
    """An issue that a file brought, under an id that was free, and the line that it came as.

    `body` is the record's own text; `raw` the line where it differs from the canonical one. In
    the project's own file a line is known by its digest; `base` is what it stands for, where the
    record says more. It is clean if the file says just this.
    """

    record: Record
    body: str
    line: "Line"
    raw: str | None = None
    base: Record | None = None
    file_digest: str | None = None
    is_clean: bool = False


class Linked(NamedTuple):
    """An issue at the other end of an edge; None where the store knows no such issue."""

    issue_id: str
    kind: str
    entry: Entry | None


class Edge(NamedTuple):
    """An edge as readiness sees it."""

    source_id: str
    target_id: str
    kind: str
    target: int | None
    is_holding: bool
    is_inert: bool
    gate: str | None = None
    spawn_id: str | None = None


class Row(NamedTuple):
    """An issue in a list, with its counts."""

    issue: Issue
    dependency_count: int
    dependent_count: int
    comment_count: int
    parent: str | None


class Blocked(NamedTuple):
    """A blocked issue; `blockers` hold it itself, `through` are the parents that pass it on."""

    entry: Entry
    blockers: tuple[str, ...]
    through: tuple[str, ...]


class Standing(NamedTuple):
    """What the index of readiness says of one issue."""

    is_workable: bool
    is_shown: bool
    is_hidden: bool
    is_asleep: bool
    own_holds: int
    held_up: int
    ext: int


class Kids(NamedTuple):
    """The children of an issue."""

    total: int
    open: int


class EventRow(NamedTuple):
    """One event of the log. `changes` maps a register's name to its value before and after."""

    seq: int
    at_us: int
    actor: str
    session: str
    operation: str
    request: int
    kind: str
    n: int | None
    issue_id: str
    changes: tuple[Change, ...]
    undone_by: int | None


class MemoryRow(NamedTuple):
    """What somebody remembers under a key."""

    key: str
    text: str
    actor: str
    created_us: int
    updated_us: int


class ConflictRow(NamedTuple):
    """A value that lost a fold."""

    issue_id: str
    register: str
    value: str | None
    stamp: str
    winner: str
    at_us: int


class QuarantineRow(NamedTuple):
    """A line that could not be read."""

    line_number: int
    reason: str
    line: str
    at_us: int


class Issues(Protocol):
    """The issues: finding, adding, changing."""

    def by_number(self, n: int) -> Entry: ...
    def by_id(self, issue_id: str) -> Entry | None: ...
    def require(self, name: str) -> Entry: ...
    def number_of(self, name: str) -> int: ...
    def resolve(self, name: str) -> str: ...
    def displaced_from(self, issue_id: str) -> list[str]: ...
    def is_taken(self, issue_id: str) -> bool: ...
    def has_type(self, issue_type: str) -> bool: ...
    def has_status(self, status: str) -> bool: ...
    def known(self, names: Sequence[str]) -> set[str]: ...
    def count_with_prefix(self, prefix: str) -> int: ...
    def next_child_number(self, n: int) -> int: ...
    def write_new(self, record: Record, births: Mapping[tuple[str, ...], int]) -> Entry: ...
    def write(self, entry: Entry, after: Record, *, kind: str = "updated") -> Entry: ...
    def select(self, wanted: Filter, *, sort: str, is_reversed: bool, limit: int) -> list[Row]: ...
    def count(self, wanted: Filter, by: str | None) -> tuple[int, list[tuple[str, int]]]: ...
    def row(self, n: int) -> Row: ...
    def last_child(self, n: int) -> int: ...


class Dependencies(Protocol):
    """The edges between issues."""

    def needs(self, n: int) -> list[Linked]: ...
    def needed_by(self, n: int) -> list[Linked]: ...
    def edges_of(self, n: int) -> list[Edge]: ...
    def would_cycle(self, source: int, target: int) -> list[str]: ...
    def cycles(self) -> list[list[int]]: ...
    def parent_of(self, n: int) -> Entry | None: ...
    def birth_of(self, target_id: str) -> int | None: ...


class Labels(Protocol):
    """The labels in use."""

    def counts(self) -> list[tuple[str, int]]: ...


class Suggestions(Protocol):
    """The ids that begin with what was typed so far."""

    def starting_with(
        self, start: str, *, is_done: bool | None, limit: int
    ) -> list[tuple[str, str]]: ...


class Search(Protocol):
    """The index of texts."""

    def queue_length(self) -> int: ...
    def index(self, limit: int) -> int: ...
    def find(self, terms: Sequence["Term"], wanted: Filter | None, *, limit: int) -> list[Row]: ...
    def find_sorted(
        self, terms: Sequence["Term"], wanted: Filter, *, sort: str, is_reversed: bool, limit: int
    ) -> list[Row]: ...
    def listed(
        self, wanted: Filter, *, sort: str, is_reversed: bool, start: int = 0, limit: int = 0
    ) -> list[int]: ...
    def rows(self, numbers: list[int]) -> list[Row]: ...


class Ready(Protocol):
    """The index of readiness (R6)."""

    def ready(self, wanted: ReadyFilter, *, sort: str, limit: int) -> list[Row]: ...
    def blocked(
        self, *, within: int | None, limit: int, only: Filter | None = None
    ) -> list[Blocked]: ...
    def standing(self, n: int) -> Standing: ...
    def holding_parents(self, n: int) -> list[str]: ...
    def kids(self, n: int) -> Kids: ...
    def open_children(self, n: int) -> list[str]: ...
    def freed(self) -> list[Entry]: ...
    def outside_targets(self, n: int) -> list[str]: ...
    def provides(self, capability: str) -> bool: ...
    def recompute(self) -> int: ...


class Moves(Protocol):
    """The ids of issues, as far as they change on request."""

    def ids_below(self, issue_id: str) -> list[str]: ...
    def sources(self, entry: Entry) -> list[int]: ...
    def mentioning(self, text: str) -> list[int]: ...
    def rename(self, entry: Entry, issue_id: str, after: Record | None) -> Entry: ...


class Claims(Protocol):
    """Who holds which issue."""

    def of(self, n: int) -> Claim | None: ...
    def grant(self, n: int, holder: Holder, lease_us: int | None) -> Claim: ...
    def end(self, n: int) -> None: ...
    def raise_epoch(self, n: int) -> None: ...
    def granted_epoch(self, n: int, holder: Holder) -> int | None: ...
    def renew(self, n: int, lease_us: int | None) -> Claim: ...


class Events(Protocol):
    """The log of what happened (R13)."""

    def of_issue(self, n: int, *, limit: int) -> list[EventRow]: ...
    def since(self, seq: int, *, limit: int) -> list[EventRow]: ...
    def of_request(self, request: int) -> list[EventRow]: ...
    def last_request(self, *, actor: str | None, n: int | None) -> int | None: ...
    def mark_undone(self, request: int) -> None: ...
    def last_seq(self) -> int: ...


class Line(NamedTuple):
    """One line of a file that was read: where it stood, its digest and its text."""

    number: int
    digest: str
    text: str


class ExportLine(NamedTuple):
    """A line to write, and of which change it is the state."""

    n: int
    issue_id: str
    text: str
    changed_seq: int


class ChangedLine(NamedTuple):
    """What an issue of another repository says here, and the line it was made from, if kept."""

    text: str
    base: str | None


class Origins(Protocol):
    """Where issues came from that are not this project's own."""

    def put(self, numbers: Iterable[int], repository: str) -> None: ...
    def counts(self) -> list[tuple[str, int]]: ...
    def ids(self) -> set[str]: ...
    def taken(self, issue_ids: Sequence[str], repository: str) -> set[str]: ...
    def changed(self, repository: str) -> list[ChangedLine]: ...
    def take_out(self, repository: str) -> int: ...


class Records(Protocol):
    """What the store remembers of the file."""

    def known(self, digests: Sequence[str]) -> dict[str, str | None]: ...
    def remember(self, lines: Iterable[tuple[str, str | None]]) -> None: ...
    def base(self, entry: Entry) -> Record: ...
    def in_file(self, issue_ids: Sequence[str]) -> dict[str, str]: ...
    def set_base(
        self, n: int, base: Record | None, digest: str, *, is_clean: bool = False
    ) -> None: ...
    def add_all(self, news: Sequence[Arrived]) -> list[int]: ...
    def write_folded(
        self, entry: Entry, after: Record, *, line: Line | None, is_clean: bool
    ) -> Entry: ...
    def move(self, entry: Entry, issue_id: str) -> Entry: ...
    def lost(self, n: int, losses: Iterable[Loss]) -> None: ...
    def conflicts(self) -> list[ConflictRow]: ...
    def quarantine(self, line: Line, reason: str) -> None: ...
    def quarantined(self) -> list[QuarantineRow]: ...
    def dirty_count(self) -> int: ...
    def exported_to(self) -> int: ...
    def export_lines(self) -> list[str]: ...
    def dirty_lines(self, *, has_outdated: bool) -> list[ExportLine]: ...
    def dangling(self) -> list[tuple[str, str, str]]: ...
    def observe(self, seen: Stamp) -> None: ...
    def note_export(self, to_seq: int, lines: Sequence[tuple[int, str, int]]) -> None: ...
    def settings(self) -> Mapping[str, str]: ...
    def set_setting(self, name: str, value: str) -> None: ...


class Link(NamedTuple):
    """An edge between two known issues."""

    source_id: str
    target_id: str
    kind: str


class Graphs(Protocol):
    """Issues and their edges as a graph."""

    def around(self, n: int) -> list[int]: ...
    def live(self) -> list[int]: ...
    def issues(self, ns: Sequence[int]) -> list[Issue]: ...
    def links(self, ns: Sequence[int]) -> list[Link]: ...
    def workable(self, ns: Sequence[int]) -> list[str]: ...


class Memories(Protocol):
    """What agents remember, and their pairs."""

    def find(self, key: str) -> str | None: ...
    def all(self) -> list[MemoryRow]: ...
    def put(self, key: str, text: str) -> None: ...
    def drop(self, key: str) -> None: ...
    def pair(self, key: str) -> str | None: ...
    def pairs(self) -> dict[str, str]: ...
    def put_pair(self, key: str, value: str) -> None: ...
    def drop_pair(self, key: str) -> None: ...


class Transaction(Protocol):
    """One transaction: the time, who asks, and the nouns."""

    @property
    def now_us(self) -> int: ...
    @property
    def now_text(self) -> str: ...
    @property
    def holder(self) -> Holder: ...
    @property
    def vocabulary(self) -> Vocabulary: ...
    def is_provided(self, target: str) -> bool: ...
    @property
    def is_case_blind(self) -> bool: ...
    def schema(self) -> tuple[list[str], int]: ...
    def trial(self) -> AbstractContextManager[None]: ...
    @property
    def issues(self) -> Issues: ...
    @property
    def dependencies(self) -> Dependencies: ...
    @property
    def graphs(self) -> Graphs: ...
    @property
    def stats(self) -> Statistics: ...
    @property
    def labels(self) -> Labels: ...
    @property
    def suggestions(self) -> Suggestions: ...
    @property
    def search(self) -> Search: ...
    @property
    def ready(self) -> Ready: ...
    @property
    def claims(self) -> Claims: ...
    @property
    def moves(self) -> Moves: ...
    @property
    def events(self) -> Events: ...
    @property
    def records(self) -> Records: ...
    @property
    def origins(self) -> Origins: ...
    @property
    def memories(self) -> Memories: ...
    @property
    def blobs(self) -> Blobs: ...
    @property
    def blob_files(self) -> BlobFolder: ...
    @property
    def messages(self) -> Messages: ...
    @property
    def deliveries(self) -> Deliveries: ...
    @property
    def agents(self) -> Agents: ...
    @property
    def leases(self) -> "Leases": ...
    @property
    def checks(self) -> Checks: ...
    @property
    def mends(self) -> Mends: ...


class FileState(NamedTuple):
    """The exported file as last read or written: what `stat` says, and its digest."""

    signature: str
    digest: str


class ReadFile(NamedTuple):
    """A file's content, and the state that it was read in."""

    content: bytes
    state: FileState


class WorkTree(Protocol):
    """The files that a job reads and writes; `sync` satisfies it."""

    def exists(self, path: str) -> bool: ...
    def read(self, path: str) -> tuple[bytes, FileState]: ...
    def glance(self, path: str) -> str: ...
    def is_settled(self, path: str, noted: FileState) -> bool: ...
    def head(self, path: str) -> str | None: ...
    def versions(self, path: str, since: str, until: str) -> list[Version] | None: ...
    def committed(self, path: str) -> bytes | None: ...
    def digest(self, content: bytes) -> str: ...
    def replace(self, path: str, content: bytes, *, seen: str | None = None) -> str | None: ...


class Desk(Protocol):
    """What a job works at: it calls operations, reads files and tells how far it is."""

    @property
    def files(self) -> WorkTree: ...
    @property
    def blob_files(self) -> BlobFolder: ...
    @property
    def export_path(self) -> str: ...
    def call(self, request: Request[R]) -> R: ...
    def exporting(self) -> AbstractContextManager[None]: ...
    def progress(self, done: int, total: int, what: str) -> None: ...
