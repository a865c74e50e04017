-- name: tally
-- How many issues stand where; of the closed ones, how long they took in all.
SELECT
    COALESCE(SUM(CASE WHEN i.status <> 'tombstone' THEN 1 ELSE 0 END), 0),
    COALESCE(SUM(CASE WHEN i.status = 'open' THEN 1 ELSE 0 END), 0),
    COALESCE(SUM(CASE WHEN i.status = 'in_progress' THEN 1 ELSE 0 END), 0),
    COALESCE(SUM(CASE WHEN i.status = 'closed' THEN 1 ELSE 0 END), 0),
    COALESCE(SUM(CASE WHEN i.done = 0 AND i.pinned = 0 AND i.status <> 'pinned'
        AND (i.own_holds > 0 OR i.held_up > 0 OR i.ext > 0 OR i.status IN ('blocked', 'deferred'))
        THEN 1 ELSE 0 END), 0),
    COALESCE(SUM(CASE WHEN i.status = 'deferred' THEN 1 ELSE 0 END), 0),
    COALESCE(SUM(CASE WHEN i.status = 'open' AND i.hidden = 0 AND (i.workable = 1
        OR (i.asleep = 1 AND i.defer_us <= :now AND i.shown = 1 AND i.own_holds = 0
            AND i.held_up = 0 AND i.ext = 0))
        THEN 1 ELSE 0 END), 0),
    COALESCE(SUM(CASE WHEN i.status = 'tombstone' THEN 1 ELSE 0 END), 0),
    COALESCE(SUM(CASE WHEN i.status = 'pinned' OR (i.pinned = 1 AND i.status <> 'tombstone')
        THEN 1 ELSE 0 END), 0),
    COALESCE(SUM(CASE WHEN i.issue_type = 'epic' AND i.done = 0 AND i.open_kids = 0
        AND i.won_kids > 0 THEN 1 ELSE 0 END), 0),
    COALESCE(SUM(CASE WHEN i.status = 'closed' AND i.created_us > 0
        THEN i.closed_us - i.created_us ELSE 0 END), 0),
    COALESCE(SUM(CASE WHEN i.status = 'closed' AND i.created_us > 0 AND i.closed_us IS NOT NULL
        THEN 1 ELSE 0 END), 0)
FROM issue i
WHERE CAST(:assignee AS TEXT) IS NULL OR i.assignee = :assignee

-- name: waiting_outside
-- What needs something of other projects: whether nothing else keeps it from being ready, and
-- whether nothing else makes it blocked.
SELECT i.n,
    CASE WHEN i.shown = 1 AND i.own_holds = 0 AND i.held_up = 0 AND i.hidden = 0
        AND i.status = 'open' AND (i.asleep = 0 OR i.defer_us <= :now) THEN 1 ELSE 0 END,
    CASE WHEN i.own_holds = 0 AND i.held_up = 0 AND i.status NOT IN ('blocked', 'deferred')
        AND i.done = 0 AND i.pinned = 0 AND i.status <> 'pinned' THEN 1 ELSE 0 END
FROM issue i
-- Every status is above the empty text: by this the index of what waits outside is searched.
WHERE i.ext > 0 AND i.status > '' AND (CAST(:assignee AS TEXT) IS NULL OR i.assignee = :assignee)

-- name: moment
-- When the first event from a number on was logged.
SELECT at_us FROM event WHERE seq >= :seq ORDER BY seq LIMIT 1

-- name: happened
-- What happened from an event on, equal changes counted together. What a file brought counts as
-- made then only if it was made since.
SELECT e.kind, e.changes, COUNT(*) FROM event e LEFT JOIN issue i ON i.n = e.n
WHERE e.seq >= :seq AND (e.changes IS NOT NULL OR i.created_us >= :since)
GROUP BY e.kind, e.changes
