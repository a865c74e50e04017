"""The entry of the `bd` script."""

import sys


def main() -> None:
    """Run `bd` and leave with its exit code."""
    from beadwork.compose import run_bd

    sys.exit(run_bd(sys.argv[1:]))
