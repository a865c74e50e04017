-- name: naming
-- Which edges name an id and mean the issue of a number, as their target or as a spawner.
SELECT DISTINCT e.src FROM edge e
WHERE (e.dst_id = :id AND e.dst = :n) OR (e.spawn_id = :id AND e.spawn = :n)
ORDER BY e.src

-- name: mentioning
-- The live issues whose record holds a text, as LIKE finds it.
SELECT i.n FROM issue i JOIN document d ON d.n = i.n
WHERE d.body LIKE :pattern ESCAPE '!' AND i.status <> 'tombstone'
ORDER BY i.n

-- name: line_of
-- What stands in the file for an issue.
SELECT file_digest FROM document WHERE n = :n

-- name: forget_line
-- Nothing stands in the file for an issue: it has another id now.
UPDATE document SET file_digest = NULL WHERE n = :n
