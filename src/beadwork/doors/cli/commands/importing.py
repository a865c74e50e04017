"""`bd import`, `bd sync`, `bd merge`: what others wrote, taken in."""

import os
import select
import stat
import sys
from typing import Any, NamedTuple

import click
import msgspec

from beadwork.doors.cli import shapes, text
from beadwork.doors.cli.options import BeadCommand, pass_session
from beadwork.doors.cli.session import Session
from beadwork.model import renaming
from beadwork.model.errors import BeadworkError, InvalidField, InvalidRequest
from beadwork.ops.issue import ListIssues
from beadwork.ops.preview import Previewed, PreviewImport
from beadwork.ops.record import ShowStore
from beadwork.ops.record_file import Imported, ImportFile

_MERGED, _CONFLICT, _ERROR = 0, 1, 129
_NO = 1
_NAMED_MAX = 10
_PIPE_WAIT_S = 10.0
"""A pipe on which nothing comes for so long is one that somebody forgot to close."""


@click.command("import", cls=BeadCommand)
@click.argument("path", required=False)
@click.option("-i", "--input", "source", help="The file to take in; - is standard input.")
@click.option("-s", "--skip-existing", is_flag=True, help="Only issues that are not here yet.")
@click.option("--strict", is_flag=True, help="All or nothing: no bad line, no edge to nowhere.")
@click.option("--dry-run", is_flag=True, help="Only say what would become of the lines.")
@click.option("--rename-on-import", is_flag=True, help="Foreign ids get this project's prefix.")
@click.option("--dedupe-after", is_flag=True, help="Name open issues that have equal texts.")
@click.option(
    "--orphan-handling",
    type=click.Choice(["allow", "resurrect", "skip", "strict"]),
    help="What to do with children whose parent is not known: allow (the default), skip, strict.",
)
@click.option("--force", is_flag=True, help="Also if the file is the one last seen.")
@click.option("--no-git-history", is_flag=True, hidden=True)
@click.option("--protect-left-snapshot", is_flag=True, hidden=True)
@click.option("--clear-duplicate-external-refs", is_flag=True, hidden=True)
@pass_session
def import_(session: Session, /, **given: Any) -> None:
    """Take in a file of records, or standard input; without either, the project's own."""
    if given["path"] and given["source"] and given["path"] != given["source"]:
        raise InvalidField("Two files were named", hint="Name one.", field="input")
    name = given["source"] or given["path"] or _piped()
    wanted = _wanted(session, given)
    if name is None and (given["dry_run"] or wanted.is_careful):
        # It would be taken in before it could be looked at.
        session.flags.has_import = False
    content = _content(session, name, wanted)
    if given["dry_run"] or wanted.is_careful:
        preview = _preview(session, content, is_own=name is None and not wanted.is_changing)
        if given["dry_run"]:
            _show_preview(session, preview)
            return
        _require_sound(preview, wanted)
    if name is None and not wanted.is_changing:
        found = _import_own(session, is_forced=given["force"])
    else:
        found = session.run(ImportFile(text=content))
    _show_imported(session, found, given)


class _Wanted(NamedTuple):
    """How lines are to be chosen and changed before they are taken in."""

    is_strict: bool
    is_new_only: bool
    is_renaming: bool
    orphans: str

    @property
    def is_careful(self) -> bool:
        """Tell whether it depends on the outcome if anything is taken in."""
        return self.is_strict or self.orphans == "strict"

    @property
    def is_changing(self) -> bool:
        """Tell whether other lines are taken in than stand there."""
        return self.is_new_only or self.is_renaming or self.orphans == "skip"


def _wanted(session: Session, given: dict[str, Any]) -> _Wanted:
    options = session.flags.options
    orphans = given["orphan_handling"]
    if orphans is None:
        orphans = session.world.setting(options, "import.orphan_handling") or "allow"
    return _Wanted(given["strict"], given["skip_existing"], given["rename_on_import"], orphans)


def _content(session: Session, name: str | None, wanted: _Wanted) -> str:
    """Return the lines that are to be taken in, as they are to be."""
    path = name or session.world.where(session.flags.options).records_path
    if name is None and not os.path.exists(path):
        return ""
    content = session.read_bytes(path).decode("utf-8", "surrogateescape")
    if name is not None:
        _require_lines(content)
    if wanted.is_renaming:
        content = _renamed(session, content)
    if wanted.is_new_only:
        known = _known(session)
        content = _without(content, lambda issue_id: issue_id in known)
    if wanted.orphans == "skip":
        orphans = set(_preview(session, content).orphans)
        for each in sorted(orphans)[:_NAMED_MAX]:
            session.warn(f"Warning: {text.line(each)} is left out: its parent is not known.")
        content = _without(content, lambda issue_id: issue_id in orphans)
    return content


