-- name: count
-- How many rows a Parquet file says it has.
select num_rows from parquet_file_metadata($path);

-- name: rows
-- Rows of any Parquet file as JSON, so that one parser serves all formats; of one longer than `most` bytes only
-- the beginning, because its full text would be held several times. The alias must not be a column.
select
    strlen(text) > $most,
    case when strlen(text) > $most then text[:$kept] else text end
from (
    select to_json("a row of the file")::varchar as text
    from read_parquet($path) as "a row of the file"
    where file_row_number >= $first and file_row_number < $past
);

-- name: in_utc
-- Times with a zone are written with this one.
set timezone = 'UTC';
