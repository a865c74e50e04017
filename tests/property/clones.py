"""Clones that share a file through git, and outsiders who edit its lines by hand.

A clone is the store in a few lines (ops/folding.py): records, the line last seen for each, and
what every known line stands for. Git is a graph of whole files. A clone looks at its file
before whatever it does, as ours does, so each outsider's line is compared with the version that
it was made from. Each register of each issue has one writer, who knows what he wrote there.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise

from beadwork.model import token
from beadwork.model.adoption import adopt, restamped
from beadwork.model.codec import body, decode, digest, encode, stamps_text, with_stamps
from beadwork.model.fold import fold_all
from beadwork.model.instants import format_ns
from beadwork.model.issue import KNOWN_FIELDS
from beadwork.model.record import Record, Register, Stamps, changes, comment_key, registers, stamped
from beadwork.model.stamp import Clock
from beadwork.model.version import Version
from beadwork.sync.merge import merge

CLONES = ("A", "B", "C")
OUTSIDERS = ("O", "P")
FIELDS = {
    "A": ("title", "status"),
    "B": ("description", "assignee"),
    "C": ("notes", "estimated_minutes"),
    "O": ("design", "external_ref"),
    "P": ("acceptance_criteria", "owner"),
}
CLASSIC = "P"
"""The outsider whose program drops the fields that it has no name for."""
REMOVALS = ("remove_label", "remove_edge")
EDITS = ("first", "second", "label", "edge", "comment", "metadata", "unknown", *REMOVALS)
SLOW_MS = {"A": 0, "B": 0, "C": 700}
MARKERS = (b"<<<<<<< ours", b"=======", b">>>>>>> theirs")


def at_ms(ms: int) -> str:
    """Write an instant as a token."""
    return token.encode(format_ns(ms * 1_000_000))


def lines_in(content: bytes) -> list[str]:
    """Split a file as an import does."""
    found = [line for line in content.split(b"\n") if line and not line.startswith(MARKERS)]
    return [line.decode() for line in found]


def file_of(lines: Iterable[str]) -> bytes:
    """Join lines to a file, by id."""
    return b"".join(line.encode() + b"\n" for line in sorted(lines, key=lambda s: decode(s).id))


# -- what one writer does to one issue ---------------------------------------------------------


def edited(record: Record, writer: str, edit: str, fresh: int) -> Record:
    """Let a writer change one of his own registers; the same record if there is nothing to do."""
    # Fresh values, in no order, so that one which wins by chance loses as often.
    word = token.encode(f"{fresh * 7919 % 1009}.{fresh}<{writer}>")
    fields = dict(record.fields)
    match edit:
        case "first" | "second":
            name = FIELDS[writer][edit == "second"]
            return record._replace(fields=_with_field(fields, name, word, fresh))
        case "metadata":
            members = token.members(fields.get("metadata", "{}"))
            fields["metadata"] = token.compose({**members, writer: word})
        case "unknown" if writer != CLASSIC:
            fields[f"x_{writer}"] = word
        case "label":
            return record._replace(labels=tuple(sorted({*record.labels, f"{writer}{fresh}"})))
        case "edge":
            target = f"px-{writer}{fresh}"
            edge = f'{{"issue_id":"{record.id}","depends_on_id":"{target}","type":"blocks"}}'
            return record._replace(edges={**record.edges, (target, "blocks"): edge})
        case "comment":
            text = f"{writer}{fresh}"
            key = comment_key(writer, "", text, 0)
            payload = f'{{"id":{fresh},"author":"{writer}","text":"{text}"}}'
            return record._replace(comments={**record.comments, key: payload})
        case "remove_label":
            doomed = next((each for each in record.labels if each.startswith(writer)), None)
            return record._replace(labels=tuple(each for each in record.labels if each != doomed))
        case "remove_edge":
            edges = dict(record.edges)
            gone = next((each for each in edges if each[0].startswith(f"px-{writer}")), None)
            if gone:
                del edges[gone]
            return record._replace(edges=edges)
        case _:
            pass
    return record._replace(fields=fields)


def _with_field(fields: dict[str, str], name: str, word: str, fresh: int) -> dict[str, str]:
    if name == "status":
        fields.pop("closed_at", None)
        fields["status"] = ['"open"', '"in_progress"', '"closed"'][fresh % 3]
        return fields | ({"closed_at": at_ms(fresh)} if fresh % 3 == 2 else {})
    return fields | {name: f"{fresh}.50" if name == "estimated_minutes" else word}


def _by_id(lines: Iterable[str]) -> dict[str, list[str]]:
    groups: defaultdict[str, list[str]] = defaultdict(list)
    for line in lines:
        groups[decode(line).id].append(line)
    return groups


# -- one clone ---------------------------------------------------------------------------------


class Clone:
    """A store, its work tree and its HEAD."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.records: dict[str, Record] = {}
        self.bases: dict[str, Record] = {}
        self.known: dict[str, str | None] = {}
        self.clock = Clock(name)
        self.head = 0
        self.work = b""

    def read(self, lines: Iterable[str]) -> None:
        """Fold the lines of the file, as ops.folding does."""
        for issue_id, group in _by_id(lines).items():
            forms = self._fold(issue_id, group, self.bases.get(issue_id))
            self.bases[issue_id] = forms[-1]

    def follow(self, versions: Iterable[Version]) -> None:
        """Fold what commits did to the file, as ops.record_file does."""
        for version in versions:
            before = _by_id(version.gone)
            for issue_id, group in _by_id(version.came).items():
                known = [self._form(line) for line in before.get(issue_id, [])]
                base, there = fold_all(known).record if known else None, self.records.get(issue_id)
                if base and there and there.is_stamped and not base.is_stamped:
                    base = restamped(base, there)
                self._fold(issue_id, group, base)

    def _form(self, line: str) -> Record:
        """Return a line under the stamps that it stands for, if it has none and that is known."""
        form, stamps = decode(line), self.known.get(digest(line))
        return form if form.is_stamped or stamps is None else with_stamps(form, stamps)

    def _fold(self, issue_id: str, group: list[str], base: Record | None) -> list[Record]:
        there = self.records.get(issue_id)
        forms, news = [], []
        for line in group:
            key, form = digest(line), self._form(line)
            if key not in self.known:
                adopted = adopt(form, base).record
                is_new = not form.is_stamped and adopted.is_stamped
                self.known[key] = stamps_text(adopted) if is_new else None
                form = adopted
                news.append(form)
            forms.append(form)
        if there is None or news:
            self.records[issue_id] = fold_all(([there] if there else forms) + news).record
        return forms

    def look(self) -> None:
        """Take in what stands in the work tree."""
        self.read(lines_in(self.work))

    def write(self, issue_id: str, after: Record, now_ms: int) -> None:
        """Write a change of its own."""
        now = now_ms - SLOW_MS[self.name]
        before = self.records.get(issue_id)
        after = after._replace(fields={**after.fields, "updated_at": at_ms(now)})
        stamp = self.clock.tick(now)
        if before is None:
            self.records[issue_id] = after._replace(stamps=Stamps(stamp))
            return
        written = changes(before, after)
        self.records[issue_id] = stamped(before, after, written, now=stamp, births={})

    def export(self) -> None:
        """Write the file."""
        self.look()
        lines = {issue_id: encode(record) for issue_id, record in self.records.items()}
        self.work = file_of(lines.values())
        self.bases = dict(self.records)
        self.known.update((digest(line), None) for line in lines.values())


