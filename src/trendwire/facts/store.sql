-- name: stage
-- The waiting batches as typed rows; the columns are those of domain.posts.FACT_COLUMNS.
create or replace temp table staged as
select * from read_json($files, format = 'newline_delimited', columns = $columns);

-- name: stage_part
-- A part that comes back: its rows as if they were a batch, so that none is stored twice.
create or replace temp table staged as
select * from read_parquet([$part]);

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

-- name: strike
-- What was forgotten is not stored again, whoever brings it.
delete from fresh
where sha256($salt || ':user:' || lower(ltrim(username, '@'))) in (select unnest($hashes))
   or sha256($salt || ':post:' || id) in (select unnest($hashes))
returning 1;

-- name: uncredit
-- Nor does a sound name a forgotten user again, whoever uses it.
update fresh set music_author = null, music_title = null, music_cover_url = null
where sha256($salt || ':user:' || lower(ltrim(music_author, '@'))) in (select unnest($hashes))
   or sha256($salt || ':sound:' || music_id) in (select unnest($hashes));

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

-- name: doomed_forgotten
-- What is stored of those that were forgotten; `credit_only`: rows of others that name them as a sound's author.
create or replace temp table doomed as
select *, not (coalesce(is_user, false) or coalesce(is_post, false)) as credit_only
from (
    select
        filename, row_key, id, username, nickname,
        case when lower(music_author) in (lower(username), lower(nickname)) then music_id end as own_sound,
        sha256($salt || ':user:' || lower(ltrim(username, '@'))) in (select unnest($hashes)) as is_user,
        sha256($salt || ':post:' || id) in (select unnest($hashes)) as is_post,
        music_author is not null and (
            sha256($salt || ':user:' || lower(ltrim(music_author, '@'))) in (select unnest($hashes))
            or coalesce(sha256($salt || ':sound:' || music_id) in (select unnest($hashes)), false)
        ) as is_credited
    from read_parquet($parts, filename = true)
)
where is_user or is_post or is_credited;

-- name: doomed_older
-- Rows of posts that were created before a moment.
create or replace temp table doomed as
select filename, row_key, id, false as credit_only
from read_parquet($parts, filename = true)
where coalesce(create_time, id_time) < $before;

-- name: told
-- Who and what the doomed rows are, for all other places that may name them.
select distinct username, nickname, id, own_sound from doomed where not credit_only order by all;

-- name: touched
-- The parts that hold doomed rows, with how many they lose.
select filename, count(*) filter (where not credit_only) from doomed group by filename;

-- name: posts_gone
-- Posts that lose all of their rows.
select count(distinct id) from doomed
where not credit_only and id not in (
    select id from read_parquet($parts)
    where row_key not in (select row_key from doomed where not credit_only)
      and id in (select id from doomed)
);

-- name: without
-- A part without its doomed rows, in the same order as ever.
copy (
    select * exclude (is_credited) replace (
        case when is_credited then null else music_author end as music_author,
        case when is_credited then null else music_title end as music_title,
        case when is_credited then null else music_cover_url end as music_cover_url
    )
    from (
        select *, row_key in (select row_key from doomed where credit_only) as is_credited
        from read_parquet($part)
        where row_key not in (select row_key from doomed where not credit_only)
    )
    order by id, observed_at, row_key
)
to $path (format parquet, compression zstd, compression_level 1);

-- name: count_rows
-- Every column of every row is read, as the hash is over all of them.
select filename, count(*), bit_xor(hash(part))
from read_parquet($parts, filename = true) as part
group by filename;

-- name: count_posts
-- What is left where a part is missing: a post may have rows in several.
select count(distinct id) from read_parquet($parts);
