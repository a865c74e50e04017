-- name: seen
-- Somebody is here; after a long absence, anew.
INSERT INTO agent (agent, session, first_us, since_us, seen_us, operation, left_us)
VALUES (:agent, :session, :now_us, :now_us, :now_us, :operation, NULL)
ON CONFLICT (agent) DO UPDATE SET session = excluded.session, seen_us = excluded.seen_us,
    operation = excluded.operation, left_us = NULL,
    since_us = CASE WHEN agent.seen_us < :absent_us OR agent.left_us IS NOT NULL
        THEN excluded.since_us ELSE agent.since_us END
