"""`bd onboard`, `bd quickstart`, `bd human`: texts for people."""

import click

from beadwork.doors.cli import guides
from beadwork.doors.cli.options import BeadCommand, pass_session
from beadwork.doors.cli.session import Session

_ONBOARD = """\
Put this into AGENTS.md, or let `bd setup agents` do it:

"""


@click.command(cls=BeadCommand)
@click.option("--stealth", "is_stealth", is_flag=True, help="Without git: issues stay out of it.")
@pass_session
def onboard(session: Session, is_stealth: bool) -> None:
    """Print what AGENTS.md should say about bd."""
    session.write(_ONBOARD + guides.snippet(is_stealth=is_stealth))


@click.command(cls=BeadCommand)
@pass_session
def quickstart(session: Session) -> None:
    """Show how a first day with bd goes."""
    session.write(guides.guide("quickstart"))


@click.command(cls=BeadCommand)
@pass_session
def human(session: Session) -> None:
    """Show the commands that people use most."""
    session.write(guides.guide("human"))
