-- The text that each template's file ran with last.

CREATE TABLE template_use (
    file        TEXT PRIMARY KEY,    -- name without folder
    study_name  TEXT NOT NULL,
    hash        TEXT NOT NULL REFERENCES template_version (hash),
    since       INTEGER NOT NULL
);
