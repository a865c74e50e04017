-- name: quick
-- What a look at every page finds; `ok` if nothing.
-- only: sqlite
SELECT quick_check FROM pragma_quick_check

-- name: whole
-- What a look at every page, index and value finds; `ok` if nothing.
-- only: sqlite
SELECT integrity_check FROM pragma_integrity_check

-- name: foreign
-- Rows that name a row that is not there: table and the table that is named.
-- only: sqlite
SELECT f."table", f.parent, COUNT(*) FROM pragma_foreign_key_check f GROUP BY f."table", f.parent

-- name: copy
-- Write a copy of the whole database, as one snapshot has it, into a new file.
-- only: sqlite
VACUUM INTO :path

-- name: reindex
-- Make every index anew from its table.
-- only: sqlite
REINDEX

-- name: counts
-- How many issues, events and held claims there are, and the latest event.
SELECT (SELECT COUNT(*) FROM issue), (SELECT COUNT(*) FROM event),
    (SELECT COUNT(*) FROM claim WHERE actor <> ''), (SELECT COALESCE(MAX(seq), 0) FROM event)

-- name: has_blobs
-- Whether this database knows of blobs; one of an older version does not.
-- only: sqlite
SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'blob'

-- name: referred_blobs
-- The blobs that something refers to, in order.
SELECT digest FROM blob WHERE refs > 0 ORDER BY digest

-- name: shared_event
-- An event, to tell whether two databases have it both.
SELECT at_us, actor, operation, issue_id FROM event WHERE seq = :seq

-- name: events_after
-- How many events came after one, but for those that tell of a restore.
SELECT COUNT(*) FROM event WHERE seq > :seq AND kind <> 'restored'

-- name: documents
-- The columns of issues, and the documents that they follow from, a chunk at a time.
SELECT i.n, i.id, i.title, i.status, i.priority, i.issue_type, i.assignee, i.external_ref,
    i.birth_ns, i.created_us, i.updated_us, i.closed_us, i.due_us, i.defer_us, i.comment_count,
    i.pinned, i.template, i.ephemeral, i.unknown, i.asleep, i.done, i.won, i.spent, i.shown,
    i.hidden, d.body, d.stamps
FROM issue i LEFT JOIN document d ON d.n = i.n
WHERE i.n > :after ORDER BY i.n LIMIT :limit

-- name: kept
-- The columns of an issue that its document does not decide.
SELECT filed, changed_seq FROM issue WHERE n = :n

-- name: numbers_ahead
-- The issues that changed later than the last event.
SELECT id FROM issue WHERE changed_seq > :last ORDER BY id

-- name: settle_numbers
-- Issues that changed later than the last event changed with it.
UPDATE issue SET changed_seq = :last WHERE changed_seq > :last

-- name: labels
-- The labels of a range of issues.
SELECT n, label FROM label WHERE n >= :first AND n <= :last

-- name: edges
-- The edges of a range of issues.
SELECT src, dst_id, kind, dst, birth_ns, alt_id, spawn_id, spawn, gate, added FROM edge
WHERE src >= :first AND src <= :last

-- name: delete_labels
-- Take all labels from an issue.
DELETE FROM label WHERE n = :n

-- name: delete_edges
-- Take all edges from an issue.
DELETE FROM edge WHERE src = :n

-- name: holders
-- Who holds each id, and since when, in nanoseconds.
SELECT id, n, birth_ns FROM issue

-- name: outside
-- How many needs in other projects each issue has, where its column says otherwise.
SELECT i.n, i.id, COUNT(e.src) FROM issue i
LEFT JOIN edge e ON e.src = i.n AND e.kind = 'blocks' AND substr(e.dst_id, 1, 9) = 'external:'
GROUP BY i.n, i.id, i.ext HAVING i.ext <> COUNT(e.src)

-- name: put_outside
-- The needs of an issue in other projects.
UPDATE issue SET ext = :ext WHERE n = :n

-- name: child_tops
-- What each issue with children knows of their numbers.
SELECT n, id, child_top FROM issue

-- name: prefixes
-- How many top-level issues each prefix is said to have.
SELECT prefix, top_level FROM prefix_count

