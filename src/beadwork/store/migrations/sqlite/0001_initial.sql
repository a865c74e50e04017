-- The whole store. Times are microseconds since the epoch, flags 0 or 1, JSON is text.

CREATE TABLE setting (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;

-- What readiness, lists and filters need of an issue (rule R6). The record itself stands in
-- `document`, so that a change of these columns does not rewrite a long description.
CREATE TABLE issue (
    n INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    hash TEXT NOT NULL,
    prefix TEXT NOT NULL,
    title TEXT NOT NULL,
    status TEXT NOT NULL,
    priority INTEGER NOT NULL,
    issue_type TEXT NOT NULL,
    assignee TEXT NOT NULL,
    external_ref TEXT NOT NULL,
    birth_ns INTEGER NOT NULL,
    created_us INTEGER NOT NULL,
    updated_us INTEGER NOT NULL,
    closed_us INTEGER,
    due_us INTEGER,
    defer_us INTEGER,
    comment_count INTEGER NOT NULL,
    pinned INTEGER NOT NULL CHECK (pinned IN (0, 1)),
    template INTEGER NOT NULL CHECK (template IN (0, 1)),
    ephemeral INTEGER NOT NULL CHECK (ephemeral IN (0, 1)),
    unknown INTEGER NOT NULL CHECK (unknown IN (0, 1)),
    filed INTEGER NOT NULL CHECK (filed IN (0, 1)),
    child_top INTEGER NOT NULL DEFAULT 0,
    changed_seq INTEGER NOT NULL,
    done INTEGER NOT NULL CHECK (done IN (0, 1)),
    won INTEGER NOT NULL CHECK (won IN (0, 1)),
    spent INTEGER NOT NULL CHECK (spent IN (0, 1)),
    shown INTEGER NOT NULL CHECK (shown IN (0, 1)),
    hidden INTEGER NOT NULL CHECK (hidden IN (0, 1)),
    asleep INTEGER NOT NULL CHECK (asleep IN (0, 1)),
    own_holds INTEGER NOT NULL DEFAULT 0 CHECK (own_holds >= 0),
    held_up INTEGER NOT NULL DEFAULT 0 CHECK (held_up >= 0),
    ext INTEGER NOT NULL DEFAULT 0 CHECK (ext >= 0),
    open_kids INTEGER NOT NULL DEFAULT 0 CHECK (open_kids >= 0),
    won_kids INTEGER NOT NULL DEFAULT 0 CHECK (won_kids >= 0),
    workable INTEGER NOT NULL GENERATED ALWAYS AS (
        CASE WHEN shown = 1 AND asleep = 0 AND own_holds = 0 AND held_up = 0 AND ext = 0
        THEN 1 ELSE 0 END
    ) STORED
) STRICT;

CREATE INDEX issue_by_hash ON issue (hash);
CREATE INDEX issue_by_change ON issue (changed_seq);
CREATE INDEX issue_by_external_ref ON issue (external_ref) WHERE external_ref <> '';
CREATE INDEX ready_by_priority ON issue (status, priority, created_us, id)
    WHERE workable = 1 AND hidden = 0;
CREATE INDEX ready_by_age ON issue (status, created_us, id)
    WHERE workable = 1 AND hidden = 0;
CREATE INDEX hidden_ready_by_priority ON issue (status, priority, created_us, id)
    WHERE workable = 1 AND hidden = 1;
CREATE INDEX hidden_ready_by_age ON issue (status, created_us, id)
    WHERE workable = 1 AND hidden = 1;
CREATE INDEX asleep_by_defer ON issue (defer_us) WHERE asleep = 1;
CREATE INDEX waiting_outside ON issue (status) WHERE ext > 0;

-- body: the canonical record without stamps. raw: its line, where it came in another form.
-- base: the stamped line last seen in the file (rule R3); NULL while that is this very line.
-- file_digest: what the line in the file is known by.
CREATE TABLE document (
    n INTEGER PRIMARY KEY REFERENCES issue (n),
    body TEXT NOT NULL,
    stamps TEXT,
    raw TEXT,
    base TEXT,
    file_digest TEXT
) STRICT;

CREATE TABLE label (
    n INTEGER NOT NULL REFERENCES issue (n),
    label TEXT NOT NULL,
    PRIMARY KEY (n, label)
) STRICT, WITHOUT ROWID;
CREATE INDEX label_by_name ON label (label, n);

-- src needs the issue that dst_id names; dst is NULL while no such issue is known. alt_id is
-- what the edge means instead while an earlier birth than birth_ns holds dst_id (rule R4).
CREATE TABLE edge (
    src INTEGER NOT NULL REFERENCES issue (n),
    dst_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    dst INTEGER REFERENCES issue (n),
    birth_ns INTEGER,
    alt_id TEXT,
    spawn_id TEXT,
    spawn INTEGER REFERENCES issue (n),
    gate TEXT,
    added TEXT NOT NULL,
    holds INTEGER NOT NULL DEFAULT 0 CHECK (holds IN (0, 1)),
    inert INTEGER NOT NULL DEFAULT 0 CHECK (inert IN (0, 1)),
    PRIMARY KEY (src, dst_id, kind)
) STRICT, WITHOUT ROWID;
CREATE INDEX edge_by_target ON edge (dst, kind) WHERE dst IS NOT NULL;
CREATE INDEX edge_by_target_id ON edge (dst_id);
CREATE INDEX edge_by_alternative ON edge (alt_id) WHERE alt_id IS NOT NULL;
CREATE INDEX edge_by_spawner ON edge (spawn) WHERE spawn IS NOT NULL;
CREATE INDEX edge_by_spawner_id ON edge (spawn_id) WHERE spawn_id IS NOT NULL;
CREATE INDEX inert_edge ON edge (src) WHERE inert = 1;

CREATE TABLE prefix_count (
    prefix TEXT PRIMARY KEY,
    top_level INTEGER NOT NULL
) STRICT;

-- Who holds an issue; actor '' once it was given back. claim_epoch counts the grants.
CREATE TABLE claim (
    n INTEGER PRIMARY KEY REFERENCES issue (n),
    claim_epoch INTEGER NOT NULL,
    actor TEXT NOT NULL,
    session TEXT NOT NULL,
    granted_us INTEGER NOT NULL,
    expires_us INTEGER,
    lease_us INTEGER
) STRICT;
CREATE INDEX claim_by_expiry ON claim (expires_us) WHERE expires_us IS NOT NULL;
CREATE INDEX claim_by_actor ON claim (actor);

-- The epoch that each holder was last granted; a write without an epoch gets it.
CREATE TABLE claim_grant (
    n INTEGER NOT NULL REFERENCES issue (n),
    actor TEXT NOT NULL,
    session TEXT NOT NULL,
    claim_epoch INTEGER NOT NULL,
    PRIMARY KEY (n, actor, session)
) STRICT, WITHOUT ROWID;

-- What was sent under a stale claim: refused, and kept.
CREATE TABLE late_result (
    late INTEGER PRIMARY KEY,
    at_us INTEGER NOT NULL,
    actor TEXT NOT NULL,
    session TEXT NOT NULL,
    operation TEXT NOT NULL,
    request TEXT NOT NULL,
    issue_id TEXT NOT NULL
) STRICT;

-- changes: JSON {register: [before, after]}, each a JSON token or null (rule R13).
CREATE TABLE event (
    seq INTEGER PRIMARY KEY,
    at_us INTEGER NOT NULL,
    actor TEXT NOT NULL,
    session TEXT NOT NULL,
    operation TEXT NOT NULL,
    request INTEGER NOT NULL,
    kind TEXT NOT NULL,
    n INTEGER REFERENCES issue (n),
    issue_id TEXT NOT NULL,
    changes TEXT,
    line_digest TEXT,
    undone_by INTEGER
) STRICT;
CREATE INDEX event_by_issue ON event (n, seq);
CREATE INDEX event_by_request ON event (request);

CREATE TABLE event_value (
    digest TEXT PRIMARY KEY,
    token TEXT NOT NULL
) STRICT;

-- Answers of successful mutations, by the caller's key (kept 7 days).
CREATE TABLE request_key (
    actor TEXT NOT NULL,
    operation TEXT NOT NULL,
    key TEXT NOT NULL,
    arguments_digest TEXT NOT NULL,
    response TEXT NOT NULL,
    at_us INTEGER NOT NULL,
    PRIMARY KEY (actor, operation, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX request_key_by_time ON request_key (at_us);

-- Every line this store wrote or read, and the stamps it stands for where it carries none.
CREATE TABLE seen_line (
    digest TEXT PRIMARY KEY,
    stamps TEXT
) STRICT, WITHOUT ROWID;

CREATE TABLE quarantine (
    digest TEXT PRIMARY KEY,
    line_number INTEGER NOT NULL,
    reason TEXT NOT NULL,
    line TEXT NOT NULL,
    at_us INTEGER NOT NULL
) STRICT;

-- Values that lost a fold against a write that did not know them (rule R1).
CREATE TABLE conflict (
    n INTEGER NOT NULL REFERENCES issue (n),
    register TEXT NOT NULL,
    stamp TEXT NOT NULL,
    winner TEXT NOT NULL,
    value TEXT,
    at_us INTEGER NOT NULL,
    PRIMARY KEY (n, register, stamp)
) STRICT, WITHOUT ROWID;

-- Ids that an issue had before an earlier birth took its place (rule R4).
CREATE TABLE former_id (
    id TEXT NOT NULL,
    birth_ns INTEGER NOT NULL,
    n INTEGER NOT NULL REFERENCES issue (n),
    PRIMARY KEY (id, birth_ns)
) STRICT, WITHOUT ROWID;
