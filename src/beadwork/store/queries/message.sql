-- name: insert
-- A message.
INSERT INTO message (seq, id, at_us, sender, session, addresses, type, priority, thread, reply_to,
    hops, not_before_us, expires_us, payload, blob, blob_bytes, head, key, git_state)
VALUES (:seq, :id, :at_us, :sender, :session, :addresses, :type, :priority, :thread, :reply_to,
    :hops, :not_before_us, :expires_us, :payload, :blob, :blob_bytes, :head, :key, :git_state)

-- name: of
-- A message by its number.
SELECT seq, id, at_us, sender, session, addresses, type, priority, thread, reply_to, hops,
    not_before_us, expires_us, payload, blob, blob_bytes, head, key, git_state
FROM message WHERE seq = :seq

-- name: of_all
-- Messages by their numbers.
SELECT seq, id, at_us, sender, session, addresses, type, priority, thread, reply_to, hops,
    not_before_us, expires_us, payload, blob, blob_bytes, head, key, git_state
FROM message WHERE seq IN /*dialect:each_number*/(:seqs)

-- name: with_key
-- The message that somebody sent under a key.
SELECT seq FROM message WHERE sender = :sender AND key = :key AND key <> ''

-- name: ids
-- The ids of messages.
SELECT seq, id FROM message WHERE seq IN /*dialect:each_number*/(:seqs)

-- name: id
-- The id of a message.
SELECT id FROM message WHERE seq = :seq

-- name: in_thread
-- The messages of a thread, in their order.
SELECT seq FROM message WHERE seq = :thread
UNION ALL
SELECT seq FROM message WHERE thread = :thread
ORDER BY seq LIMIT :limit

-- name: sent_by
-- What somebody sent before a message, the latest first.
SELECT seq FROM message WHERE sender = :sender AND seq < :before ORDER BY seq DESC LIMIT :limit

-- name: latest
-- The latest messages before one.
SELECT seq FROM message WHERE seq < :before ORDER BY seq DESC LIMIT :limit

-- name: since
-- The messages after a number, in their order.
SELECT seq FROM message WHERE seq > :seq ORDER BY seq LIMIT :limit

-- name: ages
-- Messages after a number: how old each is, and its blob.
SELECT seq, at_us, blob FROM message WHERE seq > :after ORDER BY seq LIMIT :limit

-- name: needed
-- Whether a message waits for somebody, or has become a dead letter since.
SELECT 1 FROM delivery
WHERE seq = :seq AND (state IN ('waiting', 'held')
    OR (state IN ('expired', 'undeliverable') AND changed_us >= :dead_since))
LIMIT 1

-- name: from
-- The first message from a number on, and when it was sent.
SELECT seq, at_us FROM message WHERE seq >= :seq ORDER BY seq LIMIT 1

-- name: last_seq
-- The number of the latest message.
SELECT COALESCE(MAX(seq), 0) FROM message

-- name: drop_deliveries
-- Nobody's copies are kept.
DELETE FROM delivery WHERE seq = :seq

-- name: drop
-- The message goes.
DELETE FROM message WHERE seq = :seq

-- name: drop_words
-- only: sqlite
-- Its words go.
DELETE FROM search_message_words WHERE rowid = :seq

-- name: indexed_to
-- Up to which message words are indexed.
SELECT indexed_to FROM message_index WHERE one = 1

-- name: note_indexed
-- Words are indexed up to this message.
UPDATE message_index SET indexed_to = :seq WHERE one = 1

-- name: put_words
-- only: sqlite
-- The words of a message.
INSERT OR REPLACE INTO search_message_words (rowid, words) VALUES (:seq, :words)

-- name: with_words
-- only: sqlite
-- The latest messages before one that have these words.
SELECT rowid FROM search_message_words
WHERE search_message_words MATCH :match AND rowid < :before ORDER BY rowid DESC LIMIT :limit
