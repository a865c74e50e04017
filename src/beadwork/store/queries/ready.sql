-- name: facts
-- What readiness needs of an issue.
SELECT done, won, spent, own_holds, held_up, open_kids, won_kids FROM issue WHERE n = :n

-- name: held_among
-- Those of these issues that are held, by edges of their own or through a parent.
SELECT n FROM issue WHERE n IN /*dialect:each_number*/(:ns) AND (own_holds > 0 OR held_up > 0)

-- name: shift_own_holds
-- One more or one less of an issue's own edges holds it.
UPDATE issue SET own_holds = own_holds + :by WHERE n = :n

-- name: shift_held_up
-- More or fewer parents of an issue are held.
UPDATE issue SET held_up = held_up + :by WHERE n = :n

-- name: shift_kids
-- The open and won children of an issue.
UPDATE issue SET open_kids = open_kids + :open_by, won_kids = won_kids + :won_by WHERE n = :n

-- name: shift_ext
-- The needs of an issue that lie in other projects.
UPDATE issue SET ext = ext + :by WHERE n = :n

-- name: children_to_shift
-- The children of these issues, and how many of these are their parents.
SELECT i.n, COUNT(*), i.own_holds, i.held_up
FROM edge e JOIN issue i ON i.n = e.src
WHERE e.dst IN /*dialect:each_number*/(:ns) AND e.kind = 'parent-child' AND e.inert = 0
GROUP BY i.n, i.own_holds, i.held_up

-- name: due_sleepers
-- Deferred issues whose time has come.
SELECT n FROM issue WHERE asleep = 1 AND defer_us <= :now ORDER BY defer_us LIMIT :limit

-- name: wake
-- A deferred issue's time has come.
UPDATE issue SET asleep = 0 WHERE n = :n

-- name: next_priority
-- The next priority among ready issues of a status.
SELECT MIN(priority) FROM issue
WHERE workable = 1 AND hidden = 0 AND status = :status AND priority > :priority

-- name: glance
-- Of a status: whether any ready issue was made after a time, whether any deferred one's time
-- comes up to a time, whether any waits outside.
SELECT
    EXISTS (SELECT 1 FROM issue
        WHERE workable = 1 AND hidden = 0 AND status = :status AND created_us > :after),
    EXISTS (SELECT 1 FROM issue WHERE asleep = 1 AND defer_us <= :until),
    EXISTS (SELECT 1 FROM issue WHERE ext > 0 AND status = :status)

-- name: plain_of_priority
-- Like of_priority, without any filter: a filter costs more than the rest, even unused.
SELECT i.n, i.priority, i.created_us, i.id FROM issue i
WHERE i.workable = 1 AND i.hidden = 0 AND i.status = :status AND i.priority = :priority
    AND i.created_us > :after
ORDER BY i.created_us, i.id LIMIT :limit

-- name: plain_by_age
-- Like by_age, without any filter.
SELECT i.n, i.priority, i.created_us, i.id FROM issue i
WHERE i.workable = 1 AND i.hidden = 0 AND i.status = :status AND i.created_us <= :until
ORDER BY i.created_us, i.id LIMIT :limit

-- name: of_priority
-- Ready issues of one status and priority, oldest first.
SELECT i.n, i.priority, i.created_us, i.id FROM issue i
WHERE i.workable = 1 AND i.hidden = 0 AND i.status = :status AND i.priority = :priority
    AND i.created_us > :after
    AND (CAST(:types AS TEXT) IS NULL OR i.issue_type IN /*dialect:each_text*/(:types))
    AND (CAST(:assignee AS TEXT) IS NULL OR i.assignee = :assignee)
    AND (CAST(:within AS TEXT) IS NULL OR i.n IN /*dialect:each_number*/(:within))
    AND (CAST(:label_count AS BIGINT) = 0 OR :label_count = (
        SELECT COUNT(*) FROM label l
        WHERE l.n = i.n AND l.label IN /*dialect:each_text*/(:labels)))
    AND (CAST(:labels_any AS TEXT) IS NULL OR EXISTS (
        SELECT 1 FROM label l
        WHERE l.n = i.n AND l.label IN /*dialect:each_text*/(:labels_any)))
