-- name: put
-- An issue came from another repository.
INSERT INTO origin (n, repository) VALUES (:n, :repository)
ON CONFLICT (n) DO UPDATE SET repository = excluded.repository

-- name: copy
-- What stays under an id that an issue had is of the same repository.
INSERT INTO origin (n, repository) SELECT :left, o.repository FROM origin o WHERE o.n = :n

-- name: counts
-- How many issues came from each repository.
SELECT o.repository, COUNT(*) FROM origin o GROUP BY o.repository ORDER BY o.repository

-- name: ids
-- The ids of all issues that came from elsewhere.
SELECT (SELECT i.id FROM issue i WHERE i.n = o.n) FROM origin o

-- name: known_of
-- Which of these ids are in use, and where each issue came from; NULL: it is our own.
SELECT i.id, o.repository FROM issue i LEFT JOIN origin o ON o.n = i.n
WHERE i.id IN /*dialect:each_text*/(:ids)

-- name: numbers
-- The issues that came from a repository.
SELECT o.n FROM origin o WHERE o.repository = :repository ORDER BY o.n

-- name: changed
-- What changed here of the issues of a repository: the record, and the line it was made from.
SELECT d.body, d.stamps, d.raw, d.base FROM origin o
JOIN issue i ON i.n = o.n JOIN document d ON d.n = o.n
WHERE o.repository = :repository AND i.changed_seq > 0
ORDER BY i.id

-- name: drop
-- An issue that is taken out came from nowhere.
DELETE FROM origin WHERE n = :n
