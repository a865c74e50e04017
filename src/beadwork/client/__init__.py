"""The Python client: typed requests in, typed answers out, the same errors as everywhere.

with Client(".", actor="agent-1") as client:
    claimed = client.call(ClaimReady())
"""

from beadwork.client.blocking import Client

__all__ = ["Client"]
