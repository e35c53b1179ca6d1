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

-- name: combine
-- Rows that were computed and rows of regions whose charts were recorded, as one file: those regions give up
-- what was computed for them. In the order in which charts are read.
copy (
    select * from read_parquet($computed) where not list_contains($regions, region)
    union all by name
    select * from read_json($rows, format = 'newline_delimited', columns = $columns)
    order by chart_key, rank, subject
)
to $path (format parquet, compression zstd);

-- name: stood
-- Who ever stood in which chart of these regions.
select distinct chart_key, subject
from read_parquet($paths)
where list_contains($regions, region);

-- name: listed
-- On how many days of these files a subject stood in its region's chart of the listed period.
select kind, region, subject, count(distinct filename)::integer
from read_parquet($paths, filename = true)
where list_contains($regions, region) and period = $period and industry = 0
group by kind, region, subject;

-- name: named
-- The files that hold some of these creators or posts, with how many rows.
select filename, count(*)
from read_parquet($paths, filename = true)
where (kind = 'creator' and list_contains($users, lower(subject)))
   or (kind = 'video' and list_contains($posts, subject))
group by filename
order by filename;

-- name: strike_members
-- One file without them, in the same order.
copy (
    select * from read_parquet($path)
    where not (kind = 'creator' and list_contains($users, lower(subject)))
      and not (kind = 'video' and list_contains($posts, subject))
    order by chart_key, rank, subject
)
to $made (format parquet, compression zstd);
