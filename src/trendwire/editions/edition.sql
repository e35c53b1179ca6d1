-- name: create
-- Rows go in by key, so that rowids ascend with keys; the look-up is an index beside them, because rows are far
-- larger than what a table without rowids keeps in its inner pages.
CREATE TABLE meta (document BLOB NOT NULL);
CREATE TABLE charts (key TEXT NOT NULL, document BLOB NOT NULL);
CREATE TABLE subjects (kind TEXT NOT NULL, identity TEXT NOT NULL, document BLOB NOT NULL);

-- name: prepare
-- A file that is written once, aside, and thrown away if anything fails needs no journal.
PRAGMA page_size = 8192;
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
PRAGMA locking_mode = EXCLUSIVE;

-- name: index
-- Made last: from rows in key order an index is one pass.
CREATE UNIQUE INDEX chart_keys ON charts (key);
CREATE UNIQUE INDEX subject_keys ON subjects (kind, identity);

-- name: add_meta
-- One row: what the edition says of itself.
INSERT INTO meta (document) VALUES (?);

-- name: add_chart
-- In ascending order of the key.
INSERT INTO charts (key, document) VALUES (?, ?);

-- name: add_subject
-- In ascending order of kind and identity.
INSERT INTO subjects (kind, identity, document) VALUES (?, ?, ?);

-- name: meta
-- What the edition says of itself.
SELECT document FROM meta;

-- name: chart
-- One look-up in the index, one row.
SELECT document FROM charts WHERE key = ?;

-- name: subject
-- One look-up in the index, one row.
SELECT document FROM subjects WHERE kind = ? AND identity = ?;

-- name: identities
-- Those that begin with a text are a range of the index.
SELECT identity FROM subjects WHERE kind = ? AND identity >= ? AND identity < ? ORDER BY identity LIMIT ?;

-- name: all_charts
-- As the content hash takes them.
SELECT key, document FROM charts ORDER BY rowid;

-- name: all_subjects
-- As the content hash takes them.
SELECT kind, identity, document FROM subjects ORDER BY rowid;

-- name: integrity
-- SQLite's own look at every page: one row that says ok.
PRAGMA integrity_check;
