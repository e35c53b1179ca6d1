-- name: stage
-- The waiting batches as typed rows; the columns are those of domain.posts.FACT_COLUMNS.
create or replace temp table staged as
select * from read_json($files, format = 'newline_delimited', columns = $columns);

-- name: know
-- What is stored of the staged posts: one scan serves the search for repeated rows and for new posts. The
-- join by id lets row groups be skipped by their range of ids.
create or replace temp table known as
select id, row_key from read_parquet($parts) where id in (select id from staged);

-- name: know_nothing
-- The same before the first part is written.
create or replace temp table known as
select id, row_key from staged where false;

-- name: pick
-- Each new row once, as it was first accepted, with the month that its part is filed under.
create or replace temp table fresh as
select
    * exclude (source_order),
    strftime(make_timestamp(coalesce(create_time, id_time) * 1000000), '%Y-%m') as month
from (select *, rowid as source_order from staged)
where row_key not in (select row_key from known)
  and source_order in (select arg_min(rowid, (ingested_at, source)) from staged group by row_key);

-- name: tally
-- What the batches brought: rows, new rows, and posts of which nothing was stored before.
select
    (select count(*) from staged),
    (select count(*) from fresh),
    (select count(distinct id) from fresh where id not in (select id from known));

-- name: months
-- One part is written for each of these.
select month, count(*) from fresh group by month order by month;

-- name: file
-- By id, so that a search by id skips most row groups; the rest of the order only makes it repeatable.
copy (select * exclude (month) from fresh where month = $month order by id, observed_at, row_key)
to $path (format parquet, compression zstd, compression_level 1);

-- name: merge
-- Several parts of one month as one, in the same order.
copy (select * from read_parquet($parts) order by id, observed_at, row_key)
to $path (format parquet, compression zstd, compression_level 1);
