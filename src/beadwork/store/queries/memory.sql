-- name: get
-- What is remembered under a key.
SELECT text FROM memory WHERE key = :key

-- name: all
-- Everything that is remembered.
SELECT key, text, actor, created_us, updated_us FROM memory ORDER BY key

-- name: put
-- Remember a text, in the place of what the key had.
INSERT INTO memory (key, text, actor, created_us, updated_us)
VALUES (:key, :text, :actor, :at_us, :at_us)
ON CONFLICT (key) DO UPDATE
SET text = excluded.text, actor = excluded.actor, updated_us = excluded.updated_us

-- name: drop
-- Forget what a key has.
DELETE FROM memory WHERE key = :key

-- name: pair
-- The value of a pair.
SELECT value FROM pair WHERE key = :key

-- name: pairs
-- Every pair.
SELECT key, value FROM pair ORDER BY key

-- name: put_pair
-- Set a pair.
INSERT INTO pair (key, value) VALUES (:key, :value)
ON CONFLICT (key) DO UPDATE SET value = excluded.value

-- name: drop_pair
-- Take a pair away.
DELETE FROM pair WHERE key = :key
