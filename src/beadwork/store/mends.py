"""Putting right what the checks find, inside one writing transaction."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import msgspec

from beadwork.ops.health import KeptClaim, KeptMemory, KeptPair
from beadwork.store.columns import columns
from beadwork.store.readiness import edge_parameters
from beadwork.store.session import Session
from beadwork.store.setting_checks import EXPORTED_TO, mend_settings

if TYPE_CHECKING:
    from beadwork.store.transaction import StoreTransaction

_LONE = (
    *("check.lone_labels", "check.lone_edges", "check.loosen_targets", "check.loosen_spawners"),
    *("check.lone_claims", "check.lone_grants", "check.lone_conflicts", "check.lone_former_ids"),
    *("check.loosen_events", "check.lone_documents", "check.lone_queued", "check.lone_origins"),
    "check.lone_patterns",
)


class Mends:
    """What doctor may do to the store; each returns how much it changed."""

    def __init__(self, session: Session, tx: "StoreTransaction") -> None:
        self._session = session
        self._tx = tx

    def _number_of(self, issue_id: str) -> int:
        row = self._session.one("issue.number_of", id=issue_id)
        if row is None:
            raise LookupError(issue_id)
        return int(row[0])

    def settings(self) -> int:
        """Set what the store notes of itself, and can't be, to what does no harm."""
        return mend_settings(self._tx)

    def numbers_ahead(self) -> int:
        """Let no issue have changed later than anything happened; the file gets them again."""
        last = self._tx.events.last_seq()
        self._session.run("check.settle_numbers", last=last)
        changed = self._session.changed()
        if changed and self._tx.records.exported_to() >= last:
            self._tx.put_setting(EXPORTED_TO, str(max(0, last - 1)))
        return changed

    def columns(self) -> int:
        """Set the columns anew that say something else than the document."""
        wrong = [self._number_of(each) for each in self._tx.checks.columns()]
        for n in wrong:
            record = self._tx.issues.by_number(n).record
            values = columns(record, self._tx.vocabulary, self._tx.now_us)
            names = {name: values.pop(name) for name in ("id", "birth_ns")}
            filed, changed_seq = self._session.one("check.kept", n=n) or (0, 0)
            self._session.run("issue.rename", n=n, **names)
            self._session.run("issue.update", n=n, filed=filed, changed_seq=changed_seq, **values)
        if wrong:
            self._settle()
        return len(wrong)

    def labels(self) -> int:
        """Write the rows of labels anew where they differ."""
        wrong = [self._number_of(each) for each in self._tx.checks.labels()]
        for n in wrong:
            self._session.run("check.delete_labels", n=n)
            for label in self._tx.issues.by_number(n).record.labels:
                self._session.run("issue.insert_label", n=n, label=label.replace("\x00", ""))
        return len(wrong)

    def edges(self) -> int:
        """Write the rows of edges anew where they differ, and bind them to what they mean."""
        wrong = [self._number_of(each) for each in self._tx.checks.edges()]
        readiness = self._tx.readiness
        for n in wrong:
            record = self._tx.issues.by_number(n).record
            self._session.run("check.delete_edges", n=n)
            for edge in record.edges:
                loose = readiness.loose(n, record, *edge)
                target, spawner = readiness.meant(loose)
                row = edge_parameters(loose._replace(dst=target, spawn=spawner))
                self._session.run("edge.insert", **row)
        if wrong:
            self._settle()
        return len(wrong)

    def readiness(self) -> int:
        """Compute the index of readiness from scratch."""
        return self._settle()

    def _settle(self) -> int:
        wrong = self._session.all("check.outside")
        self._session.many("check.put_outside", [{"n": row[0], "ext": row[2]} for row in wrong])
        return len(wrong) + self._tx.ready.recompute()

    def prefixes(self) -> int:
        """Count the top-level issues of each prefix anew."""
        wrong = self._tx.checks.prefixes()
        self._session.many(
            "check.put_prefix",
            [{"prefix": each, "count": count} for each, (_, count) in wrong.items()],
        )
        return len(wrong)

    def child_numbers(self) -> int:
        """Let parents know the highest number of their children."""
        wrong = self._tx.checks.child_numbers()
        for issue_id, (_, highest) in wrong.items():
            self._session.run("issue.raise_child_top", n=self._number_of(issue_id), number=highest)
        return len(wrong)

    def orphans(self) -> int:
        """Take out what belongs to issues that are not there; events stay, without their issue."""
        changed = 0
        for query in _LONE:
            self._session.run(query)
            changed += self._session.changed()
        self._session.run("check.lone_deliveries")
        lone = self._session.changed()
        if lone:
            changed += lone
            self._session.run("check.drop_mailboxes")
            self._session.run("schema.count_mailboxes")
        self._settle()
        return changed

    def documents(self) -> int:
        """Take out issues that nothing says any more; the file may bring them back."""
        lost = [self._number_of(each) for each in self._tx.checks.documents()]
        if lost:
            self.take_out(lost)
        return len(lost)

    def take_out(self, numbers: Sequence[int]) -> None:
        """Take issues out of the store, as if they had never come; events of them stay."""
        keys = [{"n": n} for n in numbers]
        # The rows that name an issue go before it does.
        for query in (
            *("check.delete_labels", "check.delete_edges", "check.drop_targets"),
            *("check.drop_spawners", "check.drop_claim", "check.drop_grants"),
            *("check.drop_conflicts", "check.drop_former_ids", "check.drop_events"),
            *("check.drop_queued", "check.forget_document", "origin.drop"),
            *("search.drop_words", "search.drop_parts"),
        ):
            self._session.many(query, keys)
        self._session.many("check.forget", keys)
        self.prefixes()
        self._settle()

    def claims(self) -> int:
        """End the claims that can't be. The sweep before any write ended those that ran out."""
        odd = self._tx.checks.odd_claims()
        for issue_id, _ in odd:
            self._tx.claims.raise_epoch(self._number_of(issue_id))
        return len(odd)

    def quarantine(self) -> int:
        """Let go of the lines that could not be read; the caller has kept them elsewhere."""
        self._session.run("check.drop_quarantine")
        return self._session.changed()

    def put_claims(self, claims: Sequence[KeptClaim]) -> int:
        """Put claims back that stood in a damaged database; their holders hold on."""
        count = 0
        for claim in claims:
            row = self._session.one("issue.number_of", id=claim.issue_id)
            if row is None:
                continue
            grant = {"n": row[0], **msgspec.structs.asdict(claim)}
            del grant["issue_id"]
            self._session.run("claim.grant", **grant)
            if claim.actor:
                grant = {key: grant[key] for key in ("n", "actor", "session", "claim_epoch")}
                self._session.run("claim.remember_grant", **grant)
            count += 1
        return count

    def put_memories(self, memories: Sequence[KeptMemory]) -> None:
        """Put back what was remembered; what is remembered since stands."""
        self._session.many("check.put_memory", [msgspec.structs.asdict(each) for each in memories])

    def put_pairs(self, pairs: Sequence[KeptPair]) -> None:
        """Put pairs back; what was set since stands."""
        self._session.many("check.put_pair", [msgspec.structs.asdict(each) for each in pairs])

    def put_origins(self, origins: Mapping[str, str]) -> None:
        """Note anew which repositories issues came from, by their ids."""
        for issue_id, repository in origins.items():
            self._tx.origins.put([self._number_of(issue_id)], repository)

    def unfile(self, issue_ids: Sequence[str]) -> None:
        """Keep ephemeral issues of our own out of the file."""
        self._session.many("check.unfile", [{"id": each} for each in issue_ids])
