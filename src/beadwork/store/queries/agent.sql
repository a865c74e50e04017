-- name: seen
-- Somebody is here; after a long absence, anew.
INSERT INTO agent (agent, session, first_us, since_us, seen_us, operation, left_us)
VALUES (:agent, :session, :now_us, :now_us, :now_us, :operation, NULL)
ON CONFLICT (agent) DO UPDATE SET session = excluded.session, seen_us = excluded.seen_us,
    operation = excluded.operation, left_us = NULL,
    since_us = CASE WHEN agent.seen_us < :absent_us OR agent.left_us IS NOT NULL
        THEN excluded.since_us ELSE agent.since_us END

-- name: left
-- Somebody has said that they go.
UPDATE agent SET left_us = :now_us WHERE agent = :agent

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
-- Who was in a session last; those who left come first.
SELECT left_us FROM agent WHERE session = :session AND session <> ''
ORDER BY CASE WHEN left_us IS NULL THEN 1 ELSE 0 END LIMIT 1
