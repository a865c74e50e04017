-- name: get
-- The value of one setting of the store.
SELECT value FROM setting WHERE name = :name

-- name: all
-- Every setting of the store.
SELECT name, value FROM setting ORDER BY name

-- name: put
-- Set one setting of the store.
INSERT INTO setting (name, value) VALUES (:name, :value)
ON CONFLICT (name) DO UPDATE SET value = excluded.value
