"""Comments as a record holds them: what identifies one (R4), and their order in the line."""

from collections import Counter
from collections.abc import Callable, Mapping

import msgspec

from beadwork.model import instants, token
from beadwork.model.digests import sha256
from beadwork.model.stamp import Stamp


class _Content(msgspec.Struct):
    author: str | None = None
    created_at: str | None = None
    text: str | None = None

    @property
    def moment(self) -> int:
        return instants.parse_ns(self.created_at or "") or 0

    def key(self, nth: int) -> str:
        return comment_key(self.author or "", self.created_at or "", self.text or "", nth)


_CONTENT = msgspec.json.Decoder(_Content)
_ITEMS = msgspec.json.Decoder(list[msgspec.Raw])
_GAP_MAX = 16


def comment_key(author: str, created_at: str, text: str, nth: int) -> str:
    """Return what identifies a comment everywhere (R4); `nth` counts equal ones."""
    instant = instants.parse_ns(created_at)
    moment = created_at if instant is None else str(instant)
    content = "\x00".join((author, moment, text, str(nth)))
    return sha256(content.encode()).hexdigest()[:16]


def comment_number(key: str) -> int:
    """Return the id of a new comment: 53 bits of its key, as classic readers take numbers."""
    return int(key, 16) >> 11


def read(raw: msgspec.Raw, form: token.Form) -> dict[str, str]:
    """Read the comments of a line: tokens by key. Equal ones are counted as they stand."""
    comments: dict[str, str] = {}
    equal: Counter[str] = Counter()
    for item in _ITEMS.decode(raw):
        content = _CONTENT.decode(item)
        first = content.key(0)
        key = content.key(equal[first]) if equal[first] else first
        equal[first] += 1
        comments[key] = form(str(item, "utf-8"))
    return comments


def in_order(comments: Mapping[str, str], written: Callable[[str], Stamp]) -> list[str]:
    """Return comments by creation instant, and equal ones so that `read` counts them alike.

    `created_at` tells seconds only: within one, the stamp of a comment's write decides.
    """
    if len(comments) < 2:
        return list(comments.values())
    contents = {key: _CONTENT.decode(item) for key, item in comments.items()}
    moments = {content.moment: key for key, content in contents.items()}
    if len(moments) == len(comments):
        return [comments[moments[moment]] for moment in sorted(moments)]
    firsts = {key: content.key(0) for key, content in contents.items()}
    counts = Counter(firsts.values())

    def place(key: str) -> tuple[int, Stamp, str, int]:
        first = firsts[key]
        nth = _nth(contents[key], key, counts[first]) if counts[first] > 1 else 0
        return contents[key].moment, written(first), first, nth

    return [comments[key] for key in sorted(comments, key=place)]


def _nth(content: _Content, key: str, count: int) -> int:
    tried = range(count + _GAP_MAX)
    return next((nth for nth in tried if content.key(nth) == key), len(tried))
