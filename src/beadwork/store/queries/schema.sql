-- name: tables
-- only: sqlite
-- The names of the tables; what full-text search keeps for itself is left out.
SELECT name FROM sqlite_schema
WHERE type = 'table' AND name NOT LIKE 'sqlite%' AND name NOT LIKE 'search\_%\_%' ESCAPE '\'
ORDER BY name

-- name: version
-- only: sqlite
-- The number of the last migration.
SELECT user_version FROM pragma_user_version
