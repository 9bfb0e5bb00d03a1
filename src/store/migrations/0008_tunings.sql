-- Tunings of templates: what was tuned on which bars, and what each trial gave. Trials are added and never
-- changed, so a tuning that was interrupted goes on where it was.

CREATE TABLE tuning (
    id                INTEGER PRIMARY KEY,
    study_name        TEXT NOT NULL,
    digest            TEXT NOT NULL,     -- of the template without the values that are tuned
    template          TEXT NOT NULL,     -- its text
    facts             TEXT NOT NULL,     -- JSON: parameters, objectives, slices
    data_fingerprint  TEXT NOT NULL,     -- of the first `rows` rows
    rows              INTEGER NOT NULL,
    program_build     TEXT NOT NULL,
    program_version   TEXT NOT NULL,
    started           INTEGER NOT NULL
);
CREATE INDEX tuning_by_study ON tuning (study_name, digest);

CREATE TABLE trial (
    tuning_id   INTEGER NOT NULL REFERENCES tuning (id),
    number      INTEGER NOT NULL,        -- from 0
    state       TEXT NOT NULL CHECK (state IN ('complete', 'pruned', 'invalid', 'failed')),
    reason      TEXT NOT NULL,           -- why it was not completed
    parameters  TEXT NOT NULL,           -- JSON: values as the template spells them
    seed        INTEGER NOT NULL,
    started     INTEGER NOT NULL,
    ended       INTEGER NOT NULL,
    PRIMARY KEY (tuning_id, number)
);

CREATE TABLE trial_value (
    tuning_id  INTEGER NOT NULL,
    number     INTEGER NOT NULL,
    slice      TEXT NOT NULL CHECK (slice IN ('train', 'validation', 'in_sample')),
    fold       INTEGER NOT NULL,         -- from 0; 0 of in_sample
    metric     TEXT NOT NULL,
    value      REAL,                     -- null: there is none, as a Sharpe ratio without trades
    PRIMARY KEY (tuning_id, number, slice, fold, metric),
    FOREIGN KEY (tuning_id, number) REFERENCES trial (tuning_id, number)
);