ORDER BY i.created_us, i.id LIMIT :limit

-- name: by_age
-- Ready issues of one status made up to a time, oldest first.
SELECT i.n, i.priority, i.created_us, i.id FROM issue i
WHERE i.workable = 1 AND i.hidden = 0 AND i.status = :status AND i.created_us <= :until
    AND (CAST(:priority AS BIGINT) IS NULL OR i.priority = :priority)
    AND (CAST(:types AS TEXT) IS NULL OR i.issue_type IN /*dialect:each_text*/(:types))
    AND (CAST(:assignee AS TEXT) IS NULL OR i.assignee = :assignee)
    AND (CAST(:within AS TEXT) IS NULL OR i.n IN /*dialect:each_number*/(:within))
    AND (CAST(:label_count AS BIGINT) = 0 OR :label_count = (
        SELECT COUNT(*) FROM label l
        WHERE l.n = i.n AND l.label IN /*dialect:each_text*/(:labels)))
    AND (CAST(:labels_any AS TEXT) IS NULL OR EXISTS (
        SELECT 1 FROM label l
        WHERE l.n = i.n AND l.label IN /*dialect:each_text*/(:labels_any)))
ORDER BY i.created_us, i.id LIMIT :limit

-- name: hidden_of_status
-- Ready issues of hidden types, which are few and only shown when asked for.
SELECT i.n, i.priority, i.created_us, i.id FROM issue i
WHERE i.workable = 1 AND i.hidden = 1 AND i.status = :status

-- name: sleepers
-- Deferred issues that are ready but for their date, up to a time.
SELECT i.n, i.priority, i.created_us, i.id FROM issue i
WHERE i.asleep = 1 AND i.defer_us <= :until AND i.shown = 1 AND i.own_holds = 0
    AND i.held_up = 0 AND i.ext = 0 AND i.status = :status AND i.hidden <= :hidden

-- name: ephemeral
-- Issues that are ready but for being ephemeral, and whether they wait for other projects.
SELECT i.n, i.priority, i.created_us, i.id, i.ext FROM issue i
WHERE i.ephemeral = 1 AND i.done = 0 AND i.pinned = 0 AND i.own_holds = 0 AND i.held_up = 0
    AND i.status = :status AND i.hidden <= :hidden AND (i.asleep = 0 OR i.defer_us <= :until)

-- name: waiting_outside
-- Issues that are ready but for what they need of other projects.
SELECT i.n, i.priority, i.created_us, i.id FROM issue i
WHERE i.ext > 0 AND i.shown = 1 AND i.own_holds = 0 AND i.held_up = 0 AND i.status = :status
    AND i.hidden <= :hidden AND (i.asleep = 0 OR i.defer_us <= :until)

-- name: outside_targets
-- What an issue needs of other projects.
SELECT e.dst_id FROM edge e
WHERE e.src = :n AND e.kind = 'blocks' AND substr(e.dst_id, 1, 9) = 'external:'
ORDER BY e.dst_id

-- name: provides
-- Whether a closed issue of this project provides a capability.
SELECT 1 FROM label l JOIN issue i ON i.n = l.n
WHERE l.label = :label AND i.status = 'closed' LIMIT 1

