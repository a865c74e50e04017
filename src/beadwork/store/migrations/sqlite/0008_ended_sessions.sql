-- Sessions whose actor said that they have ended; nobody takes any more what is sent to them.
CREATE TABLE ended_session (
    session TEXT PRIMARY KEY,
    ended_us INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX agent_by_session ON agent (session) WHERE session <> '';
