"""`bd label`."""

import click
import msgspec

from beadwork.doors.cli import text
from beadwork.doors.cli.commands.issue import failures
from beadwork.doors.cli.options import ID, BeadCommand, BeadGroup, pass_session
from beadwork.doors.cli.session import Session
from beadwork.model.errors import InvalidField
from beadwork.ops.issue import ShowIssue
from beadwork.ops.label import AddLabels, Labelled, ListLabels, RemoveLabels


@click.group(cls=BeadGroup)
def label() -> None:
    """Put labels on issues, or take them off."""


def _change(
    session: Session, words: tuple[str, ...], request: type[AddLabels] | type[RemoveLabels]
) -> None:
    if len(words) < 2:
        raise InvalidField(
            "An issue and a label are needed", hint="bd label add ID [ID ...] LABEL", field="label"
        )
    ids, name = tuple(ID.convert(each, None, None) for each in words[:-1]), words[-1]
    answers = session.run_each([request(issue=each, labels=[name]) for each in ids])
    done = [out for each in answers if isinstance(each, Labelled) for out in each.outcomes]
    if done:
        session.show(
            [msgspec.to_builtins(each) for each in done],
            lambda: "\n".join(
                f"{text.line(each.issue_id)}: {text.line(each.label)} {each.status}"
                for each in done
            ),
        )
    session.fail_each(failures(ids, answers))


@label.command("add", cls=BeadCommand)
@click.argument("words", metavar="ID... LABEL", nargs=-1)
@pass_session
def add(session: Session, words: tuple[str, ...]) -> None:
    """Put a label on issues; the last word is the label."""
    _change(session, words, AddLabels)


@label.command("remove", cls=BeadCommand)
@click.argument("words", metavar="ID... LABEL", nargs=-1)
@pass_session
def remove(session: Session, words: tuple[str, ...]) -> None:
    """Take a label from issues; the last word is the label."""
    _change(session, words, RemoveLabels)


@label.command("list", cls=BeadCommand)
@click.argument("issue_id", metavar="ID", type=ID)
@pass_session
def list_(session: Session, issue_id: str) -> None:
    """Show the labels of an issue."""
    labels = session.run(ShowIssue(issue=issue_id)).details.issue.labels
    session.show(labels, lambda: "\n".join(map(text.line, labels)) or "No labels.")


@label.command("list-all", cls=BeadCommand)
@pass_session
def list_all(session: Session) -> None:
    """Show every label in use, and how many issues carry it."""
    found = session.run(ListLabels()).labels
    session.show(
        [msgspec.to_builtins(each) for each in found],
        lambda: (
            "\n".join(f"{each.count:6} {text.line(each.label)}" for each in found) or "No labels."
        ),
    )


@label.command(cls=BeadCommand)
@click.argument("issue_id", metavar="ID", type=ID)
@click.argument("name", metavar="LABEL")
@pass_session
def propagate(session: Session, issue_id: str, name: str) -> None:
    """Put a label on every child of an issue."""
    from beadwork.ops.label_propagate import PropagateLabel

    found = session.run(PropagateLabel(issue=issue_id, label=name)).outcomes
    session.show(
        [msgspec.to_builtins(each) for each in found],
        lambda: (
            "\n".join(
                f"{text.line(each.issue_id)}: {text.line(each.label)} {each.status}"
                for each in found
            )
            or "No children."
        ),
    )