-- name: put_prefix
-- How many top-level issues a prefix has.
INSERT INTO prefix_count (prefix, top_level) VALUES (:prefix, :count)
ON CONFLICT (prefix) DO UPDATE SET top_level = excluded.top_level

-- name: first_ids
-- The id that each issue came under.
SELECT i.n, i.id, f.id FROM issue i LEFT JOIN former_id f ON f.n = i.n

-- name: ids_of
-- The ids of these issues.
SELECT n, id FROM issue WHERE n IN /*dialect:each_number*/(:ns)

-- name: inert
-- The parent edges that are left out of account.
SELECT i.id, e.dst_id FROM edge e JOIN issue i ON i.n = e.src WHERE e.inert = 1 ORDER BY i.id

-- name: external_refs
-- Issues that share what they refer to elsewhere.
SELECT i.external_ref, i.id FROM issue i
WHERE i.external_ref <> '' AND i.status <> 'tombstone' AND i.external_ref IN (
    SELECT o.external_ref FROM issue o
    WHERE o.external_ref <> '' AND o.status <> 'tombstone'
    GROUP BY o.external_ref HAVING COUNT(*) > 1)
ORDER BY i.external_ref, i.id

-- name: closed_parents
-- Live issues under parents that are done.
SELECT i.id, p.id FROM edge e JOIN issue i ON i.n = e.src JOIN issue p ON p.n = e.dst
WHERE e.kind = 'parent-child' AND e.inert = 0 AND i.done = 0 AND p.done = 1
ORDER BY i.id, p.id

-- name: live_among
-- Those of these issues that are not done.
SELECT n FROM issue WHERE n IN /*dialect:each_number*/(:ns) AND done = 0

-- name: odd_claims
-- Claims of issues that are done, or that are assigned to others.
SELECT i.n, i.id, c.actor, i.status, i.assignee FROM claim c JOIN issue i ON i.n = c.n
WHERE c.actor <> '' AND (i.done = 1 OR i.assignee <> c.actor)
ORDER BY i.id

-- name: ended_claims
-- Claims whose time is over.
SELECT i.n, i.id, c.actor FROM claim c JOIN issue i ON i.n = c.n
WHERE c.actor <> '' AND c.expires_us IS NOT NULL AND c.expires_us <= :now
ORDER BY i.id

-- name: unheld
-- Issues in progress that are nobody's.
SELECT i.id FROM issue i LEFT JOIN claim c ON c.n = i.n AND c.actor <> ''
WHERE i.status = 'in_progress' AND i.assignee = '' AND c.n IS NULL
ORDER BY i.id

-- name: outdated
-- The issues that the file had in another form when it was last seen.
SELECT i.id FROM issue i JOIN document d ON d.n = i.n
WHERE d.base IS NOT NULL AND NOT EXISTS (SELECT 1 FROM origin o WHERE o.n = i.n)

-- name: drop_quarantine
-- Let go of the lines that could not be read.
DELETE FROM quarantine

-- name: lone_documents
-- Documents of no issue.
DELETE FROM document WHERE n NOT IN (SELECT i.n FROM issue i)

-- name: lone_labels
-- Labels of no issue.
DELETE FROM label WHERE n NOT IN (SELECT i.n FROM issue i)

-- name: lone_edges
-- Edges of no issue.
DELETE FROM edge WHERE src NOT IN (SELECT i.n FROM issue i)

-- name: loosen_targets
-- Edges to issues that are gone dangle.
UPDATE edge SET dst = NULL WHERE dst IS NOT NULL AND dst NOT IN (SELECT i.n FROM issue i)

-- name: loosen_spawners
-- Edges that wait for the children of issues that are gone wait for nobody's.
UPDATE edge SET spawn = NULL WHERE spawn IS NOT NULL AND spawn NOT IN (SELECT i.n FROM issue i)

-- name: lone_claims
-- Claims of no issue.
DELETE FROM claim WHERE n NOT IN (SELECT i.n FROM issue i)

-- name: lone_grants
-- Grants of no issue.
DELETE FROM claim_grant WHERE n NOT IN (SELECT i.n FROM issue i)

