-- name: create
-- Posts and subjects lie in blocks, which ascend, so every insert is at the end. A document that is NULL is no
-- longer there; its digest stands before it, because it is asked for alone.
CREATE TABLE posts (first INTEGER PRIMARY KEY, numbers BLOB NOT NULL, records BLOB NOT NULL);
CREATE TABLE subjects (kind TEXT NOT NULL, first TEXT NOT NULL, block BLOB NOT NULL);
CREATE TABLE documents (section TEXT NOT NULL, key TEXT NOT NULL, digest BLOB, document BLOB);

-- name: index
-- Made last: one pass over what is there.
CREATE UNIQUE INDEX subject_keys ON subjects (kind, first);
CREATE UNIQUE INDEX document_keys ON documents (section, key);

-- name: add_posts
-- A block, in ascending order of its first number.
INSERT INTO posts (first, numbers, records) VALUES (?, ?, ?);

-- name: add_subjects
-- A block, in ascending order of kind and first identity.
INSERT INTO subjects (kind, first, block) VALUES (?, ?, ?);

-- name: add_document
-- In any order, each key once.
INSERT INTO documents (section, key, digest, document) VALUES (?, ?, ?, ?);

-- name: quick_check
-- SQLite's look at every page and at the order of rows: one row that says ok.
PRAGMA quick_check;

-- name: mapped
-- Read through the page cache of the system, without a copy.
PRAGMA mmap_size = 2147418112;

-- name: subject_block
-- The one block that can hold a subject.
SELECT block FROM subjects WHERE kind = ? AND first <= ? ORDER BY first DESC LIMIT 1;

-- name: next_block
-- The first block that begins after one identity, and before another.
SELECT block FROM subjects WHERE kind = ? AND first > ? AND first < ? ORDER BY first LIMIT 1;

-- name: post_blocks
-- The blocks of many posts, each once; their numbers are given as a JSON list.
SELECT numbers, records
FROM posts
WHERE first IN (
    SELECT (SELECT max(first) FROM posts WHERE first <= wanted.value) FROM json_each(?) AS wanted
);

-- name: document
-- One look-up; a row without a document says that it went.
SELECT document FROM documents WHERE section = ? AND key = ?;

-- name: digest
-- The same for what tells whether a document changed.
SELECT digest FROM documents WHERE section = ? AND key = ?;

-- name: keys
-- What a section says here: keys, and whether they are there or went.
SELECT key, digest IS NOT NULL FROM documents WHERE section = ? AND key >= ? AND key < ? ORDER BY key;

-- name: all_posts
-- Everything, by number.
SELECT numbers, records FROM posts ORDER BY first;

-- name: all_subjects
-- Everything, as it was written.
SELECT kind, block FROM subjects ORDER BY kind, first;

-- name: all_documents
-- Everything, by key.
SELECT section, key, digest, document FROM documents ORDER BY section, key;
