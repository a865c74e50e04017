-- Leases of paths and names, and the line of those who wait for them.

-- state: waiting, held, released, expired, broken, withdrawn. resources: what was asked for, as
-- JSON, and its digest. expires_us: none if the lease holds until its session ends. waits_until_us: who waits, or
-- was granted from the line and has not come for it, is given up then.
CREATE TABLE lease (
    number INTEGER PRIMARY KEY,
    actor TEXT NOT NULL,
    session TEXT NOT NULL,
    state TEXT NOT NULL,
    exclusive INTEGER NOT NULL,
    resources TEXT NOT NULL,
    digest TEXT NOT NULL,
    reason TEXT NOT NULL,
    lease_epoch INTEGER NOT NULL,
    asked_us INTEGER NOT NULL,
    granted_us INTEGER,
    expires_us INTEGER,
    length_us INTEGER,
    waits_until_us INTEGER,
    ended_us INTEGER,
    ended_by TEXT NOT NULL,
    why TEXT NOT NULL
) STRICT;
CREATE INDEX lease_live ON lease (actor, digest) WHERE state IN ('waiting', 'held');
CREATE INDEX lease_bound ON lease (granted_us) WHERE state = 'held' AND length_us IS NULL;
CREATE INDEX lease_by_session ON lease (session)
    WHERE state IN ('waiting', 'held') AND session <> '';
CREATE INDEX lease_by_expiry ON lease (expires_us) WHERE state = 'held' AND expires_us IS NOT NULL;
CREATE INDEX lease_by_patience ON lease (waits_until_us) WHERE waits_until_us IS NOT NULL;
CREATE INDEX lease_by_end ON lease (ended_us) WHERE ended_us IS NOT NULL;

-- What the live leases are of. kind: path or name. prefix: what precedes the first wildcard of a
-- pattern, in small letters; the name itself.
CREATE TABLE lease_pattern (
    lease INTEGER NOT NULL REFERENCES lease (number),
    place INTEGER NOT NULL,
    kind TEXT NOT NULL,
    prefix TEXT NOT NULL,
    pattern TEXT NOT NULL,
    PRIMARY KEY (lease, place)
) STRICT, WITHOUT ROWID;
CREATE INDEX lease_pattern_by_prefix ON lease_pattern (kind, prefix);
