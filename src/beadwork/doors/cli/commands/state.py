"""`bd state` and `bd set-state`: what is kept in labels of the form `dimension:value`."""

import click
import msgspec

from beadwork.doors.cli import text
from beadwork.doors.cli.options import ID, BeadCommand, BeadGroup, pass_session
from beadwork.doors.cli.session import Session
from beadwork.model.errors import InvalidField
from beadwork.model.overriding import override
from beadwork.ops.state import ListStates, SetState


class _States(BeadGroup):
    """`bd state ID DIMENSION` shows one; `bd state list ID` shows all."""

    @override
    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Take what is no subcommand as an id."""
        if args and args[0] not in ("list", "show"):
            args = ["show", *args]
        return super().resolve_command(ctx, args)


@click.group(cls=_States)
def state() -> None:
    """Show the state of an issue in one dimension: `bd state ID DIMENSION`."""


@state.command("show", cls=BeadCommand, hidden=True)
@click.argument("issue_id", metavar="ID", type=ID)
@click.argument("dimension", required=False)
@pass_session
def show_state(session: Session, issue_id: str, dimension: str | None) -> None:
    """Show the state of an issue in one dimension."""
    if not (dimension or "").strip():
        raise InvalidField(
            "No dimension was named",
            hint=f"bd state {issue_id} DIMENSION, or `bd state list {issue_id}` for all.",
            field="dimension",
        )
    found = session.run(ListStates(issue=issue_id))
    name = str(dimension).strip().rstrip(":")
    value = next((each.value for each in found.states if each.dimension == name), None)
    session.show(
        {"issue_id": found.issue_id, "dimension": name, "value": value},
        lambda: f"(no {text.line(name)} state set)" if value is None else text.line(value),
    )


@state.command("list", cls=BeadCommand)
@click.argument("issue_id", metavar="ID", type=ID)
@pass_session
def list_states(session: Session, issue_id: str) -> None:
    """Show the state of an issue in every dimension."""
    found = session.run(ListStates(issue=issue_id))
    session.show(
        {"issue_id": found.issue_id, "states": {e.dimension: e.value for e in found.states}},
        lambda: (
            "\n".join(f"{text.line(e.dimension)}: {text.line(e.value)}" for e in found.states)
            or f"{text.line(found.issue_id)} has no state labels."
        ),
    )


@click.command("set-state", cls=BeadCommand)
@click.argument("issue_id", metavar="ID", type=ID)
@click.argument("setting", metavar="DIMENSION=VALUE")
@click.option("-r", "--reason", default="", help="Why; it goes into the event.")
@pass_session
def set_state(session: Session, issue_id: str, setting: str, reason: str) -> None:
    """Set the state of an issue in one dimension, and record that as an event."""
    dimension, equals, value = setting.partition("=")
    if not equals:
        raise InvalidField(
            f'"{setting[:60]}" is no state',
            hint=f"bd set-state {issue_id} dimension=value",
            field="state",
        )
    request = SetState(issue=issue_id, dimension=dimension, value=value, reason=reason)
    found = session.run(request)
    shown = dict.fromkeys(("event_id", "old_value")) | msgspec.to_builtins(found)
    before = "" if found.old_value is None else f" (was {text.line(found.old_value)})"
    what = f"{text.line(found.dimension)} = {text.line(found.new_value)}"
    session.show(
        dict(sorted(shown.items())),
        lambda: (
            f"Set {what} on {text.line(found.issue_id)}{before}, event {text.line(found.event_id or '')}"
            if found.changed
            else f"No change: {text.line(found.issue_id)} has {what} already"
        ),
    )
