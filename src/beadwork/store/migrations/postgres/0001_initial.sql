-- The whole store. Times are microseconds since the epoch, flags 0 or 1, JSON is text.

CREATE TABLE setting (
    name TEXT COLLATE "C" PRIMARY KEY,
    value TEXT COLLATE "C" NOT NULL
);

-- What readiness, lists and filters need of an issue (rule R6). The record itself stands in
-- `document`, so that a change of these columns does not rewrite a long description.
CREATE TABLE issue (
    n BIGINT PRIMARY KEY,
    id TEXT COLLATE "C" NOT NULL UNIQUE,
    hash TEXT COLLATE "C" NOT NULL,
    prefix TEXT COLLATE "C" NOT NULL,
    title TEXT COLLATE "C" NOT NULL,
    status TEXT COLLATE "C" NOT NULL,
    priority BIGINT NOT NULL,
    issue_type TEXT COLLATE "C" NOT NULL,
    assignee TEXT COLLATE "C" NOT NULL,
    external_ref TEXT COLLATE "C" NOT NULL,
    birth_ns BIGINT NOT NULL,
    created_us BIGINT NOT NULL,
    updated_us BIGINT NOT NULL,
    closed_us BIGINT,
    due_us BIGINT,
    defer_us BIGINT,
    comment_count BIGINT NOT NULL,
    pinned BIGINT NOT NULL CHECK (pinned IN (0, 1)),
    template BIGINT NOT NULL CHECK (template IN (0, 1)),
    ephemeral BIGINT NOT NULL CHECK (ephemeral IN (0, 1)),
    unknown BIGINT NOT NULL CHECK (unknown IN (0, 1)),
    filed BIGINT NOT NULL CHECK (filed IN (0, 1)),
    child_top BIGINT NOT NULL DEFAULT 0,
    changed_seq BIGINT NOT NULL,
    done BIGINT NOT NULL CHECK (done IN (0, 1)),
    won BIGINT NOT NULL CHECK (won IN (0, 1)),
    spent BIGINT NOT NULL CHECK (spent IN (0, 1)),
    shown BIGINT NOT NULL CHECK (shown IN (0, 1)),
    hidden BIGINT NOT NULL CHECK (hidden IN (0, 1)),
    asleep BIGINT NOT NULL CHECK (asleep IN (0, 1)),
    own_holds BIGINT NOT NULL DEFAULT 0 CHECK (own_holds >= 0),
    held_up BIGINT NOT NULL DEFAULT 0 CHECK (held_up >= 0),
    ext BIGINT NOT NULL DEFAULT 0 CHECK (ext >= 0),
    open_kids BIGINT NOT NULL DEFAULT 0 CHECK (open_kids >= 0),
    won_kids BIGINT NOT NULL DEFAULT 0 CHECK (won_kids >= 0),
    workable BIGINT NOT NULL GENERATED ALWAYS AS (
        CASE WHEN shown = 1 AND asleep = 0 AND own_holds = 0 AND held_up = 0 AND ext = 0
        THEN 1 ELSE 0 END
    ) STORED
);

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
    n BIGINT PRIMARY KEY REFERENCES issue (n),
    body TEXT COLLATE "C" NOT NULL,
    stamps TEXT COLLATE "C",
    raw TEXT COLLATE "C",
    base TEXT COLLATE "C",
    file_digest TEXT COLLATE "C"
);

CREATE TABLE label (
    n BIGINT NOT NULL REFERENCES issue (n),
    label TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (n, label)
);
CREATE INDEX label_by_name ON label (label, n);

-- src needs the issue that dst_id names; dst is NULL while no such issue is known. alt_id is
-- what the edge means instead while an earlier birth than birth_ns holds dst_id (rule R4).
CREATE TABLE edge (
    src BIGINT NOT NULL REFERENCES issue (n),
    dst_id TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    dst BIGINT REFERENCES issue (n),
    birth_ns BIGINT,
    alt_id TEXT COLLATE "C",
    spawn_id TEXT COLLATE "C",
    spawn BIGINT REFERENCES issue (n),
    gate TEXT COLLATE "C",
    added TEXT COLLATE "C" NOT NULL,
    holds BIGINT NOT NULL DEFAULT 0 CHECK (holds IN (0, 1)),
    inert BIGINT NOT NULL DEFAULT 0 CHECK (inert IN (0, 1)),
    PRIMARY KEY (src, dst_id, kind)
);
CREATE INDEX edge_by_target ON edge (dst, kind) WHERE dst IS NOT NULL;
CREATE INDEX edge_by_target_id ON edge (dst_id);
CREATE INDEX edge_by_alternative ON edge (alt_id) WHERE alt_id IS NOT NULL;
CREATE INDEX edge_by_spawner ON edge (spawn) WHERE spawn IS NOT NULL;
CREATE INDEX edge_by_spawner_id ON edge (spawn_id) WHERE spawn_id IS NOT NULL;
CREATE INDEX inert_edge ON edge (src) WHERE inert = 1;

