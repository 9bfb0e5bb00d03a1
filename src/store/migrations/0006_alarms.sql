-- What people were told of, so that nothing is told twice before it is over; messages say their kind, and
-- are taken by one sender at a time.

ALTER TABLE message ADD COLUMN kind TEXT NOT NULL DEFAULT '';
ALTER TABLE message ADD COLUMN fallback TEXT;                       -- messenger that gets what this one cannot deliver
ALTER TABLE message ADD COLUMN claimed INTEGER NOT NULL DEFAULT 0;  -- 1: an attempt goes on, or died

CREATE TABLE alarm (
    key         TEXT PRIMARY KEY,
    kind        TEXT NOT NULL,
    study_name  TEXT,                    -- null: of the engine
    run_id      INTEGER NOT NULL,        -- 0: none
    text        TEXT NOT NULL,           -- of the newest occurrence
    running     INTEGER NOT NULL,        -- occurrences in a row; 0: it is over
    untold      INTEGER NOT NULL,        -- occurrences since people were told last
    since       INTEGER NOT NULL,        -- first of those in a row
    told        INTEGER,
    raised      INTEGER NOT NULL         -- 1: people were told that it goes on
);
