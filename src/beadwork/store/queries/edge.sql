-- name: insert
-- A new edge; whether it holds is decided next.
INSERT INTO edge (src, dst_id, kind, dst, birth_ns, alt_id, spawn_id, spawn, gate, added)
VALUES (:src, :dst_id, :kind, :dst, :birth_ns, :alt_id, :spawn_id, :spawn, :gate, :added)

-- name: delete
-- An edge is gone.
DELETE FROM edge WHERE src = :src AND dst_id = :dst_id AND kind = :kind

-- name: of_source
-- What an issue needs.
SELECT e.src, e.dst_id, e.kind, e.dst, e.spawn, e.gate, e.holds, e.inert, e.birth_ns, e.added,
    e.spawn_id
FROM edge e WHERE e.src = :n ORDER BY e.kind, e.dst_id

-- name: of_target_kind
-- What needs an issue in one way.
SELECT e.src, e.dst_id, e.kind, e.dst, e.spawn, e.gate, e.holds, e.inert, e.birth_ns, e.added,
    e.spawn_id
FROM edge e WHERE e.dst = :n AND e.kind = :kind ORDER BY e.src

-- name: of_spawner
-- The edges that wait for the children of an issue.
SELECT e.src, e.dst_id, e.kind, e.dst, e.spawn, e.gate, e.holds, e.inert, e.birth_ns, e.added,
    e.spawn_id
FROM edge e WHERE e.spawn = :n ORDER BY e.src

-- name: naming
-- The edges that name an id, as their target, as what they may mean, or as a spawner. One that
-- does so twice comes twice: sorting out doubles would cost more than the search.
SELECT e.src, e.dst_id, e.kind, e.dst, e.spawn, e.gate, e.holds, e.inert, e.birth_ns, e.added,
    e.spawn_id
FROM edge e WHERE e.dst_id = :id
UNION ALL
SELECT e.src, e.dst_id, e.kind, e.dst, e.spawn, e.gate, e.holds, e.inert, e.birth_ns, e.added,
    e.spawn_id
FROM edge e WHERE e.alt_id = :id
UNION ALL
SELECT e.src, e.dst_id, e.kind, e.dst, e.spawn, e.gate, e.holds, e.inert, e.birth_ns, e.added,
    e.spawn_id
FROM edge e WHERE e.spawn_id = :id

-- name: set_holds
-- Whether an edge holds its issue back.
UPDATE edge SET holds = :holds WHERE src = :src AND dst_id = :dst_id AND kind = :kind

-- name: set_inert
-- Whether a parent edge is left out of account.
UPDATE edge SET inert = :inert WHERE src = :src AND dst_id = :dst_id AND kind = :kind

-- name: neighbours
-- What an issue needs and what needs it, with the ids at the other end.
SELECT e.dst_id, e.kind, i.n, i.id, d.body, d.stamps, d.raw, d.base, i.done, i.filed, i.child_top
FROM edge e LEFT JOIN issue i ON i.n = e.dst LEFT JOIN document d ON d.n = i.n
WHERE e.src = :n ORDER BY e.dst_id, e.kind

-- name: dependents
-- What needs an issue.
SELECT i.id, e.kind, i.n, i.id, d.body, d.stamps, d.raw, d.base, i.done, i.filed, i.child_top
FROM edge e JOIN issue i ON i.n = e.src JOIN document d ON d.n = i.n
WHERE e.dst = :n ORDER BY i.id, e.kind

-- name: parent
-- The parent of an issue.
SELECT i.n, i.id, d.body, d.stamps, d.raw, d.base, i.done, i.filed, i.child_top
FROM edge e JOIN issue i ON i.n = e.dst JOIN document d ON d.n = i.n
WHERE e.src = :n AND e.kind = 'parent-child' AND e.inert = 0
ORDER BY e.added LIMIT 1

-- name: ordering
-- Every edge along which one issue waits for another.
SELECT e.src, e.dst FROM edge e
WHERE e.dst IS NOT NULL
    AND e.kind IN ('blocks', 'parent-child', 'conditional-blocks', 'waits-for')
ORDER BY e.src, e.dst

-- name: ordering_from
-- What one issue waits for.
SELECT DISTINCT e.dst FROM edge e
WHERE e.src = :n AND e.dst IS NOT NULL
    AND e.kind IN ('blocks', 'parent-child', 'conditional-blocks', 'waits-for')

