-- Full-text search (decision 0013). Both indexes hold no text, only where words stand.

-- Issues whose texts changed since they were indexed.
CREATE TABLE search_queue (n INTEGER PRIMARY KEY REFERENCES issue (n)) STRICT;
INSERT INTO search_queue (n) SELECT n FROM issue;

-- The words of each field, as `model/search.py` makes them: in small letters, a space between two.
CREATE VIRTUAL TABLE search_words USING fts5 (
    id, title, labels, description, design, acceptance, notes, comments,
    content = '', contentless_delete = 1, tokenize = 'ascii'
);

-- Id, title and description, for parts of words.
CREATE VIRTUAL TABLE search_parts USING fts5 (
    text, content = '', contentless_delete = 1, detail = none,
    tokenize = 'trigram case_sensitive 1'
);
