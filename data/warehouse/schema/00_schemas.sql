-- The warehouse: the files of this folder, run in the order of their names, declare every table of every schema but
-- feature, whose tables are declared by their own files in features/ (one .sql, one table). Money is decimal(16,2)
-- yuan; codes and ids are varchar for ever. Comments of the record schema give the Chinese name and the national field.

create schema if not exists record;     -- what came in, in our names
create schema if not exists knowledge;  -- facts with basis and validity
create schema if not exists feature;    -- questions, no thresholds
create schema if not exists model;      -- findings, leads
create schema if not exists casebook;   -- verdicts and what people decided
create schema if not exists run;        -- runs, files, account, steps
create schema if not exists truth;      -- the simulator's answers; only evaluation may read it