-- name: filtered
-- Which of these issues a filter lets through.
SELECT i.n FROM issue i
WHERE i.n IN /*dialect:each_number*/(:ns)
    AND (CAST(:priority AS BIGINT) IS NULL OR i.priority = :priority)
    AND (CAST(:types AS TEXT) IS NULL OR i.issue_type IN /*dialect:each_text*/(:types))
    AND (CAST(:assignee AS TEXT) IS NULL OR i.assignee = :assignee)
    AND (CAST(:within AS TEXT) IS NULL OR i.n IN /*dialect:each_number*/(:within))
    AND (CAST(:label_count AS BIGINT) = 0 OR :label_count = (
        SELECT COUNT(*) FROM label l
        WHERE l.n = i.n AND l.label IN /*dialect:each_text*/(:labels)))
    AND (CAST(:labels_any AS TEXT) IS NULL OR EXISTS (
        SELECT 1 FROM label l
        WHERE l.n = i.n AND l.label IN /*dialect:each_text*/(:labels_any)))

-- name: blocked
-- Live issues that something holds, or whose status says so.
SELECT i.n, CASE WHEN i.ext > 0 AND i.own_holds = 0 AND i.held_up = 0
        AND i.status NOT IN ('blocked', 'deferred') THEN 1 ELSE 0 END
FROM issue i
WHERE i.done = 0 AND i.pinned = 0 AND i.status NOT IN ('pinned')
    AND (i.own_holds > 0 OR i.held_up > 0 OR i.ext > 0 OR i.status IN ('blocked', 'deferred'))
    AND (CAST(:within AS TEXT) IS NULL OR i.n IN /*dialect:each_number*/(:within))
ORDER BY i.priority, i.created_us, i.id

-- name: standing
-- Where an issue stands in the index.
SELECT workable, shown, hidden, asleep, own_holds, held_up, ext FROM issue WHERE n = :n

-- name: holders
-- The issues that the edges holding an issue mean.
SELECT COALESCE(i.id, e.dst_id) FROM edge e LEFT JOIN issue i ON i.n = e.dst
WHERE e.src = :n AND e.holds = 1
ORDER BY e.dst_id

-- name: held_parents
-- The parents of an issue that are held themselves.
SELECT i.id FROM edge e JOIN issue i ON i.n = e.dst
WHERE e.src = :n AND e.kind = 'parent-child' AND e.inert = 0
    AND (i.own_holds > 0 OR i.held_up > 0)
ORDER BY i.id

-- name: open_children
-- The live children of an issue.
SELECT i.id FROM edge e JOIN issue i ON i.n = e.src
WHERE e.dst = :n AND e.kind = 'parent-child' AND e.inert = 0 AND i.done = 0
ORDER BY i.id

-- name: kids
-- How many children an issue has, and how many of them are live.
SELECT COUNT(*), COALESCE(SUM(1 - i.done), 0) FROM edge e JOIN issue i ON i.n = e.src
WHERE e.dst = :n AND e.kind = 'parent-child' AND e.inert = 0 AND i.status <> 'tombstone'

-- name: workable_among
-- Those of these issues that can be worked on.
SELECT i.n FROM issue i
WHERE i.n IN /*dialect:each_number*/(:ns) AND i.workable = 1 AND i.status = 'open'
ORDER BY i.id

-- name: all_nodes
-- Every issue, for a computation from scratch.
SELECT n, done, won, spent, own_holds, held_up, open_kids, won_kids FROM issue

-- name: all_links
-- Every edge, for a computation from scratch.
SELECT e.src, e.dst, e.kind, e.spawn, e.gate, e.added, e.dst_id, e.holds, e.inert FROM edge e

-- name: put_standing
-- What a computation from scratch found.
UPDATE issue SET own_holds = :own_holds, held_up = :held_up, open_kids = :open_kids,
    won_kids = :won_kids
WHERE n = :n

-- name: put_link
-- What a computation from scratch found of an edge.
UPDATE edge SET holds = :holds, inert = :inert
WHERE src = :src AND dst_id = :dst_id AND kind = :kind

-- name: all_states
-- What the flags of every issue are made of.
SELECT i.n, i.id, i.status, d.body FROM issue i JOIN document d ON d.n = i.n

-- name: put_flags
-- The flags that follow from the project's statuses, types and patterns.
UPDATE issue SET done = :done, won = :won, spent = :spent, shown = :shown, hidden = :hidden
WHERE n = :n
