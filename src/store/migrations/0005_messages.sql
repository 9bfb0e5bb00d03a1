-- Messages to people, until they are delivered, and what became of them.

CREATE TABLE message (
    id            INTEGER PRIMARY KEY,
    messenger     TEXT NOT NULL,      -- name in the settings
    key           TEXT NOT NULL,      -- of the cause
    level         TEXT NOT NULL CHECK (level IN ('info', 'alarm', 'recovered')),
    study_name    TEXT,               -- null: of the engine
    run_id        INTEGER NOT NULL,   -- 0: none
    title         TEXT NOT NULL,
    text          TEXT NOT NULL,      -- of the newest occurrence
    created       INTEGER NOT NULL,   -- the first occurrence
    count         INTEGER NOT NULL,   -- occurrences that it stands for
    status        TEXT NOT NULL CHECK (status IN ('waiting', 'sent', 'failed')),
    attempts      INTEGER NOT NULL,
    next_attempt  INTEGER NOT NULL,
    ended         INTEGER,
    reason        TEXT NOT NULL       -- why the last attempt failed
);
CREATE INDEX message_waiting ON message (next_attempt) WHERE status = 'waiting';
CREATE INDEX message_by_key ON message (messenger, key, id);
