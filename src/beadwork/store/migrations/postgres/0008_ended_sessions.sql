-- Sessions whose actor said that they have ended; nobody takes any more what is sent to them.
CREATE TABLE ended_session (
    session TEXT COLLATE "C" PRIMARY KEY,
    ended_us BIGINT NOT NULL
);
CREATE INDEX agent_by_session ON agent (session) WHERE session <> '';
