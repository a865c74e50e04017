-- name: insert
-- One recipient's copy.
INSERT INTO delivery (seq, place, mailbox, address, sender, priority, state, due_us, expires_us,
    attempts, attempts_max, receipt, holder, holder_session, held_until_us, shown_us, changed_us,
    reason)
VALUES (:seq, :place, :mailbox, :address, :sender, :priority, :state, :due_us, :expires_us,
    :attempts, :attempts_max, :receipt, :holder, :holder_session, :held_until_us, :shown_us,
    :changed_us, :reason)

-- name: grow
-- One more message waits for a recipient.
INSERT INTO mailbox (mailbox, open) VALUES (:mailbox, 1)
ON CONFLICT (mailbox) DO UPDATE SET open = mailbox.open + 1
RETURNING open

-- name: shrink
-- One less.
UPDATE mailbox SET open = open - 1 WHERE mailbox = :mailbox

-- name: open_count
-- How many messages wait for a recipient, or are held.
SELECT open FROM mailbox WHERE mailbox = :mailbox

-- name: of
-- One delivery.
SELECT seq, place, mailbox, address, sender, priority, state, due_us, expires_us, attempts,
    attempts_max, receipt, holder, holder_session, held_until_us, shown_us, changed_us, reason
FROM delivery WHERE seq = :seq AND place = :place

-- name: of_message
-- The deliveries of a message.
SELECT seq, place, mailbox, address, sender, priority, state, due_us, expires_us, attempts,
    attempts_max, receipt, holder, holder_session, held_until_us, shown_us, changed_us, reason
FROM delivery WHERE seq = :seq ORDER BY place

-- name: next
-- What a recipient may have now. In order: nothing comes before an earlier one of the same sender
-- and priority that is held, or waits for another try.
SELECT d.seq, d.place, d.mailbox, d.address, d.sender, d.priority, d.state, d.due_us,
    d.expires_us, d.attempts, d.attempts_max, d.receipt, d.holder, d.holder_session,
    d.held_until_us, d.shown_us, d.changed_us, d.reason
FROM delivery d
WHERE d.mailbox = :mailbox AND d.state = 'waiting' AND d.due_us <= :now_us
    AND (d.expires_us IS NULL OR d.expires_us > :now_us)
    /*if:ordered*/AND NOT EXISTS (SELECT 1 FROM delivery h WHERE h.state = 'held'
    /*if:ordered*/    AND h.mailbox = d.mailbox AND h.sender = d.sender
    /*if:ordered*/    AND h.priority = d.priority AND h.seq < d.seq)
    /*if:ordered*/AND NOT EXISTS (SELECT 1 FROM delivery w WHERE w.state = 'waiting'
    /*if:ordered*/    AND w.attempts > 0 AND w.mailbox = d.mailbox AND w.sender = d.sender
    /*if:ordered*/    AND w.priority = d.priority AND w.seq < d.seq AND w.due_us > :now_us)
    /*if:reply*/AND d.seq IN (SELECT m.seq FROM message m WHERE m.reply_to = :reply_to
    /*if:reply*/    AND m.reply_to IS NOT NULL)
ORDER BY d.priority, d.seq LIMIT :limit

-- name: next_due
-- When something is due for a recipient that is not so now.
SELECT MIN(t.at_us) FROM (
    SELECT MIN(due_us) AS at_us FROM delivery
    WHERE mailbox = :mailbox AND state = 'waiting' AND due_us > 0 AND due_us > :now_us
    UNION ALL
    SELECT MIN(held_until_us) FROM delivery
    WHERE mailbox = :mailbox AND sender >= '' AND state = 'held'
) t

-- name: held
-- What a recipient holds. By its senders, or all would be gone through that ever came.
SELECT seq, place, mailbox, address, sender, priority, state, due_us, expires_us, attempts,
    attempts_max, receipt, holder, holder_session, held_until_us, shown_us, changed_us, reason
FROM delivery WHERE mailbox = :mailbox AND sender >= '' AND state = 'held'
ORDER BY seq LIMIT :limit

-- name: held_count
-- How much that is.
SELECT COUNT(*) FROM delivery WHERE mailbox = :mailbox AND sender >= '' AND state = 'held'

-- name: waiting
-- What waits for a recipient, the most urgent first.
SELECT seq, place, mailbox, address, sender, priority, state, due_us, expires_us, attempts,
    attempts_max, receipt, holder, holder_session, held_until_us, shown_us, changed_us, reason
FROM delivery WHERE mailbox = :mailbox AND state = 'waiting'
ORDER BY priority, seq LIMIT :limit