# -- git ---------------------------------------------------------------------------------------


@dataclass
class Commit:
    """A version of the file."""

    content: bytes
    parents: tuple[int, ...]
    above: frozenset[int]


@dataclass
class Branch:
    """What an outsider works on: where it began, where it is, what changed there and how."""

    start: int
    head: int
    touched: set[tuple[str, Register]] = field(default_factory=set)


class Git:
    """A graph of versions, and merges as git makes them."""

    def __init__(self, content: bytes) -> None:
        self.commits = [Commit(content, (), frozenset({0}))]

    def commit(self, content: bytes, *parents: int) -> int:
        """Add a version."""
        number = len(self.commits)
        above = frozenset({number}).union(*(self.commits[each].above for each in parents))
        self.commits.append(Commit(content, parents, above))
        return number

    def has(self, commit: int, other: int) -> bool:
        """Tell whether a commit contains another."""
        return other in self.commits[commit].above

    def merged(self, left: int, right: int, *, has_driver: bool) -> bytes:
        """Merge two versions: by the driver, or in git's own way."""
        base = self._base(left, right)
        ours, theirs = self.commits[left].content, self.commits[right].content
        if base in (ours, theirs) or ours == theirs:
            return theirs if base == ours else ours
        if has_driver:
            apart = self.commits[left].above ^ self.commits[right].above
            return merge(base, ours, theirs, history=lambda: self.versions(apart)).content
        return _union(ours, theirs)

    def versions(self, commits: Iterable[int]) -> list[Version]:
        """Return what commits did to the file, each against each of its parents."""
        found = []
        for number in sorted(commits):
            commit = self.commits[number]
            lines = lines_in(commit.content)
            for parent in commit.parents:
                before = lines_in(self.commits[parent].content)
                gone = [line for line in before if line not in lines]
                found.append(Version(gone, [line for line in lines if line not in before]))
        return found

    def _base(self, left: int, right: int) -> bytes:
        """The one version from which both came; several are merged into one, as git does."""
        shared = self.commits[left].above & self.commits[right].above
        best = [c for c in shared if not any(c != d and self.has(d, c) for d in shared)]
        content = self.commits[best[0]].content
        for one, other in pairwise(best):
            content = merge(self._base(one, other), content, self.commits[other].content).content
        return content


