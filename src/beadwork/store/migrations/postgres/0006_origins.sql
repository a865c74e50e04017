-- Issues that another repository's file brought (`bd repo`), and which: they don't stand in ours.

CREATE TABLE origin (
    n BIGINT PRIMARY KEY REFERENCES issue (n),
    repository TEXT COLLATE "C" NOT NULL
);
CREATE INDEX origin_by_repository ON origin (repository, n);