-- name: parent_links
-- The parent edges at an issue, upwards and downwards.
SELECT e.src, e.dst, e.dst_id, e.added, e.inert FROM edge e
WHERE e.src = :n AND e.kind = 'parent-child' AND e.dst IS NOT NULL
UNION
SELECT e.src, e.dst, e.dst_id, e.added, e.inert FROM edge e
WHERE e.dst = :n AND e.kind = 'parent-child'

-- name: height_above
-- The longest chain of parents above an issue, and whether it meets another.
WITH RECURSIVE up (n, depth) AS (
    SELECT CAST(:start AS BIGINT), 0
    UNION
    SELECT e.dst, up.depth + 1 FROM up JOIN edge e ON e.src = up.n
    WHERE e.kind = 'parent-child' AND e.inert = 0 AND e.dst IS NOT NULL AND up.depth <= 50
)
SELECT MAX(depth), MAX(CASE WHEN n = :other THEN 1 ELSE 0 END) FROM up

-- name: depth_below
-- The longest chain of children below an issue.
WITH RECURSIVE down (n, depth) AS (
    SELECT CAST(:start AS BIGINT), 0
    UNION
    SELECT e.src, down.depth + 1 FROM down JOIN edge e ON e.dst = down.n
    WHERE e.kind = 'parent-child' AND e.inert = 0 AND down.depth <= 50
)
SELECT MAX(depth) FROM down

-- name: descendants
-- Every issue under another, itself left out.
WITH RECURSIVE down (n) AS (
    SELECT e.src FROM edge e WHERE e.dst = :n AND e.kind = 'parent-child' AND e.inert = 0
    UNION
    SELECT e.src FROM down JOIN edge e ON e.dst = down.n
    WHERE e.kind = 'parent-child' AND e.inert = 0
)
SELECT n FROM down

-- name: any_inert
-- Whether there is any inert edge at all.
SELECT src FROM edge WHERE inert = 1 LIMIT 1

-- name: has_children
-- Whether an issue is anyone's parent.
SELECT 1 FROM edge WHERE dst = :n AND kind = 'parent-child' LIMIT 1

-- name: has_parents
-- Whether an issue is anyone's child.
SELECT 1 FROM edge WHERE src = :n AND kind = 'parent-child' AND dst IS NOT NULL LIMIT 1

-- name: with_parents
-- Those of these issues that are anyone's child.
SELECT DISTINCT src FROM edge
WHERE src IN /*dialect:each_number*/(:ns) AND kind = 'parent-child' AND dst IS NOT NULL

-- name: with_children
-- Those of these issues that are anyone's parent.
SELECT DISTINCT dst FROM edge
WHERE dst IN /*dialect:each_number*/(:ns) AND kind = 'parent-child'

-- name: awaiting
-- Those of these ids that an edge names, or may mean, without meaning any issue yet.
SELECT e.dst_id FROM edge e WHERE e.dst_id IN /*dialect:each_text*/(:ids) AND e.dst IS NULL
UNION
SELECT e.alt_id FROM edge e WHERE e.alt_id IN /*dialect:each_text*/(:ids) AND e.dst IS NULL
UNION
SELECT e.spawn_id FROM edge e WHERE e.spawn_id IN /*dialect:each_text*/(:ids) AND e.spawn IS NULL

-- name: bind
-- Which issues an edge means.
UPDATE edge SET dst = :dst, spawn = :spawn, holds = 0, inert = 0
WHERE src = :src AND dst_id = :dst_id AND kind = :kind

-- name: dangling
-- Edges whose target is not known here, those into other projects left out.
SELECT i.id, e.dst_id, e.kind FROM edge e JOIN issue i ON i.n = e.src
WHERE e.dst IS NULL AND substr(e.dst_id, 1, 9) <> 'external:'
ORDER BY i.id, e.dst_id, e.kind

-- name: one
-- One edge.
SELECT e.src, e.dst_id, e.kind, e.dst, e.spawn, e.gate, e.holds, e.inert, e.birth_ns, e.added,
    e.spawn_id
FROM edge e WHERE e.src = :src AND e.dst_id = :dst_id AND e.kind = :kind
