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
-- A change works in a schema of its own, whose tables hide those of the same name in main.
CREATE SCHEMA work;
SET search_path = 'work,main';

-- name: worked
-- What only led to the change goes with it: each table by itself, because a transaction that drops a schema with
-- tables of its own cannot be committed.
SELECT format('DROP {} "{}"."{}"', if(view, 'VIEW', 'TABLE'), schema, name)
FROM (
    SELECT schema_name AS schema, table_name AS name, FALSE AS view FROM duckdb_tables()
    UNION ALL
    SELECT schema_name AS schema, view_name AS name, TRUE AS view FROM duckdb_views()
)
WHERE schema IN ('work', 'tell');

-- name: end
-- Then the schema.
SET search_path = 'main';
DROP SCHEMA work;
DROP SCHEMA IF EXISTS tell;

-- name: look_at_main
-- After a change that failed.
SET search_path = 'main';
