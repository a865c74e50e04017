-- Full-text search (decision 0013).

-- Issues whose texts changed since they were indexed.
CREATE TABLE search_queue (n BIGINT PRIMARY KEY REFERENCES issue (n));
INSERT INTO search_queue (n) SELECT n FROM issue;

-- The words of the texts, the fields by their weight.
CREATE TABLE search_text (
    n BIGINT PRIMARY KEY REFERENCES issue (n),
    words TSVECTOR NOT NULL,
    parts TEXT COLLATE "C" NOT NULL
);
CREATE INDEX search_text_by_words ON search_text USING gin (words);
