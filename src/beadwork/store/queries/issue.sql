-- name: by_number
-- One issue with its record.
SELECT i.n, i.id, d.body, d.stamps, d.raw, d.base, i.done, i.filed, i.child_top
FROM issue i JOIN document d ON d.n = i.n
WHERE i.n = :n

-- name: by_id
-- One issue with its record, by its exact id.
SELECT i.n, i.id, d.body, d.stamps, d.raw, d.base, i.done, i.filed, i.child_top
FROM issue i JOIN document d ON d.n = i.n
WHERE i.id = :id

-- name: number_of
-- The number of an id.
SELECT n FROM issue WHERE id = :id

-- name: known_ids
-- Which of these ids are in use.
SELECT id FROM issue WHERE id IN /*dialect:each_text*/(:ids)

-- name: ids_from
-- The ids in a range.
SELECT id FROM issue WHERE id >= :start AND id < :after

-- name: traces
-- Whether an id that no issue has is known: by children of it, by edges that name it.
SELECT
    EXISTS (SELECT 1 FROM issue WHERE id >= :start AND id < :after),
    EXISTS (SELECT 1 FROM edge WHERE dst_id = :id)
        OR EXISTS (SELECT 1 FROM edge WHERE alt_id = :id)
        OR EXISTS (SELECT 1 FROM edge WHERE spawn_id = :id)

-- name: birth_of
-- When the holder of an id was created, in nanoseconds.
SELECT n, birth_ns FROM issue WHERE id = :id

-- name: births_of
-- Which issues hold these ids, and when those were created, in nanoseconds.
SELECT id, n, birth_ns FROM issue WHERE id IN /*dialect:each_text*/(:ids)

-- name: last_number
-- The highest number given out.
SELECT COALESCE(MAX(n), 0) FROM issue

-- name: by_hash_start
-- Ids whose hash part begins with a text; `after` is the least text above all of those.
SELECT i.id
FROM prefix_count p
JOIN issue i ON i.id >= CASE WHEN p.prefix = '' THEN :start ELSE p.prefix || '-' || :start END
    AND i.id < CASE WHEN p.prefix = '' THEN :after ELSE p.prefix || '-' || :after END
WHERE CAST(:prefix AS TEXT) IS NULL OR p.prefix = :prefix
ORDER BY i.id LIMIT :limit

-- name: of_type
-- Whether any issue has a type.
SELECT 1 FROM issue WHERE issue_type = :issue_type LIMIT 1

-- name: of_status
-- Whether any issue has a status.
SELECT 1 FROM issue WHERE status = :status LIMIT 1

-- name: insert
-- A new issue; its holds and children are counted as its edges are added.
INSERT INTO issue (
    n, id, title, status, priority, issue_type, assignee, external_ref,
    birth_ns, created_us, updated_us, closed_us, due_us, defer_us, comment_count, pinned,
    template, ephemeral, unknown, filed, changed_seq, done, won, spent, shown, hidden, asleep,
    child_top
) VALUES (
    :n, :id, :title, :status, :priority, :issue_type, :assignee, :external_ref,
    :birth_ns, :created_us, :updated_us, :closed_us, :due_us, :defer_us, :comment_count, :pinned,
    :template, :ephemeral, :unknown, :filed, :changed_seq, :done, :won, :spent, :shown, :hidden,
    :asleep, :child_top
)

-- name: rename
-- The columns that say which issue it is.
UPDATE issue SET id = :id, birth_ns = :birth_ns WHERE n = :n

-- name: update
-- The other columns that follow from an issue's record.
UPDATE issue SET
    title = :title, status = :status, priority = :priority, issue_type = :issue_type,
    assignee = :assignee, external_ref = :external_ref, created_us = :created_us,
    updated_us = :updated_us, closed_us = :closed_us, due_us = :due_us, defer_us = :defer_us,
    comment_count = :comment_count, pinned = :pinned, template = :template,
    ephemeral = :ephemeral, unknown = :unknown, filed = :filed, changed_seq = :changed_seq,
    done = :done, won = :won, spent = :spent, shown = :shown, hidden = :hidden, asleep = :asleep
