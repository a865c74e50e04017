-- name: get
-- What is known of a blob.
SELECT digest, size_bytes, created_us, refs FROM blob WHERE digest = :digest

-- name: refer
-- Something more refers to a blob.
INSERT INTO blob (digest, size_bytes, created_us, refs) VALUES (:digest, :size_bytes, :now_us, 1)
ON CONFLICT (digest) DO UPDATE SET refs = blob.refs + 1

-- name: release
-- Something less refers to a blob.
UPDATE blob SET refs = refs - 1 WHERE digest = :digest AND refs > 0

-- name: note
-- A blob was put, and nothing refers to it yet; again, so that its time begins anew.
INSERT INTO blob (digest, size_bytes, created_us, refs) VALUES (:digest, :size_bytes, :now_us, 0)
ON CONFLICT (digest) DO UPDATE SET created_us = excluded.created_us WHERE blob.refs = 0

-- name: between
-- The digests in a part of the alphabet, as many as are asked for.
SELECT digest FROM blob WHERE digest >= :first AND digest < :last ORDER BY digest LIMIT :limit

-- name: after
-- Blobs after a digest, in order.
SELECT digest, size_bytes, created_us, refs FROM blob
WHERE digest > :digest ORDER BY digest LIMIT :limit

-- name: unreferenced
-- The blobs after a digest that nothing refers to, put before a time.
SELECT digest FROM blob
WHERE refs = 0 AND created_us < :before_us AND digest > :digest ORDER BY digest LIMIT :limit

-- name: drop
-- Forget a blob that nothing refers to.
DELETE FROM blob WHERE digest = :digest AND refs = 0
