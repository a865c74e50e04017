-- name: seen
-- Somebody is here; after a long absence, anew. Who leaves in this very transaction has left.
INSERT INTO agent (agent, session, first_us, since_us, seen_us, operation, left_us)
VALUES (:agent, :session, :now_us, :now_us, :now_us, :operation, NULL)
ON CONFLICT (agent) DO UPDATE SET session = excluded.session, seen_us = excluded.seen_us,
    operation = excluded.operation,
    left_us = CASE WHEN agent.left_us = excluded.seen_us THEN agent.left_us END,
    since_us = CASE WHEN agent.seen_us < :absent_us OR agent.left_us IS NOT NULL
        THEN excluded.since_us ELSE agent.since_us END

-- name: left
-- Somebody has said that they go; who is here in another session stays.
UPDATE agent SET left_us = :now_us
WHERE agent = :agent AND (CAST(:session AS TEXT) = '' OR session IN ('', :session))

-- name: end_session
-- A session has ended.
INSERT INTO ended_session (session, ended_us) VALUES (:session, :now_us)
ON CONFLICT (session) DO UPDATE SET ended_us = excluded.ended_us

-- name: go_on
-- Somebody writes in a session that has ended before this transaction: it has not ended.
DELETE FROM ended_session WHERE session = :session AND ended_us <> :now_us

-- name: has_ended
-- Whether a session has ended.
SELECT 1 FROM ended_session WHERE session = :session

-- name: all
-- Who has been here, the latest first.
SELECT agent, session, first_us, since_us, seen_us, operation, left_us FROM agent
ORDER BY seen_us DESC, agent

-- name: known
-- Whether somebody has been here.
SELECT 1 FROM agent WHERE agent = :agent

-- name: held_issues
-- The issues that somebody holds.
SELECT i.id FROM claim c JOIN issue i ON i.n = c.n WHERE c.actor = :agent ORDER BY i.id LIMIT :limit

-- name: subscribe
-- Somebody gets what is sent to a topic, or may take what is sent to a group.
INSERT INTO subscription (address, agent, since_us) VALUES (:address, :agent, :now_us)
ON CONFLICT (address, agent) DO NOTHING

-- name: unsubscribe
-- No more.
DELETE FROM subscription WHERE address = :address AND agent = :agent

-- name: subscribers
-- Who does so.
SELECT agent FROM subscription WHERE address = :address ORDER BY agent

-- name: subscriptions
-- What somebody gets or may take.
SELECT address FROM subscription WHERE agent = :agent ORDER BY address

-- name: addresses
-- Every topic and group, and who is in it.
SELECT address, agent, since_us FROM subscription ORDER BY address, agent

-- name: in_session
-- Whether somebody was in a session last.
SELECT 1 FROM agent WHERE session = :session AND session <> '' LIMIT 1