WHERE n = :n

-- name: insert_document
-- A new issue's record.
INSERT INTO document (n, body, stamps, raw, base, file_digest)
VALUES (:n, :body, :stamps, :raw, :base, :file_digest)

-- name: update_document
-- An issue's record.
UPDATE document SET body = :body, stamps = :stamps, raw = :raw, base = :base WHERE n = :n

-- name: set_base
-- Remember what stands in the file for an issue.
UPDATE document SET base = :base, file_digest = :digest WHERE n = :n

-- name: raise_child_top
-- Remember the highest child number that was ever given out under an issue.
UPDATE issue SET child_top = :number WHERE n = :n AND child_top < :number

-- name: count_prefix
-- How many top-level issues have a prefix.
SELECT top_level FROM prefix_count WHERE prefix = :prefix

-- name: add_to_prefix
-- Count more top-level issues of a prefix.
INSERT INTO prefix_count (prefix, top_level) VALUES (:prefix, :count)
ON CONFLICT (prefix) DO UPDATE SET top_level = prefix_count.top_level + excluded.top_level

-- name: insert_label
-- Label an issue.
INSERT INTO label (n, label) VALUES (:n, :label) ON CONFLICT (n, label) DO NOTHING

-- name: delete_label
-- Take a label from an issue.
DELETE FROM label WHERE n = :n AND label = :label

-- name: label_counts
-- Every label in use with the number of live issues that carry it.
SELECT l.label, COUNT(*) FROM label l JOIN issue i ON i.n = l.n
WHERE i.status <> 'tombstone'
GROUP BY l.label ORDER BY l.label

-- name: matches
-- The issues that a filter lets through; only the parts that are asked for.
SELECT i.n
    /*if:columns*/ , i.status, i.priority, i.issue_type, i.assignee, i.title
