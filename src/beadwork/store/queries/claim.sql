-- name: of
-- The claim of an issue.
SELECT claim_epoch, actor, session, granted_us, expires_us, lease_us FROM claim WHERE n = :n

-- name: grant
-- Grant an issue under a new epoch.
INSERT INTO claim (n, claim_epoch, actor, session, granted_us, expires_us, lease_us)
VALUES (:n, :claim_epoch, :actor, :session, :granted_us, :expires_us, :lease_us)
ON CONFLICT (n) DO UPDATE SET claim_epoch = excluded.claim_epoch, actor = excluded.actor,
    session = excluded.session, granted_us = excluded.granted_us,
    expires_us = excluded.expires_us, lease_us = excluded.lease_us

-- name: remember_grant
-- The epoch that a holder was last granted.
INSERT INTO claim_grant (n, actor, session, claim_epoch)
VALUES (:n, :actor, :session, :claim_epoch)
ON CONFLICT (n, actor, session) DO UPDATE SET claim_epoch = excluded.claim_epoch

-- name: granted
-- The epoch that a holder was last granted.
SELECT claim_epoch FROM claim_grant WHERE n = :n AND actor = :actor AND session = :session

-- name: granted_to_actor
-- The latest epoch that an actor was granted, in whatever session.
SELECT MAX(claim_epoch) FROM claim_grant WHERE n = :n AND actor = :actor

-- name: end
-- Nobody holds the issue now.
UPDATE claim SET actor = '', session = '', expires_us = NULL, lease_us = NULL WHERE n = :n

-- name: forget_grants
-- The present holder gives the issue back, and is like one who never held it.
DELETE FROM claim_grant WHERE n = :n
    AND claim_epoch = (SELECT c.claim_epoch FROM claim c WHERE c.n = :n)

-- name: let_go_of_session
-- A holder takes note that it lost the claim, and is like one who never held the issue.
DELETE FROM claim_grant WHERE n = :n AND actor = :actor AND session IN (:session, '')

-- name: let_go
-- An actor takes note that it lost the claim, in whatever session.
DELETE FROM claim_grant WHERE n = :n AND actor = :actor

-- name: renew
-- The claim holds until another time.
UPDATE claim SET expires_us = :expires_us, lease_us = :lease_us WHERE n = :n

-- name: expired
-- Claims that ended without a renewal.
SELECT c.n FROM claim c WHERE c.expires_us IS NOT NULL AND c.expires_us <= :now
ORDER BY c.expires_us LIMIT :limit

-- name: keep_late
-- What was sent under a stale claim.
INSERT INTO late_result (late, at_us, actor, session, operation, request, issue_id)
VALUES ((SELECT COALESCE(MAX(late), 0) + 1 FROM late_result), :at_us, :actor, :session,
    :operation, :request, :issue_id)

-- name: drop_late
-- What was sent long ago goes.
DELETE FROM late_result WHERE at_us < :before_us

-- name: late
-- What was sent under claims that had ended, the latest first.
SELECT at_us, actor, session, operation, request, issue_id FROM late_result
WHERE CAST(:issue_id AS TEXT) IS NULL OR issue_id = :issue_id
ORDER BY late DESC LIMIT :limit
