-- name: due
-- Whether time alone has changed something, as far as it is asked for.
SELECT 1
WHERE 0 = 1
/*if:sleepers*/ OR EXISTS (SELECT 1 FROM issue i WHERE i.asleep = 1 AND i.defer_us <= :now_us)
/*if:claims*/ OR EXISTS (SELECT 1 FROM claim c WHERE c.expires_us IS NOT NULL AND c.expires_us <= :now_us)
/*if:holds*/ OR EXISTS (SELECT 1 FROM delivery h WHERE h.state = 'held' AND h.held_until_us <= :now_us)
/*if:expiry*/ OR EXISTS (SELECT 1 FROM delivery w WHERE w.state = 'waiting'
/*if:expiry*/     AND w.expires_us IS NOT NULL AND w.expires_us <= :now_us)
-- Something is held, or waits for another try, since a time that is still to come.
/*if:ahead*/ OR EXISTS (SELECT 1 FROM event e
/*if:ahead*/     WHERE e.seq = (SELECT MAX(l.seq) FROM event l) AND e.at_us > :now_us)
/*if:ahead*/     AND (EXISTS (SELECT 1 FROM delivery a WHERE a.state = 'held' AND a.changed_us > :now_us)
/*if:ahead*/     OR EXISTS (SELECT 1 FROM delivery b WHERE b.state = 'waiting' AND b.attempts > 0
/*if:ahead*/         AND b.due_us > 0 AND b.changed_us > :now_us))
-- A lease or a wish for one is over, somebody would wait for longer than anybody does, or a
-- session may be gone that something is bound to.
/*if:leases*/ OR EXISTS (SELECT 1 FROM lease l WHERE l.state = 'held' AND l.expires_us IS NOT NULL
/*if:leases*/     AND l.expires_us <= :now_us)
/*if:leases*/ OR EXISTS (SELECT 1 FROM lease l WHERE l.waits_until_us <= :now_us)
/*if:leases*/ OR EXISTS (SELECT 1 FROM lease l WHERE l.waits_until_us > :latest_us)
/*if:leases*/ OR EXISTS (SELECT 1 FROM lease l
/*if:leases*/     WHERE l.state = 'held' AND l.length_us IS NULL AND l.granted_us <= :unseen_us
/*if:leases*/     AND NOT EXISTS (SELECT 1 FROM agent g WHERE g.agent = l.actor
/*if:leases*/         AND g.session = l.session AND g.seen_us > :unseen_us))
