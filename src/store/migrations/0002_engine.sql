-- The engine: slots of jobs, runs with their attempts, steps and files, who runs a study, and the audit
-- chain. A run may now be planned, started or backing off, so its table is made again, and with it those
-- that refer to it: renaming keeps every reference whole on every database.

DROP INDEX run_by_study;
DROP INDEX orders_by_study;
ALTER TABLE run RENAME TO old_run;
ALTER TABLE decision RENAME TO old_decision;
ALTER TABLE decision_leg RENAME TO old_decision_leg;
ALTER TABLE orders RENAME TO old_orders;
ALTER TABLE fill RENAME TO old_fill;

CREATE TABLE run (
    id                INTEGER PRIMARY KEY,
    study_name        TEXT NOT NULL,
    kind              TEXT NOT NULL,     -- trade, report, task
    nominal           INTEGER,           -- of its slot; null for a run by hand (--once)
    template_hash     TEXT NOT NULL REFERENCES template_version (hash),
    request           TEXT NOT NULL,     -- JSON: what it needs besides the template
    bar_time          INTEGER,           -- bar it is to decide, then the newest closed one it loaded
    planned           INTEGER NOT NULL,
    started           INTEGER,           -- its first attempt
    ended             INTEGER,
    status            TEXT NOT NULL CHECK (status IN ('planned', 'started', 'backing_off', 'succeeded',
                          'failed', 'crashed', 'timed_out', 'cancelled', 'outdated')),
    message           TEXT NOT NULL,
    attempt           INTEGER NOT NULL,  -- from 1: the one that goes on or comes next
    step              TEXT,              -- that backs off
    retry_at          INTEGER,
    seed              INTEGER,           -- of its waits
    epoch             INTEGER NOT NULL,  -- of the study when it was decided or claimed; 0 by hand
    pid               INTEGER,
    pid_start         INTEGER,
    data_fingerprint  TEXT,
    rows              INTEGER,
    program_version   TEXT NOT NULL
);
INSERT INTO run (id, study_name, kind, template_hash, request, bar_time, planned, started, ended, status,
                 message, attempt, epoch, data_fingerprint, rows, program_version)
    SELECT id, study_name, 'trade', template_hash, '', bar_time, started, started, ended, status, message,
           1, 0, data_fingerprint, rows, program_version
    FROM old_run;
CREATE INDEX run_by_study ON run (study_name, id);
CREATE INDEX run_unfinished ON run (study_name) WHERE status IN ('planned', 'started', 'backing_off');

CREATE TABLE decision (
    id          INTEGER PRIMARY KEY,
    run_id      INTEGER NOT NULL REFERENCES run (id),
    study_name  TEXT NOT NULL,
    bar_time    INTEGER NOT NULL,
    UNIQUE (study_name, bar_time)     -- no bar is decided twice
);
INSERT INTO decision SELECT * FROM old_decision;
CREATE INDEX decision_by_run ON decision (run_id);

CREATE TABLE decision_leg (
    decision_id   INTEGER NOT NULL REFERENCES decision (id),
    leg           INTEGER NOT NULL,
    symbol        TEXT NOT NULL,
    wanted        INTEGER NOT NULL CHECK (wanted IN (-1, 0, 1)),
    wanted_since  INTEGER NOT NULL,
    held          REAL NOT NULL,
    action        TEXT NOT NULL,
    reason        TEXT NOT NULL,
    price         REAL,
    output        REAL,               -- the model's output on the bar
    PRIMARY KEY (decision_id, leg)
);
INSERT INTO decision_leg SELECT * FROM old_decision_leg;

CREATE TABLE orders (
    client_id       TEXT PRIMARY KEY,
    decision_id     INTEGER NOT NULL REFERENCES decision (id),
    study_name      TEXT NOT NULL,
    symbol          TEXT NOT NULL,
    leg             INTEGER NOT NULL,
    side            TEXT NOT NULL CHECK (side IN ('buy', 'sell')),
    size_requested  REAL NOT NULL,
    closes          INTEGER NOT NULL,
    decision_price  REAL NOT NULL,
    state           TEXT NOT NULL CHECK (state IN ('filled', 'partly_filled', 'rejected')),
    reason          TEXT NOT NULL,
    created         INTEGER NOT NULL
);
INSERT INTO orders SELECT * FROM old_orders;
CREATE INDEX orders_by_study ON orders (study_name, created);

