-- name: chart_rows
-- In the order of keys, as an edition stores them.
SELECT key, document FROM chart_documents ORDER BY key;

-- name: subject_rows
-- In the order of kind and identity, as an edition stores them.
SELECT kind, identity, document FROM detail_documents ORDER BY kind, identity;

-- name: write_memberships
-- As a file of facts, in the order in which charts are read.
COPY (SELECT * FROM memberships ORDER BY chart_key, rank) TO $path (FORMAT parquet, COMPRESSION zstd);

-- name: sizes
-- How much an edition of this build holds.
SELECT (SELECT count(*) FROM chart_documents), (SELECT count(*) FROM detail_documents);
