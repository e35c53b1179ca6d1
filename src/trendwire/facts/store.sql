-- name: stage
-- The waiting batches of lines as typed rows, with the month that their part is filed under; the columns are those of domain.posts.FACT_COLUMNS.
create or replace temp table staged as
select *, strftime(make_timestamp(coalesce(create_time, id_time) * 1000000), '%Y-%m') as month
from read_json($files, format = 'newline_delimited', columns = $columns);

-- name: stage_tables
-- The same of tables; and of a part that comes back, as if it were one, so that no row of it is stored twice.
create or replace temp table staged as
select
    columns(lambda name: list_contains($columns, name)),
    strftime(make_timestamp(coalesce(create_time, id_time) * 1000000), '%Y-%m') as month
from read_parquet($files);

-- name: know
-- What is stored of the staged posts: one scan serves the search for repeated rows and for new posts. The
-- join by id lets row groups be skipped by their range of ids.
create or replace temp table known as
select id, observed_at from read_parquet($parts) where id in (select id from staged);

-- name: know_nothing
-- The same before the first part is written.
create or replace temp table known as
select id, observed_at from staged where false;

-- name: meet
-- The posts and times of which there are several rows: only there can a row be a repeated one.
create or replace temp table met as
select id, observed_at, bool_or(is_stored) as is_stored
from (
    select id, observed_at, false as is_stored from staged
    union all
    select id, observed_at, true from known
)
group by id, observed_at
having count(*) > 1 and not bool_and(is_stored);

-- name: meets_stored
-- Whether parts must be read for them.
select bool_or(is_stored) from met;

-- name: suspect
-- The staged rows of those; the keys of rows are asked of these alone.
create or replace temp table suspects as
select staged.rowid as place, staged.*
from staged semi join met on staged.id = met.id and staged.observed_at is not distinct from met.observed_at;

-- name: suspect_stored
-- And the rows that they may repeat.
insert into suspects by name
select part.*
from read_parquet($parts) as part
semi join (select * from met where is_stored) as met
    on part.id = met.id and part.observed_at is not distinct from met.observed_at;

-- name: repeat
-- A repeated row says the same as one that is stored, or as one that was accepted before it.
create or replace temp table repeated as
select place
from (
    select place, row_number() over (
        partition by coalesce(row_key, row_key_of(said))
        order by place is not null, ingested_at, source, place
    ) as nth
    from (select *, struct_pack(*columns(lambda name: list_contains($said, name))) as said from suspects)
)
where place is not null and nth > 1;

-- name: pick
-- Each new row once, as it was first accepted.
delete from staged where rowid in (select place from repeated);

-- name: strike
-- What was forgotten is not stored again, whoever brings it.
delete from staged
where sha256($salt || ':user:' || lower(ltrim(username, '@'))) in (select unnest($hashes))
   or sha256($salt || ':post:' || id) in (select unnest($hashes))
returning 1;

-- name: uncredit
-- Nor does a sound name a forgotten user again, whoever uses it. The row keeps the key of what it said.
update staged set
    music_author = null, music_title = null, music_cover_url = null,
    row_key = coalesce(staged.row_key, row_key_of(credited.said))
from (
    select rowid as place, struct_pack(*columns(lambda name: list_contains($said, name))) as said
    from staged
    where sha256($salt || ':user:' || lower(ltrim(music_author, '@'))) in (select unnest($hashes))
       or sha256($salt || ':sound:' || music_id) in (select unnest($hashes))
) as credited
where staged.rowid = credited.place;

-- name: tally
-- What is left to store: rows, and posts of which nothing was stored before.
select count(*), count(distinct id) filter (where id not in (select id from known)) from staged;

-- name: months
-- One part is written for each of these.
select month, count(*) from staged group by month order by month;

-- name: file
-- By id, so that a search by id skips most row groups; the rest of the order only makes it repeatable.
copy (
    select * exclude (month) from staged where month = $month
    order by id, observed_at, hash(view_count, like_count, description, region, username, music_id, create_time)
)
to $path (format parquet, compression zstd, compression_level 1);

-- name: merge
-- Several parts of one month as one, in the same order.
copy (
    select * from read_parquet($parts)
    order by id, observed_at, hash(view_count, like_count, description, region, username, music_id, create_time)
)
to $path (format parquet, compression zstd, compression_level 1);

-- name: doomed_forgotten
-- What is stored of those that were forgotten; `credit_only`: rows of others that name them as a sound's author.
create or replace temp table doomed as
select *, not (coalesce(is_user, false) or coalesce(is_post, false)) as credit_only
from (
    select
        filename, file_row_number as place, id, username, nickname,
        case when lower(music_author) in (lower(username), lower(nickname)) then music_id end as own_sound,
        sha256($salt || ':user:' || lower(ltrim(username, '@'))) in (select unnest($hashes)) as is_user,
        sha256($salt || ':post:' || id) in (select unnest($hashes)) as is_post,
        music_author is not null and (
            sha256($salt || ':user:' || lower(ltrim(music_author, '@'))) in (select unnest($hashes))
            or coalesce(sha256($salt || ':sound:' || music_id) in (select unnest($hashes)), false)
        ) as is_credited
    from read_parquet($parts, filename = true, file_row_number = true)
)
where is_user or is_post or is_credited;

-- name: doomed_older
-- Rows of posts that were created before a moment.
create or replace temp table doomed as
select filename, file_row_number as place, id, false as credit_only
from read_parquet($parts, filename = true, file_row_number = true)
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
    select id
    from read_parquet($parts, filename = true, file_row_number = true) as part
    anti join (select * from doomed where not credit_only) as doomed
        on part.filename = doomed.filename and part.file_row_number = doomed.place
    where id in (select id from doomed)
);

-- name: without
-- A part without its doomed rows, in the same order as ever. A row that loses a name keeps the key of what it said.
copy (
    select * exclude (place, is_credited, said) replace (
        case when is_credited then null else music_author end as music_author,
        case when is_credited then null else music_title end as music_title,
        case when is_credited then null else music_cover_url end as music_cover_url,
        case when is_credited and row_key is null then row_key_of(said) else row_key end as row_key
    )
    from (
        select
            part.* rename (file_row_number as place), struct_pack(*columns(lambda name: list_contains($said, name))) as said,
            place in (select place from doomed where credit_only and filename = $part) as is_credited
        from read_parquet($part, file_row_number = true) as part
        where place not in (select place from doomed where not credit_only and filename = $part)
    ) as part
    order by id, observed_at, place
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
