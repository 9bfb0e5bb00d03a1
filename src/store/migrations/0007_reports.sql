-- How often a running program makes reports where it was told so (--report-every): for `ps`. And retention
-- asks which versions of templates some run has.

ALTER TABLE study ADD COLUMN report_every TEXT;

CREATE INDEX run_by_template ON run (template_hash);
