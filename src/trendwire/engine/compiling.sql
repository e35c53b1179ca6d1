-- name: example
-- A few posts that say something of everything: building their day calls every function with what it is called
-- with later. Enough creators, tags and days for charts, floors and related tags.
COPY (
    SELECT * FROM read_json($rows, format = 'newline_delimited', columns = $columns)
) TO $path (FORMAT parquet);
