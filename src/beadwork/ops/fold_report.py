"""What a fold reports: shapes that a command shows."""

import msgspec


class Moved(msgspec.Struct, kw_only=True):
    """An issue that got another id, since an earlier birth keeps the one it had."""

    issue_id: str
    former_id: str


class Adopted(msgspec.Struct, kw_only=True):
    """An edit by others that carried no stamps."""

    issue_id: str
    fields: list[str]


class Quarantined(msgspec.Struct, kw_only=True):
    """A line that could not be read."""

    line_number: int
    reason: str


class Dangling(msgspec.Struct, kw_only=True):
    """An edge whose target is not known."""

    issue_id: str
    depends_on_id: str
    type: str


class FoldReport(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What became of the lines of a file. Nothing is dropped in silence."""

    lines: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    markers: int = 0
    """Lines that git left where it could not merge."""
    doubled: int = 0
    """Lines that were folded into another of the same issue."""
    without_priority: list[str] = []
    unknown_statuses: dict[str, int] = {}
    unknown_types: dict[str, int] = {}
    foreign_prefixes: dict[str, int] = {}
    taken: list[str] = []
    """Ids in another repository's file that other issues have here; their lines are left out."""
    moved: list[Moved] = []
    adopted: list[Adopted] = []
    quarantined: list[Quarantined] = []
    memories: list[str] = []
    """Keys of memories that the file held; they are in the store now, and leave the file."""
    conflicts: int = 0

    def add(self, other: "FoldReport") -> None:
        """Add the report of another part of the same file."""
        for name in self.__struct_fields__:
            mine, theirs = getattr(self, name), getattr(other, name)
            if isinstance(mine, dict):
                for key, count in theirs.items():
                    mine[key] = mine.get(key, 0) + count
            else:
                setattr(self, name, mine + theirs)
