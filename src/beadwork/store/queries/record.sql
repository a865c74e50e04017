-- name: known
-- Which lines were seen before, and the stamps they stand for.
SELECT digest, stamps FROM seen_line WHERE digest IN /*dialect:each_text*/(:digests)

-- name: in_file
-- The line that the file has for each of these issues, as far as it was seen.
SELECT i.id, d.file_digest FROM issue i JOIN document d ON d.n = i.n
WHERE i.id IN /*dialect:each_text*/(:ids) AND d.file_digest IS NOT NULL

-- name: remember
-- A line was read or written.
INSERT INTO seen_line (digest, stamps) VALUES (:digest, :stamps)
ON CONFLICT (digest) DO NOTHING

-- name: quarantine
-- A line could not be read.
INSERT INTO quarantine (digest, line_number, reason, line, at_us)
VALUES (:digest, :line_number, :reason, :line, :at_us)
ON CONFLICT (digest) DO UPDATE SET line_number = excluded.line_number, reason = excluded.reason

-- name: quarantined
-- The lines that could not be read.
SELECT line_number, reason, line, at_us FROM quarantine ORDER BY line_number, digest

-- name: lost
-- A value lost a fold.
INSERT INTO conflict (n, register, stamp, winner, value, at_us)
VALUES (:n, :register, :stamp, :winner, :value, :at_us)
ON CONFLICT (n, register, stamp) DO NOTHING

-- name: conflicts
-- The values that lost a fold.
SELECT i.id, c.register, c.value, c.stamp, c.winner, c.at_us
FROM conflict c JOIN issue i ON i.n = c.n ORDER BY i.id, c.register, c.stamp

-- name: to_export
-- Every issue that stands in the file, in the file's order.
SELECT d.body, d.stamps, d.raw
FROM issue i JOIN document d ON d.n = i.n
WHERE (i.filed = 1 OR i.ephemeral = 0)
  AND NOT EXISTS (SELECT 1 FROM origin o WHERE o.n = i.n)
ORDER BY i.id

-- name: dirty_to_export
-- The issues changed since the last export that stand in the file. Sorted by the caller: asked for
-- the order of ids, SQLite would walk all issues along that index.
SELECT i.n, d.body, d.stamps, d.raw, i.changed_seq, i.id
FROM issue i JOIN document d ON d.n = i.n
WHERE i.changed_seq > 0 AND i.changed_seq > :seq AND (i.filed = 1 OR i.ephemeral = 0)
  AND NOT EXISTS (SELECT 1 FROM origin o WHERE o.n = i.n)

-- name: outdated_to_export
-- The issues changed since the last export, and those whose line in the file was another one.
SELECT i.n, d.body, d.stamps, d.raw, i.changed_seq, i.id
FROM issue i JOIN document d ON d.n = i.n
WHERE (i.changed_seq > :seq OR d.base IS NOT NULL) AND (i.filed = 1 OR i.ephemeral = 0)
  AND NOT EXISTS (SELECT 1 FROM origin o WHERE o.n = i.n)
ORDER BY i.id

-- name: dirty_count
-- How many issues changed since the last export.
SELECT COUNT(*) FROM issue i
WHERE i.changed_seq > 0 AND i.changed_seq > :seq AND (i.filed = 1 OR i.ephemeral = 0)
  AND NOT EXISTS (SELECT 1 FROM origin o WHERE o.n = i.n)

-- name: changed_seqs
-- The changes that issues' records are the state of.
SELECT n, changed_seq FROM issue WHERE n IN /*dialect:each_number*/(:ns)

-- name: set_clean
-- The file says of an issue what the store says.
UPDATE issue SET changed_seq = 0, filed = 1 WHERE n = :n AND changed_seq > 0

-- name: set_filed
-- An issue stands in the file now.
UPDATE issue SET filed = 1 WHERE n = :n AND filed = 0

-- name: key
-- The answer that was given for a key.
SELECT arguments_digest, response FROM request_key
WHERE actor = :actor AND operation = :operation AND key = :key

-- name: put_key
-- Remember the answer given for a key.
INSERT INTO request_key (actor, operation, key, arguments_digest, response, at_us)
VALUES (:actor, :operation, :key, :arguments_digest, :response, :at_us)

-- name: drop_keys
-- Forget keys that are too old.
DELETE FROM request_key WHERE at_us < :before
