"""One transaction over the store: the nouns, the clock, the log."""

import contextlib
import importlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING

from beadwork.model import instants, limits, stamp
from beadwork.model.claim import Holder
from beadwork.model.issue import Vocabulary
from beadwork.model.record import Change
from beadwork.model.stamp import Clock, Stamp
from beadwork.ops.blob_files import BlobFolder
from beadwork.ops.operation import Progress, tell_nobody
from beadwork.store.claims import ClaimStore
from beadwork.store.dependencies import DependencyStore
from beadwork.store.events import EventStore, Subject
from beadwork.store.graphs import GraphStore
from beadwork.store.issues import IssueStore
from beadwork.store.keys import KeyStore
from beadwork.store.labels import LabelStore
from beadwork.store.load import with_parts
from beadwork.store.memories import MemoryStore
from beadwork.store.moves import MoveStore
from beadwork.store.readiness import Readiness
from beadwork.store.ready import ReadyStore
from beadwork.store.records import RecordStore
from beadwork.store.session import Session
from beadwork.store.sleepers import SleeperStore
from beadwork.store.statistics import StatisticsStore

if TYPE_CHECKING:
    from beadwork.store.agents import AgentStore
    from beadwork.store.blobs import BlobStore
    from beadwork.store.checks import CheckStore
    from beadwork.store.deliveries import DeliveryStore
    from beadwork.store.leases import LeaseStore
    from beadwork.store.mends import Mends
    from beadwork.store.messages import MessageStore
    from beadwork.store.origins import OriginStore
    from beadwork.store.retention import Retention
    from beadwork.store.search import SearchStore
    from beadwork.store.suggestions import SuggestionStore

_CLOCK = "clock"
_REPLICA = "replica"


Outside = Callable[[str], bool]
"""Tells whether `external:<project>:<capability>` is provided there."""
CaseBlind = Callable[[], bool]
"""Tells whether paths that differ in small and capital letters only are the same to git."""


