"""What one commit did to the file."""

from typing import NamedTuple


class Version(NamedTuple):
    """What one commit did to the file: the lines that went, and those that came instead."""

    gone: list[str]
    came: list[str]
