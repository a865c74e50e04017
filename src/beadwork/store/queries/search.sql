-- name: queue
-- The texts of an issue are to be indexed.
INSERT INTO search_queue (n) VALUES (:n) ON CONFLICT (n) DO NOTHING

-- name: queue_all
-- The texts of these issues are to be indexed.
INSERT INTO search_queue (n) SELECT i.n FROM issue i WHERE i.n IN /*dialect:each_number*/(:ns)
ON CONFLICT (n) DO NOTHING

-- name: queued
-- Issues that are not indexed as they are now.
SELECT n FROM search_queue ORDER BY n LIMIT :limit

-- name: queue_length
-- How many of them there are.
SELECT COUNT(*) FROM search_queue

-- name: unqueue
-- These issues are indexed as they are now.
DELETE FROM search_queue WHERE n IN /*dialect:each_number*/(:ns)

-- name: bodies
-- The records of these issues.
SELECT n, body FROM document WHERE n IN /*dialect:each_number*/(:ns)

-- name: alive
-- Those of these issues that are not deleted.
SELECT n FROM issue WHERE n IN /*dialect:each_number*/(:ns) AND status <> 'tombstone'

-- name: newest
-- The newest issues before one, for a search without an index.
SELECT n FROM issue WHERE n < :before ORDER BY n DESC LIMIT :limit

-- name: put_words
-- only: sqlite
-- The words of an issue.
INSERT OR REPLACE INTO search_words (
    rowid, id, title, labels, description, design, acceptance, notes, comments
) VALUES (
    :n, :id, :title, :labels, :description, :design, :acceptance, :notes, :comments
)

-- name: put_parts
-- only: sqlite
-- The text of an issue that parts of words are looked for in.
INSERT OR REPLACE INTO search_parts (rowid, text) VALUES (:n, :text)

-- name: drop_words
-- only: sqlite
-- An issue that is taken out has no words.
DELETE FROM search_words WHERE rowid = :n

-- name: drop_parts
-- only: sqlite
-- An issue that is taken out has no parts of words.
DELETE FROM search_parts WHERE rowid = :n

-- name: with_words
-- only: sqlite
-- The newest issues before one that have these words.
SELECT rowid FROM search_words
WHERE search_words MATCH :match AND rowid < :before ORDER BY rowid DESC LIMIT :limit

-- name: ranked
-- only: sqlite
-- How well these words fit each issue from a number on; less is better.
SELECT rowid, bm25(search_words, 10.0, 10.0, 4.0, 3.0, 1.0, 1.0, 1.0, 1.0) FROM search_words
WHERE search_words MATCH :match AND rowid >= :oldest

-- name: with_parts
-- only: sqlite
-- The newest issues before one that may have these parts.
SELECT rowid FROM search_parts
WHERE search_parts MATCH :match AND rowid < :before ORDER BY rowid DESC LIMIT :limit
