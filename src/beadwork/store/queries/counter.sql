-- name: last_epoch
-- The highest epoch of a claim that was ever handed out, as far as it is known.
SELECT COALESCE(MAX(g.claim_epoch), 0) FROM (
    SELECT c.claim_epoch FROM claim c
    UNION ALL SELECT r.claim_epoch FROM claim_grant r
    UNION ALL SELECT CAST(s.value AS BIGINT) FROM setting s WHERE s.name = 'claim_floor') g

-- name: grants
-- Who was ever granted which issue and has not given it back.
SELECT i.id, g.actor, g.session FROM claim_grant g JOIN issue i ON i.n = g.n

-- name: child_tops
-- The highest child numbers that were given out under issues.
SELECT id, child_top FROM issue WHERE child_top > 0

-- name: put_grant
-- A grant of a store that is gone, under no epoch that there is.
INSERT INTO claim_grant (n, actor, session, claim_epoch)
SELECT i.n, :actor, :session, 0 FROM issue i WHERE i.id = :id
ON CONFLICT (n, actor, session) DO NOTHING

-- name: raise_child_top
-- A child number that was given out in a store that is gone.
UPDATE issue SET child_top = :number WHERE id = :id AND child_top < :number
