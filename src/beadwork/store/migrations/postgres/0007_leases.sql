-- Leases of paths and names, and the line of those who wait for them.

-- state: waiting, held, released, expired, broken, withdrawn. resources: what was asked for, as
-- JSON, and its digest. expires_us: none if the lease holds until its session ends. waits_until_us: who waits, or
-- was granted from the line and has not come for it, is given up then.
CREATE TABLE lease (
    number BIGINT PRIMARY KEY,
    actor TEXT COLLATE "C" NOT NULL,
    session TEXT COLLATE "C" NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    exclusive BIGINT NOT NULL,
    resources TEXT COLLATE "C" NOT NULL,
    digest TEXT COLLATE "C" NOT NULL,
    reason TEXT COLLATE "C" NOT NULL,
    lease_epoch BIGINT NOT NULL,
    asked_us BIGINT NOT NULL,
    granted_us BIGINT,
    expires_us BIGINT,
    length_us BIGINT,
    waits_until_us BIGINT,
    ended_us BIGINT,
    ended_by TEXT COLLATE "C" NOT NULL,
    why TEXT COLLATE "C" NOT NULL
);
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
    lease BIGINT NOT NULL REFERENCES lease (number),
    place BIGINT NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    prefix TEXT COLLATE "C" NOT NULL,
    pattern TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (lease, place)
);
CREATE INDEX lease_pattern_by_prefix ON lease_pattern (kind, prefix);
