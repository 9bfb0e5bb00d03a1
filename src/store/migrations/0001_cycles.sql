-- Cycles of strategies on paper: which template text ran, what it decided on which bar, what was ordered
-- and filled, and what each strategy's sub-ledger holds. Times are nanoseconds since the epoch, UTC.

CREATE TABLE template_version (
    hash        TEXT PRIMARY KEY,     -- SHA-256 of the text
    study_name  TEXT NOT NULL,
    text        TEXT NOT NULL,
    first_used  INTEGER NOT NULL
);

CREATE TABLE run (
    id                INTEGER PRIMARY KEY,
    study_name        TEXT NOT NULL,
    template_hash     TEXT NOT NULL REFERENCES template_version (hash),
    bar_time          INTEGER,        -- newest closed bar; null where none was loaded
    started           INTEGER NOT NULL,
    ended             INTEGER NOT NULL,
    status            TEXT NOT NULL CHECK (status IN ('succeeded', 'failed', 'outdated')),
    message           TEXT NOT NULL,
    data_fingerprint  TEXT,
    rows              INTEGER,
    program_version   TEXT NOT NULL
);
CREATE INDEX run_by_study ON run (study_name, id);

CREATE TABLE decision (
    id          INTEGER PRIMARY KEY,
    run_id      INTEGER NOT NULL REFERENCES run (id),
    study_name  TEXT NOT NULL,
    bar_time    INTEGER NOT NULL,
    UNIQUE (study_name, bar_time)     -- no bar is decided twice
);

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
CREATE INDEX orders_by_study ON orders (study_name, created);

CREATE TABLE fill (
    id         INTEGER PRIMARY KEY,
    client_id  TEXT NOT NULL REFERENCES orders (client_id),
    size       REAL NOT NULL CHECK (size > 0),
    price      REAL NOT NULL,
    fees       REAL NOT NULL,
    time       INTEGER NOT NULL
);

CREATE TABLE account (
    study_name   TEXT NOT NULL,
    group_index  INTEGER NOT NULL,
    capital      REAL NOT NULL,       -- cash that the strategy began with
    cash         REAL NOT NULL,
    free_cash    REAL NOT NULL,
    PRIMARY KEY (study_name, group_index)
);

CREATE TABLE position (
    study_name  TEXT NOT NULL,
    leg         INTEGER NOT NULL,
    symbol      TEXT NOT NULL,
    quantity    REAL NOT NULL,
    debt        REAL NOT NULL,
    locked      REAL NOT NULL,
    PRIMARY KEY (study_name, leg)
);
