"""`python -m beadwork`: every operation of the table by name, JSON in, JSON out."""

import msgspec

from beadwork.doors.world import Options, World
from beadwork.model.errors import BeadworkError, InvalidRequest

_USAGE = "Use: python -m beadwork call <operation> '<json>', or python -m beadwork operations."


def run(arguments: list[str], world: World) -> int:
    """Carry out one operation; return the exit code."""
    world.streams.settle()
    try:
        match arguments:
            case ["operations"]:
                _list_operations(world)
            case ["call", name]:
                _call(world, name, "{}")
            case ["call", name, payload]:
                _call(world, name, payload)
            case _:
                raise InvalidRequest("There is no such command", hint=_USAGE)
    except BeadworkError as error:
        world.streams.write_error(
            msgspec.json.encode(error.as_json(), enc_hook=str).decode() + "\n"
        )
        return error.exit_code
    return 0


def _list_operations(world: World) -> None:
    from beadwork.ops.table import operations

    for each in operations():
        world.streams.write(f"{each.name:24} {each.kind:6} {each.summary.splitlines()[0]}\n")


def _call(world: World, name: str, payload: str) -> None:
    options = Options()
    engine = world.open(options)
    try:
        caller = world.caller(options)
        world.refresh(engine, caller)
        answer = engine.call(name, payload.encode("utf-8", "surrogateescape"), caller)
        world.streams.write(msgspec.json.encode(answer).decode() + "\n")
        engine.flush(caller)
    finally:
        engine.close()
