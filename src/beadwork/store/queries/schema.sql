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

-- name: parts
-- only: sqlite
-- All that a database is made of, in the order in which it was made.
SELECT type, name, tbl_name, sql FROM sqlite_schema
WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite%' ORDER BY rowid

-- name: columns
-- only: sqlite
-- The columns of all tables that keep their rows by themselves.
SELECT m.name, c.name FROM sqlite_schema m, pragma_table_xinfo(m.name) c
WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite%' AND m.sql NOT LIKE 'CREATE VIRTUAL%'

-- name: queue_issues
-- The texts of all issues are to be indexed.
INSERT INTO search_queue (n) SELECT i.n FROM issue i WHERE i.n > 0 ON CONFLICT (n) DO NOTHING

-- name: index_messages
-- The words of all messages are to be indexed.
INSERT INTO message_index (one, indexed_to) VALUES (1, 0)
ON CONFLICT (one) DO UPDATE SET indexed_to = 0

-- name: count_mailboxes
-- How much is open in each mailbox.
INSERT INTO mailbox (mailbox, open)
SELECT d.mailbox, COUNT(*) FROM delivery d WHERE d.state IN ('waiting', 'held') GROUP BY d.mailbox

-- name: version
-- only: sqlite
-- The number of the last migration.
SELECT user_version FROM pragma_user_version