def _require_lines(content: str) -> None:
    """Refuse a JSON document: quarantine would keep each of its lines."""
    first = content.lstrip("\ufeff \t\r\n").partition("\n")[0].strip()
    if first.startswith("[") or first == "{":
        raise InvalidRequest(
            "This is one JSON document, not a record a line",
            hint="Import what `bd export` writes, or make lines of it: `jq -c '.[]'`.",
        )


def _without(content: str, is_out: Any) -> str:  # noqa: ANN401 -- a predicate
    return "\n".join(
        line for line in content.split("\n") if not is_out(renaming.id_of(line) or None)
    )


def _renamed(session: Session, content: str) -> str:
    prefix = session.world.where(session.flags.options).prefix
    allowed = session.world.setting(session.flags.options, "allowed_prefixes").split(",")
    lines = content.split("\n")
    names = renaming.foreign_ids(lines, prefix, [each.strip().rstrip("-") for each in allowed])
    if names and not session.flags.is_json:
        session.warn(f"{len(names)} issues get the prefix {prefix}.")
    return "\n".join(renaming.renamed_lines(lines, names))


def _known(session: Session) -> set[str]:
    """Return the ids of this store, those of deleted issues included."""
    everything = ListIssues(all=True, limit=0, include_gates=True, include_templates=True)
    deleted = msgspec.structs.replace(everything, statuses=["tombstone"])
    rows = session.run(everything).issues + session.run(deleted).issues
    return {row.issue.id for row in rows}


def _preview(session: Session, content: str, *, is_own: bool = False) -> Previewed:
    # Nothing is left written, so --readonly does not forbid it.
    request = PreviewImport(text=content, is_project_file=is_own)
    return session.engine.rehearse(request, session.caller)


def _show_preview(session: Session, found: Previewed) -> None:
    shown = {"dry_run": True, **shapes.report(found.report), **_troubles(found)}
    said = text.report(found.report).replace("Imported", "Would import", 1)
    session.show(shown, lambda: "\n".join([said, *_told(found)]))


def _troubles(found: Previewed) -> dict[str, Any]:
    return {
        "dangling": [msgspec.to_builtins(each) for each in found.dangling],
        "orphans": found.orphans,
    }


def _told(found: Previewed) -> list[str]:
    lines = [
        f"  {text.line(each.issue_id)} needs {text.line(each.depends_on_id)}, which is not known"
        for each in found.dangling[:_NAMED_MAX]
    ]
    return lines + [
        f"  {text.line(each)} has no parent here" for each in found.orphans[:_NAMED_MAX]
    ]


def _require_sound(found: Previewed, wanted: _Wanted) -> None:
    """Refuse to take anything in.

    Raises:
        InvalidRequest: there are bad lines, edges to nowhere, or orphans.
    """
    faults = []
    if wanted.is_strict and found.report.quarantined:
        faults.append(f"{len(found.report.quarantined)} lines can't be read")
    if wanted.is_strict and found.dangling:
        faults.append(f"{len(found.dangling)} edges lead to issues that are not known")
    if wanted.orphans == "strict" and found.orphans:
        faults.append(f"{len(found.orphans)} children have no parent")
    if faults:
        raise InvalidRequest(
            f"Nothing was imported: {', '.join(faults)}",
            hint="Mend the lines, or leave out --strict; `bd import --dry-run` names them.",
            lines=[msgspec.to_builtins(each) for each in found.report.quarantined],
            **_troubles(found),
        )


def _show_imported(session: Session, found: Imported, given: dict[str, Any]) -> None:
    found.report.quarantined.sort(key=lambda each: each.line_number)
    shown = shapes.report(found.report) | {"is_unchanged": found.is_unchanged}
    lines = ["The file is the one last seen." if found.is_unchanged else text.report(found.report)]
    if given["dedupe_after"]:
        groups = _equal_texts(session)
        shown["duplicate_groups"] = groups
        lines += [f"  equal texts: {text.line(', '.join(each))}" for each in groups]
        lines += ["  See `bd duplicates`."] if groups else []
    session.show(shown, "\n".join(lines))
    unread = found.report.quarantined
    if unread:
        raise InvalidRequest(
            f"{len(unread)} of {found.report.lines} lines can't be read; quarantine keeps them",
            hint="Mend the lines and import them again.",
            lines=[msgspec.to_builtins(each) for each in unread],
        )