def _union(ours: bytes, theirs: bytes) -> bytes:
    """Both sides of what differs, with the markers that git leaves where it has no driver."""
    left, right = ours.splitlines(), theirs.splitlines()
    same = [line for line in left if line in right]
    sides = [line for line in left if line not in right], [li for li in right if li not in left]
    hunk = [MARKERS[0], *sides[0], MARKERS[1], *sides[1], MARKERS[2]]
    return b"\n".join([*same, *hunk]) + b"\n"


# -- all of them -------------------------------------------------------------------------------


class World:
    """Clones, outsiders, git, the time, and what every register should hold in the end.

    Its public methods are the steps that they can take; who takes them is named.
    """

    def __init__(self, content: bytes, *, now_ms: int) -> None:
        self.now_ms = now_ms
        self.git = Git(content)
        self.clones = {name: Clone(name) for name in CLONES}
        self.branches = {name: Branch(0, 0) for name in OUTSIDERS}
        self.left_behind: list[Branch] = []
        self.ours = [0]
        self.expected: dict[str, dict[Register, str]] = {}
        self._committed: set[tuple[str, Register]] = set()
        for line in lines_in(content):
            self.expected[decode(line).id] = registers(decode(line))
        for clone in self.clones.values():
            clone.work = content
            clone.look()

    # what clones do

    def create(self, name: str) -> None:
        """Make an issue."""
        clone, now = self._looking(name), self._tick()
        issue_id = f"px-{now}"
        fields = {"title": '"New"', "status": '"open"', "priority": "2", "issue_type": '"task"'}
        clone.write(issue_id, Record(issue_id, {**fields, "created_at": at_ms(now)}), now)
        self.expected[issue_id] = registers(clone.records[issue_id])

    def write(self, name: str, number: int, edit: str) -> None:
        """Change an issue."""
        clone, now = self._looking(name), self._tick()
        before = clone.records[_one_of(clone.records, number)]
        after = edited(before, name, edit, now)
        if changes(before, after):
            self._note(before, after)
            clone.write(before.id, after, now)

    def export(self, name: str) -> None:
        """Write the file."""
        self._looking(name).export()

    def commit(self, name: str) -> Clone:
        """Export and commit."""
        clone = self._looking(name)
        clone.export()
        if clone.work != self.git.commits[clone.head].content:
            clone.head = self.git.commit(clone.work, clone.head)
            self.ours.append(clone.head)
        return clone

    def check_out(self, name: str, number: int) -> None:
        """Go back to a version of ours, the newest being 0, and look at it."""
        clone = self.commit(name)
        clone.head = self.ours[(-1 - number) % len(self.ours)]
        clone.work = self.git.commits[clone.head].content
        clone.look()

    def merge(self, name: str, other: str, has_driver: bool) -> None:
        """Merge what another clone has committed."""
        self._merge(name, self.commit(other).head, has_driver=has_driver)

    def merge_branch(self, name: str, who: str) -> None:
        """Merge an outsider's branch."""
        self._merge_branch(name, self.branches[who])

    def _merge_branch(self, name: str, branch: Branch) -> None:
        self._merge(name, branch.head, has_driver=True)

    def _merge(self, name: str, other: int, *, has_driver: bool) -> None:
        clone, git = self.commit(name), self.git
        before = clone.head
        if git.has(before, other):
            return
        if git.has(other, clone.head):
            clone.head, clone.work = other, git.commits[other].content
        else:
            clone.work = git.merged(clone.head, other, has_driver=has_driver)
            clone.head = git.commit(clone.work, clone.head, other)
        arrived = git.commits[clone.head].above - git.commits[before].above
        clone.follow(git.versions(arrived))
        self.commit(name)

    # what outsiders do

    def edit_work(self, who: str, name: str, number: int, edit: str, moves: bool) -> None:
        """Edit a line of a clone's work tree."""
        clone = self._looking(name)
        clone.work = self._edited(clone.work, who, number, edit, moves, is_branch=False)

    def edit_branch(self, who: str, number: int, edit: str, moves: bool) -> None:
        """Edit a line on a branch of one's own, and commit it as it is."""
        branch = self.branches[who]
        content = self.git.commits[branch.head].content
        after = self._edited(content, who, number, edit, moves, is_branch=True)
        if after != content:
            branch.head = self.git.commit(after, branch.head)

    def restart(self, who: str, number: int) -> None:
        """Begin a new branch on a version of ours, the newest being 0."""
        self.left_behind.append(self.branches[who])
        commit = self.ours[(-1 - number) % len(self.ours)]
        self.branches[who] = Branch(commit, commit)

    def _edited(
        self, content: bytes, who: str, number: int, edit: str, moves: bool, *, is_branch: bool
    ) -> bytes:
        lines = {decode(line).id: line for line in lines_in(content)}
        before = decode(lines[_one_of(lines, number)])
        now = self._tick()
        after = edited(before, who, edit, now)
        written = changes(before, after)
        names = {(before.id, change.register) for change in written}
        wanted = self.expected[before.id]
        # He writes over what he wrote last or not at all. What he wrote on his branch he goes on
        # with there, and doesn't take back before anybody has seen it.
        is_blind = any(change.before != wanted.get(change.register) for change in written)
        touched = self.branches[who].touched
        if is_blind or not written or (names & touched and (edit in REMOVALS or not is_branch)):
            return content
        # Of two edits of one register at one `updated_at`, nobody could tell which came first.
        moves = moves or bool(names & self._committed) or edit in REMOVALS
        if is_branch:
            touched |= names
            self._committed |= names
        self._note(before, after)
        if moves:
            after = after._replace(fields={**after.fields, "updated_at": at_ms(now)})
        if who == CLASSIC and before.is_stamped:
            known = {name: value for name, value in after.fields.items() if name in KNOWN_FIELDS}
            after = after._replace(fields=known)
        return file_of({**lines, before.id: body(after)}.values())

    # the end

    def settle(self) -> None:
        """Let every clone fold everything."""
        first, *others = CLONES
        for branch in [*self.left_behind, *self.branches.values()]:
            self._merge_branch(first, branch)
        for _ in range(2):
            for other in others:
                self.merge(first, other, True)
            for other in others:
                self.merge(other, first, True)

    def _tick(self) -> int:
        """Let time pass; each moment is used once."""
        self.now_ms += 100
        return self.now_ms

    def _looking(self, name: str) -> Clone:
        clone = self.clones[name]
        clone.look()
        return clone

    def _note(self, before: Record, after: Record) -> None:
        values = self.expected[before.id]
        for change in changes(before, after):
            values.pop(change.register, None)
            if change.after is not None:
                values[change.register] = change.after


def _one_of(names: Iterable[str], number: int) -> str:
    known = sorted(names)
    return known[number % len(known)]
