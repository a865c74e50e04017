"""Every module is reached from an entry point by imports."""

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src"

COMMANDS = "beadwork.doors.cli.commands"
"""The command line names the modules of its commands in a table, as `module:attribute`."""
ENTRY_POINTS = {
    "beadwork": "what a program imports",
    "beadwork.__main__": "python -m beadwork",
    "beadwork.thin": "scripts/bd",
    "beadwork.client": "for Python programs",
    "beadwork.doors.reference": "make docs",
}


def module_name(path: Path) -> str:
    """Answer the dotted name of a file below src/."""
    parts = path.relative_to(SOURCE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(path): path for path in sorted(SOURCE.rglob("*.py"))}


def mentioned(node: ast.AST) -> list[str]:
    """Answer the dotted names that a node imports, or holds as text for a late import."""
    match node:
        case ast.Import(names=names):
            return [alias.name for alias in names]
        case ast.ImportFrom(module=str(module), names=names, level=0):
            return [module, *(f"{module}.{alias.name}" for alias in names)]
        case ast.Constant(value=str(text)):
            module = text.partition(":")[0]
            return [module, f"{COMMANDS}.{module}", f"beadwork.ops.{module}"]
        case _:
            return []


def imports(name: str) -> set[str]:
    """Answer the modules that one module imports, with the packages around them."""
    tree = ast.parse(MODULES[name].read_text(encoding="utf-8"))
    dotted = {word for node in ast.walk(tree) for word in mentioned(node)} & MODULES.keys()
    return {dots for word in dotted for dots in with_parents(word)}


def with_parents(name: str) -> list[str]:
    """Answer a.b.c, a.b and a for a.b.c."""
    parts = name.split(".")
    return [".".join(parts[:length]) for length in range(len(parts), 0, -1)]


def test_every_module_is_reached_from_an_entry_point() -> None:
    reached: set[str] = set()
    waiting = {dots for name in ENTRY_POINTS.keys() & MODULES.keys() for dots in with_parents(name)}
    while waiting:
        name = waiting.pop()
        reached.add(name)
        waiting |= imports(name) - reached
    unreached = sorted(MODULES.keys() - reached)
    assert not unreached, "nothing imports these"
