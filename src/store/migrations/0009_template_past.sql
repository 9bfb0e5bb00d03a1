-- The versions that a template's file ran with before the one of template_use: a start looks back on slots that
-- nobody decided, and each is of the version of its time.

CREATE TABLE template_past (
    file        TEXT NOT NULL,       -- name without folder
    until       INTEGER NOT NULL,    -- its slots are those up to here
    hash        TEXT NOT NULL REFERENCES template_version (hash),
    PRIMARY KEY (file, until)
);
