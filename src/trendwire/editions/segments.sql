-- name: create
-- Rows come ascending, so every insert is at the end of its tree. Subjects are small and lie in their index;
-- documents are large and have theirs beside them. A document that is NULL is no longer there.
CREATE TABLE posts (number INTEGER PRIMARY KEY, record BLOB NOT NULL);
CREATE TABLE subjects (
    kind TEXT NOT NULL, identity TEXT NOT NULL, facts BLOB, posts BLOB NOT NULL, PRIMARY KEY (kind, identity)
) WITHOUT ROWID;
CREATE TABLE documents (section TEXT NOT NULL, key TEXT NOT NULL, digest BLOB, document BLOB);

-- name: index
-- Made last: one pass over what is there.
CREATE UNIQUE INDEX document_keys ON documents (section, key);

-- name: add_post
-- In ascending order of the number.
INSERT INTO posts (number, record) VALUES (?, ?);

-- name: add_subject
-- In ascending order of kind and identity.
INSERT INTO subjects (kind, identity, facts, posts) VALUES (?, ?, ?, ?);

-- name: add_document
-- In any order, each key once.
INSERT INTO documents (section, key, digest, document) VALUES (?, ?, ?, ?);

-- name: sizes
-- How much is in it, to be compared with what was written.
SELECT (SELECT count(*) FROM posts), (SELECT count(*) FROM subjects), (SELECT count(*) FROM documents);

-- name: quick_check
-- SQLite's look at every page and at the order of rows: one row that says ok.
PRAGMA quick_check;

-- name: mapped
-- Read through the page cache of the system, without a copy.
PRAGMA mmap_size = 2147418112;

-- name: subject
-- One look-up, one row.
SELECT CAST(facts AS BLOB), posts FROM subjects WHERE kind = ? AND identity = ?;

-- name: records
-- The posts of some numbers, given as a JSON list: one statement for hundreds of look-ups.
SELECT CAST(posts.record AS BLOB)
FROM json_each(?) AS wanted CROSS JOIN posts ON posts.number = wanted.value;

-- name: identities
-- Those after one and before another, a page at a time: a range of the tree.
SELECT identity FROM subjects WHERE kind = ? AND identity >= ? AND identity < ? ORDER BY identity LIMIT ?;

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
SELECT number, CAST(record AS BLOB) FROM posts ORDER BY number;

-- name: all_subjects
-- Everything, as it was written.
SELECT kind, identity, CAST(facts AS BLOB), posts FROM subjects ORDER BY kind, identity;

-- name: all_documents
-- Everything, by key.
SELECT section, key, digest, document FROM documents ORDER BY section, key;
