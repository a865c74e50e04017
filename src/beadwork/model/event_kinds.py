"""Kinds of events that tell of no issue."""

MESSAGE_KINDS = frozenset(
    {
        "sent", "received", "acknowledged", "returned", "extended", "hold.ended", "expired",
        "undeliverable", "replayed", "dropped", "subscribed", "unsubscribed", "left",
    }
)  # fmt: skip
"""Kinds of events that tell of messages and of those who exchange them."""
LEASE_KINDS = frozenset(
    {
        "lease.asked", "leased", "lease.renewed", "unleased", "lease.expired", "lease.broken",
        "lease.withdrawn",
    }
)  # fmt: skip
"""Kinds of events that tell of leases."""