-- name: lone_conflicts
-- Lost values of no issue.
DELETE FROM conflict WHERE n NOT IN (SELECT i.n FROM issue i)

-- name: lone_former_ids
-- Former ids of no issue.
DELETE FROM former_id WHERE n NOT IN (SELECT i.n FROM issue i)

-- name: lone_origins
-- Origins of no issue.
DELETE FROM origin WHERE n NOT IN (SELECT i.n FROM issue i)

-- name: lone_queued
-- What is to be indexed for search, of no issue.
DELETE FROM search_queue WHERE n NOT IN (SELECT i.n FROM issue i)

-- name: lone_patterns
-- Patterns of no lease.
DELETE FROM lease_pattern WHERE lease NOT IN (SELECT l.number FROM lease l)

-- name: lone_deliveries
-- Deliveries of no message.
DELETE FROM delivery WHERE seq NOT IN (SELECT m.seq FROM message m)

-- name: drop_mailboxes
-- What is open in mailboxes is to be counted anew.
DELETE FROM mailbox

-- name: loosen_events
-- Events stay, also of issues that are gone.
UPDATE event SET n = NULL WHERE n IS NOT NULL AND n NOT IN (SELECT i.n FROM issue i)

-- name: drop_targets
-- Edges to an issue that is taken out dangle.
UPDATE edge SET dst = NULL, holds = 0, inert = 0 WHERE dst = :n

-- name: drop_spawners
-- Edges that wait for the children of an issue that is taken out.
UPDATE edge SET spawn = NULL, holds = 0 WHERE spawn = :n

-- name: drop_claim
-- The claim of an issue that is taken out.
DELETE FROM claim WHERE n = :n

-- name: drop_grants
-- The grants of an issue that is taken out.
DELETE FROM claim_grant WHERE n = :n

-- name: drop_conflicts
-- The lost values of an issue that is taken out.
DELETE FROM conflict WHERE n = :n

-- name: drop_former_ids
-- The former ids of an issue that is taken out.
DELETE FROM former_id WHERE n = :n

-- name: drop_events
-- Events stay, also of an issue that is taken out.
UPDATE event SET n = NULL WHERE n = :n

-- name: drop_queued
-- An issue that is taken out is not indexed for search.
DELETE FROM search_queue WHERE n = :n

-- name: forget
-- An issue without a document that can be read is taken out; the file may bring it back.
DELETE FROM issue WHERE n = :n

-- name: forget_document
-- A document that can't be read is taken out.
DELETE FROM document WHERE n = :n

-- name: unfile
-- An ephemeral issue of our own stays out of the file.
UPDATE issue SET filed = 0 WHERE id = :id AND ephemeral = 1

-- name: record_at
-- One record with its stamps, by number.
SELECT d.body, d.stamps FROM document d WHERE d.n = :n

-- name: filed_at
-- Whether an issue stands in the file, by number.
SELECT filed FROM issue WHERE n = :n

-- name: claim_at
-- One claim, by number.
SELECT i.id, c.claim_epoch, c.actor, c.session, c.granted_us, c.expires_us, c.lease_us
FROM claim c JOIN issue i ON i.n = c.n WHERE c.n = :n

-- name: last_document
-- The highest number of a document.
SELECT COALESCE(MAX(n), 0) FROM document

-- name: memory_after
-- What is remembered, the next key after one.
SELECT key, text, actor, created_us, updated_us FROM memory WHERE key > :after
ORDER BY key LIMIT 1

-- name: origin_at
-- Which repository the issue of a document came from.
SELECT repository FROM origin WHERE n = :n

-- name: pair_after
-- A pair, the next key after one.
SELECT key, value FROM pair WHERE key > :after ORDER BY key LIMIT 1

-- name: put_memory
-- What was remembered, unless the key has something by now.
INSERT INTO memory (key, text, actor, created_us, updated_us)
VALUES (:key, :text, :actor, :created_us, :updated_us)
ON CONFLICT (key) DO NOTHING

-- name: put_pair
-- A pair, unless the key has a value by now.
INSERT INTO pair (key, value) VALUES (:key, :value) ON CONFLICT (key) DO NOTHING
