"""`bd activity`: what happened, and what happens."""

from collections.abc import Iterator
from typing import Any

import click
import msgspec

from beadwork.doors.cli import activity_text, times, views
from beadwork.doors.cli.options import ID, BeadCommand, pass_session
from beadwork.doors.cli.session import Session
from beadwork.model import instants
from beadwork.model.errors import InvalidField, InvalidRequest
from beadwork.model.instants import duration_s
from beadwork.ops.activity import Activity, Deed, ListActivity

_PAGE = 1000
_LATEST = 50


@click.command(cls=BeadCommand)
@click.option("-f", "--follow", is_flag=True, help="Go on with what happens, until interrupted.")
@click.option("--since", metavar="SEQ|TIME", help="After this number, or since this time: 2h.")
@click.option(
    *("-n", "--limit"),
    type=click.IntRange(0, 2**31),
    help=f"The latest so many; {_LATEST} without --since. 0: all.",
)
@click.option("--actor", "who", metavar="NAME", default="", help="Only what this one did.")
@click.option("--issue", type=ID, help="Only what happened to this issue.")
@click.option("--kind", "kinds", multiple=True, help="Only this kind: created, closed, sent, ...")
@click.option("--messages", is_flag=True, help="Only messages.")
@click.option("--events", is_flag=True, help="All but messages.")
@pass_session
def activity(session: Session, /, **given: Any) -> None:
    """Show what happened, events and messages in one list, the latest last."""
    if given["messages"] and given["events"]:
        raise InvalidRequest("--messages and --events exclude each other", hint="Leave both out.")
    asked = ListActivity(
        actor=given["who"],
        issue=given["issue"] or "",
        kinds=list(given["kinds"]),
        only="messages" if given["messages"] else "events" if given["events"] else "",
        limit=_PAGE,
    )
    if given["follow"]:
        # Whoever goes on without end outlives the daemon.
        session.world.require_here()
    deeds, cursor = _begun(session, asked, since=given["since"], limit=given["limit"])
    if not given["follow"]:
        shown = [_shape(each) for each in deeds]
        said = "\n".join(activity_text.line(each) for each in deeds)
        session.show(shown, said or "Nothing yet.", views.activity(deeds))
        return
    _show_more(session, deeds)
    _follow(session, asked, cursor)


def _begun(
    session: Session, asked: ListActivity, *, since: str | None, limit: int | None
) -> tuple[list[Deed], int]:
    """Return what is shown at first, and after which number to go on."""
    if since is None and limit != 0:
        return _latest(session, asked, _LATEST if limit is None else limit)
    since = since or "0"
    is_number = since.isascii() and since.isdigit()
    started = (
        _with(asked, since=int(since)) if is_number else _with(asked, since_time=_moment(since))
    )
    deeds: list[Deed] = []
    cursor = 0
    for page in _pages(session, started):
        deeds = [*deeds, *page.deeds][-limit if limit else 0 :]
        cursor = page.cursor
    return deeds, cursor


def _moment(said: str) -> str:
    """Return the time that was meant; a length of time counts back from now."""
    try:
        back_us = int(duration_s(said) * 1_000_000)
    except InvalidField:
        return times.given_time(said, "since")
    return instants.format_us(times.now_us() - back_us)


def _shape(deed: Deed) -> dict[str, Any]:
    return {"seq": deed.seq, "at": deed.at, **msgspec.to_builtins(deed)}


def _with(asked: ListActivity, **fields: Any) -> ListActivity:
    return msgspec.structs.replace(asked, **fields)


def _latest(session: Session, asked: ListActivity, limit: int) -> tuple[list[Deed], int]:
    page = session.run(_with(asked, limit=min(limit, _PAGE)))
    deeds, cursor = page.deeds, page.cursor
    while page.is_cut and len(deeds) < limit:
        more = min(limit - len(deeds), _PAGE)
        page = session.run(_with(asked, limit=more, before=page.first))
        deeds = [*page.deeds, *deeds]
    return deeds, cursor


def _pages(session: Session, asked: ListActivity) -> Iterator[Activity]:
    """Yield what came after a number, to the end."""
    page = session.run(asked)
    yield page
    while page.is_cut:
        page = session.run(_with(asked, since=page.cursor, since_time=""))
        yield page


def _follow(session: Session, asked: ListActivity, cursor: int) -> None:
    """Show what happens as long as somebody reads it."""
    while session.streams.is_read:
        seen = session.world.glimpse(session.engine)
        for page in _pages(session, _with(asked, since=cursor)):
            _show_more(session, page.deeds)
            cursor = page.cursor
        session.await_change(seen, None)


def _show_more(session: Session, deeds: list[Deed]) -> None:
    """Show some of a list without an end: as JSON one a line."""
    if not deeds:
        return
    if session.flags.is_json:
        session.write("".join(f"{msgspec.json.encode(_shape(each)).decode()}\n" for each in deeds))
    else:
        lines = "\n".join(activity_text.line(each) for each in deeds)
        session.show(None, lines, views.activity(deeds))
