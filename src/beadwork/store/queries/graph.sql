-- name: around
-- An issue, all that waits for it or lies under it, and all that those wait for.
WITH RECURSIVE up (n) AS (
    SELECT CAST(:n AS BIGINT)
    UNION
    SELECT e.src FROM up JOIN edge e ON e.dst = up.n WHERE e.kind <> 'relates-to'
), down (n) AS (
    SELECT n FROM up
    UNION
    SELECT e.dst FROM down JOIN edge e ON e.src = down.n
    WHERE e.dst IS NOT NULL AND e.kind IN ('blocks', 'conditional-blocks', 'waits-for')
)
SELECT i.n FROM down JOIN issue i ON i.n = down.n
WHERE i.status <> 'tombstone'
ORDER BY i.priority, i.created_us, i.id

-- name: live
-- Every issue that is not done, most urgent first.
SELECT i.n FROM issue i WHERE i.done = 0 ORDER BY i.priority, i.created_us, i.id

-- name: links
-- The edges that some issues have to one another.
SELECT a.id, b.id, e.kind FROM edge e JOIN issue a ON a.n = e.src JOIN issue b ON b.n = e.dst
WHERE e.src IN /*dialect:each_number*/(:ns) AND e.dst IN /*dialect:each_number*/(:ns)
ORDER BY a.id, b.id, e.kind

-- name: workable
-- Those of these issues that can be worked on.
SELECT i.id FROM issue i
WHERE i.n IN /*dialect:each_number*/(:ns) AND i.workable = 1 AND i.status = 'open'
