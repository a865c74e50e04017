-- name: last_seq
-- The number of the latest event.
SELECT COALESCE(MAX(seq), 0) FROM event

-- name: insert
-- What happened.
INSERT INTO event (seq, at_us, actor, session, operation, request, kind, n, issue_id, changes,
    line_digest)
VALUES (:seq, :at_us, :actor, :session, :operation, :request, :kind, :n, :issue_id, :changes,
    :line_digest)

-- name: put_value
-- A long value, kept once.
INSERT INTO event_value (digest, token) VALUES (:digest, :token)
ON CONFLICT (digest) DO NOTHING

-- name: value
-- A long value.
SELECT token FROM event_value WHERE digest = :digest

-- name: of_issue
-- What happened to an issue, latest first.
SELECT seq, at_us, actor, session, operation, request, kind, n, issue_id, changes, undone_by
FROM event WHERE n = :n ORDER BY seq DESC LIMIT :limit

-- name: since
-- What happened after an event, earliest first.
SELECT seq, at_us, actor, session, operation, request, kind, n, issue_id, changes, undone_by
FROM event WHERE seq > :seq ORDER BY seq LIMIT :limit

-- name: found_after
-- What happened after an event, earliest first; what one did, or what happened to an issue.
SELECT seq, at_us, actor, session, operation, request, kind, n, issue_id, changes, undone_by
FROM event WHERE seq > :after
    /*if:actor*/ AND actor = :actor
    /*if:n*/ AND n = :n
ORDER BY seq LIMIT :limit

-- name: found_before
-- What happened before an event, latest first; what one did, or what happened to an issue.
SELECT seq, at_us, actor, session, operation, request, kind, n, issue_id, changes, undone_by
FROM event WHERE seq < :before
    /*if:actor*/ AND actor = :actor
    /*if:n*/ AND n = :n
ORDER BY seq DESC LIMIT :limit

-- name: first_at
-- The number of the first event since a time.
SELECT MIN(seq) FROM event WHERE at_us >= :at_us

-- name: of_request
-- What one request did, latest first.
SELECT seq, at_us, actor, session, operation, request, kind, n, issue_id, changes, undone_by
FROM event WHERE request = :request ORDER BY seq DESC

-- name: last_request
-- The latest request that can be undone, of an actor or to an issue.
SELECT MAX(request) FROM event
WHERE undone_by IS NULL AND n IS NOT NULL AND kind IN ('created', 'updated')
    AND operation NOT IN ('record.fold', 'event.undo')
    AND (CAST(:actor AS TEXT) IS NULL OR actor = :actor)
    AND (CAST(:n AS BIGINT) IS NULL OR n = :n)

-- name: mark_undone
-- A request has been undone.
UPDATE event SET undone_by = :seq WHERE request = :request
