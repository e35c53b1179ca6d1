-- name: rows
-- Rows of any Parquet file as JSON, so that one parser serves all formats; the alias must not be a column.
select to_json("a row of the file") from read_parquet($path) as "a row of the file";

-- name: in_utc
-- Times with a zone are written with this one.
set timezone = 'UTC';
