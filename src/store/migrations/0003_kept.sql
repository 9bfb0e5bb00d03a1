-- What runs keep: results of splits for the next run, and what is needed to repeat a run and to tell its
-- story.

-- By the digest of all that a result depends on. Losing this table costs time only.
CREATE TABLE split (
    key    BLOB PRIMARY KEY,
    value  BLOB NOT NULL,
    used   INTEGER NOT NULL         -- when a run last kept something beside it
);
CREATE INDEX split_by_used ON split (used);

-- The first bar of a strategy: all its windows count from there since its first live decision.
CREATE TABLE origin (
    study_name  TEXT PRIMARY KEY,
    time        INTEGER NOT NULL,   -- close of that bar
    timeframe   TEXT NOT NULL,      -- of the bars that the model sees
    chosen_by   TEXT NOT NULL,      -- what the template said then: another start or limit chooses anew
    run_id      INTEGER NOT NULL
);

-- The fits of a run, oldest first, by their digest: many runs have the same.
CREATE TABLE fits (
    digest  TEXT PRIMARY KEY,
    fits    TEXT NOT NULL           -- JSON
);

CREATE TABLE run_facts (
    run_id  INTEGER PRIMARY KEY REFERENCES run (id) ON DELETE CASCADE,
    fits    TEXT NOT NULL,          -- digest
    facts   TEXT NOT NULL           -- JSON (workflow/facts.h)
);
CREATE INDEX run_facts_by_fits ON run_facts (fits);
