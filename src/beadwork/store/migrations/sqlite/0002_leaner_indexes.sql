-- Indexes that a write touches less often.

-- Issues of hidden types are few: one index finds them, and their order is made after.
DROP INDEX hidden_ready_by_priority;
DROP INDEX hidden_ready_by_age;
CREATE INDEX hidden_ready ON issue (status) WHERE workable = 1 AND hidden = 1;

-- 0 is an issue that stands in the file as it stands here.
DROP INDEX issue_by_change;
CREATE INDEX issue_by_change ON issue (changed_seq) WHERE changed_seq > 0;

-- An id is found by the start of its hash under each known prefix: the index of ids does it.
INSERT INTO prefix_count (prefix, top_level)
SELECT DISTINCT i.prefix, 0 FROM issue i
WHERE NOT EXISTS (SELECT 1 FROM prefix_count p WHERE p.prefix = i.prefix);
DROP INDEX issue_by_hash;
ALTER TABLE issue DROP COLUMN hash;
ALTER TABLE issue DROP COLUMN prefix;
