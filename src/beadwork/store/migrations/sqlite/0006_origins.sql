-- Issues that another repository's file brought (`bd repo`), and which: they don't stand in ours.

CREATE TABLE origin (
    n INTEGER PRIMARY KEY REFERENCES issue (n),
    repository TEXT NOT NULL
) STRICT;
CREATE INDEX origin_by_repository ON origin (repository, n);