class Counters:
    """What the requests of one transaction count on together: events, numbers, the clock.

    Gaps that a failed request leaves are harmless.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._seq: int | None = None
        self._number: int | None = None
        self._clock: Clock | None = None
        self.woken: set[str] = set()
        """What has something new for whoever waits for it."""

    def _last(self, query: str) -> int:
        row = self._session.one(query)
        return int(row[0]) if row else 0

    @property
    def seq(self) -> int:
        """Return the number of the latest event."""
        if self._seq is None:
            self._seq = self._last("event.last_seq")
        return self._seq

    def next_seq(self) -> int:
        """Count one more event."""
        self._seq = self.seq + 1
        return self._seq

    def skip_seq(self, count: int) -> None:
        """Count more events, logged all at once."""
        self._seq = self.seq + count

    def next_number(self) -> int:
        """Return a number that no issue had before."""
        if self._number is None:
            self._number = self._last("issue.last_number")
        self._number += 1
        return self._number

    def clock(self) -> Clock:
        """Return the running clock."""
        if self._clock is None:
            noted: dict[str, str] = dict(self._session.all("setting.all"))
            last = noted.get(_CLOCK)
            self._clock = Clock(
                noted.get(_REPLICA, "0"), stamp.parse(last) if last else stamp.BEFORE_ALL
            )
        return self._clock

    def reset_clock(self, last: Stamp) -> None:
        """Let the clock run on from a stamp, whatever was noted."""
        self._session.run("setting.put", name=_CLOCK, value=last.text())
        self._clock = None

    def settle(self) -> None:
        """Write down how far the clock has run; the rest follows from the rows."""
        if self._clock is not None:
            self._session.run("setting.put", name=_CLOCK, value=self._clock.last.text())


class StoreTransaction:
    """All that a handler may touch, over one session. It satisfies `ops.transaction`."""

    issues: IssueStore
    dependencies: DependencyStore
    graphs: GraphStore
    stats: StatisticsStore
    labels: LabelStore
    ready: ReadyStore
    claims: ClaimStore
    moves: MoveStore
    sleepers: SleeperStore
    events: EventStore
    records: RecordStore
    keys: KeyStore
    memories: MemoryStore
    readiness: Readiness
    agents: "AgentStore"
    blobs: "BlobStore"
    checks: "CheckStore"
    deliveries: "DeliveryStore"
    leases: "LeaseStore"
    mends: "Mends"
    messages: "MessageStore"
    origins: "OriginStore"
    retention: "Retention"
    search: "SearchStore"
    tell: Progress = staticmethod(tell_nobody)
    """Tells how far a long piece of work is, to whoever waits for it."""

    def __init__(  # noqa: PLR0913 -- what a request brings, each by name
        self,
        session: Session,
        *,
        now_us: int,
        holder: Holder,
        vocabulary: Vocabulary,
        operation: str,
        outside: Outside,
        blob_files: BlobFolder,
        case_blind: CaseBlind = lambda: False,
        counters: Counters | None = None,
    ) -> None:
        self._session = session
        self.now_us = now_us
        self.holder = holder
        self.vocabulary = vocabulary
        self.operation = operation
        self.is_provided = outside
        self.blob_files = blob_files
        self._case_blind = case_blind
        self.request_seq: int | None = None
        self._counters = counters or Counters(session)

    if not TYPE_CHECKING:  # what is no noun is an error to the type checker

        def __getattr__(self, name: str) -> object:
            """Make a noun when it is first asked for: a request needs a few of them."""
            made = _NOUNS.get(name) or _late_noun(name)
            noun = self.__dict__[name] = made(self._session, self)
            return noun

    def has_due(self, *parts: str) -> bool:
        """Tell whether something waits for a sweep; of the parts of `sweep.due` that are named."""
        found = self._session.one(
            with_parts("sweep.due", parts) if parts else "sweep.due",
            now_us=self.now_us,
            latest_us=self.now_us + limits.LEASE_UNASKED_US,
            unseen_us=self.now_us - limits.LEASE_SESSION_UNSEEN_US,
        )
        return found is not None

    @property
    def suggestions(self) -> "SuggestionStore":
        """Return the ids that a word may become."""
        # Late import: only completion asks for them.
        from beadwork.store.suggestions import SuggestionStore

        return SuggestionStore(self._session)

    @property
    def is_case_blind(self) -> bool:
        """Tell whether paths that differ in case only are the same (R19)."""
        return self._case_blind()

    @property
    def now_text(self) -> str:
        """Return the time of the transaction as RFC 3339 text."""
        return instants.format_us(self.now_us)

    @contextlib.contextmanager
    def trial(self) -> Iterator[None]:
        """Take back whatever is done inside, also where it succeeds."""
        self._session.control("SAVEPOINT trial")
        try:
            yield
        finally:
            if self._session.is_in_transaction:
                self._session.control("ROLLBACK TO trial")
                self._session.control("RELEASE trial")

    # -- settings of the store

    def setting(self, name: str) -> str | None:
        """Return one setting of the store."""
        row = self._session.one("setting.get", name=name)
        return None if row is None else str(row[0])

    def put_setting(self, name: str, value: str) -> None:
        """Set one setting of the store."""
        self._session.run("setting.put", name=name, value=value)

    def schema(self) -> tuple[list[str], int]:
        """Return the names of the tables, and the number of the last migration."""
        version = self._session.one("schema.version")
        tables = [str(row[0]) for row in self._session.all("schema.tables")]
        return tables, 0 if version is None else int(version[0])

    # -- clock, numbers, log

    def clock_tick(self) -> Stamp:
        """Return a stamp later than all that this store made or saw."""
        return self._counters.clock().tick(self.now_us // 1000)

    def clock_observe(self, seen: Stamp) -> None:
        """Let the clock not fall behind a stamp from elsewhere."""
        self._counters.clock().observe(seen, self.now_us // 1000)

    def reset_clock(self, last: Stamp) -> None:
        """Let the clock run on from a stamp, whatever was noted."""
        self._counters.reset_clock(last)

    @property
    def replica(self) -> str:
        """Return which copy of the store this is."""
        return self._counters.clock().replica

    def notify(self, name: str) -> None:
        """Wake whoever listens for a name, once this is committed."""
        self._counters.woken.add(name)

    def next_seq(self) -> int:
        """Return the number that the next event will have."""
        return self._counters.seq + 1

    def next_number(self) -> int:
        """Return a number that no issue had before."""
        return self._counters.next_number()

    def log(
        self,
        kind: str,
        n: int | None,
        issue_id: str,
        changes: Sequence[Change],
        *,
        line_digest: str | None = None,
    ) -> int:
        """Append an event; return its number."""
        seq = self._counters.next_seq()
        if self.request_seq is None:
            self.request_seq = seq
        self.events.append(seq, Subject(kind, n, issue_id), changes, line_digest)
        return seq

    def log_all(self, kind: str, found: Sequence[tuple[int, str, str]]) -> None:
        """Append an event for each issue: its number, its id, the digest of its line."""
        if not found:
            return
        seq = self.next_seq()
        self._counters.skip_seq(len(found))
        if self.request_seq is None:
            self.request_seq = seq
        self.events.append_all(seq, [(Subject(kind, n, each), line) for n, each, line in found])


_NOUNS: Mapping[str, Callable[[Session, StoreTransaction], object]] = {
    "issues": IssueStore,
    "dependencies": DependencyStore,
    "graphs": GraphStore,
    "stats": StatisticsStore,
    "labels": lambda session, _: LabelStore(session),
    "ready": ReadyStore,
    "claims": ClaimStore,
    "moves": MoveStore,
    "sleepers": lambda _, tx: SleeperStore(tx),
    "events": EventStore,
    "records": RecordStore,
    "keys": KeyStore,
    "memories": MemoryStore,
    "readiness": Readiness,
}
_LATE = {
    "agents": "agents:AgentStore",
    "blobs": "blobs:BlobStore",
    "checks": "checks:CheckStore",
    "deliveries": "deliveries:DeliveryStore",
    "leases": "leases:LeaseStore",
    "mends": "mends:Mends",
    "messages": "messages:MessageStore",
    "origins": "origins:OriginStore",
    "retention": "retention:Retention",
    "search": "search:SearchStore",
}
"""Nouns that few requests have to do with: their modules are imported when they are asked for."""


@cache
def _late_noun(name: str) -> Callable[[Session, StoreTransaction], object]:
    if name not in _LATE:
        raise AttributeError(name)
    module, _, attribute = _LATE[name].partition(":")
    made: Callable[[Session, StoreTransaction], object] = getattr(
        importlib.import_module(f"beadwork.store.{module}"), attribute
    )
    return made