def _equal_texts(session: Session) -> list[list[str]]:
    """Return the ids of open issues that have title and texts in common."""
    groups: dict[tuple[str, ...], list[str]] = {}
    for row in session.run(ListIssues(limit=0)).issues:
        issue = row.issue
        said = (issue.title, issue.description, issue.design, issue.acceptance_criteria)
        groups.setdefault(tuple(each or "" for each in said), []).append(issue.id)
    return sorted(sorted(ids) for ids in groups.values() if len(ids) > 1)


def _piped() -> str | None:
    """Return `-` if something stands ready on standard input that nobody has to type."""
    try:
        descriptor = sys.stdin.fileno()
        mode = os.fstat(descriptor).st_mode
    except OSError:
        return None
    if stat.S_ISREG(mode):
        return "-"
    if not (stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)):
        return None
    if not select.select([descriptor], [], [], _PIPE_WAIT_S)[0]:
        raise InvalidRequest(
            "Nothing came on standard input", hint="Name a file, or - to wait for the pipe."
        )
    return "-"


def _import_own(session: Session, *, is_forced: bool) -> Imported:
    _ = session.engine  # Opening it takes the file in.
    session.require_writable()
    before = session.imported
    again = session.run(ImportFile(force=is_forced))
    return before if before is not None and again.is_unchanged else again


_GIT_FLAGS = {
    "full": "pull, commit and push",
    "merge": "merge the sync branch",
    "squash": "join commits",
    "from_main": "take the file of the main branch",
    "accept_rebase": "take over a sync branch that was rebased",
    "resolve": "resolve conflicts",
    "ours": "resolve conflicts",
    "theirs": "resolve conflicts",
    "manual": "resolve conflicts",
}


@click.command(cls=BeadCommand)
@click.argument("words", metavar="", nargs=-1)
@click.option("--import", "is_import", is_flag=True, help="Only read the file.")
@click.option("--import-only", "is_import_too", is_flag=True, hidden=True)
@click.option("--flush-only", is_flag=True, help="Only write the file.")
@click.option("--status", "is_status", is_flag=True, help="Only say how things stand.")
@click.option("--check", "is_check", is_flag=True, help="Only look for faults of the file.")
@click.option("--dry-run", is_flag=True, help="Only say what would be done.")
@click.option("--set-mode", hidden=True)
@click.option("--full", is_flag=True, hidden=True)
@click.option("--merge", is_flag=True, hidden=True)
@click.option("--squash", is_flag=True, hidden=True)
@click.option("--from-main", is_flag=True, hidden=True)
@click.option("--accept-rebase", is_flag=True, hidden=True)
@click.option("--resolve", is_flag=True, hidden=True)
@click.option("--ours", is_flag=True, hidden=True)
@click.option("--theirs", is_flag=True, hidden=True)
@click.option("--manual", is_flag=True, hidden=True)
@click.option("--force", is_flag=True, hidden=True)
@click.option("--rename-on-import", is_flag=True, hidden=True)
@click.option("-m", "--message", hidden=True)
@click.option("--no-pull", is_flag=True, hidden=True)
@click.option("--no-push", is_flag=True, hidden=True)
@click.option("--no-git-history", is_flag=True, hidden=True)
@pass_session
def sync(session: Session, /, **given: Any) -> None:
    """Read the file, and write it if anything changed. Nothing is committed."""
    _refuse_git(given)
    if given["words"] or given["set_mode"]:
        _mode(session, given["words"], given["set_mode"])
        return
    is_import = given["is_import"] or given["is_import_too"]
    if is_import and given["flush_only"]:
        raise InvalidField(
            "It can't be both --import and --flush-only",
            hint="`bd sync` alone does both.",
            field="import",
        )
    if given["is_check"]:
        _check(session)
    elif given["is_status"]:
        _stand(session)
    elif given["dry_run"]:
        _rehearse(session)
    else:
        _sync(session, has_import=not given["flush_only"], has_export=not is_import)


