"""Every bound of the system, units in the names."""

TITLE_CHARS_MAX = 500
MINUTES_MAX = 2**31 - 1
ZONE_S_MAX = 86_400
TEXT_BYTES_MAX = 64 * 1024 * 1024
LABEL_CHARS_MAX = 255
KIND_CHARS_MAX = 50
"""Longest custom dependency type (classic-bd.md 3.2)."""
ID_CHARS_MAX = 255
PREFIX_CHARS_MAX = 64
PRIORITY_MIN = 0
PRIORITY_MAX = 4
PRIORITY_DEFAULT = 2
"""For a record that came without one; classic reads that as 0, the most urgent."""
CHILD_LEVELS_MAX = 3
"""Levels of `.N` under a top-level id (classic hierarchy.max-depth)."""
PARENT_CHAIN_MAX = 50
"""Parent edges in a row through which blockage passes down (R6)."""
HASH_CHARS_MIN = 3
HASH_CHARS_MAX = 8
HASH_NONCES = 10
RECENT_US = 48 * 3600 * 1_000_000
"""Issues younger than this come first in the hybrid order (classic-bd.md 4.4)."""
STAMP_AHEAD_MS_MAX = 3600 * 1000
"""A stamp further ahead of the wall clock than this does not move our clock (R1)."""
CLOCK_US_MAX = 250_000_000_000_000_000
"""A later clock (about the year 9892) is wrong; what is counted from it could not be written."""
LEASE_S_MAX = 10 * 365 * 86400
KEY_KEPT_US = 7 * 86400 * 1_000_000
EVENT_VALUE_BYTES_MAX = 4096
"""A longer before or after value of an event is kept apart (R13)."""
BLOB_FROM_BYTES = 4096
"""What is longer is kept as a blob."""
BLOB_ANSWER_BYTES_MAX = 32 * 1024 * 1024
"""A longer blob is not put into a request or an answer; it is streamed."""
BLOB_DIGEST_CHARS_MIN = 6
BLOB_GRACE_S = 3600
"""So long a blob is kept that nothing refers to."""
BLOB_KEPT_S = 7 * 86400
"""The same, where nobody asks for a collection: the daemon looks once an hour."""
BLOB_GRACE_S_MIN = 60
"""Nobody takes longer from putting a blob to referring to it."""
BLOB_COLLECTED_MAX = 500
"""Rows dropped in one transaction (R12)."""
FIRST_LOOK_COMMITS = 64
"""So many of the latest commits are looked through at the first look at a project."""
IMPORT_CHUNK_LINES = 200
"""Lines folded in one transaction of an import, about 20 ms of work (R12)."""
IMPORT_FIRST_CHUNK_LINES = 2000
"""... while the store is empty: nobody waits for it yet."""
IMPORT_CHUNK_BYTES = 4 * 1024 * 1024
EVENT_KEPT_US = 180 * 86400 * 1_000_000
"""How long events are kept whose changes have been overwritten since (R13)."""
TIDIED_US = 1_000_000
"""So often at most a program that writes looks for what can go."""
SWEEP_ROWS_MAX = 500
SWEEP_REQUESTS_MAX = 50
"""Old requests that one write looks at, whether their events may go."""
TREE_NODES_MAX = 20_000
GRAPH_NODES_MAX = 20_000
LINE_REASON_CHARS_MAX = 300
QUARANTINE_CHARS_MAX = 64 * 1024 * 1024
KEY_CHARS_MAX = 200
LATE_BYTES_MAX = 64 * 1024
"""About so much is kept of what was sent under a claim that had ended."""
LATE_VALUE_BYTES_MAX = 256
"""Shorter values of it are always kept whole."""
SETTINGS_BYTES_MAX = 256 * 1024
"""A larger file of settings is none that a person wrote."""
PAYLOAD_BYTES_MAX = 16 * 1024 * 1024
JSON_LEVELS_MAX = 200
"""So deep lists and maps may lie in one another, in a payload, in metadata, in a record."""
HEAD_CHARS = 240
"""So much of a payload that is put aside is kept beside its message."""
PAYLOAD_SHOWN_BYTES_MAX = 256 * 1024
"""A payload in a blob is shown with its message up to this size."""
MESSAGE_SEARCHED_CHARS_MAX = 64 * 1024
"""So much of what a message says it can be found by."""
RECIPIENTS_MAX = 1000
MAILBOX_OPEN_MAX = 10_000
"""So many messages may wait for one recipient; a further one is refused."""
HOPS_MAX = 100
"""So many replies may follow one another in a thread: two programs that answer each other."""
HOLD_S_DEFAULT = 300.0
HOLD_S_MAX = 7 * 86400.0
WAIT_S_MAX = 86400.0
ATTEMPTS_DEFAULT = 5
"""So often a message is handed out, before it is undeliverable."""
ATTEMPTS_MAX = 1000
BACKOFF_S_MAX = 300
RECEIVED_MAX = 100
BROADCAST_SEEN_US = 24 * 3600 * 1_000_000
"""Who was not here for so long is not among everyone."""
MESSAGE_KEPT_US = 30 * 86400 * 1_000_000
"""How long a message is kept that all have acknowledged."""
DEAD_LETTER_KEPT_US = 180 * 86400 * 1_000_000
PRESENCE_US = 15 * 60 * 1_000_000
"""Who has not written for so long counts as away."""
PRESENCE_NOTED_US = 5 * 1_000_000
"""So often at most it is noted that somebody is here."""
PRESENT_MAX = 1000
"""Of more holders than these it is remembered only while it matters that they are here."""
LIST_LIMIT_DEFAULT = 50
SEARCH_RANKED_MAX = 500
"""Of more hits than this a search shows those in titles first, and else the newest."""
SEARCH_BATCH = 500
"""Issues indexed in one transaction."""
SEARCH_BATCH_CHARS = 4 * 1024 * 1024
"""After so much text of messages the transaction ends, too."""
SEARCH_BESIDE_MAX = 20
"""So few new texts a search looks at beside the index, rather than index them first."""
LIST_LIMIT_AGENT = 20
READY_LIMIT_DEFAULT = 10
PATTERN_CHARS_MAX = 500
"""Longest pattern of a lease."""
PATTERN_ALTERNATIVES_MAX = 64
"""Alternatives of one pattern's braces (R19)."""
LEASE_RESOURCES_MAX = 200
"""Patterns, alternatives taken apart, and names of one lease."""
LEASE_NAME_CHARS_MAX = 255
LEASE_S_DEFAULT = 3600.0
LEASE_TTL_S_MAX = 30 * 86400.0
LEASE_WAIT_S_MAX = 86400.0
LEASE_TOLD_US = 86400 * 1_000_000
"""So long whoever lost a lease and renews is told of it."""
LEASE_SESSION_UNSEEN_US = 86400 * 1_000_000
"""A session that was not seen for so long holds what is bound to it no more."""
LEASE_ASKED_US = 10 * 1_000_000
"""So often whoever stands in line asks again."""
LEASE_UNASKED_US = 30 * 1_000_000
"""Who has not asked for so long stands in line no more."""
LEASE_LATE_S = 5.0
"""How much longer than it would wait a request stands in line."""
LEASE_KEPT_US = 180 * 86400 * 1_000_000
"""How long leases that have ended are kept."""
LEASES_LISTED_MAX = 10_000
"""Leases that are looked at where those that have ended are listed, too."""
LEASES_STANDING_MAX = 20
"""Of those that stand before a lease, so many are named."""
