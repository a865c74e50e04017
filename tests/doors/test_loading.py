"""What a command of its own does not load: importing is most of its time."""

import subprocess
import sys

import pytest

from tests.doors.program import Bd

HEAVY = (
    "_hashlib", "asyncio", "beadwork.model.fold", "beadwork.model.globs", "beadwork.model.message",
    "beadwork.ops.mail", "beadwork.store.deliveries", "beadwork.store.retention", "difflib", "rich",
    "tempfile", "typing_extensions",
)  # fmt: skip


@pytest.mark.parametrize("command", [["create", "Second"], ["ready"], ["list", "--json"]])
def test_a_command_loads_nothing_that_it_has_no_use_for(bd: Bd, command: list[str]) -> None:
    bd("create", "First")
    code = (
        f"import sys; from beadwork.compose import run_bd; run_bd({command!r}); "
        f"print(*({set(HEAVY)!r} & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=bd.folder,
        env=bd.environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr.split() == []
