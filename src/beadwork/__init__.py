"""Coordinate a team of coding agents: issues, claims, workers and messages in one store."""

__version__ = "0.1.0"
__all__ = ["Client", "__version__"]

TYPE_CHECKING = False  # `typing` takes a third of the time of a command that the daemon runs

if TYPE_CHECKING:
    from beadwork.compose import connect as Client


def __getattr__(name: str) -> object:
    """Offer `beadwork.Client` without loading it for those who only want the version."""
    if name == "Client":
        from beadwork.compose import connect

        return connect
    raise AttributeError(name)
