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
    seq BIGINT PRIMARY KEY,
    id TEXT COLLATE "C" NOT NULL,
    at_us BIGINT NOT NULL,
    sender TEXT COLLATE "C" NOT NULL,
    session TEXT COLLATE "C" NOT NULL,
    addresses TEXT COLLATE "C" NOT NULL,
    type TEXT COLLATE "C" NOT NULL,
    priority BIGINT NOT NULL,
    thread BIGINT,
    reply_to BIGINT,
    hops BIGINT NOT NULL,
    not_before_us BIGINT,
    expires_us BIGINT,
    payload TEXT COLLATE "C",
    blob TEXT COLLATE "C",
    blob_bytes BIGINT,
    head TEXT COLLATE "C",
    key TEXT COLLATE "C" NOT NULL,
    git_state TEXT COLLATE "C"
);
CREATE INDEX message_by_sender ON message (sender, seq);
CREATE INDEX message_by_thread ON message (thread, seq) WHERE thread IS NOT NULL;
CREATE INDEX message_by_reply ON message (reply_to, seq) WHERE reply_to IS NOT NULL;
CREATE INDEX message_by_blob ON message (blob) WHERE blob IS NOT NULL;
CREATE UNIQUE INDEX message_by_key ON message (sender, key) WHERE key <> '';

-- One recipient's copy. mailbox: an agent's name, @group or attempt:id; address: what the sender
-- wrote. state: waiting, held, acknowledged, expired, undeliverable, dropped. due_us: not before
-- this time, 0 for at once. attempts counts how often it was handed out.
CREATE TABLE delivery (
    seq BIGINT NOT NULL REFERENCES message (seq),
    place BIGINT NOT NULL,
    mailbox TEXT COLLATE "C" NOT NULL,
    address TEXT COLLATE "C" NOT NULL,
    sender TEXT COLLATE "C" NOT NULL,
    priority BIGINT NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    due_us BIGINT NOT NULL,
    expires_us BIGINT,
    attempts BIGINT NOT NULL,
    attempts_max BIGINT NOT NULL,
    receipt TEXT COLLATE "C" NOT NULL,
    holder TEXT COLLATE "C" NOT NULL,
    holder_session TEXT COLLATE "C" NOT NULL,
    held_until_us BIGINT,
    shown_us BIGINT,
    changed_us BIGINT NOT NULL,
    reason TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (seq, place)
);
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
    mailbox TEXT COLLATE "C" PRIMARY KEY,
    open BIGINT NOT NULL CHECK (open >= 0)
);

-- Who gets what is sent to a #topic, and who may take what is sent to a @group.
CREATE TABLE subscription (
    address TEXT COLLATE "C" NOT NULL,
    agent TEXT COLLATE "C" NOT NULL,
    since_us BIGINT NOT NULL,
    PRIMARY KEY (address, agent)
);
CREATE INDEX subscription_by_agent ON subscription (agent, address);

-- Who has been here, as their writes tell; left_us: they said that they go.
CREATE TABLE agent (
    agent TEXT COLLATE "C" PRIMARY KEY,
    session TEXT COLLATE "C" NOT NULL,
    first_us BIGINT NOT NULL,
    since_us BIGINT NOT NULL,
    seen_us BIGINT NOT NULL,
    operation TEXT COLLATE "C" NOT NULL,
    left_us BIGINT
);

-- Contents kept in files named by their SHA-256; refs counts the messages that need them.
CREATE TABLE blob (
    digest TEXT COLLATE "C" PRIMARY KEY,
    size_bytes BIGINT NOT NULL,
    created_us BIGINT NOT NULL,
    refs BIGINT NOT NULL CHECK (refs >= 0)
);

-- The words of messages up to a number.
CREATE TABLE search_message_words (
    seq BIGINT PRIMARY KEY REFERENCES message (seq),
    words TSVECTOR NOT NULL
);
CREATE INDEX search_message_words_by_words ON search_message_words USING gin (words);
CREATE TABLE message_index (
    one BIGINT PRIMARY KEY CHECK (one = 1),
    indexed_to BIGINT NOT NULL
);
INSERT INTO message_index (one, indexed_to) VALUES (1, 0);
