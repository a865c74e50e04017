-- name: last_number
-- The number of the latest lease, of a store that this one took the place of too.
SELECT COALESCE(MAX(g.number), 0) FROM (
    SELECT MAX(l.number) AS number FROM lease l
    UNION ALL SELECT CAST(s.value AS BIGINT) FROM setting s WHERE s.name = 'lease_floor') g

-- name: of
-- A lease.
SELECT number, actor, session, state, exclusive, resources, reason, lease_epoch, asked_us,
    granted_us, expires_us, length_us, waits_until_us, ended_us, ended_by, why
FROM lease WHERE number = :number

-- name: same
-- The live leases of an actor that are of just this.
SELECT number, actor, session, state, exclusive, resources, reason, lease_epoch, asked_us,
    granted_us, expires_us, length_us, waits_until_us, ended_us, ended_by, why
FROM lease
WHERE actor = :actor AND digest = :digest AND exclusive = :exclusive
    AND state IN ('waiting', 'held')
ORDER BY state, number

-- name: near
-- The live patterns whose prefix begins ours, or begins with ours.
SELECT lease, pattern FROM lease_pattern
WHERE kind = 'path' AND prefix IN /*dialect:each_text*/(:beginnings)
UNION ALL
SELECT lease, pattern FROM lease_pattern
WHERE kind = 'path' AND prefix > :prefix AND prefix < :end_of_prefix

-- name: of_names
-- The live leases of these names.
SELECT lease, pattern FROM lease_pattern
WHERE kind = 'name' AND prefix IN /*dialect:each_text*/(:names)

-- name: numbered
-- These leases, in the order of the line.
SELECT number, actor, session, state, exclusive, resources, reason, lease_epoch, asked_us,
    granted_us, expires_us, length_us, waits_until_us, ended_us, ended_by, why
FROM lease WHERE number IN /*dialect:each_number*/(:numbers) ORDER BY number

-- name: live
-- All live leases, in the order of the line.
SELECT number, actor, session, state, exclusive, resources, reason, lease_epoch, asked_us,
    granted_us, expires_us, length_us, waits_until_us, ended_us, ended_by, why
FROM lease WHERE state IN ('waiting', 'held') ORDER BY number

-- name: live_of
-- The live leases of an actor, in the order of the line.
SELECT number, actor, session, state, exclusive, resources, reason, lease_epoch, asked_us,
    granted_us, expires_us, length_us, waits_until_us, ended_us, ended_by, why
FROM lease WHERE actor = :actor AND state IN ('waiting', 'held') ORDER BY number

-- name: waiting_of
-- What an actor waits for.
SELECT number, actor, session, state, exclusive, resources, reason, lease_epoch, asked_us,
    granted_us, expires_us, length_us, waits_until_us, ended_us, ended_by, why
FROM lease WHERE waits_until_us > :now_us AND state = 'waiting' AND actor = :actor

-- name: latest
-- Leases, those that have ended too, latest first.
SELECT number, actor, session, state, exclusive, resources, reason, lease_epoch, asked_us,
    granted_us, expires_us, length_us, waits_until_us, ended_us, ended_by, why
FROM lease
WHERE CAST(:actor AS TEXT) IS NULL OR actor = :actor
ORDER BY number DESC LIMIT :limit

-- name: of_session
-- The live leases of a session.
SELECT number, actor, session, state, exclusive, resources, reason, lease_epoch, asked_us,
    granted_us, expires_us, length_us, waits_until_us, ended_us, ended_by, why
FROM lease
WHERE session = :session AND session <> '' AND state IN ('waiting', 'held')
ORDER BY number

-- name: expired
-- The held leases whose time is over.
SELECT number FROM lease
WHERE state = 'held' AND expires_us IS NOT NULL AND expires_us <= :now_us
ORDER BY expires_us LIMIT :limit

-- name: unseen
-- The leases bound to sessions that have written nothing since a time. Who acts in several sessions
-- is noted in the latest one: for the others the events tell.
SELECT l.number FROM lease l
WHERE l.state = 'held' AND l.length_us IS NULL AND l.granted_us <= :before_us
    AND NOT EXISTS (SELECT 1 FROM agent a WHERE a.agent = l.actor
        AND a.session = l.session AND a.seen_us > :before_us)
    AND NOT EXISTS (SELECT 1 FROM event e WHERE e.seq >= :first_seq
        AND e.session = l.session AND e.actor = l.actor)
ORDER BY l.session LIMIT :limit

-- name: given_up
-- Who stands in line and has not asked for long, and who never came for what was granted.
SELECT number FROM lease
WHERE waits_until_us <= :now_us
ORDER BY waits_until_us LIMIT :limit

-- name: bound_patience
-- Nobody waits for longer than this: the clock went back.
UPDATE lease SET waits_until_us = :latest_us
WHERE waits_until_us > :latest_us

-- name: insert
-- A lease, or the wish for one.
INSERT INTO lease (number, actor, session, state, exclusive, resources, digest, reason,
    lease_epoch, asked_us, granted_us, expires_us, length_us, waits_until_us, ended_us, ended_by,
    why)
VALUES (:number, :actor, :session, :state, :exclusive, :resources, :digest, :reason,
    :lease_epoch, :asked_us, :granted_us, :expires_us, :length_us, :waits_until_us, :ended_us,
    :ended_by, :why)

-- name: insert_pattern
-- What a live lease is of.
INSERT INTO lease_pattern (lease, place, kind, prefix, pattern)
VALUES (:lease, :place, :kind, :prefix, :pattern)

-- name: update
-- A lease is another now.
UPDATE lease SET state = :state, reason = :reason, lease_epoch = :lease_epoch,
    granted_us = :granted_us, expires_us = :expires_us, length_us = :length_us,
    waits_until_us = :waits_until_us, ended_us = :ended_us, ended_by = :ended_by, why = :why
WHERE number = :number

-- name: drop_patterns
-- A lease that has ended covers nothing.
DELETE FROM lease_pattern WHERE lease = :number

-- name: drop_old
-- Leases that ended long ago; the latest number is not given out again.
DELETE FROM lease
WHERE ended_us IS NOT NULL AND ended_us < :before_us
    AND number < (SELECT MAX(l.number) FROM lease l)