FROM issue i
WHERE i.n > 0
    /*if:statuses*/ AND i.status IN /*dialect:each_text*/(:statuses)
    /*if:open_only*/ AND i.done = 0
    /*if:alive*/ AND i.status <> 'tombstone'
    /*if:types*/ AND i.issue_type IN /*dialect:each_text*/(:types)
    /*if:hidden_types*/ AND i.issue_type NOT IN /*dialect:each_text*/(:hidden_types)
    /*if:ids*/ AND i.id IN /*dialect:each_text*/(:ids)
    /*if:priority*/ AND i.priority = :priority
    /*if:priority_min*/ AND i.priority >= :priority_min
    /*if:priority_max*/ AND i.priority <= :priority_max
    /*if:assignee*/ AND i.assignee = :assignee
    /*if:assignees*/ AND i.assignee IN /*dialect:each_text*/(:assignees)
    /*if:no_assignee*/ AND i.assignee = ''
    /*if:pinned*/ AND i.pinned = :pinned
    /*if:no_template*/ AND i.template = 0
    /*if:created_after*/ AND i.created_us >= :created_after
    /*if:created_before*/ AND i.created_us <= :created_before
    /*if:updated_after*/ AND i.updated_us >= :updated_after
    /*if:updated_before*/ AND i.updated_us <= :updated_before
    /*if:closed_after*/ AND i.closed_us >= :closed_after
    /*if:closed_before*/ AND i.closed_us <= :closed_before
    /*if:due_after*/ AND i.due_us >= :due_after
    /*if:due_before*/ AND i.due_us <= :due_before
    /*if:defer_after*/ AND i.defer_us >= :defer_after
    /*if:defer_before*/ AND i.defer_us <= :defer_before
    /*if:deferred*/ AND i.defer_us IS NOT NULL
    /*if:overdue_by*/ AND i.due_us <= :overdue_by AND i.done = 0
    /*if:within*/ AND i.n IN /*dialect:each_number*/(:within)
    /*if:among*/ AND i.n IN /*dialect:each_number*/(:among)
    /*if:no_parent*/ AND NOT EXISTS (
    /*if:no_parent*/     SELECT 1 FROM edge e
    /*if:no_parent*/     WHERE e.src = i.n AND e.kind = 'parent-child' AND e.inert = 0)
    /*if:no_labels*/ AND NOT EXISTS (SELECT 1 FROM label l WHERE l.n = i.n)
    /*if:labels*/ AND i.n IN (
    /*if:labels*/     SELECT l.n FROM label l WHERE l.label IN /*dialect:each_text*/(:labels)
    /*if:labels*/     GROUP BY l.n HAVING COUNT(*) = :label_count)
    /*if:labels_any*/ AND i.n IN (
    /*if:labels_any*/     SELECT l.n FROM label l
    /*if:labels_any*/     WHERE l.label IN /*dialect:each_text*/(:labels_any))
    /*if:labels_near*/ AND EXISTS (
    /*if:labels_near*/     SELECT 1 FROM label l
    /*if:labels_near*/     WHERE l.n = i.n AND l.label IN /*dialect:each_text*/(:labels_near))
    /*if:labels_alike*/ AND i.n IN (
    /*if:labels_alike*/     SELECT l.n FROM label l
    /*if:labels_alike*/     WHERE l.label IN /*dialect:each_text*/(:labels_alike))
    /*if:labels_none*/ AND i.n NOT IN (
    /*if:labels_none*/     SELECT l.n FROM label l
    /*if:labels_none*/     WHERE l.label IN /*dialect:each_text*/(:labels_none))
    /*if:sorted*/ ORDER BY
    /*if:by_priority_up*/ i.priority, i.created_us DESC,
    /*if:by_priority_down*/ i.priority DESC, i.created_us,
    /*if:by_created_up*/ i.created_us,
    /*if:by_created_down*/ i.created_us DESC,
    /*if:by_updated_up*/ i.updated_us,
    /*if:by_updated_down*/ i.updated_us DESC,
    /*if:by_closed_up*/ i.closed_us IS NOT NULL, i.closed_us,
    /*if:by_closed_down*/ i.closed_us IS NULL, i.closed_us DESC,
    /*if:by_status_up*/ i.status,
    /*if:by_status_down*/ i.status DESC,
    /*if:by_type_up*/ i.issue_type,
    /*if:by_type_down*/ i.issue_type DESC,
    /*if:by_title_up*/ i.title,
    /*if:by_title_down*/ i.title DESC,
    /*if:by_assignee_up*/ i.assignee,
    /*if:by_assignee_down*/ i.assignee DESC,
    /*if:by_id_down*/ i.id DESC,
    /*if:sorted*/ i.id
    /*if:limit*/ LIMIT :limit OFFSET :start

-- name: assignees
-- Everybody whose an issue is.
SELECT DISTINCT assignee FROM issue

-- name: bodies
-- The records of these issues, as text.
SELECT n, body FROM document WHERE n IN /*dialect:each_number*/(:ns)

-- name: labels
-- Every label in use.
SELECT DISTINCT label FROM label

-- name: carrying
-- The issues that carry one of these labels.
SELECT n FROM label WHERE label IN /*dialect:each_text*/(:labels)

-- name: labels_of
-- The labels of these issues.
SELECT n, label FROM label WHERE n IN /*dialect:each_number*/(:ns)

-- name: rows
-- What a list shows of these issues: record, counts, parent. What each needs is in its record.
SELECT i.n, d.body, i.unknown, i.comment_count,
    (SELECT COUNT(*) FROM edge e WHERE e.dst = i.n),
    (SELECT MIN(e.dst_id) FROM edge e
        WHERE e.src = i.n AND e.kind = 'parent-child' AND e.inert = 0)
FROM issue i JOIN document d ON d.n = i.n
WHERE i.n IN /*dialect:each_number*/(:ns)

-- name: former_id
-- Remember the id that an issue had before an earlier birth took it.
INSERT INTO former_id (id, birth_ns, n) VALUES (:id, :birth_ns, :n)
ON CONFLICT (id, birth_ns) DO UPDATE SET n = excluded.n

-- name: holders_before
-- The issues that had this id before an earlier birth took it.
SELECT i.id FROM former_id f JOIN issue i ON i.n = f.n WHERE f.id = :id ORDER BY i.id