-- name: unseen
-- What waits for a recipient and was not shown.
SELECT seq, place, mailbox, address, sender, priority, state, due_us, expires_us, attempts,
    attempts_max, receipt, holder, holder_session, held_until_us, shown_us, changed_us, reason
FROM delivery
WHERE mailbox = :mailbox AND state = 'waiting' AND shown_us IS NULL AND due_us <= :now_us
    AND (expires_us IS NULL OR expires_us > :now_us) AND +seq <= :last
ORDER BY priority, seq LIMIT :limit

-- name: unseen_count
-- How much that is, and the number of the latest.
SELECT COUNT(*), COALESCE(MAX(seq), 0) FROM delivery
WHERE mailbox = :mailbox AND state = 'waiting' AND shown_us IS NULL AND due_us <= :now_us
    AND (expires_us IS NULL OR expires_us > :now_us) AND +seq <= :last

-- name: in_mailbox
-- All that came for a recipient before a message, the latest first.
SELECT seq, place, mailbox, address, sender, priority, state, due_us, expires_us, attempts,
    attempts_max, receipt, holder, holder_session, held_until_us, shown_us, changed_us, reason
FROM delivery WHERE mailbox = :mailbox AND seq < :before
ORDER BY seq DESC LIMIT :limit

-- name: dead
-- What could not be delivered, the latest first.
SELECT seq, place, mailbox, address, sender, priority, state, due_us, expires_us, attempts,
    attempts_max, receipt, holder, holder_session, held_until_us, shown_us, changed_us, reason
FROM delivery WHERE state IN ('expired', 'undeliverable') AND seq < :before
ORDER BY seq DESC, place LIMIT :limit

-- name: hold
-- It is handed out.
UPDATE delivery SET state = 'held', attempts = attempts + 1, receipt = :receipt,
    holder = :holder, holder_session = :holder_session, held_until_us = :held_until_us,
    changed_us = :now_us
WHERE seq = :seq AND place = :place

-- name: extend
-- It is held for longer.
UPDATE delivery SET held_until_us = :held_until_us, changed_us = :now_us
WHERE seq = :seq AND place = :place

-- name: wait
-- It waits again.
UPDATE delivery SET state = 'waiting', due_us = :due_us, held_until_us = NULL, reason = :reason,
    changed_us = :now_us
WHERE seq = :seq AND place = :place

-- name: settle
-- It is in a state in which it stays.
UPDATE delivery SET state = :state, held_until_us = NULL, reason = :reason, changed_us = :now_us
WHERE seq = :seq AND place = :place

-- name: renew
-- It waits as if it had never been handed out.
UPDATE delivery SET state = 'waiting', due_us = 0, expires_us = NULL, attempts = 0,
    held_until_us = NULL, shown_us = NULL, reason = '', changed_us = :now_us
WHERE seq = :seq AND place = :place

-- name: show
-- What waits was shown, up to a message.
UPDATE delivery SET shown_us = :now_us
WHERE mailbox = :mailbox AND state = 'waiting' AND shown_us IS NULL AND due_us <= :as_of_us
    AND (expires_us IS NULL OR expires_us > :now_us) AND +seq <= :last

-- name: bound_holds
-- The clock went back: they are held from now on, for as long as they were to be.
UPDATE delivery SET held_until_us = held_until_us - changed_us + :now_us, changed_us = :now_us
WHERE state = 'held' AND changed_us > :now_us

-- name: bound_waits
-- Likewise what waits for another try.
UPDATE delivery SET due_us = due_us - changed_us + :now_us, changed_us = :now_us
WHERE state = 'waiting' AND attempts > 0 AND due_us > 0 AND changed_us > :now_us

-- name: ended_holds
-- Holds whose time is over.
SELECT seq, place, mailbox, address, sender, priority, state, due_us, expires_us, attempts,
    attempts_max, receipt, holder, holder_session, held_until_us, shown_us, changed_us, reason
FROM delivery WHERE state = 'held' AND held_until_us <= :now_us
ORDER BY held_until_us LIMIT :limit

-- name: ended
-- What waits and has expired.
SELECT seq, place, mailbox, address, sender, priority, state, due_us, expires_us, attempts,
    attempts_max, receipt, holder, holder_session, held_until_us, shown_us, changed_us, reason
FROM delivery
WHERE state = 'waiting' AND expires_us IS NOT NULL AND expires_us <= :now_us
ORDER BY expires_us LIMIT :limit

-- name: states
-- How many deliveries of a message stand where.
SELECT state, COUNT(*) FROM delivery WHERE seq = :seq GROUP BY state ORDER BY state