def _refuse_git(given: dict[str, Any]) -> None:
    for name, meaning in _GIT_FLAGS.items():
        if given[name]:
            hint = "Use `bd sync`, then git: `git pull`, `git commit`, `git push`."
            if "conflict" in meaning:
                hint = "There is nothing to resolve: records are folded, the later write wins."
            flag = f"--{name.replace('_', '-')}"
            raise InvalidField(f"{flag} ({meaning}) is not supported", hint=hint, field=name)


def _mode(session: Session, words: tuple[str, ...], wanted: str | None) -> None:
    """Answer `sync mode current`, `list` and `set`: there is one mode."""
    only = "git-portable"
    if not wanted and words[:1] == ("mode",):
        wanted = words[2] if words[1:2] == ("set",) and len(words) == len(("m", "s", "w")) else None
        if words[1:] in ((), ("current",), ("list",)):
            session.show({"mode": only, "modes": [only]}, f"{only}: records travel in the file")
            return
    if wanted != only:
        name = wanted or " ".join(words)
        raise InvalidField(
            f'`bd sync` knows no "{name[:60]}"',
            hint=f"The one mode is {only}; `bd sync` alone reads and writes the file.",
            field="mode",
        )
    session.show({"mode": only}, f"The mode is {only}.")


def _own_preview(session: Session) -> Previewed:
    """Preview the project's file; it is not taken in, as it else is before each command."""
    session.flags.has_import = False
    path = session.world.where(session.flags.options).records_path
    content = session.read_bytes(path) if os.path.exists(path) else b""
    return _preview(session, content.decode("utf-8", "surrogateescape"), is_own=True)


def _stand(session: Session) -> None:
    """Say how many changes the file lacks."""
    dirty = session.run(ShowStore()).dirty
    session.show({"dirty": dirty}, f"{dirty} changed issues are not in the file yet.")


def _rehearse(session: Session) -> None:
    """Say what a sync would read and write."""
    found = _own_preview(session)
    dirty = session.run(ShowStore()).dirty
    news = found.report.created + found.report.updated
    shown = {"dry_run": True, "dirty": dirty, "imported": shapes.report(found.report)}
    lines = [
        f"{dirty} changed issues are not in the file yet.",
        f"{news} issues of the file are new or changed." if news else "The file brings no news.",
    ]
    session.show(shown, "\n".join(lines))


def _check(session: Session) -> None:
    """Look for faults of the file; exit 1 if there are any."""
    found = _own_preview(session)
    report = found.report
    faults = [
        f"line {each.line_number} can't be read: {each.reason}" for each in report.quarantined
    ]
    faults += [f"{report.markers} conflict markers"] if report.markers else []
    faults += [f"{report.doubled} doubled lines"] if report.doubled else []
    faults += [f"{n} ids with the foreign prefix {p}" for p, n in report.foreign_prefixes.items()]
    faults += [each.strip() for each in _told(found)]
    shown = {"ok": not faults, "issues": faults, **_troubles(found)}
    session.show(shown, "\n".join(map(text.line, faults)) or "The file is sound.")
    session.exit_code = max(session.exit_code, _NO if faults else 0)


def _sync(session: Session, *, has_import: bool, has_export: bool) -> None:
    engine = session.engine
    session.require_writable()
    imported = session.imported
    if has_import and not session.flags.has_import:
        imported = session.run(ImportFile())
    # An export takes in the file first, so that nobody's edit is lost.
    is_written = engine.flush(session.caller, is_whole=True) if has_export else False
    if not has_export:
        session.flags.has_flush = False
    lines = [text.report(imported.report)] if imported and not imported.is_unchanged else []
    lines.append("Wrote the file." if is_written else "The file is up to date.")
    session.show(
        {
            "imported": shapes.report(imported.report) if imported else None,
            "is_written": is_written,
        },
        "\n".join(lines),
    )


@click.command(cls=BeadCommand)
@click.argument("out")
@click.argument("base")
@click.argument("left")
@click.argument("right")
@pass_session
def merge(session: Session, /, **given: Any) -> None:
    """Merge three files of records into OUT: git's merge driver. Exits 0, 1 or 129."""
    try:
        session.require_writable()
        names = (given[each] for each in ("out", "base", "left", "right"))
        unread = session.world.merge_files(*map(session.world.full_path, names))
    except BeadworkError as error:
        session.fail(error)
        session.exit_code = _ERROR
        return
    session.exit_code = _MERGED
    if unread:
        session.warn(f"{unread} lines can't be read; they are kept at the end of the file")
        session.exit_code = _CONFLICT
