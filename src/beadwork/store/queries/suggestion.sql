-- name: starting_with
-- Ids and titles of issues whose id begins with a text; `after` is above all of those.
SELECT id, title
FROM issue
WHERE id >= :start AND id < :after AND status <> 'tombstone'
    AND (CAST(:done AS INTEGER) IS NULL OR done = :done)
ORDER BY id LIMIT :limit
