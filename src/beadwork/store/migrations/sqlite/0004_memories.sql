-- What agents remember, and pairs of theirs. Neither is a part of any record.

CREATE TABLE memory (
    key TEXT PRIMARY KEY,
    text TEXT NOT NULL,
    actor TEXT NOT NULL,
    created_us INTEGER NOT NULL,
    updated_us INTEGER NOT NULL
) STRICT;

CREATE TABLE pair (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;
