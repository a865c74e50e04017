"""What happened, a coloured line each."""

from collections.abc import Sequence

from rich.text import Text

from beadwork.doors.cli import activity_text, message_text, times
from beadwork.doors.cli import text as texts
from beadwork.doors.cli.views import theme
from beadwork.doors.cli.views.screen import Screen
from beadwork.ops.activity import Deed
from beadwork.ops.message import Message

_STYLES = {
    "created": "green", "imported": "green", "claimed": "yellow", "closed": "bold green",
    "reopened": "yellow", "deleted": "red", "undone": "red", "undeliverable": "red",
    "expired": "red", "commented": "magenta",
}  # fmt: skip
_URGENCY = {"urgent": "bold red", "high": "yellow"}


def activity(screen: Screen, deeds: Sequence[Deed]) -> str:
    """Draw what happened, the latest last."""
    return theme.render(screen, [theme.fitted(_line(each), screen.width) for each in deeds])


def _line(deed: Deed) -> Text:
    when = theme.faint(times.shown(deed.at, is_local=True)[5:19])
    number = theme.faint(f"#{deed.seq}")
    if deed.message is not None:
        return theme.joined(when, number, *_message(deed.message))
    who = Text(texts.line(deed.actor), style="bold blue")
    what = Text(activity_text.words(deed), style=_STYLES.get(deed.deed, ""))
    about = Text(texts.line(deed.issue_id), style="cyan")
    line = theme.joined(when, number, who, what, about, texts.line(deed.title))
    said = activity_text.detail(deed)
    if said:
        line.append(f": {said}", style="dim")
    return line


def _message(message: Message) -> tuple[Text, ...]:
    who = Text(texts.line(message.from_), style="bold blue")
    to = Text(f"→ {', '.join(texts.line(each) for each in message.to)}", style="blue")
    kind = Text(texts.line(message.type), style="magenta")
    urgency = Text(
        message.priority if message.priority in _URGENCY else "",
        style=_URGENCY.get(message.priority, ""),
    )
    return who, to, kind, urgency, Text(message_text.said(message))
