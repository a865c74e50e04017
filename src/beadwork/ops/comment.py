"""Comments: what is said about an issue."""

import msgspec

from beadwork.model import instants, token
from beadwork.model.errors import ClaimStale, InvalidField, InvalidTransition, UnknownIssue
from beadwork.model.issue import Comment, require_text
from beadwork.model.record import Record, comment_key, comment_number
from beadwork.model.transition import require_alive
from beadwork.ops.claim import Epoch, IssueName, fence, touched
from beadwork.ops.operation import Request, Response, operation
from beadwork.ops.transaction import Transaction
from beadwork.ops.views import shown


def commented(tx: Transaction, record: Record, text: str, author: str = "") -> Record:
    """Return a record with one more comment."""
    name = author or tx.holder.actor
    created_at = instants.format_seconds(tx.now_us)
    nth = 0
    while (key := comment_key(name, created_at, text, nth)) in record.comments:
        nth += 1
    comment = {
        "id": comment_number(key),
        "issue_id": record.id,
        "author": name,
        "text": text,
        "created_at": created_at,
    }
    comments = {**record.comments, key: token.encode(comment)}
    return touched(tx, record._replace(comments=comments))


class Commented(Response):
    """The new comment."""

    comment: Comment


class AddComment(Request[Commented], frozen=True):
    """Say something about an issue."""

    issue: IssueName
    text: str
    author: str = ""
    claim_epoch: Epoch = None


@operation(
    "comment.add",
    kind="write",
    raises=(UnknownIssue, InvalidField, ClaimStale, InvalidTransition),
    example={"issue": "px-a3f", "text": "Found the cause."},
)
def add_comment(request: AddComment, tx: Transaction) -> Commented:
    """Say something about an issue."""
    entry = tx.issues.require(request.issue)
    fence(tx, entry, request.claim_epoch)
    require_alive(entry.record)
    if not request.text.strip():
        raise InvalidField("The comment is empty", hint="Give a text.", field="text")
    text = require_text(request.text, "comment")
    author = require_text(request.author, "author")
    after = commented(tx, entry.record, text, author)
    tx.issues.write(entry, after)
    new = next(key for key in after.comments if key not in entry.record.comments)
    return Commented(comment=msgspec.json.decode(after.comments[new], type=Comment))


class Comments(Response):
    """The comments, oldest first."""

    comments: list[Comment]


class ListComments(Request[Comments], frozen=True):
    """List the comments of an issue."""

    issue: IssueName


@operation("comment.list", kind="read", raises=(UnknownIssue,), example={"issue": "px-a3f"})
def list_comments(request: ListComments, tx: Transaction) -> Comments:
    """List the comments of an issue."""
    return Comments(comments=shown(tx.issues.require(request.issue)).comments)
