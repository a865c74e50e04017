"""`bd ship`."""

import click

from beadwork.doors.cli import text
from beadwork.doors.cli.options import BeadCommand, pass_session
from beadwork.doors.cli.session import Session
from beadwork.ops.capability import ShipCapability


@click.command(cls=BeadCommand)
@click.argument("capability")
@click.option("-f", "--force", is_flag=True, help="Although the issue is not closed.")
@click.option("--dry-run", is_flag=True, help="Only show what would be labelled.")
@pass_session
def ship(session: Session, capability: str, force: bool, dry_run: bool) -> None:
    """Provide a capability to other projects, which wait for external:PROJECT:CAPABILITY.

    The issue that has the label export:CAPABILITY gets the label provides:CAPABILITY.
    """
    found = session.run(ShipCapability(capability=capability, force=force, dry_run=dry_run))
    shown = {
        "status": found.status,
        "capability": found.capability,
        "issue_id": found.issue_id,
        "would_add" if found.status == "dry_run" else "label": found.label,
    }
    said = {
        "shipped": f"Shipped: {found.issue_id} has the label {found.label}",
        "already_shipped": f"Shipped already: {found.issue_id} has the label {found.label}",
        "dry_run": f"Would put the label {found.label} on {found.issue_id}",
    }
    session.show(shown, text.line(said[found.status]))
