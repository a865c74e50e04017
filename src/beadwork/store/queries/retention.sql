-- name: first
-- When the oldest event happened.
SELECT at_us FROM event ORDER BY seq LIMIT 1

-- name: requests
-- The requests after one, oldest first, and when they were made.
SELECT seq, at_us FROM event WHERE seq > :after AND seq = request ORDER BY seq LIMIT :limit

-- name: of_request
-- What one request did, as far as it says whether it may go.
SELECT seq, n, kind, operation, changes FROM event WHERE seq = :request OR (request = :request AND request <> seq)

-- name: of_issue
-- What changed of an issue, in order.
SELECT seq, changes FROM event WHERE n = :n AND changes IS NOT NULL ORDER BY seq

-- name: drop
-- A request whose changes have all been overwritten since goes.
DELETE FROM event WHERE seq = :request OR (request = :request AND request <> seq)

-- name: long_changes
-- The changes that name values kept apart.
SELECT changes FROM event WHERE changes LIKE '%sha256:%'

-- name: values
-- The values that are kept apart.
SELECT digest FROM event_value

-- name: drop_value
-- A value that no event names any more goes.
DELETE FROM event_value WHERE digest = :digest
