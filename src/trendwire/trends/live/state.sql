-- name: create
-- What a state is of, and who is in its charts. The row of `state` is written last: a state that was not finished has none.
CREATE TABLE state (version VARCHAR, as_of INTEGER, removals BIGINT);
CREATE TABLE taken (file VARCHAR, month VARCHAR, rows BIGINT);
CREATE TABLE earlier (as_of INTEGER, path VARCHAR);
CREATE TABLE later (id VARCHAR);
CREATE TABLE memberships (
    chart_key VARCHAR, kind VARCHAR, period INTEGER, region VARCHAR, industry BIGINT, subject VARCHAR, rank INTEGER
);

-- name: state
-- What the state is of; without a row or a table it is none.
SELECT version, as_of, removals FROM main.state;

-- name: taken
-- The parts of the facts that are in it.
SELECT file, month, rows FROM main.taken;

-- name: earlier
-- The memberships of earlier editions that are in it.
SELECT as_of, path FROM main.earlier;

-- name: forget_state
-- Before it is said anew.
DELETE FROM main.state;
DELETE FROM main.taken;
DELETE FROM main.earlier;

-- name: set_taken
-- See `taken`.
INSERT INTO main.taken SELECT unnest($files::VARCHAR[]), unnest($months::VARCHAR[]), unnest($rows::BIGINT[]);

-- name: set_earlier
-- See `earlier`.
INSERT INTO main.earlier SELECT unnest($days::INTEGER[]), unnest($paths::VARCHAR[]);

-- name: set_state
-- After every change.
INSERT INTO main.state VALUES ($version, $as_of, $removals);

-- name: begin
-- A change works in schemas of its own, whose tables hide those of the same name in main: `before` and `after` hold
-- the touched posts and what they count for, `work` the rest.
CREATE SCHEMA work;
CREATE SCHEMA before;
CREATE SCHEMA after;
CREATE SCHEMA tell;
CREATE SCHEMA about;
CREATE SCHEMA again;
CREATE SCHEMA then_;
CREATE SCHEMA now_;
CREATE SCHEMA fresh_;
CREATE SCHEMA unsteady_;
CREATE SCHEMA large;
SET search_path = 'work,main';

-- name: worked
-- What only led to the change goes with it: each table by itself, because a transaction that drops a schema with
-- tables of its own cannot be committed.
WITH of_change AS (
    SELECT schema_name FROM duckdb_schemas() WHERE NOT internal AND schema_name != 'main'
)
SELECT statement
FROM (
    SELECT 1 AS place, format('DROP VIEW {}."{}"', schema_name, view_name) AS statement
    FROM duckdb_views() SEMI JOIN of_change USING (schema_name)
    UNION ALL
    SELECT 2 AS place, format('DROP TABLE {}."{}"', schema_name, table_name) AS statement
    FROM duckdb_tables() SEMI JOIN of_change USING (schema_name)
    UNION ALL
    SELECT 3 AS place, format('DROP SCHEMA {}', schema_name) AS statement FROM of_change
)
ORDER BY place;

-- name: look_at_main
-- After a change that failed.
SET search_path = 'main';

-- name: tidy
-- See Live.tidy.
CHECKPOINT;