CREATE TABLE prefix_count (
    prefix TEXT COLLATE "C" PRIMARY KEY,
    top_level BIGINT NOT NULL
);

-- Who holds an issue; actor '' once it was given back. claim_epoch counts the grants.
CREATE TABLE claim (
    n BIGINT PRIMARY KEY REFERENCES issue (n),
    claim_epoch BIGINT NOT NULL,
    actor TEXT COLLATE "C" NOT NULL,
    session TEXT COLLATE "C" NOT NULL,
    granted_us BIGINT NOT NULL,
    expires_us BIGINT,
    lease_us BIGINT
);
CREATE INDEX claim_by_expiry ON claim (expires_us) WHERE expires_us IS NOT NULL;
CREATE INDEX claim_by_actor ON claim (actor);

-- The epoch that each holder was last granted; a write without an epoch gets it.
CREATE TABLE claim_grant (
    n BIGINT NOT NULL REFERENCES issue (n),
    actor TEXT COLLATE "C" NOT NULL,
    session TEXT COLLATE "C" NOT NULL,
    claim_epoch BIGINT NOT NULL,
    PRIMARY KEY (n, actor, session)
);

-- What was sent under a stale claim: refused, and kept.
CREATE TABLE late_result (
    late BIGINT PRIMARY KEY,
    at_us BIGINT NOT NULL,
    actor TEXT COLLATE "C" NOT NULL,
    session TEXT COLLATE "C" NOT NULL,
    operation TEXT COLLATE "C" NOT NULL,
    request TEXT COLLATE "C" NOT NULL,
    issue_id TEXT COLLATE "C" NOT NULL
);

-- changes: JSON {register: [before, after]}, each a JSON token or null (rule R13).
CREATE TABLE event (
    seq BIGINT PRIMARY KEY,
    at_us BIGINT NOT NULL,
    actor TEXT COLLATE "C" NOT NULL,
    session TEXT COLLATE "C" NOT NULL,
    operation TEXT COLLATE "C" NOT NULL,
    request BIGINT NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    n BIGINT REFERENCES issue (n),
    issue_id TEXT COLLATE "C" NOT NULL,
    changes TEXT COLLATE "C",
    line_digest TEXT COLLATE "C",
    undone_by BIGINT
);
CREATE INDEX event_by_issue ON event (n, seq);
CREATE INDEX event_by_request ON event (request);

CREATE TABLE event_value (
    digest TEXT COLLATE "C" PRIMARY KEY,
    token TEXT COLLATE "C" NOT NULL
);

-- Answers of successful mutations, by the caller's key (kept 7 days).
CREATE TABLE request_key (
    actor TEXT COLLATE "C" NOT NULL,
    operation TEXT COLLATE "C" NOT NULL,
    key TEXT COLLATE "C" NOT NULL,
    arguments_digest TEXT COLLATE "C" NOT NULL,
    response TEXT COLLATE "C" NOT NULL,
    at_us BIGINT NOT NULL,
    PRIMARY KEY (actor, operation, key)
);
CREATE INDEX request_key_by_time ON request_key (at_us);

-- Every line this store wrote or read, and the stamps it stands for where it carries none.
CREATE TABLE seen_line (
    digest TEXT COLLATE "C" PRIMARY KEY,
    stamps TEXT COLLATE "C"
);

CREATE TABLE quarantine (
    digest TEXT COLLATE "C" PRIMARY KEY,
    line_number BIGINT NOT NULL,
    reason TEXT COLLATE "C" NOT NULL,
    line TEXT COLLATE "C" NOT NULL,
    at_us BIGINT NOT NULL
);

-- Values that lost a fold against a write that did not know them (rule R1).
CREATE TABLE conflict (
    n BIGINT NOT NULL REFERENCES issue (n),
    register TEXT COLLATE "C" NOT NULL,
    stamp TEXT COLLATE "C" NOT NULL,
    winner TEXT COLLATE "C" NOT NULL,
    value TEXT COLLATE "C",
    at_us BIGINT NOT NULL,
    PRIMARY KEY (n, register, stamp)
);

-- Ids that an issue had before an earlier birth took its place (rule R4).
CREATE TABLE former_id (
    id TEXT COLLATE "C" NOT NULL,
    birth_ns BIGINT NOT NULL,
    n BIGINT NOT NULL REFERENCES issue (n),
    PRIMARY KEY (id, birth_ns)
);
