-- name: tables
-- only: sqlite
-- The names of the tables; what full-text search keeps for itself is left out.
SELECT name FROM sqlite_schema
WHERE type = 'table' AND name NOT LIKE 'sqlite%' AND name NOT LIKE 'search\_%\_%' ESCAPE '\'
ORDER BY name

-- name: whose
-- only: sqlite
-- How many tables there are, and how many of those that every version of ours has.
SELECT COUNT(*), COUNT(CASE WHEN name IN
    ('issue', 'document', 'setting', 'seen_line', 'prefix_count', 'quarantine') THEN 1 END)
FROM sqlite_schema WHERE type = 'table'

-- name: version
-- only: sqlite
-- The number of the last migration.
SELECT user_version FROM pragma_user_version
