-- Messages, who may receive them, and large payloads.

-- Most events are alone in their request, whose number is then theirs; and many tell of no issue.
DROP INDEX event_by_request;
CREATE INDEX event_by_request ON event (request) WHERE request <> seq;
DROP INDEX event_by_issue;
CREATE INDEX event_by_issue ON event (n, seq) WHERE n IS NOT NULL;

-- seq is the number of the event that tells of it. Without a payload, the blob holds it, and head
-- has its beginning; else the blob is one that belongs to the message. thread and
-- reply_to are numbers of messages; a message without a thread may begin one.
CREATE TABLE message (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL,
    at_us INTEGER NOT NULL,
    sender TEXT NOT NULL,
    session TEXT NOT NULL,
    addresses TEXT NOT NULL,
    type TEXT NOT NULL,
    priority INTEGER NOT NULL,
    thread INTEGER,
    reply_to INTEGER,
    hops INTEGER NOT NULL,
    not_before_us INTEGER,
    expires_us INTEGER,
    payload TEXT,
    blob TEXT,
    blob_bytes INTEGER,
    head TEXT,
    key TEXT NOT NULL,
    git_state TEXT
) STRICT;
CREATE INDEX message_by_sender ON message (sender, seq);
CREATE INDEX message_by_thread ON message (thread, seq) WHERE thread IS NOT NULL;
CREATE INDEX message_by_reply ON message (reply_to, seq) WHERE reply_to IS NOT NULL;
CREATE INDEX message_by_blob ON message (blob) WHERE blob IS NOT NULL;
CREATE UNIQUE INDEX message_by_key ON message (sender, key) WHERE key <> '';

-- One recipient's copy. mailbox: an agent's name, @group or attempt:id; address: what the sender
-- wrote. state: waiting, held, acknowledged, expired, undeliverable, dropped. due_us: not before
-- this time, 0 for at once. attempts counts how often it was handed out.
CREATE TABLE delivery (
    seq INTEGER NOT NULL REFERENCES message (seq),
    place INTEGER NOT NULL,
    mailbox TEXT NOT NULL,
    address TEXT NOT NULL,
    sender TEXT NOT NULL,
    priority INTEGER NOT NULL,
    state TEXT NOT NULL,
    due_us INTEGER NOT NULL,
    expires_us INTEGER,
    attempts INTEGER NOT NULL,
    attempts_max INTEGER NOT NULL,
    receipt TEXT NOT NULL,
    holder TEXT NOT NULL,
    holder_session TEXT NOT NULL,
    held_until_us INTEGER,
    shown_us INTEGER,
    changed_us INTEGER NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (seq, place)
) STRICT, WITHOUT ROWID;
CREATE INDEX delivery_by_mailbox ON delivery (mailbox, seq);
CREATE INDEX delivery_waiting ON delivery (mailbox, priority, seq) WHERE state = 'waiting';
CREATE INDEX delivery_due ON delivery (mailbox, due_us) WHERE state = 'waiting' AND due_us > 0;
CREATE INDEX delivery_again ON delivery (mailbox, sender, priority, seq)
    WHERE state = 'waiting' AND attempts > 0;
CREATE INDEX delivery_held ON delivery (mailbox, sender, priority, seq, held_until_us)
    WHERE state = 'held';
CREATE INDEX delivery_by_hold_end ON delivery (held_until_us) WHERE state = 'held';
CREATE INDEX delivery_by_expiry ON delivery (expires_us)
    WHERE state = 'waiting' AND expires_us IS NOT NULL;
CREATE INDEX delivery_dead ON delivery (seq) WHERE state IN ('expired', 'undeliverable');

-- How many deliveries of a mailbox are waiting or held.
CREATE TABLE mailbox (
    mailbox TEXT PRIMARY KEY,
    open INTEGER NOT NULL CHECK (open >= 0)
) STRICT, WITHOUT ROWID;

-- Who gets what is sent to a #topic, and who may take what is sent to a @group.
CREATE TABLE subscription (
    address TEXT NOT NULL,
    agent TEXT NOT NULL,
    since_us INTEGER NOT NULL,
    PRIMARY KEY (address, agent)
) STRICT, WITHOUT ROWID;
CREATE INDEX subscription_by_agent ON subscription (agent, address);

-- Who has been here, as their writes tell; left_us: they said that they go.
CREATE TABLE agent (
    agent TEXT PRIMARY KEY,
    session TEXT NOT NULL,
    first_us INTEGER NOT NULL,
    since_us INTEGER NOT NULL,
    seen_us INTEGER NOT NULL,
    operation TEXT NOT NULL,
    left_us INTEGER
) STRICT, WITHOUT ROWID;

-- Contents kept in files named by their SHA-256; refs counts the messages that need them.
CREATE TABLE blob (
    digest TEXT PRIMARY KEY,
    size_bytes INTEGER NOT NULL,
    created_us INTEGER NOT NULL,
    refs INTEGER NOT NULL CHECK (refs >= 0)
) STRICT, WITHOUT ROWID;

-- The words of messages up to a number, in small letters, a space between two.
CREATE VIRTUAL TABLE search_message_words USING fts5 (
    words, content = '', contentless_delete = 1, tokenize = 'ascii'
);
CREATE TABLE message_index (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    indexed_to INTEGER NOT NULL
) STRICT;
INSERT INTO message_index (one, indexed_to) VALUES (1, 0);
