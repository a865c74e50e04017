"""`bd comments` and `bd comment`."""

from typing import Any

import click
import msgspec

from beadwork.doors.cli import text as texts
from beadwork.doors.cli import views
from beadwork.doors.cli.fields import piped
from beadwork.doors.cli.options import ID, BeadCommand, BeadGroup, pass_session
from beadwork.doors.cli.session import Session
from beadwork.model.errors import InvalidField
from beadwork.model.overriding import override
from beadwork.ops.comment import AddComment, ListComments

_NO_ISSUES = ("add", "list")


class _Comments(BeadGroup):
    """`bd comments ID` lists; `bd comments add ID TEXT` adds."""

    @override
    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Ask for the id where none is given: an empty answer would say that all is well."""
        return super().parse_args(ctx, args or ["list"])

    @override
    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Take what is no subcommand as an id to list."""
        if args and args[0] not in ("add", "list"):
            args = ["list", *args]
        return super().resolve_command(ctx, args)


@click.group(cls=_Comments)
def comments() -> None:
    """Show the comments of an issue, or add one."""


@comments.command("list", cls=BeadCommand)
@click.argument("issue_id", metavar="ID", type=ID)
@click.option("--local-time", is_flag=True, help="Times in the zone of this machine.")
@pass_session
def list_comments(session: Session, issue_id: str, local_time: bool) -> None:
    """Show the comments of an issue, oldest first."""
    found = session.run(ListComments(issue=issue_id)).comments
    session.show(
        [msgspec.to_builtins(each) for each in found],
        lambda: texts.comments(found, is_local=local_time) or "No comments.",
        views.comments(found, is_local=local_time),
    )


@click.command("add", cls=BeadCommand)
@click.argument("issue_id", metavar="ID", type=ID)
@click.argument("words", metavar="TEXT", nargs=-1)
@click.option("-f", "--file", help="Read the text from a file; - is standard input.")
@click.option("-a", "--author", default="", help="Who says it; by default you.")
@pass_session
def add_comment(session: Session, /, **given: Any) -> None:
    """Say something about an issue."""
    if given["issue_id"] in _NO_ISSUES:
        # As the beginning of an id it could mean an issue that nobody named.
        raise InvalidField(
            "The issue comes first", hint='bd comment ID "text", or bd comments ID', field="issue"
        )
    if given["file"] and given["words"]:
        raise InvalidField("Both a text and a file were given", hint="Give one.", field="text")
    file, words = given["file"], " ".join(given["words"])
    content = session.read_text(file) if file else piped(session, words) or ""
    request = AddComment(issue=given["issue_id"], text=content, author=given["author"])
    comment = session.run(request).comment
    session.show(
        msgspec.to_builtins(comment), lambda: f"Commented on {texts.line(comment.issue_id)}"
    )


comments.add_command(add_comment)