CREATE TABLE fill (
    id         INTEGER PRIMARY KEY,
    client_id  TEXT NOT NULL REFERENCES orders (client_id),
    size       REAL NOT NULL CHECK (size > 0),
    price      REAL NOT NULL,
    fees       REAL NOT NULL,
    time       INTEGER NOT NULL
);
INSERT INTO fill SELECT * FROM old_fill;

DROP TABLE old_fill;
DROP TABLE old_orders;
DROP TABLE old_decision_leg;
DROP TABLE old_decision;
DROP TABLE old_run;

-- Who runs a study: whoever holds an older epoch can store nothing more.
CREATE TABLE study (
    name    TEXT PRIMARY KEY,
    epoch   INTEGER NOT NULL,
    holder  TEXT NOT NULL,
    taken   INTEGER NOT NULL
);

CREATE TABLE job (
    study_name   TEXT NOT NULL,
    kind         TEXT NOT NULL,
    last         INTEGER,            -- newest nominal time with a row
    forgotten    INTEGER,            -- slots up to here had rows that retention removed
    resume_from  INTEGER,            -- slots up to here do not count
    paused       INTEGER NOT NULL,
    pause_note   TEXT NOT NULL,      -- who and why, of the last pause or resume
    runs         INTEGER NOT NULL,   -- that it ran so far
    PRIMARY KEY (study_name, kind)
);

CREATE TABLE slot (
    study_name  TEXT NOT NULL,
    kind        TEXT NOT NULL,
    nominal     INTEGER NOT NULL,    -- of several: the last
    status      TEXT NOT NULL CHECK (status IN ('ran', 'skipped', 'missed', 'coalesced')),
    reason      TEXT NOT NULL,
    other       INTEGER,             -- nominal time of the slot that it went into or that blocked it
    count       INTEGER NOT NULL,    -- of slots that the row stands for
    decided     INTEGER NOT NULL,
    run_id      INTEGER REFERENCES run (id),
    PRIMARY KEY (study_name, kind, nominal)
);
CREATE INDEX slot_by_run ON slot (run_id);

CREATE TABLE attempt (
    run_id    INTEGER NOT NULL REFERENCES run (id),
    number    INTEGER NOT NULL,
    started   INTEGER NOT NULL,
    ended     INTEGER,
    status    TEXT NOT NULL,         -- started, then as a run's
    message   TEXT NOT NULL,
    retry_at  INTEGER,
    PRIMARY KEY (run_id, number)
);

CREATE TABLE step (
    run_id   INTEGER NOT NULL REFERENCES run (id),
    name     TEXT NOT NULL,
    attempt  INTEGER NOT NULL,       -- of the step
    status   TEXT NOT NULL CHECK (status IN ('succeeded', 'failed', 'crashed', 'timed_out', 'skipped')),
    started  INTEGER NOT NULL,
    ended    INTEGER NOT NULL,
    message  TEXT NOT NULL,
    PRIMARY KEY (run_id, name, attempt)
);

-- Files that a run made.
CREATE TABLE artifact (
    run_id  INTEGER NOT NULL REFERENCES run (id),
    kind    TEXT NOT NULL,
    number  INTEGER NOT NULL,        -- oldest first
    path    TEXT NOT NULL,
    PRIMARY KEY (run_id, kind, number)
);

-- Slots asked for by hand, until they are decided.
CREATE TABLE trigger_request (
    id          INTEGER PRIMARY KEY,
    study_name  TEXT NOT NULL,
    kind        TEXT NOT NULL,
    created     INTEGER NOT NULL,    -- nominal time of its slot
    asked_by    TEXT NOT NULL,
    epoch       INTEGER NOT NULL     -- of the study when it was taken last; 0: not yet
);

-- The audit chain: hash = SHA-256 (previous, row). What stood before the checkpoint was removed by
-- retention; its last hash is where the chain goes on.
CREATE TABLE event (
    sequence    INTEGER PRIMARY KEY,
    time        INTEGER NOT NULL,
    kind        TEXT NOT NULL,
    study_name  TEXT,
    run_id      INTEGER NOT NULL,    -- 0: none
    facts       TEXT NOT NULL,       -- JSON
    previous    TEXT NOT NULL,
    hash        TEXT NOT NULL
);
CREATE INDEX event_by_run ON event (run_id);

CREATE TABLE checkpoint (
    sequence  INTEGER PRIMARY KEY,
    hash      TEXT NOT NULL,
    time      INTEGER NOT NULL,
    removed   INTEGER NOT NULL       -- events, so far
);
