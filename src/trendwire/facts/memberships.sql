-- name: write
-- The rows of one publication as a file; the order is that in which charts are read.
copy (
    select * from read_json($rows, format = 'newline_delimited', columns = $columns)
    order by chart_key, rank, subject
)
to $path (format parquet, compression zstd);

-- name: shape
-- The columns of a file that is offered, to be compared with MEMBERSHIP_COLUMNS.
describe select * from read_parquet($path);
