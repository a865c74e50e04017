"""Coordinate a team of coding agents: issues, claims, workers and messages in one store."""

__version__ = "0.1.0"
__all__ = ["AsyncClient", "Client", "__version__"]

TYPE_CHECKING = False  # `typing` takes a third of the time of a command that the daemon runs

if TYPE_CHECKING:
    from beadwork.compose import connect as Client
    from beadwork.compose import connect_async as AsyncClient


def __getattr__(name: str) -> object:
    """Offer the clients without loading them for those who only want the version."""
    if name == "Client":
        from beadwork.compose import connect

        return connect
    if name == "AsyncClient":
        from beadwork.compose import connect_async

        return connect_async
    raise AttributeError(name)
