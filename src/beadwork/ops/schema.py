"""The schema of the store, for whoever wants to look into it."""

from beadwork.ops.operation import Request, Response, operation
from beadwork.ops.transaction import Transaction


class Schema(Response):
    """The names of the tables, and the number of the last migration."""

    tables: list[str]
    version: int


class ShowSchema(Request[Schema], frozen=True):
    """Show the tables of the store."""


@operation("store.schema", kind="read", example={})
def show_schema(request: ShowSchema, tx: Transaction) -> Schema:
    """Show the tables of the store."""
    del request
    tables, version = tx.schema()
    return Schema(tables=tables, version=version)
